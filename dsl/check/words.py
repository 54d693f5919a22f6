"""Named values of words in expressions."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import places
from dsl.check.context import Body
from dsl.check.convert import coerce, show
from dsl.check.report import Skip, did_you_mean
from dsl.source import Span
from dsl.types import Type, WordType


def word_value(
    body: Body,
    name: str,
    argument: s.Expr | None,
    span: Span,
    expected: Type | None,
) -> p.Expr:
    """A named value of a word: of the expected word, else of the only word that has it."""
    words = body.words_with(name)
    if isinstance(expected, WordType) and expected.name in body.world.words:
        if expected.name not in words and words:
            known = [v.name for v in body.world.words[expected.name].values]
            return body.report.fail(
                "unknown-name",
                f"{expected.name} has no value `{name}`",
                span,
                did_you_mean(name, known),
            )
        words = [expected.name] if expected.name in words else words
    if len(words) > 1:
        return body.report.fail(
            "ambiguous-name",
            f"`{name}` is a value of {', '.join(sorted(words))}",
            span,
            f"say which: `({min(words)})...`, or assign it to a local first",
        )
    if not words:
        if isinstance(expected, WordType) and expected.name in body.world.words:
            known = [v.name for v in body.world.words[expected.name].values]
            near = did_you_mean(name, known)
            if near:
                return body.report.fail("unknown-name", f"`{name}` is not declared", span, near)
        places.unknown(body, name, span)
        raise Skip
    return _make(body, words[0], name, argument, span)


def _make(body: Body, word: str, name: str, argument: s.Expr | None, span: Span) -> p.Expr:
    """``none`` and ``table(p)`` as a value of ``word``."""
    value = next(v for v in body.world.words[word].values if v.name == name)
    if value.parameter is None:
        if argument is not None:
            body.report.fail(
                "argument-count", f"the value `{name}` of {word} takes no argument", span
            )
        return p.WordMake(word, name, None, WordType(word), span)
    if argument is None:
        return body.report.fail(
            "argument-count",
            f"the value `{name}` of {word} takes a {show(value.parameter)}",
            span,
            f"write `{name}(...)`",
        )
    pointer = coerce(
        body.report,
        body.value(argument, value.parameter),
        value.parameter,
        f"the argument of `{name}`",
    )
    return p.WordMake(word, name, pointer, WordType(word), span)
