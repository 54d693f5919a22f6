"""What became of the kernel's functions that a library models, and the exit code for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from dsl.diagnostic import Diagnostic
from dsl.source import Source


class State(Enum):
    """What a kernel tree has of a function that was recorded."""

    UNCHANGED = "unchanged"
    """The tokens are those of the version that the model was made from."""
    AS_RECORDED = "as recorded"
    """The tokens are those recorded, of another version than the model was made from."""
    CHANGED = "changed"
    GONE = "gone"
    MOVED = "moved"
    """The same tokens, in another file."""
    UNREADABLE = "unreadable"
    """The file that should have it cannot be compared; a diagnostic says why."""
    OTHER = "of another version"
    """A model of one version only; the tree is another."""
    UNRECORDED = "not recorded"
    """There is nothing to compare with."""
    RECORDED = "recorded"
    """Has been recorded now."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a function of a protocol is a model of, as its .drift file has it.

    ``kernel`` is the function in the kernel's file ``path``; ``modelled`` the version that the
    model was made from, ``fixed`` where it is to describe no other.  ``tree`` is the version whose
    tokens ``sum`` is the sum of, and ``lines`` has a short sum of each line; all three are empty
    where nothing is recorded.
    """

    function: str
    kernel: str
    path: str
    modelled: str
    tree: str = ""
    sum: str = ""
    lines: tuple[str, ...] = ()
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One function, and what became of it.

    ``places`` are other files that define it, ``hunk`` shows what changed, line by line with its
    sign, and ``shown`` says what ``hunk`` is.
    """

    origin: Origin
    state: State
    places: tuple[str, ...] = ()
    shown: str = ""
    hunk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileDrift:
    """A protocol file: its functions with an origin, then the names of those without.

    ``own`` are functions that no kernel has, which its .drift file says.
    """

    name: str
    findings: tuple[Finding, ...]
    unlisted: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """The files, the version of the tree, and what went wrong."""

    version: str
    files: tuple[FileDrift, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])


def counted(files: Iterable[FileDrift]) -> Counter[State]:
    """How many functions are in each state."""
    found: Counter[State] = Counter()
    for file in files:
        found.update(finding.state for finding in file.findings)
        found[State.UNRECORDED] += len(file.unlisted)
    return found


def exit_code(drift: Drift) -> int:
    """2 for an error, 1 where a function is not what was recorded, else 0."""
    if drift.diagnostics:
        return 2
    found = counted(drift.files)
    return 1 if any(found[state] for state in (State.CHANGED, State.GONE, State.MOVED)) else 0
