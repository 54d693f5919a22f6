"""Edits that make expressions of C expressions of the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from dsl.paste.declare import Declarations
from dsl.paste.edits import Edit, apply, quoted
from dsl.paste.infer import Inference
from dsl.paste.known import ORDERING, PLAIN_READS, RENAMED, TYPES, WRAPPERS
from dsl.paste.scopes import typedef_name
from dsl.paste.shared import Site
from dsl.paste.tree import (
    Assign,
    Binary,
    Call,
    Cast,
    Char,
    Comma,
    Conditional,
    Expr,
    Index,
    Member,
    Name,
    Num,
    Odd,
    Paren,
    Postfix,
    Prefix,
    Text,
    TypeUse,
)
from dsl.paste.types import Array, Cell, Number, Opaque, Struct, shape
from dsl.primitives import SIGNATURES


class Untranslatable(Exception):
    """An expression that the language does not have."""

    def __init__(self, code: str, what: str, start: int, end: int) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that the language does not have as it stands; ``start`` and ``end`` are in the C."""

    code: str
    what: str
    start: int
    end: int
    hint: str


_ESCAPES = {"n": 10, "t": 9, "r": 13, "a": 7, "b": 8, "f": 12, "v": 11, "0": 0}


class ExpressionRewriter:
    """Collects edits of expressions; ``unknown`` are stubs for values that are not followed."""

    def __init__(self, text: str, inference: Inference, declarations: Declarations) -> None:
        self.text = text
        self.inference = inference
        self.declarations = declarations
        self.edits: list[Edit] = []
        self.marks: list[Mark] = []
        self.unknown = inference.shared.unknown

    def edit(self, start: int, end: int, text: str) -> None:
        """One edit."""
        self.edits.append(Edit(start, end, text))

    def rendered(self, start: int, end: int, make: Callable[[], None]) -> str:
        """The text of a range with the edits that ``make`` collects, and no others."""
        before, self.edits = self.edits, []
        try:
            make()
            return apply(self.text, start, end, self.edits).text
        finally:
            self.edits = before

    def value(self, expr: Expr) -> str:
        """An expression's text in the language."""
        return self.rendered(expr.start, expr.end, lambda: self.expr(expr))

    def fixme(self, cell: Cell | None) -> str:
        """A call that stands for a value of this type."""
        found = None if cell is None else shape(cell)
        if isinstance(found, Number) and found.text == "bool":
            return "choose()"
        name = self.declarations.names.fresh(f"fixme_{len(self.unknown) + 1}")
        if cell is None or isinstance(found, Struct | Array | Opaque):
            cell = Cell(Number("int"))
        self.unknown.append((name, cell))
        return f"{name}()"

    def expr(self, expr: Expr) -> None:
        """The edits of one expression; raises :class:`Untranslatable`."""
        if expr in self.inference.decayed:
            self.edit(expr.start, expr.start, "&")
            self._inside(expr)
            self.edit(expr.end, expr.end, "[0]")
        else:
            self._inside(expr)

    def _inside(self, expr: Expr) -> None:
        match expr:
            case Name() | Num():
                pass
            case Char():
                self.edit(expr.start, expr.end, str(_character(expr)))
            case Text():
                raise Untranslatable("unsupported", "a text as a value", expr.start, expr.end)
            case Odd(code, what):
                raise Untranslatable(code, what, expr.start, expr.end)
            case Paren(inner):
                self.expr(inner)
            case Prefix(_, operand) | Postfix(_, operand):
                self.expr(operand)
            case Binary(_, left, right):
                self.expr(left)
                self.expr(right)
            case Conditional():
                self._conditional(expr)
            case Assign(_, target, value):
                self.expr(target)
                self.expr(value)
            case Member(base, _):
                self.expr(base)
            case Index(base, index):
                self.expr(base)
                self.expr(index)
            case Call():
                self._call(expr)
            case Cast():
                self._cast(expr)
            case Comma():
                what = "a comma between values"
                raise Untranslatable("comma-operator", what, expr.start, expr.end)
            case _:
                assert_never(expr)

    def _conditional(self, expr: Conditional) -> None:
        self.expr(expr.condition)
        if expr.then is not None:
            self.expr(expr.then)
        elif not _pure(expr.condition):
            raise Untranslatable("unsupported", "`?:` without a middle", expr.start, expr.end)
        else:
            again = self.value(expr.condition)
            self.edit(expr.condition.end, expr.otherwise.start, f" ? {again} : ")
        self.expr(expr.otherwise)

    def _cast(self, expr: Cast) -> None:
        self.expr(expr.operand)
        used = expr.type
        if used.stars:
            # Types agree, or the checker says that they do not.
            self.edit(expr.start, expr.operand.start, "")
        else:
            self.type(used)

    def type(self, used: TypeUse) -> None:
        """The edits of a type where it stands."""
        for start, end in used.marks:
            self.edit(start, end, "")
        text = " ".join(used.words)
        wanted = TYPES.get(text, text)
        if used.words[0] == "union":
            wanted = f"struct {used.words[1]}"
        elif len(used.words) == 1 and typedef_name(wanted) in self.inference.world.typedefs:
            wanted = typedef_name(wanted)
        if wanted != text:
            start = self.text.find(used.words[0], used.start, used.end)
            self.edit(start, used.end, wanted)

    # --- calls ------------------------------------------------------------------

    def _call(self, call: Call) -> None:
        site = self.inference.sites.get(call)
        if site is not None:
            self._stub(call, site)
            return
        direct = self.inference.shared.direct.get(call)
        if direct is not None:
            self._arguments(call, direct.kept, arrays=direct.arrays)
            return
        name = call.callee.text if isinstance(call.callee, Name) else ""
        if name in PLAIN_READS and call.arguments:
            first = call.arguments[0]
            assert not isinstance(first, TypeUse)
            self.edit(call.start, call.end, self.value(first))
            return
        renamed = RENAMED.get(name, name)
        if renamed != name:
            self.edit(call.callee.start, call.callee.end, renamed)
        primitive = SIGNATURES.get(renamed)
        count = len(call.arguments)
        if primitive is not None and renamed != name and "targets" not in primitive.parameters:
            count = min(count, len(primitive.parameters))
        self._arguments(call, tuple(range(count)))

    def _stub(self, call: Call, site: Site) -> None:
        name = site.group.name if site.group else site.name
        callee = call.callee
        if not isinstance(callee, Name) or self.text[callee.start : callee.end] != site.name:
            source = quoted(self.text[callee.start : callee.end])
            self.edit(callee.start, callee.end, f"{name} /* FIXME(new): {source} */ ")
            what = f"a call through `{source}`" if source else "a call through a pointer"
            hint = f"`{name}()` stands for what is called; write its body"
            self.marks.append(Mark("function-pointer", what, callee.start, callee.end, hint))
        elif self._orders(site.name):
            self.edit(callee.end, callee.end, f" /* FIXME(new): {site.name} */ ")
            what = f"`{site.name}()` orders or locks, and is no primitive of the language"
            hint = "the stub does nothing: write there what it does, with primitives"
            self.marks.append(Mark("unsupported", what, callee.start, callee.end, hint))
        elif name != site.name:
            self.edit(callee.start, callee.end, name)
            if site.name in self.inference.inner:
                what = f"`{site.name}` calls itself"
                if site.name != self.inference.own:
                    what += f" by way of `{self.inference.own}`"
                hint = f"`{name}()` stands for the inner call; write a loop"
                self.edit(callee.end, callee.end, f" /* FIXME(new): {site.name} */ ")
                self.marks.append(Mark("recursion", what, callee.start, callee.end, hint))
        self._arguments(call, site.kept, site.addressed, site.arrays)

    def _orders(self, name: str) -> bool:
        """Whether a stub of this name would leave out what a protocol is about."""
        library = self.inference.library
        known = name in WRAPPERS or name in library.signatures or name in library.wrappers
        return not known and ORDERING.fullmatch(name) is not None

    def _arguments(
        self,
        call: Call,
        kept: tuple[int, ...],
        addressed: frozenset[int] = frozenset(),
        arrays: frozenset[int] = frozenset(),
    ) -> None:
        """The edits of arguments, of which only some stay, some by their address."""
        if len(kept) == len(call.arguments):
            for place, argument in enumerate(call.arguments):
                if place in addressed | arrays:
                    self.edit(argument.start, argument.start, "&")
                if isinstance(argument, TypeUse):
                    self.type(argument)
                else:
                    self.expr(argument)
                if place in arrays:
                    self.edit(argument.end, argument.end, "[0]")
            return
        texts: list[str] = []
        for place, index in enumerate(kept):
            argument = call.arguments[index]
            if isinstance(argument, TypeUse):
                texts.append(self.text[argument.start : argument.end])
                continue
            text = self.value(argument)
            texts.append(f"&{text}[0]" if place in arrays else text)
            if place in addressed:
                texts[-1] = f"&{text}"
        self.edit(call.open + 1, call.end - 1, ", ".join(texts))

    def block_macro(self, call: Call) -> None:
        """The edits of a block macro's call."""
        self._call(call)


def _pure(expr: Expr) -> bool:
    """Whether reading it twice is reading it once."""
    match expr:
        case Name() | Num():
            return True
        case Member(base, _) | Paren(base):
            return _pure(base)
        case _:
            return False


def _character(char: Char) -> int:
    body = char.text[1:-1]
    if body.startswith("\\x"):
        try:
            return int(f"0{body[1:]}", 0) & 0xFF
        except ValueError:
            return 0
    if body.startswith("\\"):
        return _ESCAPES.get(body[1:2], ord(body[1:2] or "\0"))
    return ord(body[:1] or "\0") & 0xFF


__all__ = ["ExpressionRewriter", "Mark", "Untranslatable"]
