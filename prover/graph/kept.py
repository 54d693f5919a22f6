"""Graphs kept from one obligation to the next: a variant leaves most actors as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from dsl import protocol as p
from dsl.check.notes import Notes
from dsl.frozen import Frozen
from prover.graph.ir import Cfg, Layout
from prover.graph.walk import parts

MOST = 256
"""So many graphs are kept; the oldest go first."""

INTERRUPTS = "smp_call_function"
"""The primitive whose meaning depends on who else is in the scenario."""


class Setting(Frozen, frozen=True):
    """What all graphs of one program are made under."""

    protocol: p.Protocol
    configuration: Mapping[str, str]
    instances: Mapping[str, tuple[str, ...]]
    layout: Layout
    bound: int


class Origin(Frozen, frozen=True):
    """All that an actor's finished graph is made from; ``key`` must be the same to the letter."""

    key: object
    bodies: tuple[p.Function, ...]
    layout: Layout


@dataclass(slots=True)
class Kept:
    """Finished graphs of one file's actors, under all its variants.

    A graph serves again where the actor's body, those of all functions it can come to, and the
    memory are equal.  Types and words are the same in all variants of a file.  ``notes`` are what
    was noted of single functions.
    """

    graphs: dict[object, list[tuple[Origin, Cfg]]] = field(
        default_factory=dict[object, list[tuple[Origin, Cfg]]]
    )
    notes: Notes = field(default_factory=Notes)

    def origin(self, setting: Setting, actor: str) -> Origin:
        """What the graph of an actor is made from."""
        bodies = tuple(self._bodies(setting.protocol, actor))
        return Origin(self._key(setting, actor, bodies), bodies, setting.layout)

    def find(self, origin: Origin) -> Cfg | None:
        """The finished graph of an actor, None where there is none."""
        known = self.graphs.get(origin.key, ())
        return next((graph for other, graph in known if other == origin), None)

    def keep(self, origin: Origin, graph: Cfg) -> None:
        """Keeps a finished graph."""
        self.graphs.setdefault(origin.key, []).append((origin, graph))
        if sum(map(len, self.graphs.values())) > MOST:
            del self.graphs[next(iter(self.graphs))]

    def _bodies(self, protocol: p.Protocol, actor: str) -> Iterator[p.Function]:
        """The actor and every function that is named in it, or in one named in it."""
        pending = [protocol.actors[actor]]
        seen: set[str] = set()
        while pending:
            function = pending.pop()
            yield function
            for name in sorted(self._named(function) - seen - {INTERRUPTS}):
                seen.add(name)
                pending.append(protocol.functions[name])

    def _named(self, function: p.Function) -> frozenset[str]:
        return self.notes.of(_all_named, function)

    def _key(self, setting: Setting, actor: str, bodies: tuple[p.Function, ...]) -> object:
        """What must be the same to the letter; who else runs matters to those who interrupt."""
        interrupts = any(INTERRUPTS in self._named(function) for function in bodies)
        return (
            actor,
            tuple(sorted(setting.configuration.items())),
            tuple(sorted(setting.instances.items())) if interrupts else (),
            setting.bound,
        )


def _all_named(function: p.Function) -> frozenset[str]:
    """The functions that a body names, and the primitive that interrupts."""
    return frozenset(name for part in parts(function.body) for name in _names(part))


def _names(part: object) -> Iterator[str]:
    """The functions that a part of a body names, and the primitive that interrupts."""
    match part:
        case p.CallFunction(function=name) | p.FunctionName(name=name):
            yield name
        case p.CallPrimitive(primitive=primitive) if primitive == INTERRUPTS:
            yield primitive
        case _:
            pass
