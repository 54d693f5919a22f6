"""Whatever TSO alone says can go wrong stands before tso.cat."""

from __future__ import annotations

from pathlib import Path

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from prover.pipeline.group import Group
from prover.pipeline.limits import Limits
from prover.pipeline.minimal import violated
from prover.smt.reply import Sat

FILE = Path(__file__).parents[2] / "protocols" / "retract.khp"


def test_the_end_of_an_interrupt_is_a_store_like_others() -> None:
    """The end of an empty handler comes before the later stores of its processor."""
    protocol = check(load(FILE, (library_root(),)), "imm_none")
    group = Group(protocol, "exit", {"PAE": "on"}, Limits(60, 4096, 4, False))
    search = group.naming("tso", 1)
    found: set[str] = set()
    while True:
        off = [search.query.switches[name] for name in found]
        reply = search.ask(search.query.remaining, *off, values=True)
        if not isinstance(reply, Sat):
            break
        names = (violated(search, reply) & search.query.properties.keys()) - found
        assert names, "an execution that tso.cat forbids"
        found.add(min(names))
    assert found == {"use-after-free", "wild-pointer", "torn-value", "double-free"}
