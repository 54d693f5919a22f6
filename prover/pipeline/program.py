"""The file that a request names, parsed with its imports."""

from __future__ import annotations

from pathlib import Path

from dsl.imports import Program, library_root, load, load_text
from prover.verdict import Request


def read_program(name: str, request: Request) -> Program:
    """The file called ``name``; ``-`` is standard input."""
    roots = (library_root(),)
    if name == "-":
        return load_text("<stdin>", request.stdin_text or "", Path.cwd(), roots)
    return load(Path(name), roots)
