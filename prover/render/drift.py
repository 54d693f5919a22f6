"""What became of the kernel functions that a library models, as text."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill
from typing import Final

from prover.drifted import Drift, FileDrift, Finding, State, counted
from prover.render.letters import printable

_WIDTH: Final = 79
_QUIET: Final = frozenset({State.UNCHANGED, State.AS_RECORDED, State.OTHER, State.UNRECORDED})
_ORDER: Final = tuple(State)


def render_drift(drift: Drift, *, verbose: bool = False) -> str:
    """A line for each function that is not what was recorded, with what changed; then the sums.

    With ``verbose`` a line for every function.
    """
    lines: list[str] = []
    for file in drift.files:
        said = list(_file(file, verbose=verbose))
        lines += [printable(file.name), *said] if said else []
    found = counted(drift.files)
    parts = [f"{found[state]} {state.value}" for state in _ORDER if found[state]]
    version = drift.version or "a tree without a version"
    summary = f"{version}: {', '.join(parts) or 'no function'}"
    return "\n".join([*lines, summary]) + "\n"


def _file(file: FileDrift, *, verbose: bool) -> Iterator[str]:
    for finding in file.findings:
        if verbose or finding.state not in _QUIET:
            yield from _finding(finding)
    if verbose and file.unlisted:
        yield from _names("not recorded", file.unlisted)
    if verbose and file.own:
        yield from _names("in no kernel", file.own)


def _names(word: str, names: tuple[str, ...]) -> Iterator[str]:
    indent = " " * 21
    text = fill(", ".join(names), _WIDTH, initial_indent=f"  {word:<19}", subsequent_indent=indent)
    yield from text.split("\n")


def _finding(finding: Finding) -> Iterator[str]:
    origin = finding.origin
    models = "" if origin.kernel == origin.function else f"{origin.kernel}() of "
    about = f"{models}{origin.path}, {_versions(finding)}"
    yield f"  {finding.state.value:<18} {origin.function}: {about}"
    for line in _more(finding):
        yield f"    {line}"
    for line in finding.hunk:
        yield f"    {line[:1]}{printable(line[1:].expandtabs())}".rstrip()


def _versions(finding: Finding) -> str:
    origin = finding.origin
    if not origin.tree or origin.tree == origin.modelled:
        return origin.modelled
    return f"modelled from {origin.modelled}, recorded in {origin.tree}"


def _more(finding: Finding) -> Iterator[str]:
    places = ", ".join(printable(place) for place in finding.places)
    match finding.state:
        case State.GONE if places:
            yield f"a function of this name, with other tokens, is in {places}"
        case State.MOVED:
            yield f"it is in {places} now, with the same tokens"
        case State.CHANGED:
            yield f"({finding.shown})"
        case _:
            pass
