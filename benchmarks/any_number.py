"""Where a proof for any number of actors overtakes proofs for 1, 2, ..., n of them.

    python benchmarks/any_number.py [MOST]

The scenario walk_populate of protocols/retract_any.khp: first with n walkers, one collapse and one
ioctl that go round once, decided by the bounded engine under sc; then with any number of each, for
ever, with its certificate checked.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from time import process_time

from prover.pipeline import run
from prover.verdict import Outcome, Request

ROOT = Path(__file__).parents[1]
FILE = ROOT / "protocols" / "retract_any.khp"
MOST = 8
SECONDS = 300.0

MANY = "run collapse *, walker *, populate_any *;\n\tforever;"
ONCE = "run collapse, walker * {number}, populate_any;"


def decided(text: str, config: str) -> tuple[Outcome, float]:
    """The outcome of walk_populate, and its CPU seconds."""
    request = Request(
        (str(FILE),),
        scenario="walk_populate",
        config=(("PAE", config),),
        model="sc",
        timeout=SECONDS,
        memory=8192,
        explain=False,
        texts=((str(FILE.resolve()), text),),
        jobs=1,
    )
    before = process_time() + _children()
    report = run(request, lambda *_: None)
    (outcome,) = report.files[0].outcomes
    return outcome, process_time() + _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: list[str]) -> int:
    """Prints a line per number of walkers; 1 where something is not proved."""
    most = int(arguments[0]) if arguments else MOST
    text, _, _ = FILE.read_text().partition("// --- what breaks")
    assert MANY in text
    wrong = 0
    for config in ("off", "on"):
        print(f"PAE {config:<4} walkers  verdict    CPU s")
        for number in range(1, most + 1):
            once = text.replace(MANY, ONCE.format(number=number))
            outcome, seconds = decided(once, config)
            name = type(outcome.verdict).__name__.lower()
            print(f"{number:>16}  {name:<10}{seconds:>7.2f}", flush=True)
            if name != "proved":
                break
        outcome, seconds = decided(text, config)
        name = type(outcome.verdict).__name__.lower()
        print(f"{'any':>16}  {name:<10}{seconds:>7.2f}", flush=True)
        wrong += name != "proved"
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
