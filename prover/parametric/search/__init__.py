"""The search: which local states there can be together, of any number of actors.

::

    system --run--> views of k actors by shared state --judge--> Safe | Suspect | Endless
"""

from __future__ import annotations

from prover.parametric.invariant import Endless, Safe, Suspect
from prover.parametric.search.limits import Limits, Overrun
from prover.parametric.search.pairs import Pairs
from prover.parametric.search.sets import Sets
from prover.parametric.search.stuck import standstill
from prover.parametric.search.trace import suspect
from prover.parametric.system import System


def search(system: System, size: int, limits: Limits) -> Safe | Suspect | Endless:
    """What views of ``size`` actors say of a system: 1, 2 or 3.

    Raises what the system raises: :class:`~prover.parametric.system.Refused`,
    :class:`~prover.parametric.system.Infinite`.
    """
    found = Pairs(system, limits) if size == 2 else Sets(system, size, limits)
    try:
        wrong = found.run()
    except Overrun as overrun:
        return Endless(str(overrun))
    if wrong is not None:
        return suspect(system, found.causes, wrong)
    return Safe(found, standstill(system, found))


__all__ = ["Limits", "search"]
