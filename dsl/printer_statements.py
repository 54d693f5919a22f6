"""Statements in kernel style."""

from __future__ import annotations

from itertools import pairwise
from typing import assert_never

from dsl import syntax as s
from dsl.precedence import CONDITIONAL
from dsl.printer_expressions import ExpressionPrinter
from dsl.printer_lines import Lines
from dsl.source import Source, Span

SimpleStmt = s.Declare | s.ExprStmt | s.Empty | s.Break | s.Continue | s.Return | s.Goto | s.Yield
"""Statements of one line."""


class StatementPrinter:
    """Prints the statements of one file into ``lines``."""

    def __init__(self, source: Source, lines: Lines) -> None:
        self.source = source
        self.lines = lines
        self.expressions = ExpressionPrinter(source)
        self.expr = self.expressions.expr

    # --- blocks -----------------------------------------------------------------

    def braced(self, start: int, head: str, block: s.Block, tabs: int) -> int:
        """``head {``, the body; returns where ``}`` stands, which is still to be written."""
        opening = block.span.start + 1
        self.lines.put(start, opening, f"{head} {{".lstrip(), tabs, tabs)
        self.lines.opened()
        self.body(block, tabs + 1)
        return block.span.end - 1

    def closed(self, start: int, head: str, block: s.Block, tabs: int) -> None:
        """``head {``, the body, ``}``; all in one line where the author had it so."""
        short = self.short(block)
        if short is not None:
            self.lines.put(start, block.span.end, f"{head} {short}", tabs)
            return
        closing = self.braced(start, head, block, tabs)
        self.lines.close(closing, block.span.end, "}", tabs)

    def short(self, block: s.Block) -> str | None:
        """``{ statement; }`` if the block is that simple and was written in one line."""
        span = block.span
        if "\n" in self.source.text[span.start : span.end] or len(block.body) > 1:
            return None
        if self.lines.has_comment(span.start, span.end):
            return None
        if not block.body:
            return "{ }"
        only = block.body[0]
        return f"{{ {self.simple(only)} }}" if isinstance(only, SimpleStmt) else None

    def body(self, block: s.Block, tabs: int) -> None:
        """The statements of a block."""
        for statement in block.body:
            self.statement(statement, tabs)

    # --- statements -------------------------------------------------------------

    def statement(self, statement: s.Stmt, tabs: int) -> None:
        """One statement, on lines of its own."""
        span = statement.span
        match statement:
            case s.Declare():
                self._declare(statement, tabs)
            case s.ExprStmt() | s.Empty() | s.Break() | s.Continue():
                self._line(statement, tabs)
            case s.Return() | s.Goto() | s.Yield():
                self._line(statement, tabs)
            case s.Block():
                closing = self.braced(span.start, "", statement, tabs)
                self.lines.close(closing, span.end, "}", tabs)
            case s.If():
                self._if(statement, span.start, "", tabs)
            case s.While(condition=condition, body=body):
                self._headed(span.start, f"while ({self.expr(condition)})", body, tabs)
            case s.DoWhile():
                self._do(statement, tabs)
            case s.For(body=body):
                self._headed(span.start, self._for(statement), body, tabs)
            case s.ForEach(callee=callee, arguments=arguments, body=body):
                head = f"{callee.text}({self.expressions.arguments(arguments)})"
                self._headed(span.start, head, body, tabs)
            case s.Switch():
                self._switch(statement, tabs)
            case s.Labelled(label=label, body=body):
                self._labelled(label, body, span, tabs)
            case s.ChooseStmt(branches=branches):
                self._choose(branches, span, tabs)
            case _:
                assert_never(statement)

    def simple(self, statement: SimpleStmt) -> str:
        """A one-line statement."""
        match statement:
            case s.Declare(type=type_name, declarators=declarators):
                parts = ", ".join(self.expressions.declarator(d) for d in declarators)
                return f"{self.expressions.type(type_name)} {parts};"
            case s.ExprStmt(expr=expr):
                return f"{self.expr(expr)};"
            case s.Empty():
                return ";"
            case s.Break():
                return "break;"
            case s.Continue():
                return "continue;"
            case s.Return(value=value):
                return "return;" if value is None else f"return {self.expr(value)};"
            case s.Goto(label=label):
                return f"goto {label.text};"
            case s.Yield():
                return "yield;"
            case _:
                assert_never(statement)

    def _line(self, statement: SimpleStmt, tabs: int) -> None:
        self.lines.put(statement.span.start, statement.span.end, self.simple(statement), tabs)

    def _declare(self, statement: s.Declare, tabs: int) -> None:
        """A declaration; its one initializer in braces may go over several lines."""
        only = statement.declarators[0]
        if len(statement.declarators) == 1 and isinstance(only.init, s.Braces):
            head = self.expressions.declarator_head(only)
            head = f"{self.expressions.type(statement.type)} {head} ="
            self.initialized(statement.span, head, only.init, tabs)
        else:
            self._line(statement, tabs)

    def initialized(self, span: Span, head: str, braces: s.Braces, tabs: int) -> None:
        """``head { ... };``: an item a line if the author broke the line after ``{``."""
        if self._is_long(braces):
            self.lines.put(span.start, braces.span.start + 1, f"{head} {{", tabs)
            self._items(braces, tabs + 1)
            self.lines.close(braces.span.end - 1, span.end, "};", tabs)
        else:
            self.lines.put(span.start, span.end, f"{head} {self.expr(braces)};", tabs)

    def _is_long(self, braces: s.Braces) -> bool:
        if not braces.items:
            return False
        start = braces.span.start + 1
        return "\n" in self.source.text[start : self.lines.start_after(start)]

    def _items(self, braces: s.Braces, tabs: int) -> None:
        self.lines.opened()
        starts = [
            self.lines.start_of_last(field.span.start, ".") if field else value.span.start
            for field, value in braces.items
        ]
        ends = [self.lines.end_before(start) for start in (*starts[1:], braces.span.end - 1)]
        for (field, value), start, end in zip(braces.items, starts, ends, strict=True):
            if isinstance(value, s.Braces) and self._is_long(value):
                head = f".{field.text} = {{" if field else "{"
                self.lines.put(start, value.span.start + 1, head, tabs)
                self._items(value, tabs + 1)
                self.lines.close(value.span.end - 1, end, "},", tabs)
            else:
                text = self.expressions.brace_item((field, value))
                self.lines.put(start, end, f"{text},", tabs)

    def _headed(self, start: int, head: str, body: s.Stmt, tabs: int) -> None:
        """A head and what it governs: a block, or one statement a tab further in."""
        if isinstance(body, s.Block):
            closing = self.braced(start, head, body, tabs)
            self.lines.close(closing, body.span.end, "}", tabs)
        else:
            self.lines.put(start, self.lines.end_before(body.span.start), head, tabs)
            self._governed(body, tabs)

    def _governed(self, body: s.Stmt, tabs: int) -> None:
        self.lines.opened()
        self.statement(body, tabs + 1)

    def _if(self, statement: s.If, start: int, before: str, tabs: int) -> None:
        """``if``, with the ``} else`` that may stand ``before`` it; ``else if`` is one chain."""
        head = f"{before}if ({self.expr(statement.condition)})"
        otherwise = statement.otherwise
        self._if_head(start, head, before, statement.then, tabs)
        if otherwise is None:
            self._finish(statement.then, tabs)
            return
        if isinstance(statement.then, s.Block):
            next_start, word = statement.then.span.end - 1, "} else"
        else:
            next_start, word = self.lines.start_after(statement.then.span.end), "else"
        if isinstance(otherwise, s.If):
            self._if(otherwise, next_start, f"{word} ", tabs)
        else:
            self._if_head(next_start, word, word, otherwise, tabs)
            self._finish(otherwise, tabs)

    def _if_head(self, start: int, head: str, before: str, body: s.Stmt, tabs: int) -> None:
        """``head {`` and the body, up to its ``}``."""
        put = self.lines.close if before.startswith("}") else self.lines.put
        if before.startswith("else"):
            self.lines.opened()
        if isinstance(body, s.Block):
            put(start, body.span.start + 1, f"{head} {{", tabs)
            self.lines.opened()
            self.body(body, tabs + 1)
        else:
            put(start, self.lines.end_before(body.span.start), head, tabs)
            self._governed(body, tabs)

    def _finish(self, body: s.Stmt, tabs: int) -> None:
        if isinstance(body, s.Block):
            self.lines.close(body.span.end - 1, body.span.end, "}", tabs)

    def _do(self, statement: s.DoWhile, tabs: int) -> None:
        body, span = statement.body, statement.span
        tail = f"while ({self.expr(statement.condition)});"
        if isinstance(body, s.Block):
            closing = self.braced(span.start, "do", body, tabs)
            self.lines.close(closing, span.end, f"}} {tail}", tabs)
        else:
            self.lines.put(span.start, self.lines.end_before(body.span.start), "do", tabs)
            self._governed(body, tabs)
            self.lines.opened()
            self.lines.put(self.lines.start_after(body.span.end), span.end, tail, tabs)

    def _for(self, statement: s.For) -> str:
        init = ";" if statement.init is None else self.simple(statement.init)
        condition = f" {self.expr(statement.condition)}" if statement.condition else ""
        step = f" {self.expr(statement.step)}" if statement.step else ""
        return f"for ({init}{condition};{step})"

    def _labelled(self, label: s.Name, body: s.Stmt, span: Span, tabs: int) -> None:
        """``label:`` one tab to the left, on its own line."""
        end = self.lines.end_of_next(label.span.end, ":")
        self.lines.put(span.start, end, f"{label.text}:", tabs - 1, tabs)
        if body.span.start < body.span.end:
            self.lines.opened()
            self.statement(body, tabs)

    def _choose(self, branches: tuple[s.Block, ...], span: Span, tabs: int) -> None:
        shorts = [self.short(branch) for branch in branches]
        whole = "\n" not in self.source.text[span.start : span.end]
        if whole and all(shorts) and not self.lines.has_comment(span.start, span.end):
            text = "choose " + " or ".join(short or "" for short in shorts)
            self.lines.put(span.start, span.end, text, tabs)
            return
        self.braced(span.start, "choose", branches[0], tabs)
        for before, branch in pairwise(branches):
            self.lines.close(before.span.end - 1, branch.span.start + 1, "} or {", tabs)
            self.lines.opened()
            self.body(branch, tabs + 1)
        self.lines.close(span.end - 1, span.end, "}", tabs)

    def _switch(self, statement: s.Switch, tabs: int) -> None:
        span = statement.span
        opening = statement.cases[0].span.start if statement.cases else span.end - 1
        opening = self.lines.end_before(opening)
        self.lines.put(span.start, opening, f"switch ({self.expr(statement.subject)}) {{", tabs)
        self.lines.opened()
        for case in statement.cases:
            self._case(case, tabs)
        self.lines.close(span.end - 1, span.end, "}", tabs)

    def _case(self, case: s.Case, tabs: int) -> None:
        labels = [f"case {self.expr(value, CONDITIONAL)}:" for value in case.values]
        labels += ["default:"] if case.default else []
        if len(case.body) == 1 and isinstance(case.body[0], s.Block):
            self._case_block(case.span.start, labels, case.body[0], tabs)
            return
        head_end = case.body[0].span.start if case.body else case.span.end
        end = self.lines.end_before(head_end)
        for i, label in enumerate(labels):
            last = i == len(labels) - 1
            self.lines.put(case.span.start, end if last else case.span.start, label, tabs)
            self.lines.opened()
        for statement in case.body:
            self.statement(statement, tabs + 1)

    def _case_block(self, start: int, labels: list[str], block: s.Block, tabs: int) -> None:
        for label in labels[:-1]:
            self.lines.put(start, start, label, tabs)
            self.lines.opened()
        closing = self.braced(start, labels[-1], block, tabs)
        self.lines.close(closing, block.span.end, "}", tabs)
