"""The whole check, from the first name to the call graph."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from math import prod

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import bodies, declarations, interrupts, names, objects, task
from dsl.check.callgraph import check_calls
from dsl.check.claims import claim
from dsl.check.context import MAX_DEPTH
from dsl.check.forall import is_quantified
from dsl.check.header import check_header
from dsl.check.indexes import check_indexes
from dsl.check.notes import Notes
from dsl.check.orders import lock_orders
from dsl.check.outparameters import check_addresses
from dsl.check.report import EnoughError, Report, Skip, did_you_mean
from dsl.check.scenarios import MAX_CONFIGURATIONS, model, scenario
from dsl.check.transitions import transition
from dsl.check.variants import relay, variant
from dsl.check.world import World
from dsl.frozen import Frozen
from dsl.header import comment_lines
from dsl.imports import Program
from dsl.source import Span
from dsl.variant import apply, owners

DEFAULT_MODELS = ("lkmm",)
CALLS_PER_JUDGEMENT = 6


def check(
    program: Program,
    variant: str = "",
    base: p.Protocol | None = None,
    notes: Notes | None = None,
) -> p.Protocol:
    """The checked protocol, with the variant of that name applied if one is given.

    ``base`` is the checked protocol without it: what the variant leaves as it is need not be
    checked again.  ``notes`` are what other checks of the program noted, and get what this one
    does.

    Raises :class:`dsl.diagnostic.DiagnosticError` with everything that is wrong,
    in the order of the files and of their text.
    """
    report = Report()
    try:
        with _room():
            files = program.files if not variant else _applied(report, program, variant)
            world = names.collect(report, files)
            _declare(world)
            task.hand_on(world)
            known = _Known.of(program, base, notes)
            protocol = _protocol(world, program, files, variant, known)
            if not variant:
                known.notes.statements = world.statements
                known.notes.tasks = task.handed(world)
    except EnoughError:
        protocol = None
    report.close(file.name for file in program.files)
    assert protocol is not None  # nothing was reported, so nothing was cut short
    return protocol


class _Known(Frozen, frozen=True):
    """What was checked before: a protocol, and the declarations that its parts come from."""

    protocol: p.Protocol | None
    owners: Mapping[str, s.FunctionDecl | s.ActorDecl]
    scenarios: Mapping[str, s.Scenario]
    notes: Notes

    @classmethod
    def of(cls, program: Program, base: p.Protocol | None, notes: Notes | None) -> _Known:
        """What is known of a program."""
        found = Notes() if notes is None else notes
        if base is None:
            return cls(None, {}, {}, found)
        declarations = (decl for file in program.files for decl in file.declarations)
        scenarios = {d.name.text: d for d in declarations if isinstance(d, s.Scenario)}
        return cls(base, owners(program.files), scenarios, found)

    def function(self, name: str, decl: s.FunctionDecl) -> p.Function | None:
        """The function, where its declaration is the one that was checked."""
        if self.protocol is None or self.owners.get(name) is not decl:
            return None
        return self.protocol.functions.get(name)

    def actor(self, name: str, decl: s.ActorDecl) -> p.Function | None:
        """The same for an actor; one that interrupts another is no longer what was checked."""
        if self.protocol is None or self.owners.get(name) is not decl or decl.host is not None:
            return None
        return self.protocol.actors.get(name)

    def scenario(self, name: str, decl: s.Scenario) -> p.Scenario | None:
        """The same for a scenario."""
        if self.protocol is None or self.scenarios.get(name) is not decl:
            return None
        return self.protocol.scenarios[name]

    def as_far_as_same(self, world: World) -> _Known:
        """Nothing where what stands in bodies unseen has changed.

        An iterator is part of every body that uses it, and so is the task that is handed on.
        """
        changed = (
            signature.kind == "iterator" and self.owners.get(name) is not signature.decl
            for name, signature in world.functions.items()
        )
        same = self.notes.tasks == task.handed(world) and not any(changed)
        return self if same else _Known(None, {}, {}, self.notes)


@contextmanager
def _room() -> Generator[None]:
    """Room for recursion: a few Python calls for each judgement inside another."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + CALLS_PER_JUDGEMENT * MAX_DEPTH)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _applied(report: Report, program: Program, name: str) -> tuple[s.File, ...]:
    known = {
        decl.name.text: decl
        for file in program.files
        for decl in file.declarations
        if isinstance(decl, s.Variant)
    }
    if name not in known:
        report.error(
            "unknown-variant",
            f"no variant `{name}`",
            Span(program.main.name, 0, 0),
            did_you_mean(name, known),
        )
        return program.files
    files, diagnostics = apply(program.files, known[name], program.sources)
    for diagnostic in diagnostics:
        relay(report, diagnostic)
    return files


