"""The statements of each declaration of a file, as text that formatting does not change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl import syntax as s
from dsl.scan import Token, scan
from dsl.source import Source

_APART = frozenset(
    "= == != < > <= >= += -= *= /= %= &= |= ^= && || ? + - * / % & ^ | >> <<".split()
)
_PREFIXES = frozenset("& * - ! ~ +".split())
_OPENING = frozenset("( [ { , : return".split())
_CLOSING = frozenset(", ; ) ] -> . ++ -- :".split())
_GLUE = frozenset("( [ -> . ! ~".split())
_BEFORE_PREFIXES = _OPENING | _APART | {"!", "~"}


def statements_of(file: s.File, source: Source) -> dict[str, tuple[str, ...]]:
    """By the name of the declaration what it says, statement by statement, comments left out.

    ``file`` is what ``source`` was parsed to.  The pieces end with ``;`` or a brace.
    """
    tokens = scan(source).tokens
    found: dict[str, tuple[str, ...]] = {}
    at = 0
    for declaration in file.declarations:
        span = declaration.span
        while at < len(tokens) and tokens[at].start < span.start:
            at += 1
        begin = at
        while at < len(tokens) and tokens[at].start < span.end:
            at += 1
        pieces = tuple(_pieces(tokens[begin:at], source.text))
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


def _pieces(tokens: Sequence[Token], text: str) -> Iterator[str]:
    """The tokens up to each ``;`` or brace outside parentheses; braces that close are none."""
    piece: list[str] = []
    depth = 0
    for token in tokens:
        word = text[token.start : token.end]
        depth += (word in {"(", "["}) - (word in {")", "]"})
        if word != "}" or depth:
            piece.append(word)
        if depth == 0 and word in {";", "{", "}"} and piece:
            yield _joined(piece)
            piece = []
    if piece:
        yield _joined(piece)


def _joined(words: Sequence[str]) -> str:
    """Words as one line, spaced in one way."""
    line = ""
    before = ""
    glued = False
    for word in words:
        prefix = word in _PREFIXES and (not before or before in _BEFORE_PREFIXES)
        hyphen = words[0] == "expect" and word == "-"
        tight = glued or not line or hyphen or word in _CLOSING or (word in "([" and _calls(before))
        line += word if tight else f" {word}"
        glued = prefix or hyphen or word in _GLUE
        before = word
    return line


def _calls(before: str) -> bool:
    """Whether an opening bracket belongs to the word before it."""
    return before not in _APART and before not in {"if", "while", "for", "switch", "return"}
