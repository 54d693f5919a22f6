"""Bugs planted in the engine: a piece of one function's source replaced by another."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, TypeVar

import pytest

from prover.execution import hazards
from prover.execution.construct import locks as build_locks
from prover.execution.construct import program as build
from prover.graph import (
    primitives_bits,
    primitives_last_put,
    primitives_lock,
    primitives_refcount,
)
from prover.smt import encode, locks, memory, violations, waits

Program = TypeVar("Program")
"""A program, or the seed of one."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug: in ``module.function`` the text ``old`` becomes ``new``, wherever it stands.

    ``needs``: only programs whose text has this, a regular expression, can show it.
    ``program``: the one to show it, where random ones do so too rarely.
    """

    name: str
    module: ModuleType | type
    function: str
    old: str
    new: str
    needs: str = ""
    program: str = ""

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Puts the bug into the engine for the rest of a test."""
        original = getattr(self.module, self.function)
        source = textwrap.dedent(inspect.getsource(original))
        assert self.old in source, f"{self.function} no longer reads {self.old!r}"
        made: dict[str, Any] = {}
        code = compile(source.replace(self.old, self.new), f"<planted: {self.name}>", "exec")
        exec(code, original.__globals__, made)  # noqa: S102 - the engine's own source, changed
        for holder in (self.module, *_importers(self.function, original)):
            monkeypatch.setattr(holder, self.function, made[self.function])

    def is_noticed(
        self,
        monkeypatch: pytest.MonkeyPatch,
        programs: Iterable[Program],
        wrong: Callable[[Program], object],
    ) -> None:
        """Asserts that one of the programs comes out wrong with the bug, and right without it."""
        with monkeypatch.context() as planting:
            self.plant(planting)
            shown = next((program for program in programs if wrong(program)), None)
        assert shown is not None, f"no program shows: {self.name}"
        assert not wrong(shown), "without the bug the engines agree"


def _importers(name: str, function: object) -> list[ModuleType]:
    """The engine's modules that have a function under its own name."""
    engine = (m for at, m in sorted(sys.modules.items()) if at.startswith(("prover.", "dsl.")))
    return [module for module in engine if vars(module).get(name) is function]


LATER = "frame.coherent(read.event, writes[other].event),"
"""What says that a read comes before a write after the one it reads from."""

GRACE = "synchronize_rcu|call_rcu|kfree_rcu"
READERS = r"y = READ_ONCE\(x\) \+ 1;"

