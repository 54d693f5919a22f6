"""Variants of one protocol in one, each under a switch of its own.

The executions with one switch on are those of that variant; with none, those of the protocol as it
is.  So one question with switches left open is the question about all variants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl import protocol as p
from dsl.check.notes import Notes
from dsl.frozen import Frozen, fields_of, replace
from prover.graph.walk import callees, parts, reached
from prover.kin.bodies import Apart, Version, together
from prover.kin.nodes import EXPRESSIONS

SWITCH = "@"
"""What a switch's name begins with, as no name of a protocol does."""

_SAME = tuple(
    name
    for name in fields_of(p.Protocol)
    if name not in ("functions", "actors", "variant", "sources")
)


class Kin(Frozen, frozen=True):
    """A protocol with variants under switches: their names, by variant."""

    protocol: p.Protocol
    switches: Mapping[str, str]


def kin(base: p.Protocol, variants: Mapping[str, p.Protocol], notes: Notes | None = None) -> Kin:
    """The protocol with those of the variants under switches that can be.

    ``notes`` are what was noted of the functions of both, if anything.
    """
    notes = notes or Notes()
    own = _in_updates(base, notes)
    fitting = {
        name: variant
        for name, variant in variants.items()
        if _fits(base, variant, own | _in_updates(variant, notes)) and _alone(base, name, variant)
    }
    functions = _together(base.functions, {n: v.functions for n, v in fitting.items()})
    actors = _together(base.actors, {n: v.actors for n, v in fitting.items()})
    switches = {name: SWITCH + name for name in fitting}
    configs = {**base.configs, **dict.fromkeys(switches.values(), ("off", "on"))}
    made = replace(base, functions=functions, actors=actors, configs=configs)
    return Kin(made, switches)


def _alone(base: p.Protocol, name: str, variant: p.Protocol) -> bool:
    """Whether a variant can be put under a switch at all."""
    try:
        _together(base.functions, {name: variant.functions})
        _together(base.actors, {name: variant.actors})
    except Apart:
        return False
    return True


def _together(
    base: Mapping[str, p.Function], variants: Mapping[str, Mapping[str, p.Function]]
) -> dict[str, p.Function]:
    found: dict[str, p.Function] = {}
    for name, function in base.items():
        versions: list[Version] = []
        for variant, functions in variants.items():
            other = functions[name]
            if other is function or other == function:
                continue
            switch = (SWITCH + variant,)
            index = next((i for i, v in enumerate(versions) if v.function == other), None)
            if index is None:
                versions.append(Version(switch, other))
            else:
                versions[index] = Version((*versions[index].switches, *switch), other)
        found[name] = together(function, versions) if versions else function
    return found


def _fits(base: p.Protocol, variant: p.Protocol, run: Iterable[str]) -> bool:
    """Whether a variant differs in bodies only, and in what an update may ``run`` in barriers only.

    Which store completes an update depends on what may come after it, whatever is chosen.
    """
    if any(getattr(base, name) != getattr(variant, name) for name in _SAME):
        return False
    if base.functions.keys() != variant.functions.keys():
        return False
    if base.actors.keys() != variant.actors.keys():
        return False
    return all(_same_stores(base.functions[name], variant.functions[name]) for name in run)


def _in_updates(protocol: p.Protocol, notes: Notes) -> dict[str, None]:
    """The functions that an update may run, updates themselves among them."""
    updates = (f for f in protocol.functions.values() if f.kind == "update")
    return reached(protocol, updates, lambda function: notes.of(callees, function))


BARRIERS = frozenset(("smp_mb", "smp_wmb", "smp_rmb", "barrier"))
"""Primitives that do nothing but order."""


def _same_stores(one: p.Function, other: p.Function) -> bool:
    """Whether two versions of a function differ in barriers at most."""
    return one is other or one == other or _steps(one) == _steps(other)


def _steps(function: p.Function) -> list[object]:
    """Everything that a function does or decides, but for barriers."""
    nothing = p.Block | p.Evaluate | p.Label
    return [
        part if isinstance(part, EXPRESSIONS) else type(part)
        for part in parts(function.body)
        if not isinstance(part, nothing)
        and not (isinstance(part, p.CallPrimitive) and part.primitive in BARRIERS)
    ]
