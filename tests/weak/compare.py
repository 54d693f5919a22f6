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

ENDING: Final = frozenset(PROPERTIES) - {"final", "invariant", "deadlock"}
"""Violations after which nothing is claimed of the end: what races may hold anything."""

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


def compare(source: Source, under: LitmusModel, model: str, timeout: float = 30.0) -> Compared:
    """One test, decided both ways."""
    name = source.name
    try:
        litmus = parse_litmus(source)
        texts = [translate(litmus, negated=negated) for negated in (True, False)]
        decided = decide_litmus(source, under, timeout, explain=False)
        can_hold, can_fail = (refuted(text.text, model, timeout) for text in texts)
    except DiagnosticError as error:
        return Compared(name, why=f"not read: {error.diagnostics[0].message}")
    except Untranslatable as error:
        return Compared(name, why=f"untranslatable: {error}")
    except _Open as error:
        return Compared(name, why=str(error))
    if not decided.observation:
        return Compared(name, why=f"no answer as litmus test: {decided.why}")
    properties = tuple(sorted((can_hold | can_fail) - {"final"}))
    ended = [f"an execution can end in {what}" for what in properties if what in ENDING]
    return Compared(
        name,
        decided.observation,
        _observation("final" in can_hold, "final" in can_fail),
        decided.flags,
        properties,
        "; ".join((*texts[0].notes, *ended)),
    )


def weakened(source: Source, most: int) -> Iterator[Source]:
    """The test without one part of the conjunction it asks about, for up to ``most`` parts.

    Tests ask for what can hardly be; what is left of the condition mostly can be.
    """
    condition = parse_litmus(source).condition
    parts = condition.parts if isinstance(condition, s.Conjunction) else ()
    for part in [part for part in parts if isinstance(part, s.Equal)][:most]:
        start, end = part.span.start, part.span.end
        without = source.text[start:end]
        text = f"{source.text[:start]}true{source.text[end:]}"
        yield Source(f"{source.name} without {without}", text)


def compare_file(
    file: Path, under: LitmusModel, model: str, *, weaken: int = 0, timeout: float = 30.0
) -> list[Compared]:
    """The test in a file, and where it can be translated up to ``weaken`` weaker ones."""
    try:
        source = Source(str(file), read_text(file)[0])
    except Refusal:
        return [Compared(str(file), why="not read")]
    found = [compare(source, under, model, timeout)]
    if not found[0].why:
        found += [compare(w, under, model, timeout) for w in weakened(source, weaken)]
    return found


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
    files: Sequence[Path], model: str, *, jobs: int, weaken: int = 0, timeout: float = 30.0
) -> Iterator[Compared]:
    """Every test, in worker processes, as they are done."""
    under = load_litmus_model(model)
    chunks = [files[i : i + CHUNK] for i in range(0, len(files), CHUNK)]

    def job(number: int) -> list[Compared]:
        return [
            row
            for file in chunks[number]
            for row in compare_file(file, under, model, weaken=weaken, timeout=timeout)
        ]

    seconds = 10 * timeout * CHUNK
    for number, found in run_pool(job, len(chunks), workers=jobs, seconds=seconds, memory=4096):
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
    parser.add_argument("--weaken", type=int, default=0, metavar="N", help="N weaker tests of each")
    parser.add_argument("--races", action="store_true", help="data races must be the same too")
    parser.add_argument("--print", action="store_true", help="print the protocols, compare nothing")
    given = parser.parse_args()
    files = litmus_files(given.folders)[:: given.every]
    if given.print:
        for file in files:
            print(translate(parse_litmus(Source(str(file), read_text(file)[0]))).text)
        return 0
    rows: list[Compared] = []
    for row in compare_all(
        files, given.model, jobs=given.jobs, weaken=given.weaken, timeout=given.timeout
    ):
        rows.append(row)
        said = told(row, races=given.races)
        if said:
            print(f"{row.file}: {said}", flush=True)
    outcomes = Counter(row.outcome for row in rows)
    observed = Counter(row.litmus for row in rows if row.litmus)
    seen = ", ".join(f"{number} {what}" for what, number in observed.most_common())
    print(f"{len(rows)} tests, {observed.total()} compared (as litmus tests {seen})")
    for what, number in outcomes.most_common():
        print(f"{number:6} {what}")
    racy = sum(wrong_race(row) for row in rows) if given.races else 0
    if given.races:
        print(f"{racy:6} with a data race on one side only")
    return int(outcomes["different"] > 0 or racy > 0)


def wrong_race(row: Compared) -> bool:
    """Whether one side only has a data race."""
    return not row.why and row.race != ("data-race" in row.flags)


def told(row: Compared, *, races: bool) -> str:
    """What there is to say of a test, nothing if the sides agree or it is not translated."""
    parts: list[str] = []
    if row.why and not row.why.startswith("untranslatable"):
        parts.append(row.why)
    if not row.why and row.litmus != row.khp:
        also = f" [{' '.join(row.properties)}]" if row.properties else ""
        parts.append(f"litmus {row.litmus}, protocol {row.khp}{also}: {row.outcome}")
    if races and wrong_race(row):
        parts.append(f"data race in the {'protocol' if row.race else 'litmus test'} only")
    return "; ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
