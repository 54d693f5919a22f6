"""What every model may use without defining it, and the includes that are answered from here.

The engine gives the sets and relations of :data:`SETS` and :data:`RELATIONS`; rf and co are
complete there: the events of locks are in them.
"""

from __future__ import annotations

SETS = (
    *("W", "R", "M", "F", "B", "IW", "FW", "RMW", "Looked", "Idle"),
    *("LKR", "LKW", "UL", "LF", "RL", "RU"),
)
"""Writes, reads, accesses, fences, branches, initial and final writes, parts of atomic
read-modify-writes, of these the reads that found nothing to do, and those of protocols; lock
reads and writes, unlocks, failed trylocks, spin_is_locked() with either answer.  Initial writes
are in W and in M.
"""

RELATIONS = (
    *("po", "addr", "data", "ctrl", "rmw"),
    *("rf", "co", "loc", "int", "ext", "same-value"),
)
"""Program order, dependencies, the pairs of atomic updates; reads-from, coherence; accesses of
one place, of one process, of different ones, of one value.
"""

PRELUDE = {
    "id": "[_]",
    "emptyset": "{}",
    "fr": "rf^-1 ; co",
    "po-loc": "po & loc",
    "rfi": "rf & int",
    "rfe": "rf & ext",
    "coi": "co & int",
    "coe": "co & ext",
    "fri": "fr & int",
    "fre": "fr & ext",
    "com": "rf | co | fr",
}
"""Name -> definition.  A model has those that it uses."""

LOCKS = r"""
let lk-rmw = ([LKR] ; po-loc ; [LKW]) \ (po ; po)
let rmw = rmw | lk-rmw
let R = R | LKR | LF | RL | RU
let W = W | LKW | UL
let M = R | W
let Acquire = (try Acquire with 0) | LKR
let Release = (try Release with 0) | UL
"""
"""The events of locks as accesses: a lock is an acquiring atomic update, an unlock a releasing
write (Linux tools/memory-model/Documentation/explanation.txt, section "Locking").
"""

INCLUDES = {
    "cos.cat": "",
    "cos-opt.cat": "",
    "cross.cat": "",
    "fences.cat": "",
    "filters.cat": "",
    "lock.cat": LOCKS,
    "stdlib.cat": "",
}
"""Files of herd's library and of the kernel: what they compute, the engine gives."""


VARIANTS = ("lkmmv1", "lkmmv2")
"""The variants of herd that a model may ask for (``if "lkmmv2" then ... else ...``).

They say which events atomic updates make.  Here that follows from the model's own
``instructions RMW[...]``, so a model that asks is told yes.
"""


def set_of(tag: str) -> str:
    """The set of the events with a tag: 'rcu-lock gives Rcu-lock."""
    return tag[:1].upper() + tag[1:]
