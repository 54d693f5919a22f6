"""A folder of protocols, file by file: what each asks and expects, and what it costs."""

from __future__ import annotations

import re
import resource
from collections.abc import Callable
from pathlib import PurePath

from dsl import frozen
from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.header import comment_lines, read_header
from dsl.imports import LoadError, Program
from prover.catalog import Catalog, Entry
from prover.pipeline import run
from prover.pipeline.obligations import tasks
from prover.pipeline.program import Parsed, is_library, read_program
from prover.pipeline.tree import members
from prover.verdict import FileReport, Progress, Request, exit_code


def catalog(
    folder: str, request: Request, on_progress: Callable[[Progress], None], *, timed: bool
) -> Catalog:
    """What is below a folder.  ``timed``: all of it is proved, which takes the time it takes.

    Files are proved one after another, for the time of each.  Nothing is raised for what is wrong
    with a file.
    """
    parsed: Parsed = {}
    entries: list[Entry] = []
    unexpected: list[str] = []
    codes: set[int] = {0}
    for member in members([folder]):
        if isinstance(member, FileReport):
            return Catalog(folder, diagnostics=member.diagnostics, exit_code=2)
        try:
            program = read_program(member.name, request, parsed)
        except LoadError as error:
            return Catalog(
                folder, diagnostics=error.diagnostics, sources=error.sources, exit_code=2
            )
        try:
            entry = _entry(folder, member.name, program)
        except DiagnosticError as error:
            return Catalog(
                folder, diagnostics=error.diagnostics, sources=program.sources, exit_code=2
            )
        if timed and entry.verdicts:
            before = _spent()
            report = run(frozen.replace(request, files=(member.name,)), on_progress)
            entry = replace(entry, seconds=_spent() - before)
            if exit_code(report):
                unexpected.append(member.name)
                codes.add(exit_code(report))
        entries.append(entry)
    code = next(code for code in (4, 2, 1, 3, 0) if code in codes)
    return Catalog(folder, tuple(entries), timed, exit_code=code, unexpected=tuple(unexpected))


def _entry(folder: str, name: str, program: Program) -> Entry:
    """One file, without its time.  Raises DiagnosticError."""
    source = program.sources[program.main.name]
    header, _ = read_header(program.main, source)
    comment = "\n".join(line.text for line in comment_lines(program.main, source.text))
    # What is only imported is checked by who imports it.
    asked = [] if is_library(program) else tasks(check(program), Request(files=(name,)))
    # Where nothing is said a proof is expected.
    verdicts = tuple("proved" if t.expected is None else t.expected.verdict for t in asked)
    place = PurePath(name).relative_to(folder).as_posix()
    return Entry(place, header, "" if header else _first_sentence(comment.strip()), verdicts)


def _first_sentence(comment: str) -> str:
    """The first sentence of the first paragraph of a comment."""
    paragraph = " ".join(comment.split("\n\n", maxsplit=1)[0].split())
    match = re.match(r".+?[.?!](?=\s|$)", paragraph)
    return match[0] if match else paragraph


def _spent() -> float:
    """Seconds of processor time, this process's and those of workers that have ended."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime
