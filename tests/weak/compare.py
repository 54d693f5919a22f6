"""Litmus tests asked of both engines: as they are, and translated to protocols.

    python -m tests.weak.compare --model sc --jobs 2 FOLDER...

Prints the tests on which the engines differ, and what the others came to.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.files import Refusal, read_text
from dsl.imports import LoadError, load_text
from dsl.litmus import syntax as s
from dsl.litmus.parse import parse_litmus
from dsl.primitives import PROPERTIES
from dsl.protocol import Condition, Expect
from dsl.source import Source, Span
from prover.answers import ALWAYS, NEVER, SOMETIMES
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import LitmusModel
from prover.litmus.decide import decide as decide_litmus
from prover.pipeline.decide import decide as decide_protocol
from prover.pipeline.limits import Limits
from prover.pipeline.pool import Lost, run_pool
from prover.verdict import Obligation, Refuted, Unknown, name_of
from tests.weak.from_litmus import translate
from tests.weak.kinds import Untranslatable

CHUNK = 8
"""Tests per message to a worker."""

ENDING: Final = frozenset(PROPERTIES) - {
    "final",
    "invariant",
    "deadlock",
    "lock-order",
    "data-race",
}
"""Violations that end an execution, so that nothing is claimed of its end."""

_EXPECTED: Final = Expect(
    "refuted",
    ("final",),
    tuple(name for name in PROPERTIES if name != "final"),
    Condition(((),)),
    (),
    Span("", 0, 0),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One test.  ``why`` says why there is nothing to compare, ``allowed`` why both may be right.

    ``litmus`` and ``khp`` are observations (Never, Sometimes, Always), ``flags`` those of the
    litmus test, ``properties`` what else the protocol violates.
    """

    file: str
    litmus: str = ""
    khp: str = ""
    flags: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    allowed: str = ""
    why: str = ""

    @property
    def race(self) -> bool:
        """Whether the protocol has a data race."""
        return "data-race" in self.properties

    @property
    def outcome(self) -> str:
        """What it came to, in a few words."""
        if self.why:
            return self.why
        if self.litmus == self.khp:
            return "equal"
        return f"may differ: {self.allowed}" if self.allowed else "different"


class _Open(Exception):
    """An engine has no answer; says why."""


def compare(file: Path, under: LitmusModel, model: str, timeout: float = 30.0) -> Compared:
    """One test, decided both ways."""
    try:
        source = Source(str(file), read_text(file)[0])
        litmus = parse_litmus(source)
        texts = [translate(litmus, negated=negated) for negated in (True, False)]
        decided = decide_litmus(source, under, timeout, explain=False)
        can_hold, can_fail = (refuted(text.text, model, timeout) for text in texts)
    except (Refusal, DiagnosticError):
        return Compared(str(file), why="not read")
    except (Untranslatable, _Open) as error:
        what = "untranslatable: " if isinstance(error, Untranslatable) else ""
        return Compared(str(file), why=f"{what}{error}")
    if not decided.observation:
        return Compared(str(file), why=f"no answer as litmus test: {decided.why}")
    properties = tuple(sorted((can_hold | can_fail) - {"final"}))
    ended = [f"an execution can end in {name}" for name in properties if name in ENDING]
    return Compared(
        str(file),
        decided.observation,
        _observation("final" in can_hold, "final" in can_fail),
        decided.flags,
        properties,
        "; ".join((*texts[0].notes, *ended)),
    )


def _observation(can_hold: bool, can_fail: bool) -> str:
    if not can_hold:
        return NEVER
    return SOMETIMES if can_fail else ALWAYS


def refuted(text: str, model: str, timeout: float) -> frozenset[str]:
    """The properties that a protocol violates."""
    try:
        protocol = check(load_text("translated.khp", text, None, ()))
    except (LoadError, DiagnosticError) as error:
        raise Untranslatable(f"refused, {error.diagnostics[0].message}") from None
    limits = Limits(timeout, 4096, 1, explain=False)
    decision = decide_protocol(protocol, Obligation("s", "", (), model), _EXPECTED, limits)
    match decision.verdict:
        case Refuted() as found:
            return frozenset(found.properties)
        case Unknown(why=why):
            codes = " ".join(d.code for d in decision.diagnostics)
            raise _Open(f"no answer as protocol: {why} {codes}".strip())
        case verdict if name_of(verdict) in {"proved", "vacuous"}:
            return frozenset()
        case verdict:
            raise _Open(f"no answer as protocol: {verdict}")


def compare_all(
    files: Sequence[Path], model: str, *, jobs: int, timeout: float = 30.0
) -> Iterator[Compared]:
    """Every test, in worker processes, as they are done."""
    under = load_litmus_model(model)
    one = partial(compare, under=under, model=model, timeout=timeout)
    chunks = [files[i : i + CHUNK] for i in range(0, len(files), CHUNK)]
    pool = run_pool(
        lambda number: [one(file) for file in chunks[number]],
        len(chunks),
        workers=jobs,
        seconds=10 * timeout * CHUNK,
        memory=4096,
    )
    for number, found in pool:
        if isinstance(found, Lost):
            yield from (Compared(str(file), why=found.why) for file in chunks[number])
        else:
            yield from found


def litmus_files(folders: Iterable[Path]) -> list[Path]:
    """The tests in folders, or named themselves."""
    return [
        file
        for folder in folders
        for file in (sorted(folder.rglob("*.litmus")) if folder.is_dir() else [folder])
    ]


def main() -> int:
    """Compares, and prints what it came to."""
    parser = argparse.ArgumentParser(description="Litmus tests, also as protocols.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--model", default="sc")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=30.0, metavar="SECONDS")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth test only")
    parser.add_argument("--races", action="store_true", help="data races must be the same too")
    parser.add_argument("--print", action="store_true", help="print the protocols, compare nothing")
    given = parser.parse_args()
    files = litmus_files(given.folders)[:: given.every]
    if given.print:
        for file in files:
            print(translate(_parsed(file)).text)
        return 0
    counts: Counter[str] = Counter()
    racy: Counter[str] = Counter()
    observed: Counter[str] = Counter()
    for row in compare_all(files, given.model, jobs=given.jobs, timeout=given.timeout):
        counts[row.outcome] += 1
        if row.litmus:
            observed[row.litmus] += 1
        if row.outcome == "different" or row.outcome.startswith("may differ"):
            also = f" [{' '.join(row.properties)}]" if row.properties else ""
            print(f"{row.file}: litmus {row.litmus}, protocol {row.khp}{also}: {row.outcome}")
        if row.why.startswith("no answer") or row.why == "not read":
            print(f"{row.file}: {row.why}")
        if given.races and not row.why and row.race != ("data-race" in row.flags):
            side = "protocol" if row.race else "litmus test"
            racy[f"data race in the {side} only"] += 1
            print(f"{row.file}: data race in the {side} only")
    seen = ", ".join(f"{number} {what}" for what, number in observed.most_common())
    print(f"{len(files)} tests, {observed.total()} compared (as litmus tests {seen})")
    for what, number in (*counts.most_common(), *racy.most_common()):
        print(f"{number:6} {what}")
    return int(counts["different"] > 0 or bool(racy))


def _parsed(file: Path) -> s.Litmus:
    return parse_litmus(Source(str(file), read_text(file)[0]))


if __name__ == "__main__":
    sys.exit(main())
