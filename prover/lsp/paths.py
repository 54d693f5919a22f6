"""Documents of an editor as files: only ``file:`` URIs are files, all else has just a name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit


def path_of(uri: str) -> Path | None:
    """The file that a URI names; None where it is none of this machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    name = os.fsdecode(unquote_to_bytes(parts.path.encode("utf-8", "replace")))
    if not name.startswith("/") or "\0" in name:
        return None
    return Path(os.path.normpath(name))


def uri_of(path: str) -> str:
    """The URI of a file by its absolute path."""
    return f"file://{quote(os.fsencode(path), safe='/')}"


def real(path: Path) -> str:
    """Where a path leads, links followed; itself where there is nothing yet."""
    try:
        return str(path.resolve(strict=True))
    except (OSError, RuntimeError, ValueError):
        return str(path)
