"""What the questions about an invariant are made of: who there is, and what is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from prover.parametric.certificate.classes import NOBODY, Classes, classes, mirrored
from prover.parametric.certificate.diagram import Diagram, bit_vector
from prover.parametric.certificate.mirrors import Mirrors
from prover.parametric.certificate.table import Table
from prover.parametric.system import Label, Shared


def label_of(one: int, other: int) -> str:
    """The label of one actor towards another."""
    return f"x{one}_{other}"


def ordered_pairs(number: int) -> Iterator[tuple[int, int]]:
    """Of so many actors each with each other."""
    yield from permutations(range(number), 2)


@dataclass(slots=True)
class Some:
    """Others whom one question looks for, each by a number: those alike to it have the same.

    What a question asks of an other is a column: a term for each of ``locals``.  Who is none of
    them has the number of none, and there what the column says otherwise.
    """

    locals: Sequence[int]
    _columns: dict[str, tuple[tuple[str, ...], str]] = field(
        default_factory=dict[str, tuple[tuple[str, ...], str]]
    )
    _numbers: dict[str, dict[int, int]] = field(default_factory=dict[str, dict[int, int]])

    def told(self, name: str, of: Callable[[int], str], otherwise: str, k: int) -> str:
        """The term for one thing that is asked of the other number ``k``."""
        if name not in self._columns:
            self._columns[name] = tuple(map(of, self.locals)), otherwise
        return f"{name}_{k}"

    def numbered(self, kind: str, number: int) -> str:
        """The name of one of several things of a kind: they are numbered as they are asked for."""
        names = self._numbers.setdefault(kind, {})
        return f"{kind}{names.setdefault(number, len(names))}"

    def opened(self, places: Iterable[int]) -> tuple[str, ...]:
        """What defines these terms for some others: ``let``s whose scope is still open."""
        kinds = sorted(set(zip(*(values for values, _ in self._columns.values()), strict=True)))
        width = max(1, len(kinds).bit_length())
        return tuple(
            f"(let (({name}_{k}\n{self._term(values, otherwise, width, k)}))"
            for k in places
            for (name, (_, otherwise)), values in zip(
                self._columns.items(), zip(*kinds, strict=True), strict=True
            )
        )

    @staticmethod
    def _term(values: Iterable[str], otherwise: str, width: int, k: int) -> str:
        return Diagram(width, otherwise).of(dict(enumerate(values)), [(f"j{k}", width)])


@dataclass(slots=True)
class Views:
    """The views of each shared state as functions of classes and labels; :meth:`new` has those
    that nobody has been given yet.
    """

    table: Table
    label_width: int
    mirrors: Mirrors | None = None
    _new: list[str] = field(default_factory=list[str])
    _named: dict[str, str] = field(default_factory=dict[str, str])
    _states: dict[Shared, tuple[Classes, str]] = field(
        default_factory=dict[Shared, tuple[Classes, str]]
    )

    def define(self, line: str) -> None:
        """Declares or defines something else."""
        self._new.append(line)

    def new(self) -> str:
        """What was defined since this was asked for."""
        text = "".join(f"{line}\n" for line in self._new)
        self._new.clear()
        return text

    def known(self, shared: Shared) -> bool:
        """Whether it is one of the table, or what one of these becomes."""
        if shared in self.table.rows:
            return True
        return self.mirrors is not None and self.mirrors.image(shared) is not None

    def class_of(self, shared: Shared, local: int) -> str:
        """The class of a local state, :data:`NOBODY` if it is in no view."""
        found, _ = self._state(shared)
        return bit_vector(found.of.get(local, NOBODY), found.width)

    def member(
        self,
        shared: Shared,
        of: Sequence[str],
        label: Callable[[int, int], str],
        some: Sequence[int],
    ) -> str:
        """That some of the actors, whose classes are given, are a view of a shared state."""
        labels = (label(one, other) for one, other in permutations(some, 2))
        return f"({self._state(shared)[1]} {' '.join([*(of[k] for k in some), *labels])})"

    def nobody(self, shared: Shared) -> str:
        """The class of who is in no view."""
        return bit_vector(NOBODY, self._state(shared)[0].width)

    def _state(self, shared: Shared) -> tuple[Classes, str]:
        if shared not in self._states:
            found = self._classes(shared)
            text = self._text(found)
            if text not in self._named:
                self._named[text] = name = f"in{len(self._named)}"
                self._new.append(f"(define-fun {name} {text})")
            self._states[shared] = found, self._named[text]
        return self._states[shared]

    def _classes(self, shared: Shared) -> Classes:
        image = None if self.mirrors is None else self.mirrors.image(shared)
        if shared in self.table.rows or image is None:
            return classes(self.table.rows[shared], self.table.size)
        kept, mirror = image
        return mirrored(self._state(kept)[0], mirror.exchange.local, mirror.label)

    def _text(self, found: Classes) -> str:
        """The function for some classes, but for its name: two that are alike have one."""
        size, width = self.table.size, found.width
        arguments = [(f"c{k}", width) for k in range(size)]
        arguments += [(label_of(*each), self.label_width) for each in ordered_pairs(size)]
        entries: dict[int, str] = {}
        for members, labels in found.views:
            number = 0
            for each in members:
                number = number << width | each
            for each in labels:
                number = number << self.label_width | each
            entries[number] = "true"
        term = Diagram(sum(each for _, each in arguments), "false").of(entries, arguments)
        given = " ".join(f"({name} (_ BitVec {each}))" for name, each in arguments)
        return f"({given}) Bool\n{term}"


def declared(size: int, label_width: int) -> Iterator[str]:
    """The constants that all questions about views of a size are about."""
    yield "(declare-const at (_ BitVec 32))"
    for k in range(size + 1):
        yield f"(declare-const j{k} (_ BitVec 32))"
    for one, other in ordered_pairs(size + 1):
        yield f"(declare-const {label_of(one, other)} (_ BitVec {label_width}))"


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels as bit-vectors."""

    width: int

    def of(self, label: Label) -> str:
        """One that is known."""
        return bit_vector(label, self.width)

    @property
    def empty(self) -> str:
        """That of no regions."""
        return self.of(0)

    def but(self, regions: Label) -> str:
        """All regions but some."""
        return self.of(~regions & (1 << self.width) - 1)


def truth(said: object) -> str:
    """A constant."""
    return "true" if said else "false"
