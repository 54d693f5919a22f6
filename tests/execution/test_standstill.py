"""Who stands still for ever, in states of the machine that are reached thread by thread."""

from __future__ import annotations

from dsl.check import check
from dsl.imports import load_text
from prover.execution import skeleton as sk
from prover.execution.construct.program import build
from prover.execution.run.machine import Decisions, Machine, stage
from prover.execution.run.standstill import deadlocked
from prover.graph import compile_program
from prover.graph.values import Pointer, Value

FOLIO = """
struct folio { folio_lock_t l; };
struct folio f;
struct folio g;
int x;
actor holds { folio_lock(&f); }
actor wants { folio_lock(&f); folio_unlock(&f); }
"""
SRCU = """
struct srcu_struct ss;
int idx;
int x;
actor reads { idx = srcu_down_read(&ss); }
actor waits { synchronize_srcu(&ss); }
"""


def standing(text: str, *turns: str) -> set[str]:
    """The threads of a deadlock after some turns: ``a`` goes as far as it can, ``a 3`` three steps."""
    machine = after(text, *turns)
    return {_short(machine.skeleton.threads[t]) for t in deadlocked(machine).threads}


def after(text: str, *turns: str) -> Machine:
    """The machine after some turns."""
    names = [line.split()[1] for line in text.splitlines() if line.startswith("actor ")]
    protocol = check(
        load_text(
            "t.khp", f"models sc;\n{text}\nscenario s {{ run {', '.join(names)}; }}\n", None, ()
        )
    )
    skeleton = build(compile_program(protocol, "s", {}, 1, waiting=True))
    slots: dict[int, Value] = {}
    machine = Machine(stage(skeleton), Decisions({}, {}, slots))
    for turn in turns:
        name, _, most = turn.partition(" ")
        (thread,) = [t for t in skeleton.threads if _short(t) == name]
        _go(machine, slots, thread, int(most or 1000))
    return machine


def _short(thread: sk.Thread) -> str:
    """The name of an actor, or of a handler's function."""
    return thread.name.partition("()")[0]


def _go(machine: Machine, slots: dict[int, Value], thread: sk.Thread, most: int) -> None:
    for _ in range(most):
        number = machine.judge.next_event(thread.number)
        if number is None:
            return
        event = machine.skeleton.events[number]
        if machine.judge.early(event)[0] or machine.judge.stopped(event):
            return
        if isinstance(event.action, sk.Allocate):
            (free, *_) = machine.memory.free_slots(event.action.pool)
            life = sk.life(machine.skeleton.layout.regions[free], number)
            slots[number] = Pointer(life, ())
        machine.step(number)


def test_two_that_wait_for_each_other_beside_one_that_goes_on() -> None:
    text = """
struct mutex m;
struct mutex n;
int x;
actor a { mutex_lock(&m); mutex_lock(&n); mutex_unlock(&n); mutex_unlock(&m); }
actor b { mutex_lock(&n); mutex_lock(&m); mutex_unlock(&m); mutex_unlock(&n); }
actor c { x = 1; x = 2; }
"""
    assert standing(text, "a 4", "c 1") == set()
    assert standing(text, "a 4", "c 1", "b") == {"a", "b"}
    assert standing(text, "a", "b") == set()


def test_one_hopeless_obstacle_is_enough() -> None:
    text = """
struct rw_semaphore s;
struct mutex m;
int x;
actor keeps { down_read(&s); mutex_lock(&m); mutex_unlock(&m); up_read(&s); }
actor ends { down_read(&s); x = 1; up_read(&s); }
actor writes { mutex_lock(&m); down_write(&s); up_write(&s); mutex_unlock(&m); }
"""
    assert standing(text, "ends 3", "writes") == set()
    assert standing(text, "keeps 3", "ends 3", "writes", "keeps") == {"keeps", "writes"}


def test_who_locks_a_spinlock_twice_waits_for_itself() -> None:
    text = "spinlock_t l;\nactor a { spin_lock(&l); spin_lock(&l); }\nactor b { spin_lock(&l); }"
    assert standing(text, "a") == {"a"}
    assert standing(text, "a", "b") == {"a", "b"}


def test_who_must_not_wait_is_told_so_and_does_not() -> None:
    text = f"{FOLIO}spinlock_t l;\nactor atomic {{ spin_lock(&l); folio_lock(&f); }}"
    assert standing(text, "holds", "atomic") == set()
    assert standing(text, "holds", "atomic", "wants") == {"wants"}


def test_a_folio_lock_is_let_go_by_whoever_still_can() -> None:
    assert standing(f"{FOLIO}actor other {{ folio_unlock(&f); }}", "holds", "wants") == set()
    assert standing(f"{FOLIO}actor other {{ x = 1; x = 2; }}", "holds", "wants") == {"wants"}
    late = f"{FOLIO}actor other {{ folio_lock(&g); folio_unlock(&g); x = 1; x = 2; }}"
    assert standing(late, "holds", "wants", "other 2") == set()
    assert standing(late, "holds", "wants", "other 4") == {"wants"}


def test_a_folio_unlock_that_is_passed_by_lets_nothing_go() -> None:
    text = f"{FOLIO}actor other {{ if (READ_ONCE(x)) folio_unlock(&f); x = 2; }}"
    assert standing(text, "holds", "wants", "other 1") == set()
    assert standing(text, "holds", "wants", "other 2") == {"wants"}
    assert standing(text, "holds", "wants", "other") == {"wants"}


