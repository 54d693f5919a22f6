"""Each modelled function of the kernel beside what a tree has of it: ``compare(library, tree)``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final, Protocol

from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.files import MAX_BYTES, Refusal, protocols_below, read_text
from dsl.frozen import replace
from dsl.source import Source
from prover.drift.rows import Rows, beside, functions, read, written
from prover.drift.tree import Code, Tree, same_release
from prover.drifted import Drift, FileDrift, Finding, Origin, State

CONTEXT: Final = 3
MAX_SHOWN: Final = 400
"""Lines that are shown of one function."""


class Past(Protocol):
    """What functions were before, as far as that can still be had."""

    def modelled(self, origin: Origin) -> Code | None:
        """In the version that the model was made from."""
        ...

    def older(self, origin: Origin) -> tuple[str, Code] | None:
        """When it was recorded, and in which revision that was."""
        ...


class NoPast:
    """A tree without a history."""

    def modelled(self, origin: Origin) -> Code | None:  # noqa: ARG002 - it has none
        """Nothing."""
        return None

    def older(self, origin: Origin) -> tuple[str, Code] | None:  # noqa: ARG002
        """Nothing."""
        return None


@dataclass(frozen=True, slots=True)
class Modelled:
    """A protocol file with its functions, and the rows of its .drift file."""

    name: str
    drift: Path
    functions: frozenset[str]
    rows: Rows


@dataclass(frozen=True, slots=True)
class Library:
    """The files that are looked at, and what is wrong with them."""

    files: tuple[Modelled, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: dict[str, Source]


def library(names: Iterable[str]) -> Library:
    """The protocol files that are named, or are below a folder that is."""
    files: list[Modelled] = []
    wrong: list[Diagnostic] = []
    sources: dict[str, Source] = {}
    for name in names:
        try:
            paths = protocols_below(Path(name)) if Path(name).is_dir() else [Path(name)]
        except Refusal as refusal:
            wrong.append(refusal.about(name))
            continue
        for path in paths:
            if str(path) in sources:
                continue
            try:
                files.append(_modelled(path, wrong, sources))
            except Refusal as refusal:
                wrong.append(refusal.about(str(path)))
            except DiagnosticError as error:
                wrong.extend(error.diagnostics)
    return Library(tuple(files), tuple(wrong), sources)


def _modelled(path: Path, wrong: list[Diagnostic], sources: dict[str, Source]) -> Modelled:
    source = sources[str(path)] = Source(str(path), read_text(path)[0])
    defined = functions(source)
    drift = beside(path)
    try:
        rows = sources[str(drift)] = Source(str(drift), read_text(drift, MAX_BYTES)[0])
    except Refusal as refusal:
        if refusal.code != "file-not-found":
            wrong.append(refusal.about(str(drift)))
        return Modelled(str(path), drift, defined, Rows("", (), ()))
    found, mistakes = read(rows, defined)
    wrong.extend(mistakes)
    return Modelled(str(path), drift, defined, found)


def compare(library: Library, tree: Tree, past: Past) -> Drift:
    """What became of every function of the library."""
    wrong = list(library.diagnostics)
    files: list[FileDrift] = []
    for file in library.files:
        findings = [_finding(origin, tree, wrong, past) for _, origin in file.rows.origins]
        files.append(_file(file, findings))
    files = _with_places(files, tree)
    diagnostics = tuple(dict.fromkeys(wrong))
    return Drift(tree.version(), tuple(files), diagnostics, {**library.sources, **tree.sources})


def record(library: Library, tree: Tree, only: frozenset[str], *, again: bool) -> Drift:
    """Records what has not been recorded, with ``again`` also what has changed since.

    ``only``, where it is not empty, names the functions of the protocols that are meant.
    """
    wrong = list(library.diagnostics)
    version = tree.version()
    files: list[FileDrift] = []
    for file in library.files:
        findings: list[Finding] = []
        for _, origin in file.rows.origins:
            found = _finding(origin, tree, wrong, NoPast())
            if (not only or origin.function in only) and _to_be_recorded(found, again=again):
                found = _recorded(origin, tree, version) or found
            findings.append(found)
        files.append(_file(file, findings))
    diagnostics = tuple(dict.fromkeys(wrong))
    return Drift(version, tuple(files), diagnostics, {**library.sources, **tree.sources})


def texts(library: Library, drift: Drift) -> list[tuple[Path, str]]:
    """The .drift files that are to be written, with their new texts."""
    found: list[tuple[Path, str]] = []
    for file, said in zip(library.files, drift.files, strict=True):
        changed = {
            number: finding.origin
            for (number, _), finding in zip(file.rows.origins, said.findings, strict=True)
            if finding.state == State.RECORDED
        }
        if changed:
            found.append((file.drift, written(file.rows, changed)))
    return found


def _to_be_recorded(found: Finding, *, again: bool) -> bool:
    if found.state == State.UNRECORDED:
        return True
    return again and found.state in {State.CHANGED, State.AS_RECORDED}


def _recorded(origin: Origin, tree: Tree, version: str) -> Finding | None:
    code = tree.code(origin.path, origin.kernel)
    if code is None:
        return None
    now = replace(origin, tree=version, sum=code.sum, lines=code.line_sums)
    return Finding(now, State.RECORDED)


def _file(file: Modelled, findings: Sequence[Finding]) -> FileDrift:
    listed = {origin.function for _, origin in file.rows.origins} | set(file.rows.own)
    unlisted = tuple(sorted(file.functions - listed))
    return FileDrift(file.name, tuple(findings), unlisted, file.rows.own)


def _finding(origin: Origin, tree: Tree, wrong: list[Diagnostic], past: Past) -> Finding:
    if origin.fixed and not same_release(origin.modelled, tree.version()):
        return Finding(origin, State.OTHER)
    try:
        now = tree.code(origin.path, origin.kernel)
    except DiagnosticError as error:
        wrong.extend(error.diagnostics)
        return Finding(origin, State.UNREADABLE)
    if origin.tree != origin.modelled:
        # The version that the model was made from says more than any other that was recorded.
        base = past.modelled(origin)
        if base is not None:
            lines = base.line_sums
            origin = replace(origin, tree=origin.modelled, sum=base.sum, lines=lines)
    if not origin.sum:
        return Finding(origin, State.UNRECORDED)
    if now is None:
        return Finding(origin, State.GONE)
    if now.sum == origin.sum:
        same = origin.tree == origin.modelled
        return Finding(origin, State.UNCHANGED if same else State.AS_RECORDED)
    return _changed(origin, now, past.older(origin))


def _changed(origin: Origin, now: Code, before: tuple[str, Code] | None) -> Finding:
    """A function that is not what it was, with what changed as far as that can be told."""
    shown = "what went is known by its number of lines only"
    if before is not None:
        revision, code = before
        if code.sum != now.sum:
            hunk = _hunk([text for _, text, _ in code.lines], code.line_sums, now)
            other = "" if code.sum == origin.sum else ", where it is not what was recorded"
            return Finding(origin, State.CHANGED, (), f"since {revision}{other}", hunk)
        shown = f"it was so in {revision} already; {shown}"
    return Finding(origin, State.CHANGED, (), shown, _hunk(None, origin.lines, now))


def _hunk(texts: Sequence[str] | None, sums: Sequence[str], now: Code) -> tuple[str, ...]:
    """The lines that changed with some around them: ``-``, ``+``, or a space before each."""
    shown: list[str] = []
    new = [text for _, text, _ in now.lines]
    matcher = SequenceMatcher(None, list(sums), list(now.line_sums), autojunk=False)
    for group in matcher.get_grouped_opcodes(CONTEXT):
        first = now.lines[min(group[0][3], len(new) - 1)][0]
        shown.append(f"@@ line {first} @@")
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                shown.extend(f" {line}" for line in new[j1:j2])
                continue
            if i2 > i1 and texts is None:
                shown.append(f"-({i2 - i1} line{'s' if i2 - i1 > 1 else ''})")
            shown.extend(f"-{line}" for line in (texts[i1:i2] if texts is not None else ()))
            shown.extend(f"+{line}" for line in new[j1:j2])
    if not shown:
        # The same lines as far as short sums tell, or lines that hang together otherwise.
        shown = [f" {line}" for line in new]
    if len(shown) > MAX_SHOWN:
        shown = [*shown[:MAX_SHOWN], f"... {len(shown) - MAX_SHOWN} more lines"]
    return tuple(shown)


def _with_places(files: list[FileDrift], tree: Tree) -> list[FileDrift]:
    """The files with functions that are gone looked for elsewhere."""
    gone = {
        (finding.origin.path, finding.origin.kernel)
        for file in files
        for finding in file.findings
        if finding.state == State.GONE
    }
    places = tree.elsewhere(sorted(gone))
    return [
        replace(file, findings=tuple(_placed(finding, places, tree) for finding in file.findings))
        for file in files
    ]


def _placed(finding: Finding, places: dict[tuple[str, str], list[str]], tree: Tree) -> Finding:
    if finding.state != State.GONE:
        return finding
    origin = finding.origin
    found: list[str] = []
    for path in places[origin.path, origin.kernel]:
        try:
            code = tree.code(path, origin.kernel)
        except DiagnosticError:
            continue
        if code is not None and code.sum == origin.sum:
            return replace(finding, state=State.MOVED, places=(path,))
        if code is not None:
            found.append(path)
    return replace(finding, places=tuple(found))
