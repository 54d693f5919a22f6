"""Goes through a body once and finds out the types of all that it touches."""

from __future__ import annotations

from typing import assert_never

from dsl.paste.calls import Calls
from dsl.paste.shared import Shared
from dsl.paste.tree import (
    Assign,
    Binary,
    Block,
    Call,
    Case,
    Cast,
    Char,
    Comma,
    Conditional,
    Declare,
    DoWhile,
    Expr,
    ExprStmt,
    For,
    ForEach,
    If,
    Index,
    Jump,
    LabelStmt,
    Member,
    Name,
    Num,
    Odd,
    OddStmt,
    Paren,
    Postfix,
    Prefix,
    Return,
    Stmt,
    Switch,
    Text,
    While,
)
from dsl.paste.types import (
    Array,
    Cell,
    Number,
    Pointer,
    Struct,
    find,
    number,
    pointer,
    shape,
    unify,
)
from dsl.scan import number_value

_COMPARE = frozenset({"==", "!=", "<", ">", "<=", ">="})
_HEADS = frozenset({"LIST_HEAD", "HLIST_HEAD"})
"""Macros that declare a struct of their own name."""
_DECLARING = (
    "LIST_HEAD",
    "HLIST_HEAD",
    "DEFINE_",
    "DECLARE_",
    "VMA_ITERATOR",
    "MA_STATE",
    "XA_STATE",
)


def declares(expr: Expr) -> str:
    """The name that a macro such as ``LIST_HEAD(name)`` declares; empty if it is none."""
    match expr:
        case Call(Name(callee), (Name(first), *_)) if callee.startswith(_DECLARING):
            return first
        case _:
            return ""


