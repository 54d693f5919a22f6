"""A part of the weak encoding that is dropped, or is too strong, is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prover.execution.nodes import Node
from prover.litmus.batch import load_litmus_model
from prover.smt.logic import FALSE, TRUE, Lit
from prover.smt.waits import Section, Wait
from prover.smt.weak import between as weak_between
from prover.smt.weak import com as weak_com
from prover.smt.weak import order as weak_order
from prover.smt.weak import waits as weak_waits
from prover.smt.weak.frame import WeakFrame
from prover.smt.weak.numbers import Numbers
from prover.smt.weak.walk import Walk
from tests.weak.compare import compare_file
from tests.weak.test_against_litmus import DIFFERENT, OWN

UNDER = load_litmus_model("lkmm")


def nothing(*_: object, **__: object) -> None:
    """What is left of a part that was dropped."""


def nobody(*_: object, **__: object) -> Iterator[object]:
    """The same for a part that yields."""
    return iter(())


def everything_acquires(walk: Walk, strand: object, node: object, here: str, there: object) -> None:
    """Every read orders all that follows it."""
    ORIGINAL(walk, strand, node, here, there)  # type: ignore[arg-type]
    strand.floor.push(here, there)  # type: ignore[attr-defined]


def at_once(_: Numbers, node: Node, thread: int) -> str:
    """A write reaches each thread when it executes."""
    del thread
    return f"p{node.number}"


def one_domain(wait: Wait, frame: WeakFrame, section: Section) -> Lit:
    """All SRCU domains are one."""
    both = wait.domain is not None and section.domain is not None
    return TRUE if both else OVER(wait, frame, section)


def rcu_too(wait: Wait, frame: WeakFrame, section: Section) -> Lit:
    """A grace period waits for the readers of all kinds."""
    del wait, frame
    return TRUE if section.kind in ("rcu", "srcu") else FALSE


def not_for_srcu(wait: Wait, frame: WeakFrame, section: Section) -> Lit:
    """Nobody waits for SRCU readers."""
    return OVER(wait, frame, section) if wait.domain is None else FALSE


ORIGINAL = Walk._read
OVER = Wait.over

PLANTED: tuple[tuple[str, object, str, Callable[..., object]], ...] = (
    ("fences dropped", Walk, "_fence", nothing),
    ("writes arrive at once", Walk, "_arrivals", nothing),
    ("reads-from orders nothing", weak_between, "_read_from", nothing),
    ("overwriting orders nothing", weak_order, "communicate", nothing),
    ("dependencies dropped", weak_order, "dependencies", nothing),
    ("unlock to lock orders nothing", weak_order, "hand_over", nothing),
    ("grace periods wait for nobody", weak_waits, "_law", nothing),
    ("all SRCU domains are one", Wait, "over", one_domain),
    ("grace periods wait for readers of all kinds", Wait, "over", rcu_too),
    ("SRCU readers are not waited for", Wait, "over", not_for_srcu),
    ("what a thread overwrites is free", weak_com, "_own_overwrites", nobody),
    ("update goes on from nothing", weak_between, "_continue", nothing),
    ("every read is an acquire", Walk, "_read", everything_acquires),
    ("writes reach all at once", Numbers, "arrives", at_once),
)

SHOWN_BY = {
    "fences dropped": "iriw-mb",
    "writes arrive at once": "lock-count",
    "reads-from orders nothing": "condition-or-not",
    "overwriting orders nothing": "condition-or-not",
    "dependencies dropped": "lb-addr-dep",
    "unlock to lock orders nothing": "lock-count",
    "grace periods wait for nobody": "rcu-mp",
    "all SRCU domains are one": "srcu-other-domain",
    "grace periods wait for readers of all kinds": "srcu-other-domain",
    "SRCU readers are not waited for": "srcu-handed-over",
    "what a thread overwrites is free": "lb-own-overwrite",
    "update goes on from nothing": "mp-rmw-sequence",
    "every read is an acquire": "lb-ctrl-past-the-if",
    "writes reach all at once": "iriw-acquire",
}
"""Which of the litmus tests notices each; the first that does, in the order of their names."""


def differs(file: Path) -> bool:
    """Whether a litmus test has another verdict than the litmus engine gives."""
    return any(
        row.outcome != "equal" and not row.outcome.startswith(("untranslatable", "may differ"))
        for row in compare_file(file, UNDER, "lkmm", weaken=0)
    )


@pytest.mark.parametrize(("what", "where", "name", "planted"), PLANTED, ids=[p[0] for p in PLANTED])
def test_it_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    where: object,
    name: str,
    planted: Callable[..., object],
) -> None:
    (file,) = [file for file in OWN if file.stem == SHOWN_BY[what]]
    assert file.stem not in DIFFERENT
    with monkeypatch.context() as planting:
        planting.setattr(where, name, planted)
        assert differs(file), f"{file.stem} does not show: {what}"
    assert not differs(file), "without the bug the engines agree"
