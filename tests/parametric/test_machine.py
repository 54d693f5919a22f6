"""What the system of a protocol has: variables, guards, broadcasts, orders, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load, load_text
from dsl.protocol import Protocol
from prover.parametric.invariant import Safe, Suspect
from prover.parametric.machine import Compiled
from prover.parametric.search import Limits, search
from prover.parametric.system import IDLE, Infinite, Refused, System
from tests.parametric.comparing import configurations, system

ANY_NUMBER = Path(__file__).parent.parent / "cases" / "verdict" / "anynumber"

HEAD = "models sc;\n"


def protocol(text: str) -> Protocol:
    return check(load_text("t.khp", HEAD + text, None, ()))


def many(text: str, *actors: str, joined: bool = True) -> Compiled:
    """The system of scenario s with any number of some actors, for ever."""
    return system(protocol(text), many=frozenset(actors), forever=True, joined=joined)


def reached(found: System) -> list[tuple[int, tuple[int, ...]]]:
    """What one actor of each kind by itself comes to: local and shared states."""
    start = found.start
    seen = [(local, start.shared) for local in (*start.many, *start.single)]
    for local, shared in seen:
        for rule in found.rules(local, shared):
            values = list(shared)
            for variable, value in rule.writes:
                values[variable] = value
            there = (rule.after, tuple(values))
            if rule.after != IDLE and there not in seen:
                seen.append(there)
    return seen


COUNT = """
struct m { spinlock_t l; int a; int b; int c; };
struct m m = { .c = 3 };
actor one { spin_lock(&m.l); m.a = m.c; m.a = 0; spin_unlock(&m.l); }
scenario s { run one; }
"""


def test_only_what_changes_is_a_variable() -> None:
    assert many(COUNT, "one").variables() == ("m.l taken", "m.a")


UNREAD = """
struct m { spinlock_t l; atomic_t counted; int stored; int tested; int claimed; int next; };
struct m m;
actor one {
	int old;

	atomic_inc(&m.counted);
	WRITE_ONCE(m.stored, 1);
	old = atomic_read(&m.counted);
	atomic_inc(&m.counted);
}
actor two {
	atomic_inc(&m.counted);
	WRITE_ONCE(m.stored, 2);
	m.claimed = 1;
	if (xchg(&m.tested, 1))
		m.next = 1;
}
invariant m.claimed < 2 : "looked at";
scenario s { run one, two; }
"""


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (UNREAD, ("m.counted", "m.tested", "m.claimed")),
        (UNREAD.replace("old = atomic_read(&m.counted);", ""), ("m.tested", "m.claimed")),
    ],
)
def test_what_nobody_reads_is_no_variable(text: str, left: tuple[str, ...]) -> None:
    """A load of it, an update that is tested, a claim: each keeps it, even where it comes late."""
    found = system(protocol(text), many=frozenset(("one", "two")), forgetful=True)
    assert found.variables() == left
    plain = system(protocol(text), many=frozenset(("one", "two")))
    assert set(left) | {"m.stored", "m.next", "m.counted"} == set(plain.variables())


@pytest.mark.parametrize("path", sorted(ANY_NUMBER.glob("*.khp")), ids=lambda path: path.stem)
def test_proofs_are_the_same_without_what_nobody_reads(path: Path) -> None:
    whole = check(load(path, (library_root(),)))
    for name, scenario in whole.scenarios.items():
        for each in configurations(whole) if scenario.unbounded else ():
            many = frozenset(scenario.many)
            said = [
                search(
                    system(whole, name, each, many, forever=scenario.forever, forgetful=forgetful),
                    2,
                    Limits(seconds=60),
                )
                for forgetful in (False, True)
            ]
            wrong = [found.violated if isinstance(found, Suspect) else None for found in said]
            assert isinstance(said[0], Safe) == isinstance(said[1], Safe)
            assert wrong[0] == wrong[1]


def test_a_lock_is_a_guard_and_what_comes_after_it_is_one_step() -> None:
    found = many(COUNT, "one")
    (start,) = found.start.many
    (rule,) = found.rules(start, found.start.shared)
    assert rule.kind == "store"
    assert rule.guard >= 0
    assert found.forbids(rule.guard, rule.after)
    assert not found.forbids(rule.guard, start)
    shared = tuple(dict(rule.writes).get(n, 0) for n in range(2))
    (back,) = found.rules(rule.after, shared)
    assert back.after == start
    assert {found.variables()[variable] for variable, _ in back.writes} == {"m.l taken", "m.a"}
    assert found.rules(start, shared) == ()
    assert found.wants(start, shared) >= 0


def test_steps_that_are_not_joined_are_more() -> None:
    joined, apart = (len(reached(many(COUNT, "one", joined=j))) for j in (True, False))
    assert (joined, apart) == (2, 4)


FREED = """
struct node { int x; };
pool struct node nodes[1] zeroed;
struct node *head;
actor maker {
        struct node *n = alloc(nodes);
        if (n) { WRITE_ONCE(head, n); WRITE_ONCE(head, NULL); free(n); }
}
actor user { struct node *n = READ_ONCE(head); if (n) { cpu_relax(); READ_ONCE(n->x); } }
scenario s { run maker, user; }
"""


def test_a_free_is_told_to_all() -> None:
    found = many(FREED, "maker", "user")
    result = search(found, 2, Limits())
    assert isinstance(result, Suspect)
    assert result.violated.properties == ("use-after-free",)
    freed = next(move.rule for move in result.moves if move.rule.kind == "free")
    texts = {found.local_text(local): local for local in found.all_locals()}
    has = next(n for text, n in texts.items() if "user" in text and text.endswith("&nodes[0]"))
    stale = found.changed(freed.change, has)
    assert "of a life that is over" in found.local_text(stale)
    assert found.changed(freed.change, stale) == stale
    assert found.changed(freed.change, IDLE) == IDLE


def test_what_grows_without_end_is_named() -> None:
    text = "int n; actor one { int x = n; n = x + 1; } scenario s { run one; }"
    with pytest.raises(Infinite) as caught:
        reached(many(text, "one"))
    assert caught.value.what.startswith("`n` takes ever more values: 0, 1, 2")
    assert caught.value.span is not None


def test_a_choice_of_many_values_does_not_grow() -> None:
    text = "int n; actor one { n = choose(0, 200); } scenario s { run one; }"
    assert len(reached(many(text, "one"))) == 201


def test_a_loop_that_touches_nothing_and_counts_is_named() -> None:
    text = "actor one { for (int i = 0; i < 1000000; i++) cpu_relax(); } scenario s { run one; }"
    with pytest.raises(Infinite) as caught:
        reached(many(text, "one"))
    assert "touches nothing shared" in caught.value.what


INDEX = """
struct srcu_struct ss;
int i;
actor one { i = srcu_read_lock(&ss); srcu_read_unlock(&ss, i); }
"""


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "int x; void f(void) { x = 1; } actor one { smp_call_function(f, true); }",
            "an interrupt that does something",
        ),
        (
            "int x; actor one { x = 0; } actor tick interrupts one { x = 1; }",
            "an interrupt that does something",
        ),
        (
            "struct srcu_struct ss; actor one { srcu_up_read(&ss, srcu_down_read(&ss)); }",
            "srcu_down_read(), which anybody may end",
        ),
        (
            "ghost int one.inside; actor one { one.inside = 1; one.inside = 0; }",
            "ghost state of each `one`, of which there is any number",
        ),
        (
            INDEX,
            "the index of an SRCU reader in memory, at `i`",
        ),
    ],
)
def test_what_is_refused(text: str, what: str) -> None:
    run = "one, tick" if "tick" in text else "one"
    with pytest.raises(Refused) as caught:
        reached(many(f"{text} scenario s {{ run {run}; }}", "one"))
    assert caught.value.what.startswith(what)
    assert caught.value.span is not None


def test_keys_do_not_depend_on_the_search() -> None:
    one, other = many(FREED, "maker", "user"), many(FREED, "maker", "user")
    states = reached(one)
    for local, shared in reversed(reached(other)):
        other.rules(local, shared)
    assert {one.local_key(local) for local, _ in states} == {
        other.local_key(local) for local, _ in reached(other)
    }
    keys = [one.local_key(local) for local in one.all_locals()]
    assert len(set(keys)) == len(keys)


QUEUE = """
struct rw_semaphore sem;
actor reader { down_read(&sem); down_read(&sem); up_read(&sem); up_read(&sem); }
actor writer { down_write(&sem); up_write(&sem); }
scenario s { run reader, writer; }
"""


def test_who_reads_again_may_wait_behind_a_writer() -> None:
    result = search(many(QUEUE, "reader", "writer"), 2, Limits())
    assert isinstance(result, Safe)
    assert result.stuck is not None
    once = QUEUE.replace("down_read(&sem); down_read(&sem);", "down_read(&sem);")
    result = search(many(once.replace("up_read(&sem); up", "up"), "reader", "writer"), 2, Limits())
    assert isinstance(result, Safe)
    assert result.stuck is None


CROSSED = """
spinlock_t a class("a"); spinlock_t b class("b");
actor one { spin_lock(&a); spin_lock(&b); spin_unlock(&b); spin_unlock(&a); }
actor two { spin_lock(&b); spin_lock(&a); spin_unlock(&a); spin_unlock(&b); }
scenario s { run one, two; }
"""


def test_orders_of_classes() -> None:
    found = many(CROSSED, "one", "two")
    search(found, 2, Limits())
    assert {("a", "b"), ("b", "a")} <= found.orders()
    circle = found.circle()
    assert circle is not None
    assert circle.properties == ("lock-order",)
    straight = many(CROSSED.replace("run one, two", "run one"), "one")
    search(straight, 2, Limits())
    assert straight.circle() is None


GRACE = """
int x; int y;
actor reader { rcu_read_lock(); int r = READ_ONCE(x); assert(READ_ONCE(y) == 0 || r != 0, "m"); rcu_read_unlock(); }
actor writer { WRITE_ONCE(x, 1); synchronize_rcu(); WRITE_ONCE(y, 1); }
scenario s { run reader, writer; }
"""


@pytest.mark.parametrize("joined", [True, False])
def test_a_grace_period_waits_for_readers(joined: bool) -> None:
    assert isinstance(search(many(GRACE, "reader", joined=joined), 2, Limits()), Safe)
    broken = GRACE.replace("synchronize_rcu();", "")
    result = search(many(broken, "reader", joined=joined), 2, Limits())
    assert isinstance(result, Suspect)
    assert result.violated.properties == ("assert",)


def test_regions_have_keys() -> None:
    found = many(GRACE, "reader", "writer")
    search(found, 2, Limits())
    assert found.region_key(0) == "rcu|"
