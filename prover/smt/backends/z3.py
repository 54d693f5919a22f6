"""The one door to z3."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false, reportReturnType=false

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import z3

from prover.smt.reply import GaveUp, Reply, Sat, Unsat

DECLARATION = re.compile(r"^\(declare-const (\S+) (Bool|Int)\)$", re.MULTILINE)

TABLE = "values!"
"""The name of a function that is never asserted: applied to constants, it lists their values."""

DECIDING = "pacrxgtls"
"""First letters of the constants that an execution is read from: positions, values, outcomes."""


@contextmanager
def _within_memory() -> Generator[None]:
    """The solver's own word for too little memory as Python's."""
    try:
        yield
    except z3.Z3Exception as error:
        if "out of memory" in str(error):
            raise MemoryError from error
        raise


class Session:
    """One document loaded into one solver; questions are asked one after the other.

    ``timeout`` in seconds bounds each question, and so does ``effort``, z3's units of work, where
    it is not 0.  An assignment gives the constants whose names
    begin with one of the letters in ``deciding``.  ``logic`` is an SMT-LIB logic with a solver of
    its own.
    """

    def __init__(
        self,
        text: str,
        timeout: float,
        deciding: str = DECIDING,
        logic: str = "",
        effort: int = 0,
    ) -> None:
        self._context = z3.Context()
        self._solver = (
            z3.SolverFor(logic, ctx=self._context) if logic else z3.Solver(ctx=self._context)
        )
        self._timeout = timeout
        self._solver.set("timeout", max(1, int(timeout * 1000)))
        self._solver.set("random_seed", 0)
        if effort:
            self._solver.set("rlimit", effort)
        if not logic:
            # Bellman-Ford over differences, which is all the arithmetic there is: two to four times
            # faster than the general solver on queries with many positions.
            self._solver.set("arith.solver", 1)
            self._solver.set("propagate_values", False)
        with _within_memory():
            self._solver.from_string(text)
        self._text = text
        self._added: list[str] = []
        self._deciding = deciding
        self._wanted: tuple[str, ...] | None = None
        self._tables: dict[tuple[str, ...], z3.BoolRef] = {}
        self._known: dict[str, Any] = {}

    def add(self, text: str) -> None:
        """More assertions, about what the document declares."""
        with _within_memory():
            self._solver.from_string(text)
        self._added.append(text)

    def define(self, text: str) -> None:
        """Declarations and functions for what is told later; nothing is asserted."""
        with _within_memory():
            self._solver.from_string(text)

    def alone(self, text: str, seconds: float) -> Reply:
        """Whether some assertions can hold, which are forgotten again; without an assignment."""
        self._solver.set("timeout", max(1, int(seconds * 1000)))
        with _within_memory():
            self._solver.push()
            self._solver.from_string(text)
            answer = self._solver.check()
            self._solver.pop()
        if answer == z3.unsat:
            return Unsat()
        return Sat({}) if answer == z3.sat else self._gave_up(seconds)

    @property
    def told(self) -> tuple[str, ...]:
        """All that the solver was told, in order."""
        return self._text, *self._added

    def ask(self, question: str, *also: str, values: bool = True) -> Reply:
        """Whether the Booleans named can hold together; ``true`` and ``false`` are themselves.

        A name with a leading ``!`` is negated.  Without ``values`` a yes comes without an
        assignment, which is a good part of the time of an easy question.
        """
        wanted = [name for name in (question, *also) if name != "true"]
        if "false" in wanted:
            return Unsat()
        with _within_memory():
            answer = self._solver.check(*(self._literal(name) for name in wanted))
        if answer == z3.unsat:
            return Unsat()
        if answer == z3.sat:
            return Sat(self.values() if values else {})
        return self._gave_up(self._timeout)

    def _gave_up(self, seconds: float) -> GaveUp:
        """After no answer: why."""
        reason = self._solver.reason_unknown()
        late = reason in ("canceled", "timeout")
        return GaveUp(f"timeout after {seconds:g} s" if late else reason)

    def values(self, names: tuple[str, ...] | None = None) -> dict[str, int]:
        """After a yes: the assignment of some constants, else of every one that says something
        about the execution.

        All at once: one term in place of a call into the solver for each.
        """
        if names is None:
            if self._wanted is None:
                declared = (name for name, _ in DECLARATION.findall(self._text))
                self._wanted = tuple(name for name in declared if name[0] in self._deciding)
            names = self._wanted
        if names not in self._tables:
            self._tables[names] = self._make_table(names)
        with _within_memory():
            listed = str(self._solver.model().eval(self._tables[names]).sexpr())
        # A negative number is a list of its own.
        words = listed.replace("(- ", "-").replace(")", " ").split()[1:]
        return dict(zip(names, map(_number, words), strict=True))

    def core(self) -> frozenset[str]:
        """Of the Booleans asked about last, some that cannot hold together: after a no."""
        return frozenset(self._name(lit) for lit in self._solver.unsat_core())

    @staticmethod
    def _name(lit: Any) -> str:
        return f"!{lit.arg(0).decl().name()}" if z3.is_not(lit) else str(lit.decl().name())

    def _literal(self, name: str) -> z3.BoolRef:
        if name not in self._known:
            positive = z3.Bool(name.removeprefix("!"), ctx=self._context)
            self._known[name] = z3.Not(positive) if name.startswith("!") else positive
        return self._known[name]

    def _make_table(self, names: tuple[str, ...]) -> z3.BoolRef:
        """The function of :data:`TABLE`, applied to the constants whose values are wanted."""
        sort_of = dict(DECLARATION.findall(self._text))
        declared = "".join(f"(declare-const {name} {sort_of[name]})" for name in names)
        sorts = " ".join(sort_of[name] for name in names)
        table = f"(declare-fun {TABLE} ({sorts}) Bool)"
        applied = f"(assert ({TABLE} {' '.join(names)}))" if names else "(assert true)"
        (term,) = z3.parse_smt2_string(declared + table + applied, ctx=self._context)
        return term


def _number(word: str) -> int:
    """A value; what the assignment leaves open stands as a name, and is 0 then."""
    return int(word) if word.lstrip("-").isdecimal() else int(word == "true")


def version() -> str:
    """The solver's version."""
    return str(z3.get_version_string())
