"""``prove FILE...``: prove protocols."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, assert_never

import typer

from prover.cli.cache import say_trouble, store
from prover.cli.entry import USAGE_ERROR
from prover.cli.files import (
    STANDARD_INPUT,
    address,
    complain_about,
    feature,
    read_standard_input,
    setting,
)
from prover.cli.options import (
    Cluster,
    Jobs,
    MaxBound,
    Memory,
    OnlyConfig,
    OnlyScenario,
    Timeout,
    Without,
)
from prover.cli.reports import LITMUS, PROOFS, ProofReportOption, Reports, reports
from prover.cli.terminal import Color, ProgressLine, complain, emit, use_color

if TYPE_CHECKING:
    from prover.answers import LitmusReport
    from prover.litmus.batch import LitmusRequest
    from prover.verdict import Report, Request

Output: TypeAlias = Literal[
    "table", "commit", "json", "witness", "litmus", "svg", "mermaid", "dot", "herd"
]


def run(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Protocols (.khp; - is standard input), folders of them, or .litmus tests.",
        ),
    ],
    scenario: OnlyScenario = "",
    variant: Annotated[
        str, typer.Option(metavar="NAME", help="Only this variant.", show_default=False)
    ] = "",
    config: OnlyConfig = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Only this memory model; for litmus also FILE.cat.",
            show_default=False,
        ),
    ] = "",
    max_bound: MaxBound = 8,
    timeout: Timeout = 60,
    memory: Memory = 2048,
    jobs: Jobs = 0,
    cluster: Cluster = "",
    without: Without = None,
    output: Annotated[Output, typer.Option("--format", help="What to print.")] = "table",
    report_to: ProofReportOption = None,
    color: Annotated[Color, typer.Option(help="Colour the output.")] = "auto",
    *,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only what was not expected, and the summary.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Every witness, and what a verdict leaves out.")
    ] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="Every step of every witness, not only the decisive ones."),
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Prove all again, and remember nothing.")
    ] = False,
    timings: Annotated[
        bool,
        typer.Option(
            "--timings",
            help="Where the time went, on standard error; what is remembered took none.",
        ),
    ] = False,
) -> None:
    """Prove kernel locking protocols, or show the interleaving that breaks them.

    Every scenario, variant, config and memory model of every FILE, and of every
    protocol below a folder, is proved and compared with what the file expects.

    Exit: 0 all as expected, 1 not as expected, 2 usage or an error in a file, 3 not
    settled (unknown, bounded, vacuous), 4 a bug in prove, 130 interrupted.
    """
    verbose = verbose or full or bool(variant)
    configuration = tuple(setting(text) for text in config or ())
    if any(name.endswith(".litmus") for name in files) or output == "herd":
        from prover.litmus.batch import LitmusRequest

        if output in ("witness", "litmus"):
            message = f"--format {output} is for protocols; `--format json` has a test's execution"
            raise typer.BadParameter(message, param_hint="'--format'")
        _selects_nothing(scenario=scenario, variant=variant, config=config)
        if cluster:
            raise typer.BadParameter("it is for protocols only", param_hint="'--cluster'")
        explain = output == "json" or (output == "table" and (verbose or len(files) == 1))
        wanted = reports(report_to, LITMUS, files)
        asked = LitmusRequest(tuple(files), model or "lkmm", timeout, memory, jobs, explain)
        raise typer.Exit(_litmus(asked, output, wanted, color, quiet=quiet))
    into = reports(report_to, PROOFS, files)
    # Slow imports come after the options are known to be right.
    from prover.verdict import Request, exit_code

    request = Request(
        files=tuple(files),
        stdin_text=read_standard_input() if STANDARD_INPUT in files else None,
        scenario=scenario or None,
        variant=variant or None,
        config=configuration,
        model=model or None,
        max_bound=max_bound,
        timeout=timeout,
        memory=memory,
        jobs=jobs,
        explain=verbose or output != "table" or into.every_witness,
        without=tuple(feature(name) for name in without or ()),
        cluster=address(cluster) if cluster else "",
    )
    report = _proved(request, color, quiet=quiet, no_cache=no_cache)
    for file in report.files:
        complain_about(file.diagnostics, file.sources, color)
    match output:
        case "svg" | "mermaid" | "dot":
            from prover.cli.pictures import draw

            code = draw(report, output, color, full=full)
        case "witness":
            from prover.cli.witness import save

            code = save(report, color)
        case "litmus":
            from prover.cli.witness import export

            code = export(report, request, color)
        case _:
            _print(report, output, color, verbose=verbose, quiet=quiet, full=full)
            code = exit_code(report)
    into.write(report)
    if timings:
        from prover.render.timings import render_timings

        complain(render_timings(report))
    raise typer.Exit(code)


def _proved(request: Request, color: Color, *, quiet: bool, no_cache: bool) -> Report:
    """Proves; says so and exits where the cluster that is to do it cannot be used."""
    from dsl.diagnostic import DiagnosticError
    from prover.pipeline import run as prove_files

    remembered = None if no_cache else store()
    try:
        with ProgressLine(sys.stderr, enabled=not quiet) as line:
            report = prove_files(request, line.show, remembered)
    except DiagnosticError as error:
        say_trouble(remembered)
        complain_about(error.diagnostics, {}, color)
        raise typer.Exit(USAGE_ERROR) from None
    say_trouble(remembered)
    return report


def _selects_nothing(**chosen: str | list[str] | None) -> None:
    """A usage error for an option that selects within protocols: of litmus tests it would not."""
    for option in (name for name, value in chosen.items() if value):
        message = "it selects within protocols: litmus tests have none of it"
        raise typer.BadParameter(message, param_hint=f"'--{option}'")


def _litmus(
    request: LitmusRequest,
    output: Output,
    into: Reports[LitmusReport],
    color: Color,
    *,
    quiet: bool,
) -> int:
    """Decides litmus tests; the exit code."""
    from dsl.diagnostic import DiagnosticError
    from prover.litmus.batch import exit_code, run_litmus

    other = [name for name in request.files if not name.endswith(".litmus")]
    if other:
        message = f"{other[0]!r} is no litmus test (.litmus): give protocols to another `prove`"
        if output == "herd":
            message = f"{other[0]!r} is no litmus test (.litmus), and --format herd is for those"
        raise typer.BadParameter(message, param_hint="'FILE...'")
    if output in {"commit", "svg", "mermaid", "dot"}:
        message = f"{output!r} is of witnesses of protocols; litmus tests have none"
        raise typer.BadParameter(message, param_hint="'--format'")
    try:
        with ProgressLine(sys.stderr, enabled=not quiet) as line:
            report = run_litmus(request, line.show)
    except DiagnosticError as error:
        complain_about(error.diagnostics, {}, color)
        return 2
    for answer in report.tests:
        sources = {} if answer.source is None else {answer.source.name: answer.source}
        complain_about(answer.decided.diagnostics, sources, color)
    code = exit_code(report)
    emit(_rendered_litmus(report, code, output, color, quiet=quiet))
    into.write(report)
    return code


def _rendered_litmus(
    report: LitmusReport, code: int, output: Output, color: Color, *, quiet: bool
) -> str:
    match output:
        case "table":
            from prover.render.litmus import render_table

            return render_table(report, quiet=quiet, color=use_color(color, sys.stdout))
        case "json":
            from prover.render.json_litmus import render

            return render(report, code)
        case "herd":
            from prover.render.litmus import render_herd

            return render_herd(report)
        case "commit" | "witness" | "litmus" | "svg" | "mermaid" | "dot":
            raise AssertionError(output)
        case _:
            assert_never(output)


def _print(
    report: Report, output: Output, color: Color, *, verbose: bool, quiet: bool, full: bool
) -> None:
    """Prints a report; that there is nothing to paste is said beside it."""
    text = _rendered(report, output, color, verbose=verbose, quiet=quiet, full=full)
    emit(text)
    if output == "commit" and not text and not any(file.diagnostics for file in report.files):
        complain("nothing is refuted: there is no text for a commit message\n")


def _rendered(
    report: Report, output: Output, color: Color, *, verbose: bool, quiet: bool, full: bool
) -> str:
    match output:
        case "table":
            from prover.render.table import render_report

            return render_report(report, verbose, quiet, use_color(color, sys.stdout), full=full)
        case "commit":
            from prover.render.commit import render_commit

            return render_commit(report, full=full)
        case "json":
            from prover.render.json_report import render

            return render(report)
        case "herd" | "witness" | "litmus" | "svg" | "mermaid" | "dot":
            raise AssertionError(output)
        case _:
            assert_never(output)