def test_a_page_that_is_never_given_back_is_nobody_who_waits() -> None:
    text = """
struct foo { int v; };
pool struct foo foos[1] typesafe_by_rcu;
spinlock_t l;
actor reads { rcu_read_lock(); spin_lock(&l); spin_lock(&l); }
actor frees { struct foo *p = alloc(foos); if (p) free(p); }
"""
    assert standing(text, "reads 3") == {"reads"}
    assert standing(text, "reads 3", "frees") == {"reads"}


def test_an_srcu_reader_is_ended_by_whoever_still_can() -> None:
    assert standing(f"{SRCU}actor other {{ x = 1; }}", "reads", "waits") == {"waits"}
    ends = f"{SRCU}actor other {{ srcu_up_read(&ss, idx); }}"
    assert standing(ends, "reads", "waits") == set()
    assert standing(ends, "reads", "waits", "other") == set()
    passes = f"{SRCU}actor other {{ if (READ_ONCE(x)) srcu_up_read(&ss, idx); x = 2; }}"
    assert standing(passes, "reads", "waits", "other 1") == set()
    assert standing(passes, "reads", "waits", "other 2") == {"waits"}


def test_an_srcu_reader_of_one_thread_is_ended_by_that_thread() -> None:
    text = """
struct srcu_struct ss;
struct mutex m;
actor reads { int i = srcu_read_lock(&ss); mutex_lock(&m); mutex_unlock(&m); srcu_read_unlock(&ss, i); }
actor waits { mutex_lock(&m); synchronize_srcu(&ss); mutex_unlock(&m); }
"""
    assert standing(text, "reads 2", "waits") == set()
    assert standing(text, "waits 3", "reads", "waits") == {"reads", "waits"}


IPI = """
spinlock_t l;
int x;
static void fn(void) { spin_lock(&l); x = 1; spin_unlock(&l); }
"""


def test_who_waits_for_a_handler_whose_host_will_take_it_goes_on() -> None:
    text = f"""{IPI}
actor sender {{ smp_call_function(fn, true, host); }}
actor host {{ local_irq_disable(); x = 2; local_irq_enable(); x = 3; }}
"""
    assert standing(text, "host 2", "sender") == set()


def test_a_handler_that_spins_keeps_its_host() -> None:
    text = f"""{IPI}
actor sender {{ smp_call_function(fn, false, host); }}
actor host {{ spin_lock(&l); x = 2; spin_unlock(&l); }}
actor other {{ x = 3; x = 4; }}
"""
    assert standing(text, "host 2", "sender", "other 1") == set()
    assert standing(text, "host 2", "sender", "other 1", "fn") == {"fn"}


def test_who_waits_with_interrupts_off_for_whom_it_keeps_waiting() -> None:
    text = f"""{IPI}
actor sender {{ spin_lock(&l); smp_call_function(fn, true, host); spin_unlock(&l); }}
actor host {{ local_irq_disable(); spin_lock(&l); x = 2; spin_unlock(&l); local_irq_enable(); }}
actor other {{ x = 3; x = 4; }}
"""
    assert standing(text, "sender 3", "host") == {"sender", "host", "fn"}


def test_a_handler_does_not_begin_while_another_runs_on_its_cpu() -> None:
    text = f"""{IPI}
static void second(void) {{ x = 2; }}
actor sender {{ smp_call_function(fn, false, host); }}
actor keeps {{ spin_lock(&l); smp_call_function(second, true, host); spin_unlock(&l); }}
actor host {{ x = 3; x = 4; }}
"""
    assert standing(text, "keeps 3", "sender") == set()
    assert standing(text, "keeps 3", "sender", "fn") == {"fn", "second", "keeps"}
    assert standing(text, "keeps 3", "sender", "second", "keeps", "fn") == set()


def test_a_reader_that_reads_again_behind_a_writer_waits_for_ever() -> None:
    text = """
struct rw_semaphore s;
int x;
actor reads { down_read(&s); x = 1; down_read(&s); up_read(&s); up_read(&s); }
actor writes { down_write(&s); up_write(&s); }
"""
    assert standing(text, "reads 4", "writes") == set()
    assert standing(text, "reads 4", "writes", "reads") == {"reads", "writes"}
    assert standing(text, "reads", "writes") == set()


def test_a_callback_that_spins_keeps_whom_it_has_interrupted() -> None:
    text = """
struct foo { struct rcu_head h; };
struct foo f;
spinlock_t l;
int x;
static void fn(struct rcu_head *h) { spin_lock(&l); spin_unlock(&l); }
actor queues { call_rcu(&f.h, fn); }
actor locks { spin_lock(&l); x = 1; spin_unlock(&l); }
"""
    assert standing(text, "queues", "locks 2", "fn") == {"locks", "fn"}
    machine = after(text, "queues", "locks 2", "fn")
    found, number = deadlocked(machine), {_short(t): t.number for t in machine.skeleton.threads}
    assert found.waiting == {number["fn"]}
    assert found.interrupted == {number["locks"]: number["fn"]}
    assert standing(text, "queues", "locks 2", "fn", "locks 1") == set()
    assert standing(text, "queues", "fn", "locks 2") == set()
    assert (
        standing(
            text.replace("spin_lock(&l); x", "spin_lock_bh(&l); x").replace(
                "x = 1; spin_unlock(&l)", "x = 1; spin_unlock_bh(&l)"
            ),
            "queues",
            "locks 3",
            "fn",
        )
        == set()
    )
