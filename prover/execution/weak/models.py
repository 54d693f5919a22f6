"""Memory models as protocols ask them.

Executions of protocols have two relations more than litmus tests: ``law``, what grace periods
put in order as strong fences, and ``also``, orders that a violation assumes (an access that is
not over when its object is freed).  Here they are put where such orders belong.
"""

from __future__ import annotations

from dsl.frozen import replace
from prover.models.algebra import (
    Axiom,
    Base,
    Definition,
    Intersection,
    MemoryModel,
    Named,
    Others,
    Product,
    Recursion,
    Relation,
    Union,
)

EXTENDED = {"lkmm": (("gp", "law"), ("hb", "also")), "tso": (("mfence", "law"), ("ghb", "also"))}
"""For each model: which definition gets which relation of the execution."""

UNMARKED = "Unmarked"
"""The set of the accesses that the compiler may move."""

TAGS = {
    "once": "ONCE",
    "plain": "ONCE",
    "racy": "ONCE",
    "acquire": "ACQUIRE",
    "release": "RELEASE",
    "full": "MB",
    "noreturn": "NORETURN",
    "relaxed": "ONCE",
    "smp_mb": "MB",
    "smp_rmb": "Rmb",
    "smp_wmb": "Wmb",
    "barrier": "Barrier",
    "smp_mb__before_atomic": "Before-atomic",
    "smp_mb__after_atomic": "After-atomic",
    "smp_mb__after_spinlock": "After-spinlock",
    "smp_mb__after_unlock_lock": "After-unlock-lock",
    "smp_mb__after_srcu_read_unlock": "After-srcu-read-unlock",
}
"""The set of the model that a node with an order is in."""

FROM_READS = "from-reads"
"""fr of the execution.  ``rf^-1 ; co`` would go from one half of a word to the other."""

NOT_ASKED = ("rcu", "plain-coherence")
"""Axioms that say nothing here: sections follow the law, and no access is plain."""


def for_protocols(model: MemoryModel) -> MemoryModel:
    """A shipped model as protocols ask it: which executions there are."""
    definitions = _extended(model)
    axioms = tuple(a for a in model.axioms if a.name not in NOT_ASKED)
    return replace(
        model, definitions=_needed(definitions, axioms), axioms=axioms, xb=None, flags=()
    )


def for_races(model: MemoryModel) -> MemoryModel:
    """A shipped model as protocols ask it for data races: its flag for them."""
    flags = tuple(f for f in model.flags if f.name == "data-race")
    return replace(
        model, definitions=_needed(_extended(model), flags), axioms=(), xb=None, flags=flags
    )


def _extended(model: MemoryModel) -> list[Definition | Recursion]:
    """The definitions with the relations that only protocols have."""
    also = dict(EXTENDED[model.name])
    definitions: list[Definition | Recursion] = []
    for definition in model.definitions:
        if isinstance(definition, Definition) and isinstance(definition.term, Relation):
            term = _of_marked(definition.term)
            if definition.name == "fr":
                term = Base(FROM_READS)
            if definition.name in also:
                term = Union(term, Base(also.pop(definition.name)))
            definitions.append(Definition(definition.name, term))
        else:
            definitions.append(definition)
    assert not also
    return definitions


def _of_marked(term: Relation) -> Relation:
    """``overwrite & int`` between accesses that are marked in the protocol."""
    match term:
        case Union(left=left, right=right):
            return Union(_of_marked(left), _of_marked(right))
        case Intersection(left=Base(name="overwrite"), right=Base(name="int")):
            marked = Others(Named(UNMARKED))
            return Intersection(term, Product(marked, marked))
        case _:
            return term


def _needed(
    definitions: list[Definition | Recursion], axioms: tuple[Axiom, ...]
) -> tuple[Definition | Recursion, ...]:
    """The definitions that the axioms rest on."""
    wanted = {name for axiom in axioms for name in _names(str(axiom.relation))}
    kept: list[Definition | Recursion] = []
    for definition in reversed(definitions):
        members = definition.members if isinstance(definition, Recursion) else (definition,)
        if any(member.name in wanted for member in members):
            kept.append(definition)
            for member in members:
                wanted |= _names(str(member.term))
    return tuple(reversed(kept))


def _names(text: str) -> set[str]:
    """The words in a printed term."""
    for mark in "()[]{}|;&\\~^?+*":
        text = text.replace(mark, " ")
    return set(text.split())
