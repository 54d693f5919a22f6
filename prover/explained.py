"""What is said of a proof: the facts that it used, by property."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl.diagnostic import Diagnostic
from dsl.source import Source, Span
from prover.parametric.said import Sentence
from prover.verdict import AnyNumber

Kind: TypeAlias = Literal[
    "lock",
    "grace period",
    "grace period orders",
    "rcu_barrier",
    "ipi",
    "irq",
    "handlers",
    "queue",
    "trylock",
    "lock state",
    "lifetime",
    "alloc fails",
    "barrier",
    "acquire",
    "release",
    "full",
    "lock order",
    "dependency",
    "condition",
    "assume",
    "read",
]
"""What kind of fact: who is kept apart, what waits for what, what is in order, what is read."""

KINDS: tuple[Kind, ...] = (
    "lock",
    "grace period",
    "rcu_barrier",
    "ipi",
    "irq",
    "handlers",
    "queue",
    "trylock",
    "lock state",
    "lifetime",
    "alloc fails",
    "grace period orders",
    "barrier",
    "full",
    "acquire",
    "release",
    "lock order",
    "dependency",
    "condition",
    "assume",
    "read",
)
"""The kinds in the order in which they are shown, and kept: the last are done without first."""


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """A place in the source that a fact is about: whose step, in which function, where."""

    file: str
    start: int
    end: int
    actor: str
    function: str

    @property
    def span(self) -> Span:
        """Where it is."""
        return Span(self.file, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a proof may use: a rule of a primitive, or a condition, at its places.

    ``note`` says what the places do not: the kind of section, or what a handler is.
    """

    kind: Kind
    sites: tuple[Site, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Used:
    """A fact of a core.  ``needed``: with all other facts there are and without it, no proof.

    None where the solver gave no answer in time.
    """

    fact: Fact
    needed: bool | None


@dataclass(frozen=True, slots=True)
class Core:
    """Facts that suffice for ``property``: what it forbids cannot happen where they hold.

    Of a ``loop`` it is that it goes no further than it was unrolled, and the property "loop".
    ``minimal``: none of them can be left out of the set.  Without facts, what every
    explanation takes for granted is enough.
    """

    property: str
    used: tuple[Used, ...]
    minimal: bool
    loop: Span | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """The invariant of a proof for any number of actors in words, what excludes most first.

    ``letter`` is what sentences call any one object of a pool.
    """

    number: AnyNumber
    letter: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One scenario and variant, under the weakest memory model that proves it.

    It is the same in all ``configurations``.  ``verdicts`` has for each model asked what came out.
    ``model`` is "" where nothing is explained, and ``why`` says why not if something is proved.
    ``unused`` are facts that are in no core; ``conditions`` says whether the tests in the code
    were told apart; ``unreached`` are asserts that no run comes to.  Of any number of actors there
    is what is ``said`` of the invariant, and no cores.
    """

    scenario: str
    variant: str
    configurations: tuple[tuple[tuple[str, str], ...], ...]
    verdicts: tuple[tuple[str, str], ...]
    model: str = ""
    bound: int = 0
    cores: tuple[Core, ...] = ()
    unused: tuple[Fact, ...] = ()
    conditions: bool = True
    unreached: tuple[Span, ...] = ()
    notes: tuple[str, ...] = ()
    why: str = ""
    bug: bool = False
    said: Said | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The whole answer about one file; ``diagnostics`` say why there is none at all.

    ``properties`` are those that were asked about, all if there is none.
    """

    name: str
    sources: Mapping[str, Source]
    explanations: tuple[Explanation, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    properties: tuple[str, ...] = ()


def why_exit_code(found: Why) -> int:
    """2 for a file with errors, 4 for a bug, 3 where anything has no answer, 0 else."""
    if found.diagnostics:
        return 2
    if any(each.bug for each in found.explanations):
        return 4
    proved = any(each.model for each in found.explanations)
    short = any(each.why for each in found.explanations)
    cut = any(not core.minimal for each in found.explanations for core in each.cores)
    return 0 if proved and not short and not cut else 3
