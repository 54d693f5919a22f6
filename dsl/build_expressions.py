"""Rules of ``khp.lark`` for names, types, expressions and statements.

Each method takes the span of its text and the parts that the rule keeps, in
order (None for an optional part that is absent).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from dsl import syntax as s
from dsl.diagnostic import Diagnostic, Label
from dsl.frozen import Frozen
from dsl.primitives import signature
from dsl.scan import MAX_NUMBER, number_value
from dsl.source import Span

MAX_TYPE_DEPTH = 8
"""How many ``*`` or ``[]`` a declarator may have."""

_RESERVED = frozenset(
    """
    bool break case char choose const continue default do else enum for goto if inline int
    long return short signed static struct switch typedef unsigned void while yield
    u8 u16 u32 u64 s8 s16 s32 s64
    """.split()
)


class Stars(Frozen, frozen=True):
    """The ``*`` of a declarator."""

    count: int
    span: Span


class CaseLabel(Frozen, frozen=True):
    """``case value:``, or ``default:`` with no value."""

    value: s.Expr | None
    span: Span


class Expressions:
    """Names, types, expressions and statements."""

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name
        self.diagnostics: list[Diagnostic] = []

    def complain(self, code: str, message: str, span: Span, label: str, hint: str) -> None:
        """Note that something the grammar lets through is wrong."""
        self.diagnostics.append(Diagnostic(code, message, Label(span, label), hint=hint))

    # --- leaves -----------------------------------------------------------------

    def leaf(self, kind: str, text: str, span: Span) -> object:
        """A name, number or string as syntax; other tokens as their text."""
        match kind:
            case "NAME":
                if text in _RESERVED:
                    self.complain(
                        "reserved-word",
                        f"`{text}` is a word of the language and cannot be a name",
                        span,
                        "not a name",
                        f"choose another name, such as `{text}_`",
                    )
                return s.Name(text, span)
            case "TYPE_NAME" | "PROPERTY" | "CHOOSE" | "PRESENT" | "SPLIT":
                return s.Name(text, span)
            case "NUMBER":
                value = number_value(text)
                fits = value is not None and value <= MAX_NUMBER
                return s.Number(value if fits and value is not None else 0, text, span)
            case "STRING":
                return s.String(text[1:-1], span)
            case _:
                return text

    def value_name(self, name: s.Name) -> s.Name:
        """``name``, which is to stand in expressions and so must not look like a type's."""
        if name.text.endswith("_t"):
            self.complain(
                "type-like-name",
                f"`{name.text}` ends in _t, as only the names of types do",
                name.span,
                "looks like a type",
                f"call it `{name.text[:-2]}`",
            )
        return name

    # --- types ------------------------------------------------------------------

    def stars(self, span: Span, *stars: str) -> Stars:
        self._shallow(len(stars), span)
        return Stars(len(stars), span)

    def base_type(self, span: Span, *parts: str | s.Name) -> s.TypeName:
        first, last = parts[0], parts[-1]
        if first in ("struct", "enum") and isinstance(last, s.Name):
            return s.TypeName(str(first), last.text, 0, span)
        if isinstance(last, s.Name):
            return s.TypeName("", last.text, 0, span)
        words = [str(part) for part in parts]
        if not _is_integer_type(words):
            shown = " ".join(words)
            hint = "write for instance `unsigned long`, or a sized type such as `u64`"
            self.complain("bad-type", f"`{shown}` is not a type", span, "not a type", hint)
        return s.TypeName("", " ".join(words), 0, span)

    def type(self, span: Span, base: s.TypeName, stars: Stars | None) -> s.TypeName:
        return s.TypeName(base.tag, base.name, stars.count if stars else 0, span)

    def lengths(self, span: Span, *lengths: s.Expr) -> tuple[s.Expr, ...]:
        self._shallow(len(lengths), span)
        return lengths

    def _shallow(self, levels: int, span: Span) -> None:
        if levels > MAX_TYPE_DEPTH:
            message = f"a type has more than {MAX_TYPE_DEPTH} levels of `*` or `[]`"
            hint = "put the inner part into a struct"
            self.complain("too-deep", message, span, "too deep", hint)

    def declarator(
        self,
        span: Span,
        stars: Stars | None,
        name: s.Name,
        lengths: tuple[s.Expr, ...],
        init: s.Expr | None,
    ) -> s.Declarator:
        return s.Declarator(name, stars.count if stars else 0, lengths, init, span)

    def declarators(self, _span: Span, *declarators: s.Declarator) -> tuple[s.Declarator, ...]:
        return declarators

    # --- expressions ------------------------------------------------------------

    def number(self, _span: Span, number: s.Number) -> s.Number:
        return number

    def string(self, _span: Span, string: s.String) -> s.String:
        return string

    def ident(self, span: Span, name: s.Name) -> s.Ident:
        return s.Ident(name.text, span)

    def prefix(self, span: Span, op: str, operand: s.Expr) -> s.Expr:
        if op in ("++", "--"):
            return s.Step(op, True, operand, span)
        return s.Unary(op, operand, span)

    def post_step(self, span: Span, target: s.Expr, op: str) -> s.Step:
        return s.Step(op, False, target, span)

    def ternary(self, span: Span, condition: s.Expr, then: s.Expr, other: s.Expr) -> s.Conditional:
        return s.Conditional(condition, then, other, span)

    def assign(self, span: Span, target: s.Expr, op: str, value: s.Expr) -> s.Assign:
        return s.Assign(op, target, value, span)

    def dot(self, span: Span, base: s.Expr, field: s.Name) -> s.Member:
        return s.Member(base, field, False, span)

    def arrow(self, span: Span, base: s.Expr, field: s.Name) -> s.Member:
        return s.Member(base, field, True, span)

    def index(self, span: Span, base: s.Expr, index: s.Expr) -> s.Index:
        return s.Index(base, index, span)

    def call(self, span: Span, callee: s.Name, *arguments: s.Expr | s.TypeName | None) -> s.Call:
        return s.Call(callee, tuple(a for a in arguments if a is not None), span)

    def cast(self, span: Span, target: s.TypeName, operand: s.Expr) -> s.Cast:
        return s.Cast(target, operand, span)

    def braces(self, span: Span, *items: tuple[s.Name | None, s.Expr] | None) -> s.Braces:
        return s.Braces(tuple(item for item in items if item is not None), span)

    def brace_item(
        self, _span: Span, field: s.Name | None, value: s.Expr
    ) -> tuple[s.Name | None, s.Expr]:
        return field, value

    # --- statements -------------------------------------------------------------

    def block(self, span: Span, *body: s.Stmt) -> s.Block:
        return s.Block(body, span)

    def trailing_label(self, span: Span, label: s.Name, body: s.Stmt | None = None) -> s.Labelled:
        return s.Labelled(label, body or s.Empty(Span(span.file, span.end, span.end)), span)

    def empty(self, span: Span) -> s.Empty:
        return s.Empty(span)

    def expr_stmt(self, span: Span, expr: s.Expr) -> s.ExprStmt:
        return s.ExprStmt(expr, span)

    def declare(
        self, span: Span, base: s.TypeName, declarators: tuple[s.Declarator, ...]
    ) -> s.Declare:
        for declarator in declarators:
            self.value_name(declarator.name)
        return s.Declare(base, declarators, span)

    def if_stmt(
        self, span: Span, condition: s.Expr, then: s.Stmt, otherwise: s.Stmt | None
    ) -> s.If:
        return s.If(condition, then, otherwise, span)

    def while_stmt(self, span: Span, condition: s.Expr, body: s.Stmt) -> s.While:
        return s.While(condition, body, span)

    def do_stmt(self, span: Span, body: s.Stmt, condition: s.Expr) -> s.DoWhile:
        return s.DoWhile(body, condition, span)

    def for_stmt(
        self, span: Span, init: Any, condition: s.Expr | None, step: s.Expr | None, body: s.Stmt
    ) -> s.For:
        start = None if isinstance(init, s.Empty) else init
        return s.For(start, condition, step, body, span)

    def for_each(self, span: Span, call: s.Call, body: s.Stmt) -> s.Stmt:
        if signature(call.callee.text):
            end = Span(call.span.file, call.span.end - 1, call.span.end)
            self.complain(
                "missing-semicolon",
                f"there is no `;` after `{call.callee.text}(...)`",
                end,
                "`;` expected after this",
                "end the statement with `;`",
            )
        arguments: list[s.Expr] = []
        for argument in call.arguments:
            if isinstance(argument, s.TypeName):
                message = "a block macro takes values, not types"
                self.complain("misplaced-type", message, argument.span, "a type", "pass a value")
            else:
                arguments.append(argument)
        return s.ForEach(call.callee, tuple(arguments), body, span)

    def switch_stmt(self, span: Span, subject: s.Expr, cases: tuple[s.Case, ...]) -> s.Switch:
        return s.Switch(subject, cases, span)

    def case_label(self, span: Span, value: s.Expr) -> CaseLabel:
        return CaseLabel(value, span)

    def default_label(self, span: Span) -> CaseLabel:
        return CaseLabel(None, span)

    def switch_body(self, _span: Span, *items: Any) -> tuple[s.Case, ...]:
        """Labels and statements in a row -> cases; labels with nothing between are one case."""
        groups: list[tuple[list[CaseLabel], list[Any]]] = []
        for item in items:
            if isinstance(item, CaseLabel):
                if not groups or groups[-1][1]:
                    groups.append(([], []))
                groups[-1][0].append(item)
            elif groups:
                groups[-1][1].append(item)
            else:
                message = "a statement before the first `case` never runs"
                hint = "put it before the switch, or under a label `case ...:`"
                self.complain("no-case", message, item.span, "belongs to no case", hint)
        return tuple(_case(labels, body) for labels, body in groups)

    def break_stmt(self, span: Span) -> s.Break:
        return s.Break(span)

    def continue_stmt(self, span: Span) -> s.Continue:
        return s.Continue(span)

    def return_stmt(self, span: Span, value: s.Expr | None) -> s.Return:
        return s.Return(value, span)

    def goto_stmt(self, span: Span, label: s.Name) -> s.Goto:
        return s.Goto(label, span)

    def yield_stmt(self, span: Span) -> s.Yield:
        return s.Yield(span)

    def labelled(self, span: Span, label: s.Name, body: s.Stmt) -> s.Labelled:
        return s.Labelled(label, body, span)

    def choose_stmt(self, span: Span, *branches: s.Block) -> s.ChooseStmt:
        return s.ChooseStmt(branches, span)


def _case(labels: list[CaseLabel], body: list[s.Stmt]) -> s.Case:
    values = tuple(label.value for label in labels if label.value is not None)
    last = body[-1].span if body else labels[-1].span
    default = len(values) < len(labels)
    return s.Case(values, default, tuple(body), labels[0].span.to(last))


def _is_integer_type(words: list[str]) -> bool:
    """Whether ``unsigned long int`` and the like is a type of C."""
    if len(words) == 1:
        return True
    count = Counter(words)
    signs = count["signed"] + count["unsigned"]
    sizes = count["char"] + count["short"] + count["long"]
    longs = count["long"] == 2 and sizes == 2
    if count["char"] and count["int"]:
        return False
    return signs <= 1 and count["int"] <= 1 and (sizes <= 1 or longs)
