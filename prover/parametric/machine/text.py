"""Local states in words, and as keys."""

from __future__ import annotations

from prover.graph.ir import Instr
from prover.graph.pretty import format_instr
from prover.parametric.machine.code import Body, GiveBack, Tail
from prover.parametric.machine.local import Local
from prover.parametric.machine.parts import Parts
from prover.parametric.machine.values import value_key, value_text
from prover.parametric.system import IDLE


def local_text(parts: Parts, number: int) -> str:
    """Actor, what it stands before, what it holds, what it is in, what it has in hand."""
    if number == IDLE:
        return "not there"
    local = parts.locals.all[number]
    body = parts.bodies[local.body]
    words = [f"{body.name} {_stands(parts, body, local)}"]
    locks = [f"{lock.place} ({lock.mode})" for lock in local.held]
    if locks:
        words.append(f"holds {', '.join(locks)}")
    depths = (("rcu", local.rcu), ("preempt", local.preempt), ("bh", local.bh))
    words.extend(f"in {name}" for name, depth in depths if depth)
    words.extend(f"reads {reader.place}" for reader in local.readers)
    words.extend(f"has {number} of {place}" for place, number in local.counted)
    if local.irq:
        words.append("has interrupts off")
    values = ", ".join(f"{name} = {value_text(value)}" for name, value in local.registers)
    if values:
        words.append(f"has {values}")
    return "; ".join(words)


def _stands(parts: Parts, body: Body, local: Local) -> str:
    if local.stopped:
        return "has stopped"
    if local.pending:
        return "waits to begin"
    op = body.ops[local.position]
    match op:
        case Tail():
            text = "mutex_unlock()'s last look"
        case GiveBack():
            text = "the page is given back"
        case _ if isinstance(op, Instr):
            text = format_instr(op, parts.layout)
        case _:
            text = "a test"
    return f"{'in' if local.wait >= 0 else 'before'} `{text}`"


def local_key(parts: Parts, number: int) -> str:
    """Everything that a local state is, in order."""
    if number == IDLE:
        return "idle"
    local = parts.locals.all[number]
    body = parts.bodies[local.body]
    wait = "" if local.wait < 0 else str(parts.waits[local.wait])
    halves = ";".join(
        f"{h.update}@{h.place}:{_part_key(h.low)},{_part_key(h.high)}" for h in local.halves
    )
    fields = (
        f"{local.body}.{body.name}",
        local.who,
        body.labels[local.position],
        ",".join(f"{name}={value_key(value)}" for name, value in local.registers),
        ",".join(f"{k.place}:{k.mode}{k.depth}/{k.subclass}{'!' * k.gone}" for k in local.held),
        f"{local.rcu}.{local.preempt}.{local.bh}.{int(local.irq)}",
        ",".join(f"{reader.token}@{reader.place}" for reader in local.readers),
        halves,
        wait,
        f"{int(local.pending)}{int(local.stopped)}{local.domain or ''}",
        *(
            [",".join(f"{number}x{place}" for place, number in local.counted)]
            if parts.counts
            else []
        ),
    )
    return "|".join(map(str, fields))


def _part_key(value: object) -> str:
    return "" if value is None else value_key(value)
