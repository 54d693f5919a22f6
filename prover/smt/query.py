"""The query: one SMT-LIB 2 document per obligation, with what to ask of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl.frozen import Frozen


class QueryTooLarge(Exception):
    """A query would have too much of something; says of what."""


class Query(Frozen, frozen=True):
    """A document and its questions.

    ``head`` declares and defines, ``assertions`` are what every execution obeys.  ``labels[i]``
    says which rule the i-th assertion stands for.  A question is the name of a Boolean in the
    text (or ``true``/``false``): can it hold?

    ``fail``: some property is violated.  ``violations``: (property, event or -1) -> question,
    that this is a first violation; ``properties``: the same for any event; ``within``:
    (property, k) -> question, that it happens within the first k stretches of one thread.
    ``remaining``: some property is violated whose Boolean in ``switches`` is not true; without
    ``violations`` it need not be a first one.
    ``cuts``: one per loop, that a run reaches the bound there.  ``ends``: every actor runs to
    its end.  ``clauses`` counts them as in conjunctive normal form: an assertion is one, the
    definition of a conjunction or disjunction of n literals n + 1.  ``marks`` and ``checks``:
    a labelled statement, or an event's check, is reached.

    With ``alike`` a question whether anything is possible is asked of one of the executions
    that differ only in which of several actors alike is which (:mod:`prover.smt.alike`).
    ``distinct`` are pairs of integers: an answer counts where no two are level (:func:`apart`).
    """

    head: str
    assertions: tuple[str, ...]
    labels: tuple[str, ...]
    fail: str
    violations: Mapping[tuple[str, int], str]
    properties: Mapping[str, str]
    remaining: str
    switches: Mapping[str, str]
    within: Mapping[tuple[str, int], str]
    cuts: Mapping[int, str]
    ends: str
    marks: Mapping[tuple[str, str], str]
    checks: Mapping[int, str]
    events: int
    clauses: int
    alike: str = "true"
    distinct: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """The document, a line for each assertion, with its label."""
        rows = zip(self.assertions, self.labels, strict=True)
        return self.head + "".join([f"{assertion} ; {label}\n" for assertion, label in rows])

    @property
    def together(self) -> str:
        """The document with one assertion for all: z3 reads it in two thirds of the time."""
        parts = [each.removeprefix("(assert ")[:-1] for each in self.assertions]
        return "\n".join([f"{self.head}(assert (and true", *parts, "))\n"])


def apart(pairs: Iterable[tuple[str, str]]) -> str:
    """The text that tells the integers of each pair apart."""
    return "\n".join(f"(assert (or (< {a} {b}) (< {b} {a})))" for a, b in pairs)
