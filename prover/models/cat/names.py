"""The names of a model while it is read: what they mean, and what its definitions are called.

A name may be defined again; what was said with it before keeps the old meaning.  So each
definition has a name of its own: the written one, or with a number: ``addr'2``.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from difflib import get_close_matches

from dsl.frozen import Frozen
from prover.models.algebra import Base, Definition, Events, Named, Recursion, Relation
from prover.models.cat.library import PRELUDE, RELATIONS, SETS, set_of
from prover.models.cat.meaning import BUILTINS, Meaning, MeaningError, Scope, Value, reference


class Mark(Frozen, frozen=True):
    """A state of :class:`Names` to go back to."""

    taken: int
    definitions: int
    sink: list[Definition] | None
    length: int


@dataclass(slots=True)
class Names:
    """Global names by time, and the definitions made so far.

    ``sink`` is where new definitions go: ``definitions``, or the equations of the ``let rec``
    that is being read.
    """

    time: int = 0
    definitions: list[Definition | Recursion] = field(default_factory=list[Definition | Recursion])
    sink: list[Definition] | None = None
    tags: dict[str, None] = field(default_factory=dict[str, None])
    enumerations: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    _global: dict[str, list[tuple[int, Value]]] = field(
        default_factory=dict[str, list[tuple[int, Value]]]
    )
    _taken: dict[str, None] = field(default_factory=dict[str, None])
    _highest: dict[str, int] = field(default_factory=dict[str, int])
    _prelude: dict[str, Meaning] = field(default_factory=dict[str, Meaning])
    _tagged: set[str] = field(default_factory=set[str])

    # --- meanings ---------------------------------------------------------------------

    def find(self, name: str, scope: Scope) -> Value | None:
        """What ``name`` means in ``scope``; None for what the prelude defines, or nobody."""
        inner: Scope | None = scope
        while inner is not None:
            if name in inner.names:
                return inner.names[name]
            inner = inner.outer
        history = self._global.get(name, ())
        at = bisect_right(history, scope.time, key=lambda entry: entry[0])
        if at:
            return history[at - 1][1]
        if name in RELATIONS:
            return Meaning(Base(name))
        if name in SETS or name in self._tagged:
            return Meaning(Named(name))
        return BUILTINS.get(name) or self._prelude.get(name)

    def unknown(self, name: str) -> MeaningError:
        """What to say about a name that nothing has."""
        if name in self.enumerations:
            hint = "an enumeration is of tags; a tag 'once has the set of events Once"
            return MeaningError("model-name", f"`{name}` is no set or relation", hint)
        known = [*self._global, *RELATIONS, *SETS, *PRELUDE, *BUILTINS, *sorted(self._tagged)]
        near = get_close_matches(name, known[:2000], 1, 0.6) if len(name) < 80 else []
        hint = f"did you mean `{near[0]}`?" if near else "put its definition before its use"
        return MeaningError("model-name", f"nothing is called `{name}`", hint)

    def bind(self, values: dict[str, Value]) -> None:
        """Gives global names their meaning from now on."""
        self.time += 1
        for name, value in values.items():
            self._global.setdefault(name, []).append((self.time, value))

    def enumerate(self, name: str, tags: tuple[str, ...]) -> None:
        """Makes tags known, and the sets of events that have them."""
        self.enumerations[name] = (*self.enumerations.get(name, ()), *tags)
        for tag in tags:
            self.tags[tag] = None
            self._tagged.add(set_of(tag))

    # --- definitions ------------------------------------------------------------------

    def fresh(self, name: str, written: bool) -> str:
        """A name for a definition: ``name`` itself if that is free, and ``written`` so.

        Of xb there is one: a local name is never called so.
        """
        stem = name.partition("'")[0]
        count = self._highest.get(stem, 0) + 1
        free = name not in RELATIONS and name not in SETS and name not in self._tagged
        chosen = name
        if not free or chosen in self._taken or (name == "xb" and not written):
            count = max(count, 2)
            while f"{stem}'{count}" in self._taken:
                count += 1
            chosen = f"{stem}'{count}"
        self._highest[stem] = count
        self._taken[chosen] = None
        return chosen

    def define(self, name: str, meaning: Meaning, written: bool) -> Meaning:
        """Defines ``name`` and refers to it; what has no members needs no definition."""
        if meaning.is_nothing:
            return meaning
        definition = Definition(self.fresh(name, written), meaning.term)
        if self.sink is None:
            self.definitions.append(definition)
        else:
            self.sink.append(definition)
        return reference(definition.name, meaning)

    def define_prelude(self, name: str, meaning: Meaning) -> Meaning:
        """The same for a name of the prelude, outside of any ``let rec``."""
        sink, self.sink = self.sink, None
        self._prelude[name] = self.define(name, meaning, written=True)
        self.sink = sink
        return self._prelude[name]

    def add_recursion(self, recursion: Recursion) -> None:
        """Equations whose names are taken already."""
        self.definitions.append(recursion)

    def term_of(self, name: str) -> Relation | Events | None:
        """The global meaning of ``name`` now, None if it has none or is a function."""
        history = self._global.get(name)
        value = history[-1][1] if history else None
        return value.term if isinstance(value, Meaning) else None

    # --- going back -------------------------------------------------------------------

    def mark(self) -> Mark:
        """The state now."""
        length = len(self.sink) if self.sink is not None else 0
        return Mark(len(self._taken), len(self.definitions), self.sink, length)

    def back(self, mark: Mark) -> None:
        """Forgets the definitions made since."""
        while len(self._taken) > mark.taken:
            name, _ = self._taken.popitem()
            self._prelude.pop(name, None)
            self._highest.pop(name.partition("'")[0], None)
        del self.definitions[mark.definitions :]
        self.sink = mark.sink
        if self.sink is not None:
            del self.sink[mark.length :]
