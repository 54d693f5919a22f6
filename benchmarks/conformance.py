"""Litmus tests with reference verdicts: does prove agree on every one?

    python benchmarks/conformance.py FOLDER [--model MODEL] [--sample N] [--json FILE]

FOLDER holds ``verdicts.csv``, a row per test: its path below the folder, the verdict and
flags of herd7 under the kernel's model, herd7's CPU seconds, and whether herd7 decided it
(``ok``), took too long (``timeout``) or refused it (``error``).  Every test is run; none is
skipped.  Exit: 0 all agree, 1 some do not, 2 no such folder.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.answers import Decided
from prover.litmus.batch import LitmusRequest, run_litmus

EVERY = 9
"""A sample takes every so-manieth test first, so that it has some of each kind."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A row of the table."""

    path: str
    verdict: str
    flags: frozenset[str]
    seconds: float
    herd: str


def references(folder: Path) -> list[Reference]:
    """The rows of ``verdicts.csv``."""
    with (folder / "verdicts.csv").open(encoding="utf-8", newline="") as file:
        return [
            Reference(
                row["path"],
                row["verdict"],
                frozenset(flag for flag in row["flags"].split(";") if flag),
                float(row["herd_cpu_s"] or 0),
                row["herd"],
            )
            for row in csv.DictReader(file)
        ]


def sample(rows: Sequence[Reference], number: int) -> list[Reference]:
    """``number`` rows from all over the table, always the same."""
    spread = [row for start in range(EVERY) for row in rows[start::EVERY]]
    return sorted(spread[:number], key=lambda row: row.path)


def verdict_of(decided: Decided) -> str:
    """What prove says, in one word and its flags."""
    if decided.diagnostics:
        return "error"
    return " ".join((decided.observation or f"unknown ({decided.why})", *sorted(decided.flags)))


def agrees(row: Reference, decided: Decided) -> bool:
    """Whether prove says what the reference says; where that is silent, any verdict will do."""
    if row.herd == "error":
        return bool(decided.diagnostics)
    if row.herd == "timeout":
        return bool(decided.observation)
    return decided.observation == row.verdict and frozenset(decided.flags) == row.flags


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description="Compare prove with reference verdicts.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="lkmm")
    parser.add_argument("--sample", type=int, default=0, metavar="N")
    parser.add_argument("--timeout", type=float, default=30.0)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    if not (given.folder / "verdicts.csv").is_file():
        print(f"{given.folder}: no litmus tests here (verdicts.csv is missing)", file=sys.stderr)
        return 2
    rows = references(given.folder)
    if given.sample:
        rows = sample(rows, given.sample)
    request = LitmusRequest(
        tuple(str(given.folder / row.path) for row in rows),
        given.model,
        timeout=given.timeout,
        jobs=given.jobs,
    )
    answers = [answer.decided for answer in run_litmus(request, lambda _: None).tests]
    wrong = 0
    for row, decided in zip(rows, answers, strict=True):
        if not agrees(row, decided):
            wrong += 1
            wanted = " ".join((row.verdict or row.herd, *sorted(row.flags)))
            print(f"{row.path}: reference {wanted}, here {verdict_of(decided)}")
    print(summary(rows, answers, wrong))
    if given.json:
        table = [
            {"path": r.path, "verdict": verdict_of(d), "seconds": round(d.seconds, 4)}
            for r, d in zip(rows, answers, strict=True)
        ]
        given.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


def summary(rows: Sequence[Reference], answers: Sequence[Decided], wrong: int) -> str:
    """What it comes to."""
    decided = [(r, d) for r, d in zip(rows, answers, strict=True) if r.herd == "ok"]
    spent = sum(d.seconds for _, d in decided)
    theirs = sum(r.seconds for r, _ in decided)
    median = statistics.median(d.seconds for d in answers) if answers else 0.0
    slowest = max(zip(answers, rows, strict=True), key=lambda p: p[0].seconds, default=None)
    lines = [
        f"{len(rows)} tests, {len(decided)} with a verdict to compare: {wrong} do not agree",
        f"CPU {spent:.1f} s (herd7: {theirs:.1f} s), median {1000 * median:.1f} ms",
    ]
    if slowest:
        lines.append(f"slowest {slowest[0].seconds:.2f} s: {slowest[1].path}")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
