"""A field of a struct, as a C file declares it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from dsl.paste.tokens import Token
from dsl.paste.tree import TypeUse

_SPACES: Final = (
    (r"\* ", "*"),
    (r"([\[(]) ", r"\1"),
    (r" ([\[\]),])", r"\1"),
    (r"([\w)]) \(", r"\1("),
)
_SHOWN: Final = 40
"""So many words of a declaration are shown."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldOf:
    """One field: its place, its declaration on its own, and its type if that is known.

    ``lengths`` are those of an array; ``inside`` are the fields of a struct without a name.
    ``wrong`` is a code and what the language does not have; ``unions`` are the unions
    that the field is in, by number, each with the alternative that it is in.
    """

    name: str
    text: str
    start: int
    end: int
    type: TypeUse | None = None
    stars: int = 0
    lengths: tuple[tuple[str, ...], ...] = ()
    inside: Fields | None = None
    wrong: tuple[str, str] | None = None
    unions: tuple[tuple[int, int], ...] = ()


@dataclass(slots=True, eq=False)
class Fields:
    """The fields of a struct by name, those of structs in it without a name among them.

    ``place`` is where the struct is named.
    """

    members: dict[str, FieldOf] = field(default_factory=dict[str, FieldOf])
    place: tuple[int, int] = (0, 0)


def text_of(tokens: tuple[Token, ...]) -> str:
    """The words on one line."""
    shown = " ".join(token.text for token in tokens[:_SHOWN])
    for pattern, by in _SPACES:
        shown = re.sub(pattern, by, shown)
    return shown
