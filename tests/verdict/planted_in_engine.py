"""Bugs planted in the engine, each with the case whose verdict, worked out by hand, shows it.

They are by primitive: what a call becomes (``prover/graph/``), what that does in an execution
(``prover/execution/construct/``), what the solver is told of it (``prover/smt/``), and what the
machine makes of it that replays executions (``prover/execution/run/``, ``prover/execution/weak/``).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from prover.execution import declared
from prover.execution.construct import conditions, instructions, program, srcu
from prover.execution.run import locking, machine
from prover.execution.weak import run
from prover.graph import (
    primitives,
    primitives_atomic,
    primitives_bits,
    primitives_lock,
    primitives_refcount,
    primitives_srcu,
)
from prover.parametric.machine import memory
from prover.smt import locks, violations, waits
from prover.smt.weak import com, frame
from prover.smt.weak import waits as weak_waits
from tests.differential.planted import Planted


@dataclass(frozen=True, slots=True)
class InEngine:
    """In ``function`` of ``where`` the text ``old`` becomes ``new``; ``case`` is to notice."""

    group: str
    name: str
    where: ModuleType | type
    function: str
    old: str
    new: str
    case: str

    @property
    def planted(self) -> Planted:
        """How it is put into the engine."""
        return Planted(self.name, self.where, self.function, self.old, self.new)


BUGS = (
    InEngine(
        "SRCU",
        "two readers have one index",
        srcu,
        "enter",
        "draft.readers += 1",
        "draft.readers = 1",
        "sections/srcu_two_readers",
    ),
    InEngine(
        "SRCU",
        "the end of one reader is the end of all",
        srcu,
        "leave",
        "closes.append((event, ends))",
        "closes.extend((one, ends) for one, _, _ in strand.readers)",
        "sections/srcu_two_readers",
    ),
    InEngine(
        "SRCU",
        "a wait forgets readers that anybody may end",
        waits,
        "_readers",
        "if isinstance(event.action, sk.SrcuStart) and",
        "if isinstance(event.action, sk.SrcuStart) and not event.action.anybody and",
        "sections/srcu_handed_over",
    ),
    InEngine(
        "awaits",
        "a round that fails is taken as one that succeeds",
        primitives,
        "_waiting",
        "condition(scope, until, done, head)",
        "condition(scope, until, done, done)",
        "awaits/cond_load_acquire",
    ),
    InEngine(
        "awaits",
        "who stands still has ended",
        program,
        "_leave",
        "strand.emit(sk.Spin(strand.watches[name]), strand.guard, origin)",
        "ends.append((strand.guard, strand.env))",
        "awaits/for_ever",
    ),
    InEngine(
        "awaits",
        "smp_cond_load_acquire() is no acquire",
        primitives,
        "_waiting",
        "read(scope, place, order, call.span)",
        'read(scope, place, "once", call.span)',
        "awaits/cond_load_acquire",
    ),
    InEngine(
        "bits",
        "clear_bit_unlock() is no release",
        primitives_bits,
        "_bit",
        "old = step(scope, place, new, when, order, call.span, looks=looks)",
        'weak = "noreturn" if order == "release" else order\n'
        "        old = step(scope, place, new, when, weak, call.span, looks=looks)",
        "language/bit_lock",
    ),
    InEngine(
        "bits",
        "__clear_bit_unlock() is no release",
        primitives_bits,
        "_two_steps",
        "operand, type_), second, call.span)",
        'operand, type_), "once", call.span)',
        "weak/bit_acquire",
    ),
    InEngine(
        "bits",
        "test_and_set_bit_lock() that fails has tried, in its generic form too",
        primitives_bits,
        "_bit",
        '(clear, "generic")',
        '(clear, "")',
        "weak/fence_after_failed_bit_lock",
    ),
    InEngine(
        "bits",
        "a bit spinlock is taken where it is held",
        primitives_bits,
        "_bit",
        'scope.apply("bool", scope.apply("&", old, mask))',
        'scope.apply("bool", ex.ZERO)',
        "waiting/bit_spinlock",
    ),
    InEngine(
        "atomics",
        "atomic_inc_not_zero() counts on from 0",
        primitives_atomic,
        "counter",
        "always if when is None else",
        "always if when in (None, old_is_not_zero) else",
        "language/atomic_values",
    ),
    InEngine(
        "atomics",
        "a compare-and-exchange that fails stores",
        primitives_atomic,
        "_exchange",
        'lambda old: scope.apply("==", old, expected)',
        "always",
        "language/atomic_values",
    ),
    InEngine(
        "atomics",
        "an update that finds garbage is ordered as if it could not fail",
        frame.WeakFrame,
        "acting",
        "TRUE if whole else self.ok(node.event)",
        "TRUE",
        "weak/failed_update_of_garbage",
    ),
    InEngine(
        "atomics",
        "atomic_inc_not_zero() that fails is a locked instruction",
        primitives_atomic,
        "counter",
        'looks="" if when is None else "always",',
        "",
        "weak/failed_update_is_no_fence",
    ),
    InEngine(
        "refcounts",
        "a count may go past the top",
        primitives_refcount,
        "_get_warns",
        'scope.apply("<", arithmetic(scope, "+", old, amount, type_), ex.ZERO)',
        "ex.ZERO",
        "lifetimes/refcount_overflow",
    ),
    InEngine(
        "refcounts",
        "refcount_inc() brings back the dead",
        primitives_refcount,
        "_get_warns",
        'scope.apply("<=", old, ex.ZERO)',
        'scope.apply("<", old, ex.ZERO)',
        "lifetimes/refcount_get_dead",
    ),
    InEngine(
        "interrupts",
        "a handler runs with interrupts off (sc)",
        waits,
        "_encode_ipis",
        'section.kind == "irq"',
        "False",
        "sections/interrupt_masked",
    ),
    InEngine(
        "interrupts",
        "a handler runs with interrupts off (weak)",
        weak_waits,
        "_place",
        'section.kind != "irq"',
        "True",
        "weak/ipi_waits_for_irqs_off",
    ),
    InEngine(
        "interrupts",
        "the interrupted actor goes on beside its handler",
        waits,
        "_encode_ipis",
        "_alone(frame, thread)",
        "pass",
        "sections/interrupt_whole",
    ),
    InEngine(
        "interrupts",
        "what the interrupted actor has stored is not before its handler",
        com,
        "_handlers_at_one_place",
        "logic.clause(neg(lit), neg(same), frame.coherence(*first))",
        "pass",
        "weak/interrupt_sees_own_stores",
    ),
    InEngine(
        "interrupts",
        "no plain access sinks past where a handler comes",
        frame.WeakFrame,
        "may_sink",
        "hosted and handled and",
        "False and",
        "weak/plain_use_before_handler_frees",
    ),
    InEngine(
        "downgrade_write()",
        "readers are let in before it",
        locks,
        "ended_between",
        "frame.coherent(event, moment),",
        "frame.logic.all_of(()) if isinstance(action, sk.Downgrade)"
        " else frame.coherent(event, moment),",
        "locks/downgrade_waiters",
    ),
    InEngine(
        "downgrade_write()",
        "the writer keeps its lock",
        locks,
        "releases",
        "if not isinstance(action, sk.Unlock) or",
        "if not isinstance(action, sk.Unlock) or isinstance(action, sk.Downgrade) or",
        "locks/downgrade_lets_readers_in",
    ),
    InEngine(
        "downgrade_write()",
        "the machine that replays lets writers in",
        machine.Machine,
        "_unlock",
        "isinstance(action, sk.Downgrade)",
        "False",
        "locks/downgrade_wait_for_writer",
    ),
    InEngine(
        "killable locks",
        "who was killed has the lock",
        primitives_lock,
        "_killable",
        "builder.emit(IsLocked(scope.temporary(), address, kind, origin))",
        "builder.emit(Acquire(address, kind, mode, _subclass(scope, call), origin))",
        "locks/killable_lock",
    ),
    InEngine(
        "killable locks",
        "no signal comes",
        primitives_lock,
        "_killable",
        "builder.branch(Reg(killed), gone, waits)",
        "builder.branch(ex.ZERO, gone, waits)",
        "locks/killable_lock_unchecked",
    ),
    InEngine(
        "locks",
        "the machine that replays has no queue",
        locking.Locks,
        "writers_before",
        "found.append(who)",
        "pass",
        "locks/rwsem_recursive_read",
    ),
    InEngine(
        "replay",
        "nothing goes on before its values are known (weak)",
        run.Run,
        "_one_goes_on",
        "return True",
        "return False",
        "weak/store_past_failing_assert",
    ),
    InEngine(
        "replay",
        "only the event right before goes on (weak)",
        run.Run,
        "_open_before",
        "pending.append(guard)",
        "pass",
        "weak/pointer_from_a_store_behind",
    ),
    InEngine(
        "declared orders",
        "only what is declared outright is an order",
        declared,
        "_following",
        "queue.append((then, ways[then]))",
        "pass",
        "locks/declared_order_wrong",
    ),
    InEngine(
        "declared orders",
        "a nested lock is in none",
        declared,
        "_base",
        'name.partition("/")[0]',
        "name",
        "locks/declared_order_wrong",
    ),
    InEngine(
        "typesafe pools",
        "a page is given back under a reader (weak)",
        weak_waits,
        "_law",
        "over = (",
        "if isinstance(frame.skeleton.events[start].action, sk.Deallocate):\n"
        "        return\n    over = (",
        "pools/lookup_recheck",
    ),
    InEngine(
        "typesafe pools",
        "every alloc runs the constructor",
        instructions,
        "allocate",
        "or region.typesafe",
        "or False",
        "pools/slot_as_it_was",
    ),
    InEngine(
        "flushes",
        "flush_translations() waits for nothing",
        primitives_srcu,
        "_flush",
        "scope.builder.emit(GraceWait(",
        "(lambda _: None)(GraceWait(",
        "hardware/flush_before_free",
    ),
    InEngine(
        "folio locks",
        "the unlock looks at nothing (weak)",
        com,
        "_looks_only",
        "return performs(frame, event.number)",
        "return FALSE",
        "locks/folio_handed_over",
    ),
    InEngine(
        "folio locks",
        "who asks again looks at nothing (weak)",
        com,
        "_looks_only",
        "return frame.logic.all_of((frame.reached(event.number), found))",
        "return FALSE",
        "locks/folio_asked_for_again",
    ),
    InEngine(
        "control dependencies",
        "a branch that was not come to orders",
        conditions.Conditions,
        "_ways",
        "self.draft.constant(1) if each.always else guard",
        "self.draft.constant(1)",
        "weak/ctrl_of_branch_not_run",
    ),
    InEngine(
        "control dependencies",
        "a branch orders past the point where its arms meet",
        program,
        "controlling",
        "& ~perhaps[name]\n"
        "        possible = (perhaps[block.then] | perhaps[block.otherwise]) & ~certain[name]\n",
        "& ~bits[name]\n"
        "        possible = (perhaps[block.then] | perhaps[block.otherwise]) & ~bits[name]\n",
        "weak/ctrl_past_the_if",
    ),
    InEngine(
        "control dependencies",
        "a branch orders only what it decides on itself",
        conditions.Conditions,
        "_ways",
        "(surely if sure else every).items()",
        "()",
        "weak/ctrl_two_returns",
    ),
    InEngine(
        "split words",
        "an update in another life of the slot counts",
        violations,
        "_stored",
        "value.source == hazard.place",
        "value.location == hazard.place.location",
        "words/torn_whole_in_other_life",
    ),
    InEngine(
        "split words",
        "an update in another life of the slot counts (any number)",
        memory,
        "_forget",
        'work.write(place, "whole", frozenset(), "stored")',
        "pass",
        "anynumber/torn_whole_in_other_life_wrong",
    ),
)
"""Every bug.  Seqcounts, seqlocks, completions and wait queues are library, not engine."""
