"""Text to litmus tests and macros: ``parse_litmus(source)``, ``parse_macros(source)``.

What is accepted is what herd7 accepts for C, and some more of C where nothing else can be meant
(``unsigned long r0, r1;``).  A file is refused at its first mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dsl.litmus.cursor import Cursor
from dsl.litmus.expressions import expression, stars, starts_type, type_words
from dsl.litmus.statements import block
from dsl.litmus.states import condition, initial_state, place, registers
from dsl.litmus.syntax import (
    Condition,
    Conjunction,
    FinalLocation,
    FinalRegister,
    Initial,
    Litmus,
    Macro,
    Parameter,
    Process,
)
from dsl.litmus.tokens import END, NAME, litmus_tokens, macro_tokens, refusal
from dsl.source import Source, Span

_PROCESS = re.compile(r"P(0|[1-9][0-9]{0,5})")
_ORDER_HINT = "processes are P0, P1, ... without gaps"


def parse_litmus(source: Source) -> Litmus:
    """The test in ``source``; raises :class:`dsl.diagnostic.DiagnosticError`."""
    name, tokens = litmus_tokens(source)
    cursor = Cursor(tokens)
    initial = initial_state(cursor)
    processes = _processes(cursor)
    question = _Question(cursor)
    test = Litmus(
        name,
        initial,
        processes,
        question.quantifier,
        question.condition,
        question.filter,
        tuple(found for found, _ in question.locations),
    )
    _check_initial(initial, len(processes))
    asked = [*question.locations, *registers(test.filter), *registers(test.condition)]
    _check_registers(asked, len(processes))
    return test


# --- processes ----------------------------------------------------------------------------


def _processes(cursor: Cursor) -> tuple[Process, ...]:
    """All processes, by number."""
    found: dict[int, Process] = {}
    while cursor.kinds[cursor.at] in {NAME, "void"} and cursor.texts[cursor.at] != "not":
        process = _process(cursor)
        if process.number in found:
            message = f"there are two processes `P{process.number}`"
            raise refusal("process-number", message, process.span, "the second", _ORDER_HINT)
        found[process.number] = process
    if not found:
        raise cursor.expected("a process", "write `P0(int *x) { ... }`")
    for number, process in sorted(found.items()):
        if number >= len(found):
            lacking = next(n for n in range(len(found)) if n not in found)
            message = f"there is a process `P{number}`, but no `P{lacking}`"
            raise refusal("process-number", message, process.span, "this one", _ORDER_HINT)
    return tuple(process for _, process in sorted(found.items()))


def _process(cursor: Cursor) -> Process:
    cursor.take("void")
    first = cursor.at
    match = _PROCESS.fullmatch(cursor.texts[first])
    if match is None:
        if cursor.kinds[first + 1] == "(":
            hint = "write its body out in the processes that call it, which are P0, P1, ..."
            raise cursor.fail("not-in-litmus", "litmus tests have no functions", hint)
        raise cursor.expected("a process or the question", "write `P0(int *x) { ... }` or `exists`")
    cursor.at += 1
    cursor.expect("(", f" behind `{match[0]}`")
    parameters = _parameters(cursor)
    heading = cursor.span(first)
    return Process(int(match[1]), parameters, block(cursor, f"`{match[0]}`"), heading)


def _parameters(cursor: Cursor) -> tuple[Parameter, ...]:
    """The parameters, behind their bracket."""
    if cursor.kinds[cursor.at] == "void" and cursor.kinds[cursor.at + 1] == ")":
        cursor.at += 1
    found: list[Parameter] = []
    if cursor.take(")"):
        return ()
    while True:
        first = cursor.at
        if not starts_type(cursor, first) and cursor.kinds[first] != NAME:
            raise cursor.expected("a parameter", "write its type and its name: `int *x`")
        written = type_words(cursor)
        pointers = stars(cursor)
        name = cursor.name("the name of a parameter")
        span = cursor.span(first)
        if pointers == 0:
            hint = f"parameters are addresses of shared locations: `{written} *{name}`"
            raise refusal("not-a-pointer", f"`{name}` is no pointer", span, "here", hint)
        if any(name == other.name for other in found):
            hint = "rename or remove one"
            message = f"two parameters are called `{name}`"
            raise refusal("duplicate-name", message, span, "the second", hint)
        pointed = " ".join(part for part in (written, "*" * (pointers - 1)) if part)
        found.append(Parameter(name, pointed, span))
        if not cursor.take(","):
            break
    cursor.expect(")", " behind the parameters")
    return tuple(found)


# --- the question -------------------------------------------------------------------------


class _Question:
    """What stands behind the processes; each part may stand once, in any order."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self.locations: list[tuple[FinalRegister | FinalLocation, Span]] = []
        self.filter: Condition | None = None
        # Without a question herd7 asks whether every execution is one.
        self.quantifier = "forall"
        self.condition: Condition = Conjunction(())
        self._read()

    def _read(self) -> None:
        cursor = self._cursor
        seen: set[str] = set()
        while cursor.kinds[cursor.at] != END:
            kind = cursor.kinds[cursor.at]
            part = kind if kind in {"locations", "filter"} else "question"
            if part in seen:
                raise cursor.expected("the end of the file", "leave out what is behind it")
            seen.add(part)
            match part:
                case "locations":
                    self._read_locations()
                case "filter":
                    cursor.at += 1
                    self.filter = condition(cursor)
                case _:
                    self._read_question()
            cursor.take(";")

    def _read_question(self) -> None:
        cursor = self._cursor
        first, kind = cursor.at, cursor.kinds[cursor.at]
        if kind == "~" or cursor.texts[first] == "not":
            cursor.at += 1
            cursor.expect("exists", " behind `~`")
            self.quantifier = "~exists"
        elif kind in {"exists", "forall", "final"}:
            cursor.at += 1
            self.quantifier = "forall" if kind == "forall" else "exists"
        elif kind == "(":
            self.quantifier = "exists"
        elif kind in {"observed", "with"}:
            hint = "ask by `exists`, `~exists` or `forall`"
            raise cursor.fail("not-in-litmus", f"`{kind}` is not read", hint)
        else:
            raise cursor.expected("`exists`, `~exists` or `forall`", "write `exists (0:r1=1)`")
        self.condition = condition(cursor)

    def _read_locations(self) -> None:
        """``locations [x; 0:r1; y]``; types behind the names are read and dropped."""
        cursor = self._cursor
        cursor.at += 1
        cursor.expect("[", " behind `locations`")
        while not cursor.take("]"):
            first = cursor.at
            found = place(cursor)
            self.locations.append((found, cursor.span(first)))
            if cursor.kinds[cursor.at] not in {";", "]", END}:
                type_words(cursor)
                stars(cursor)
            if cursor.kinds[cursor.at] != "]":
                cursor.expect(";", " or `]` behind a name")


