"""Text to syntax: ``parse(source)`` -> :class:`prover.models.cat.syntax.CatFile`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.grammar_cache import cached
from dsl.source import Source, Span
from prover.models.algebra import Shape
from prover.models.cat import syntax as s
from prover.models.cat.scan import blanked


def parse(source: Source) -> s.CatFile:
    """The syntax of ``source``; raises :class:`DiagnosticError` with what is wrong with it."""
    text = blanked(source)
    tree = _tree(source, text)
    made: dict[int, Any] = {}
    # Children come before their parents: no recursion, however deep the text is nested.
    for subtree in tree.iter_subtrees():
        children = [made.get(id(child), child) for child in subtree.children]
        span = Span(source.name, *_extent(subtree))
        made[id(subtree)] = _BUILD[subtree.data](children, span)
    file: s.CatFile = made[id(tree)]
    return file


def _extent(tree: Any) -> tuple[int, int]:
    return getattr(tree.meta, "start_pos", 0), getattr(tree.meta, "end_pos", 0)


# --- rules, by their names in the grammar ---------------------------------------------------


def _file(children: list[Any], _span: Span) -> s.CatFile:
    title = ""
    if children and isinstance(children[0], _Title):
        title = str(children[0])
    statements = [child for child in children if not isinstance(child, _Title | None)]
    return s.CatFile(title, tuple(statements))


class _Title(str):
    """The text before the statements, told from names."""

    __slots__ = ()


def _title(children: list[Any], _span: Span) -> _Title:
    return _Title(str(children[-1]).strip('"').replace("\n", " "))


def _let(children: list[Any], span: Span) -> s.Let:
    return s.Let(children[0], recursive=False, span=span)


def _let_rec(children: list[Any], span: Span) -> s.Let:
    return s.Let(children[0], recursive=True, span=span)


def _check(children: list[Any], span: Span) -> s.Check:
    marks = [str(child) for child in children if _kind(child) in _CHECK_MARKS]
    relation = next(child for child in children if _kind(child) == "")
    names = [str(child) for child in children if _kind(child) == "NAME"]
    flag = marks[0] == "flag"
    return s.Check(Shape(marks[-1]), len(marks) == 2 + flag, flag, relation, "".join(names), span)


_CHECK_MARKS = ("FLAG", "NEGATED", "ACYCLIC", "IRREFLEXIVE", "EMPTY")


def _kind(child: Any) -> str:
    """The terminal that ``child`` is, empty for what is built."""
    return str(getattr(child, "type", ""))


def _include(children: list[Any], span: Span) -> s.Include:
    return s.Include(str(children[0])[1:-1], span)


def _nothing(_children: list[Any], _span: Span) -> None:
    """What only changes what herd draws."""


def _enumeration(children: list[Any], span: Span) -> s.Enumeration:
    return s.Enumeration(str(children[0]), tuple(str(tag)[1:] for tag in children[1:]), span)


def _allowed(children: list[Any], span: Span) -> s.Name | tuple[str, ...]:
    if _kind(children[0]) == "NAME":
        return s.Name(str(children[0]), span)
    return tuple(str(tag)[1:] for tag in children)


def _instructions(children: list[Any], span: Span) -> s.Instructions:
    parts: list[s.Name | tuple[str, ...]] = children[1:]
    tags = [tag for part in parts if not isinstance(part, s.Name) for tag in part]
    names = [part for part in parts if isinstance(part, s.Name)]
    return s.Instructions(str(children[0]), tuple(tags), tuple(names), span)


def _bindings(children: list[Any], _span: Span) -> tuple[s.Binding, ...]:
    return tuple(children)


def _value(children: list[Any], span: Span) -> s.Binding:
    return s.Binding(str(children[0]), None, children[1], span)


def _function(children: list[Any], span: Span) -> s.Binding:
    name, *parameters, body = children
    return s.Binding(str(name), tuple(str(one) for one in parameters), body, span)


def _local(children: list[Any], span: Span) -> s.Local:
    return s.Local(children[0], recursive=False, body=children[1], span=span)


def _local_rec(children: list[Any], span: Span) -> s.Local:
    return s.Local(children[0], recursive=True, body=children[1], span=span)


def _try(children: list[Any], span: Span) -> s.Try:
    return s.Try(children[0], children[1], span)


def _variant(children: list[Any], span: Span) -> s.Variant:
    return s.Variant(str(children[0])[1:-1], children[1], children[2], span)


def _chain(op: str) -> Callable[[list[Any], Span], s.Chain]:
    def build(children: list[Any], span: Span) -> s.Chain:
        return s.Chain(op, tuple(children), span)

    return build


def _head(children: list[Any], span: Span) -> s.Expr:
    """The left side of a product: an operand with its star, or the complement of one."""
    if len(children) == 1:
        return s.Negation(children[0], span)
    operand: s.Expr = children[0]
    return operand


def _negation(children: list[Any], span: Span) -> s.Negation:
    return s.Negation(children[0], span)


def _starred(children: list[Any], span: Span) -> s.Postfix:
    op = "^-1" if _kind(children[1]) == "INVERSE" else str(children[1]).removeprefix("^")
    return s.Postfix(op, children[0], span)


def _apply(children: list[Any], span: Span) -> s.Apply:
    return s.Apply(children[0], children[1], span)


def _name(children: list[Any], span: Span) -> s.Name:
    return s.Name(str(children[0]), span)


def _constant(children: list[Any], span: Span) -> s.Constant:
    return s.Constant("".join(map(str, children)) or "{}", span)


def _bracket(children: list[Any], span: Span) -> s.Bracket:
    return s.Bracket(children[0], span)


def _group(children: list[Any], span: Span) -> s.Group:
    return s.Group(tuple(children), span)


_BUILD: dict[str, Callable[[list[Any], Span], Any]] = {
    "file": _file,
    "title": _title,
    "let": _let,
    "let_rec": _let_rec,
    "check": _check,
    "include": _include,
    "hidden": _nothing,
    "shown": _nothing,
    "enumeration": _enumeration,
    "instructions": _instructions,
    "allowed": _allowed,
    "bindings": _bindings,
    "value": _value,
    "function": _function,
    "local": _local,
    "local_rec": _local_rec,
    "try_": _try,
    "variant": _variant,
    "union": _chain("|"),
    "added": _chain("++"),
    "sequence": _chain(";"),
    "difference": _chain("\\"),
    "intersection": _chain("&"),
    "product": _chain("*"),
    "head": _head,
    "negation": _negation,
    "starred": _starred,
    "apply": _apply,
    "name": _name,
    "constant": _constant,
    "bracket": _bracket,
    "group": _group,
}

# --- what does not fit ----------------------------------------------------------------------

_OPERAND = frozenset({"NAME", "ZERO", "ANY", "LPAR", "LSQB", "LBRACE"})
_OPERATOR = frozenset({"VBAR", "SEMICOLON", "BACKSLASH", "AMPERSAND", "STAR", "__ANON_1"})
_STATEMENT = frozenset({"LET", "INCLUDE", "SHOW", "UNSHOW", "ENUM", "INSTRUCTIONS", "FLAG"})
_WORDS: dict[str, str] = {
    "NAME": "a name",
    "STRING": "a string",
    "TAG": "a tag such as 'once",
    "EQUAL": "`=`",
    "IN": "`in`",
    "WITH": "`with`",
    "THEN": "`then`",
    "ELSE": "`else`",
    "AND": "`and`",
    "AS": "`as`",
    "COMMA": "`,`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "LSQB": "`[`",
    "LBRACE": "`{`",
    "$END": "the end of the file",
}


def _tree(source: Source, text: str) -> Any:
    from lark import UnexpectedCharacters, UnexpectedToken

    try:
        return _lark().parse(text)
    except UnexpectedToken as error:
        expected = frozenset(error.accepts or error.expected)
        token: Any = error.token
        if token.type == "$END":
            end, word = len(text.rstrip()), "the text ends"
            start = max(0, end - 1)
        else:
            start, end = int(token.start_pos), int(token.end_pos)
            word = f"`{_short(str(token))}` stands"
    except UnexpectedCharacters as error:
        expected = frozenset(error.allowed or ())
        place: Any = error.pos_in_stream
        start = int(place)
        end, word = start + 1, f"`{text[start]}` stands"
    wanted = _in_words(expected)
    label = Label(Span(source.name, start, end), f"expected {wanted}")
    message = f"{word} where {wanted} should"
    raise DiagnosticError((Diagnostic("model-syntax", message, label),)) from None


def _in_words(expected: frozenset[str]) -> str:
    """``a name, `=` or an operator``."""
    parts = [
        words
        for words, members in (
            ("a set or relation", _OPERAND),
            ("an operator", _OPERATOR),
            ("a statement", _STATEMENT),
        )
        if expected >= members
    ]
    covered = _OPERAND if expected >= _OPERAND else frozenset[str]()
    left = sorted(_WORDS[kind] for kind in expected - covered if kind in _WORDS)
    parts = [*parts, *left][:8] or ["nothing more"]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "..."


@functools.cache
def _lark() -> Any:
    """The parser of the language, made once."""
    from lark import Lark
    from lark import __version__ as version

    # Lark's own annotations are partly missing.
    make: Any = Lark
    grammar = Path(__file__).with_name("cat.lark").read_text(encoding="utf-8")
    return cached(
        key=f"{version}\ncat\n{grammar}",
        make=lambda: make(
            grammar, parser="lalr", lexer="basic", start="file", propagate_positions=True
        ),
        load=make.load,
    )