class Inference(Calls):
    """``marked`` are the places of what is no longer looked at; ``locals`` what was declared."""

    marked: dict[int, int]
    result: Cell

    def __init__(
        self,
        shared: Shared,
        own: str,
        inner: frozenset[str],
        *,
        marked: dict[int, int],
        result: Cell,
    ) -> None:
        super().__init__(shared, own, inner)
        self.marked = marked
        self.result = result
        self.values: dict[Expr, Cell] = {}
        self.declared: dict[int, Cell] = {}

    def is_marked(self, start: int) -> bool:
        """Whether a statement that begins here has been given up."""
        return self.marked.get(start, 0) > 0

    # --- statements -------------------------------------------------------------

    def body(self, block: Block) -> None:
        """Everything in a block, in a scope of its own."""
        self.scopes.append({})
        for stmt in block.body:
            self.stmt(stmt)
        self.scopes.pop()

    def stmt(self, stmt: Stmt) -> None:
        """One statement."""
        match stmt:
            case Block():
                self.body(stmt)
            case Declare():
                self._declare(stmt)
            case ExprStmt(expr):
                self._expression(stmt, expr)
            case If(condition, then, otherwise):
                self._condition(stmt.start, condition)
                self.stmt(then)
                if otherwise is not None:
                    self.stmt(otherwise)
            case While(condition, body) | DoWhile(body, condition):
                self._condition(stmt.start, condition)
                self.stmt(body)
            case For():
                self._for(stmt)
            case ForEach(call, body):
                if not self.is_marked(stmt.start):
                    self.each(call)
                self.stmt(body)
            case Switch(subject, body):
                if not self.is_marked(stmt.start):
                    self.values[subject] = self.expr(subject)
                self.stmt(body)
            case Case(value):
                if value is not None and not self.is_marked(stmt.start):
                    self.expr(value)
            case Return(value):
                if value is not None:
                    self.values[value] = self.result
                    if not self.is_marked(stmt.start):
                        unify(self.result, self.value(value))
            case Jump() | LabelStmt() | OddStmt():
                pass
            case _:
                assert_never(stmt)

    def _declare(self, stmt: Declare) -> None:
        for declarator in stmt.declarators:
            cell = self.world.cell(stmt.type, declarator.stars)
            for length in declarator.lengths:
                cell = Cell(Array(cell), length=_constant(length))
            self.scopes[-1][declarator.name] = cell
            self.declared[declarator.start] = cell
            if declarator.init is not None:
                self.values[declarator.init] = cell
                self.assigned.add(declarator.name)
                if not self.is_marked(declarator.start):
                    unify(cell, self.value(declarator.init))
                    self._fields(cell, declarator.init)

    def _fields(self, cell: Cell, init: Expr) -> None:
        """What ``{ .field = value }`` says of a struct's fields."""
        for name, value in init.parts if isinstance(init, Odd) else ():
            held = self.world.field(cell, name)
            given = self.expr(value)
            if held is not None:
                unify(held, given)

    def _expression(self, stmt: ExprStmt, expr: Expr) -> None:
        name = declares(expr)
        if name and isinstance(expr, Call) and isinstance(expr.callee, Name):
            cell = Cell(hint=expr.callee.text.lower())
            if expr.callee.text in _HEADS:
                cell = Cell(Struct(self.world.record(expr.callee.text.lower())))
            self.scopes[-1][name] = cell
            self.declared[stmt.start] = cell
            return
        if isinstance(expr, Assign):
            target = self.expr(expr.target)
            if isinstance(expr.target, Name):
                self.assigned.add(expr.target.text)
            self.values[expr.value] = target
            if not self.is_marked(stmt.start):
                unify(target, self.value(expr.value))
        elif not self.is_marked(stmt.start) and not isinstance(expr, Name):
            self.expr(expr, "void")

    def _condition(self, start: int, condition: Expr) -> None:
        if not self.is_marked(start):
            self.expr(condition, "bool")

    def _for(self, stmt: For) -> None:
        self.scopes.append({})
        if stmt.init is not None:
            self.stmt(stmt.init)
        if not self.is_marked(stmt.start):
            if stmt.condition is not None:
                self.expr(stmt.condition, "bool")
            if stmt.step is not None:
                self.expr(stmt.step, "void")
        self.stmt(stmt.body)
        self.scopes.pop()

    # --- expressions ------------------------------------------------------------

    def expr(self, expr: Expr, used: str = "value") -> Cell:
        """The type of an expression; ``used`` says for what: a value, a condition, nothing."""
        match expr:
            case Name(text):
                return self.name(text)
            case Num() | Char():
                return number(weak=True)
            case Text():
                return pointer(Cell(Number("char")))
            case Odd():
                return Cell()
            case Paren(inner):
                return self.expr(inner, used)
            case Prefix():
                return self._prefix(expr)
            case Postfix(_, operand):
                return self.expr(operand)
            case Binary():
                return self._binary(expr)
            case Conditional(condition, then, otherwise):
                first = self.expr(condition, "value" if then is None else "bool")
                other = self.value(otherwise, used)
                value = first if then is None else self.value(then, used)
                unify(value, other)
                return value
            case Assign(_, target, value):
                found = self.expr(target)
                unify(found, self.value(value))
                return found
            case Member():
                return self._member(expr)
            case Index():
                return self._index(expr)
            case Call():
                return self.call(expr, used)
            case Cast():
                return self._cast(expr)
            case Comma(parts):
                return [self.expr(part, used) for part in parts][-1]
            case _:
                assert_never(expr)

    def _prefix(self, expr: Prefix) -> Cell:
        match expr.op:
            case "&":
                if isinstance(expr.operand, Name):
                    self.assigned.add(expr.operand.text)
                return pointer(self.expr(expr.operand))
            case "*":
                return self.world.pointee(self.expr(expr.operand)) or Cell()
            case "!":
                self.expr(expr.operand, "bool")
                return number("bool", weak=True)
            case _:
                return self.expr(expr.operand)

    def _binary(self, expr: Binary) -> Cell:
        if expr.op in {"&&", "||"}:
            self.expr(expr.left, "bool")
            self.expr(expr.right, "bool")
            return number("bool", weak=True)
        if expr.op in _COMPARE:
            left, right = self.value(expr.left), self.value(expr.right)
            if not _zero(expr.right):
                unify(left, right)
            return number("bool", weak=True)
        left, right = self.expr(expr.left), self.expr(expr.right)
        if not isinstance(shape(left), Pointer | Array):
            unify(left, right)
            unify(left, number(weak=True))
        return left

    def _member(self, expr: Member) -> Cell:
        base = self.expr(expr.base)
        if expr.arrow:
            hint = expr.base.text if isinstance(expr.base, Name) else ""
            to = self.world.pointee(base, hint)
            if to is None:
                return Cell()
            base = to
        return self.world.field(base, expr.field) or Cell()

    def _index(self, expr: Index) -> Cell:
        base = find(self.expr(expr.base))
        self.expr(expr.index)
        if base.shape is None:
            base.shape = Array(Cell(hint=base.hint))
            base.length = 2
        base.length = max(base.length, _constant(expr.index) + 1)
        match base.shape:
            case Array(element):
                return element
            case Pointer(to):
                return to
            case _:
                return Cell()

    def _cast(self, expr: Cast) -> Cell:
        to = self.world.cell(expr.type)
        given = self.expr(expr.operand)
        if expr.type.stars:
            unify(to, given)
        return to


def _constant(expr: Expr | None) -> int:
    """The value of a small number; 2 for everything else."""
    value = number_value(expr.text) if isinstance(expr, Num) else None
    return 2 if value is None or not 0 <= value < 64 else value


def _zero(expr: Expr) -> bool:
    return isinstance(expr, Num) and expr.text == "0"
