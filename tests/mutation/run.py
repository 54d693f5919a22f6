"""Mutation testing: what share of the mutants of the trusted modules do fast checks notice?

    python -m tests.mutation.run [--most N] [--seed S | --listed] [--budget SECONDS]
        [--again SECONDS] [--checks REGEX] [--results FILE [--retry]] [--measured FILE] [MODULE...]

Everything is imported once.  Each mutant is a fork of this process in which one function's code
is another; in it the checks that run the line in question go by, until one does not hold, raises,
or overstays: a few of them first, all of them where those notice nothing.  With ``--results`` what
came of each mutant is noted in a file, and a run that ended early goes on where it was.  Exit code
1 where a mutant survives that survivors.txt does not list.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from tests.mutation.checks import Check, checks, warm_up
from tests.mutation.forks import forked
from tests.mutation.install import compute_again, replace_code
from tests.mutation.measured import ROOT, Measured, holds, measure
from tests.mutation.modules import MODULES
from tests.mutation.mutants import Mutant, sample, some
from tests.mutation.results import SURVIVED, Results

SURVIVORS = Path(__file__).parent / "survivors.txt"
NOTICED = Path(__file__).parent / "noticed.txt"
"""Which check notices a mutant that those asked first do not: a line as in survivors.txt."""

SLOWER = 10
"""A check that takes so many times as long as it should is one that notices."""
LEAST = 1.0
"""But not less than so many seconds."""
FIRST = 6
"""So many of those that noticed other mutants are asked first, most of them in a second first."""
MEMORY = 3 << 30
"""Bytes of address space that a mutant may take."""
OVERHEAD = 0.03
"""Seconds that a check costs besides its own."""

NO_DIFFERENCE = ("equivalent", "message", "speed")
"""Kinds of survivors that are no other program, or differ only in what is said or in time."""


def listed(file: Path = SURVIVORS) -> dict[str, str]:
    """The survivors that are known, with the reason of each, after a ` # `."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, why = line.partition(" # ")
            found[name.strip()] = why.strip()
    return found


# --- one mutant ---------------------------------------------------------------------------


def killer(
    module: str, mutant: Mutant, order: list[Check], measured: dict[str, Measured]
) -> str | None:
    """The check that notices a mutant; "install" where the module does not even load with it."""

    def work(say: Callable[[bytes], None]) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        loaded = import_module(module.removesuffix(".py").replace("/", "."))
        replace_code(loaded, mutant)
        signal.alarm(60)
        say(b"install\n")
        compute_again(loaded, mutant.tree)
        for check in order:
            limit = max(LEAST, SLOWER * measured[check.name].seconds)
            signal.setitimer(signal.ITIMER_PROF, limit)
            signal.alarm(int(limit * 20) + 60)
            say(f"{check.name}\n".encode())
            if not holds(check):
                raise SystemExit(1)

    said, ended = forked(work)
    # Code that needs another closure cannot be put in place: that is no check's merit.
    return None if ended or not said else said.decode().splitlines()[-1]


def holds_here(check: Check) -> bool:
    """Whether a check holds without a mutant, in a process of its own."""

    def work(_: Callable[[bytes], None]) -> None:
        if not holds(check):
            raise SystemExit(1)

    _, ended = forked(work)
    return ended


def ordered(
    module: str,
    mutant: Mutant,
    every: list[Check],
    measured: dict[str, Measured],
    killed: Counter[str],
    budget: float,
    known: str = "",
) -> list[Check]:
    """The checks that run a mutant's lines: the one that is known to notice it and those that
    noticed others first, then whichever runs the most that none before it has run, for its time.
    At most so many seconds' worth.
    """
    lines = set(mutant.lines)
    known_of = [check for check in every if check.name in measured]
    found = [c for c in known_of if not mutant.owner or measured[c.name].lines[module] & lines]
    if not found:
        # What runs while the module is loaded makes what any of its lines may use.
        found = [c for c in known_of if measured[c.name].lines[module]]
    kept = [c for c in every if c.name == known and c.name in measured]

    def worth(check: Check) -> tuple[float, str]:
        return -killed[check.name] / (measured[check.name].seconds + OVERHEAD), check.name

    rest = sorted((c for c in found if c not in kept), key=worth)
    kept += [c for c in rest[:FIRST] if killed[c.name]]
    rest = [c for c in rest if c not in kept]
    every_line = 0
    for check in rest:
        every_line |= measured[check.name].bits
    left = every_line

    def gain(check: Check) -> float:
        one = measured[check.name]
        return (one.bits & left).bit_count() / (one.seconds + OVERHEAD)

    total = sum(measured[c.name].seconds for c in kept)
    while rest and total <= budget:
        best = max(rest, key=gain)
        if not gain(best) and left != every_line:
            left = every_line
            continue
        left &= ~measured[best.name].bits
        rest.remove(best)
        kept.append(best)
        total += measured[best.name].seconds
    return kept