# --- what must hold between the parts -----------------------------------------------------


def _check_initial(initial: tuple[Initial, ...], processes: int) -> None:
    seen: set[tuple[int, str]] = set()
    for item in initial:
        key = item.process, item.name
        shown = item.name if item.process < 0 else f"{item.process}:{item.name}"
        if key in seen:
            message = f"`{shown}` is initialised twice"
            raise refusal("duplicate-name", message, item.span, "the second", "leave one out")
        seen.add(key)
        if item.process >= processes:
            raise _no_process(item.process, item.span)


def _check_registers(
    asked: Iterable[tuple[FinalRegister | FinalLocation, Span]], processes: int
) -> None:
    for found, span in asked:
        if isinstance(found, FinalRegister) and found.process >= processes:
            raise _no_process(found.process, span)


def _no_process(number: int, span: Span) -> Exception:
    hint = "a register is named by its process: `0:r1` is r1 of P0"
    return refusal("process-number", f"there is no process `P{number}`", span, "here", hint)


# --- macros -------------------------------------------------------------------------------


def parse_macros(source: Source) -> Mapping[str, Macro]:
    """The macros of a ``.def`` file by name: ``NAME(X) expression`` or ``NAME(X) { ... }``."""
    cursor = Cursor(macro_tokens(source))
    macros: dict[str, Macro] = {}
    while cursor.kinds[cursor.at] != END:
        macro = _macro(cursor)
        if macro.name in macros:
            message = f"the macro `{macro.name}` is defined twice"
            raise refusal("duplicate-name", message, macro.span, "the second", "leave one out")
        macros[macro.name] = macro
    return macros


def _macro(cursor: Cursor) -> Macro:
    first = cursor.at
    name = cursor.name("the name of a macro")
    cursor.expect("(", " behind the name of a macro")
    parameters: list[str] = []
    if not cursor.take(")"):
        while True:
            parameter = cursor.name("the name of a parameter")
            if parameter in parameters:
                cursor.at -= 1
                message = f"two parameters are called `{parameter}`"
                raise cursor.fail("duplicate-name", message, "rename one")
            parameters.append(parameter)
            if not cursor.take(","):
                break
        cursor.expect(")", " behind the parameters")
    if cursor.kinds[cursor.at] == "{":
        body = block(cursor, f"`{name}`")
        return Macro(name, tuple(parameters), None, body.body, cursor.span(first))
    result = expression(cursor)
    return Macro(name, tuple(parameters), result, (), cursor.span(first))
