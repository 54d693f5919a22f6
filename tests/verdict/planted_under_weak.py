"""Bugs planted in the engine that only weak memory models show; as in planted_in_engine."""

from __future__ import annotations

from prover.execution.construct import conditions, controls, program
from prover.execution.weak import run
from prover.graph import (
    primitives_atomic,
    primitives_bits,
)
from prover.smt.weak import com, depends, frame
from prover.smt.weak import waits as weak_waits
from tests.verdict.in_engine import InEngine

UNDER_WEAK = (
    InEngine(
        "dependencies",
        "the arms of a branch do not meet where the next one is decided",
        controls,
        "ways_of",
        "(through.get(target, target) for",
        "(target for",
        "weak/flag_of_a_branch",
    ),
    InEngine(
        "dependencies",
        "an edge that leaves a branch out needs what the branch looks at",
        conditions.Conditions,
        "add",
        "if block in self.left_out:",
        "if False:",
        "weak/flag_or_value",
    ),
    InEngine(
        "dependencies",
        "what depends on an update that failed to acquire is not ordered",
        depends,
        "_depends",
        'source.order == "acquire" and n.frame.holds(source.active) == TRUE',
        'source.order == "acquire"',
        "weak/failed_acquire_then_store",
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
        "replay",
        "nothing goes on before its values are known (weak)",
        run.Run,
        "_settle_events",
        "not (self._one_goes_on(left) or self._one_reads(left))",
        "True",
        "weak/store_past_failing_assert",
    ),
    InEngine(
        "replay",
        "nothing is read of a store whose own reads are open (weak)",
        run.Run,
        "_foretold",
        "any(self._foretold(each, seen) for each in self._unread(needed))",
        "False",
        "weak/branch_on_own_later_store",
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
        "some & ~perhaps[name], every & ~certain[name]",
        "some & ~bits[name], every & ~bits[name]",
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
)
"""Every one whose case is in ``tests/cases/verdict/weak``."""
