"""Mutation testing: what share of the mutants of the trusted modules do fast checks notice?

    python -m tests.mutation.run [--most N] [--seed S] [--budget SECONDS] [--checks REGEX] [MODULE...]

Everything is imported once.  Each mutant is a fork of this process in which one function's code
is another; in it the checks that run the line in question go by, until one does not hold, raises,
or overstays.  Exit code 1 where a mutant survives that survivors.txt does not list.
"""

from __future__ import annotations

import argparse
import ast
import gc
import os
import pickle
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

from tests.mutation.checks import Check, checks, warm_up
from tests.mutation.mutants import Mutant, sample

ROOT = Path(__file__).parents[2]
SURVIVORS = Path(__file__).parent / "survivors.txt"
NOTICED = Path(__file__).parent / "noticed.txt"
"""Which check notices a mutant that those asked first do not: a line as in survivors.txt."""

SLOWER = 10
"""A check that takes so many times as long as it should is one that notices."""
LEAST = 1.0
"""But not less than so many seconds."""
SLOW = 3.0
"""Checks that take longer by themselves are left out."""
FIRST = 6
"""So many of those that noticed other mutants are asked first."""
OVERHEAD = 0.03
"""Seconds that a check costs besides its own."""

MODULES = (
    "prover/execution/run/judge.py",
    "prover/execution/run/machine.py",
    "prover/execution/run/locking.py",
    "prover/execution/run/standstill.py",
    "prover/execution/weak/law.py",
    "prover/execution/weak/rules.py",
    "prover/execution/weak/barriers.py",
    "prover/execution/weak/pages.py",
    "prover/execution/weak/run.py",
    "prover/smt/locks.py",
    "prover/smt/memory.py",
    "prover/smt/waits.py",
    "prover/smt/violations.py",
    "prover/smt/relations.py",
    "prover/smt/possible.py",
    "prover/smt/weak/walk.py",
    "prover/smt/weak/between.py",
    "prover/smt/weak/com.py",
    "prover/smt/weak/races.py",
    "prover/execution/construct/program.py",
    "prover/execution/construct/locks.py",
    "prover/execution/construct/memory.py",
    "prover/execution/construct/controls.py",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """An unmutated check: its seconds, and the lines that it runs of each module.

    ``bits`` are all those lines, numbered.
    """

    seconds: float
    lines: dict[str, frozenset[int]]
    bits: int = 0


def listed(file: Path = SURVIVORS) -> dict[str, str]:
    """The survivors that are known, with the reason of each, after a ` # `."""
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, why = line.partition(" # ")
            found[name.strip()] = why.strip()
    return found


# --- processes ----------------------------------------------------------------------------


def forked(work: Callable[[Callable[[bytes], None]], None]) -> tuple[bytes, bool]:
    """What a forked process says, and whether it came to its end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        code = 1
        try:
            work(lambda data: _write(write, data))
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    said = b""
    while block := os.read(read, 65536):
        said += block
    os.close(read)
    _, status = os.waitpid(child, 0)
    return said, os.waitstatus_to_exitcode(status) == 0


def _write(where: int, data: bytes) -> None:
    while data:
        data = data[os.write(where, data) :]


# --- which check runs what ----------------------------------------------------------------


def measure(every: list[Check], modules: Iterable[str]) -> dict[str, Measured]:
    """Every check that holds and is quick, as it is without mutants."""
    files = {str(ROOT / module): module for module in modules}

    def work(say: Callable[[bytes], None]) -> None:
        found: dict[str, Measured] = {}
        for check in every:
            start = time.process_time()
            if not _holds(check):
                print(f"does not hold without a mutant: {check.name}", file=sys.stderr)
                continue
            seconds = time.process_time() - start
            if seconds <= SLOW:
                found[check.name] = Measured(seconds, _lines(check, files))
        say(pickle.dumps(found))

    said, ended = forked(work)
    if not ended:
        raise SystemExit("the checks do not run without a mutant")
    found: dict[str, Measured] = pickle.loads(said)  # noqa: S301 - from this process's own child
    return _numbered(found)


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


def _holds(check: Check) -> bool:
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
        _holds(check)
    finally:
        sys.settrace(None)
    return {module: frozenset(lines) for module, lines in seen.items()}


# --- one mutant ---------------------------------------------------------------------------


def install(module: ModuleType, mutant: Mutant) -> None:
    """Puts a mutant into the loaded module, wherever what it changes has been imported to."""
    code = compile(mutant.tree, str(module.__file__), "exec")
    if not mutant.owner:
        _install_constants(module, mutant.tree)
        return
    inner = _code_of(code, mutant.owner.split("."))
    owner: Any = module
    for part in mutant.owner.split("."):
        owner = vars(owner)[part]
    for function in _functions(owner):
        function.__code__ = inner


def _functions(owner: Any) -> list[Any]:
    """The functions behind a name: of a property, a static method, a wrapper."""
    for inside in ("__wrapped__", "__func__", "fget", "func"):
        if getattr(owner, inside, None) is not None:
            owner = getattr(owner, inside)
    code = owner.__code__
    # dataclass(slots=True) makes its class twice: methods are shared, but be sure.
    same = [f for f in gc.get_referrers(code) if getattr(f, "__code__", None) is code]
    return same or [owner]


def _code_of(code: CodeType, path: list[str]) -> CodeType:
    """The code of a function or method."""
    for name in path:
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    return code


def _install_constants(module: ModuleType, tree: ast.Module) -> None:
    """Values of the module itself: computed again, and replaced where they have been imported."""
    for statement in tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        (target,) = targets
        if not isinstance(target, ast.Name) or target.id not in vars(module):
            continue
        old = vars(module)[target.id]
        space = dict(vars(module))
        exec(compile(ast.Module([statement], []), "mutant", "exec"), space)  # noqa: S102
        if space[target.id] == old or isinstance(old, type):
            continue
        for other in (module, *sys.modules.values()):
            if getattr(other, target.id, None) is old:
                setattr(other, target.id, space[target.id])


def killer(
    module: str, mutant: Mutant, order: list[Check], measured: dict[str, Measured]
) -> str | None:
    """The check that notices a mutant."""

    def work(say: Callable[[bytes], None]) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        install(import_module(module.removesuffix(".py").replace("/", ".")), mutant)
        for check in order:
            limit = max(LEAST, SLOWER * measured[check.name].seconds)
            signal.setitimer(signal.ITIMER_PROF, limit)
            signal.alarm(int(limit * 20) + 60)
            say(f"{check.name}\n".encode())
            if not _holds(check):
                raise SystemExit(1)

    said, ended = forked(work)
    return None if ended else (said.decode().splitlines() or ["install"])[-1]


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
    found = [
        check
        for check in every
        if check.name in measured
        and (not mutant.owner or measured[check.name].lines[module] & lines)
    ]
    kept = [c for c in every if c.name == known and c.name in measured]
    rest = sorted((c for c in found if c not in kept), key=lambda c: (-killed[c.name], c.name))
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


def main() -> int:
    """Prints the survivors of each module and the share of those killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.run")
    parser.add_argument("--most", type=int, default=30, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=float, default=5.0, help="seconds of checks per mutant")
    parser.add_argument("--checks", default="", help="only checks whose names match")
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    given = parser.parse_args()
    every = [check for check in checks() if re.search(given.checks, check.name)]
    warm_up(every)
    gc.freeze()
    measured = measure(every, given.modules)
    print(f"{len(measured)} of {len(every)} checks take part", flush=True)
    known, noticed, new = listed(), listed(NOTICED), 0
    total: Counter[str] = Counter()
    for module in given.modules:
        chosen = sample((ROOT / module).read_text(encoding="utf-8"), given.seed, given.most)
        killed: Counter[str] = Counter()
        dead = 0
        for mutant in chosen:
            name = f"{module}: {mutant.name}"
            hint = noticed.get(name, "")
            order = ordered(module, mutant, every, measured, killed, given.budget, hint)
            by = killer(module, mutant, order, measured)
            if by is not None:
                killed[by] += 1
                dead += 1
                continue
            new += name not in known
            why = known.get(name, f"NEW, line {mutant.lines.start}, {len(order)} checks ran it")
            print(f"  {name} # {why}", flush=True)
        total.update(killed=dead, mutants=len(chosen))
        print(f"{module}: {dead} of {len(chosen)} killed", flush=True)
    print(f"{total['killed']} of {total['mutants']} killed, {new} new survivors", flush=True)
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
