"""The models that come with the tool, on executions whose verdicts are known."""

from __future__ import annotations

import pytest

from prover.models.algebra import Definition, MemoryModel, Recursion
from prover.models.cat import load_model, load_text, shipped_names
from prover.models.cat.library import RELATIONS, SETS, set_of
from tests.models.executions import Execution

SC, TSO, LKMM = load_model("sc"), load_model("tso"), load_model("lkmm")

# Names of models: those that forbid the execution.
VERDICTS: list[tuple[str, str, Execution]] = [
    (
        "store buffering",
        "sc",
        Execution(["W x 1 ONCE", "R y 0 ONCE"], ["W y 1 ONCE", "R x 0 ONCE"]),
    ),
    (
        "store buffering, smp_mb()",
        "sc tso lkmm",
        Execution(
            ["W x 1 ONCE", "F MB", "R y 0 ONCE"],
            ["W y 1 ONCE", "F MB", "R x 0 ONCE"],
        ),
    ),
    (
        "store buffering, smp_mb() on one side",
        "sc",
        Execution(["W x 1 ONCE", "F MB", "R y 0 ONCE"], ["W y 1 ONCE", "R x 0 ONCE"]),
    ),
    (
        "store buffering, relaxed xchg() of another place",
        "sc tso",
        Execution(
            ["W x 1 ONCE", "R a 0 ONCE RMW", "W a 1 ONCE RMW", "R y 0 ONCE"],
            ["W y 1 ONCE", "R b 0 ONCE RMW", "W b 1 ONCE RMW", "R x 0 ONCE"],
            rmw=[("0.1", "0.2"), ("1.1", "1.2")],
        ),
    ),
    (
        "store buffering, xchg() of another place",
        "sc tso lkmm",
        Execution(
            ["W x 1 ONCE", "R a 0 MB RMW", "W a 1 MB RMW", "R y 0 ONCE"],
            ["W y 1 ONCE", "R b 0 MB RMW", "W b 1 MB RMW", "R x 0 ONCE"],
            rmw=[("0.1", "0.2"), ("1.1", "1.2")],
        ),
    ),
    (
        "store buffering, cmpxchg() that fails",
        "sc tso",
        Execution(
            ["W x 1 ONCE", "R a 0 MB RMW", "R y 0 ONCE"],
            ["W y 1 ONCE", "R b 0 MB RMW", "R x 0 ONCE"],
        ),
    ),
    (
        "store buffering, atomic_add_unless() that fails",
        "sc",
        Execution(
            ["W x 1 ONCE", "R a 0 MB RMW Looked", "R y 0 ONCE"],
            ["W y 1 ONCE", "F mb", "R x 0 ONCE"],
        ),
    ),
    (
        "message passing",
        "sc tso",
        Execution(["W x 1 ONCE", "W y 1 ONCE"], ["R y 1 ONCE", "R x 0 ONCE"]),
    ),
    (
        "message passing, release and acquire",
        "sc tso lkmm",
        Execution(["W x 1 ONCE", "W y 1 RELEASE"], ["R y 1 ACQUIRE", "R x 0 ONCE"]),
    ),
    (
        "message passing, wmb and rmb",
        "sc tso lkmm",
        Execution(
            ["W x 1 ONCE", "F wmb", "W y 1 ONCE"],
            ["R y 1 ONCE", "F rmb", "R x 0 ONCE"],
        ),
    ),
    (
        "message passing, rmb after atomic_inc()",
        "sc tso",
        Execution(
            ["W x 1 ONCE", "F wmb", "W y 1 ONCE"],
            ["R y 1 NORETURN RMW", "W y 2 NORETURN RMW", "F rmb", "R x 0 ONCE"],
            rmw=[("1.0", "1.1")],
        ),
    ),
    (
        "message passing by a dereferenced pointer",
        "sc tso lkmm",
        Execution(
            ["W x 1 ONCE", "W y 1 RELEASE"],
            ["R y 1 ONCE", "R x 0 ONCE"],
            addr=[("1.0", "1.1")],
        ),
    ),
    (
        "message passing through a lock",
        "sc tso lkmm",
        Execution(
            ["LKR l 0", "LKW l 1", "W x 1 ONCE", "UL l 2"],
            ["LKR l 2", "LKW l 3", "R x 0 ONCE", "UL l 4"],
        ),
    ),
    (
        "message passing by two critical sections, seen from outside",
        "sc tso lkmm",
        Execution(
            ["LKR l 0", "LKW l 1", "W x 1 ONCE", "UL l 2"],
            ["LKR l 2", "LKW l 3", "W y 1 ONCE", "UL l 4"],
            ["R y 1 ONCE", "F rmb", "R x 0 ONCE"],
        ),
    ),
    (
        "load buffering",
        "sc tso",
        Execution(["R x 1 ONCE", "W y 1 ONCE"], ["R y 1 ONCE", "W x 1 ONCE"]),
    ),
    (
        "load buffering, control dependencies",
        "sc tso lkmm",
        Execution(
            ["R x 1 ONCE", "W y 1 ONCE"],
            ["R y 1 ONCE", "W x 1 ONCE"],
            ctrl=[("0.0", "0.1"), ("1.0", "1.1")],
        ),
    ),
    (
        "load buffering, dependencies through plain variables",
        "sc tso lkmm",
        Execution(
            ["R x 1 ONCE", "W a 1", "R a 1", "W y 1 ONCE"],
            ["R y 1 ONCE", "W b 1", "R b 1", "W x 1 ONCE"],
            data=[("0.0", "0.1"), ("0.2", "0.3"), ("1.0", "1.1"), ("1.2", "1.3")],
        ),
    ),
    (
        "reads of independent writes",
        "sc tso",
        Execution(
            ["W x 1 ONCE"],
            ["R x 1 ONCE", "R y 0 ONCE"],
            ["W y 1 ONCE"],
            ["R y 1 ONCE", "R x 0 ONCE"],
        ),
    ),
    (
        "reads of independent writes, smp_mb()",
        "sc tso lkmm",
        Execution(
            ["W x 1 ONCE"],
            ["R x 1 ONCE", "F MB", "R y 0 ONCE"],
            ["W y 1 ONCE"],
            ["R y 1 ONCE", "F MB", "R x 0 ONCE"],
        ),
    ),
    (
        "a release passed on by relaxed updates",
        "sc tso lkmm",
        Execution(
            ["W x 1 ONCE", "W y 1 RELEASE"],
            ["R y 1 ONCE RMW", "W y 2 ONCE RMW"],
            ["R y 2 ACQUIRE", "R x 0 ONCE"],
            rmw=[("1.0", "1.1")],
        ),
    ),
    (
        "a write between the halves of an update",
        "sc tso lkmm",
        Execution(
            ["R x 0 ONCE RMW", "W x 2 ONCE RMW"],
            ["W x 1 ONCE"],
            rmw=[("0.0", "0.1")],
        ),
    ),
    (
        "an old value after a new one",
        "sc tso lkmm",
        Execution(["W x 1 ONCE"], ["R x 1 ONCE", "R x 0 ONCE"]),
    ),
]


