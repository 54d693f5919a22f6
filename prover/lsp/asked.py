"""What the server asks of the process that proves, and what that answers: JSON, a line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from prover.lsp.places import Range

Weight: TypeAlias = Literal["error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which scenario, or variant of it, of which file is to be proved.

    ``texts`` are what is open, by real path; ``units`` is how characters are counted, ``parent``
    the server's process.
    """

    path: str
    scenario: str
    variant: str
    texts: tuple[tuple[str, str], ...]
    units: str
    parent: int


@dataclass(frozen=True, slots=True)
class Related:
    """A place in a file that has to do with a message."""

    path: str
    range: Range
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """What to show at a place of the file that was proved."""

    weight: Weight
    code: str
    text: str
    range: Range
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """One obligation's verdict."""

    scenario: str
    variant: str
    config: dict[str, str]
    model: str
    verdict: str
    properties: tuple[str, ...]
    as_expected: bool


@dataclass(frozen=True, slots=True)
class Going:
    """How far a proof is."""

    done: int
    total: int
    current: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of a proof.

    ``read`` are the sums of the texts that were proved, by real path; ``refused`` says why there
    is no verdict, ``said`` the verdicts in one line.
    """

    messages: tuple[Message, ...] = ()
    found: tuple[Found, ...] = ()
    read: tuple[tuple[str, str], ...] = ()
    said: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the answer: one of the two."""

    going: Going | None = None
    answer: Answer | None = None


def written(what: Asked | Line) -> bytes:
    """As it is sent."""
    return msgspec.json.encode(what) + b"\n"


def asked_of(line: bytes) -> Asked:
    """The question.  Raises :class:`Malformed`."""
    return msgspec.json.decode(line, type=Asked)


def line_of(line: bytes) -> Line:
    """A line of the answer.  Raises :class:`Malformed`."""
    return msgspec.json.decode(line, type=Line)


Malformed = (msgspec.MsgspecError, UnicodeError, ValueError)
"""What is raised where a line is not what it should be."""
