"""Tokens for the parser: those of :mod:`dsl.scan`, each as the terminal that fits where it stands.

A word is a keyword only where the parser could take one, so that the words of declarations stay
free in bodies.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Any

from lark.lexer import Lexer, PatternStr, Token

from dsl.frozen import Frozen
from dsl.scan import Scan


class Part(Frozen, frozen=True):
    """What is parsed: the tokens of a text from one offset to another."""

    scanned: Scan
    start: int
    end: int


_PROPERTY = "PROPERTY"
"""The terminal that may be several words: ``use-after-free``."""


class Words(Lexer):
    """The lexer of the language, in the form that lark takes."""

    __future_interface__ = 2

    def __init__(self, conf: Any) -> None:
        terminals = conf.terminals_by_name
        self._spelled = {
            str(t.pattern.value): name
            for name, t in terminals.items()
            if isinstance(t.pattern, PatternStr)
        }
        self._families = [
            (name, re.compile(t.pattern.to_regexp()))
            for name, t in terminals.items()
            if t.priority > 0
        ]
        self._property = re.compile(terminals[_PROPERTY].pattern.to_regexp())
        self._known: dict[str, tuple[str, ...]] = {}

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        """The tokens of a :class:`Part`, one by one as the parser goes on."""
        part: Part = lexer_state.text
        text, tokens = part.scanned.text, part.scanned.tokens
        states = parser_state.parse_conf.states
        spelled, known = self._spelled, self._known
        over = part.start
        for token in tokens[bisect_left(tokens, part.start, key=lambda t: t.start) :]:
            start, end, kind = token.start, token.end, token.kind
            if start >= part.end:
                break
            if start < over:
                continue
            word = text[start:end]
            if kind == "name":
                accepted = states[parser_state.state_stack[-1]]
                names = known.get(word) or self._terminals(word)
                name = next((each for each in names if each in accepted), names[0])
                if name not in accepted and _PROPERTY in accepted:
                    match = self._property.match(text, start)
                    if match is not None:
                        name, word, end = _PROPERTY, match.group(), match.end()
                        over = end
            elif kind == "number":
                name = "NUMBER"
            elif kind == "string":
                name = "STRING"
            else:
                name = spelled[word]
            yield Token(name, word, start, None, None, None, None, end)

    def _terminals(self, word: str) -> tuple[str, ...]:
        """The terminals that a word may be, the first of which it is where none fits."""
        families = (name for name, pattern in self._families if pattern.fullmatch(word))
        keyword = (self._spelled[word],) if word in self._spelled else ()
        found = self._known[word] = (*families, *keyword, "NAME")
        return found
