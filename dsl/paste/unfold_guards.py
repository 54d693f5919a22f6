"""Guards and ``__free()``: what each takes, and what is due at the end of its scope."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dsl.paste.control import changed, mentions, nodes, steady
from dsl.paste.edits import quoted
from dsl.paste.exits import Cleanup, Exits
from dsl.paste.guards import FREES, GUARDS, Guard
from dsl.paste.tree import (
    Declarator,
    Declare,
    Expr,
    ExprStmt,
    Odd,
    Stmt,
    TypeUse,
)

_FREE: Final = re.compile(
    r"__free\s*\(\s*(\w+)\s*\)|__cleanup\b.*|__attribute__\b.*cleanup.*", re.DOTALL
)
"""``__free(NAME)``; what is called in other ways has no name here."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The calls of one guard: what stands before the lock, the lock or its condition."""

    declared: str
    guard: Guard
    pointer: str
    kept: str
    cleanup: Cleanup

    def written(self, text: str) -> str:
        """A text of the guard with its pointer and its local."""
        return text.format(self.pointer, kept=self.kept)


class GuardExits(Exits):
    """The part of the walk that is about what is declared in a block, and given back at its end."""

    guards: dict[str, Guard] = GUARDS
    frees: dict[str, str] = FREES

    # --- guards -----------------------------------------------------------------

    def guard(
        self,
        stmt: ExprStmt,
        word: str,
        classes: tuple[Expr | TypeUse, ...],
        arguments: tuple[Expr | TypeUse, ...],
        rest: tuple[Stmt, ...],
        alone: bool,
    ) -> None:
        """``guard(NAME)(ARG);``: taken here, given back at the end of the block."""
        self.done.add(stmt.start)
        name = quoted(self.source(classes[0])) if classes else ""
        taken = self.taken(name, arguments, rest, self.source(stmt).rstrip(";"))
        if taken is None or (word != "guard") != (
            word == "ACQUIRE" and taken.guard.condition != ""
        ):
            self._unknown(stmt, word, name, alone)
            return
        text = taken.declared + taken.written(taken.guard.lock)
        cleanup = taken.cleanup
        if word == "ACQUIRE":
            text, cleanup = self._acquired(taken, self.source(classes[-1]))
        elif taken.guard.condition:
            held = self.local("locked")
            text = f"{taken.declared}bool {held} = {taken.written(taken.guard.condition)};"
            given = f"if ({held})\n{cleanup.text}"
            cleanup = Cleanup(given, cleanup.shown, (*cleanup.names, held))
        if alone:
            self.edit(stmt.start, stmt.end, f"{{\n{text}\n{cleanup.text}\n}}")
            return
        self.edit(stmt.start, stmt.end, text)
        self.active.append(cleanup)

    def _acquired(self, taken: Taken, name: str) -> tuple[str, Cleanup]:
        """``ACQUIRE(NAME, name)(ARG)``: the name stands for the error, 0 where it was taken."""
        tried = taken.written(taken.guard.condition)
        waits = tried.endswith(" == 0")
        error = tried.removesuffix(" == 0") if waits else f"{tried} ? 0 : -EBUSY"
        self.acquired.add(name)
        self.locals.add(name)
        given = f"if ({name} == 0)\n{taken.cleanup.text}"
        cleanup = Cleanup(given, taken.cleanup.shown, taken.cleanup.names)
        return f"{taken.declared}int {name} = {error};", cleanup

    def taken(
        self,
        name: str,
        arguments: tuple[Expr | TypeUse, ...],
        scope: tuple[Stmt, ...],
        shown: str,
    ) -> Taken | None:
        """The calls of a guard, if its class is known and what it is given can be read."""
        guard = self.guards.get(name)
        if guard is None or len(arguments) != bool(guard.type):
            return None
        declared, pointer = "", ""
        names: list[str] = []
        for argument in arguments:
            if isinstance(argument, TypeUse | Odd):
                return None
            pointer = self.source(argument)
            if self._changes(argument, scope):
                names.append(self.local("lock"))
                declared = f"{guard.type} *{names[0]} = {pointer};\n"
                pointer = names[0]
        kept = self.local(guard.kept) if guard.kept else ""
        if guard.declared:
            declared += f"{guard.declared} {kept};\n"
        text = guard.unlock.format(pointer, kept=kept)
        cleanup = Cleanup(text, quoted(shown), (*names, *([kept] if kept else [])))
        return Taken(declared, guard, pointer, kept, cleanup)

    def _changes(self, argument: Expr, scope: tuple[Stmt, ...]) -> bool:
        """Whether a pointer, computed again at the end of a scope, may be another one."""
        made = steady(argument, self.locals)
        if made is None:
            return True
        names, odd = changed(scope, self.text)
        return bool(made & names) or mentions(odd, made)

    def _unknown(self, stmt: ExprStmt, word: str, name: str, alone: bool) -> None:
        """A guard that is not followed: a comment."""
        comment = self.fixme(stmt.start, stmt.end)
        self.edit(stmt.start, stmt.end, f"; {comment}" if alone else comment)
        what = f"what `{word}({name})` takes, until the block is left, is not known here"
        hint = (
            f"write what DEFINE_GUARD({name}, ...) says: the lock here, the unlock at each way out"
        )
        if word != "guard":
            what = f"what `{word}({name}, ...)` makes is undone where the block is left"
            hint = "write the call here, and what undoes it at each way out of the block"
        self.mark(stmt.start, stmt.end, what, hint)

    # --- __free() ---------------------------------------------------------------

    def declare(self, stmt: Declare, rest: tuple[Stmt, ...], alone: bool) -> None:
        """A declaration: what of it is given back at the end, and what of others it takes over."""
        for declarator in stmt.declarators:
            for start, end in (*stmt.type.marks, *declarator.marks):
                match = _FREE.fullmatch(self.text[start:end])
                if match is None:
                    continue
                if not self._freed(stmt, declarator, match[1] or "", rest, alone):
                    self.edit(stmt.end, stmt.end, f" {self.fixme(start, end)}")
        inits = [d.init for d in stmt.declarators if d.init is not None]
        self.moves(stmt, inits, alone=False)

    def _freed(
        self, stmt: Declare, declarator: Declarator, name: str, rest: tuple[Stmt, ...], alone: bool
    ) -> bool:
        """``p __free(NAME)``: what p leads to is given back at the end; whether that is done."""
        pointer, call = declarator.name, self.frees.get(name)
        declared = {d.name for n in nodes(rest) if isinstance(n, Declare) for d in n.declarators}
        if call is not None and not alone and not stmt.static and pointer not in declared:
            given = f"if ({pointer})\n{call}({pointer});"
            self.active.append(Cleanup(given, f"{pointer} __free({name})", pointer=pointer))
            return True
        what = f"`__free({name})` has what `{pointer}` leads to given back where the block is left"
        hint = f"write what DEFINE_FREE({name}, ...) says at each way out of the block"
        if not name:
            what = f"a function is called with `&{pointer}` where the block is left"
            hint = "write that call at each way out of the block"
        self.mark(declarator.start, declarator.end, what, hint)
        return False

    def moves(self, stmt: ExprStmt | Declare, values: Sequence[Expr], alone: bool) -> None:
        """``no_free_ptr(p)`` in a statement: p, which is NULL after that."""
        names = sorted({name for value in values for name in self.moved(value, places=True)})
        if names:
            text = " ".join(f"{name} = NULL;" for name in names)
            if alone:
                self.edit(stmt.start, stmt.start, "{ ")
            self.edit(stmt.end, stmt.end, f"\n{text}{' }' if alone else ''}")
