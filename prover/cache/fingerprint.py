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

SUFFIXES = frozenset({".py", ".lark", ".cat", ".bell", ".def"})
"""What the program is made of; protocols have sums of their own."""


@cache
def fingerprint() -> str:
    """A sum over all source files of the program, the versions of what it uses, and where it is.

    Not the version number alone: in a checkout the sources change and the number does not.
    """
    total = hashlib.sha256()
    for package in (dsl, prover):
        root = Path(str(package.__file__)).parent
        total.update(f"{root}\n".encode("utf-8", "surrogateescape"))
        for path in sorted(root.rglob("*")):
            if path.suffix in SUFFIXES:
                data = path.read_bytes()
                head = f"{path.relative_to(root)} {len(data)}\n"
                total.update(head.encode("utf-8", "surrogateescape"))
                total.update(data)
    used = [f"{name} {_version(name)}" for name in ("z3-solver", "lark")]
    total.update("\n".join([*used, sys.version]).encode())
    return total.hexdigest()


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
