"""Certificates of proofs for any number of actors: written while proving, checked again later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from dsl.source import Source, sum_of
from prover.parametric.certificate.binding import bound
from prover.parametric.certificate.document import About, Header, SourceSum, packed, read, written
from prover.parametric.certificate.table import tabled
from prover.parametric.invariant import Invariant
from prover.parametric.system import Infinite, Refused, System
from prover.pipeline.anynumber import wording
from prover.pipeline.anynumber.engine import Confirmed, Contradicted, Unfinished
from prover.pipeline.anynumber.real import engine
from prover.pipeline.program import read_program
from prover.verdict import Obligation, Request


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What became of a certificate: who has confirmed it, or why it is none of today's protocol.

    ``changed``: the text is not the one that it was made from.  ``taken`` is what the proof takes
    for granted of counts of references, "" for nothing.
    """

    header: Header | None
    by: tuple[str, ...]
    changed: bool
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    taken: str = ""


def file_of(name: str, obligation: Obligation) -> str:
    """What the certificate of an obligation of the file ``name`` is called in a folder of them."""
    o = obligation
    what = msgspec.json.encode((name, o.scenario, o.variant, o.configuration))
    return sha256(what).hexdigest()


def writer(
    folder: Path, name: str, program: Program, obligation: Obligation
) -> Callable[[System, Invariant], None]:
    """What writes the certificate of one obligation into a folder."""

    def write(system: System, invariant: Invariant) -> None:
        lines = written(system, tabled(invariant), _about(name, program, obligation))
        (folder / file_of(name, obligation)).write_bytes(packed(lines, ""))

    return write


def _about(name: str, program: Program, obligation: Obligation) -> About:
    return About(
        name,
        _sums(program),
        obligation.scenario,
        obligation.variant,
        dict(obligation.configuration),
    )


def _sums(program: Program) -> list[SourceSum]:
    return [SourceSum(file, sum_of(each.text)) for file, each in sorted(program.sources.items())]


def recheck(content: bytes, certificate: str, file: str, request: Request) -> Rechecked:
    """A certificate checked against a protocol as it is today: ``file``, or the one it names."""
    sources: Mapping[str, Source] = {}
    header: Header | None = None
    try:
        found = read(content, certificate)
        header = found.header
        about = header.about
        program = read_program(file or about.file, request)
        sources = program.sources
        protocol = check(program, about.variant)
        obligation = _obligation(protocol, about)
        system = _system(protocol, obligation, header)
        # Whether it fits is found out by what is in it: places and states have names.
        table = bound(system, found, about)
        by = _confirmed(system, table, request.timeout)
    except LoadError as error:
        return Rechecked(header, (), False, error.diagnostics, error.sources)
    except DiagnosticError as error:
        return Rechecked(header, (), False, error.diagnostics, sources)
    except (Refused, Infinite) as error:
        label = None if error.span is None else Label(error.span, "")
        wrong = Diagnostic("certificate-other", error.what, label, (), "prove the file again")
        return Rechecked(header, (), False, (wrong,), sources)
    return Rechecked(header, by, _sums(program) != about.sources, (), sources, _taken(system))


def _system(protocol: Protocol, obligation: Obligation, header: Header) -> System:
    """The system that a certificate is of: with counts, or with parts of them only."""
    system, parts = engine().system(protocol, obligation), engine().counted
    names = tuple(each.name for each in header.variables)
    if names != system.variables() and parts is not None:
        counted = parts(protocol, obligation)
        if counted is not None and names == counted.variables():
            return counted
    return system


def _taken(system: System) -> str:
    """What a proof of a system takes for granted."""
    counts = engine().counts
    named = counts(system) if counts is not None else ()
    return wording.few_references(named) if named else ""


def _obligation(protocol: Protocol, about: About) -> Obligation:
    """The obligation that a certificate is about.  Raises DiagnosticError where there is none."""
    scenario = protocol.scenarios.get(about.scenario)
    if scenario is None or not scenario.unbounded:
        raise _other(f"the file has no scenario `{about.scenario}` of any number")
    fits = about.config.keys() == protocol.configs.keys() and all(
        about.config[name] in values for name, values in protocol.configs.items()
    )
    if not fits:
        raise _other("the file has other configs")
    configuration = tuple((name, about.config[name]) for name in protocol.configs)
    return Obligation(about.scenario, about.variant, configuration, "sc")


def _other(why: str) -> DiagnosticError:
    message = f"the certificate is of something else: {why}"
    diagnostic = Diagnostic("certificate-other", message, None, (), "prove the file again")
    return DiagnosticError((diagnostic,))


def _confirmed(system: System, invariant: Invariant, seconds: float) -> tuple[str, ...]:
    """Who confirms an invariant.  Raises DiagnosticError where somebody does not."""
    names: list[str] = []
    with closing(engine(several=True).opinions(system, invariant, seconds)) as said:
        for opinion in said:
            match opinion:
                case Confirmed(by=by):
                    names.append(by)
                case Contradicted(by=by, why=why) | Unfinished(by=by, why=why):
                    message = f"{by} does not confirm the certificate: {why}"
                    raise DiagnosticError((Diagnostic("certificate-refused", message, None),))
    return tuple(names)
