"""Reading files that may be hostile: only regular files, only so many bytes, only UTF-8."""

from __future__ import annotations

import os
import stat
from functools import cache
from pathlib import Path
from typing import NoReturn

from dsl.diagnostic import Diagnostic
from dsl.frozen import Frozen

MAX_BYTES = 1 << 20
"""No protocol is longer."""

_LEAST = 4096
"""So many bytes are read at once, however short a file says that it is."""

MAX_LISTED = 100_000
"""How many files and folders a folder may have below it, whatever they are."""


class Refusal(Exception):
    """A file is not read.  ``what`` goes on from the file's name: "is a directory"."""

    def __init__(self, code: str, what: str, hint: str, label: str = "here") -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.hint = hint
        self.label = label

    def about(self, name: str) -> Diagnostic:
        """What there is to say of the file called ``name`` by whoever is asked to read it."""
        return Diagnostic(self.code, f"`{name}` {self.what}", None, hint=self.hint)


class Read(Frozen, frozen=True):
    """A file that was read: what it is called, where it was looked for, and where it really is."""

    name: str
    path: str
    real: str


@cache
def library_root() -> Path:
    """The folder of the protocol library: beside the package in a checkout, else inside it."""
    package = Path(__file__).resolve().parent
    candidates = (
        package.parent / "protocols",
        package.parent / "prover_protocols",
        package / "_protocols",
    )
    for candidate in candidates:
        if (candidate / "kernel").is_dir():
            return candidate
    return candidates[-1]


def read_text(path: Path, most: int = MAX_BYTES) -> tuple[str, int]:
    """The text of the file at ``path`` (without a byte-order mark) and its size in bytes.

    ``most`` is how many bytes it may have.
    """
    data = read_bytes(path, most)
    return decoded(data, most), len(data)


def decoded(data: bytes, most: int = MAX_BYTES) -> str:
    """The text that a file's bytes are, without a byte-order mark.  Raises Refusal."""
    if len(data) > most:
        raise _too_large(most)
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8: byte 0x{data[error.start]:02x} in line {line}"
        raise Refusal("not-utf8", what, "save it as UTF-8") from None


def measured(text: str) -> tuple[str, int]:
    """The same of a text that is no file, or not yet: what an editor has open."""
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise _too_large(MAX_BYTES)
    return text.removeprefix("\ufeff"), size


def _too_large(most: int) -> Refusal:
    what = f"has more than {most >> 20} MiB"
    return Refusal("too-large", what, "split it into files that import one another")


def protocols_below(folder: Path) -> list[Path]:
    """The ``.khp`` files below a folder: its own, then those of its folders, each by name.

    Hidden folders are passed over, and links to folders.  Raises Refusal where it has none.
    """
    found: list[Path] = []
    seen = 0
    for place, folders, files in os.walk(folder, onerror=_not_listed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        seen += len(folders) + len(files)
        if seen > MAX_LISTED:
            what = f"has more than {MAX_LISTED} files and folders below it"
            raise Refusal("too-many-files", what, "name a smaller folder")
        found.extend(Path(place) / name for name in sorted(files) if name.endswith(".khp"))
    if not found:
        hint = "name a folder with protocols; litmus tests are named one by one"
        raise Refusal("empty-folder", "has no .khp file below it", hint)
    return found


def _not_listed(error: OSError) -> NoReturn:
    what = f"cannot be read, or a folder below it: {error.filename}: {error.strerror}"
    raise Refusal("unreadable-file", what, "check its permissions") from None


def read_bytes(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of the regular file at ``path``, one more than ``most`` where it has more.

    Raises Refusal.
    """
    try:
        descriptor = _opened(path)
        try:
            return _content(descriptor, most)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise Refusal("file-not-found", "does not exist", "check the path") from None
    except PermissionError:
        raise Refusal("unreadable-file", "may not be read", "check its permissions") from None
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise Refusal("unreadable-file", what, "check that it is a plain file") from None


def _content(descriptor: int, most: int) -> bytes:
    """What there is to be read, up to one more byte than ``most``."""
    # Room for all that it may have would take most of the time.
    step = max(min(os.fstat(descriptor).st_size, most) + 1, _LEAST)
    data = b""
    while part := os.read(descriptor, min(step, most + 1 - len(data))):
        data += part
    return data


def _opened(path: Path) -> int:
    """A descriptor of the regular file at ``path``."""
    # Without O_NONBLOCK, opening a fifo would wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags)
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise Refusal("not-a-file", "is a directory", "name a file in it")
    hint = "copy it to one; `-` reads standard input"
    raise Refusal("not-a-file", "is not a regular file", hint)
