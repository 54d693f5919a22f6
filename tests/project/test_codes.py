"""Every code that a source can report is explained; tests/cli/test_every_code.py produces it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from dsl.codes import CODES
from prover.models.cat.codes import CAT_CODES

ROOT = Path(__file__).parents[2]
FIRST_IS_CODE = {"Diagnostic", "refuse", "Refusal", "refusal", "GitError"}


def constants(node: ast.expr) -> Iterator[str]:
    """The texts that an argument can be."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=one, orelse=other):
            yield from constants(one)
            yield from constants(other)
        case _:
            pass


def reported() -> set[str]:
    """The first argument of every call that makes a diagnostic."""
    found: set[str] = set()
    for folder in ("dsl", "prover"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(
                        func=ast.Name(id=name) | ast.Attribute(attr=name), args=[one, *_]
                    ):
                        found.update(constants(one) if name in FIRST_IS_CODE else ())
                    case _:
                        pass
    return found


def test_every_code_that_is_reported_is_explained() -> None:
    found = reported()
    assert len(found) > 40
    assert sorted(found - CODES.keys() - CAT_CODES.keys()) == []