@pytest.mark.parametrize("model", [SC, TSO, LKMM], ids=lambda model: model.name)
@pytest.mark.parametrize(("name", "forbid", "execution"), VERDICTS, ids=[v[0] for v in VERDICTS])
def test_executions(model: MemoryModel, name: str, forbid: str, execution: Execution) -> None:
    assert bool(execution.broken(model)) == (model.name in forbid.split()), name


# --- RCU ------------------------------------------------------------------------------------


def _reader(one: str, two: str, domain: str = "") -> list[str]:
    if domain:
        inside = [f"R {domain} 0 srcu-lock", f"R {one} 1 ONCE", f"R {two} 0 ONCE"]
        return [*inside, f"W {domain} 0 srcu-unlock"]
    return ["F rcu-lock", f"R {one} 1 ONCE", f"R {two} 0 ONCE", "F rcu-unlock"]


def _updater(one: str, two: str, domain: str = "") -> list[str]:
    wait = f"SRCU {domain} -1 sync-srcu" if domain else "F sync-rcu"
    return [f"W {one} 1 ONCE", wait, f"W {two} 1 ONCE"]


@pytest.mark.parametrize("model", [SC, TSO, LKMM], ids=lambda model: model.name)
def test_no_reader_spans_a_grace_period(model: MemoryModel) -> None:
    # The reader's accesses are in the order that a grace period forbids, and only it.
    reader = ["F rcu-lock", "R x 0 ONCE", "R y 1 ONCE", "F rcu-unlock"]
    assert Execution(reader, _updater("x", "y")).broken(model) == {"rcu"}
    without = [event for event in reader if "rcu" not in event]
    assert not Execution(without, _updater("x", "y")).broken(model)


