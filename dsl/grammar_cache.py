"""The compiled grammar, kept between runs.

A cache file is unpickled, and so must come from nobody else: it is used only in
a directory of the user's own that nobody else may read or write.  Whatever goes
wrong with it (no home, a full disk, a file cut short) costs time and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any


def cached(key: str, make: Callable[[], Any], load: Callable[[Any], Any]) -> Any:
    """What ``make()`` gives, read from the cache by ``load(file)`` where it is there."""
    directory = _private_directory()
    if directory is None:
        return make()
    version = f"{sys.implementation.cache_tag}\n{key}"
    path = directory / f"grammar-{hashlib.sha256(version.encode()).hexdigest()[:32]}.pickle"
    # Unpickling a damaged file raises nearly anything.
    with contextlib.suppress(Exception), _open_own(path) as file:
        return load(file)
    made = make()
    with contextlib.suppress(OSError):
        _write(path, made)
    return made


def _open_own(path: Path) -> Any:
    """``path`` opened for reading, if it is a file of this user's and no link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        os.close(descriptor)
        raise OSError(path)
    return os.fdopen(descriptor, "rb")


def _write(path: Path, made: Any) -> None:
    """Write beside ``path`` and rename, so that no reader ever sees half a file."""
    descriptor, name = tempfile.mkstemp(prefix="grammar-", suffix=".new", dir=path.parent)
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            made.save(file)
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise


def _private_directory() -> Path | None:
    """The user's cache directory for this tool, or None if it is not the user's alone."""
    if not hasattr(os, "geteuid"):
        return None
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        parent = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
        directory = parent / "prove"
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.lstat()
    except (OSError, RuntimeError, ValueError):
        return None
    private = stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) & 0o077 == 0
    return directory if private and status.st_uid == os.geteuid() else None
