"""Whether an expression looks at memory, and whether it does anything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dsl import protocol as p
from dsl.primitives import PRIMITIVES
from prover.graph.walk import parts

_LOOKS = frozenset(
    (
        "READ_ONCE",
        "rcu_dereference",
        "rcu_access_pointer",
        "data_race",
        "smp_load_acquire",
        "atomic_read",
        "atomic_read_acquire",
        "refcount_read",
        "test_bit",
    )
)
_HARMLESS = frozenset(("assume", "likely", "unlikely", "might_sleep"))


@dataclass(slots=True)
class Looks:
    """Answers for the functions of one protocol."""

    functions: Mapping[str, p.Function]
    known: dict[tuple[str, str], bool] = field(default_factory=dict[tuple[str, str], bool])

    def looks(self, expr: p.Expr) -> bool:
        """Whether it reads what others may change."""
        return self._any("looks", expr, _reads)

    def acts(self, expr: p.Expr) -> bool:
        """Whether it changes memory, takes a lock, waits or checks something."""
        return self._any("acts", expr, _acts)

    def assigns(self, expr: p.Expr) -> bool:
        """Whether it assigns to its caller's locals."""
        return self._any("assigns", expr, _assigns)

    def _any(self, question: str, node: object, test: Callable[[object], bool]) -> bool:
        return any(
            test(part)
            or (isinstance(part, p.CallFunction) and self._function(question, part.function, test))
            for part in parts(node)
        )

    def _function(self, question: str, name: str, test: Callable[[object], bool]) -> bool:
        key = question, name
        if key not in self.known:
            self.known[key] = self._any(question, self.functions[name].body, test)
        return self.known[key]


def _shared(place: p.Place) -> bool:
    """Whether a place is in memory, or may be; not a local, or a part of one."""
    while isinstance(place, p.FieldPlace | p.IndexPlace):
        place = place.base
    return not isinstance(place, p.LocalPlace)


def _reads(part: object) -> bool:
    match part:
        case p.Read(place=place):
            return _shared(place)
        case p.CallPrimitive(primitive=name):
            return name in _LOOKS
        case _:
            return False


def _acts(part: object) -> bool:
    match part:
        case p.Assign(target=target):
            # Through a pointer parameter it may be a caller's local: see `assigns`.
            return _shared(target) and not isinstance(target, p.DerefPlace)
        case p.CallPrimitive(primitive=name):
            harmless = name in _LOOKS or name in _HARMLESS
            return not harmless and PRIMITIVES[name].group != "barrier"
        case _:
            return False


def _assigns(part: object) -> bool:
    return isinstance(part, p.Assign) and isinstance(part.target, p.DerefPlace)
