"""What a scope gives back, and where: before each jump that leaves it, and at its end."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dsl.paste.calls import CONSTANT
from dsl.paste.control import called, nodes
from dsl.paste.edits import Edit, quoted
from dsl.paste.rewrite_expressions import Mark
from dsl.paste.tree import (
    Binary,
    Call,
    Case,
    Cast,
    Expr,
    Jump,
    LabelStmt,
    Member,
    Name,
    Num,
    Paren,
    Prefix,
    Return,
    Stmt,
    TypeUse,
)

_GOTO: Final = re.compile(r"goto\s+(\w+)")


@dataclass(frozen=True, slots=True, eq=False)
class Cleanup:
    """What is done at the end of a scope: ``text``; ``shown`` is what has asked for it.

    ``names`` are locals that belong to it, ``pointer`` is the one of ``__free()``.
    """

    text: str
    shown: str
    names: tuple[str, ...] = ()
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Where a ``break`` leads: how many cleanups stay, and whether only a guard is left."""

    depth: int = 0
    scoped: bool = False


@dataclass(slots=True)
class Piece:
    """An edit whose text may be found later."""

    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Goto:
    stmt: Jump
    active: tuple[Cleanup, ...]
    before: Piece
    after: Piece
    alone: bool


class Exits:
    """Edits of a C text, and the cleanups that are due at each place of it."""

    def __init__(self, text: str, result: TypeUse, taken: set[str], locals_: set[str]) -> None:
        self.text = text
        self.marks: list[Mark] = []
        self.active: list[Cleanup] = []
        self.locals = locals_
        self._pieces: list[Piece] = []
        self._result = result
        self._used = taken
        self._gotos: list[_Goto] = []
        self._labels: dict[str, tuple[Cleanup, ...]] = {}
        self.breaks = Way()
        """Where a ``break`` leads."""
        self.continues: Way = Way()
        """Where a ``continue`` leads."""
        self.acquired: set[str] = set()
        """The names of ACQUIRE() that are the error of a lock now."""
        self.done: set[int] = set()
        """Where the calls of cleanup.h begin that were followed, or marked."""
        self.switch = 0
        """How many cleanups there were where the innermost switch began."""
        self.returned = False
        """Whether the block at hand has a local for the value of a return already."""

    # --- edits and marks --------------------------------------------------------

    def edit(self, start: int, end: int, text: str = "") -> Piece:
        """``text`` in place of a range; where several begin at one place all are made, in order."""
        self._pieces.append(Piece(start, end, text))
        return self._pieces[-1]

    def edits(self) -> list[Edit]:
        """All edits, those of one place as one."""
        found: dict[int, Edit] = {}
        for piece in self._pieces:
            if piece.end > piece.start or piece.text:
                old = found.get(piece.start, Edit(piece.start, piece.start, ""))
                end = max(old.end, piece.end)
                found[piece.start] = Edit(piece.start, end, old.text + piece.text)
        return list(found.values())

    def source(self, node: Expr | Stmt | TypeUse) -> str:
        """What stands there."""
        return self.text[node.start : node.end]

    def fixme(self, start: int, end: int) -> str:
        """A comment with what stands there."""
        return f"/* FIXME(new): {quoted(self.text[start:end])} */"

    def mark(self, start: int, end: int, what: str, hint: str) -> None:
        """Reports a place."""
        self.marks.append(Mark("unsupported", what, start, end, hint))

    def local(self, *wanted: str) -> str:
        """A name for a local, the first of those wanted that is free."""
        live = {name for cleanup in self.active for name in cleanup.names}
        count, tried = 1, list(wanted)
        while True:
            for name in tried:
                if name not in self._used and name not in live:
                    return name
            count += 1
            tried = [f"{name}_{count}" for name in wanted]

    # --- ways out ---------------------------------------------------------------

    @staticmethod
    def given_back(cleanups: Iterable[Cleanup]) -> str:
        """The text of cleanups, the last that was taken first."""
        return "\n".join(c.text for c in reversed(tuple(cleanups)) if c.text)

    def returns(self, stmt: Return, alone: bool) -> None:
        """``return``: its value is computed before anything is given back."""
        moved = self.moved(stmt.value)
        due = self.given_back(c for c in self.active if not c.pointer or c.pointer not in moved)
        value = stmt.value
        if not due:
            return
        if value is not None and not self._simple(value):
            self._computed(stmt, value, due, alone)
            return
        self.edit(stmt.start, stmt.start, f"{{\n{due}\n" if alone else f"{due}\n")
        if alone:
            self.edit(stmt.end, stmt.end, "\n}")

    def _computed(self, stmt: Return, value: Expr, due: str, alone: bool) -> None:
        """``type ret = value; ...; return ret;``."""
        braces = alone or self.returned
        self.returned = self.returned or not alone
        words, stars = " ".join(self._result.words), "*" * self._result.stars
        name = "" if (words, stars) == ("void", "") else self.local("ret", "result")
        declared = f"{words} {stars}{name} = " if name else ""
        self.edit(stmt.start, value.start, f"{{\n{declared}" if braces else declared)
        ending = f";\n{due}\nreturn {name}" if name else f";\n{due}\nreturn"
        self.edit(value.end, value.end, ending)
        if braces:
            self.edit(stmt.end, stmt.end, "\n}")

    def _simple(self, expr: Expr) -> bool:
        """Whether a value is the same before and after the cleanups: of constants and locals."""
        match expr:
            case Num():
                return True
            case Name(text):
                return text in self.locals or text in _CONSTANTS or bool(CONSTANT.fullmatch(text))
            case Paren(inner) | Cast(_, inner):
                return self._simple(inner)
            case Prefix(op, operand):
                return op in {"-", "!", "~", "+"} and self._simple(operand)
            case Binary(_, left, right):
                return self._simple(left) and self._simple(right)
            case Call(Name("no_free_ptr"), (Name(text),)):
                return text in self.locals
            case Call(Name("ERR_PTR"), (argument,)) if not isinstance(argument, TypeUse):
                return self._simple(argument)
            case _:
                return False

    def jump(self, stmt: Jump, alone: bool) -> None:
        """``break``, ``continue`` and ``goto``."""
        match stmt.word:
            case "break" | "continue":
                way = self.breaks if stmt.word == "break" else self.continues
                before = self.edit(stmt.start, stmt.start)
                after = self.edit(stmt.end, stmt.end)
                if way.scoped:
                    after.text = " /* out of the guard, not of a loop */"
                self._leave(before, after, self.active[way.depth :], alone)
            case "goto":
                before, after = self.edit(stmt.start, stmt.start), self.edit(stmt.end, stmt.end)
                self._gotos.append(_Goto(stmt, tuple(self.active), before, after, alone))
            case _:
                pass

    def _leave(self, before: Piece, after: Piece, left: Iterable[Cleanup], alone: bool) -> None:
        due = self.given_back(left)
        if due:
            before.text = f"{{\n{due}\n" if alone else f"{due}\n"
            after.text += "\n}" if alone else ""

    def label(self, stmt: LabelStmt) -> None:
        """A place that a goto may lead to."""
        self._labels[stmt.name] = tuple(self.active)

    def case(self, stmt: Case) -> None:
        """A place that a switch may lead to."""
        for skipped in self.active[self.switch :]:
            self._into(stmt.start, stmt.end, skipped, stmt.end, "this case")

    def gotos(self) -> None:
        """What each goto gives back, now that all labels are known."""
        for goto in self._gotos:
            match = _GOTO.match(self.source(goto.stmt))
            there = self._labels.get(match[1] if match else "", goto.active)
            same = 0
            while same < len(there) and goto.active[same : same + 1] == there[same : same + 1]:
                same += 1
            self._leave(goto.before, goto.after, goto.active[same:], goto.alone)
            for skipped in there[same:]:
                goto.after.text += f" {self._skips(skipped)}"
                self._report(goto.stmt.start, goto.stmt.end, skipped, "this goto")

    def _into(self, start: int, end: int, skipped: Cleanup, at: int, what: str) -> None:
        self.edit(at, at, f" {self._skips(skipped)}")
        self._report(start, end, skipped, what)

    @staticmethod
    def _skips(skipped: Cleanup) -> str:
        return f"/* FIXME(new): into the scope of {skipped.shown} */"

    def _report(self, start: int, end: int, skipped: Cleanup, what: str) -> None:
        self.mark(
            start,
            end,
            f"{what} jumps over `{skipped.shown}` into its scope, where it is given back untaken",
            "end the scope before: braces around what the guard is for",
        )

    # --- pointers that are handed on --------------------------------------------

    def moved(self, expr: Expr | None, *, places: bool = False) -> set[str]:
        """What ``no_free_ptr()`` takes out of its cleanup, which is left out of the text.

        These are locals, and other ``places`` only where they can be set to NULL afterwards.
        """
        found: set[str] = set()
        for node in nodes(expr):
            if isinstance(node, Call) and called(node) == "no_free_ptr":
                self.done.add(node.start)
                match node.arguments:
                    case (Name() | Member() as place,) if places or isinstance(place, Name):
                        found.add(self.source(place))
                        self.edit(node.start, place.start)
                        self.edit(place.end, node.end)
                    case _:
                        self.odd_move(node)
        return found

    def odd_move(self, call: Call) -> None:
        """A use of ``no_free_ptr()`` that is not followed: the pointer alone stays."""
        comment = self.fixme(call.start, call.end)
        match call.arguments:
            case (Name() | Member() as place,):
                self.edit(call.start, call.end, f"{self.source(place)} {comment}")
            case _:
                self.edit(call.end, call.end, f" {comment}")
        self.mark(
            call.start,
            call.end,
            f"`{called(call)}()` sets the pointer to NULL once it is read, so that it is not freed",
            "write that as two statements, the second of them `p = NULL;`",
        )


_CONSTANTS: Final = frozenset({"NULL", "true", "false"})
