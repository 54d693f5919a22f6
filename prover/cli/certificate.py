"""``prove certificate``: is a saved certificate still a proof?  And how one is saved."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import (
    STANDARD_INPUT,
    complain_about,
    not_writable,
    read_standard_input,
    resolved,
    write_whole,
)
from prover.cli.options import Memory, Timeout
from prover.cli.terminal import emit as say

if TYPE_CHECKING:
    from prover.verdict import Report

EmitOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--emit",
        metavar="certificate=PATH",
        help="Write the certificate of the proof for any number of actors.",
        show_default=False,
    ),
]


def certificate(
    saved: Annotated[
        str, typer.Argument(metavar="CERTIFICATE", help="What `--emit certificate=PATH` wrote.")
    ],
    file: Annotated[
        str,
        typer.Argument(
            metavar="[FILE]", help="The protocol; without it the one that the certificate names."
        ),
    ] = "",
    timeout: Timeout = 900,
    memory: Memory = 8192,
) -> None:
    """Check a saved certificate on today's protocol.

    Exit: 0 it is a proof of it, 1 it is none, 2 usage, or a certificate of something else.
    """
    from dsl.files import Refusal
    from prover.parametric.certificate.document import MAX_SIZE
    from prover.pipeline.anynumber.saved import recheck
    from prover.verdict import Request

    try:
        content = _bytes(Path(saved), MAX_SIZE)
    except Refusal as refusal:
        complain_about((refusal.about(saved),), {})
        raise typer.Exit(USAGE_ERROR) from None
    request = Request(
        files=(file,),
        stdin_text=read_standard_input() if file == STANDARD_INPUT else None,
        timeout=timeout,
        memory=memory,
    )
    found = recheck(content, saved, file, request)
    complain_about(found.diagnostics, found.sources)
    if found.diagnostics:
        refused = all(each.code == "certificate-refused" for each in found.diagnostics)
        raise typer.Exit(1 if refused else USAGE_ERROR)
    assert found.header is not None
    about = found.header.about
    question = f"{about.scenario} / {about.variant}" if about.variant else about.scenario
    where = "".join(f" {name}={value}" for name, value in about.config.items())
    say(
        f"{file or about.file}: proved   {question}{where}  any number of actors, under sc\n"
        f"  {found.header.states} shared states, {found.header.views} views of "
        f"{found.header.size}, confirmed by {', '.join(found.by)}\n"
    )
    if found.taken:
        say(f"  {found.taken}\n")
    if found.changed:
        say("  the text has changed since it was made: it is a proof of what it says now\n")
    raise typer.Exit(0)


def _bytes(path: Path, most: int) -> bytes:
    """A file's bytes.  Raises Refusal."""
    from dsl.files import Refusal

    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise Refusal("file-not-found", "does not exist", "check the path") from None
    except IsADirectoryError:
        raise Refusal("not-a-file", "is a folder", "name a certificate") from None
    except OSError as error:
        raise Refusal("unreadable-file", error.strerror or str(error), "") from None
    if len(content) > most:
        raise Refusal("too-large", f"is larger than {most >> 20} MiB", "") from None
    return content


def emitted(text: str, inputs: list[str]) -> Path | None:
    """The file that ``--emit`` names, None where nothing is asked; a usage error if it is wrong."""
    if not text:
        return None
    what, equals, where = text.partition("=")
    if what != "certificate" or not equals or not where:
        raise _usage(f"{text!r} is not certificate=PATH")
    path = Path(where)
    if resolved(path) in {resolved(Path(name)) for name in inputs} or path.suffix == ".khp":
        raise _usage(f"{where!r} is the name of a protocol, not of a certificate")
    why = not_writable(path)
    if why:
        raise _usage(f"{where!r} cannot be written: {why}")
    return path


def _usage(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="'--emit'")


def folder() -> TemporaryDirectory[str]:
    """Where workers leave certificates until it is known which one is wanted."""
    return TemporaryDirectory(prefix="prove-")


def save(report: Report, made: Path, path: Path) -> int:
    """Writes the one certificate of a report; 0, or the exit code where there is not one."""
    from gzip import compress

    from dsl.diagnostic import Diagnostic
    from prover.pipeline.anynumber.saved import file_of
    from prover.verdict import Proved

    there = [
        (outcome.obligation, made / file_of(file.name, outcome.obligation))
        for file in report.files
        for outcome in file.outcomes
        if isinstance(outcome.verdict, Proved) and outcome.verdict.number is not None
    ]
    if len(there) != 1:
        few = not there
        code = "no-certificate" if few else "several-certificates"
        message = (
            "nothing is proved for any number of actors here: there is no certificate"
            if few
            else f"{len(there)} proofs for any number of actors: a certificate is of one"
        )
        hint = "select one with --scenario, --variant, --config" if not few else ""
        complain_about((Diagnostic(code, message, None, (), hint),), {})
        return USAGE_ERROR
    try:
        content = there[0][1].read_bytes()
        write_whole(path, compress(content, 6, mtime=0) if path.suffix == ".gz" else content)
    except OSError as error:
        message = f"the certificate `{path}` cannot be written: {error.strerror or error}"
        complain_about((Diagnostic("unwritable-file", message, None),), {})
        return USAGE_ERROR
    return 0
