"""The search: which local states there can be together, of any number of actors.

::

    system --run--> views of k actors by shared state --judge--> Safe | Suspect | Endless
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from prover.parametric.invariant import Endless, Safe, Suspect
from prover.parametric.search.folding import Folding, Unlike, folding
from prover.parametric.search.limits import Limits, Overrun
from prover.parametric.search.pairs import Pairs
from prover.parametric.search.sets import Sets
from prover.parametric.search.stuck import standstill
from prover.parametric.search.trace import suspect
from prover.parametric.system import Exchange, System


def search(
    system: System, size: int, limits: Limits, exchanges: Sequence[Exchange] = ()
) -> Safe | Suspect | Endless:
    """What views of ``size`` actors say of a system: 1, 2 or 3.

    With views of two the shared states that ``exchanges`` (a group, but for the identity) lead to
    one another are looked at as one, unless something tells them apart.  Raises what the system
    raises: :class:`~prover.parametric.system.Refused`,
    :class:`~prover.parametric.system.Infinite`.
    """
    limits.begin()
    if size == 2:
        if exchanges:
            with suppress(Unlike):
                return _searched(system, Pairs(system, limits, folding(system, exchanges)))
        return _searched(system, Pairs(system, limits, Folding(system)))
    return _searched(system, Sets(system, size, limits))


def _searched(system: System, found: Pairs | Sets) -> Safe | Suspect | Endless:
    try:
        wrong = found.run()
    except Overrun as overrun:
        return Endless(str(overrun))
    if wrong is not None:
        return suspect(system, found.causes, wrong)
    return Safe(found, standstill(system, found))


__all__ = ["Limits", "search"]
