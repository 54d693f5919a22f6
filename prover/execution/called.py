"""What a term is called in the words of the protocol: what it was read of, kept in or stored in."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from dsl.source import Span
from prover.execution import skeleton as sk
from prover.execution.domains import Place
from prover.execution.terms import Operation, Phi, ReadValue, Term, operands
from prover.execution.whose import event_of
from prover.execution.wording import place_text
from prover.graph.values import OPERATIONS

Places = Callable[[ReadValue | sk.WriteAccess], Iterable[Place]]
"""The places that an access may touch."""

_AS_A_TYPE = ("wrap",)
"""Operations that only make a value one of some type."""

_MOST = 3
"""How many names are listed."""


def called(skeleton: sk.Skeleton, term: Term, places: Places) -> tuple[str, Span | None]:
    """A term in words, and the statement that it is of.

    A word for it is what it was read of, the local that has it, what it is stored in, or else
    what it is made of.
    """
    event = event_of(skeleton, term)
    span = None if event is None else event.origin.span
    row = skeleton.rows[term]
    if isinstance(row, ReadValue):
        return _listed(place_text(place) for place in places(row)) or "a value", span
    for part, ops in (("", _AS_A_TYPE), ("a part of ", OPERATIONS)):
        same = _become(skeleton, term, ops)
        for one in same:
            if one in skeleton.kept:
                reg, assigned = skeleton.kept[one]
                return part + _local(reg), assigned
        joined = _joined(skeleton, row)
        if joined is not None:
            return _local(joined), span
        for write in skeleton.writes:
            found = _listed(map(place_text, places(write))) if write.value in same else ""
            if found:
                stored = f"{part}what is stored in {found}"
                return stored, skeleton.events[write.event].origin.span
    made = _listed(_sources(skeleton, term, places))
    return f"a value made of {made}" if made else "a value", span


def _listed(names: Iterable[str]) -> str:
    """Some names, each once."""
    found = [f"`{name}`" for name in dict.fromkeys(names)]
    if len(found) > _MOST:
        found[_MOST - 1 :] = [f"{len(found) - _MOST + 1} others"]
    return ", ".join(found[:-1]) + " and " + found[-1] if len(found) > 1 else "".join(found)


def _local(reg: str) -> str:
    """A local by its register, ``function.number.local`` where it is a function's."""
    function, _, rest = reg.partition(".")
    number, _, local = rest.partition(".")
    if not number.isdigit():
        return f"`{_bare(reg)}`"
    inner = _bare(local)
    return f"what `{function}()` returns" if inner == "return" else f"`{inner}` of `{function}()`"


def _bare(local: str) -> str:
    """A local without the number that tells it from others of its name."""
    name, _, after = local.partition("'")
    return name + after.lstrip("0123456789")


def _become(skeleton: sk.Skeleton, term: Term, ops: Container[str]) -> list[Term]:
    """A term, and what some operations make of it."""
    made = {term: None}
    for number in range(term + 1, len(skeleton.rows)):
        row = skeleton.rows[number]
        if isinstance(row, Operation) and row.op in ops and not made.keys().isdisjoint(row.args):
            made[Term(number)] = None
    return list(made)


def _joined(skeleton: sk.Skeleton, row: object) -> str | None:
    """The one local that has all values which are joined."""
    if not isinstance(row, Phi):
        return None
    names = {skeleton.kept[value][0] for _, value in row.arms if value in skeleton.kept}
    return names.pop() if len(names) == 1 else None


def _sources(skeleton: sk.Skeleton, term: Term, places: Places) -> Iterable[str]:
    """What was read, and which locals there are, among what a term is made of."""
    seen, left = {term}, [term]
    while left:
        for one in operands(skeleton.rows[left.pop(0)]):
            row = skeleton.rows[one]
            if one in seen:
                continue
            seen.add(one)
            if isinstance(row, ReadValue):
                yield from map(place_text, places(row))
            else:
                left.append(one)
