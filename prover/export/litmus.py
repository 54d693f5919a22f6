r"""One scenario of a protocol as a C litmus test.

Actors become processes, cells of objects become locations, registers become locals.  The
question is ``exists`` of a violation: of an assertion, which its process records in a register
``bad``, or of a final condition::

    exists (1:bad=1 \/ ~(x=1))

What litmus tests do not have is refused by a diagnostic that names it.  So is what would mean
something else there: a critical section delays grace periods in a protocol, but not in a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from dsl.diagnostic import DiagnosticError
from dsl.litmus.parse import parse_litmus
from dsl.protocol import Protocol
from dsl.source import Source, Span
from prover.export.places import Place, Places, places
from prover.export.process import Process, Program
from prover.export.question import OR, Answer, Question, nothing_asked
from prover.export.refusals import lacking, too_large
from prover.graph import compile_program, ir
from prover.graph.instructions import instructions
from prover.graph.limits import TooLarge

_FURTHER: Final = 8
"""How often loops are unrolled where once is not enough to see them end."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNNAMABLE: Final = re.compile(r"[^-+A-Za-z0-9_.]")


def export_litmus(protocol: Protocol, scenario: str, configuration: Mapping[str, str]) -> str:
    """The test; ``protocol`` has its variant applied.

    Raises DiagnosticError where there is no such test.
    """
    span = protocol.scenarios[scenario].span
    compiled = _compiled(protocol, scenario, configuration)
    _check_claims(compiled)
    _check_grace(compiled)
    memory = places(compiled.layout)
    updates = frozenset(name for name, f in protocol.functions.items() if f.kind == "update")
    program = Program(memory, _Calls(protocol.sources).name, updates)
    processes: list[Process] = []
    texts: list[str] = []
    for number, actor in enumerate(compiled.actors):
        where = protocol.actors[actor.symmetry].span
        processes.append(Process(program, number, actor.graph, where))
        texts.append(processes[-1].text())
    question = Question(memory, compiled.layout.space, {})
    answers: list[Answer] = [f"{p.number}:bad=1" for p in processes if p.can_fail]
    answers += [question.violated(claim) for claim in compiled.finals]
    asked = [answer for answer in answers if answer is not False]
    if not asked:
        raise nothing_asked(span)
    parameters = {name: None for process in processes for name in process.used}
    title = _title(protocol, scenario, configuration)
    first = _initial(memory, parameters, question.named, span)
    alternatives = (str(answer).replace("True", "true") for answer in asked)
    ending = f"exists ({OR.join(alternatives)})\n"
    text = "\n".join([title, _actors(compiled), first, *texts, ending])
    return _checked(text)


class _Calls:
    """Names of what is called, by place."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources

    def name(self, span: Span) -> str:
        """The word that stands at the beginning of ``span``."""
        source = self._sources.get(span.file)
        match = _NAME.match(source.text, span.start) if source is not None else None
        return match[0] if match is not None else ""


# --- what is exported ------------------------------------------------------------------------


def _compiled(protocol: Protocol, scenario: str, configuration: Mapping[str, str]) -> ir.Program:
    """The program with its loops unrolled once, or further if that shows that they end.

    Every branch stays: without it a test would have a control dependency that the protocol has not.
    """

    def unrolled(bound: int) -> ir.Program:
        return compile_program(
            protocol, scenario, configuration, bound, waiting=False, shortcuts="none"
        )

    try:
        found = unrolled(1)
    except TooLarge as error:
        raise too_large(str(error)) from None
    if not _cut(found):
        return found
    try:
        return unrolled(_FURTHER)
    except TooLarge:
        return found


def _cut(program: ir.Program) -> bool:
    return any(
        isinstance(block.terminator, ir.Cut)
        for actor in program.actors
        for block in actor.graph.blocks.values()
    )


def _check_claims(program: ir.Program) -> None:
    """Refuses claims about more than the end."""
    for table in program.transitions:
        hint = "leave the transition table out, or check by assert()"
        raise lacking("which transitions are legal", table.span, hint)
    for claim in program.invariants:
        for instr in instructions(claim):
            if isinstance(instr, ir.Check):
                hint = "ask for it at the end by `final`, or by assert()"
                raise lacking("an invariant: it sees only the end", instr.origin.span, hint)


def _check_grace(program: ir.Program) -> None:
    """Refuses spinlocks beside grace periods of others, which wait for their holders."""
    waiting = {
        number
        for number, actor in enumerate(program.actors)
        for instr in instructions(actor.graph)
        if isinstance(instr, ir.GraceWait)
    }
    for number, actor in enumerate(program.actors):
        for instr in instructions(actor.graph):
            if isinstance(instr, ir.Acquire | ir.TryAcquire) and instr.kind == "spinlock":
                if waiting - {number}:
                    what = "that `synchronize_rcu()` waits for whoever holds a spinlock"
                    hint = "mark the section that delays it by rcu_read_lock(), without a lock"
                    raise lacking(what, instr.origin.span, hint)


# --- the parts of the text -------------------------------------------------------------------


def _title(protocol: Protocol, scenario: str, configuration: Mapping[str, str]) -> str:
    parts = [_stem(protocol.name), scenario]
    parts += [protocol.variant] if protocol.variant else []
    parts += [f"{name}-{value}" for name, value in configuration.items()]
    return f"C {_UNNAMABLE.sub('-', '+'.join(parts))}\n"


def _stem(name: str) -> str:
    """``retract`` of ``protocols/retract.khp``."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".khp") or "protocol"


def _actors(program: ir.Program) -> str:
    """Who is who, as a comment."""
    rows = [f" * P{number}: {actor.name}" for number, actor in enumerate(program.actors)]
    return "\n".join(["(*", *rows, " *)", ""])


def _initial(
    memory: Places, parameters: Mapping[str, None], named: Mapping[str, None], span: Span
) -> str:
    """What does not begin as 0, and what only the question or a pointer names."""
    values: dict[str, int | str] = {}
    pending = [*parameters, *named]
    while pending:
        name = pending.pop()
        if name not in values:
            values[name] = memory.constant(memory.by_name[name].start, span)
            pending.extend([str(values[name])] if isinstance(values[name], str) else [])
    lines = list(_initial_lines(memory.sorted(values), values, parameters))
    return "\n".join(["{", *lines, "}\n"]) if lines else "{}\n"


def _initial_lines(
    used: list[Place], values: Mapping[str, int | str], parameters: Mapping[str, None]
) -> Iterator[str]:
    for place in used:
        value = values[place.name]
        if isinstance(value, str):
            yield f"\tint *{place.name} = &{value};"
        elif value != 0 or place.name not in parameters:
            yield f"\t{place.name} = {value};"


def _checked(text: str) -> str:
    """``text``, which can be read back; what is nested too deeply for that is too large."""
    try:
        parse_litmus(Source("the exported test", text))
    except DiagnosticError as error:
        raise too_large(f"the litmus test would be too large: {error}") from None
    return text