def _declare(world: World) -> None:
    """Types and signatures, in the order in which they need each other."""
    combinations = prod(len(values) for values in world.configs.values())
    if combinations > MAX_CONFIGURATIONS:
        last = list(world.configs)[-1]
        world.report.error(
            "too-large",
            f"the configs have {combinations} combinations",
            world.ordinary[last][1],
            f"at most {MAX_CONFIGURATIONS} are proved",
        )
    # A typedef's enum has a sign or not by the values of its members.
    declarations.enums(world)
    declarations.typedefs(world)
    declarations.words(world)
    declarations.structs(world)
    objects.types(world)
    declarations.signatures(world)


def _protocol(
    world: World, program: Program, files: tuple[s.File, ...], variant_name: str, known: _Known
) -> p.Protocol:
    placed, pools = objects.declare(world)
    known = known.as_far_as_same(world)
    functions = _functions(world, known)
    actors: dict[str, p.Function] = {}
    for name, decl in world.actors.items():
        actors[name] = known.actor(name, decl) or bodies.actor(world, decl)
    check_addresses(world.report, known.notes, [*functions.values(), *actors.values()])
    check_calls(world.report, known.notes, functions.values(), actors.values())
    interrupts.put_in_place(world, functions, actors)
    base = known.protocol
    finals, invariants, transitions = _claims(world, files)
    protocol = p.Protocol(
        name=program.main.name,
        header=_comment(program),
        sources=program.sources,
        models=_models(world, program.main),
        configs=world.configs,
        enums=world.enums,
        words=world.words,
        structs=world.structs,
        objects=placed,
        pools=pools,
        functions=functions,
        actors=actors,
        scenarios=_scenarios(world, known),
        variants=base.variants if base else _variants(world, program),
        transitions=transitions,
        lock_orders=lock_orders(world, files, placed.values(), program.main.name),
        invariants=invariants,
        finals=finals,
        variant=variant_name,
    )
    check_indexes(world.report, known.notes, protocol)
    if base is None:
        check_header(world, program, protocol.scenarios.values(), protocol.models)
    return protocol


def _comment(program: Program) -> str:
    """The comment at the head of the file, without its signs."""
    text = program.sources[program.main.name].text
    return "\n".join(line.text for line in comment_lines(program.main, text)).strip("\n")


def _scenarios(world: World, known: _Known) -> dict[str, p.Scenario]:
    return {
        name: known.scenario(name, decl) or scenario(world, decl)
        for name, decl in world.scenarios.items()
    }


def _variants(world: World, program: Program) -> dict[str, p.Variant]:
    labelled = owners(program.files)
    return {name: variant(world, labelled, decl) for name, decl in world.variants.items()}


def _functions(world: World, known: _Known) -> dict[str, p.Function]:
    checked: dict[str, p.Function] = {}
    for name, signature in world.functions.items():
        before = known.function(name, signature.decl)
        function = before or bodies.function(world, signature)
        if function is not None:
            checked[name] = function
    return checked


def _claims(
    world: World, files: Iterable[s.File]
) -> tuple[tuple[p.Claim, ...], tuple[p.Claim, ...], tuple[p.Transition, ...]]:
    """What holds in every scenario."""
    finals: list[p.Claim] = []
    invariants: list[p.Claim] = []
    transitions: list[p.Transition] = []
    seen: dict[str, Span] = {}
    one_each = dict.fromkeys(world.actors, 1)
    for file in files:
        for decl in file.declarations:
            try:
                match decl:
                    case s.Final() | s.Invariant():
                        found = claim(world, decl, one_each)
                        if is_quantified(decl.condition):
                            # About the actors that each scenario runs.
                            world.quantified.append(decl)
                        else:
                            (finals if isinstance(decl, s.Final) else invariants).append(found)
                    case s.Transition():
                        transitions.append(transition(world, decl, seen))
                    case _:
                        pass
            except Skip:
                continue
    return tuple(finals), tuple(invariants), tuple(transitions)


def _models(world: World, main: s.File) -> tuple[str, ...]:
    """The main file's memory models; those of imported files are their own business."""
    found: list[str] = []
    lines = [decl for decl in main.declarations if isinstance(decl, s.Models)]
    for extra in lines[1:]:
        world.report.error(
            "duplicate-name", "a file has one `models` line", extra.span, "list all models in one"
        )
    for line in lines[:1]:
        for name in line.names:
            try:
                model(world, name)
            except Skip:
                continue
            if name.text not in found:
                found.append(name.text)
    return tuple(found) or DEFAULT_MODELS
