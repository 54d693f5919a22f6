"""``unfold(source, ...)``: a C file in which the guards of one function are written out.

What is made of the function is made of that text; ``back`` leads to the places of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dsl.paste.control import called, nodes
from dsl.paste.cursor import KEYWORDS
from dsl.paste.edits import Edit, Edited, apply
from dsl.paste.guards import WORDS, defined
from dsl.paste.locate import Found, heads
from dsl.paste.rewrite_expressions import Mark
from dsl.paste.tokens import Tokens, refusal
from dsl.paste.tree import Block, Call, Declare, Name, Prefix
from dsl.paste.unfold_walk import Unfolder
from dsl.primitives import SIGNATURES
from dsl.source import Source, Span

_MOST: Final = 64
"""The most guards of a function: each is given back at every way out."""
_LOOKED_FOR: Final = WORDS | {"cleanup", "__cleanup__"}
_CLASSES: Final = frozenset({"guard", "CLASS", "ACQUIRE"})
"""Of two pairs of parentheses: with one, they are functions of another kind."""
_LONGEST: Final = 200_000
"""The most characters that may be added to a file."""


@dataclass(frozen=True, slots=True)
class Unfolded:
    """The text, the way back from it, and what is marked, in places of the file."""

    source: Source
    edited: Edited
    marks: tuple[Mark, ...]

    def back(self, mark: Mark) -> Mark:
        """A mark in the text as one in the file."""
        start = self.edited.origin(mark.start)
        last = self.edited.origin(mark.end - 1)
        return Mark(mark.code, mark.what, start, max(start, last) + 1, mark.hint)


def unfold(
    source: Source, tokens: Tokens, places: Sequence[tuple[Found, Block]]
) -> Unfolded | None:
    """The file with the guards of functions written out; none if they have no guards."""
    edits: list[Edit] = []
    marks: list[Mark] = []
    for place, body in places:
        if any(token.text in _LOOKED_FOR and token.kind == "name" for token in place.body):
            made, marked = _unfolded(source, tokens, place, body)
            edits += made
            marks += marked
    if not edits and not marks:
        return None
    edited = apply(source.text, 0, len(source.text), edits)
    return Unfolded(Source(source.name, edited.text), edited, tuple(marks))


def _unfolded(
    source: Source, tokens: Tokens, place: Found, body: Block
) -> tuple[list[Edit], list[Mark]]:
    """What is to be changed in one function, and what is marked in it."""
    words = [token for token in place.body if token.text in _LOOKED_FOR and token.kind == "name"]
    span = Span(source.name, place.signature.start, place.signature.end)
    if len(words) > _MOST:
        message = f"the function has more than {_MOST} guards"
        raise refusal("too-large", message, span, "cut the function down")
    taken = {
        token.text
        for before, token in pairwise(place.body)
        if token.kind == "name" and before.text not in {".", "->"}
    }
    own = heads(tokens)
    taken |= {*own, *SIGNATURES, *KEYWORDS}
    locals_ = {parameter.name for parameter in place.signature.parameters}
    for node in nodes(body):
        if isinstance(node, Declare) and not node.static:
            locals_ |= {declarator.name for declarator in node.declarators}
    taken |= locals_
    walk = Unfolder(source.text, place.signature.result, taken, locals_)
    walk.guards, walk.frees = defined(source.text)
    walk.tokens, walk.file = place.body, source.name
    walk.block(body)
    walk.gotos()
    _left_over(walk, body, set(own))
    inside = [t.start for t in tokens.directives if body.start < t.start < body.end]
    edits = [_whole(walk, edit, inside) for edit in walk.edits()]
    if sum(len(edit.text) for edit in edits) > _LONGEST:
        message = "the function has too many guards for its ways out"
        raise refusal("too-large", message, span, "cut the function down")
    return edits, walk.marks


def _whole(walk: Unfolder, edit: Edit, directives: list[int]) -> Edit:
    """An edit; one that takes out a directive is marked, and shows what was there."""
    if not any(edit.start <= start < edit.end for start in directives):
        return edit
    what = "a directive in what is written out, and its other branches, are left out"
    hint = "put whole statements into each branch"
    walk.marks.append(Mark("preprocessor", what, edit.start, edit.end, hint))
    return Edit(edit.start, edit.end, f"{walk.fixme(edit.start, edit.end)} {edit.text}")


def _left_over(walk: Unfolder, body: Block, own: set[str]) -> None:
    """Marks uses of cleanup.h in the middle of expressions, and those in no known way."""
    every = [node for node in nodes(body) if isinstance(node, Call)]
    callees = {id(call.callee) for call in every}
    for call in sorted(every, key=lambda c: c.start):
        name = called(call)
        if name not in WORDS - own or call.start in walk.done:
            continue
        if name in _CLASSES and id(call) not in callees:
            continue
        match call:
            case Call(Name("ACQUIRE_ERR"), (_, Prefix("&", Name(text)))) if text in walk.acquired:
                walk.edit(call.start, call.end, text)
            case Call(Name("no_free_ptr" | "retain_and_null_ptr" | "return_ptr")):
                walk.odd_move(call)
            case _:
                walk.edit(call.end, call.end, f" {walk.fixme(call.start, call.end)}")
                what = f"`{name}()` of linux/cleanup.h, in a way that is not followed"
                hint = "write what it does, and what undoes it at each way out of the block"
                walk.mark(call.start, call.end, what, hint)
