"""Places of files in what is remembered: those that are kept as such, and those in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import cast

import msgspec

from dsl.frozen import parts_of
from dsl.source import Span


def texts(value: object) -> Iterator[str]:
    """Every string in a value, but the files of spans."""
    match value:
        case Span():
            return
        case str():
            yield value
        case tuple():
            for each in cast("tuple[object, ...]", value):
                yield from texts(each)
        case _:
            for name in parts_of(value) or ():
                yield from texts(getattr(value, name))


def names_lines(value: object) -> bool:
    """Whether a string in a value may name a line of a file, which edits elsewhere may move."""
    return any(_LINE.search(text) for text in texts(value))


def moved(text: bytes, move: Callable[[Span], Span], known: dict[bytes, bytes]) -> bytes:
    """A JSON text with every place in it moved; ``known`` are those that were moved before.

    That takes a hundredth of the time of moving them in what the text is read as.  Within a string
    each quotation mark has a backslash before it, so nothing in one looks like a place.
    """

    def there(match: re.Match[bytes]) -> bytes:
        found = known.get(match[0])
        if found is None:
            name = msgspec.json.decode(match[1], type=str)
            span = move(Span(name, int(match[2]), int(match[3])))
            found = known[match[0]] = msgspec.json.encode(span)
        return found

    return _SPAN.sub(there, text)


def spans_in(text: bytes) -> set[Span]:
    """Every place in a JSON text."""
    found = set(_SPAN.findall(text))
    return {Span(msgspec.json.decode(a, type=str), int(b), int(c)) for a, b, c in found}


def lines_named(text: bytes, files: Iterable[str]) -> tuple[str, ...]:
    """Which of ``files`` have lines that strings in a JSON text may name, places apart.

    ANY_FILE is one of them where it cannot be told whose line it is.
    """
    strings = set(_STRING.findall(_PLACE.sub(b"{", text)))
    said = {each.decode("utf-8", "replace") for each in strings}
    rest = [each for each in said if _LINE.search(each)]
    found: list[str] = []
    # What has another's name at its end is told from it before.
    for name in sorted(files, key=len, reverse=True):
        line = re.compile(rf"(?<![^\s(\"]){re.escape(name)}:[0-9]+")
        found += [name] if any(map(line.search, rest)) else []
        rest = [line.sub("", each) for each in rest]
    return (*found, ANY_FILE) if any(map(_LINE.search, rest)) else tuple(found)


ANY_FILE = "*"

_IN_STRING = rb'[^"\\]*(?:\\.[^"\\]*)*'
_SPAN = re.compile(
    rb'\{"file":("(?!")' + _IN_STRING + rb'"),"start":(-?[0-9]{1,18}),"end":(-?[0-9]{1,18})\}'
)
_PLACE = re.compile(rb'\{"file":"' + _IN_STRING + rb'","start":')
_STRING = re.compile(b'"' + _IN_STRING + b'"')
_LINE = re.compile(r"\.khp|\bline [0-9]|:[0-9]")
