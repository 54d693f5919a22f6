"""Which check runs what: the lines of the trusted modules that it comes to, and its seconds."""

from __future__ import annotations

import hashlib
import pickle
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from dsl.frozen import replace
from tests.mutation.checks import Check
from tests.mutation.forks import forked

ROOT = Path(__file__).parents[2]

SLOW = 3.0
"""Checks that take longer by themselves are left out."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An unmutated check: its seconds, and the lines that it runs of each module.

    ``ok``: it holds, and is quick.  ``bits`` are all those lines, numbered.
    """

    seconds: float
    lines: dict[str, frozenset[int]]
    ok: bool
    bits: int = 0


# --- which check runs what ----------------------------------------------------------------


def measure(
    every: list[Check], modules: Iterable[str], kept: Path | None = None
) -> dict[str, Measured]:
    """Every check that holds and is quick, as it is without mutants.

    What was measured before is in file ``kept``; checks that run a module which has changed since
    are measured again.
    """
    texts = {m: hashlib.sha256((ROOT / m).read_bytes()).hexdigest() for m in modules}
    old: dict[str, Measured] = {}
    if kept is not None and kept.exists():
        before, old = pickle.loads(kept.read_bytes())  # noqa: S301 - written below
        fresh = {m for m in texts if before.get(m) != texts[m]}
        new = fresh - before.keys()
        old = {n: c for n, c in old.items() if not new and not any(c.lines[m] for m in fresh)}
    missing = [check for check in every if check.name not in old]
    found = {**old, **_measured(missing, {str(ROOT / module): module for module in texts})}
    if kept is not None:
        kept.write_bytes(pickle.dumps((texts, found)))
    names = {check.name for check in every}
    return _numbered({name: check for name, check in found.items() if name in names and check.ok})


def _measured(every: list[Check], files: dict[str, str]) -> dict[str, Measured]:
    """The same, in a process of its own."""

    def work(say: Callable[[bytes], None]) -> None:
        found: dict[str, Measured] = {}
        for check in every:
            start = time.process_time()
            held = holds(check)
            seconds = time.process_time() - start
            if not held:
                print(f"does not hold without a mutant: {check.name}", file=sys.stderr)
            ok = held and seconds <= SLOW
            lines = _lines(check, files) if ok else {m: frozenset[int]() for m in files.values()}
            found[check.name] = Measured(seconds, lines, ok)
            if len(found) % 100 == 0:
                print(f"{len(found)} of {len(every)} measured", file=sys.stderr, flush=True)
        say(pickle.dumps(found))

    said, ended = forked(work)
    if not ended:
        raise SystemExit("the checks do not run without a mutant")
    found: dict[str, Measured] = pickle.loads(said)  # noqa: S301 - from this process's own child
    return found


def _numbered(found: dict[str, Measured]) -> dict[str, Measured]:
    """The same, with the lines of all modules numbered."""
    numbers: dict[tuple[str, int], int] = {}
    done: dict[str, Measured] = {}
    for name, check in found.items():
        bits = 0
        for module, lines in check.lines.items():
            for line in lines:
                bits |= 1 << numbers.setdefault((module, line), len(numbers))
        done[name] = replace(check, bits=bits)
    return done


def holds(check: Check) -> bool:
    """Whether a check holds; one that raises does not."""
    try:
        return check.holds()
    except Exception as error:  # noqa: BLE001 - whatever a mutant does
        print(f"{check.name}: {type(error).__name__}: {error}", file=sys.stderr)
        return False


def _lines(check: Check, files: dict[str, str]) -> dict[str, frozenset[int]]:
    """The lines of the modules that a check runs."""
    seen: dict[str, set[int]] = {module: set() for module in files.values()}

    def enter(frame: FrameType, event: str, _: object) -> Any:
        module = files.get(frame.f_code.co_filename)
        if event != "call" or module is None:
            return None
        here = seen[module]

        def line(frame: FrameType, event: str, _: object) -> Any:
            here.add(frame.f_lineno)
            return line

        here.add(frame.f_lineno)
        return line

    sys.settrace(enter)
    try:
        holds(check)
    finally:
        sys.settrace(None)
    return {module: frozenset(lines) for module, lines in seen.items()}


__all__ = ["ROOT", "Measured", "holds", "measure"]
