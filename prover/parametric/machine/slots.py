"""Which slots of a pool may change places, as far as the program tells.

Two are exchanged in all memory as it is at the start, in every constant of every graph and in the
transition tables; where all of it stays what it is nothing names one of them.  What a program does
may still tell them apart (an order of addresses): that shows where its rules are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

from dsl.frozen import replace
from prover.graph import ir
from prover.graph.instructions import instructions, reads
from prover.graph.values import Value
from prover.parametric.machine.exchange import Exchange, Permutation, Values
from prover.parametric.machine.parts import Parts
from prover.parametric.machine.points import all_graphs

MOST = 24
"""So many permutations are looked at, of one pool and of all together."""

FEW = 4
"""Of pools with more slots none change places."""


def exchanges(parts: Parts) -> tuple[Exchange, ...]:
    """All permutations of slots that leave the program as it is, but the one that does nothing."""
    found: list[dict[str, str]] = [{}]
    for pool in sorted(parts.points.pools):
        slots = [name for name, region in parts.layout.regions.items() if region.pool == pool]
        if not 1 < len(slots) <= FEW:
            continue
        own = [each for each in _permutations(slots) if not each or _alike(parts, each)]
        if len(found) * len(own) <= MOST:
            found = [{**one, **other} for one, other in product(found, own)]
    made = {_key(each): Exchange(parts, Values(parts.layout, each)) for each in found if each}
    for exchange in made.values():
        back = {after: before for before, after in exchange.values.slots.items()}
        exchange.inverse = made[_key(back)]
    return tuple(made.values())


def _permutations(slots: list[str]) -> Iterator[dict[str, str]]:
    for order in permutations(slots):
        yield {one: two for one, two in zip(slots, order, strict=True) if one != two}


def _key(permutation: Permutation) -> frozenset[tuple[str, str]]:
    return frozenset(permutation.items())


def _alike(parts: Parts, permutation: Permutation) -> bool:
    """Whether a program stays what it is, with what was made of it so far."""
    program, values = parts.program, Values(parts.layout, permutation)
    places = {replace(each, place=values.place(each.place)) for each in parts.variables.all}
    return (
        values.apart
        and places == set(parts.variables.all)
        and set(map(values.name, parts.pages)) == set(parts.pages)
        and _same_memory(program.layout, values)
        and all(_same_value(values, each) for each in _constants(program))
        and _same_tables(program, values)
    )


def _same_value(values: Values, value: Value) -> bool:
    return values.value(value) == value


def _same_memory(layout: ir.Layout, values: Values) -> bool:
    """Whether what is there at the start is."""
    objects = layout.space.objects
    if any(objects[values.name(name)][1] != struct for name, (_, struct) in objects.items()):
        return False
    for name, region in layout.regions.items():
        initial = {path: values.value(value) for path, value in region.initial.items()}
        after = replace(region, name=values.name(name), initial=initial)
        if layout.regions[values.name(name)] != after:
            return False
    bits = (bits for word in layout.words.values() for _, _, bits, _ in word.values)
    return all(_same_value(values, each) for each in bits)


def _same_tables(program: ir.Program, values: Values) -> bool:
    """Whether transition tables are of the same words."""
    tables = {(each.location, each.word, each.rules) for each in program.transitions}
    return tables == {(values.place(place), word, rules) for place, word, rules in tables}


def _constants(program: ir.Program) -> Iterator[Value]:
    """Every value that a graph, a claim or a transition table names."""
    graphs = [actor.graph for actor in program.actors]
    for graph in all_graphs([*graphs, *program.invariants, *program.finals]):
        for instr in instructions(graph):
            for expr in reads(instr):
                yield from _named(expr)
        for block in graph.blocks.values():
            if isinstance(block.terminator, ir.Branch):
                yield from _named(block.terminator.condition)
    for table in program.transitions:
        for rule in table.rules:
            for lock in rule.holding:
                yield from _named(lock)


def _named(expr: ir.Expr) -> Iterator[Value]:
    match expr:
        case ir.Const(value=value):
            yield value
        case ir.Apply(params=params, args=args):
            yield from (each for each in params if isinstance(each, int))
            for arg in args:
                yield from _named(arg)
        case _:
            return