@dataclass(slots=True)
class _Round:
    """One run: what is asked of whom, and what has come of it so far."""

    every: list[Check]
    measured: dict[str, Measured]
    budget: float
    again: float
    retry: bool
    results: Results
    known: dict[str, str]
    noticed: dict[str, str]
    shown: int = 0
    sound: set[str] = field(default_factory=set[str])

    def module(self, module: str, mutants: list[Mutant]) -> Counter[str]:
        """Shows mutants of one module to the checks; counts them by what comes of it."""
        killed: Counter[str] = Counter()
        count: Counter[str] = Counter()
        for mutant in mutants:
            name = f"{module}: {mutant.name}"
            by = self.results.of(name, mutant)
            if by is None or (self.retry and by == SURVIVED):
                by = self._killer(module, mutant, killed)
                self.shown += 1
                self._confirm(by)
                self.results.add(name, mutant, by)
            killed[by] += by != SURVIVED
            count[self._kind(name, by)] += 1
            if by == SURVIVED:
                why = self.known.get(name, f"NEW: line {mutant.lines.start}")
                print(f"  {name} # {why}", flush=True)
        return count

    def _confirm(self, name: str) -> None:
        """A check that notices a mutant must hold without one: when it was measured is long ago."""
        for check in self.every if name not in self.sound else ():
            if check.name == name and not holds_here(check):
                raise SystemExit(f"{name} does not hold without a mutant: remove what was measured")
        self.sound.add(name)

    def _killer(self, module: str, mutant: Mutant, killed: Counter[str]) -> str:
        """Who notices a mutant: those asked first, or else any that comes to its lines."""
        name = f"{module}: {mutant.name}"
        hint = self.noticed.get(name, "")
        first = ordered(module, mutant, self.every, self.measured, killed, self.budget, hint)
        by = killer(module, mutant, first, self.measured)
        if by is None and self.again > self.budget and not self._no_difference(name):
            more = ordered(module, mutant, self.every, self.measured, killed, self.again, hint)
            asked = {check.name for check in first}
            by = killer(module, mutant, [c for c in more if c.name not in asked], self.measured)
        return by or SURVIVED

    def _kind(self, name: str, by: str) -> str:
        """What a mutant counts as."""
        if by != SURVIVED:
            return "killed"
        if self._no_difference(name):
            return "no difference"
        return "open" if name in self.known else "new"

    def _no_difference(self, name: str) -> bool:
        """Whether it is known that there is nothing to notice."""
        return self.known.get(name, "").partition(":")[0] in NO_DIFFERENCE


def _said(count: Counter[str]) -> str:
    """A line about so many mutants."""
    total = count.total()
    others = total - count["no difference"]
    share = f"{100 * count['killed'] / others:.1f} %" if others else "none"
    return (
        f"{count['killed']} killed, {count['no difference']} no difference, "
        f"{count['open'] + count['new']} open, of {total}; {share} of those that differ"
    )


def _cpu() -> float:
    """Seconds of CPU that this process and those that it has forked have had."""
    rows = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(row.ru_utime + row.ru_stime for row in rows)


def main() -> int:
    """Prints the survivors of each module and the share of those killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    parser.add_argument("--most", type=int, default=30, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--listed", action="store_true", help="only those in survivors.txt")
    parser.add_argument("--budget", type=float, default=2.0, help="seconds of checks per mutant")
    parser.add_argument("--again", type=float, default=20.0, help="for those that survive that")
    parser.add_argument("--checks", default="", help="only checks whose names match")
    parser.add_argument("--results", type=Path, help="file of results: go on where it ends")
    parser.add_argument("--retry", action="store_true", help="and show survivors to checks again")
    parser.add_argument("--measured", type=Path, help="file of the checks' seconds and lines")
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    given = parser.parse_args()
    every = [check for check in checks() if re.search(given.checks, check.name)]
    warm_up(every)
    gc.freeze()
    measured = measure(every, MODULES, given.measured)
    print(f"{len(measured)} of {len(every)} checks take part", flush=True)
    results = Results(given.results)
    one = _Round(
        every,
        measured,
        given.budget,
        given.again,
        given.retry,
        results,
        listed(),
        listed(NOTICED),
    )
    total: Counter[str] = Counter()
    before = _cpu()
    for module in given.modules:
        text = (ROOT / module).read_text(encoding="utf-8")
        if given.listed:
            head = f"{module}: "
            mutants = some(text, {n.removeprefix(head) for n in one.known if n.startswith(head)})
        else:
            mutants = sample(text, given.seed, given.most)
        count = one.module(module, mutants)
        total.update(count)
        print(f"{module}: {_said(count)}", flush=True)
    cost = f"{one.shown} shown in {_cpu() - before:.0f} s of CPU"
    print(f"all: {_said(total)}; {total['new']} new survivors; {cost}", flush=True)
    return 1 if total["new"] else 0


if __name__ == "__main__":
    sys.exit(main())
