"""JSON read strictly: one value, no member twice, no fraction, nothing huge, nothing deep."""

from __future__ import annotations

import json
from typing import Final, Never, TypeAlias

Value: TypeAlias = str | int | bool | list["Value"] | dict[str, "Value"] | None

MAX_SIZE: Final = 8 << 20
"""How long a document may be, in characters."""

MAX_DEPTH: Final = 32
"""How deep its brackets may nest."""

MAX_DIGITS: Final = 20
"""How long a number may be: as long as those of 64 bits."""

MAX_TEXT: Final = 1 << 16
"""How long a text in it may be that is made use of."""


class NotStrict(Exception):
    """A text that is refused: why, and where (-1 for nowhere in particular)."""

    def __init__(self, why: str, offset: int = -1) -> None:
        super().__init__(why)
        self.why = why
        self.offset = offset


def strictly(text: str) -> Value:
    """The value that a text holds.  Raises NotStrict."""
    if len(text) > MAX_SIZE:
        raise NotStrict(f"it is longer than {MAX_SIZE >> 20} MiB")
    _check_depth(text)
    try:
        value: Value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_fraction,
            parse_int=_number,
        )
    except json.JSONDecodeError as error:
        raise NotStrict(f"it is no JSON: {error.msg}", error.pos) from None
    _check_texts(value)
    return value


def _check_depth(text: str) -> None:
    """Counts brackets outside strings, before anything goes down into them."""
    depth, inside, skip = 0, False, False
    for offset, letter in enumerate(text):
        if skip:
            skip = False
        elif inside:
            inside, skip = letter != '"', letter == "\\"
        elif letter == '"':
            inside = True
        elif letter in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotStrict(f"its brackets nest deeper than {MAX_DEPTH}", offset)
        elif letter in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Value]]) -> Value:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrict(f"`{_short(twice)}` stands twice in one object")
    return found


def _constant(name: str) -> Never:
    raise NotStrict(f"{name} is no JSON")


def _fraction(digits: str) -> Never:
    raise NotStrict(f"{_short(digits)} is no whole number, and a witness has no others")


def _number(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise NotStrict(f"{_short(digits)} is out of range")
    return int(digits)


def _check_texts(value: Value) -> None:
    match value:
        case str():
            if any("\ud800" <= letter <= "\udfff" for letter in value):
                raise NotStrict("a text has half of a character")
        case list():
            for each in value:
                _check_texts(each)
        case dict():
            for name, each in value.items():
                _check_texts(name)
                _check_texts(each)
        case _:
            pass


def _short(text: str) -> str:
    """The beginning of a text, ASCII."""
    plain = text.encode("ascii", "backslashreplace").decode("ascii")
    return plain if len(plain) <= 40 else f"{plain[:37]}..."
