"""Why a violation was possible: the sentences, and the edges that they are of."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from prover.execution.witness import Witness
from tests.witness.states import CASES, ROOT, witness_of, witnesses

READS = "user reads shared before freer changes it"

DONE = (
    "{}: the store to done overtakes the load of first.value; smp_load_acquire() in place of"
    " READ_ONCE(), or smp_store_release() in place of WRITE_ONCE(), would order them"
)

SAID: dict[str, tuple[str, dict[str, tuple[str, str, str] | None]]] = {
    "no_reader": (
        "use-after-free",
        {
            READS: ("fr", "load", "store"),
            "user holds no lock and is in no reader when freer frees first": (
                "free",
                "free",
                "load",
            ),
        },
    ),
    "in_reader": (
        "use-after-free",
        {
            READS: ("fr", "load", "store"),
            "user is inside rcu_read_lock(): a grace period would have waited for it": (
                "gp",
                "section",
                "free",
            ),
        },
    ),
    "early_grace": (
        "use-after-free",
        {
            READS: ("fr", "load", "store"),
            "the grace period begins before freer changes shared": ("po", "synchronize", "store"),
        },
    ),
    "left_reader": (
        "use-after-free",
        {
            READS: ("fr", "load", "store"),
            "user is in no reader that a grace period of RCU waits for": ("free", "free", "load"),
        },
    ),
    "other_reader": (
        "use-after-free",
        {
            READS: ("fr", "load", "store"),
            "user is in a reader of ss, which a grace period of RCU does not wait for": (
                "gp",
                "section",
                "synchronize",
            ),
        },
    ),
    "callback": (
        "null-pointer",
        {"user reads shared = NULL from freer": ("rf", "store", "load")},
    ),
    "lost_update": (
        "final",
        {
            "two reads count = 0 before one stores 1, and overwrites that": (
                "fr",
                "load",
                "store",
            )
        },
    ),
    "freed_twice": (
        "double-free",
        {
            "shared still leads to first after the free": ("free", "free", "load"),
            "two and one both free first": ("free", "free", "free"),
        },
    ),
    "lockdep": (
        "lockdep-assert",
        {"user holds taken and no other lock": ("po", "acquire", "check")},
    ),
    "no_lock_for_change": (
        "transition",
        {"looks holds pml": ("lock", "acquire", "store"), "clears holds ptl": None},
    ),
    "none_like_it": (
        "transition",
        {"first stored entry = table(&A), which second overwrites": ("co", "store", "store")},
    ),
    "weak_reader": (
        "use-after-free",
        {
            DONE.format("reader"): ("po", "load", "store"),
            "reader is inside rcu_read_lock(), and freer waits for no grace period": (
                "gp",
                "section",
                "free",
            ),
        },
    ),
    "weak_no_reader": (
        "use-after-free",
        {
            DONE.format("user"): ("po", "load", "store"),
            "user is in no reader that a grace period of RCU waits for": (
                "gp",
                "synchronize",
                "load",
            ),
        },
    ),
    "race": ("data-race", {"first holds one there, second holds two": None}),
    "from_own_store": (
        "assert",
        {"user reads slot = 2 from other": ("rf", "store", "load")},
    ),
    "led_there": (
        "warn-on",
        {"user reads shared = &second from other": ("rf", "store", "load")},
    ),
    "counted_after_zero": (
        "refcount",
        {"user reads first.ref = 0 from owner": ("rf", "rmw", "rmw")},
    ),
    "ipi": (
        "assert",
        {"target reads x = 1 from mark() on target": ("rf", "store", "load")},
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_is_drawn(name: str) -> None:
    """Each sentence stands at one edge, from one kind of step to another."""
    violated, expected = SAID[name]
    witness = witness_of(name, violated)
    assert witness.because == tuple(expected)
    assert drawn(witness) == {text: edge for text, edge in expected.items() if edge}


def drawn(witness: Witness) -> dict[str, tuple[str, str, str]]:
    """The edges with a text: their kinds, and the steps that they lead from and to."""
    what = [moment.what for moment in witness.moments]
    found = [edge for edge in witness.edges if edge.text]
    return {
        text: next((e.kind, what[e.source], what[e.target]) for e in found if e.text == text)
        for text in witness.because
        if any(e.text == text for e in found)
    }


def test_reordering_is_an_edge_of_its_thread() -> None:
    """What a weak model does not keep in order leads from the earlier step of the program."""
    witness = witness_of("stale", "assert")
    (edge,) = [edge for edge in witness.edges if edge.text]
    first, second = witness.moments[edge.source], witness.moments[edge.target]
    assert edge.text == witness.because[0]
    assert (edge.kind, first.thread) == ("po", second.thread)
    assert [touch.place for touch in (*first.touches, *second.touches)] == ["flag", "data"]
    plain = {(e.kind, e.source, e.target) for e in witness.edges if not e.text}
    where: dict[str, list[tuple[str, int]]] = {"data": [], "flag": []}
    for index, moment in enumerate(witness.moments):
        for touch in moment.touches:
            where[touch.place].append((moment.what, index))
    stores = {place: i for place, own in where.items() for what, i in own if what == "store"}
    loads = {place: i for place, own in where.items() for what, i in own if what == "load"}
    assert plain == {
        ("rf", stores["flag"], loads["flag"]),
        ("fr", loads["data"], stores["data"]),
    }


def test_halves_of_a_torn_word() -> None:
    """The low half is the old one, and again the same; the high one was there in between."""
    found = witnesses(ROOT / "protocols" / "pae_tear.khp", scenario="A_B", model="sc")
    told = {witness.because for _, witness in found}
    assert told == {
        (
            "pmd.low = 0x23456067 is from the start, with high = 0x1",
            "pmd.high = 0 is from another_high, with low = 0",
            "pmd.low is 0x23456067 again: another_high has stored it anew",
        )
    }


def test_deadlock_says_who_holds_what() -> None:
    found = witnesses(ROOT / "protocols" / "teaching" / "ab_ba.khp", model="sc")
    (witness,) = [w for _, w in found if w.property == "deadlock"]
    texts = {edge.text: (edge.kind, edge.source, edge.target) for edge in witness.edges}
    assert texts == {
        "one waits for b, which two holds": ("lock", 1, 2),
        "two waits for a, which one holds": ("lock", 0, 3),
    }


def test_equal_runs_give_equal_bytes() -> None:
    """Scenes, edges and sentences do not depend on the seed of hashes."""
    code = (
        "from tests.witness.states import CASES, witnesses\n"
        "if __name__ == '__main__':\n"
        "    for name, witness in witnesses(*sorted(CASES.glob('*.khp'))):\n"
        "        print(name, witness)\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout.replace(str(CASES).encode(), b"")
        for seed in ("1", "2")
    ]
    assert len(texts[0]) > 5000
    assert texts[0] == texts[1]
