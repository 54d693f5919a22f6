"""Edits that make a C body a body of the language, with marks where that cannot be.

Each statement has a level: 0 as it is, 1 with a placeholder for its value or condition, 2
(declarations: without a value), 3 taken out altogether.  What was there stays in a comment.
"""

from __future__ import annotations

from typing import assert_never

from dsl.paste.edits import apply, quoted
from dsl.paste.infer import declares
from dsl.paste.rewrite_expressions import Untranslatable
from dsl.paste.rewrite_marks import Marker, Unit
from dsl.paste.tree import (
    Assign,
    Block,
    Call,
    Case,
    Comma,
    Declarator,
    Declare,
    DoWhile,
    Expr,
    ExprStmt,
    For,
    ForEach,
    If,
    Jump,
    LabelStmt,
    Name,
    Odd,
    OddStmt,
    Return,
    Stmt,
    Switch,
    While,
)
from dsl.paste.types import Array, Opaque, Struct, Void, shape


class Rewriter(Marker):
    """Collects the edits of a body, its marks and its units."""

    # --- statements -------------------------------------------------------------

    def block(self, block: Block) -> None:
        """All statements of a block."""
        for stmt in block.body:
            self.stmt(stmt, alone=False)

    def stmt(self, stmt: Stmt, *, alone: bool) -> None:
        """One statement; ``alone`` where exactly one must stand."""
        if self.level(stmt.start) >= 3 and not isinstance(stmt, Block | Declare):
            self.units.append(Unit(stmt.start, stmt.end, stmt.start))
            self.mark(stmt.start, stmt.start, stmt.end)
            self.comment_out(stmt.start, stmt.end, alone=alone)
            return
        match stmt:
            case Block():
                self.block(stmt)
            case Declare():
                self._declare(stmt, alone)
            case ExprStmt():
                self._expression(stmt, alone)
            case OddStmt(code, what):
                self.mark(stmt.start, stmt.start, stmt.end, code, what)
                self.comment_out(stmt.start, stmt.end, alone=alone)
            case Return():
                self._return(stmt)
            case Case():
                self._case(stmt)
            case Jump() | LabelStmt():
                self.units.append(Unit(stmt.start, stmt.end, stmt.start))
                if self.level(stmt.start):
                    self.mark(stmt.start, stmt.start, stmt.end)
                    self.comment_out(stmt.start, stmt.end, alone=alone)
            case If() | While() | DoWhile() | For() | ForEach() | Switch():
                self._structured(stmt, alone)
            case _:
                assert_never(stmt)

    def _structured(self, stmt: If | While | DoWhile | For | ForEach | Switch, alone: bool) -> None:
        match stmt:
            case If(condition, then, otherwise):
                self._condition(stmt.start, stmt.start, stmt.head, condition)
                self.stmt(then, alone=True)
                if otherwise is not None:
                    self.stmt(otherwise, alone=True)
            case While(condition, body):
                self._condition(stmt.start, stmt.start, stmt.head, condition)
                self.stmt(body, alone=True)
            case DoWhile(body, condition):
                self._condition(stmt.start, stmt.tail, stmt.end, condition)
                self.stmt(body, alone=True)
            case For():
                self._for(stmt, alone)
            case ForEach(call, body):
                self._each(stmt, call)
                self.stmt(body, alone=True)
            case Switch(subject, body):
                self._condition(stmt.start, stmt.start, stmt.head, subject, "choose(0, 3)")
                self.stmt(body, alone=True)

    def _condition(
        self, key: int, start: int, end: int, expr: Expr, instead: str = "choose()"
    ) -> None:
        self.units.append(Unit(start, end, key))
        if not self._kept(key, expr):
            shown = quoted(self.text[expr.start : expr.end])
            self.edit(expr.start, expr.end, f"{instead} /* FIXME(new): {shown} */")

    def _kept(self, key: int, expr: Expr) -> bool:
        """Whether an expression stays; if not, it is marked and has no edits."""
        if self.level(key):
            self.mark(key, expr.start, expr.end)
            return False
        edits, marks = len(self.edits), len(self.marks)
        try:
            self.expr(expr)
        except Untranslatable as why:
            del self.edits[edits:], self.marks[marks:]
            self.mark(key, why.start, why.end, why.code, why.what)
            return False
        return True

    def _each(self, stmt: ForEach, call: Call) -> None:
        self.units.append(Unit(stmt.start, call.end, stmt.start))
        if not self._kept(stmt.start, call):
            shown = quoted(self.text[call.start : call.end])
            once = self.declarations.names.fresh("once")
            round_ = f"for (int {once} = choose(0, 1); {once}; {once} = 0)"
            self.edit(call.start, call.end, f"{round_} /* FIXME(new): {shown} */")

    def _case(self, stmt: Case) -> None:
        self.units.append(Unit(stmt.start, stmt.end, stmt.start))
        if stmt.value is not None and not self._kept(stmt.start, stmt.value):
            self.comment_out(stmt.start, stmt.end, alone=False)
        elif stmt.value is not None and stmt.range:
            self.mark(stmt.start, stmt.start, stmt.end, "unsupported", "a range of cases")
            self.edit(stmt.value.end, stmt.end, ":")
            self.note(stmt.start, stmt.end, stmt.end)

    def _return(self, stmt: Return) -> None:
        self.units.append(Unit(stmt.start, stmt.end, stmt.start))
        if stmt.value is None or self._kept(stmt.start, stmt.value):
            return
        void = isinstance(shape(self.inference.result), Void)
        text = "" if void else self.fixme(self.inference.result)
        self.edit(stmt.value.start, stmt.value.end, text)
        self.note(stmt.start, stmt.end, stmt.end)

    def _expression(self, stmt: ExprStmt, alone: bool) -> None:
        self.units.append(Unit(stmt.start, stmt.end, stmt.start))
        expr = stmt.expr
        name = declares(expr)
        if isinstance(expr, Name):
            # A macro without arguments, such as fallthrough.
            self.edit(stmt.start, stmt.end, ";" if alone else f"/* {expr.text} */")
        elif name:
            self._hoist(name, stmt.start)
            self.mark(stmt.start, stmt.start, stmt.end, "local-aggregate", f"`{name}` is no scalar")
            self.comment_out(stmt.start, stmt.end, alone=alone)
        elif isinstance(expr, Comma) and not alone and not self.level(stmt.start):
            self._sequence(stmt, expr)
        elif not self._kept(stmt.start, expr):
            self._placeholder(stmt, alone)

    def _placeholder(self, stmt: ExprStmt, alone: bool) -> None:
        """``place = fixme()`` where it was an assignment, else a comment."""
        expr = stmt.expr
        if isinstance(expr, Assign) and expr.op == "=" and self.level(stmt.start) < 2:
            try:
                target = self.value(expr.target)
            except Untranslatable:
                target = ""
            if target:
                text = f"{target} = {self.fixme(self.inference.values.get(expr.value))};"
                self.edit(stmt.start, stmt.end, text)
                self.note(stmt.start, stmt.end, stmt.end)
                return
        self.comment_out(stmt.start, stmt.end, alone=alone)

    def _sequence(self, stmt: ExprStmt, expr: Comma) -> None:
        """``a, b;`` as two statements."""
        before = stmt.start
        for part in expr.parts:
            if part.start > before:
                self.edit(before, part.start, "; ")
            if not self._kept(stmt.start, part):
                self.edit(part.start, part.end, "")
            before = part.end

    # --- loops ------------------------------------------------------------------

    def _for(self, stmt: For, alone: bool) -> None:
        init = stmt.init
        if isinstance(init, ExprStmt) and isinstance(init.expr, Comma) and not alone:
            self._for_commas(stmt, init.expr)
        elif isinstance(init, ExprStmt):
            self._expression(init, alone=True)
        elif init is not None:
            self._declare(init, alone=True)
        self.units.append(Unit(stmt.start, stmt.head, stmt.start))
        key = stmt.start
        if stmt.condition is not None and not self._kept(key, stmt.condition):
            start, end = stmt.condition.start, stmt.condition.end
            shown = quoted(self.text[start:end])
            self.edit(start, end, f"choose() /* FIXME(new): {shown} */")
        if stmt.step is not None:
            self._step(stmt, stmt.step)
        self.stmt(stmt.body, alone=True)

    def _for_commas(self, stmt: For, expr: Comma) -> None:
        """All but the last assignment before the loop."""
        texts: list[str] = []
        for part in expr.parts[:-1]:
            try:
                texts.append(f"{self.value(part)};\n")
            except Untranslatable as why:
                self.mark(stmt.start, why.start, why.end, why.code, why.what)
        self.edit(stmt.start, stmt.start, "".join(texts))
        self.edit(expr.start, expr.parts[-1].start, "")
        self._kept(stmt.start, expr.parts[-1])

    def _step(self, stmt: For, step: Expr) -> None:
        """The step; of several the others go to the end of the body."""
        if isinstance(step, Comma) and isinstance(stmt.body, Block):
            inside = self.text[stmt.body.start : stmt.body.end]
            self.units.append(Unit(stmt.body.end - 1, stmt.body.end, stmt.start))
            if "continue" not in inside and not self.level(stmt.start):
                try:
                    texts = [f"{self.value(part)};\n" for part in step.parts[:-1]]
                    self.edit(stmt.body.end - 1, stmt.body.end - 1, "".join(texts))
                    self.edit(step.start, step.parts[-1].start, "")
                    self.expr(step.parts[-1])
                except Untranslatable:
                    pass
                else:
                    return
        if self._kept(stmt.start, step):
            return
        shown = quoted(self.text[step.start : step.end])
        self.edit(step.start, step.end, f"/* FIXME(new): {shown} */")

    # --- declarations -----------------------------------------------------------

    def _hoist(self, name: str, key: int) -> None:
        """Makes a global of a local."""
        cell = self.inference.declared[key]
        self.declarations.world.globals.setdefault(name, cell)

    def _aggregate(self, declarator: Declarator) -> bool:
        found = shape(self.inference.declared[declarator.start])
        return isinstance(found, Struct | Array | Opaque)

    def _declare(self, stmt: Declare, alone: bool) -> None:
        hoisted = [d for d in stmt.declarators if stmt.static or self._aggregate(d)]
        levels = [self.level(d.start) for d in stmt.declarators]
        self.units.extend(Unit(d.start, d.end, d.start) for d in stmt.declarators)
        self.units.extend(Unit(stmt.start, stmt.end, d.start) for d in stmt.declarators)
        if hoisted or max(levels) >= 2 or stmt.type.words == ("void",):
            self._rebuilt(stmt, hoisted, alone)
            return
        self.type(stmt.type)
        for declarator in stmt.declarators:
            for start, end in declarator.marks:
                self.edit(start, end, "")
            init = declarator.init
            if init is not None and not self._kept(declarator.start, init):
                text = self.fixme(self.inference.values.get(init))
                shown = quoted(self.text[init.start : init.end])
                self.edit(init.start, init.end, f"{text} /* FIXME(new): {shown} */")

    def _rebuilt(self, stmt: Declare, hoisted: list[Declarator], alone: bool) -> None:
        """Each name in a declaration of its own; those of structs and arrays become globals."""
        texts: list[str] = []
        for declarator in stmt.declarators:
            cell = self.inference.declared[declarator.start]
            head = self.declarations.declared(cell, declarator.name)
            source = self._comment(stmt.start, stmt.end)
            fields = [] if stmt.static else self._fields(declarator)
            if fields and declarator.init is not None:
                shown = quoted(self.text[stmt.start : declarator.init.start])
                source = "\n".join([f"// FIXME(new): {shown} {{ ... }};", *fields])
            if declarator in hoisted:
                self._hoist(declarator.name, declarator.start)
                what = f"`{declarator.name}` is a local, but no scalar"
                if stmt.static:
                    what = f"`{declarator.name}` is a static local"
                key, end = declarator.start, declarator.end
                if fields and declarator.init is not None:
                    end = declarator.init.start
                self.mark(key, key, end, "local-aggregate", what)
                if source not in texts:
                    texts.append(source)
            elif self.level(declarator.start) >= 3:
                self.mark(declarator.start, declarator.start, declarator.end)
                texts.append(source)
            elif declarator.init is None or self.level(declarator.start) == 2:
                if declarator.init is not None or self.level(declarator.start):
                    self.mark(declarator.start, declarator.start, declarator.end)
                    texts.append(source)
                texts.append(f"{head};")
            else:
                texts.append(f"{head} = {self._initial(declarator, declarator.init)};")
        self.edit(stmt.start, stmt.end, ";" if alone else "\n".join(texts))

    def _fields(self, declarator: Declarator) -> list[str]:
        """``name.field = value;`` for each field that is given one; none if one cannot be."""
        init = declarator.init
        if not isinstance(init, Odd) or self.level(declarator.start):
            return []
        try:
            values = [(name, self.value(value)) for name, value in init.parts]
        except Untranslatable:
            return []
        return [f"{declarator.name}.{name} = {value};" for name, value in values]

    def _initial(self, declarator: Declarator, init: Expr) -> str:
        before, self.edits = self.edits, []
        kept = self._kept(declarator.start, init)
        made, self.edits = self.edits, before
        if kept:
            return apply(self.text, init.start, init.end, made).text
        shown = quoted(self.text[init.start : init.end])
        return f"{self.fixme(self.inference.values.get(init))} /* FIXME(new): {shown} */"
