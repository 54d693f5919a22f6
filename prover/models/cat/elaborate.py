"""From syntax to :class:`prover.models.algebra.MemoryModel`.

Functions are put in place of their calls, names defined again are told apart, sets from
relations by what they are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import assert_never

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.source import Source, Span
from prover.models.algebra import Axiom, Everything, MemoryModel, Nobody, Nothing, Shape
from prover.models.cat import syntax as s
from prover.models.cat.library import PRELUDE, VARIANTS
from prover.models.cat.meaning import (
    Builtin,
    Function,
    Meaning,
    MeaningError,
    Scope,
    Value,
    bracket,
    complement,
    infix,
    postfix,
    relation,
)
from prover.models.cat.names import Names
from prover.models.cat.parse import parse
from prover.models.cat.recursion import solve

MAX_STEPS = 200_000
MAX_LEVELS = 100


@dataclass(slots=True)
class Elaboration:
    """A model on its way: statements go in, :meth:`model` is what they say together.

    ``include`` is asked for the statements of another file; it is given back the control
    while they are read, and so knows which file is inside which.
    """

    include: Callable[[s.Include], None]
    names: Names = field(default_factory=Names)
    trail: list[Label] = field(default_factory=list[Label])
    _axioms: list[Axiom] = field(default_factory=list[Axiom])
    _flags: list[Axiom] = field(default_factory=list[Axiom])
    _allowed: dict[str, dict[str, None]] = field(default_factory=dict[str, dict[str, None]])
    _steps: int = 0
    _levels: int = 0

    def model(self, name: str) -> MemoryModel:
        """What was read."""
        names = self.names
        xb = names.term_of("xb")
        return MemoryModel(
            name=name,
            definitions=tuple(names.definitions),
            axioms=tuple(self._axioms),
            xb=None if xb is None else relation(Meaning(xb)),
            flags=tuple(self._flags),
            tags=tuple(names.tags),
            allowed=tuple((kind, tuple(tags)) for kind, tags in self._allowed.items()),
        )

    # --- statements -------------------------------------------------------------------

    def read(self, file: s.CatFile) -> None:
        """Takes the statements of one file."""
        for statement in file.statements:
            with self._at(statement.span):
                self._statement(statement)

    def _statement(self, statement: s.Statement) -> None:
        match statement:
            case s.Let(bindings=bindings, recursive=recursive):
                values = self._bindings(bindings, recursive, self._now(), written=True)
                self._check_order(values)
                self.names.bind(values)
            case s.Check():
                self._check(statement)
            case s.Include():
                self.include(statement)
            case s.Enumeration(name=name, tags=tags):
                self.names.enumerate(name, tags)
            case s.Instructions(kind=kind, tags=tags, enumerations=enumerations):
                self._instructions(tags, enumerations)
                listed = [t for one in enumerations for t in self.names.enumerations[one.name]]
                self._allowed.setdefault(kind, {}).update(dict.fromkeys((*tags, *listed)))
            case _:
                assert_never(statement)

    def _now(self) -> Scope:
        return Scope(self.names.time, {})

    def _check(self, check: s.Check) -> None:
        meaning = self.meaning(check.relation, self._now())
        if meaning.is_set and check.shape is Shape.EMPTY:
            meaning = bracket(meaning)
        kept = self._flags if check.flag else self._axioms
        name = check.name or f"{check.shape.value}-{len(self._axioms) + len(self._flags) + 1}"
        with self._at(check.relation.span):
            kept.append(Axiom(name, check.shape, relation(meaning), check.negated))

    def _check_order(self, values: dict[str, Value]) -> None:
        """Complains about xb unless it is one relation, defined once."""
        value = values.get("xb")
        if value is None:
            return
        if self.names.term_of("xb") is not None:
            raise MeaningError("model-twice", "`xb` is defined again", "name one of them otherwise")
        if not isinstance(value, Meaning) or value.is_set:
            what = "`xb`, which says what executes before what, is no relation"
            raise MeaningError("model-type", what, "name it otherwise")

    def _instructions(self, tags: tuple[str, ...], enumerations: tuple[s.Name, ...]) -> None:
        for tag in tags:
            if tag not in self.names.tags:
                raise MeaningError("model-name", f"no tag is called '{tag}", "list it in an `enum`")
        for one in enumerations:
            if one.name not in self.names.enumerations:
                what = f"no enumeration is called `{one.name}`"
                raise self._error(MeaningError("model-name", what, "define it by `enum`"), one.span)

    # --- definitions ------------------------------------------------------------------

    def _bindings(
        self, bindings: tuple[s.Binding, ...], recursive: bool, scope: Scope, written: bool
    ) -> dict[str, Value]:
        """What a ``let`` defines; ``written`` says that its names are seen in the whole file."""
        for number, binding in enumerate(bindings):
            parameters = binding.parameters or ()
            earlier = {one.name for one in bindings[:number]}
            if binding.name in earlier or len(set(parameters)) < len(parameters):
                with self._at(binding.span):
                    hint = "give each its own name"
                    raise MeaningError("model-twice", "a name is given twice here", hint)
        if recursive:
            return solve(self, bindings, scope, written)
        values: dict[str, Value] = {}
        for binding in bindings:
            values[binding.name] = self._value(binding, scope)
        for name, value in values.items():
            if isinstance(value, Meaning):
                values[name] = self.names.define(name, value, written)
        return values

    def _value(self, binding: s.Binding, scope: Scope) -> Value:
        if binding.parameters is not None:
            return Function(binding.name, binding.parameters, binding.body, scope)
        return self.value(binding.body, scope)

    # --- expressions ------------------------------------------------------------------

    def meaning(self, expr: s.Expr, scope: Scope) -> Meaning:
        """The set or relation that ``expr`` is."""
        value = self.value(expr, scope)
        if isinstance(value, Meaning):
            return value
        with self._at(expr.span):
            what = f"the function `{value.name}` stands where a set or relation should"
            raise MeaningError("model-type", what, "give it its arguments")

    def value(self, expr: s.Expr, scope: Scope) -> Value:
        """What ``expr`` means in ``scope``."""
        while isinstance(expr, s.Group) and len(expr.parts) == 1:
            expr = expr.parts[0]
        self._steps += 1
        self._levels += 1
        try:
            self._check_limits()
            return self._evaluate(expr, scope)
        except MeaningError as error:
            raise self._error(error, expr.span) from None
        finally:
            self._levels -= 1

    def _check_limits(self) -> None:
        if self._levels > MAX_LEVELS:
            what = f"expressions and calls are nested more than {MAX_LEVELS} deep"
            raise MeaningError("model-too-large", what, "name parts with `let`")
        if self._steps > MAX_STEPS:
            what = f"the model needs more than {MAX_STEPS} steps to be read"
            raise MeaningError("model-too-large", what, "call fewer functions")

    def _evaluate(self, expr: s.Expr, scope: Scope) -> Value:
        match expr:
            case s.Name(name=name):
                return self._name(name, scope)
            case s.Constant(text=text):
                return _constant(text)
            case s.Bracket(inner=inner):
                return bracket(self.meaning(inner, scope))
            case s.Group():
                what = "several values stand where one should"
                raise MeaningError("model-type", what, "only a function takes several")
            case s.Apply():
                return self._apply(expr, scope)
            case s.Chain(op=op, parts=parts):
                whole = self.meaning(parts[0], scope)
                for part in parts[1:]:
                    whole = infix(op, whole, self.meaning(part, scope))
                return whole
            case s.Negation(inner=inner):
                return complement(self.meaning(inner, scope))
            case s.Postfix(op=op, inner=inner):
                return postfix(op, self.meaning(inner, scope))
            case s.Local(bindings=bindings, recursive=recursive, body=body):
                values = self._bindings(bindings, recursive, scope, written=False)
                return self.value(body, Scope(scope.time, values, scope))
            case s.Try(first=first, otherwise=otherwise):
                return self._try(first, otherwise, scope)
            case s.Variant(name=name, then=then, otherwise=otherwise):
                return self._variant(name, (then, otherwise), scope)
            case _:
                assert_never(expr)

    def _name(self, name: str, scope: Scope) -> Value:
        found = self.names.find(name, scope)
        if found is not None:
            return found
        if name not in PRELUDE:
            raise self.names.unknown(name)
        file = parse(Source("library", f"let {name} = {PRELUDE[name]}"))
        bodies = [b.body for let in file.statements if isinstance(let, s.Let) for b in let.bindings]
        # At time 0 nothing was defined: the prelude is about what the engine gives.
        return self.names.define_prelude(name, self.meaning(bodies[0], Scope(0, {})))

    def _apply(self, expr: s.Apply, scope: Scope) -> Value:
        function = self.value(expr.function, scope)
        argument = expr.argument
        parts = argument.parts if isinstance(argument, s.Group) else (argument,)
        arguments = [self.value(part, scope) for part in parts]
        match function:
            case Meaning():
                hint = "an operator is missing, or the name is another's"
                raise MeaningError("model-type", "what is called is no function", hint)
            case Builtin(name=name, apply=apply):
                _check_count(name, 1, len(arguments))
                if not isinstance(arguments[0], Meaning):
                    what = f"`{name}` takes a set or relation, not a function"
                    raise MeaningError("model-type", what)
                return apply(arguments[0])
            case Function(parameters=names):
                _check_count(function.name, len(names), len(arguments))
                inner = Scope(
                    function.scope.time, dict(zip(names, arguments, strict=True)), function.scope
                )
                with self.inside(Label(expr.span, f"`{function.name}` is called here")):
                    return self.value(function.body, inner)
            case _:
                assert_never(function)

    def _try(self, first: s.Expr, otherwise: s.Expr, scope: Scope) -> Value:
        mark, trail = self.names.mark(), len(self.trail)
        try:
            return self.value(first, scope)
        except DiagnosticError as error:
            if error.diagnostics[0].code != "model-name":
                raise
        self.names.back(mark)
        del self.trail[trail:]
        return self.value(otherwise, scope)

    def _variant(self, name: str, arms: tuple[s.Expr, s.Expr], scope: Scope) -> Value:
        if name not in VARIANTS:
            what = f'what the variant "{name}" of herd changes is not known here'
            known = " and ".join(f'"{one}"' for one in VARIANTS)
            raise MeaningError("model-unsupported", what, f"there are {known}")
        then, otherwise = arms
        mark = self.names.mark()
        self.value(otherwise, scope)
        self.names.back(mark)
        return self.value(then, scope)

    # --- what is wrong ----------------------------------------------------------------

    @contextmanager
    def inside(self, label: Label) -> Generator[None]:
        """What is wrong meanwhile is shown with ``label`` as the way to it."""
        self.trail.append(label)
        yield
        self.trail.pop()

    @contextmanager
    def _at(self, span: Span) -> Generator[None]:
        """What is wrong meanwhile, if not known more exactly, is wrong at ``span``."""
        try:
            yield
        except MeaningError as error:
            raise self._error(error, span) from None

    def _error(self, error: MeaningError, span: Span) -> DiagnosticError:
        trail = self.trail[:10]
        found = Diagnostic(error.code, error.what, Label(span, "here"), tuple(trail), error.hint)
        return DiagnosticError((found,))


def _constant(text: str) -> Meaning:
    if text == "_":
        return Meaning(Everything())
    return Meaning(Nothing() if text == "0" else Nobody())


def _check_count(name: str, wanted: int, given: int) -> None:
    if wanted != given:
        what = f"`{name}` takes {wanted} argument{'s' * (wanted != 1)}, not {given}"
        raise MeaningError("model-arguments", what)