BUGS = (
    Planted("fr dropped", memory, "_source", LATER, "TRUE,"),
    Planted("fr from the initial value dropped", memory, "_initial", LATER, "TRUE,"),
    Planted(
        "co not total",
        memory,
        "_source",
        "frame.coherent(writes[other].event, write.event),",
        "frame.coherent(writes[other].event, write.event)"
        " if frame.order.before(writes[other].event, write.event) is not None"
        " else logic.variable(f'co{writes[other].event}_{write.event}'),",
    ),
    Planted(
        "rf from writes to come",
        memory,
        "_source",
        "frame.coherent(write.event, read.event)",
        "TRUE",
    ),
    Planted(
        "lock exclusion one-sided",
        locks,
        "_exclude",
        "logic.clause(*both, first, *ended_between(frame, two, one.event))",
        "pass",
        r"lock\(|down_",
    ),
    Planted(
        "readers exclude readers", locks, "conflict", '"exclusive" in (one, two)', "True", READERS
    ),
    Planted(
        "rwsem unfair",
        locks,
        "_fair",
        "asked = logic",
        "return\n        asked = logic",
        r"read_trylock[\s\S]*else",
    ),
    Planted(
        "readers of an rwlock pass writers that wait",
        build_locks,
        "_queues",
        "known(off) != 1",
        "known(off) == 2",
        program="""models sc; rwlock_t l;
actor one { read_lock(&l); read_lock(&l); read_unlock(&l); read_unlock(&l); }
actor two { write_lock(&l); write_unlock(&l); }
scenario s { run one, two; }""",
    ),
    Planted(
        "readers of an rwlock stand behind writers with softirqs off",
        build_locks,
        "_queues",
        "known(off) != 1",
        "known(off) != 2",
        program="""models sc; rwlock_t l;
actor one { read_lock_bh(&l); read_lock(&l); read_unlock(&l); read_unlock_bh(&l); }
actor two { write_lock_bh(&l); write_unlock_bh(&l); }
scenario s { run one, two; }""",
    ),
    Planted(
        "readers of an rwlock stand behind writers in interrupts",
        build_locks,
        "_queues",
        'strand.kind == "actor" and',
        "",
        program="""models sc; rwlock_t l;
actor one { read_lock(&l); read_unlock(&l); }
actor two { write_lock_irq(&l); write_unlock_irq(&l); }
actor tick interrupts one { read_lock(&l); read_unlock(&l); }
scenario s { run one, two, tick; }""",
    ),
    Planted(
        "read_trylock() sees no writer that waits",
        locks,
        "_refused",
        "refuses(taking.kind, taking.mode)",
        'taking.kind != "rwlock"',
        program="""models sc; rwlock_t l; int x;
actor one { read_lock(&l); if (!read_trylock(&l)) x = 1; else read_unlock(&l); read_unlock(&l); }
actor two { write_lock(&l); write_unlock(&l); }
scenario s { run one, two; final x == 0; }""",
    ),
    Planted(
        "grace-period choice dropped",
        waits,
        "_law",
        "neg(section.begins),",
        "neg(FALSE),",
        GRACE,
    ),
    Planted(
        "grace period waits for later sections",
        waits,
        "_law",
        "neg(frame.before(section.start, start)),",
        "",
        GRACE,
    ),
    Planted(
        "held spinlocks delay no grace period",
        waits,
        "_locks_delay",
        "for taking in takings(frame)",
        "for taking in ()",
        r"_lock\(&\w+\); r = READ_ONCE\(x\)",
    ),
    Planted(
        "lifetime edge dropped",
        hazards,
        "_frees_of",
        "found.append((free, freed))",
        "pass",
        "free",
    ),
    Planted("lives overlap", memory, "_disjoint", "logic.clause(", "(lambda *_: None)(", "alloc"),
    Planted(
        "bound cut treated as end",
        build,
        "_leave",
        "strand.draft.cuts.append(sk.CutPoint(strand.thread, strand.guard, loop))",
        "ends.append((strand.guard, strand.env))",
        r"while|for \(",
    ),
    Planted(
        "IPI waits for RCU readers",
        waits,
        "_encode_ipis",
        'section.kind == "irq"',
        'section.kind in ("irq", "rcu")',
        r"rcu_read_lock\(\); r = READ_ONCE\(x\)",
    ),
    Planted(
        "IPI enters irq-off regions",
        waits,
        "_encode_ipis",
        'section.kind == "irq"',
        "False",
        "smp_call_function",
    ),
    Planted(
        "updates complete before they are stored",
        violations,
        "_stored",
        "frame.stored_before(update.event, event),",
        "",
        "0x23456067",
    ),
    Planted("deadlocks unseen", encode, "deadlock", "return logic.any_of(stopped)", "return FALSE"),
    Planted(
        "downgrade_write() leaves no reader",
        locks,
        "takings",
        "isinstance(action, sk.Downgrade)",
        "False",
        program="""models sc; struct rw_semaphore m; int x;
actor one { down_write(&m); x = 1; downgrade_write(&m); assert(x == 1); up_read(&m); }
actor two { down_write(&m); x = 2; up_write(&m); }
scenario s { run one, two; }""",
    ),
    Planted(
        "a lock that a signal kept away is held",
        primitives_lock,
        "_killable",
        "-_EINTR",
        "0",
        r"killable.*\{ .*\}",
    ),
    Planted(
        "a trylock that fails leaves interrupts off",
        primitives_lock,
        "_try",
        "around.leave()",
        "pass",
        "spin_trylock_(irq|bh)",
    ),
    Planted(
        "lockdep_assert_held_write() of readers",
        primitives_lock,
        "_assert_held",
        "Holds(reg, address, kind, mode,",
        'Holds(reg, address, kind, "any",',
        program="""models sc; rwlock_t l;
actor one { read_lock(&l); lockdep_assert_held_write(&l); read_unlock(&l); }
scenario s { run one; }""",
    ),
    Planted(
        "the last reference put by refcount_dec()",
        primitives_refcount,
        "_put_warns",
        "scope.apply(op, old, amount)",
        'scope.apply("<", old, amount)',
        r"refcount_dec\(",
    ),
    Planted(
        "a lock for a put that is not the last",
        primitives_last_put,
        "_last_put",
        "do(unlock, guard)",
        "pass",
        program="""models sc; atomic_t n = 1; spinlock_t l;
actor one { if (atomic_dec_and_lock(&n, &l)) spin_unlock(&l); }
actor two { atomic_inc(&n); }
scenario s { run one, two; }""",
    ),
    Planted(
        "a class taken in an interrupt is safe",
        build_locks,
        "_interrupt_edges",
        "if inside:",
        "if False:",
        program="""models sc; spinlock_t l;
actor one { might_sleep(); }
actor two { spin_lock(&l); spin_unlock(&l); }
actor tick interrupts one { spin_lock(&l); spin_unlock(&l); }
scenario s { run one, two, tick; }""",
    ),
    Planted(
        "__set_bit() in one step",
        primitives_bits,
        "_two_steps",
        "number, pointer = call.arguments",
        'return _bit(op, "noreturn")(scope, call)\n        number, pointer = call.arguments',
        program="""models sc; unsigned long b;
actor one { __set_bit(0, &b); }
actor two { set_bit(1, &b); }
scenario s { run one, two; final b == 3; }""",
    ),
)
"""Every bug, each of which some program of the suite shows."""
