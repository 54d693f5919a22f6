"""What counts start with, where the C file shows it.

::

    s = kzalloc(sizeof(*s), GFP_KERNEL);
    ...
    refcount_set(&s->refs, 1);          the `refs` of a struct of the type of `s` are 1

Only what is set in the function that allocates it counts, and only if all such functions of the
file agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dsl.paste.locate import body_after
from dsl.paste.tokens import Token, Tokens
from dsl.scan import number_value

_ALLOCATES: Final = re.compile(r"\w*alloc\w*")
_SETS: Final = frozenset({"refcount_set", "atomic_set", "atomic_long_set", "atomic64_set"})
_LARGEST: Final = 1000
"""Greater numbers are limits and biases, not counts."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """The value that a count starts with, and the function that gives it."""

    value: int
    function: str


def setups(tokens: Tokens, functions: Mapping[str, int]) -> dict[tuple[str, str], SetUp]:
    """For struct and field what it starts with; ``functions`` are the heads of the file."""
    found: dict[tuple[str, str], set[int]] = {}
    by: dict[tuple[str, str], str] = {}
    ends = [*functions.values(), len(tokens.kept)][1:]
    for (name, at), end in zip(functions.items(), ends, strict=True):
        for key, value in _within(tokens.kept, at, end):
            found.setdefault(key, set()).add(value)
            by.setdefault(key, name)
    alike = {key: values.pop() for key, values in found.items() if len(values) == 1}
    return {key: SetUp(value, by[key]) for key, value in alike.items() if 0 < value <= _LARGEST}


def _within(every: tuple[Token, ...], head: int, end: int) -> Iterator[tuple[tuple[str, str], int]]:
    """Struct and field, and the value, of each count that one function sets up."""
    types: dict[str, str] = {}
    made: set[str] = set()
    target, depth = "", 0
    at = body_after(every, head)
    if at is None:
        return
    while at < end:
        text = every[at].text
        depth += (text == "{") - (text == "}")
        if depth == 0:
            return
        following = [token.text for token in every[at + 1 : at + 7]]
        match text, following:
            case "struct", [struct, "*", name, *_]:
                types.setdefault(name, struct)
            case ";", _:
                target = ""
            case _, ["=", *_] if every[at - 1].text not in ("->", "."):
                target = text
            case _, ["(", "&", name, "->", field, ","] if text in _SETS:
                value = _number(every, at + 7)
                if name in made and name in types and value is not None:
                    yield (types[name], field), value
            case _, ["(", *_] if target and _ALLOCATES.fullmatch(text):
                made.add(target)
            case _:
                pass
        at += 1


def _number(every: tuple[Token, ...], at: int) -> int | None:
    """The number that is the last argument."""
    if at + 1 >= len(every) or every[at + 1].text != ")":
        return None
    return number_value(every[at].text) if every[at].kind == "number" else None
