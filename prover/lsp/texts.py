"""What is shown where a name is pointed at, in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from dsl.codes import CODES
from dsl.primitive_texts import MEANINGS, signature_text
from dsl.primitives import PROPERTIES
from dsl.source import Source
from prover.lsp.declared import Symbol
from prover.lsp.uses import Use
from prover.render.letters import printable

LONGEST: Final = 24
"""The most lines of a declaration that are shown."""

_FENCE: Final = "```"
_MARKS: Final = re.compile(r"[\\`*{}\[\]<>#|!]|(?<!\w)_|_(?!\w)")
_WORD: Final = re.compile(r"[A-Za-z_]\w*")


def word_at(text: str, offset: int) -> str:
    """The name that a place is in, or right behind."""
    start = text.rfind("\n", 0, offset) + 1
    for match in _WORD.finditer(text, start):
        if match.start() > offset:
            break
        if match.end() >= offset:
            return match[0]
    return ""


def shown(use: Use, sources: Mapping[str, Source], main: str) -> str:
    """What there is to say of a name; of several that it may be, each."""
    return "\n\n---\n\n".join(_symbol(symbol, sources, main) for symbol in use.symbols[:4])


def primitive(name: str) -> str:
    """What a primitive does, and what says so."""
    meaning = MEANINGS[name]
    source = meaning.source if " " in meaning.source else f"`{meaning.source}`"
    return f"{_code(signature_text(name))}\n\n{_plain(meaning.text)}\n\nSource: {source}"


def explanation(code: str) -> str:
    """What ``prove explain`` says of a code or a property; nothing of what is neither."""
    if code in PROPERTIES:
        return f"**{code}**: {_plain(PROPERTIES[code])}"
    if code in CODES:
        return f"**{code}**\n\n{_FENCE}text\n{CODES[code]}\n{_FENCE}"
    return ""


def _symbol(symbol: Symbol, sources: Mapping[str, Source], main: str) -> str:
    match symbol.kind:
        case "primitive":
            return primitive(symbol.name)
        case "property":
            return explanation(symbol.name)
        case "import":
            return _file(symbol.name, sources)
        case _:
            pass
    source = sources.get(symbol.whole.file)
    if source is None:
        return f"{symbol.kind} `{symbol.name}`"
    parts = [f"{symbol.kind} `{symbol.name}`", _code(_declaration(symbol, source))]
    if symbol.lock_class:
        parts.append(f"Lock class `{symbol.lock_class}`.")
    above = comment_above(source.text, symbol.whole.start)
    if above:
        parts.append(_plain(above))
    if symbol.whole.file != main:
        parts.append(f"In `{printable(symbol.whole.file)}`: {_plain(head_of(source.text))}")
    return "\n\n".join(parts)


def _file(name: str, sources: Mapping[str, Source]) -> str:
    source = sources.get(name)
    head = "" if source is None else f"\n\n{_plain(head_of(source.text))}"
    return f"file `{printable(name)}`{head}"


def _declaration(symbol: Symbol, source: Source) -> str:
    """The text of a declaration; of what has a body its head."""
    text = source.text[symbol.whole.start : symbol.whole.end]
    if symbol.kind in ("function", "iterator", "update", "actor", "scenario", "variant"):
        text = text.partition("{")[0].rstrip()
    lines = text.expandtabs(8).splitlines() or [""]
    more = ["..."] if len(lines) > LONGEST else []
    return "\n".join([*lines[:LONGEST], *more])


def comment_above(text: str, start: int) -> str:
    """The comment that ends on the line before a declaration."""
    before = text[:start]
    lines = before.split("\n")
    if lines[-1].strip():
        return ""
    found: list[str] = []
    block = False
    for line in reversed(lines[:-1]):
        stripped = line.strip()
        block = (block or stripped.endswith("*/")) and not (block and stripped.startswith("/*"))
        if block or stripped.startswith(("//", "/*")):
            found.append(stripped)
        else:
            break
    return _uncommented(reversed(found))


def head_of(text: str) -> str:
    """The first paragraph of the comment at the head of a file: in the library, its source."""
    lines: list[str] = []
    for line in text.split("\n"):
        stripped = line.strip()
        if not stripped.startswith(("//", "/*", "*")) or stripped in ("//", "*"):
            break
        lines.append(stripped)
    return _uncommented(lines)


def _uncommented(lines: Iterable[str]) -> str:
    marks = re.compile(r"^(?://+|/\*+|\*(?!/))?\s?(.*?)\s*(?:\*/)?$")
    found = [marks.sub(r"\1", line) for line in lines]
    return "\n".join(found).strip()


def _code(text: str) -> str:
    """C in a fence that it cannot get out of."""
    safe = "\n".join(map(printable, text.split("\n")))
    return f"{_FENCE}c\n{safe.replace(_FENCE, _FENCE[:2])}\n{_FENCE}"


def _plain(text: str) -> str:
    """Text of a file as Markdown shows it: without images, links, HTML or headings in it."""
    lines = [printable(line) for line in text.split("\n")]
    escaped = (_MARKS.sub(r"\\\g<0>", line) for line in lines)
    return "  \n".join(escaped)
