"""Laws of who holds and who waits for a lock, each by itself."""

from __future__ import annotations

from prover.execution.run.locking import Locks, reaches
from prover.graph.values import Location

HERE, THERE = Location("a", ("l",)), Location("b", ("l",))


def test_a_lock_taken_twice_is_held_until_it_is_let_go_twice() -> None:
    locks = Locks()
    for _ in range(2):
        locks.take(HERE, 0, "shared")
    locks.release(HERE, 0, "shared")
    assert locks.held(HERE)
    assert locks.blockers(HERE, "exclusive") == [0]
    locks.release(HERE, 0, "shared")
    assert not locks.held(HERE)
    assert locks.available(HERE, "exclusive")


def test_a_lock_is_held_whatever_becomes_of_others() -> None:
    locks = Locks()
    locks.take(HERE, 0, "exclusive")
    locks.take(THERE, 1, "exclusive")
    assert locks.holds_any(str(HERE), 0)
    assert not locks.holds_any(str(HERE), 1)
    assert not locks.holds_any(str(THERE), 0)
    locks.release(THERE, 1, "exclusive")
    assert locks.holds_any(str(HERE), 0)
    assert not locks.holds_any(str(THERE), 1)


def test_who_excludes_whom() -> None:
    for held in ("shared", "exclusive"):
        for wanted in ("shared", "exclusive"):
            locks = Locks()
            locks.take(HERE, 0, held)
            both_read = held == wanted == "shared"
            assert locks.available(HERE, wanted) == both_read
            assert locks.blockers(HERE, wanted) == ([] if both_read else [0])
            assert locks.blockers(HERE, wanted) == ([] if both_read else [0])
            assert locks.available(THERE, wanted)


def test_anybody_lets_a_folio_lock_go() -> None:
    locks = Locks()
    locks.take(HERE, 0, "exclusive")
    assert locks.blockers(HERE, "exclusive") == [0]
    locks.release(HERE, 1, "exclusive")
    assert not locks.held(HERE)


def test_writers_in_the_queue_are_before_what_was_asked_for_later() -> None:
    locks = Locks()
    locks.ask(HERE, 1, "exclusive", 10)
    locks.ask(HERE, 2, "shared", 20)
    locks.ask(HERE, 3, "exclusive", 30)
    assert locks.writers_before(HERE, 2, 20) == [1]
    assert locks.writers_before(HERE, 4, 40) == [1, 3]
    assert locks.writers_before(HERE, 3, 30) == [1]
    assert locks.writers_before(HERE, 1, 40) == [3]
    assert locks.writers_before(THERE, 4, 40) == []
    locks.unask(HERE, 10)
    assert locks.writers_before(HERE, 2, 20) == []
    assert locks.writers_before(HERE, 4, 40) == [3]
    assert locks.asked(HERE, 3, "rwsem")
    assert not locks.asked(HERE, 3, "rwlock")
    assert locks.writers(HERE, 2) == [3]
    assert locks.writers(HERE, 3) == []
    locks.unask(HERE, 20)
    assert not locks.asked(HERE, 3, "rwsem")
    assert locks.asked(HERE, 1, "rwsem")
    assert locks.asked(HERE, 1, "rwlock")
    assert not locks.asked(THERE, 1, "rwsem")


def test_paths_lead_over_any_number_of_edges() -> None:
    edges = [("a", "b"), ("b", "c"), ("c", "a"), ("d", "e")]
    for one in "abc":
        for two in "abc":
            assert reaches(edges, one, two)
    assert not reaches(edges, "a", "d")
    assert not reaches(edges, "d", "a")
    assert not reaches(edges, "e", "d")
    assert not reaches([*edges, ("d", "a")], "d", "f")
    assert reaches([], "a", "a")
    assert reaches(iter(edges), "a", "c")