@pytest.mark.parametrize("model", [SC, TSO, LKMM], ids=lambda model: model.name)
def test_as_many_grace_periods_as_readers_are_needed(model: MemoryModel) -> None:
    def reader(one: str, two: str) -> list[str]:
        return ["F rcu-lock", f"R {one} 0 ONCE", f"R {two} 1 ONCE", "F rcu-unlock"]

    two_each = Execution(reader("b", "a"), _updater("b", "c"), reader("d", "c"), _updater("d", "a"))
    assert two_each.broken(model) == {"rcu"}
    without = ["W d 1 ONCE", "F MB", "W a 1 ONCE"]
    one = Execution(reader("b", "a"), _updater("b", "c"), reader("d", "c"), without)
    assert one.broken(model) == set()


@pytest.mark.parametrize("model", [SC, TSO, LKMM], ids=lambda model: model.name)
def test_a_grace_period_of_srcu_waits_for_its_own_domain(model: MemoryModel) -> None:
    def execution(domain: str) -> Execution:
        reader = ["R s 0 srcu-lock", "R x 0 ONCE", "R y 1 ONCE", "W s 1 srcu-unlock"]
        updater = ["W x 1 ONCE", f"SRCU {domain} -1 sync-srcu", "W y 1 ONCE"]
        return Execution(reader, updater, data=[("0.0", "0.3")])

    assert execution("s").broken(model) == {"rcu"}
    assert execution("t").broken(model) == set()
    assert execution("s").flags(model) - {"srcu-bad-value-match"} == set()


NESTINGS: list[tuple[str, set[tuple[int, int]]]] = [
    ("()", {(0, 1)}),
    ("(())", {(0, 3), (1, 2)}),
    ("()()", {(0, 1), (2, 3)}),
    ("(()())", {(0, 5), (1, 2), (3, 4)}),
    ("((())", {(1, 4), (2, 3)}),
    ("())", {(0, 1)}),
    (")(", set()),
    (")(())(", {(1, 4), (2, 3)}),
    ("((((", set()),
]


@pytest.mark.parametrize(("marks", "pairs"), NESTINGS, ids=[marks for marks, _ in NESTINGS])
def test_locks_of_rcu_nest(marks: str, pairs: set[tuple[int, int]]) -> None:
    thread = ["F rcu-lock" if mark == "(" else "F rcu-unlock" for mark in marks]
    execution = Execution(thread, ["F rcu-unlock"])
    assert execution.related(LKMM, "rcu-rscs") == {(f"0.{a}", f"0.{b}") for a, b in pairs}
    flags = {"unmatched-rcu-unlock"}
    if marks.count("(") > len(pairs):
        flags.add("unmatched-rcu-lock")
    assert execution.flags(LKMM) == flags


# --- flags ----------------------------------------------------------------------------------


