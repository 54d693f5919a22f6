"""The index of a whole program: its declarations, its statements, what it imports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from dsl import syntax as s
from dsl.files import Read
from dsl.imports import Program
from dsl.source import Span
from prover.lsp.declared import Kind, Symbol, declared, kind_of
from prover.lsp.uses import Index, Scope, Walk, ordered


def index_of(program: Program) -> Index:
    """Every name of a program."""
    known = declared(program.files)
    walk = _Program(known, program.sources)
    for statement, name in imports(program):
        whole = Span(name, 0, 0)
        walk.note(statement.path.span, Symbol("import", name, whole, whole))
    tables = (known.types, known.names, known.scenarios, known.variants, known.classes)
    pairs = (known.fields, known.values, known.labels, known.own, known.configs)
    for symbol in (one for table in (*tables, *pairs) for one in table.values()):
        walk.note(symbol.span, symbol)
    for file in program.files:
        for decl in file.declarations:
            walk.declaration(decl)
    return Index(known, ordered(walk.uses))


def imports(program: Program) -> Iterator[tuple[s.Import, str]]:
    """Every import with the name of the file that it leads to."""
    by_name = {file.name: file for file in program.files}
    # Files are read depth first: the main file, if it is one, then one for each import met.
    read = [each for each in program.read[:1] if each.name != program.main.name]
    found = iter((*read, *program.read[1:]))
    return _imports(program.main, found, by_name, {program.main.name})


def _imports(
    main: s.File, read: Iterator[Read], by_name: Mapping[str, s.File], seen: set[str]
) -> Iterator[tuple[s.Import, str]]:
    stack = [iter(main.declarations)]
    while stack:
        decl = next(stack[-1], None)
        if decl is None:
            stack.pop()
        elif isinstance(decl, s.Import):
            found = next(read, None)
            if found is None:
                return
            yield decl, found.name
            if found.name not in seen and found.name in by_name:
                seen.add(found.name)
                stack.append(iter(by_name[found.name].declarations))


@dataclass(slots=True)
class _Program(Walk):
    """Declarations and statements; the names that they declare are noted by others."""

    def declaration(self, decl: s.Decl) -> None:
        match decl:
            case s.Typedef(type=type_):
                self.type(type_)
            case s.EnumDecl(members=members):
                for _, value in members:
                    if value is not None:
                        self.expr(value, {})
            case s.StructDecl(fields=fields):
                for line in fields:
                    self.type(line.type)
                    self._declarators(line.declarators, kind_of(line.type), {})
            case s.WordDecl():
                self._word(decl)
            case s.ObjectDecl(type=type_, declarator=one, address=address, owner=owner):
                kind = self.type(type_)
                self._declarators((one,), kind, {})
                if address is not None:
                    self.expr(address, {})
                if owner is not None:
                    self.note(owner.span, self.known.names.get(owner.text))
            case s.PoolDecl(type=type_, length=length, at=at):
                self.type(type_)
                for expr in (length, *at):
                    self.expr(expr, {})
            case s.FunctionDecl() | s.ActorDecl():
                self._code(decl)
            case s.Scenario() | s.Variant():
                self._asked(decl)
            case s.Transition():
                self._transition(decl)
            case s.LockOrder(classes=classes):
                for lock in classes:
                    self._lock(lock)
            case s.Invariant(condition=condition) | s.Final(condition=condition):
                self.expr(condition, {})
            case s.Config(name=name, values=values):
                self.note(name.span, self.known.names.get(name.text))
                for one_of in values:
                    self.note(one_of.span, self.known.configs.get((name.text, one_of.text)))
            case s.Import() | s.Models():
                pass
            case _:
                assert_never(decl)

    def _declarators(self, found: tuple[s.Declarator, ...], base: Kind, scope: Scope) -> None:
        for one in found:
            for length in one.lengths:
                self.expr(length, scope)
            if one.init is not None:
                self.expr(one.init, scope, (base[0], base[1] + one.stars + len(one.lengths)))

    def _word(self, decl: s.WordDecl) -> None:
        if decl.when is not None:
            self.expr(decl.when, {})
        if decl.present is not None:
            self.expr(decl.present, {})
        for value in decl.values:
            if value.parameter is not None:
                self.type(value.parameter)
            self.expr(value.bits, {})

    def _code(self, decl: s.FunctionDecl | s.ActorDecl) -> None:
        scope: Scope = {}
        if isinstance(decl, s.FunctionDecl):
            if decl.kind != "iterator":
                self.type(decl.result)
            for parameter in decl.parameters:
                kind = self.type(parameter.type)
                self._local(scope, parameter.name, parameter.span, kind, "parameter")
        elif decl.host is not None:
            self.note(decl.host.span, self.known.names.get(decl.host.text))
        self.owner = decl.name.text
        self.statement(decl.body, scope)
        self.owner = ""

    def _local(self, scope: Scope, name: s.Name, whole: Span, kind: Kind, what: str) -> None:
        scope[name.text] = Symbol(what, name.text, name.span, whole, kind)
        self.note(name.span, scope[name.text])

    # --- statements -----------------------------------------------------------------

    def statement(self, statement: s.Stmt, scope: Scope) -> None:
        match statement:
            case s.Block(body=body):
                self._body(body, dict(scope))
            case s.Declare(type=type_, declarators=found):
                kind = self.type(type_)
                for one in found:
                    self._declarators((one,), kind, scope)
                    own = (kind[0], kind[1] + one.stars + len(one.lengths))
                    self._local(scope, one.name, statement.span, own, "local")
            case s.ExprStmt(expr=expr):
                self.expr(expr, scope)
            case s.If(condition=condition, then=then, otherwise=otherwise):
                self.expr(condition, scope)
                self.statement(then, dict(scope))
                if otherwise is not None:
                    self.statement(otherwise, dict(scope))
            case s.While() | s.DoWhile() | s.For() | s.ForEach():
                self._loop(statement, dict(scope))
            case s.Switch(subject=subject, cases=cases):
                wanted = self.expr(subject, scope)
                inner = dict(scope)
                for case in cases:
                    for value in case.values:
                        self.expr(value, inner, wanted)
                    self._body(case.body, inner)
            case s.Return(value=value):
                if value is not None:
                    function = self.known.names.get(self.owner)
                    self.expr(value, scope, function.type if function is not None else None)
            case s.Goto(label=label):
                self.note(label.span, self.known.labels.get((self.owner, label.text)))
            case s.Labelled(label=label, body=body):
                self.note(label.span, self.known.labels.get((self.owner, label.text)))
                self.statement(body, scope)
            case s.ChooseStmt(branches=branches):
                for branch in branches:
                    self.statement(branch, scope)
            case s.Empty() | s.Break() | s.Continue() | s.Yield():
                pass
            case _:
                assert_never(statement)

    def _body(self, body: tuple[s.Stmt, ...], scope: Scope) -> None:
        for one in body:
            self.statement(one, scope)

    def _loop(self, loop: s.While | s.DoWhile | s.For | s.ForEach, scope: Scope) -> None:
        match loop:
            case s.While(condition=condition) | s.DoWhile(condition=condition):
                self.expr(condition, scope)
            case s.For(init=init, condition=maybe, step=step):
                if init is not None:
                    self.statement(init, scope)
                for expr in (maybe, step):
                    if expr is not None:
                        self.expr(expr, scope)
            case s.ForEach(callee=callee, arguments=arguments):
                self.call(s.Call(callee, arguments, loop.span), scope, None)
            case _:
                assert_never(loop)
        self.statement(loop.body, scope)

    # --- what is asked ----------------------------------------------------------------

    def _asked(self, decl: s.Scenario | s.Variant) -> None:
        if isinstance(decl, s.Variant):
            for name in decl.scenarios:
                self.note(name.span, self.known.scenarios.get(name.text))
            for change in decl.changes:
                self._change(change)
            for expect in decl.expects:
                self._expect(expect)
            return
        for item in decl.items:
            match item:
                case s.Run(actors=actors):
                    for name, count in actors:
                        self.note(name.span, self.known.names.get(name.text))
                        if count is not None and not isinstance(count, s.Many):
                            self.expr(count, {})
                case s.Init(assignments=assignments):
                    for one in assignments:
                        self.expr(one, {})
                case s.Expect():
                    self._expect(item)
                case s.Final(condition=condition) | s.Invariant(condition=condition):
                    self.expr(condition, {})
                case s.Bound() | s.Forever():
                    pass
                case _:
                    assert_never(item)

    def _expect(self, expect: s.Expect) -> None:
        for name in (*expect.properties, *expect.allowing):
            self.property(name)
        if expect.when is not None:
            self.expr(expect.when, {})

    def _change(self, change: s.Change) -> None:
        match change:
            case s.Drop(target=target):
                self._label(target)
            case s.Replace(target=target, body=body):
                self._label(target)
                self.owner = target.owner.text
                self.statement(body, self._scope_of(target.owner.text))
                self.owner = ""
            case s.Move(target=target, anchor=anchor):
                self._label(target)
                self._label(anchor)
            case s.Exchange(old=old, new=new):
                self.note(old.span, self.known.names.get(old.text))
                self.note(new.span, self.known.names.get(new.text))
            case _:
                assert_never(change)

    def _label(self, path: s.LabelPath) -> None:
        self.note(path.owner.span, self.known.names.get(path.owner.text))
        self.note(path.label.span, self.known.labels.get((path.owner.text, path.label.text)))

    def _scope_of(self, owner: str) -> Scope:
        """The locals of a function or an actor, for statements that come from elsewhere."""
        whole = self.known.names.get(owner)
        if whole is None:
            return {}
        inside = whole.whole
        return {
            symbol.name: symbol
            for use in self.uses
            for symbol in use.symbols
            if symbol.kind in ("local", "parameter")
            and symbol.whole.file == inside.file
            and inside.start <= symbol.whole.start < inside.end
        }

    def _transition(self, decl: s.Transition) -> None:
        kind = self.known.base(self.expr(decl.word, {}))
        scope: Scope = {}
        for edge in decl.edges:
            for name in (edge.before, edge.after):
                value = self.known.values.get((kind[0], name.text)) if kind else None
                self.note(name.span, value)
            for lock in edge.holding:
                self.expr(lock, scope)

    def _lock(self, name: s.LockName) -> None:
        known = self.known
        owner, _, rest = name.text.partition(".")
        symbol = known.classes.get(name.text) if name.quoted else None
        if symbol is None and rest:
            symbol = known.fields.get((owner, rest))
        self.note(name.span, symbol or known.classes.get(name.text) or known.names.get(name.text))
