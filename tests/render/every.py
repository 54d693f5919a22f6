"""Every refutation of some files in every format: ``python -m tests.render.every FILE...``.

Prints a sum of each format's text, and on standard error the most CPU that one refutation took.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prover.execution.witness import Witness
from prover.pipeline import run
from prover.render import dot, json_witness, mermaid, svg
from prover.render.commit import render_commit
from prover.render.html.report import render as render_html
from prover.render.witness_table import witness_table
from prover.verdict import FileReport, Outcome, Refuted, Report, Request


@dataclass(frozen=True)
class Found:
    """A refutation, with one of its witnesses."""

    file: FileReport
    outcome: Outcome
    witness: Witness

    def report(self) -> Report:
        """A report that has this outcome only."""
        file = self.file
        return Report(
            (FileReport(file.name, (self.outcome,), (), file.sources, titles=file.titles),)
        )


WRITERS: dict[str, Callable[[Found], str]] = {
    "table": lambda f: "\n".join(witness_table(f.witness, f.file.sources)),
    "full": lambda f: "\n".join(witness_table(f.witness, f.file.sources, full=True)),
    "commit": lambda f: render_commit(f.report()),
    "svg": lambda f: svg.standalone(f.witness, f.file.sources),
    "mermaid": lambda f: mermaid.render(f.witness, f.file.sources),
    "dot": lambda f: dot.render(f.witness, f.file.sources),
    "witness": lambda f: json_witness.render(
        f.file.name, f.outcome.obligation, f.outcome.measured.bound, f.witness, f.file.sources
    ),
    "html": lambda f: render_html(f.report()),
}


def refutations(files: tuple[str, ...]) -> Iterator[Found]:
    """What is refuted, with each of its witnesses."""
    report = run(Request(files, explain=True), lambda _: None)
    for file in report.files:
        for outcome in file.outcomes:
            if isinstance(outcome.verdict, Refuted):
                for witness in (outcome.verdict.witness, *outcome.verdict.others):
                    yield Found(file, outcome, witness)


def main(files: tuple[str, ...]) -> None:
    """Renders all there is."""
    sums = {name: hashlib.sha256() for name in WRITERS}
    slowest = dict.fromkeys(WRITERS, 0.0)
    count = 0
    for found in refutations(files):
        count += 1
        for name, write in WRITERS.items():
            start = time.process_time()
            text = write(found)
            slowest[name] = max(slowest[name], time.process_time() - start)
            if name in ("table", "full", "commit"):
                assert all(len(line) <= 75 for line in text.splitlines()), text
                assert "\t" not in text
                assert all(line == line.rstrip() for line in text.splitlines()), text
            sums[name].update(text.encode("utf-8", "surrogatepass"))
    print(count, *(f"{name} {total.hexdigest()}" for name, total in sums.items()), sep="\n")
    print(*(f"{name} {took:.3f}" for name, took in slowest.items()), sep="\n", file=sys.stderr)
    assert max(slowest.values()) < 0.3, slowest


if __name__ == "__main__":
    main(tuple(sys.argv[1:]))
