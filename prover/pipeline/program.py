"""The file that a request names, and the first obligation selected in it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.files import library_root
from dsl.imports import LoadError, Program, load, load_text
from dsl.protocol import Protocol
from dsl.source import Source
from dsl.syntax import File, Scenario
from prover.pipeline.obligations import tasks
from prover.verdict import Obligation, Request

Parsed: TypeAlias = dict[Source, File]
"""Files that were parsed before, for those that import them, too."""


def read_program(name: str, request: Request, parsed: Parsed | None = None) -> Program:
    """The file called ``name``; ``-`` is standard input.  ``parsed`` gets what is parsed now."""
    roots = (Path(request.library) if request.library else library_root(),)
    if name == "-":
        return load_text("<stdin>", request.stdin_text or "", Path.cwd(), roots)
    return load(Path(name), roots, parsed, dict(request.texts))


def is_library(program: Program) -> bool:
    """Whether a file is only imported: it has no scenario of its own."""
    return not any(isinstance(each, Scenario) for each in program.main.declarations)


def first_obligation(name: str, request: Request) -> tuple[Program, Protocol, Obligation]:
    """The file called ``name``, its first obligation that the request selects, and the protocol
    with that obligation's variant applied.  Raises LoadError.
    """
    program = read_program(name, request)
    try:
        protocol = check(program)
        obligation = tasks(protocol, request)[0].obligation
        if obligation.variant:
            protocol = check(program, obligation.variant)
    except DiagnosticError as error:
        raise LoadError(error.diagnostics, program.sources) from None
    return program, protocol, obligation
