"""What proving costs: each obligation of some files, and how it grows with the actors.

    python benchmarks/run.py                           protocols/retract.khp and pae_tear.khp
    python benchmarks/run.py --max-n 4 --json new.json FILE...
    python benchmarks/run.py --compare old.json new.json

Every obligation is decided in a process of its own, one at a time.  The families are the
safe scenario of retract.khp with n walkers, under sc and under lkmm, and with two rounds under sc,
and n actors that contend for one count.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dsl.check import check
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import Program, load, load_text
from dsl.protocol import Protocol
from prover.pipeline.decide import decide
from prover.pipeline.decision import Decision
from prover.pipeline.limits import Limits
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.pool import Lost, run_pool
from prover.render.timings import name_of as obligation_name
from prover.verdict import Obligation, Request, meets, name_of

HERE = Path(__file__).resolve().parent
PROTOCOLS = HERE.parent / "protocols"
FILES = ("retract.khp", "pae_tear.khp")
DECIDED = ("proved", "refuted")
STAGES = ("compile", "encode", "load", "solve", "replay")


@dataclass(frozen=True, slots=True)
class Row:
    """One obligation decided; ``peak`` in MiB, ``total`` in seconds of wall time."""

    file: str
    obligation: str
    verdict: str
    as_expected: bool
    events: int
    clauses: int
    seconds: Mapping[str, float]
    total: float
    peak: float


@dataclass(frozen=True, slots=True)
class Family:
    """A scenario that grows, under one memory model: ``run`` is its list of actors, with ``walker``
    in it once.
    """

    name: str
    path: Path
    scenario: str
    run: str
    model: str = "sc"

    def text(self, n: int) -> str:
        """The file with n walkers."""
        text = self.path.read_text(encoding="utf-8")
        head, start, rest = text.partition(f"scenario {self.scenario} {{")
        old = f"run {self.run};"
        if not start or not rest.lstrip().startswith(old):
            raise SystemExit(f"{self.path}: scenario {self.scenario} does not `{old}`")
        new = f"run {self.run.replace('walker', f'walker * {n}')};"
        return head + start + rest.replace(old, new, 1)


FAMILIES = (
    Family("walkers", PROTOCOLS / "retract.khp", "walk_fault", "khugepaged, walker, fault"),
    Family(
        "walkers-lkmm",
        PROTOCOLS / "retract.khp",
        "walk_fault",
        "khugepaged, walker, fault",
        "lkmm",
    ),
    Family(
        "two-rounds",
        HERE / "two_rounds.khp",
        "two_rounds",
        "khugepaged_twice, walker, fault_twice",
    ),
    Family("contended", HERE / "contended.khp", "contended", "owner, walker"),
)


# --- measuring ---------------------------------------------------------------------------


def decided(file: str, protocol: Protocol, task: Task, timeout: float) -> Row:
    """One obligation, decided in a process of its own."""
    limits = Limits(timeout, 4096, 8)

    def job(_: int) -> Decision:
        return decide(protocol, task.obligation, task.expected, limits)

    start = time.perf_counter()
    ((_, decision),) = run_pool(job, 1, workers=1, seconds=timeout, memory=limits.memory)
    total = time.perf_counter() - start
    name = obligation_name(task.obligation)
    if isinstance(decision, Lost):
        return Row(file, name, decision.why, False, 0, 0, {}, total, 0.0)
    measured = decision.measured
    return Row(
        file=file,
        obligation=name,
        verdict=name_of(decision.verdict),
        as_expected=meets(decision.verdict, task.expected),
        events=measured.events,
        clauses=measured.clauses,
        seconds={stage: measured.seconds.get(stage, 0.0) for stage in STAGES},
        total=total,
        peak=measured.peak_mib,
    )


def file_rows(path: Path, timeout: float) -> Iterator[Row]:
    """Every obligation of a file."""
    program = load(path, (library_root(),))
    protocols: dict[str, Protocol] = {"": check(program)}
    for task in tasks(protocols[""], Request((str(path),))):
        variant = task.obligation.variant
        if variant not in protocols:
            protocols[variant] = check(program, variant)
        yield decided(path.name, protocols[variant], task, timeout)


def member(family: Family, n: int, timeout: float) -> Row:
    """The member of a family with n walkers, PAE on."""
    program: Program = load_text(
        family.path.name, family.text(n), family.path.parent, (library_root(),)
    )
    protocol = check(program)
    obligation = Obligation(family.scenario, "", (("PAE", "on"),), family.model)
    expected = protocol.scenarios[family.scenario].expects[0]
    row = decided(family.path.name, protocol, Task(obligation, expected), timeout)
    return replace(row, file=family.name, obligation=f"n = {n}")


def family_rows(family: Family, most: int, timeout: float) -> Iterator[Row]:
    """The members of a family up to n = ``most``, or to the first that is not decided in time."""
    for n in range(1, most + 1):
        row = member(family, n, timeout)
        yield row
        if row.verdict not in DECIDED:
            return


# --- showing -----------------------------------------------------------------------------

HEADS = ("events", "clauses", *STAGES, "total", "MiB", "verdict", "obligation")


def cells(row: Row) -> tuple[str, ...]:
    """A row of the table."""
    verdict = row.verdict if row.as_expected else f"{row.verdict} (NOT EXPECTED)"
    return (
        str(row.events),
        str(row.clauses),
        *(f"{row.seconds.get(stage, 0.0):.3f}" for stage in STAGES),
        f"{row.total:.3f}",
        f"{row.peak:.0f}",
        verdict,
        row.obligation,
    )


def show(title: str, rows: Iterable[Row]) -> list[Row]:
    """Prints a table line by line as its rows are made."""
    widths = (6, 8, 7, 7, 7, 8, 7, 8, 5)
    print(f"\n{title}")
    done: list[Row] = []

    def line(texts: Sequence[str]) -> str:
        numbers = "  ".join(f"{t:>{w}}" for t, w in zip(texts, widths, strict=False))
        return f"{numbers}  {texts[-2]:<8}  {texts[-1]}"

    print(line(HEADS))
    for row in rows:
        print(line(cells(row)), flush=True)
        done.append(row)
    print(f"  {summary(done)}")
    return done


def summary(rows: Sequence[Row]) -> str:
    """What the rows come to."""
    sums = {stage: sum(row.seconds.get(stage, 0.0) for row in rows) for stage in STAGES}
    clauses = sum(row.clauses for row in rows)
    rate = clauses / sums["encode"] if sums["encode"] else 0.0
    parts = [f"{stage} {seconds:.2f} s" for stage, seconds in sums.items()]
    parts.append(f"{rate:,.0f} clauses a second of encoding")
    parts.append(f"slowest {max((row.total for row in rows), default=0.0):.2f} s")
    parts.append(f"{sum(not row.as_expected for row in rows)} not as expected")
    return ", ".join(parts)


def growth(rows: Sequence[Row]) -> str:
    """How the time of a family grows: T(8)/T(4), or with what was decided."""
    times = {n: row.total for n, row in enumerate(rows, 1) if row.verdict in DECIDED}
    pairs = [(2 * n, n) for n in times if 2 * n in times]
    texts = [f"T({m})/T({n}) = {times[m] / times[n]:.1f}" for m, n in pairs]
    if 6 in times:
        texts.append(f"T(6) = {times[6]:.2f} s")
    return ", ".join(texts) or "too few members were decided"


# --- comparing ---------------------------------------------------------------------------


def compare(old: Path, new: Path) -> None:
    """Prints new / old for every row that both have; rows of one only are counted."""
    before, after = _by_name(old), _by_name(new)
    print("new / old:  clauses   encode    solve    total      MiB  obligation")
    shared = [key for key in before if key in after]
    for key in shared:
        one, two = before[key], after[key]
        numbers = (
            _ratio(one["clauses"], two["clauses"]),
            _ratio(one["seconds"].get("encode", 0.0), two["seconds"].get("encode", 0.0)),
            _ratio(one["seconds"].get("solve", 0.0), two["seconds"].get("solve", 0.0)),
            _ratio(one["total"], two["total"]),
            _ratio(one["peak"], two["peak"]),
        )
        changed = (
            "" if one["verdict"] == two["verdict"] else f"  {one['verdict']} -> {two['verdict']}"
        )
        print(" " * 10 + "".join(f"{text:>9}" for text in numbers) + f"  {' '.join(key)}{changed}")
    totals = [sum(rows[key]["total"] for key in shared) for rows in (before, after)]
    print(f"total of {len(shared)}: {totals[0]:.2f} s -> {totals[1]:.2f} s", end="")
    print(f" ({_ratio(*totals)}); only in one: {len(before) + len(after) - 2 * len(shared)}")


def _by_name(path: Path) -> dict[tuple[str, str], Any]:
    document = json.loads(path.read_text(encoding="utf-8"))
    if document.get("schema") != "prove-benchmark" or document.get("version") != 1:
        raise SystemExit(f"{path} is not a benchmark of this version")
    return {(row["file"], row["obligation"]): row for row in document["rows"]}


def _ratio(old: float, new: float) -> str:
    return f"{new / old:.2f}" if old else "-"


# --- the command -------------------------------------------------------------------------


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="What proving costs.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows here too")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("OLD", "NEW"))
    parser.add_argument("--max-n", type=int, default=8, metavar="N", help="walkers; 0: no family")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="SECONDS")
    names = [family.name for family in FAMILIES]
    parser.add_argument("--family", action="append", choices=names, help="only this one; repeat")
    parser.add_argument("--no-files", action="store_true", help="only the families")
    return parser.parse_args()


def main() -> int:
    """Measures, or compares two measurements."""
    options = arguments()
    if options.compare:
        compare(*options.compare)
        return 0
    rows: list[Row] = []
    wrong = 0
    files = options.files or [PROTOCOLS / name for name in FILES]
    for path in () if options.no_files else files:
        found = show(str(path), file_rows(path, options.timeout))
        wrong += sum(not row.as_expected for row in found)
        rows += found
    wanted = options.family or [family.name for family in FAMILIES]
    for family in FAMILIES if options.max_n else ():
        if family.name not in wanted:
            continue
        title = f"{family.name}: {family.run}, n walkers, PAE=on, {family.model}"
        found = show(title, family_rows(family, options.max_n, options.timeout))
        print(f"  {growth(found)}")
        # The largest members may take too long: that is what is being found out.
        wrong += sum(not row.as_expected for row in found if row.verdict in DECIDED)
        rows += found
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\npeak of all: {peak:.0f} MiB")
    if options.json:
        document = {"schema": "prove-benchmark", "version": 1, "rows": [asdict(r) for r in rows]}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
