"""Where a proof for any number of actors overtakes proofs for 1, 2, ..., n of them.

    python benchmarks/any_number.py [MOST [SECONDS]]

For each family a line with CPU seconds: n of the actors named, which go round once, decided by
the bounded engine under sc, for n = 1 to MOST (8); then any number of each, for ever, with its
certificate checked.  A family ends where one n takes more than SECONDS (60), or is not proved.
"""

from __future__ import annotations

import re
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from prover.pipeline import run
from prover.verdict import Outcome, Request

ROOT = Path(__file__).parents[1]
CASES = ROOT / "tests" / "cases" / "verdict" / "anynumber"
RETRACT = ROOT / "protocols" / "retract_any.khp"
MOST, SECONDS = 8, 60.0
LONG = 900.0
"""Seconds that the proof for any number may take."""

WALL = 4
"""On a busy machine a limit in seconds of the clock is so many times one of CPU."""


@dataclass(frozen=True, slots=True)
class Family:
    """A scenario of a file, and the actors of which there are n; of the others there is one."""

    title: str
    path: Path
    scenario: str
    several: tuple[str, ...]
    config: tuple[tuple[str, str], ...] = ()

    def text(self, number: int | None) -> str:
        """The file without its variants: with numbers, each once, or as it is (None)."""
        text, _, _ = self.path.read_text(encoding="utf-8").partition("// --- what breaks")
        if number is None:
            return text
        head, begin, rest = text.partition(f"scenario {self.scenario} {{")
        assert begin
        line, end, rest = rest.partition(";")
        several = re.sub(
            r"(\w+) \*", lambda m: f"{m[1]} * {number if m[1] in self.several else 1}", line
        )
        return f"{head}{begin}{several}{end}{rest.replace('forever;', '', 1)}"


PAE = (("off", "PAE off"), ("on", "PAE on"))

FAMILIES = (
    Family(
        "RCU removal: n readers, n updaters",
        CASES / "rcu_removal.khp",
        "list",
        ("reader", "updater"),
    ),
    Family("references: an owner, n users", CASES / "references.khp", "users", ("user",)),
    *(
        Family(f"retract, {name}: n {title}", RETRACT, "walk_populate", several, (("PAE", config),))
        for config, name in PAE
        for title, several in (
            ("walkers", ("walker",)),
            ("of each", ("collapse", "walker", "populate_any")),
        )
    ),
)


def decided(family: Family, number: int | None, seconds: float) -> tuple[Outcome, float]:
    """The outcome, and its CPU seconds."""
    request = Request(
        (str(family.path),),
        scenario=family.scenario,
        config=family.config,
        model="sc",
        timeout=seconds * WALL,
        memory=8192,
        explain=False,
        texts=((str(family.path.resolve()), family.text(number)),),
        jobs=1,
    )
    before = process_time() + _children()
    report = run(request, lambda *_: None)
    (outcome,) = report.files[0].outcomes
    return outcome, process_time() + _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def line(family: Family, most: int, limit: float, known: dict[object, float]) -> bool:
    """Prints what one family takes; whether any number of them is proved.

    ``known`` is what the same scenario took for any number in another family.
    """
    print(f"{family.title:<38}", end="", flush=True)
    key, taken = (family.path, family.config), dict[int, float]()
    for number in range(1, most + 1):
        outcome, taken[number] = decided(family, number, limit)
        name = type(outcome.verdict).__name__.lower()
        over = taken[number] > limit or name != "proved"
        # What has no end within the limit took as much and more.
        shown = f"{taken[number]:.2f}" if name == "proved" else f">{taken[number]:.0f}"
        print(f"{shown if name in ('proved', 'unknown') else name:>8}", end="", flush=True)
        if over:
            break
    print("".join(f"{'-':>8}" for _ in range(most - len(taken))), end="", flush=True)
    if key not in known:
        outcome, seconds = decided(family, None, LONG / WALL)
        name = type(outcome.verdict).__name__.lower()
        if name != "proved":
            print(f"  {name}")
            return False
        known[key] = seconds
    crossed = next((number for number, each in taken.items() if each > known[key]), 0)
    shown = f"from n = {crossed}" if crossed else f"not up to n = {len(taken)}"
    print(f"{known[key]:>9.2f}  {shown}", flush=True)
    return True


def main(arguments: list[str]) -> int:
    """Prints a line per family; 1 where any number is not proved."""
    most = int(arguments[0]) if arguments else MOST
    limit = float(arguments[1]) if len(arguments) > 1 else SECONDS
    print(
        "CPU seconds: n of them, once each; any number of them, for ever; from where that is less"
    )
    print(f"{'n =':<38}" + "".join(f"{n:>8}" for n in range(1, most + 1)) + f"{'any':>9}  is less")
    known: dict[object, float] = {}
    # The first answer takes what it takes to load everything.
    decided(FAMILIES[0], 1, limit)
    proved = [line(family, most, limit, known) for family in FAMILIES]
    return 0 if all(proved) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
