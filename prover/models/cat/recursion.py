"""``let rec``: which of its names are sets and which relations, and the equations as terms."""

from __future__ import annotations

from typing import Protocol

from prover.models.algebra import Base, Definition, Named, Nothing, Recursion
from prover.models.cat import syntax as s
from prover.models.cat.meaning import Meaning, MeaningError, Scope, Value, events, relation
from prover.models.cat.names import Names
from prover.models.cat.polarity import monotone

MAX_MEMBERS = 50


class _Reader(Protocol):
    """What reads expressions."""

    names: Names

    def meaning(self, expr: s.Expr, scope: Scope) -> Meaning: ...


def solve(
    reader: _Reader, bindings: tuple[s.Binding, ...], scope: Scope, written: bool
) -> dict[str, Value]:
    """Defines the names of a ``let rec`` together; in ``scope`` they are not yet known."""
    _check(reader, bindings)
    names = reader.names
    own = {binding.name: names.fresh(binding.name, written) for binding in bindings}
    values = _kinds(reader, bindings, scope, own)
    inner = Scope(scope.time, values, scope)
    names.sink = []
    for binding in bindings:
        meaning = reader.meaning(binding.body, inner)
        name = own[binding.name]
        as_set = isinstance(reference := values[binding.name], Meaning) and reference.is_set
        names.sink.append(Definition(name, events(meaning) if as_set else relation(meaning)))
    members, names.sink = tuple(names.sink), None
    names.add_recursion(Recursion(members, monotone(members)))
    return values


def _check(reader: _Reader, bindings: tuple[s.Binding, ...]) -> None:
    if reader.names.sink is not None:
        hint = "define the inner one before"
        raise MeaningError("model-recursion", "a `let rec` stands inside another", hint)
    if len(bindings) > MAX_MEMBERS:
        what = f"more than {MAX_MEMBERS} names are defined together"
        raise MeaningError("model-recursion", what, "define apart what does not need the others")
    for binding in bindings:
        if binding.parameters is not None:
            what = f"the function `{binding.name}` is in a `let rec`"
            raise MeaningError("model-recursion", what, "only sets and relations may be recursive")


def _kinds(
    reader: _Reader, bindings: tuple[s.Binding, ...], scope: Scope, own: dict[str, str]
) -> dict[str, Value]:
    """References to the names, each as a set or as a relation.

    What is not yet known is taken for what has no members, which is both: what else an
    equation is made of says which it is.  What nothing says of is a relation.
    """
    known: dict[str, Value] = {}
    nothing = Meaning(Nothing())
    found = True
    while found and len(known) < len(own):
        found = False
        for binding in bindings:
            if binding.name in known:
                continue
            trial = {name: known.get(name, nothing) for name in own}
            meaning = _tried(reader, binding.body, Scope(scope.time, trial, scope))
            if not meaning.is_nothing:
                name = own[binding.name]
                known[binding.name] = Meaning(Named(name) if meaning.is_set else Base(name))
                found = True
    return {name: known.get(name, Meaning(Base(own[name]))) for name in own}


def _tried(reader: _Reader, expr: s.Expr, scope: Scope) -> Meaning:
    """What ``expr`` would mean, with nothing defined by it."""
    names = reader.names
    names.sink = []
    mark = names.mark()
    meaning = reader.meaning(expr, scope)
    names.back(mark)
    names.sink = None
    return meaning
