"""The lock classes of files, and the orders they are taken in: ``prove locks``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from prover.execution.lock_graph import LockGraph, lock_graph, merged
from prover.pipeline.obligations import numbered, tasks
from prover.pipeline.pool import Lost, run_pool
from prover.pipeline.program import read_program
from prover.verdict import Request

_TOO_LARGE: Final = "too-large"


def locks(request: Request) -> LockGraph:
    """The graph of all scenarios and configs that the request selects, without variants.

    Loops are unrolled ``request.max_bound`` times.  Raises LoadError.
    """
    return merged(graph for name in request.files for graph in _of_file(name, request))


def _of_file(name: str, request: Request) -> Iterator[LockGraph]:
    program = read_program(name, request)
    try:
        protocol = check(program)
        found = numbered(protocol, tasks(protocol, request))
        chosen = [t.obligation for t in found if not t.obligation.variant]
        pairs = list(dict.fromkeys((o.scenario, o.configuration) for o in chosen))
        yield from _limited(program, protocol, pairs, request)
    except DiagnosticError as error:
        raise LoadError(error.diagnostics, program.sources) from None


def _limited(
    program: Program,
    protocol: Protocol,
    pairs: list[tuple[str, tuple[tuple[str, str], ...]]],
    request: Request,
) -> Iterator[LockGraph]:
    """A graph for each scenario and configuration, made within the limits of an obligation."""
    weak = any(model != "sc" for model in protocol.models)

    def job(number: int) -> LockGraph | tuple[Diagnostic, ...]:
        from prover.execution.analysis import analyse
        from prover.execution.construct.program import build
        from prover.execution.domains import DomainTooLarge
        from prover.execution.order import static_order
        from prover.graph import compile_program
        from prover.graph.limits import TooLarge

        scenario, configuration = pairs[number]
        try:
            compiled = compile_program(protocol, scenario, dict(configuration), request.max_bound)
            skeleton = build(compiled)
            domains = analyse(skeleton, static_order(skeleton), weak=weak)
            return lock_graph(skeleton, domains, program.sources)
        except DiagnosticError as error:
            return error.diagnostics
        except (TooLarge, DomainTooLarge) as error:
            return (Diagnostic(_TOO_LARGE, str(error), None, hint="try a lower --bound"),)

    workers = max(1, request.jobs)
    answers = run_pool(
        job, len(pairs), workers=workers, seconds=request.timeout, memory=request.memory
    )
    for _, result in sorted(answers, key=lambda answer: answer[0]):
        if isinstance(result, Lost):
            raise DiagnosticError((Diagnostic(_TOO_LARGE, result.why, None),))
        if isinstance(result, tuple):
            raise DiagnosticError(result)
        yield result
