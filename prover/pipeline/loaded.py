"""Files ready to be proved, and how their obligations go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dsl.check import check
from dsl.check.notes import Notes
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import Frozen, field, replace
from dsl.imports import LoadError, Program
from dsl.protocol import Protocol
from dsl.source import Source, sum_of
from prover.cache.outline import Outline
from prover.cache.outlined import outlined
from prover.cache.whole import Known, Made
from prover.pipeline.obligations import Task, tasks
from prover.pipeline.program import Parsed, is_library, read_program
from prover.pipeline.tree import Member, nothing_selected
from prover.verdict import FileReport, Request


class Loaded(Frozen, frozen=True):
    """A file ready to be proved.

    ``protocols`` holds the protocol with each variant applied so far ("" for none): a variant
    is applied and checked by the worker that first needs it.  ``notes`` are what checks of them
    have in common.
    """

    name: str
    folder: str
    program: Program
    sources: Mapping[str, Source]
    protocols: dict[str, Protocol]
    tasks: tuple[Task, ...]
    notes: Notes

    def protocol(self, variant: str) -> Protocol:
        """The protocol with a variant applied ("" for none).  Raises DiagnosticError."""
        if variant not in self.protocols:
            base = self.protocols[""]
            self.protocols[variant] = check(self.program, variant, base, self.notes)
        return self.protocols[variant]


class AllRead(Frozen, frozen=True):
    """What is known of the files read so far.

    ``refused`` is why files that were found are passed over, ``checked`` the text of all that was
    checked as a part of some program; ``unfinished`` are libraries that do not check by themselves,
    by name: what they lack may be declared by those who import them.  ``programs`` are the files
    that could be read, by name.
    """

    parsed: Parsed = field(default_factory=Parsed)
    refused: list[Diagnostic] = field(default_factory=list[Diagnostic])
    checked: set[str] = field(default_factory=set[str])
    unfinished: dict[str, str] = field(default_factory=dict[str, str])
    programs: dict[str, Program] = field(default_factory=dict[str, Program])
    notes: dict[str, Notes] = field(default_factory=dict[str, Notes])
    _outlined: dict[Source, tuple[str, Outline]] = field(
        default_factory=dict[Source, tuple[str, Outline]]
    )

    def made(self, report: FileReport) -> Made:
        """A report to be remembered, with what was read for it."""
        program = self.programs.get(report.name)
        if program is None:
            return Made(report)
        notes = self.notes[report.name]
        counted = notes.statements, notes.indexes
        unfinished = report.name in self.unfinished
        return Made(report, program.read, program.absent, unfinished, *counted)

    def outlines(self) -> dict[str, Outline]:
        """What the files declare that were parsed, by the sums of their texts."""
        for source, file in self.parsed.items():
            if source not in self._outlined:
                self._outlined[source] = sum_of(source.text), outlined(file, source.text)
        return dict(self._outlined.values())

    def whole(self, report: FileReport) -> FileReport:
        """The report on a file; nothing is wrong with a library that a good program imports."""
        if self.unfinished.get(report.name) in self.checked:
            return replace(report, diagnostics=())
        return report


def load_all(
    request: Request,
    members: Sequence[Member | FileReport],
    known: Mapping[tuple[str, str], Known],
    ready: Mapping[tuple[str, str], Loaded | FileReport] | None = None,
    read: AllRead | None = None,
    *,
    idle: bool = False,
) -> tuple[list[Loaded | FileReport], AllRead]:
    """Every file that the request names, but for those known; what they import is parsed once.

    ``ready`` are files that were loaded before, ``read`` is what is known of them.  ``idle``: that
    there is nothing to prove in them is no mistake.
    """
    read = AllRead() if read is None else read
    ready = {} if ready is None else ready
    for each in known.values():
        if not each.unfinished:
            read.checked.update(source.text for source in each.report.sources.values())
    found = [
        member
        if isinstance(member, FileReport)
        else ready.get((member.name, member.folder)) or _loaded(member, request, known, read)
        for member in members
    ]
    loaded = [read.whole(file) if isinstance(file, FileReport) else file for file in found]
    folders = list(dict.fromkeys(file.folder for file in loaded if file.folder))
    wrong = not idle and not any(
        isinstance(file, Loaded) or file.diagnostics or file.outcomes for file in loaded
    )
    if folders and wrong and known:
        # What each file says of the selection is not remembered.
        return load_all(request, members, {})
    if folders and wrong:
        nothing = nothing_selected(folders, read.refused, request)
        loaded.append(FileReport(folders[0], (), (nothing,), {}))
    return loaded, read


def _loaded(
    member: Member,
    request: Request,
    known: Mapping[tuple[str, str], Known],
    read: AllRead,
) -> Loaded | FileReport:
    """One file, as it is known or newly loaded."""
    found = known.get((member.name, member.folder))
    return load(member, request, read) if found is None else found.report


def load(member: Member, request: Request, read: AllRead) -> Loaded | FileReport:
    """Loads and checks one file."""
    name, folder = member.name, member.folder
    try:
        program = read_program(name, request, read.parsed)
    except LoadError as error:
        return FileReport(name, (), error.diagnostics, error.sources, folder=folder)
    sources = program.sources
    read.programs[name] = program
    try:
        notes = read.notes[name] = Notes()
        protocol = check(program, notes=notes)
    except DiagnosticError as error:
        if folder and is_library(program):
            read.unfinished[name] = sources[program.main.name].text
        return FileReport(name, (), error.diagnostics, sources, folder=folder)
    read.checked.update(source.text for source in sources.values())
    try:
        selected = tasks(protocol, request)
    except DiagnosticError as error:
        if not folder:
            return FileReport(name, (), error.diagnostics, sources)
        # Of a library, or of a protocol without what is asked for, nothing else is wanted.
        read.refused.extend(error.diagnostics)
        return FileReport(name, (), (), sources, folder=folder)
    return Loaded(name, folder, program, sources, {"": protocol}, tuple(selected), notes)


def family_of(job: tuple[int, Task]) -> object:
    """What variants have in common that may be decided in one program."""
    index, task = job
    return index, task.obligation.scenario, task.obligation.configuration


def kind_of(job: tuple[int, Task]) -> tuple[object, object]:
    """The scenario, whose variants are checked and put together once, and the family."""
    index, task = job
    return (index, task.obligation.scenario), family_of(job)


def grouped(jobs: list[tuple[int, Task]], *, together: bool) -> list[list[int]]:
    """The obligations that differ only in the memory model, together: they share their work."""
    found: dict[object, list[int]] = {}
    for number, (index, task) in enumerate(jobs):
        o = task.obligation
        alone = "" if together else o.model
        found.setdefault((index, o.scenario, o.variant, o.configuration, alone), []).append(number)
    return list(found.values())