def test_data_races() -> None:
    race = Execution(["W x 1"], ["R x 1 ONCE"])
    assert race.flags(LKMM) == {"data-race"}
    assert Execution(["W x 1 ONCE"], ["R x 1 ONCE"]).flags(LKMM) == set()
    ordered = Execution(["W x 1", "W y 1 RELEASE"], ["R y 1 ACQUIRE", "R x 1"])
    assert ordered.flags(LKMM) == set()
    unordered = Execution(["W x 1", "W y 1 RELEASE"], ["R y 1 ONCE", "R x 1"])
    assert unordered.flags(LKMM) == {"data-race"}
    locked = Execution(
        ["LKR l 0", "LKW l 1", "W x 1", "UL l 2"],
        ["LKR l 2", "LKW l 3", "R x 1", "UL l 4"],
    )
    assert (locked.flags(LKMM), locked.broken(LKMM)) == (set(), set())


def test_a_plain_read_of_what_is_overwritten_before_breaks_coherence() -> None:
    stale = Execution(["W x 1", "W y 1 RELEASE"], ["R y 1 ACQUIRE", "R x 0"])
    assert stale.broken(LKMM) == {"plain-coherence"}


def test_mixed_accesses() -> None:
    assert Execution(["W x 1", "R x 1 ONCE"]).flags(LKMM) == {"mixed-accesses"}
    assert Execution(["W x 1", "F barrier", "R x 1 ONCE"]).flags(LKMM) == set()


def test_flags_of_srcu() -> None:
    lock, unlock = "R s 0 srcu-lock", "W s 0 srcu-unlock"
    for model in (SC, TSO, LKMM):
        assert Execution([lock]).flags(model) == {"unmatched-srcu-lock"}
        assert Execution([unlock]).flags(model) == {"unmatched-srcu-unlock"}
        paired = Execution([lock, unlock], data=[("0.0", "0.1")])
        assert paired.flags(model) == set()
        twice = Execution([lock, unlock, unlock], data=[("0.0", "0.1"), ("0.0", "0.2")])
        assert twice.flags(model) == {"multiple-srcu-matches"}
        other = Execution([lock, "W s 1 srcu-unlock"], data=[("0.0", "0.1")])
        assert other.flags(model) == {"srcu-bad-value-match"}
        asleep = Execution(["F rcu-lock", "SRCU s -1 sync-srcu", "F rcu-unlock"])
        assert asleep.flags(model) == {"invalid-sleep"}


# --- the files ------------------------------------------------------------------------------


def test_the_shipped_models() -> None:
    assert shipped_names() == ("lkmm", "sc", "tso")
    assert LKMM.tags == SC.tags == TSO.tags
    assert {"ONCE", "rcu-lock", "sync-srcu"} <= set(LKMM.tags)
    for model in (SC, TSO, LKMM):
        assert model.xb is not None
        assert load_model(model.name) is model


@pytest.mark.parametrize("model", [SC, TSO, LKMM], ids=lambda model: model.name)
def test_a_model_prints_as_a_file_that_is_the_model(model: MemoryModel) -> None:
    assert load_text("printed.cat", str(model)) == model


@pytest.mark.parametrize("model", [SC, TSO, LKMM], ids=lambda model: model.name)
def test_only_the_nesting_of_rcu_is_not_monotone(model: MemoryModel) -> None:
    recursions = [one for one in model.definitions if isinstance(one, Recursion)]
    assert [(one.members[-1].name, one.monotone) for one in recursions] == [
        ("matched", False),
        ("rcu-order", True),
    ]


@pytest.mark.parametrize("model", [SC, TSO, LKMM], ids=lambda model: model.name)
def test_each_name_is_defined_once(model: MemoryModel) -> None:
    names = [*SETS, *RELATIONS, *(set_of(tag) for tag in model.tags)]
    for one in model.definitions:
        members = one.members if isinstance(one, Recursion) else (one,)
        assert all(isinstance(member, Definition) for member in members)
        names.extend(member.name for member in members)
    assert len(names) == len(set(names))
