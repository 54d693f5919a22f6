"""One protocol with many changes, each under a switch: an open config that is on where it is made.

A switch is a choice that is made once for a whole execution.  So the executions with some
switches on and the others off are those of the protocol with just those changes, and one proof
that leaves switches open is one for every set of changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dsl import frozen
from dsl import protocol as p
from dsl.frozen import replace
from dsl.source import Span
from prover.kin.family import SWITCH
from prover.needs.edits import Edit, Perhaps, Swap, edited_at
from prover.needs.plan import Planned


@dataclass(frozen=True, slots=True)
class Family:
    """A protocol with changes under switches: their numbers, by the names of the switches."""

    protocol: p.Protocol
    switches: Mapping[str, int]


def switch(number: int) -> str:
    """The name of a change's switch."""
    return f"{SWITCH}{number}"


def family(protocol: p.Protocol, planned: Iterable[Planned]) -> Family:
    """The protocol with those of the changes under switches that can be."""
    chosen = _apart_from_each_other(planned)
    edits = {each.change.number: _switched(each) for each in chosen}
    changed, made = edited_at(protocol, [edit for own in edits.values() for edit in own])
    fitting = [each for each in chosen if _fits(protocol, each, edits[each.change.number], made)]
    if len(fitting) < len(chosen):
        # What another change has hidden must not be taken for made.
        return family(protocol, fitting)
    names = {switch(each.change.number): each.change.number for each in chosen}
    configs = {**protocol.configs, **dict.fromkeys(names, ("off", "on"))}
    return Family(frozen.replace(changed, configs=configs), names)


def _switched(planned: Planned) -> list[Edit]:
    """The change's edits, made where its switch is on."""
    name = switch(planned.change.number)
    found: list[Edit] = []
    for edit in planned.edits:
        assert not isinstance(edit.action, Perhaps)
        found.append(replace(edit, action=Perhaps(name, edit.action)))
    return found


def _fits(
    protocol: p.Protocol, planned: Planned, edits: Sequence[Edit], made: Mapping[int, int]
) -> bool:
    """Whether each edit of a change was made wherever it is made when the change is alone."""
    alone = [replace(edit, action=replace(edit.action)) for edit in planned.edits]
    _, by_itself = edited_at(protocol, alone)
    return all(
        made.get(id(one.action), 0) >= by_itself.get(id(other.action), 0)
        for one, other in zip(edits, alone, strict=True)
    )


def _apart_from_each_other(planned: Iterable[Planned]) -> list[Planned]:
    """The changes without those that cannot be told from another one's: of two steps of one
    primitive, and of two orders of one statement, the first is taken.
    """
    taken: set[tuple[str, Span]] = set()
    found: list[Planned] = []
    for each in planned:
        places: set[tuple[str, Span]] = set()
        for edit in each.edits:
            if each.order:
                places.add(("order", edit.span))
            if isinstance(edit.action, Swap):
                places |= {("swap", edit.span), ("swap", edit.action.other)}
        if not places & taken:
            taken |= places
            found.append(each)
    return found
