"""A witness read from its document, whoever wrote it.  Nothing in it is believed.

The tables and sentences in a document are for its readers; replaying makes its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from prover.execution.record import (
    Came,
    Chosen,
    Claimed,
    Execution,
    Handled,
    Key,
    Saved,
    Schedule,
    Store,
)
from prover.render.json_witness import SCHEMA, SCHEMA_VERSION
from prover.replay.strict import MAX_TEXT, NotStrict, Value, strictly
from prover.verdict import Obligation

MANY: Final = 20_000
"""No list in a document is longer."""

BOUND: Final = 64
"""No loop is unrolled further, whatever a document says."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is needed of a document to replay it.

    ``prints`` are the fingerprints of the file and its imports; ``model`` is the one that the
    execution is allowed by, a stronger one than the obligation's perhaps.
    """

    file: str
    prints: tuple[str, ...]
    obligation: Obligation
    bound: int
    property: str
    model: str
    execution: Saved
    tool: str


def document(text: str) -> Document:
    """The document that a text is.  Raises NotStrict."""
    whole = _Part("the document", strictly(text))
    found = whole.member("schema").text()
    if found != SCHEMA:
        raise NotStrict(f"its schema is `{found}`, not `{SCHEMA}`")
    version = whole.member("version").number(0, 1 << 30)
    if version != SCHEMA_VERSION:
        raise NotStrict(f"its version is {version}; this release reads version {SCHEMA_VERSION}")
    config = whole.member("config")
    variant = whole.member("variant")
    obligation = Obligation(
        whole.member("scenario").text(),
        "" if variant.value is None else variant.text(),
        tuple((name, part.text()) for name, part in config.members()),
        whole.member("model").text(),
    )
    prints = tuple(each.member("sha256").text() for each in whole.member("sources").items())
    execution = whole.member("execution")
    model = execution.member("model").text()
    weak = execution.has("events")
    if weak == (model == "sc"):
        raise NotStrict(f"`execution` is not what it is under {model}")
    return Document(
        whole.member("file").text(),
        prints,
        obligation,
        whole.member("bound").number(1, BOUND),
        whole.member("property").text(),
        model,
        _execution(execution) if weak else _schedule(execution),
        whole.member("tool").member("version").text(),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A value of a document, and what it is called in what is said of it."""

    name: str
    value: Value

    def member(self, name: str) -> _Part:
        """A member of an object."""
        if not isinstance(self.value, dict):
            raise NotStrict(f"{self.name} is no object")
        if name not in self.value:
            raise NotStrict(f"{self.name} has no member `{name}`")
        return _Part(f"`{name}` of {self.name}", self.value[name])

    def has(self, name: str) -> bool:
        """Whether an object has a member."""
        return isinstance(self.value, dict) and name in self.value

    def members(self) -> list[tuple[str, _Part]]:
        """All members of an object."""
        if not isinstance(self.value, dict):
            raise NotStrict(f"{self.name} is no object")
        return [(name, self.member(name)) for name in self.value]

    def items(self, size: int | None = None) -> list[_Part]:
        """The items of a list; ``size`` is how many there must be."""
        if not isinstance(self.value, list):
            raise NotStrict(f"{self.name} is no list")
        if size not in (None, len(self.value)):
            raise NotStrict(f"{self.name} has {len(self.value)} items, not {size}")
        if len(self.value) > MANY:
            raise NotStrict(f"{self.name} has more than {MANY} items")
        return [_Part(f"item {k} of {self.name}", each) for k, each in enumerate(self.value)]

    def text(self) -> str:
        """A text."""
        if not isinstance(self.value, str):
            raise NotStrict(f"{self.name} is no text")
        if len(self.value) > MAX_TEXT:
            raise NotStrict(f"{self.name} is longer than {MAX_TEXT} characters")
        if any(letter < " " or letter == "\x7f" for letter in self.value):
            raise NotStrict(f"{self.name} has a control character")
        return self.value

    def number(self, low: int, high: int) -> int:
        """A number in a range."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise NotStrict(f"{self.name} is no number")
        if not low <= self.value <= high:
            raise NotStrict(f"{self.name} is {self.value}, not in {low}..{high}")
        return self.value

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise NotStrict(f"{self.name} is neither true nor false")
        return self.value


def _at(part: _Part) -> Key:
    file = part.member("file")
    return Key(
        part.member("thread").text(),
        part.member("what").text(),
        tuple(each.text() for each in part.member("calls").items()),
        "" if file.value is None else file.text(),
        part.member("line").number(0, MANY * MANY),
        part.member("text").text(),
        part.member("whole").text(),
        part.member("place").number(1, MANY * MANY),
        part.member("occurrence").number(1, MANY * MANY),
    )


def _came(part: _Part) -> Came[Key]:
    return Came(
        _at(part),
        part.member("taken").flag() if part.has("taken") else None,
        part.member("slot").text() if part.has("slot") else None,
    )


def _choices(part: _Part) -> tuple[Chosen[Key], ...]:
    most = (1 << 64) - 1
    found: list[Chosen[Key]] = []
    for each in part.member("choices").items():
        low, high = (each.member(name).number(-most, most) for name in ("low", "high"))
        value = each.member("value").number(low, high)
        found.append(Chosen(_at(each.member("at")), low, high, value))
    return tuple(found)


def _schedule(part: _Part) -> Schedule[Key]:
    return Schedule(
        tuple(_came(step) for step in part.member("steps").items()),
        tuple(_at(where) for where in part.member("stands").items()),
        _choices(part),
    )


def _execution(part: _Part) -> Execution[Key]:
    events = part.member("events").items()
    last = len(events) - 1

    def claimed(event: _Part) -> Claimed[Key]:
        return Claimed(
            _came(event),
            event.member("granted").flag(),
            event.member("steps").flag(),
            event.member("locked").flag(),
            event.member("coherence").number(0, MANY),
            tuple(level.number(0, MANY * 4) for level in event.member("positions").items()),
            tuple(_store(store, last) for store in event.member("reads").items()),
        )

    def pair(each: _Part) -> tuple[int, int]:
        one, two = (item.number(0, last) for item in each.items(2))
        return one, two

    def turn(each: _Part) -> tuple[str, str]:
        one, two = (item.text() for item in each.items(2))
        return one, two

    return Execution(
        tuple(claimed(event) for event in events),
        _choices(part),
        tuple(pair(each) for each in part.member("sections").items()),
        tuple(
            Handled(
                each.member("thread").text(),
                None if (before := each.member("before")).value is None else _at(before),
            )
            for each in part.member("handlers").items()
        ),
        tuple(turn(each) for each in part.member("turns").items()),
    )


def _store(part: _Part, last: int) -> Store | None:
    if part.value is None:
        return None
    return Store(part.member("event").number(0, last), part.member("write").number(0, MANY))
