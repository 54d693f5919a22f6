"""The compiled transition relation: from the graphs of a program to a system.

What an instruction does is what it does in the engine for a bounded program under sequential
consistency.  Loops and pools are not unrolled; a step is one shared access with the local
computation around it (:mod:`prover.parametric.machine.run`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prover.graph import ir
from prover.graph.instructions import instructions
from prover.graph.values import Location, Value
from prover.parametric.machine.code import Body, expressions, flatten
from prover.parametric.machine.contexts import does_nothing
from prover.parametric.machine.counts import find_counts
from prover.parametric.machine.local import Local
from prover.parametric.machine.orders import Orders
from prover.parametric.machine.pages import find_pages
from prover.parametric.machine.parts import Locals, Parts
from prover.parametric.machine.points import Points, all_graphs, find_points
from prover.parametric.machine.shared import find_variables, pairs_at_start
from prover.parametric.machine.system import Compiled
from prover.parametric.machine.unread import unread_cells
from prover.parametric.system import Refused, Start

__all__ = ["Compiled", "build"]


def build(
    program: ir.Program,
    many: frozenset[str],
    forever: bool,
    *,
    joined: bool = True,
    counting: bool = False,
    forgetful: bool = False,
) -> Compiled:
    """The system of a program whose graphs have their loops, and whose words are split.

    ``many`` are the actors of which there is any number; the others are there as often as the
    program has them.  ``forever``: at its end an actor begins its body again.  ``counting``: of
    counts of references only parts are kept (``counts.py``).  ``forgetful``: what nobody reads is
    no variable.  Raises Refused for what this engine does not have.
    """
    graphs = all_graphs(actor.graph for actor in program.actors)
    _refuse(graphs)
    points, looks = find_points(program, (*program.invariants, *program.finals))
    constants = frozenset(_constants(graphs))
    unread = unread_cells(points, looks, graphs) if forgetful else frozenset[Location]()
    counts = _counts(program, many, points, looks) if counting else frozenset[Location]()
    counts -= unread
    variables = find_variables(
        program.layout, points, program.transitions, constants, counts, unread
    )
    bodies: list[Body] = []
    fresh: list[Mapping[str, Value]] = []
    starts: list[tuple[int, bool]] = []
    seen: set[str] = set()
    for actor in program.actors:
        any_number = actor.symmetry in many
        if any_number and actor.symmetry in seen:
            continue
        seen.add(actor.symmetry)
        bodies.append(flatten(actor.symmetry if any_number else actor.name, "actor", actor.graph))
        fresh.append(_at_first(actor, bodies[-1], any_number=any_number))
        starts.append((len(bodies) - 1, any_number))
    pages = dict(find_pages(program.layout, points, graphs))
    slots = {name for name, region in program.layout.regions.items() if region.pool}
    classes = {
        Location(name, cell.path): cell.lock_class
        for name, region in program.layout.regions.items()
        for cell in region.cells
        if cell.kind == "lock"
    }
    parts = Parts(
        program=program,
        joined=joined,
        forever=forever,
        variables=variables,
        points=points,
        unread=unread,
        forgets=not any(place.object in slots for place in looks.looked_at),
        start=pairs_at_start(program.layout),
        orders=Orders(classes, program.orders),
        bodies=bodies,
        fresh=fresh,
        locals=Locals(constants, bodies),
        counts=counts,
        pages={name: len(bodies) + number for number, name in enumerate(pages)},
    )
    bodies.extend(pages.values())
    fresh.extend({} for _ in pages)
    for graph in graphs:
        for instr in instructions(graph):
            if isinstance(instr, ir.CallRcu):
                parts.callback(instr)
    return Compiled(parts, _start(parts, starts))


def _counts(
    program: ir.Program, many: frozenset[str], points: Points, looks: Points
) -> frozenset[Location]:
    """The counts that actors of which there is any number count in."""
    graphs = all_graphs(actor.graph for actor in program.actors if actor.symmetry in many)
    return find_counts(program, points, graphs, looks.looked_at)


def _start(parts: Parts, starts: list[tuple[int, bool]]) -> Start:
    """Every actor before its first instruction."""
    many: list[int] = []
    single: list[int] = []
    for body, any_number in starts:
        registers = tuple(sorted(parts.fresh[body].items()))
        who = -1 if any_number else len(single)
        local = Local(body, who, parts.bodies[body].entry, registers)
        (many if any_number else single).append(parts.locals.number(local))
    shared = tuple(0 for _ in parts.variables.all)
    return Start(shared, tuple(many), tuple(single))


def _at_first(actor: ir.ActorGraph, body: Body, *, any_number: bool) -> Mapping[str, Value]:
    """The registers that an actor begins with: which instance it is, where it asks."""
    if ir.INSTANCE not in body.wanted[body.entry]:
        return {}
    if any_number:
        span = actor.graph.blocks[actor.graph.entry].body[0].origin.span
        raise Refused(f"ghost state of each `{actor.symmetry}`, of which there is any number", span)
    return {ir.INSTANCE: actor.number}


def _refuse(graphs: tuple[ir.Cfg, ...]) -> None:
    """What no step can be found of."""
    for graph in graphs:
        for instr in instructions(graph):
            if isinstance(instr, ir.Ipi) and not does_nothing(instr.handler):
                what = f"an interrupt that does something: `{instr.name}`"
                raise Refused(what, instr.origin.span)


def _constants(graphs: tuple[ir.Cfg, ...]) -> Iterator[int]:
    """The numbers that the graphs name."""
    for graph in graphs:
        for instr in instructions(graph):
            if isinstance(instr, ir.Havoc):
                yield from range(instr.low, instr.high + 1)
        body = flatten("", "", graph)
        for op in body.ops:
            for expr in expressions(op):
                yield from _numbers(expr)


def _numbers(expr: ir.Expr) -> Iterator[int]:
    match expr:
        case ir.Const(value=int() as value):
            yield value
        case ir.Apply(args=args):
            for arg in args:
                yield from _numbers(arg)
        case _:
            return
