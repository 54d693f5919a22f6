"""The order of a weak memory model as integers: no closure is ever built.

Every relation that a model asks to be acyclic becomes inequalities between integers, and a
cycle is a contradiction between them.

``p<n>``       node n executes (LKMM) or reaches memory (TSO) at this point of xb
``v<t>_<n>``   LKMM: write n has reached thread t by then; for its own thread, when it executes
``u<t>_<n>``   the same, but only what a cumulative fence brought before n: what goes on
               along the updates that read n (rmw-sequence)
``z<k>``       the greatest of several: what stands before a fence, or bounds what is behind it

With these, for nodes of LKMM (its names are those of lkmm.cat):

- ``(fre | coe) ; cumul-fence* ; rfe?`` from x in thread t to y is a chain
  ``p<x> <= v<t>_<w> <= v<t>_<w'> <= p<y>``: prop;
- where y is in thread t too, that is its part in hb; nodes of one thread differ in position;
- ``prop ; strong-fence`` is below whatever is behind the fence: pb;
- all other parts of hb are direct.

So positions exist if and only if hb | pb, and rb by the law of grace periods, are acyclic.
"""

from __future__ import annotations

from prover.smt.weak.between import communicate, end_of_life, hand_over, land, reuse
from prover.smt.weak.depends import dependencies, differ, not_from_nowhere
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.numbers import Numbers
from prover.smt.weak.walk import Walk


def encode_order(frame: WeakFrame) -> None:
    """Asserts the memory model of a frame.

    Last of all: what was asked of positions until then says which there are.
    """
    numbers = Numbers(frame)
    Walk(numbers).all_threads()
    communicate(numbers)
    hand_over(numbers)
    land(numbers)
    reuse(numbers)
    if numbers.lkmm:
        end_of_life(numbers)
        dependencies(numbers)
        differ(numbers)
        not_from_nowhere(numbers)
