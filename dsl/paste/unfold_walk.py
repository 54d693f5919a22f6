"""Writes out guards: each becomes the calls that take and give back, at every way out."""

from __future__ import annotations

from typing import Final

from dsl.paste.control import called, falls, jumps
from dsl.paste.cursor import Cursor
from dsl.paste.edits import quoted
from dsl.paste.exits import Cleanup, Way
from dsl.paste.guards import MAY_FAIL
from dsl.paste.statements import statement
from dsl.paste.tokens import Token
from dsl.paste.tree import (
    Block,
    Call,
    Case,
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
    OddStmt,
    Return,
    Stmt,
    Switch,
    TypeUse,
    While,
)
from dsl.paste.unfold_guards import GuardExits

_LEAVES: Final = frozenset({"break", "continue"})
_ONCE: Final = " while (0);"


class Unfolder(GuardExits):
    """Goes through a body once; ``tokens`` are those of the body."""

    tokens: tuple[Token, ...] = ()
    file: str = ""

    # --- statements -------------------------------------------------------------

    def block(self, block: Block) -> None:
        """A block: what its guards have taken is given back at its end."""
        before, returned = len(self.active), self.returned
        self.returned = False
        self._sequence(block)
        if len(self.active) > before and falls(block):
            self._ends(block.end - 1, before)
        del self.active[before:]
        self.returned = returned

    def _sequence(self, block: Block) -> None:
        for at, stmt in enumerate(block.body):
            self.stmt(stmt, block.body[at + 1 :], alone=False)

    def _ends(self, at: int, before: int) -> None:
        due = self.given_back(self.active[before:])
        if due:
            self.edit(at, at, f"{due}\n")

    def branch(self, stmt: Stmt) -> None:
        """A statement where exactly one must stand."""
        self.stmt(stmt, (), alone=True)

    def stmt(self, stmt: Stmt, rest: tuple[Stmt, ...], *, alone: bool) -> None:
        """One statement, and those behind it in its block."""
        match stmt:
            case Block():
                self.block(stmt)
            case Return():
                self.returns(stmt, alone)
            case Jump():
                self.jump(stmt, alone)
            case LabelStmt():
                self.label(stmt)
            case Case():
                self.case(stmt)
            case ExprStmt():
                self._expression(stmt, rest, alone)
            case Declare():
                self.declare(stmt, rest, alone)
            case If(_, then, otherwise):
                self.branch(then)
                if otherwise is not None:
                    self.branch(otherwise)
            case ForEach(call, body):
                self._each(stmt, call, body, alone)
            case Switch(_, body):
                self._switch(body)
            case While(_, body) | DoWhile(body, _) | For(_, _, _, body):
                if isinstance(stmt, For) and isinstance(stmt.init, Declare):
                    self.declare(stmt.init, (), alone=True)
                self._loop(body)
            case OddStmt():
                pass

    def _loop(self, body: Stmt) -> None:
        breaks, continues = self.breaks, self.continues
        self.breaks = self.continues = Way(len(self.active))
        self.branch(body)
        self.breaks, self.continues = breaks, continues

    def _switch(self, body: Stmt) -> None:
        before = self.breaks, self.switch
        self.breaks, self.switch = Way(len(self.active)), len(self.active)
        self.branch(body)
        self.breaks, self.switch = before

    def _expression(self, stmt: ExprStmt, rest: tuple[Stmt, ...], alone: bool) -> None:
        match stmt.expr:
            case Call(Call(Name("guard" | "CLASS" | "ACQUIRE" as word), classes), arguments):
                self.guard(stmt, word, classes, arguments, rest, alone)
            case Call(Name("return_ptr"), (Name(text) as name,)):
                self.done.add(stmt.start)
                due = self.given_back(c for c in self.active if c.pointer != text)
                self.edit(stmt.start, name.start, f"{'{' if alone else ''}\n{due}\nreturn ")
                self.edit(name.end, stmt.end, ";\n}" if alone else ";")
            case Call(Name("retain_and_null_ptr"), (Name(text),)):
                self.done.add(stmt.start)
                self.edit(stmt.start, stmt.end, f"{text} = NULL;")
            case expr:
                self.moves(stmt, [expr], alone)

    # --- scoped guards ----------------------------------------------------------

    def _each(self, stmt: ForEach, call: Call, body: Stmt, alone: bool) -> None:
        match called(call), call.arguments:
            case "scoped_guard", (name, *arguments):
                self._scoped(stmt, quoted(self.source(name)), tuple(arguments), None, alone)
            case "scoped_cond_guard", (name, fail, *arguments) if self.source(fail) in _LEAVES:
                # Of the loop that the macro is: what is behind it comes next.
                self._scoped(stmt, quoted(self.source(name)), tuple(arguments), None, alone)
            case "scoped_cond_guard", (name, fail, *arguments):
                self._scoped(stmt, quoted(self.source(name)), tuple(arguments), fail, alone)
            case "scoped_class", _:
                self.done.add(call.start)
                self.edit(stmt.start, call.end, f"{self.fixme(stmt.start, call.end)} do ")
                what = "`scoped_class()` has a destructor called where the block is left"
                self.mark(call.start, call.end, what, "write the calls at its begin and its ends")
                self._loop(body)
                self.edit(stmt.end, stmt.end, _ONCE)
            case _:
                self._loop(body)

    def _scoped(
        self,
        stmt: ForEach,
        name: str,
        arguments: tuple[Expr | TypeUse, ...],
        fail: Expr | TypeUse | None,
        alone: bool,
    ) -> None:
        """``scoped_guard(NAME, ARG) body``, and with a statement for where the lock is not had."""
        self.done.add(stmt.start)
        taken = self.taken(name, arguments, (stmt.body,), self.source(stmt.call))
        if taken is None or (fail is not None and not taken.guard.condition):
            self._scoped_unknown(stmt, name, arguments, fail, alone)
            return
        guard, outer = taken.guard, bool(taken.declared) or alone
        if fail is None and not guard.condition:
            head = f"{{\n{taken.declared}{taken.written(guard.lock)}\n"
            self._inside(stmt, taken.cleanup, stmt.start, head, "\n}")
            return
        failed = fail is not None
        condition = taken.written(guard.failed if failed else guard.condition)
        opened = "{\n" if outer else ""
        head = f"{opened}{taken.declared}if ({condition}) {{\n"
        self._either(stmt, taken.cleanup, fail, head, "\n}\n}" if outer else "\n}")

    def _either(
        self, stmt: ForEach, cleanup: Cleanup, fail: Expr | TypeUse | None, head: str, tail: str
    ) -> None:
        """The block of a lock that may not be had, and what is done then."""
        start = stmt.start
        if fail is not None:
            start, head = self._fails(stmt, fail, head), "\n} else {\n"
        self._inside(stmt, cleanup, start, head, tail)

    def _fails(self, stmt: ForEach, fail: Expr | TypeUse, head: str) -> int:
        """The statement for where the lock is not had; where what follows begins."""
        inner = [t for t in self.tokens if fail.start <= t.start and t.end <= fail.end]
        ended = (*inner, Token("mark", ";", fail.end, fail.end))
        found = statement(Cursor(self.file, ended))
        self.edit(stmt.start, fail.start, head)
        if jumps(found):
            # In the loop that the macro is: the `if` is in none.
            self.edit(fail.start, fail.end, self.fixme(fail.start, fail.end))
            what = "what is done where the lock is not taken"
            self.mark(fail.start, fail.end, what, "write it into the `if`")
            return fail.end
        self.stmt(found, (), alone=False)
        self.edit(fail.end, fail.end, ";")
        return fail.end

    def _inside(self, stmt: ForEach, cleanup: Cleanup, start: int, head: str, tail: str) -> None:
        """The block of a scoped guard; what stands from ``start`` on before it is ``head``."""
        body = stmt.body
        breaks, continues, returned = self.breaks, self.continues, self.returned
        self.active.append(cleanup)
        self.breaks = self.continues = Way(len(self.active), scoped=True)
        self.returned = False
        if jumps(body):
            self.edit(start, body.start, f"{head}do ")
            self.branch(body)
            self.edit(body.end, body.end, f"{_ONCE}\n{cleanup.text}{tail}")
        elif isinstance(body, Block):
            self.edit(start, body.start + 1, head.rstrip("\n"))
            depth = len(self.active)
            self._sequence(body)
            if falls(body):
                self._ends(body.end - 1, depth - 1)
            del self.active[depth:]
            self.edit(body.end - 1, body.end, tail)
        else:
            self.edit(start, body.start, head)
            self.stmt(body, (), alone=False)
            due = f"\n{cleanup.text}" if falls(body) else ""
            self.edit(body.end, body.end, f"{due}{tail}")
        self.active.pop()
        self.breaks, self.continues, self.returned = breaks, continues, returned

    def _scoped_unknown(
        self,
        stmt: ForEach,
        name: str,
        arguments: tuple[Expr | TypeUse, ...],
        fail: Expr | TypeUse | None,
        alone: bool,
    ) -> None:
        """A scoped guard that is not followed: whether it fails is left to a function."""
        call = stmt.call
        comment = self.fixme(call.start, call.end)
        cond = called(call) == "scoped_cond_guard"
        if not cond and not name.endswith(MAY_FAIL):
            self._inside(stmt, Cleanup("", ""), stmt.start, f"{{ {comment}\n", "\n}")
        else:
            given = ", ".join(self.source(a) for a in arguments)
            no = "" if fail is None else "!"
            asked = f"{name}_taken" if name.isidentifier() else "guard_taken"
            head = f"{'{' if alone else ''} {comment}\nif ({no}{asked}({given})) {{\n"
            self._either(stmt, Cleanup("", ""), fail, head, "\n}\n}" if alone else "\n}")
        what = f"what `{called(call)}({name}, ...)` takes is not known here"
        hint = (
            f"write what DEFINE_GUARD({name}, ...) says: the lock here, the unlock at each way out"
        )
        self.mark(call.start, call.end, what, hint)
