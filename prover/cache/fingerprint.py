"""What every verdict depends on beside the protocol: this program, its solver, its interpreter."""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import dsl
import prover
from prover.version import VERSION

SUFFIXES = frozenset({".py", ".lark", ".cat", ".bell", ".def"})
"""What the program is made of; protocols have sums of their own."""


ROOTS = tuple(str(Path(str(package.__file__)).parent) for package in (dsl, prover))
"""The folders that all of it is in."""

USED = ("z3-solver", "lark", "msgspec")
"""The packages that answers depend on."""


@cache
def fingerprint() -> str:
    """A sum over all source files of the program, the versions of what it uses, and where it is.

    Not the version number alone: in a checkout the sources change and the number does not.
    """
    used = [f"{name} {_version(name)}" for name in USED]
    parts = "\n".join([*ROOTS, sources(), *used, sys.version])
    return hashlib.sha256(parts.encode("utf-8", "surrogateescape")).hexdigest()


@cache
def sources() -> str:
    """A sum over all source files of the program, wherever they are."""
    total = hashlib.sha256()
    for root in ROOTS:
        name = os.path.basename(root)  # noqa: PTH119 - see sources_below()
        for path, data in contents(root).items():
            head = f"{name}/{path} {len(data)}\n"
            total.update(head.encode("utf-8", "surrogateescape"))
            total.update(data)
    return total.hexdigest()


@cache
def contents(root: str) -> dict[str, bytes]:
    """The source files below a folder of the program, read once in a run, by their paths."""
    return {path: _bytes_of(f"{root}/{path}") for path in sources_below(root)}


def sources_below(root: str) -> list[str]:
    """The source files below a folder, by their paths from there, in order.

    Not with pathlib, which takes longer for that than all of them to read: it is done in every run.
    """
    found: list[str] = []
    for place, _, names in os.walk(root):
        here = place[len(root) :].lstrip(os.sep)
        sources = [name for name in names if f".{name.rpartition('.')[2]}" in SUFFIXES]
        found += [f"{here}/{name}" if here else name for name in sources]
    return sorted(found)


def _bytes_of(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, os.fstat(descriptor).st_size + 1)
    finally:
        os.close(descriptor)


def versions() -> dict[str, str]:
    """What must be the same on two machines for one to decide what the other asks."""
    python = ".".join(map(str, sys.version_info[:2]))
    own = {"prove": VERSION, "sources": sources()[:12], "Python": python}
    return own | {name: _version(name) for name in USED}


def _version(package: str) -> str:
    """The version of an installed package, from the name of the folder that says what it is.

    importlib.metadata reads that, too, and takes longer to import than all of it to read.
    """
    begin = f"{package.replace('-', '_')}-"
    for place in sys.path:
        with suppress(OSError):
            for name in sorted(os.listdir(place or os.curdir)):  # noqa: PTH208 - names
                if name.lower().startswith(begin) and name.endswith(".dist-info"):
                    return name.removesuffix(".dist-info")[len(begin) :]
    from importlib.metadata import version

    return version(package)
