"""Expressions and types as text, with the parentheses they need.

Line breaks the author made after an operator or a comma are kept: as
:data:`BREAK` here, as a newline and an indent once :func:`laid_out` knows the
column that the line starts in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from dsl import syntax as s
from dsl.precedence import ASSIGN, BINARY, CONDITIONAL, POSTFIX, PRIMARY, UNARY
from dsl.source import Source, Span

BREAK = "\x01"
"""Stands for a line break inside an expression; no source text contains it."""
TAB = 8

_COMPARISONS = frozenset("== != < > <= >=".split())
_BITWISE = frozenset("& | ^ << >>".split())


class ExpressionPrinter:
    """Prints the expressions and types of one file."""

    def __init__(self, source: Source) -> None:
        self._text = source.text

    # --- types ------------------------------------------------------------------

    def type(self, type_name: s.TypeName) -> str:
        """``struct mm *``, ``u32``."""
        base = f"{type_name.tag} {type_name.name}" if type_name.tag else type_name.name
        return f"{base} {'*' * type_name.stars}" if type_name.stars else base

    def declared(self, type_name: s.TypeName, name: str) -> str:
        """``struct mm *m``, ``u32 x``."""
        text = self.type(type_name)
        return f"{text}{name}" if text.endswith("*") else f"{text} {name}"

    def declarator(self, declarator: s.Declarator) -> str:
        """``*name[length] = init``."""
        text = self.declarator_head(declarator)
        if declarator.init is not None:
            text += f" = {self.expr(declarator.init)}"
        return text

    def declarator_head(self, declarator: s.Declarator) -> str:
        """``*name[length]``."""
        lengths = "".join(f"[{self.expr(n, CONDITIONAL)}]" for n in declarator.lengths)
        return f"{'*' * declarator.stars}{declarator.name.text}{lengths}"

    # --- expressions ------------------------------------------------------------

    def expr(self, expr: s.Expr, least: int = ASSIGN) -> str:
        """``expr``, in parentheses if it binds less tightly than ``least``."""
        text, level = self._expr(expr)
        return f"({text})" if level < least else text

    def _expr(self, expr: s.Expr) -> tuple[str, int]:
        match expr:
            case s.Number() | s.String() | s.Ident():
                return _leaf(expr), PRIMARY
            case s.Unary(op=op, operand=operand):
                return _prefixed(op, self.expr(operand, UNARY)), UNARY
            case s.Step(op=op, prefix=True, target=target):
                return op + self.expr(target, UNARY), UNARY
            case s.Step(op=op, target=target):
                return self.expr(target, POSTFIX) + op, POSTFIX
            case s.Cast(type=type_name, operand=operand):
                return f"({self.type(type_name)}){self.expr(operand, UNARY)}", UNARY
            case s.Binary():
                return self._binary(expr), BINARY[expr.op]
            case s.Conditional():
                return self._conditional(expr), CONDITIONAL
            case s.Assign(op=op, target=target, value=value):
                gap = self._gap(target.span, value.span)
                return f"{self.expr(target, UNARY)} {op}{gap}{self.expr(value)}", ASSIGN
            case s.Member(base=base, field=field, arrow=arrow):
                mark = "->" if arrow else "."
                if isinstance(base, s.Number):  # a point would make it another number
                    return f"({base.text}){mark}{field.text}", POSTFIX
                return f"{self.expr(base, POSTFIX)}{mark}{field.text}", POSTFIX
            case s.Index(base=base, index=index):
                return f"{self.expr(base, POSTFIX)}[{self.expr(index)}]", POSTFIX
            case s.Call(callee=callee, arguments=arguments):
                return f"{callee.text}({self.arguments(arguments)})", PRIMARY
            case s.Braces(items=items):
                return self._braces(items), PRIMARY
            case _:
                assert_never(expr)

    def _binary(self, expr: s.Binary) -> str:
        level = BINARY[expr.op]
        left = self._side(expr, expr.left, level)
        right = self._side(expr, expr.right, level + 1)
        return f"{left} {expr.op}{self._gap(expr.left.span, expr.right.span)}{right}"

    def _side(self, outer: s.Binary, inner: s.Expr, level: int) -> str:
        """One operand; pairs that readers (and compilers) ask parentheses for get them."""
        if isinstance(inner, s.Binary) and _easily_misread(outer.op, inner.op):
            level = UNARY
        return self.expr(inner, level)

    def _conditional(self, expr: s.Conditional) -> str:
        condition = self.expr(expr.condition, CONDITIONAL + 1)
        first = self._gap(expr.condition.span, expr.then.span)
        second = self._gap(expr.then.span, expr.otherwise.span)
        otherwise = self.expr(expr.otherwise, CONDITIONAL)
        return f"{condition} ?{first}{self.expr(expr.then)} :{second}{otherwise}"

    def _braces(self, items: tuple[tuple[s.Name | None, s.Expr], ...]) -> str:
        if not items:
            return "{ }"
        return "{ " + ", ".join(self.brace_item(item) for item in items) + " }"

    def brace_item(self, item: tuple[s.Name | None, s.Expr]) -> str:
        """``.field = value`` or ``value``."""
        field, value = item
        return f".{field.text} = {self.expr(value)}" if field else self.expr(value)

    def arguments(self, arguments: Sequence[s.Expr | s.TypeName]) -> str:
        """``a, b``."""
        parts: list[str] = []
        for i, argument in enumerate(arguments):
            if i:
                parts.append("," + self._gap(arguments[i - 1].span, argument.span))
            if isinstance(argument, s.TypeName):
                parts.append(self.type(argument))
            else:
                parts.append(self.expr(argument))
        return "".join(parts)

    def parameters(self, parameters: tuple[s.Parameter, ...]) -> str:
        """``struct mm *m, int n``, or ``void``."""
        parts: list[str] = []
        for i, parameter in enumerate(parameters):
            if i:
                parts.append("," + self._gap(parameters[i - 1].span, parameter.span))
            parts.append(self.declared(parameter.type, parameter.name.text))
        return "".join(parts) or "void"

    def _gap(self, left: Span, right: Span) -> str:
        """A blank, or a break where the author made one."""
        return BREAK if "\n" in self._text[left.end : right.start] else " "


def _leaf(expr: s.Number | s.String | s.Ident) -> str:
    match expr:
        case s.Number(text=text):
            return text
        case s.String(text=text):
            return f'"{text}"'
        case s.Ident(name=name):
            return name
        case _:
            assert_never(expr)


def _prefixed(op: str, operand: str) -> str:
    """``-x``, but ``- -x``: two marks must not grow together."""
    glued = op in "+-&" and operand.startswith(op)
    return f"{op} {operand}" if glued else op + operand


def _easily_misread(outer: str, inner: str) -> bool:
    """``a && b || c``, ``a & b == c``, ``a + b << c``, ``a < b == c``."""
    if outer == "||":
        return inner == "&&"
    if outer in _BITWISE:
        return inner != outer
    return outer in _COMPARISONS and inner in _COMPARISONS


def laid_out(text: str, tabs: int) -> list[str]:
    """``text`` in lines: each break goes below the innermost open bracket, or one tab in."""
    lines = [""]
    open_columns: list[int] = []
    indent = "\t" * tabs
    quoted = escaped = False
    for character in text:
        if character == BREAK:
            lines.append("")
            column = open_columns[-1] if open_columns else (tabs + 1) * TAB
            indent = "\t" * (column // TAB) + " " * (column % TAB)
            continue
        if character == '"' and not escaped:
            quoted = not quoted
        escaped = character == "\\" and not escaped
        lines[-1] = lines[-1] or indent
        lines[-1] += character
        if not quoted and character in "([{":
            open_columns.append(_width(lines[-1]))
        elif not quoted and character in ")]}" and open_columns:
            open_columns.pop()
    return lines


def _width(line: str) -> int:
    """The column after ``line``."""
    return len(line.expandtabs(TAB))
