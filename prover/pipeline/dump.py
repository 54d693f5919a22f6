"""The intermediate forms of one obligation as text: ``prove dump``."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, assert_never

from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import replace
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.program import first_obligation
from prover.verdict import Obligation, Request

Form: TypeAlias = Literal["graph", "unrolled", "events", "smt2"]

_TOO_LARGE: Final = "too-large"


def dump(form: Form, request: Request) -> str:
    """One form of the first obligation that the request selects in its file.

    Loops are unrolled ``request.max_bound`` times.  Raises LoadError for whatever is wrong
    with the file, the selection, or the size of what would be printed.
    """
    (name,) = request.files
    program, protocol, obligation = first_obligation(name, request)
    try:
        return _limited(form, program, protocol, obligation, request)
    except DiagnosticError as error:
        raise LoadError(error.diagnostics, program.sources) from None


def _limited(
    form: Form, program: Program, protocol: Protocol, obligation: Obligation, request: Request
) -> str:
    """The text, made in a process of its own within the limits of an obligation."""

    def job(_: int) -> str | tuple[Diagnostic, ...]:
        from prover.execution.domains import DomainTooLarge
        from prover.graph.limits import TooLarge
        from prover.smt.query import QueryTooLarge

        try:
            return _text(form, program, protocol, obligation, request.max_bound)
        except DiagnosticError as error:
            return error.diagnostics
        except (TooLarge, DomainTooLarge, QueryTooLarge) as error:
            return (Diagnostic(_TOO_LARGE, str(error), None, hint="try a lower --bound"),)

    pool = run_pool(job, 1, workers=1, seconds=request.timeout, memory=request.memory)
    ((_, result),) = pool
    if isinstance(result, Lost):
        raise DiagnosticError((Diagnostic(_TOO_LARGE, result.why, None),))
    if isinstance(result, tuple):
        raise DiagnosticError(result)
    return result


def _text(
    form: Form, program: Program, protocol: Protocol, obligation: Obligation, bound: int
) -> str:
    """The passes as far as the form needs them, and their result printed."""
    from prover.execution.construct.program import build
    from prover.execution.pretty import format_skeleton
    from prover.graph import compile_program
    from prover.graph.lower import lower
    from prover.graph.pretty import format_program

    configuration = dict(obligation.configuration)
    if form == "graph":
        return format_program(lower(protocol, obligation.scenario, configuration))
    compiled = compile_program(protocol, obligation.scenario, configuration, bound)
    match form:
        case "unrolled":
            return format_program(compiled)
        case "events":
            return format_skeleton(build(compiled), program.sources)
        case "smt2":
            from prover.smt.encode import encode, prepare

            if obligation.model != "sc":
                compiled = replace(compiled, invariants=())
            return encode(prepare(build(compiled), obligation.model)).text
        case _:
            assert_never(form)
