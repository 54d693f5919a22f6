"""A witness as the page's script reads it: steps, state after each, edges, the same as text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from prover.execution.witness import Call, Moment, Touch, Witness
from prover.render.html.page import visible
from prover.render.html.sources import Shown
from prover.render.html.state import state, thread_name
from prover.render.json_parts import Json
from prover.render.svg import fragment
from prover.render.witness_rows import source_text
from prover.render.witness_table import explained, shown_by, witness_table

_EARLY: Final = "early: before a step that precedes it in its program"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the witnesses of one report."""

    shown: Shown

    def witness(self, witness: Witness) -> Json:
        """The whole witness."""
        said = witness.explanation or explained(witness)
        edges = [edge.text for edge in witness.edges if edge.text]
        why = [text for text in dict.fromkeys((*witness.because, *edges)) if text not in said]
        return {
            "property": witness.property,
            "shows": shown_by(witness),
            "said": _sentences(witness, said),
            "because": _sentences(witness, why),
            "threads": [thread_name(column, i) for i, column in enumerate(witness.columns)],
            "steps": [self._step(moment) for moment in witness.moments],
            "state": state(witness.scenes, witness.columns),
            "pictures": self._pictures(witness),
            "text": visible("\n".join(witness_table(witness, self.shown.sources, plainly=True))),
        }

    def _pictures(self, witness: Witness) -> Json:
        """The lifelines with every step, then with the decisive ones where there are others."""
        pictures: list[Json] = [fragment(witness, self.shown.sources, "x")]
        if not all(moment.decisive for moment in witness.moments):
            pictures.append(fragment(witness, self.shown.sources, "x", full=False))
        return pictures

    def _step(self, moment: Moment) -> Json:
        return {
            "thread": moment.thread,
            "at": self.shown.at(moment.span),
            "place": self.shown.place(moment.span),
            "code": visible(source_text(moment, self.shown.sources)),
            "calls": [self._call(call) for call in moment.calls],
            "facts": [_touch(touch) for touch in moment.touches],
            "note": visible(", ".join(filter(None, (moment.note, _EARLY * moment.early)))),
            "bad": moment.bad,
            "decisive": moment.decisive,
        }

    def _call(self, call: Call) -> Json:
        return [visible(call.function), self.shown.at(call.site)]


def _touch(touch: Touch) -> str:
    """What was read or written, as the table has it."""
    if touch.writes:
        return visible(f"{touch.place}: {touch.old} -> {touch.new}")
    return visible(f"{touch.place} = {touch.new}")


def _sentences(witness: Witness, texts: Iterable[str]) -> Json:
    """Sentences, each with the steps that edges of it lead from and to."""
    return [
        {
            "text": visible(text),
            "edges": [[e.source, e.target] for e in witness.edges if e.text == text],
        }
        for text in texts
    ]
