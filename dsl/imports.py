"""A file with all it imports: ``load(path, roots)`` -> :class:`Program`.

What may be read is decided here.  An import stays inside the folder tree that
its importer was found in, or one of the roots, also after symbolic links are
followed; only regular files are opened, and only so much of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from dsl import syntax as s
from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.files import Read, Refusal, measured, read_text
from dsl.finding import find, real_path, unique
from dsl.frozen import Frozen, Open, field, replace
from dsl.parse import parse
from dsl.scan import MAX_REPORTS
from dsl.source import Source

MAX_FILES = 100
MAX_TOTAL_BYTES = 4 << 20
_MAX_LISTED = 2000


class Program(Frozen, frozen=True):
    """A parsed file with its imports.

    ``files`` are in dependency order, each once, ``main`` last; ``sources`` has
    the text of each by name.  ``read`` is where the files were found, ``absent`` where one was
    looked for before: were there one now, it would be read in place of another.
    """

    main: s.File
    files: tuple[s.File, ...]
    sources: Mapping[str, Source]
    read: tuple[Read, ...] = ()
    absent: tuple[str, ...] = ()


class LoadError(DiagnosticError):
    """Something is wrong in the file or what it imports.

    ``sources`` is what was read so far, ``read`` where it was found.
    """

    def __init__(
        self,
        diagnostics: tuple[Diagnostic, ...],
        sources: Mapping[str, Source],
        read: tuple[Read, ...] = (),
    ) -> None:
        super().__init__(diagnostics)
        self.sources = sources
        self.read = read


def load(
    path: Path | Source,
    roots: tuple[Path, ...],
    parsed: dict[Source, s.File] | None = None,
    texts: Mapping[str, str] | None = None,
) -> Program:
    """The file at ``path``, or an in-memory source without a folder, with all its imports.

    ``parsed`` are files that were parsed before, and get what is parsed now.  ``texts`` are read
    in place of files, by their real path: what an editor has open.  They are found as files are:
    what may be imported is decided before one of them is looked at.
    """
    if isinstance(path, Source):
        return load_text(path.name, path.text, None, roots)
    loader = _Loader(roots, path.parent, parsed={} if parsed is None else parsed, texts=texts or {})
    real = real_path(path)
    try:
        text, size = loader.text_of(real, path)
    except Refusal as refusal:
        raise LoadError((refusal.about(str(path)),), {}) from None
    loader.read.append(Read(str(path), str(path.absolute()), str(real)))
    return loader.run(Source(str(path), text), size, real)


def load_text(name: str, text: str, base_dir: Path | None, roots: tuple[Path, ...]) -> Program:
    """``text``, known as ``name``; its imports are looked for in ``base_dir`` and the roots."""
    source = Source(name, text.removeprefix("\ufeff"))
    size = len(text.encode("utf-8", "replace"))
    return _Loader(roots, base_dir).run(source, size, None)


class _Place(Frozen, frozen=True):
    """What a file is called, its folder, and the folder tree that its imports may use."""

    name: str
    folder: Path | None
    tree: Path | None


class _Loader(Open):
    """Reads files depth first, each once."""

    roots: tuple[Path, ...]
    base: Path | None
    parsed: dict[Source, s.File] = field(default_factory=dict[Source, s.File])
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    files: list[s.File] = field(default_factory=list[s.File])
    found: list[Diagnostic] = field(default_factory=list[Diagnostic])
    read: list[Read] = field(default_factory=list[Read])
    absent: dict[str, None] = field(default_factory=dict[str, None])
    _names: dict[Path, str] = field(default_factory=dict[Path, str])
    _open: list[tuple[str, s.Import]] = field(default_factory=list[tuple[str, s.Import]])
    _bytes: int = 0

    def run(self, source: Source, size: int, real: Path | None) -> Program:
        self._bytes = size
        if real is not None:
            self._names[real] = source.name
        main = self._file(source, _Place(source.name, self.base, self.base))
        if main is None or self.found:
            raise LoadError(tuple(self.found[:MAX_REPORTS]), self.sources, tuple(self.read))
        return Program(main, tuple(self.files), self.sources, tuple(self.read), tuple(self.absent))

    def text_of(self, real: Path | None, path: Path) -> tuple[str, int]:
        """The text of the file that is really ``real``, and its size in bytes.

        What an editor has open need not be there yet.
        """
        text = self.texts.get(str(real or path.absolute())) if self.texts else None
        return read_text(path) if text is None else measured(text)

    def _file(self, source: Source, place: _Place) -> s.File | None:
        """Parse one file and then what it imports, or note what is wrong."""
        self.sources[source.name] = source
        try:
            file = self.parsed.get(source) or parse(source)
        except DiagnosticError as error:
            self.found.extend(
                replace(d, trail=(*self._trail(), *d.trail)) for d in error.diagnostics
            )
            return None
        self.parsed[source] = file
        for declaration in file.declarations:
            if isinstance(declaration, s.Import):
                self._open.append((place.name, declaration))
                self._import(declaration, place)
                self._open.pop()
        self.files.append(file)
        return file

    def _import(self, statement: s.Import, importer: _Place) -> None:
        try:
            place, path, real = self._find(statement.path.text, importer)
            self.read.append(Read(self._names.get(real, place.name), str(path), str(real)))
            if real in self._names:
                self._check_cycle(self._names[real])
                return
            source = self._read(place.name, real)
        except Refusal as refusal:
            self._refuse(statement, refusal)
            return
        self._names[real] = place.name
        self._file(source, place)

    def _read(self, name: str, real: Path) -> Source:
        if len(self._names) >= MAX_FILES:
            what = f"is one file too many: a protocol has at most {MAX_FILES}"
            raise Refusal("too-many-files", what, "put several of them into one file")
        text, size = self.text_of(real, real)
        self._bytes += size
        if self._bytes > MAX_TOTAL_BYTES:
            what = f"brings the protocol over {MAX_TOTAL_BYTES >> 20} MiB"
            raise Refusal("too-large", what, "import only what the protocol needs")
        return Source(name, text)

    def _check_cycle(self, known: str) -> None:
        """Complain if the file called ``known`` is being read already: it imports itself."""
        names = [name for name, _ in self._open]
        if known not in names:
            return
        cycle = [*names[names.index(known) :], known]
        path = ", which imports ".join(f"`{name}`" for name in cycle[1:])
        what = f"closes a cycle: `{cycle[0]}` imports {path}"
        raise Refusal("import-cycle", what, "move what both need into a third file")

    def _refuse(self, statement: s.Import, refusal: Refusal) -> None:
        message = f'the import "{_short(statement.path.text)}" {refusal.what}'
        primary = Label(statement.path.span, refusal.label)
        trail = self._trail()[:-1]
        self.found.append(Diagnostic(refusal.code, message, primary, trail, refusal.hint))

    def _trail(self) -> tuple[Label, ...]:
        return tuple(Label(statement.path.span, "imported here") for _, statement in self._open)

    # --- finding ----------------------------------------------------------------

    def _find(self, wanted: str, importer: _Place) -> tuple[_Place, Path, Path]:
        """What ``wanted`` names, its path and real path: beside the importer, else in a root."""
        found = find(wanted, importer.folder, importer.tree, self.roots, self.absent)
        if found is None:
            raise self._not_found(wanted, importer)
        name = self._name(wanted, found.folder, importer, found.real)
        return _Place(name, found.real.parent, found.tree), found.path, found.real

    def _name(self, wanted: str, folder: Path, importer: _Place, real: Path) -> str:
        """What to call the file: as imported from a root, or beside its importer's name."""
        beside = PurePosixPath(importer.name).parent / wanted
        name = os.path.normpath(beside if folder == importer.folder else wanted)
        return str(real) if name in self.sources else name

    def _not_found(self, wanted: str, importer: _Place) -> Refusal:
        folders = unique([importer.folder, *self.roots])
        names = sorted({name for folder in folders for name in _listed(folder)})
        near = get_close_matches(wanted, names, 1, 0.6)
        same = [name for name in names if name.rsplit("/", 1)[-1] == wanted.rsplit("/", 1)[-1]]
        hint = "imports are looked for beside the file and in the protocol library"
        for name in [*same, *near][:1]:
            hint = f'did you mean import "{name}"?'
        return Refusal("import-not-found", "names no file", hint, "no such file")


def _listed(folder: Path) -> list[str]:
    """The protocol files below ``folder``, as an import would name them."""
    names: list[str] = []
    seen = 0
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen += len(folders) + len(files)
        inside = Path(place).relative_to(folder)
        names.extend((inside / f).as_posix() for f in sorted(files) if f.endswith(".khp"))
        if seen > _MAX_LISTED:
            break
    return names


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "..."
