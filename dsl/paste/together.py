"""Which of the functions that are asked for call which: those are called, not made stubs of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dsl.paste.control import nodes
from dsl.paste.tree import Block, Call, Name, Signature
from dsl.primitives import SIGNATURES


@dataclass(frozen=True, slots=True)
class Part:
    """One of the functions that are asked for."""

    signature: Signature
    body: Block

    @property
    def name(self) -> str:
        """Its name."""
        return self.signature.name


@dataclass(frozen=True, slots=True)
class Together:
    """Of each function the others that it has run, and those whose calls would go round.

    What it has run it calls, or gives to a primitive as a callback.  A call that would go round
    is one of a stub.
    """

    runs: Mapping[str, frozenset[str]]
    inner: Mapping[str, frozenset[str]]

    def reached(self, name: str) -> frozenset[str]:
        """A function, and all that run because it does."""
        found, todo = {name}, [name]
        while todo:
            more = self.runs[todo.pop()] - found
            found |= more
            todo += more
        return frozenset(found)

    def first(self) -> tuple[str, ...]:
        """The functions that no other one runs."""
        inside = {callee for called in self.runs.values() for callee in called}
        return tuple(name for name in self.runs if name not in inside)


def together(parts: Sequence[Part]) -> Together:
    """Who calls whom; of calls that would go round the later ones are of stubs."""
    runs: dict[str, set[str]] = {part.name: set() for part in parts}
    inner: dict[str, set[str]] = {part.name: {part.name} for part in parts}
    for part in parts:
        for callee in _run(part, frozenset(runs)):
            known = Together({name: frozenset(called) for name, called in runs.items()}, {})
            if callee in inner[part.name]:
                continue
            if part.name in known.reached(callee):
                inner[part.name].add(callee)
            else:
                runs[part.name].add(callee)
    return Together(
        {name: frozenset(called) for name, called in runs.items()},
        {name: frozenset(called) for name, called in inner.items()},
    )


def _run(part: Part, names: frozenset[str]) -> Iterator[str]:
    """The functions among ``names`` that one has run, in the order of its text."""
    calls = [node for node in nodes(part.body) if isinstance(node, Call)]
    for call in sorted(calls, key=lambda c: c.start):
        if not isinstance(call.callee, Name):
            continue
        if call.callee.text in names:
            yield call.callee.text
        primitive = SIGNATURES.get(call.callee.text)
        kinds = primitive.parameters if primitive is not None else ()
        for kind, argument in zip(kinds, call.arguments, strict=False):
            if kind == "function" and isinstance(argument, Name) and argument.text in names:
                yield argument.text
