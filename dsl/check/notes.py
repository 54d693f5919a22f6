"""What was noted of single functions, for the checks of one program's variants.

A check of the whole program looks at every body.  Most bodies of a variant are those of the program
as it is, the same objects: what is noted of one by itself is noted once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from dsl import protocol as p
from dsl.frozen import Open, field

Noted = TypeVar("Noted")


class Notes(Open):
    """What pure functions have found in checked functions, by the identity of both.

    Of the program as it is: ``statements`` counts what its limit is about, ``tasks`` are the
    functions that have ``current``, ``indexes`` are the fields, objects, locals, parameters and
    results that an SRCU index comes to, as :mod:`dsl.check.indexes` tells them.
    """

    statements: int = 0
    tasks: frozenset[str] = frozenset()
    indexes: tuple[str, ...] = ()
    _found: dict[tuple[object, int], tuple[p.Function, object]] = field(
        default_factory=dict[tuple[object, int], tuple[p.Function, object]]
    )

    def of(self, look: Callable[[p.Function], Noted], function: p.Function) -> Noted:
        """What ``look``, which depends on nothing else, finds in a function."""
        # The function is kept with what was found: as long as it is, its identity is its own.
        known = self._found.get((look, id(function)))
        if known is None:
            known = self._found[look, id(function)] = function, look(function)
        return cast("Noted", known[1])
