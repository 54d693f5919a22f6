"""``prove FILE...``: prove protocols."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias, assert_never

import typer

from dsl.frozen import Frozen, replace
from prover.cli.cache import say_trouble, store
from prover.cli.certificate import EmitOption, emitted, folder, save
from prover.cli.certify import second
from prover.cli.entry import USAGE_ERROR
from prover.cli.files import (
    STANDARD_INPUT,
    address,
    complain_about,
    feature,
    read_standard_input,
    settings,
)
from prover.cli.liveness import LivenessOption, can_have_warnings, look
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
from prover.cli.output import Output, output_to
from prover.cli.reports import LITMUS, PROOFS, ProofReportOption, Reports, reports
from prover.cli.terminal import Color, ProgressLine, complain, emit, use_color

if TYPE_CHECKING:
    from prover.answers import LitmusReport
    from prover.litmus.batch import LitmusRequest
    from prover.pipeline.tree import Member
    from prover.verdict import FileReport, Report, Request

Format: TypeAlias = Literal[
    "table", "commit", "json", "witness", "litmus", "svg", "mermaid", "dot", "herd"
]


class _Shown(Frozen, frozen=True):
    """How a report is printed."""

    output: Format
    out: Output
    color: Color
    verbose: bool
    quiet: bool
    full: bool
    timings: bool


class _How(Frozen, frozen=True):
    """What else becomes of a report, and on whose word: ``certify``, on a second solver's, too.

    The ``certificate`` of its proof for any number of actors goes into that file.  ``liveness``:
    retry loops that go round for ever are looked for.
    """

    written: Reports[Report]
    cached: bool
    certify: bool
    certificate: Path | None
    liveness: bool


def run(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            help="Protocols (.khp; - is standard input), folders of them, or .litmus tests.",
            show_default=False,
        ),
    ] = None,
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
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = "table",
    into: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="OUT", help="Write text, picture or document to this file."
        ),
    ] = "",
    report_to: ProofReportOption = None,
    emit_to: EmitOption = "",
    changed: Annotated[
        str | None,
        typer.Option(
            metavar="[REV]",
            help="Only what changes since REV (HEAD) can affect; without FILE, below here.",
            show_default=False,
        ),
    ] = None,
    color: Annotated[Color, typer.Option(help="Colour the output.")] = "auto",
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Prove again whenever a file or an import changes.")
    ] = False,
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
    certify: Annotated[
        bool, typer.Option("--certify", help="Have cvc5 check every proof, too.")
    ] = False,
    liveness: LivenessOption = False,
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
    named = list(files or ([] if changed is None else ["."]))
    if not named:
        raise typer.BadParameter("name files or folders", param_hint="'FILE...'")
    configuration = settings(config)
    out = output_to(into, output, named)
    if any(name.endswith(".litmus") for name in named) or output == "herd":
        from prover.litmus.batch import LitmusRequest

        _asks_of_protocols(
            output,
            scenario=scenario,
            variant=variant,
            config=config,
            certify=certify,
            liveness=liveness,
            changed=changed,
            watch=watch,
            cluster=cluster,
        )
        explain = output == "json" or (output == "table" and (verbose or len(named) == 1))
        wanted = reports(report_to, LITMUS, named)
        asked = LitmusRequest(tuple(named), model or "lkmm", timeout, memory, jobs, explain)
        raise typer.Exit(_litmus(asked, output, wanted, color, quiet=quiet))
    written = reports(report_to, PROOFS, named)
    if watch:
        from prover.cli.watch import can_be_watched

        can_be_watched(named, output, changed)
    only = None
    if changed is not None:
        from prover.cli.changed import since

        only = since(changed, named, color)
    # Slow imports come after the options are known to be right.
    from prover.verdict import Request

    request = Request(
        files=tuple(named),
        stdin_text=read_standard_input() if STANDARD_INPUT in named else None,
        scenario=scenario or None,
        variant=variant or None,
        config=configuration,
        model=model or None,
        max_bound=max_bound,
        timeout=timeout,
        memory=memory,
        jobs=jobs,
        explain=verbose or output != "table" or written.every_witness,
        without=tuple(feature(name) for name in without or ()),
        cluster=address(cluster) if cluster else "",
    )
    shown = _Shown(output, out, color, verbose, quiet, full, timings)
    path = emitted(emit_to, named)
    # What is remembered has no certificate.
    how = _How(written, not no_cache and path is None, certify, path, liveness)
    if liveness:
        can_have_warnings(output)
    if certify and cluster:
        message = "the second solver is asked on this machine only"
        raise typer.BadParameter(message, param_hint="'--certify'")
    if watch:
        from prover.cli.watch import watch as prove_again

        prove_again(named, lambda: _prove(request, only, how, shown))
    raise typer.Exit(_prove(request, only, how, shown))


def _prove(
    request: Request, only: Sequence[Member | FileReport] | None, how: _How, shown: _Shown
) -> int:
    """Proves a request, or ``only`` some of its files, and prints what comes out; the exit code."""
    if how.certificate is not None:
        with folder() as made:
            asked = replace(request, certificates=made)
            report = _proved(asked, only, how, shown)
            missing = save(report, Path(made), how.certificate)
        code = _told(report, request, how, shown)
        return max(code, missing)
    report = _proved(request, only, how, shown)
    return _told(report, request, how, shown)


def _told(report: Report, request: Request, how: _How, shown: _Shown) -> int:
    """Prints a report as it is wanted; the exit code."""
    from prover.verdict import exit_code

    output, color = shown.output, shown.color
    for file in report.files:
        complain_about(file.diagnostics, file.sources, color)
    match output:
        case "svg" | "mermaid" | "dot":
            from prover.cli.pictures import draw

            code = draw(report, output, color, shown.out, full=shown.full)
        case "witness":
            from prover.cli.witness import save

            code = save(report, color, shown.out)
        case "litmus":
            from prover.cli.witness import export

            code = export(report, request, color, shown.out)
        case _:
            _print(report, shown)
            code = exit_code(report)
    how.written.write(report)
    if shown.timings:
        from prover.render.timings import render_timings

        complain(render_timings(report))
    return code


def _proved(
    request: Request, only: Sequence[Member | FileReport] | None, how: _How, shown: _Shown
) -> Report:
    """Proves; says so and exits where the cluster that is to do it cannot be used."""
    from dsl.diagnostic import DiagnosticError
    from prover.pipeline import run as prove_files

    remembered = store() if how.cached else None
    try:
        with ProgressLine(sys.stderr, enabled=not shown.quiet) as line:
            asked = second() if how.certify else None
            report = prove_files(request, line.show, remembered, asked, only)
    except DiagnosticError as error:
        say_trouble(remembered)
        complain_about(error.diagnostics, {}, shown.color)
        raise typer.Exit(USAGE_ERROR) from None
    say_trouble(remembered)
    return look(report, request, quiet=shown.quiet) if how.liveness else report


def _asks_of_protocols(output: Format, **chosen: str | list[str] | bool | None) -> None:
    """A usage error for a format, or an option, which litmus tests have no use for."""
    if output in ("witness", "litmus"):
        message = f"--format {output} is for protocols; `--format json` has a test's execution"
        raise typer.BadParameter(message, param_hint="'--format'")
    for option in (name for name, value in chosen.items() if value):
        message = "it selects within protocols: litmus tests have none of it"
        if option == "certify":
            message = "it is for protocols: litmus tests are decided by one solver"
        raise typer.BadParameter(message, param_hint=f"'--{option}'")


def _litmus(
    request: LitmusRequest,
    output: Format,
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
    report: LitmusReport, code: int, output: Format, color: Color, *, quiet: bool
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


def _print(report: Report, shown: _Shown) -> None:
    """Prints a report; that there is nothing to paste is said, and no file made of it."""
    text = _rendered(report, shown)
    if text or shown.output != "commit":
        shown.out.write(text)
    elif not any(file.diagnostics for file in report.files):
        complain("nothing is refuted: there is no text for a commit message\n")


def _rendered(report: Report, shown: _Shown) -> str:
    full = shown.full
    match shown.output:
        case "table":
            from prover.render.table import render_report

            color = use_color(shown.color, sys.stdout)
            return render_report(report, shown.verbose, shown.quiet, color, full=full)
        case "commit":
            from prover.render.commit import render_commit

            return render_commit(report, full=full)
        case "json":
            from prover.render.json_report import render

            return render(report)
        case "herd" | "witness" | "litmus" | "svg" | "mermaid" | "dot":
            raise AssertionError(shown.output)
        case _:
            assert_never(shown.output)
