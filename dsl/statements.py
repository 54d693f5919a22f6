"""The statements of each declaration of a file, as text that formatting does not change."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import cast

from dsl import syntax as s
from dsl.frozen import Frozen, fields_of
from dsl.scan import Token, scan
from dsl.source import Source

_APART = frozenset(
    "= == != < > <= >= += -= *= /= %= &= |= ^= && || ? + - * / % & ^ | >> <<".split()
)
_PREFIXES = frozenset("& * - ! ~ +".split())
_OPENING = frozenset("( [ { , : return".split())
_CLOSING = frozenset(", ; ) ] -> . ++ -- :".split())
_GLUE = frozenset("( [ -> . ! ~".split())
_SIMPLE = (s.ExprStmt, s.Break, s.Continue, s.Return, s.Goto, s.Yield)
"""Statements that need no braces below an `if` or a loop, whatever comes next."""


def statements_of(file: s.File, source: Source) -> dict[str, tuple[str, ...]]:
    """By the name of the declaration what it says, statement by statement, comments left out.

    ``file`` is what ``source`` was parsed to.  The pieces end with ``;`` or a brace.
    """
    marks = _Marks(file, scan(source).tokens, source.text)
    tokens = [token for token in marks.tokens if token.start not in marks.braces]
    found: dict[str, tuple[str, ...]] = {}
    at = 0
    for declaration in file.declarations:
        span = declaration.span
        while at < len(tokens) and tokens[at].start < span.start:
            at += 1
        begin = at
        while at < len(tokens) and tokens[at].start < span.end:
            at += 1
        pieces = tuple(_pieces(tokens[begin:at], source.text, marks.between))
        name = _name(declaration)
        found[name] = (*found.get(name, ()), *pieces)
    return found


def _name(declaration: s.Decl) -> str:
    """What a declaration is called where changes are told."""
    match declaration:
        case s.FunctionDecl(name=name):
            return f"{name.text}()"
        case s.ActorDecl(name=name):
            return f"actor {name.text}"
        case s.Scenario(name=name):
            return f"scenario {name.text}"
        case s.Variant(name=name):
            return f"variant {name.text}"
        case _:
            return "declarations"


class _Marks:
    """Signs whose meaning their neighbours do not tell, by where they are.

    ``between`` are those that stand between two operands, ``braces`` those around one simple
    statement that could do without.
    """

    def __init__(self, file: s.File, tokens: Sequence[Token], text: str) -> None:
        self.tokens = tokens
        self.between: set[int] = set()
        self.braces: set[int] = set()
        starts = [token.start for token in tokens]
        pending: list[object] = [file]
        while pending:
            node = pending.pop()
            match node:
                case tuple():
                    pending.extend(cast("tuple[object, ...]", node))
                    continue
                case s.Binary(op, left, right):
                    first = bisect_left(starts, left.span.end)
                    last = bisect_left(starts, right.span.start)
                    gap = tokens[first:last]
                    self.between |= {t.start for t in gap if text[t.start : t.end] == op}
                case s.If(_, then, otherwise):
                    self._single(then)
                    self._single(otherwise)
                case s.While() | s.DoWhile() | s.For() | s.ForEach():
                    self._single(node.body)
                case _:
                    pass
            if isinstance(node, Frozen):
                pending.extend(getattr(node, name) for name in fields_of(node))

    def _single(self, body: s.Stmt | None) -> None:
        match body:
            case s.Block((only,), span) if isinstance(only, _SIMPLE):
                self.braces |= {span.start, span.end - 1}
            case _:
                pass


def _pieces(tokens: Sequence[Token], text: str, between: AbstractSet[int]) -> Iterator[str]:
    """The tokens up to each ``;`` or brace outside parentheses; braces that close are none."""
    piece: list[tuple[str, bool]] = []
    depth = 0
    for token in tokens:
        word = text[token.start : token.end]
        depth += (word in {"(", "["}) - (word in {")", "]"})
        if word != "}" or depth:
            piece.append((word, word in _PREFIXES and token.start not in between))
        if depth == 0 and word in {";", "{", "}"} and piece:
            yield _joined(piece)
            piece = []
    if piece:
        yield _joined(piece)


def _joined(words: Sequence[tuple[str, bool]]) -> str:
    """Words as one line, spaced in one way; with each, whether it belongs to what follows."""
    line = ""
    before = ""
    glued = False
    for word, prefix in words:
        hyphen = words[0][0] == "expect" and word == "-"
        tight = glued or not line or hyphen or word in _CLOSING or (word in "([" and _calls(before))
        line += word if tight else f" {word}"
        glued = prefix or hyphen or word in _GLUE
        before = word
    return line


def _calls(before: str) -> bool:
    """Whether an opening bracket belongs to the word before it."""
    return before not in _APART and before not in {"if", "while", "for", "switch", "return"}
