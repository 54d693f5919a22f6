"""Rules of ``khp.lark`` for declarations."""

from __future__ import annotations

from typing import Any, cast

from dsl import frozen
from dsl import syntax as s
from dsl.build_expressions import Expressions, Stars
from dsl.source import Span

_VERDICTS = ("proved", "refuted", "bounded", "vacuous", "unknown")


class Declarations(Expressions):
    """Every rule: declarations here, what is inside them in the base class."""

    def file(self, _span: Span, *declarations: Any) -> list[s.Decl]:
        flat: list[s.Decl] = []
        for declaration in declarations:
            if isinstance(declaration, tuple):
                flat.extend(cast("tuple[s.ObjectDecl, ...]", declaration))
            else:
                flat.append(declaration)
        return flat

    def import_decl(self, span: Span, path: s.String) -> s.Import:
        return s.Import(path, span)

    def models(self, span: Span, names: tuple[s.Name, ...]) -> s.Models:
        return s.Models(names, span)

    def config(self, span: Span, name: s.Name, *values: s.Name) -> s.Config:
        return s.Config(self.value_name(name), values, span)

    def typedef(self, span: Span, type_name: s.TypeName, name: s.Name) -> s.Typedef:
        return s.Typedef(type_name, name, span)

    # --- types ------------------------------------------------------------------

    def enum_decl(
        self, span: Span, name: s.Name, *members: tuple[s.Name, s.Expr | None]
    ) -> s.EnumDecl:
        return s.EnumDecl(name, members, span)

    def enum_member(
        self, _span: Span, name: s.Name, value: s.Expr | None
    ) -> tuple[s.Name, s.Expr | None]:
        return self.value_name(name), value

    def struct_decl(self, span: Span, name: s.Name, *fields: s.FieldDecl) -> s.StructDecl:
        return s.StructDecl(name, fields, span)

    def field(
        self,
        span: Span,
        racy: str | None,
        base: s.TypeName,
        declarators: tuple[s.Declarator, ...],
        lock_class: s.String | None,
    ) -> s.FieldDecl:
        for declarator in declarators:
            self.value_name(declarator.name)
            if declarator.init is not None:
                self.complain(
                    "field-initializer",
                    f"the field `{declarator.name.text}` cannot have a value of its own",
                    declarator.init.span,
                    "not in a struct",
                    "give the value where the object is declared: `= { .field = value }`",
                )
        return s.FieldDecl(base, declarators, racy is not None, lock_class, span)

    def lock_class(self, _span: Span, name: s.String) -> s.String:
        return name

    def word_decl(self, span: Span, name: s.Name, *items: Any) -> s.WordDecl:
        """The parts of a word in any order; ``split`` and ``present`` at most once."""
        split: tuple[s.Name, s.Name, s.Expr | None] | None = None
        present: s.Expr | None = None
        values: list[s.WordValue] = []
        for item in items:
            match item:
                case s.WordValue():
                    values.append(item)
                case ("split", item_span, low, high, when):
                    self._once("split", split is not None, item_span)
                    split = (low, high, when)
                case ("present", item_span, mask):
                    self._once("present", present is not None, item_span)
                    present = mask
                case _:
                    raise TypeError(item)
        halves = None if split is None else (split[0], split[1])
        when = None if split is None else split[2]
        return s.WordDecl(name, halves, when, present, tuple(values), span)

    def split(self, span: Span, low: s.Name, high: s.Name, when: s.Expr | None) -> Any:
        return "split", span, low, high, when

    def present(self, span: Span, mask: s.Expr) -> Any:
        return "present", span, mask

    def _once(self, word: str, seen: bool, span: Span) -> None:
        if seen:
            message = f"a word has one `{word}`"
            self.complain("repeated-item", message, span, "the second one", "leave one of them out")

    def word_value(
        self, span: Span, name: s.Name, parameter: s.TypeName | None, bits: s.Expr
    ) -> s.WordValue:
        return s.WordValue(self.value_name(name), parameter, bits, span)

    # --- objects ----------------------------------------------------------------

    def object_decl(self, span: Span, *parts: Any) -> tuple[s.ObjectDecl, ...]:
        return self._objects(False, span, parts[1:] if isinstance(parts[0], tuple) else parts)

    def ghost_decl(self, span: Span, *parts: Any) -> tuple[s.ObjectDecl, ...]:
        return self._objects(True, span, parts)

    def own_ghost(self, span: Span, base: s.TypeName, owner: s.Name, name: s.Name) -> s.ObjectDecl:
        self.value_name(name)
        where = frozen.replace(owner.span, end=name.span.end)
        both = s.Name(f"{owner.text}.{name.text}", where)
        declarator = s.Declarator(both, 0, (), None, where)
        return s.ObjectDecl(True, base, declarator, None, None, span, owner)

    def _objects(self, ghost: bool, span: Span, parts: tuple[Any, ...]) -> tuple[s.ObjectDecl, ...]:
        """``int a, *b = &a;`` -> two objects; the first has the span of the whole declaration."""
        base = parts[0]
        objects: list[s.ObjectDecl] = []
        for declarator, address, lock_class in parts[1:]:
            where = declarator.span if objects else span
            objects.append(s.ObjectDecl(ghost, base, declarator, address, lock_class, where))
        return tuple(objects)

    def object_declarator(
        self,
        span: Span,
        stars: Stars | None,
        name: s.Name,
        lengths: tuple[s.Expr, ...],
        address: s.Expr | None,
        lock_class: s.String | None,
        init: s.Expr | None,
    ) -> Any:
        declarator = s.Declarator(
            self.value_name(name), stars.count if stars else 0, lengths, init, span
        )
        return declarator, address, lock_class

    def pool_decl(
        self,
        span: Span,
        base: s.TypeName,
        name: s.Name,
        length: s.Expr,
        words: tuple[str, ...],
        at: tuple[s.Expr, ...] | None,
    ) -> s.PoolDecl:
        for word in sorted(set(words)):
            self._once(word, words.count(word) > 1, span)
        zeroed, typesafe = "zeroed" in words, "typesafe_by_rcu" in words
        return s.PoolDecl(base, self.value_name(name), length, zeroed, typesafe, at or (), span)

    def pool_words(self, _span: Span, *words: str) -> tuple[str, ...]:
        return words

    def slots(self, _span: Span, *addresses: s.Expr) -> tuple[s.Expr, ...]:
        return addresses

    # --- functions --------------------------------------------------------------

    def words(self, _span: Span, *words: str) -> tuple[str, ...]:
        return words

    def function(self, span: Span, *parts: Any) -> s.FunctionDecl:
        return self._function("function", span, *parts)

    def update(self, span: Span, *parts: Any) -> s.FunctionDecl:
        return self._function("update", span, *parts)

    def _function(
        self,
        kind: str,
        span: Span,
        words: tuple[str, ...] | None,
        base: s.TypeName,
        stars: Stars | None,
        name: s.Name,
        parameters: tuple[s.Parameter, ...],
        body: s.Block,
    ) -> s.FunctionDecl:
        result = base
        if stars is not None:
            result = s.TypeName(base.tag, base.name, stars.count, base.span.to(stars.span))
        return s.FunctionDecl(
            kind, words or (), result, self.value_name(name), parameters, body, span
        )

    def iterator(
        self, span: Span, name: s.Name, parameters: tuple[s.Parameter, ...], body: s.Block
    ) -> s.FunctionDecl:
        nothing = s.TypeName("", "void", 0, Span(span.file, span.start, span.start))
        return s.FunctionDecl(
            "iterator", (), nothing, self.value_name(name), parameters, body, span
        )

    def parameters(self, _span: Span, *parameters: s.Parameter) -> tuple[s.Parameter, ...]:
        return parameters

    def parameter(self, span: Span, type_name: s.TypeName, name: s.Name) -> s.Parameter:
        return s.Parameter(type_name, self.value_name(name), span)

    def actor(
        self, span: Span, name: s.Name, _word: object, host: s.Name | None, body: s.Block
    ) -> s.ActorDecl:
        return s.ActorDecl(name, host, body, span)

    # --- scenarios and claims ---------------------------------------------------

    def scenario(self, span: Span, name: s.Name, *items: s.ScenarioItem) -> s.Scenario:
        return s.Scenario(name, items, span)

    def run(self, span: Span, *actors: tuple[s.Name, s.Expr | s.Many | None]) -> s.Run:
        return s.Run(actors, span)

    def run_many(self, span: Span, name: s.Name) -> tuple[s.Name, s.Many]:
        return name, s.Many(Span(span.file, span.end - 1, span.end))

    def forever(self, span: Span) -> s.Forever:
        return s.Forever(span)

    def run_actor(
        self, _span: Span, name: s.Name, count: s.Expr | None
    ) -> tuple[s.Name, s.Expr | None]:
        return name, count

    def init(self, span: Span, *expressions: s.Expr) -> s.Init:
        assignments: list[s.Assign] = []
        for expression in expressions:
            if isinstance(expression, s.Assign):
                assignments.append(expression)
            else:
                message = "only assignments may stand in `init`"
                hint = "write `object.field = value;`"
                self.complain("not-assignment", message, expression.span, "no assignment", hint)
        return s.Init(tuple(assignments), span)

    def bound(self, span: Span, value: s.Expr) -> s.Bound:
        return s.Bound(value, span)

    def final(self, span: Span, condition: s.Expr, message: s.String | None) -> s.Final:
        return s.Final(condition, message, span)

    def invariant(self, span: Span, condition: s.Expr, message: s.String | None) -> s.Invariant:
        return s.Invariant(condition, message, span)

    def expect(
        self,
        span: Span,
        verdict: s.Name,
        properties: tuple[s.Name, ...] | None,
        allowing: tuple[s.Name, ...] | None,
        when: s.Expr | None,
        under: tuple[s.Name, ...] | None,
    ) -> s.Expect:
        if verdict.text not in _VERDICTS:
            message = f"`{verdict.text}` is not a verdict"
            hint = "expect one of proved, refuted P, bounded, vacuous, unknown"
            self.complain("bad-expect", message, verdict.span, "not a verdict", hint)
        elif verdict.text == "refuted" and not properties:
            message = "`expect refuted` names no property"
            hint = "name what is violated: expect refuted use-after-free;"
            self.complain("bad-expect", message, verdict.span, "which property?", hint)
        elif verdict.text != "refuted" and (properties or allowing):
            message = f"`expect {verdict.text}` takes no properties"
            wrong = (properties or allowing or (verdict,))[0]
            hint = "only `refuted` takes them"
            self.complain("bad-expect", message, wrong.span, "not here", hint)
        return s.Expect(verdict, properties or (), allowing or (), when, under or (), span)

    def properties(self, _span: Span, *properties: s.Name) -> tuple[s.Name, ...]:
        return properties

    def name_list(self, _span: Span, *names: s.Name) -> tuple[s.Name, ...]:
        return names

    def expr_list(self, _span: Span, *expressions: s.Expr) -> tuple[s.Expr, ...]:
        return expressions

    def transition(self, span: Span, word: s.Expr, *edges: s.Edge) -> s.Transition:
        return s.Transition(word, edges, span)

    def edge(
        self, span: Span, before: s.Name, after: s.Name, holding: tuple[s.Expr, ...] | None
    ) -> s.Edge:
        return s.Edge(before, after, holding or (), span)

    def lock_order(self, span: Span, *parts: s.LockName | s.String | None) -> s.LockOrder:
        classes = tuple(part for part in parts if isinstance(part, s.LockName))
        source = next((part for part in parts if isinstance(part, s.String)), None)
        return s.LockOrder(classes, source, span)

    def lock_name(self, span: Span, *parts: s.Name | s.String | None) -> s.LockName:
        text = ".".join(part.text for part in parts if part is not None)
        return s.LockName(text, isinstance(parts[0], s.String), span)

    # --- variants ---------------------------------------------------------------

    def variant(
        self,
        span: Span,
        name: s.Name,
        title: s.String | None,
        scenarios: tuple[s.Name, ...],
        *items: s.Change | s.Expect,
    ) -> s.Variant:
        changes = tuple(item for item in items if not isinstance(item, s.Expect))
        expects = tuple(item for item in items if isinstance(item, s.Expect))
        return s.Variant(name, title, scenarios, changes, expects, span)

    def drop(self, span: Span, target: s.LabelPath) -> s.Drop:
        return s.Drop(target, span)

    def replace(self, span: Span, target: s.LabelPath, body: s.Block) -> s.Replace:
        return s.Replace(target, body, span)

    def move(self, span: Span, target: s.LabelPath, where: str, anchor: s.LabelPath) -> s.Move:
        return s.Move(target, where, anchor, span)

    def exchange(self, span: Span, old: s.Name, new: s.Name) -> s.Exchange:
        return s.Exchange(old, new, span)

    def label_path(self, span: Span, owner: s.Name, label: s.Name) -> s.LabelPath:
        return s.LabelPath(owner, label, span)
