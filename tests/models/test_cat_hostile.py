"""Hostile models: each is read or refused, in a bounded time."""

from __future__ import annotations

import random

import pytest

from dsl.diagnostic import DiagnosticError
from prover.models.algebra import MemoryModel
from prover.models.cat import load_model, load_text
from prover.models.cat.codes import CAT_CODES
from prover.models.concrete import Structure, breaches

DEEP = 20_000
HOSTILE: dict[str, str] = {
    "brackets": "let a = " + "(" * DEEP + "po" + ")" * DEEP,
    "some brackets": "let a = " + "[" * 99 + "R" + "]" * 99,
    "domains": "let a = " + "domain(" * 90 + "R" + ")" * 90,
    "tildes": "let a = " + "~" * DEEP + "po",
    "stars": "let a = po" + "*" * DEEP,
    "questions": "let a = po" + "?" * DEEP,
    "a long union": "let a = po" + " | po" * DEEP,
    "a long sequence": "let a = po" + " ; (po | rf)" * 5000,
    "local definitions": "let a = " + "let b = " * 9000 + "po" + " in b" * 9000,
    "local definitions inside": "let a = " + "let b = po in " * 9000 + "b",
    "trials": "let a = " + "try " * 9000 + "po" + " with po" * 9000,
    "trials after trials": "let a = " + "try nosuch with " * 9000 + "po",
    "comments": "(*" * DEEP,
    "closed comments": "(*" * DEEP + "*)" * DEEP,
    "doubling functions": "let f(x) = x ; x let a = " + "f(" * 60 + "po" + ")" * 60,
    "doubling definitions": "let f0(x) = x ; x "
    + " ".join(f"let f{i + 1}(x) = f{i}(f{i}(x))" for i in range(60))
    + " let a = f60(po)",
    "a chain of functions": "let f0(x) = x "
    + " ".join(f"let f{i + 1}(x) = f{i}(x)" for i in range(3000))
    + " let a = f3000(po)",
    "curried calls": "let a = domain" + " po" * DEEP,
    "many equations": "let rec a0 = po " + " ".join(f"and a{i + 1} = a{i}" for i in range(45)),
    "too many equations": "let rec a0 = po " + " ".join(f"and a{i + 1} = a{i}" for i in range(900)),
    "one name often": "let a = po " * 9000,
    "bytes": "\x00\x01\x7f",
    "not ASCII": "let \u00e9 = po",
    "a lone quote": "'",
    "a long name": "let " + "a" * 100_000 + " = " + "b" * 100_000,
}


def read(text: str) -> MemoryModel | None:
    """The model, None if it was refused; nothing else may happen."""
    codes: list[str] = []
    try:
        return load_text("test.cat", text)
    except DiagnosticError as error:
        codes = [found.code for found in error.diagnostics if found.message]
    assert codes
    assert set(codes) <= set(CAT_CODES)
    return None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_models_are_read_or_refused(name: str) -> None:
    model = read(HOSTILE[name])
    assert model is None or len(str(model)) < 2_000_000
    if model is not None and len(model.definitions) < 100:
        names = {"po": frozenset({(0, 1)}), "rf": frozenset({(1, 0)})}
        breaches(model, Structure(frozenset({0, 1}), {"R": frozenset({0})}, names))


PIECES = (
    "let rec and in try with include enum instructions flag show as acyclic empty irreflexive "
    "po rf R W a b f domain fencerel 0 _ {} ( ) [ ] { } | & \\ ; * ~ ^-1 ? + ++ = , || 'once "
    '"x" (* *) // @ ^ -1 call match'
).split(" ")


@pytest.mark.parametrize("seed", range(40))
def test_garbage_is_refused_in_words(seed: int) -> None:
    rng = random.Random(seed)
    text = str(load_model("sc"))
    for _ in range(25):
        if seed % 2:
            garbage = " ".join(rng.choices(PIECES, k=rng.randrange(1, 30)))
        else:
            start = rng.randrange(len(text))
            garbage = text[:start] + rng.choice(PIECES) + text[start + rng.randrange(6) :]
            garbage = garbage[: rng.randrange(start, len(garbage) + 1)]
        read(garbage)
