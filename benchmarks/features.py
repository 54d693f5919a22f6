"""What each feature of docs/architecture.md ("Speed") is worth: the CPU time without it.

    python benchmarks/features.py                      a fixed set of files
    python benchmarks/features.py --only apart FILE...

Each row is the CPU time of all obligations in one process, divided by that with everything on;
the last row is the wall time of one process divided by that of several.  Verdicts must be the
same: the exit code is 1 where they are not.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prover.features import FEATURES, Feature
from prover.pipeline import run
from prover.verdict import Refuted, Request, name_of

HERE = Path(__file__).resolve().parent
PROTOCOLS = HERE.parent / "protocols"
FILES = ("pae_tear.khp", "weak_order.khp", "retract.khp")
SCENARIO = "walk_fault"
"""The scenario of the last of the files: one of its twenty is enough."""
ALIKE = str(HERE / "contended.khp")
"""Three actors that are alike, for what is about those."""
ANY, ANY_SCENARIO = str(PROTOCOLS / "retract_any.khp"), "uffd"
"""Any number of actors, and a pool of two, with PAE."""


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of CPU and of wall time, and what came out."""

    cpu: float
    wall: float
    verdicts: tuple[object, ...]


def requests(files: Sequence[Path], jobs: int, without: tuple[Feature, ...]) -> list[Request]:
    """What is proved: the files named, or the fixed set."""
    if files:
        return [Request(tuple(map(str, files)), jobs=jobs, explain=False, without=without)]
    *whole, last = (str(PROTOCOLS / name) for name in FILES)
    return [
        Request(tuple(whole), jobs=jobs, explain=False, without=without),
        Request((last,), scenario=SCENARIO, jobs=jobs, explain=False, without=without),
        Request((ALIKE,), jobs=jobs, explain=False, without=without),
        Request(
            (ANY,),
            scenario=ANY_SCENARIO,
            config=(("PAE", "on"),),
            jobs=jobs,
            explain=False,
            without=without,
        ),
    ]


def cpu() -> float:
    """Seconds of CPU of this process and of those it has ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def took(files: Sequence[Path], jobs: int, *without: Feature) -> Took:
    """Proves everything once."""
    before, start = cpu(), time.perf_counter()
    found: list[object] = []
    for request in requests(files, jobs, without):
        for file in run(request, lambda _: None).files:
            found.extend(file.diagnostics)
            for outcome in file.outcomes:
                verdict = outcome.verdict
                properties = sorted(verdict.properties) if isinstance(verdict, Refuted) else ()
                found.append((outcome.obligation, name_of(verdict), tuple(properties)))
    return Took(cpu() - before, time.perf_counter() - start, tuple(found))


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="What each feature is worth.")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--only", action="append", choices=list(FEATURES), help="repeat")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    return parser.parse_args()


def main() -> int:
    """Measures each, and prints a line for it."""
    options = arguments()
    # The first run imports everything and fills the caches.
    took(options.files, 1)
    base = took(options.files, 1)
    print(f"everything on: {base.cpu:.2f} s of CPU, {len(base.verdicts)} obligations")
    print("off / on  without")
    wrong = 0
    for feature, what in FEATURES.items():
        if options.only and feature not in options.only:
            continue
        found = took(options.files, 1, feature)
        same = found.verdicts == base.verdicts
        wrong += not same
        note = "" if same else "  OTHER VERDICTS"
        print(f"{found.cpu / base.cpu:8.2f}  {feature:<9}  {what}{note}", flush=True)
    if options.jobs > 1 and not options.only:
        several = took(options.files, options.jobs)
        wrong += several.verdicts != base.verdicts
        print(f"{base.wall / several.wall:8.2f}  {'jobs':<9}  {options.jobs} processes (wall time)")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
