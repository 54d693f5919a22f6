"""The places whose data races are not looked for, since the file says so of an access of them."""

from __future__ import annotations

from prover.execution.racy import racy_places, touches
from prover.smt.encode import prepare
from tests.weak.against import skeleton_of

PROGRAM = """models lkmm;
struct object {
        __data_racy int hint; int read; int written; int only; int once; int mine;
};
struct object o;
struct rest { int v; };
pool struct rest rests[1];
ghost int seen;
actor one {
        o.hint = 1;
        o.read = data_race(o.read) + 1;
        int a = data_race(o.only);
        WRITE_ONCE(o.once, 1);
        o.mine = data_race(o.mine) + 1;
}
actor two {
        int a = o.hint;
        WRITE_ONCE(o.read, 2);
        int b = data_race(o.written);
        int c = data_race(o.only);
        int d = READ_ONCE(o.once);
}
actor three {
        WRITE_ONCE(o.written, 1);
        free(alloc(rests));
        seen = 1;
}
scenario s { run one, two, three; }
"""


def test_places_are_listed_that_are_shared_stored_to_and_declared_racy() -> None:
    prepared = prepare(skeleton_of(PROGRAM), "lkmm")
    accesses = touches(prepared.skeleton)
    assert racy_places(accesses, prepared.domains) == ("o.hint", "o.read", "o.written")
    assert racy_places(accesses, prepared.domains.within(0)) == ("o.hint", "o.read", "o.written")
    # There is no switch, so no world in which one is on: nothing is possible there.
    assert racy_places(accesses, prepared.domains.within(1)) == ()
