"""What the proofs of a file need, as one page: every change with its answer, and the source."""

from __future__ import annotations

from dataclasses import dataclass

from prover.needed import Needs, Result
from prover.render.diagnostics import render as render_diagnostics
from prover.render.html.page import embedded, page, visible
from prover.render.html.sources import Shelf, Shown
from prover.render.needs import ONE, TITLES, breaks_of, covers_of, pairs_of, parts_of, summary_of


@dataclass(frozen=True, slots=True)
class Line:
    """A change; ``at`` is its place for the script, ``place`` in words."""

    number: int
    kind: str
    owner: str
    at: str
    place: str
    what: str
    how: str
    said: tuple[str, ...]


def render(found: Needs) -> str:
    """The page."""
    shown = Shown(Shelf(), found.sources)
    parts = parts_of(found)
    errors = render_diagnostics(found.diagnostics, found.sources, color=False)
    alone = len(found.scenarios) > 1 and parts[0] and not found.every
    context: dict[str, object] = {
        "title": visible(f"prove needs {found.name}"),
        "heading": visible(f"{found.name}: what the proofs need"),
        "summary": "" if found.diagnostics else summary_of(*parts),
        "pairs": pairs_of(found.pairs),
        "one": ONE if alone else "",
        "scenarios": visible(", ".join(found.scenarios)) or "none",
        "models": visible(", ".join(found.models)),
        "left_out": [(visible(name), visible(why)) for name, why in found.left_out],
        "errors": visible(errors) if found.diagnostics else "",
        "parts": [
            (title, [_line(result, found, shown) for result in results])
            for title, results in zip(TITLES, parts, strict=True)
            if results
        ],
        "skipped": [
            (embedded(shown.at(each.span)), shown.place(each.span), visible(each.what), each.why)
            for each in found.skipped
        ],
        "name": visible(found.name),
    }
    return page("needs", context, {"sources": shown.shelf.document()})


def _line(result: Result, found: Needs, shown: Shown) -> Line:
    change = result.change
    said = [
        *breaks_of(result.broken),
        *(f"no answer in {each.scenario}: {each.why}" for each in result.unsettled),
        *covers_of(change, found.pairs),
    ]
    if result.redundant:
        said.append(f"proved without it: {', '.join(result.proved)}")
    return Line(
        number=change.number,
        kind=change.kind,
        owner=visible(change.owner),
        at=embedded(shown.at(change.span)),
        place=shown.place(change.span),
        what=visible(change.what),
        how=visible(change.how),
        said=tuple(visible(text) for text in said),
    )
