"""Files to models: the companion ``.bell`` first, includes where they stand.

What may be read is decided here: an include stays inside the folder of its model, also after
links are followed, or is one of the models that come with the tool.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.files import Refusal, read_text
from dsl.frozen import replace
from dsl.imports import LoadError
from dsl.source import Source
from prover.models.algebra import MemoryModel
from prover.models.cat import syntax as s
from prover.models.cat.elaborate import Elaboration
from prover.models.cat.library import INCLUDES
from prover.models.cat.parse import parse

SHIPPED = Path(__file__).resolve().parents[1] / "shipped"
MAX_INCLUDES = 100
MAX_TOTAL = 4 << 20


def shipped_names() -> tuple[str, ...]:
    """The models that come with the tool."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.cat")))


def shipped_file(name: str) -> Path:
    """A file that comes with the models."""
    return SHIPPED / name


def load_model(name_or_path: str) -> MemoryModel:
    """The model of that name, or in the file there with the ``.bell`` file beside it.

    Raises :class:`DiagnosticError`; of its subclass LoadError ``sources`` is what was read.
    """
    if name_or_path in shipped_names():
        return _shipped(name_or_path)
    path = Path(name_or_path)
    if not path.suffix and not path.parent.name and not _exists(path):
        known = ", ".join(shipped_names())
        found = Diagnostic(
            "unknown-model",
            f"no memory model is called `{_short(name_or_path)}`",
            None,
            hint=f"there are {known}; or name a .cat file",
        )
        raise LoadError((found,), {})
    return _Loader(path.parent).run(path, name_or_path)


def load_text(name: str, text: str, folder: Path | None = None) -> MemoryModel:
    """A model that is at hand; its includes are looked for in ``folder``."""
    loader = _Loader(folder)
    return loader.finish(Path(name), [Source(name, text)])


@functools.cache
def _shipped(name: str) -> MemoryModel:
    path = SHIPPED / f"{name}.cat"
    return _Loader(SHIPPED).run(path, path.name)


@dataclass(slots=True)
class _Loader:
    """The files of one model."""

    folder: Path | None
    sources: dict[str, Source] = field(default_factory=dict[str, Source])
    _open: list[str] = field(default_factory=list[str])
    _count: int = 0
    _total: int = 0
    _elaboration: Elaboration = field(init=False)

    def __post_init__(self) -> None:
        self._elaboration = Elaboration(self._include)

    def run(self, path: Path, shown: str) -> MemoryModel:
        """The model in the file at ``path``, which the user knows as ``shown``."""
        files: list[Source] = []
        bell = path.with_suffix(".bell") if path.suffix == ".cat" else None
        try:
            if bell is not None and _exists(bell):
                files.append(self._read(bell, shown.removesuffix(".cat") + ".bell"))
            files.append(self._read(path, shown))
        except Refusal as refusal:
            raise LoadError((refusal.about(_short(shown)),), self.sources) from None
        return self.finish(path, files)

    def finish(self, path: Path, files: list[Source]) -> MemoryModel:
        """The model that ``files`` make up; it has the last one's title or ``path``'s name."""
        title = ""
        try:
            for source in files:
                title = self._take(source).title
        except DiagnosticError as error:
            raise LoadError(error.diagnostics, self.sources) from None
        return self._elaboration.model(title or path.stem)

    def _take(self, source: Source) -> s.CatFile:
        """Reads the statements of one file."""
        self.sources[source.name] = source
        self._open.append(source.name)
        trail = tuple(self._elaboration.trail)
        try:
            file = parse(source)
        except DiagnosticError as error:
            found = tuple(replace(d, trail=(*trail, *d.trail)) for d in error.diagnostics)
            raise DiagnosticError(found) from None
        self._elaboration.read(file)
        self._open.pop()
        return file

    def _read(self, path: Path, shown: str) -> Source:
        text, size = read_text(path)
        self._total += size
        if self._total > MAX_TOTAL:
            what = f"brings the model over {MAX_TOTAL >> 20} MiB"
            raise Refusal("model-too-large", what, "include only what the model needs")
        return Source(shown, text)

    # --- includes ---------------------------------------------------------------------

    def _include(self, statement: s.Include) -> None:
        label = Label(statement.span, "included here")
        try:
            source = self._find(statement.file)
        except Refusal as refusal:
            message = f'the include "{_short(statement.file)}" {refusal.what}'
            trail = tuple(self._elaboration.trail[:10])
            place = Label(statement.span, "here")
            found = Diagnostic(refusal.code, message, place, trail, refusal.hint)
            raise DiagnosticError((found,)) from None
        with self._elaboration.inside(label):
            self._take(source)

    def _find(self, wanted: str) -> Source:
        self._count += 1
        if self._count > MAX_INCLUDES:
            what = f"is one too many: a model has at most {MAX_INCLUDES}"
            raise Refusal("model-too-large", what, "put several files into one")
        if wanted in INCLUDES:
            return Source(wanted, INCLUDES[wanted])
        if not wanted.strip() or "\\" in wanted or PurePosixPath(wanted).is_absolute():
            raise Refusal("model-include", "names no file that may be read", _WHERE)
        for folder in (self.folder, SHIPPED):
            path = _inside(folder, wanted)
            if path is None:
                continue
            shown = self._shown(wanted, folder)
            if shown in self._open:
                what = "closes a circle: " + ", which includes ".join(
                    f"`{_short(name)}`" for name in (*self._open, shown)
                )
                raise Refusal("model-include", what, "take it out")
            return self._read(path, shown)
        raise Refusal("model-include", "names no file", _WHERE)

    def _shown(self, wanted: str, folder: Path | None) -> str:
        """What the user knows the file by: as the model's own file is named."""
        main = PurePosixPath(self._open[0] if self._open else "")
        name = PurePosixPath(wanted)
        return str(main.parent / name if folder == self.folder else name)


_WHERE = "files are looked for beside the model, then among those that come with the tool"


def _inside(folder: Path | None, wanted: str) -> Path | None:
    """The file ``wanted`` below ``folder``, None if it is not there or leads out of it."""
    if folder is None:
        return None
    try:
        path = (folder / wanted).resolve(strict=True)
        root = folder.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        return None
    return path if path.is_relative_to(root) else None


def _exists(path: Path) -> bool:
    """Whether there is something at ``path``, which may be any text."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _short(text: str) -> str:
    shown = text if len(text) <= 60 else text[:60] + "..."
    return shown if shown.isprintable() else repr(shown)[1:-1]
