"""A witness replayed: its document read, today's file compiled, the execution carried out again.

No solver has a part in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.frozen import replace
from dsl.imports import LoadError, Program
from dsl.primitives import PROPERTIES
from dsl.protocol import Protocol
from dsl.source import Source, Span, sum_of
from prover.execution.construct.program import build
from prover.execution.domains import DomainTooLarge
from prover.execution.recall.claim import recall_weak
from prover.execution.recall.outcome import Holds, Recalled
from prover.execution.recall.schedule import recall
from prover.execution.record import Schedule
from prover.execution.weak.shorten import replay_shortened
from prover.graph import compile_program
from prover.graph.limits import TooLarge
from prover.models.cat import load_model
from prover.pipeline.obligations import MODELS, tasks
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.program import read_program
from prover.replay.document import Document, document
from prover.replay.strict import NotStrict
from prover.replayed import Replay
from prover.verdict import Obligation, Request
from prover.version import VERSION


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: why; whether that is a bug."""

    why: str
    bug: bool = False


def replay(saved: Source, file: str, request: Request, *, below: Path | None = None) -> Replay:
    """What becomes of the witness in ``saved`` on the file called ``file``, as it is today.

    Without a name ("") it is the file that the document names, if that is below the folder
    ``below``.
    """
    try:
        found = document(saved.text)
        name = file or _named(found, below)
    except NotStrict as error:
        return Replay(file, {saved.name: saved}, diagnostics=(_refused(saved, error),))
    except DiagnosticError as error:
        return Replay(file, {saved.name: saved}, diagnostics=error.diagnostics)
    try:
        program = read_program(name, request)
    except LoadError as error:
        return Replay(name, error.sources, diagnostics=error.diagnostics)
    sources = program.sources
    try:
        protocol = _protocol(program, found, name)
    except DiagnosticError as error:
        return Replay(name, sources, diagnostics=error.diagnostics)
    changed = Counter(found.prints) != Counter(sum_of(s.text) for s in sources.values())
    asked = found.obligation
    whole = Replay(name, sources, asked, found.property, found.model, changed=changed)
    return _answered(whole, found, protocol, request)


def _answered(whole: Replay, found: Document, protocol: Protocol, request: Request) -> Replay:
    """The answer, from a process whose time and memory are limited."""

    def job(_: int) -> Recalled | Failed:
        try:
            return _recalled(protocol, found, whole.sources)
        except (TooLarge, DomainTooLarge) as error:
            return Failed(f"too large: {error}")
        except MemoryError:
            return Failed("out of memory")
        except Exception as error:  # noqa: BLE001 - a bug is one of ours, and says so
            return Failed(f"{type(error).__name__}: {error}", bug=True)

    ((_, result),) = run_pool(
        job, 1, workers=1, seconds=request.timeout, memory=request.memory, fresh=True
    )
    match result:
        case Lost(late=late):
            took = f"more than {request.timeout:g} s" if late else "more memory than it may"
            return replace(whole, unknown=f"it takes {took}")
        case Failed(why=why, bug=bug):
            return replace(whole, bug=why) if bug else replace(whole, unknown=why)
        case Holds():
            return replace(whole, recalled=result)
        case _:
            if not whole.changed and found.tool == VERSION:
                return replace(whole, diagnostics=(_edited(found),))
            return replace(whole, recalled=result)


def _recalled(protocol: Protocol, found: Document, sources: Mapping[str, Source]) -> Recalled:
    """The execution carried out again."""
    asked = found.obligation
    program = compile_program(protocol, asked.scenario, dict(asked.configuration), found.bound)
    # An invariant is about the states of an interleaving: weaker models have none.
    skeleton = build(program if asked.model == "sc" else replace(program, invariants=()))
    if isinstance(found.execution, Schedule):
        return recall(skeleton, found.execution, found.property, sources)
    model = load_model(found.model)
    return recall_weak(skeleton, found.execution, found.property, model, sources, replay_shortened)


def _named(found: Document, below: Path | None) -> str:
    """The file that a document names, if it may be opened: a protocol below the folder."""
    name = found.file
    path = Path(name)
    inside = False
    if below is not None and name.endswith(".khp") and not path.is_absolute():
        try:
            there = (below / path).resolve()
            inside = there.is_relative_to(below.resolve()) and there.exists()
        except (OSError, RuntimeError, ValueError):
            inside = False
    if not inside:
        message = f"the witness names `{name}`, which is not below this folder"
        hint = "name the protocol: `prove replay WITNESS FILE`"
        raise DiagnosticError((Diagnostic("witness-file", message, None, hint=hint),))
    return name


def _refused(saved: Source, error: NotStrict) -> Diagnostic:
    """A document that is none."""
    message = f"`{saved.name}` is no witness: {error.why}"
    hint = "`prove FILE --format witness` writes one"
    primary = None
    if 0 <= error.offset <= len(saved.text):
        primary = Label(Span(saved.name, error.offset, error.offset + 1), "here")
    return Diagnostic("witness-broken", message, primary, hint=hint)


def _edited(found: Document) -> Diagnostic:
    """A document that says what is not so of the file as it was."""
    message = (
        f"the file is as it was, and what the document says of it violates no {found.property}"
    )
    hint = "the document was changed, or put together; make the witness again"
    return Diagnostic("witness-edited", message, None, hint=hint)


def _protocol(program: Program, found: Document, name: str) -> Protocol:
    """The protocol with the variant of the document.  Raises DiagnosticError."""
    protocol = check(program)
    asked = found.obligation
    wrong = ""
    if found.property not in PROPERTIES:
        wrong = f"there is no property `{found.property}`"
    elif asked.model not in MODELS or found.model not in MODELS:
        wrong = f"there is no memory model `{asked.model}`"
    elif MODELS.index(found.model) > MODELS.index(asked.model):
        wrong = f"what {found.model} allows need not be allowed by {asked.model}"
    elif found.property == "invariant" and asked.model != "sc":
        wrong = f"invariants are not checked under {asked.model}"
    elif asked.scenario not in protocol.scenarios:
        wrong = f"`{name}` has no scenario `{asked.scenario}`"
    elif asked.variant and asked.variant not in protocol.variants:
        wrong = f"`{name}` has no variant `{asked.variant}`"
    elif not _is_selected(protocol, asked):
        config = ", ".join("=".join(pair) for pair in asked.configuration) or "no config"
        wrong = f"`{name}` does not have that scenario with that variant and {config}"
    if wrong:
        hint = "the witness was made for another file, or the file has changed too much"
        message = f"the witness is about something else: {wrong}"
        raise DiagnosticError((Diagnostic("witness-other", message, None, hint=hint),))
    return check(program, asked.variant, protocol) if asked.variant else protocol


def _is_selected(protocol: Protocol, asked: Obligation) -> bool:
    """Whether a file has an obligation, under whatever models."""
    request = Request(
        files=(), scenario=asked.scenario, variant=asked.variant or None, model=asked.model
    )
    return any(
        (o.scenario, o.variant, dict(o.configuration))
        == (asked.scenario, asked.variant, dict(asked.configuration))
        for o in (task.obligation for task in tasks(protocol, request))
    )
