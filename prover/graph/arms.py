"""Where the arms of an ``if`` or a ``switch`` stand in the text.

What stands behind an ``if`` with an arm that goes round, up to the end of the block, is in the
other arm: ``if (c) continue; rest`` is ``if (c) continue; else { rest }``.  What a variant has put
into an arm is in it as well, though its text stands elsewhere.  A text that something not in the
arm shares is left out: what a variant has moved, or what several ways out of a block do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from dsl import protocol as p
from dsl.check.flow import statements
from dsl.source import Span

Arms = Mapping[int, tuple[Span, ...]]
"""By the identity of an ``if`` or a ``switch`` the texts of its arms."""


def stands_in(span: Span, other: Span) -> bool:
    """Whether a text is a part of another, or is it."""
    return span.file == other.file and other.start <= span.start and span.end <= other.end


def arms_of(function: p.Function) -> Arms:
    """The arms in the body of a function."""
    whole = _Body(tuple(statements(function.body)))
    found: dict[int, tuple[Span, ...]] = {}
    for stmt in whole.statements:
        match stmt:
            case p.If(then=then, otherwise=otherwise):
                written = [arm for arm in (then, otherwise) if arm != p.Block((), stmt.span)]
                found[id(stmt)] = (*found.get(id(stmt), ()), *whole.texts(written))
            case p.Switch(cases=cases):
                found[id(stmt)] = whole.texts([body for _, _, body in cases])
            case p.Block(body=body):
                for index, each in enumerate(body):
                    test = _plain(each)
                    if isinstance(test, p.If) and _goes_round(test):
                        more = whole.texts(whole.not_entered(body[index + 1 :]))
                        found[id(test)] = (*found.get(id(test), ()), *more)
            case _:
                pass
    return found


@dataclass(slots=True)
class _Body:
    """All statements of a function, each as often as it stands there."""

    statements: tuple[p.Stmt, ...]

    def texts(self, arm: Sequence[p.Stmt]) -> tuple[Span, ...]:
        """Where an arm stands, and nothing else does."""
        own = [inner for stmt in arm for inner in statements(stmt)]
        found: list[Span] = []
        for span in dict.fromkeys(stmt.span for stmt in own):
            if not any(stands_in(span, known) for known in found):
                if _within(own, span) == _within(self.statements, span):
                    found.append(span)
        return tuple(found)

    def not_entered(self, rest: Sequence[p.Stmt]) -> Sequence[p.Stmt]:
        """The end of a block, if nothing but what stands before it leads there."""
        within = [inner for stmt in rest for inner in statements(stmt)]
        labels = {stmt.label for stmt in within if isinstance(stmt, p.Label)}
        return rest if _jumps(within, labels) == _jumps(self.statements, labels) else ()


def _within(among: Iterable[p.Stmt], span: Span) -> int:
    """How many statements stand in a text."""
    return sum(stands_in(stmt.span, span) for stmt in among)


def _jumps(among: Iterable[p.Stmt], labels: AbstractSet[str]) -> int:
    """How many jumps lead to some labels."""
    return sum(isinstance(stmt, p.Goto) and stmt.label in labels for stmt in among)


def _plain(stmt: p.Stmt) -> p.Stmt:
    """A statement without its labels."""
    while isinstance(stmt, p.Label):
        stmt = stmt.body
    return stmt


def _goes_round(test: p.If) -> bool:
    """Whether an arm ends with the next round of the loop around it."""
    return any(isinstance(_last(arm), p.Continue) for arm in (test.then, test.otherwise))


def _last(stmt: p.Stmt) -> p.Stmt:
    """What an arm ends with."""
    stmt = _plain(stmt)
    while isinstance(stmt, p.Block) and stmt.body:
        stmt = _plain(stmt.body[-1])
    return stmt
