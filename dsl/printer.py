"""The canonical form of a file: ``format_file(file, source)`` -> text.

Kernel style: tabs, the brace of a function on its own line and all others
behind their head.  Comments, single blank lines and the author's line breaks
inside expressions are kept.  Formatting twice gives the same text.
"""

from __future__ import annotations

from typing import assert_never

from dsl import syntax as s
from dsl.precedence import CONDITIONAL, POSTFIX, UNARY
from dsl.printer_lines import Lines
from dsl.printer_statements import StatementPrinter
from dsl.scan import scan
from dsl.source import Source, Span


def format_file(file: s.File, source: Source) -> str:
    """The canonical text of ``file``, which was parsed from ``source``."""
    lines = Lines(source, file.comments, scan(source).tokens)
    printer = _Printer(source, lines)
    for declaration in file.declarations:
        printer.declaration(declaration)
    return lines.text()


class _Printer(StatementPrinter):
    """Prints declarations; statements are the base class's."""

    def declaration(self, declaration: s.Decl) -> None:
        span = declaration.span
        match declaration:
            case s.Import(path=path):
                self._one(span, f'import "{path.text}";')
            case s.Models(names=names):
                self._one(span, f"models {_names(names)};")
            case s.Config(name=name, values=values):
                self._one(span, f"config {name.text} = {_names(values, ' | ')};")
            case s.Typedef(type=type_name, name=name):
                self._one(span, f"typedef {self.expressions.declared(type_name, name.text)};")
            case s.EnumDecl():
                self._enum(declaration)
            case s.StructDecl():
                self._struct(declaration)
            case s.WordDecl():
                self._word(declaration)
            case s.ObjectDecl():
                self._object(declaration)
            case s.PoolDecl():
                self._one(span, self._pool(declaration))
            case s.FunctionDecl():
                self._function(declaration)
            case s.ActorDecl(name=name, host=host, body=body):
                on = "" if host is None else f" interrupts {host.text}"
                self.closed(span.start, f"actor {name.text}{on}", body, 0)
            case s.Scenario():
                self._scenario(declaration)
            case s.Variant():
                self._variant(declaration)
            case s.Transition():
                self._transition(declaration)
            case s.LockOrder():
                self._one(span, self._lock_order(declaration))
            case s.Invariant() | s.Final():
                self._one(span, self._claim(declaration))
            case _:
                assert_never(declaration)

    def _one(self, span: Span, text: str, tabs: int = 0) -> None:
        """A declaration of one line."""
        self.lines.put(span.start, span.end, text, tabs)

    def _open(self, span: Span, first: int, head: str) -> None:
        """``head {``, whose first item begins at ``first``."""
        self.lines.put(span.start, self.lines.end_before(first), f"{head} {{", 0)
        self.lines.opened()

    def _close(self, span: Span, text: str) -> None:
        closing = self.lines.start_of_last(span.end, "}")
        self.lines.close(closing, span.end, text, 0)

    # --- types ------------------------------------------------------------------

    def _enum(self, declaration: s.EnumDecl) -> None:
        span, members = declaration.span, declaration.members
        head = f"enum {declaration.name.text}"
        one_line = "\n" not in self.source.text[span.start : span.end]
        if one_line and not self.lines.has_comment(span.start, span.end):
            text = ", ".join(self._enum_member(*member) for member in members)
            self._one(span, f"{head} {{ {text} }};")
            return
        self._open(span, members[0][0].span.start, head)
        starts = [name.span.start for name, _ in members]
        closing = self.lines.start_of_last(span.end, "}")
        ends = [self.lines.end_before(start) for start in (*starts[1:], closing)]
        for (name, value), end in zip(members, ends, strict=True):
            self.lines.put(name.span.start, end, f"{self._enum_member(name, value)},", 1)
        self._close(span, "};")

    def _enum_member(self, name: s.Name, value: s.Expr | None) -> str:
        return name.text if value is None else f"{name.text} = {self.expr(value, CONDITIONAL)}"

    def _struct(self, declaration: s.StructDecl) -> None:
        span, fields = declaration.span, declaration.fields
        first = fields[0].span.start if fields else span.end - 1
        self._open(span, self._first(first, span), f"struct {declaration.name.text}")
        for field in fields:
            racy = "__data_racy " if field.data_racy else ""
            names = ", ".join(self.expressions.declarator(d) for d in field.declarators)
            text = f"{racy}{self.expressions.type(field.type)} {names}{_class(field.lock_class)};"
            self.lines.put(field.span.start, field.span.end, text, 1)
        self._close(span, "};")

    def _first(self, first: int, span: Span) -> int:
        """Where the first item begins, or the ``}`` of a declaration without any."""
        return min(first, self.lines.start_of_last(span.end, "}"))

    def _word(self, declaration: s.WordDecl) -> None:
        span = declaration.span
        items = sorted(self._word_items(declaration))
        first = items[0][0] if items else span.end
        self._open(span, self._first(first, span), f"word {declaration.name.text}")
        for start, end, text in items:
            self.lines.put(start, end, text, 1)
        self._close(span, "}")

    def _word_items(self, declaration: s.WordDecl) -> list[tuple[int, int, str]]:
        """Start, end and text of each item; ``split`` and ``present`` have no span of their own."""
        items: list[tuple[int, int, str]] = []
        when, present = declaration.when, declaration.present
        if declaration.halves is not None:
            low, high = declaration.halves
            condition = f" when {self.expr(when)}" if when else ""
            text = f"split {low.text}, {high.text}{condition};"
            end = self._semicolon(when.span.end if when else high.span.end)
            items.append((self.lines.start_of_last(low.span.start, "split"), end, text))
        if present is not None:
            end = self._semicolon(present.span.end)
            start = self.lines.start_of_last(present.span.start, "present")
            items.append((start, end, f"present {self.expr(present)};"))
        for value in declaration.values:
            parameter = f"({self.expressions.type(value.parameter)})" if value.parameter else ""
            text = f"{value.name.text}{parameter} = {self.expr(value.bits)};"
            items.append((value.span.start, value.span.end, text))
        return items

    def _semicolon(self, offset: int) -> int:
        """The end of the first ``;`` token from ``offset`` on."""
        return self.lines.end_of_next(offset, ";")

    # --- objects ----------------------------------------------------------------

    def _object(self, declaration: s.ObjectDecl) -> None:
        declarator = declaration.declarator
        ghost = "ghost " if declaration.ghost else ""
        name = self.expressions.declarator_head(declarator)
        address = declaration.address
        at = f" at {self.expr(address, CONDITIONAL)}" if address else ""
        head = f"{ghost}{self.expressions.type(declaration.type)} {name}{at}"
        head += _class(declaration.lock_class)
        if isinstance(declarator.init, s.Braces):
            self.initialized(declaration.span, f"{head} =", declarator.init, 0)
        elif declarator.init is not None:
            self._one(declaration.span, f"{head} = {self.expr(declarator.init)};")
        else:
            self._one(declaration.span, f"{head};")

    def _pool(self, declaration: s.PoolDecl) -> str:
        text = self.expressions.declared(declaration.type, declaration.name.text)
        text = f"pool {text}[{self.expr(declaration.length, CONDITIONAL)}]"
        text += " zeroed" if declaration.zeroed else ""
        text += " typesafe_by_rcu" if declaration.typesafe_by_rcu else ""
        if declaration.at:
            slots = [self.expr(address, CONDITIONAL) for address in declaration.at]
            text += f" at ({', '.join(slots)})"
        return f"{text};"

    # --- code -------------------------------------------------------------------

    def _function(self, declaration: s.FunctionDecl) -> None:
        span, body = declaration.span, declaration.body
        head = self._function_head(declaration)
        short = self.short(body)
        if short is not None:
            self._one(span, f"{head} {short}")
            return
        self.lines.put(span.start, self.lines.end_before(body.span.start), head, 0)
        self.lines.opened()
        self.lines.put(body.span.start, body.span.start + 1, "{", 0)
        self.lines.opened()
        self.body(body, 1)
        self.lines.close(body.span.end - 1, body.span.end, "}", 0)

    def _function_head(self, declaration: s.FunctionDecl) -> str:
        parameters = self.expressions.parameters(declaration.parameters)
        if declaration.kind == "iterator":
            return f"iterator {declaration.name.text}({parameters})"
        words = [declaration.kind] if declaration.kind == "update" else []
        words += declaration.words
        result = self.expressions.declared(declaration.result, declaration.name.text)
        return " ".join([*words, f"{result}({parameters})"])

    # --- scenarios --------------------------------------------------------------

    def _scenario(self, declaration: s.Scenario) -> None:
        span, items = declaration.span, declaration.items
        first = items[0].span.start if items else span.end
        self._open(span, self._first(first, span), f"scenario {declaration.name.text}")
        for item in items:
            self._scenario_item(item)
        self._close(span, "}")

    def _scenario_item(self, item: s.ScenarioItem) -> None:
        match item:
            case s.Run(actors=actors):
                names = [self._run_actor(*actor) for actor in actors]
                self._one(item.span, f"run {', '.join(names)};", 1)
            case s.Forever():
                self._one(item.span, "forever;", 1)
            case s.Init():
                self._init(item)
            case s.Bound(value=value):
                self._one(item.span, f"bound {self.expr(value)};", 1)
            case s.Expect():
                self._one(item.span, self._expect(item), 1)
            case s.Final() | s.Invariant():
                self._one(item.span, self._claim(item), 1)
            case _:
                assert_never(item)

    def _run_actor(self, name: s.Name, count: s.Expr | s.Many | None) -> str:
        if isinstance(count, s.Many):
            return f"{name.text} *"
        return name.text if count is None else f"{name.text} * {self.expr(count, UNARY)}"

    def _init(self, item: s.Init) -> None:
        span = item.span
        texts = [f"{self.expr(assignment)};" for assignment in item.assignments]
        one_line = "\n" not in self.source.text[span.start : span.end]
        if one_line and not self.lines.has_comment(span.start, span.end):
            self._one(span, f"init {{ {' '.join([*texts, ''])}}}", 1)
            return
        first = item.assignments[0].span.start if texts else span.end - 1
        self.lines.put(span.start, self.lines.end_before(first), "init {", 1)
        self.lines.opened()
        for assignment, text in zip(item.assignments, texts, strict=True):
            end = self._semicolon(assignment.span.end)
            self.lines.put(assignment.span.start, end, text, 2)
        self.lines.close(span.end - 1, span.end, "}", 1)

    def _expect(self, item: s.Expect) -> str:
        text = f"expect {item.verdict.text}"
        text += f" {_names(item.properties)}" if item.properties else ""
        text += f" allowing {_names(item.allowing)}" if item.allowing else ""
        text += f" when {self.expr(item.when)}" if item.when else ""
        text += f" under {_names(item.under)}" if item.under else ""
        return f"{text};"

    def _claim(self, item: s.Final | s.Invariant) -> str:
        word = "final" if isinstance(item, s.Final) else "invariant"
        message = f' : "{item.message.text}"' if item.message else ""
        return f"{word} {self.expr(item.condition)}{message};"

    def _lock_order(self, declaration: s.LockOrder) -> str:
        names = [f'"{c.text}"' if c.quoted else c.text for c in declaration.classes]
        source = f' : "{declaration.source.text}"' if declaration.source else ""
        return f"lock_order {' -> '.join(names)}{source};"

    def _variant(self, declaration: s.Variant) -> None:
        span = declaration.span
        items = sorted((*declaration.changes, *declaration.expects), key=lambda i: i.span.start)
        title = f' "{declaration.title.text}"' if declaration.title else ""
        head = f"variant {declaration.name.text}{title} in {_names(declaration.scenarios)}"
        first = items[0].span.start if items else span.end
        self._open(span, self._first(first, span), head)
        for item in items:
            self._variant_item(item)
        self._close(span, "}")

    def _variant_item(self, item: s.Change | s.Expect) -> None:
        match item:
            case s.Drop(target=target):
                self._one(item.span, f"drop {_path(target)};", 1)
            case s.Replace(target=target, body=body):
                self.closed(item.span.start, f"replace {_path(target)} with", body, 1)
            case s.Move(target=target, where=where, anchor=anchor):
                self._one(item.span, f"move {_path(target)} {where} {_path(anchor)};", 1)
            case s.Exchange(old=old, new=new):
                self._one(item.span, f"exchange {old.text} with {new.text};", 1)
            case s.Expect():
                self._one(item.span, self._expect(item), 1)
            case _:
                assert_never(item)

    def _transition(self, declaration: s.Transition) -> None:
        """The edges with their words below each other."""
        span, edges = declaration.span, declaration.edges
        first = edges[0].span.start if edges else span.end
        head = f"transition {self.expr(declaration.word, POSTFIX)}"
        self._open(span, self._first(first, span), head)
        before = max((len(edge.before.text) for edge in edges), default=0)
        after = max((len(edge.after.text) for edge in edges if edge.holding), default=0)
        for edge in edges:
            text = f"{edge.before.text:<{before}} -> {edge.after.text}"
            if edge.holding:
                locks = self.expressions.arguments(edge.holding)
                text = f"{edge.before.text:<{before}} -> {edge.after.text:<{after}} holding {locks}"
            self.lines.put(edge.span.start, edge.span.end, f"{text};", 1)
        self._close(span, "}")


def _names(names: tuple[s.Name, ...], between: str = ", ") -> str:
    return between.join(name.text for name in names)


def _path(path: s.LabelPath) -> str:
    return f"{path.owner.text}.{path.label.text}"


def _class(name: s.String | None) -> str:
    return f' class("{name.text}")' if name else ""
