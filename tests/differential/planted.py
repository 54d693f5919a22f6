"""Bugs planted in the engine: a piece of one function's source replaced by another."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from prover.execution import build, hazards
from prover.smt import encode, locks, memory, violations, waits


@dataclass(frozen=True, slots=True)
class Planted:
    """A bug: in ``module.function`` the text ``old`` becomes ``new``, wherever it stands.

    ``needs``: only programs whose text has this, a regular expression, can show it.
    """

    name: str
    module: ModuleType | type
    function: str
    old: str
    new: str
    needs: str = ""

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Puts the bug into the engine for the rest of a test."""
        original = getattr(self.module, self.function)
        source = textwrap.dedent(inspect.getsource(original))
        assert self.old in source, f"{self.function} no longer reads {self.old!r}"
        made: dict[str, Any] = {}
        code = compile(source.replace(self.old, self.new), f"<planted: {self.name}>", "exec")
        exec(code, original.__globals__, made)  # noqa: S102 - the engine's own source, changed
        monkeypatch.setattr(self.module, self.function, made[self.function])


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
        r"down_read_trylock[\s\S]*else",
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
        "frame.before(update.event, event),",
        "",
        "0x23456067",
    ),
    Planted("deadlocks unseen", encode, "deadlock", "return logic.any_of(stopped)", "return FALSE"),
)
"""Every bug, each of which some program of the suite shows."""
