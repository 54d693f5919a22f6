"""Which tags the parts of an atomic update have: those that the model allows them.

Models differ in how full ordering is said.  Version 2 of the kernel's model allows every tag on
reads and on writes and says itself what a tag is worth there.  Before, ``instructions`` in
its ``.bell`` did not allow 'mb on either, acquire on writes and release on reads: then herd puts
fences around an update that happens, and one that does not happen is a read like others
(herd's variant lkmmv1, as opposed to lkmmv2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from prover.models.cat.library import set_of

Allowed: TypeAlias = Mapping[str, frozenset[str]]
"""For each kind of instruction (R, W, RMW, F) the tags that the model allows on it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The tags of an update's read, of its read where it does not happen, and of its write;
    ``fences``: those of a fence before it and one after it, where it happens.
    """

    read: tuple[str, ...]
    failed: tuple[str, ...]
    write: tuple[str, ...]
    fences: tuple[str, ...] = ()

    def chosen(self, happens: int, fails: int, *, looks: bool) -> tuple[tuple[int, str], ...]:
        """The sets that the read is in only where a term is not 0: the update happens, or fails."""
        found = [(happens, set_of(tag)) for tag in self.read if tag not in self.failed]
        found += [(fails, set_of(tag)) for tag in self.failed if tag not in self.read]
        return (*found, (fails, "Looked")) if looks else tuple(found)


def parts(tags: tuple[str, ...], allowed: Allowed) -> Parts:
    """How an update with ``tags`` is tagged; a model that allows nothing in words allows all."""
    reads, writes = allowed.get("R", frozenset()), allowed.get("W", frozenset())
    known = reads | writes | allowed.get("F", frozenset())
    as_written = Parts(tags, tags, tags)
    if not {"R", "W", "RMW"} <= allowed.keys() or not known.issuperset(tags):
        return as_written
    if reads.issuperset(tags) and writes.issuperset(tags):
        return as_written
    marked = tuple(tag for tag in ("once", "ONCE") if tag in reads & writes)[:1]
    return Parts(
        tuple(tag for tag in tags if tag in reads) or marked,
        marked,
        tuple(tag for tag in tags if tag in writes) or marked,
        tuple(tag for tag in tags if tag not in reads | writes),
    )


def without_result(allowed: Allowed) -> str:
    """The tag of ``__atomic_op`` where the macro gives none."""
    return "noreturn" if "noreturn" in allowed.get("R", frozenset()) else "NORETURN"
