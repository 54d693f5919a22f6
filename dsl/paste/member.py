"""One of the functions of a skeleton: its head, its body, and what it is given by an actor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from dsl.check.world import CURRENT
from dsl.paste.declare import Declarations
from dsl.paste.edits import Edited, apply, plain, quoted
from dsl.paste.infer import Inference
from dsl.paste.rewrite import Rewriter
from dsl.paste.rewrite_marks import END, Reasons
from dsl.paste.shared import Listed, Shared
from dsl.paste.together import Part
from dsl.paste.tokens import Tokens
from dsl.paste.types import Array, Cell, Number, Opaque, Pointer, Struct, Void, shape
from dsl.source import Source

_LONG: Final = 56


class Member:
    """A function in an attempt; ``number`` is its place among those that are asked for."""

    def __init__(
        self,
        part: Part,
        shared: Shared,
        inner: frozenset[str],
        marked: dict[int, int],
        number: int,
    ) -> None:
        self.part = part
        self.name = part.name
        self.end = END - number
        self._world = shared.world
        self._result = self._world.cell(part.signature.result)
        self._aggregate = isinstance(shape(self._result), Struct | Opaque)
        if self._aggregate:
            self._result = Cell(Void())
        self._parameters: list[tuple[str, Cell]] = []
        self._inference = Inference(shared, self.name, inner, marked=marked, result=self._result)
        shared.listed[self.name] = Listed(self._declare_parameters(), self._result)

    def infer(self) -> None:
        """Finds out the types of what it touches."""
        self._inference.body(self.part.body)

    def rewritten(
        self, source: Source, tokens: Tokens, declarations: Declarations, reasons: Reasons
    ) -> tuple[Edited, Rewriter]:
        """Its body in the language."""
        body = self.part.body
        rewriter = Rewriter(source.text, self._inference, declarations, reasons, self.end)
        rewriter.block(body)
        rewriter.ending(body.end)
        rewriter.regions(tokens, body.start, body.end)
        made = apply(source.text, body.start, body.end, rewriter.edits)
        return Edited(plain(made.text), made.pieces), rewriter

    def _declare_parameters(self) -> tuple[Cell | None, ...]:
        """Each with its cell; None for one that is no parameter in the language."""
        found: list[Cell | None] = []
        for parameter in self.part.signature.parameters:
            found.append(None)
            if parameter.odd:
                continue
            cell = self._world.cell(parameter.type)
            if isinstance(cell.shape, Struct | Opaque | Array):
                self._world.globals[parameter.name] = cell
                continue
            self._inference.scopes[0][parameter.name] = cell
            self._inference.assigned.add(parameter.name)
            self._parameters.append((parameter.name, cell))
            found[-1] = cell
        return tuple(found)

    def head(self, declarations: Declarations) -> str:
        """Its head, and before it what of it the language does not have."""
        shown = listed(declarations.declared(c, name) for name, c in self._parameters)
        head = declarations.declared(self._result, self.name)
        notes = "".join(
            f"// FIXME(new): the parameter `{p.name}`: {p.odd or 'no scalar; a global instead'}.\n"
            for p in self.part.signature.parameters
            if all(p.name != name for name, _ in self._parameters)
        )
        if self._aggregate:
            words = quoted(" ".join(self.part.signature.result.words))
            notes += f"// FIXME(new): it returns {words}, which is no scalar.\n"
        return f"{notes}static {head}({shown or 'void'})"

    def call(self, declarations: Declarations) -> str:
        """A call of it, with objects to point at."""
        given = [_given(declarations, cell) for _, cell in self._parameters]
        return f"{self.name}({', '.join(given)});"


def uses_task(
    tokens: Tokens, parts: Mapping[str, Part], reached: frozenset[str], tasks: frozenset[str]
) -> bool:
    """Whether one of some functions uses ``current``, or calls what does in ``tasks``."""
    bodies = [(parts[name].body.start, parts[name].body.end) for name in sorted(reached)]
    inside = (t for t in tokens.kept if any(a <= t.start < b for a, b in bodies))
    names = {token.text for token in inside if token.kind == "name"}
    return bool(names & {CURRENT, *tasks})


def _given(declarations: Declarations, cell: Cell) -> str:
    match shape(cell):
        case Pointer(to):
            return f"&{declarations.object(to)}"
        case Number("bool"):
            return "choose()"
        case Number(text) if text in declarations.library.names:
            return declarations.object(cell)
        case _:
            return "choose(0, 1)"


def listed(parts: Iterable[str]) -> str:
    """Parameters, on several lines if one would be long."""
    texts = list(parts)
    return (", " if sum(len(text) for text in texts) < _LONG else ",\n").join(texts)
