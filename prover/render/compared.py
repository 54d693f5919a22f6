"""A comparison of two runs, as text and as JSON."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from prover.compared import Change, Compared, Pair
from prover.render.json_parts import Json, document
from prover.render.json_report import told
from prover.render.letters import printable
from prover.render.table import counted
from prover.render.witness_table import witness_table
from prover.verdict import Outcome, Refuted, name_of

SCHEMA = "prove-diff", 1


def render(found: Compared) -> str:
    """What changed, file by file; witnesses of new refutations; statements; the sum last."""
    lines: list[str] = []
    for pair in found.pairs:
        if pair.changes:
            lines.append(printable(pair.name))
            lines.extend(_changes(pair))
    if found.edited:
        lines.append("statements")
        for edited in found.edited:
            count = f"+{len(edited.added)} -{len(edited.removed)}"
            lines.append(f"  {printable(edited.file)}: {edited.name}  {count}")
            lines.extend(f"    - {printable(text)}" for text in edited.removed)
            lines.extend(f"    + {printable(text)}" for text in edited.added)
    lines.append(_summary(found))
    return "\n".join(lines) + "\n"


def _changes(pair: Pair) -> list[str]:
    lines: list[str] = []
    for (_, word, what), group in groupby(pair.changes, key=_kind):
        some = list(group)
        first = some[0]
        lines.append(f"  {word:<8}  {first.obligation.question}  {what}")
        lines.extend(f"            {_where(each)}" for each in some)
        lines.extend(_witnesses(first, pair))
    return lines


def _kind(change: Change) -> tuple[str, str, str]:
    """What changes that are told together have in common."""
    return change.obligation.question, change.word, _what(change)


def _what(change: Change) -> str:
    if change.old is None:
        return verdict_of(change.new)
    if change.new is None:
        return f"was {verdict_of(change.old)}"
    return f"{verdict_of(change.old)} -> {verdict_of(change.new)}"


def verdict_of(outcome: Outcome | None) -> str:
    """``refuted torn-value``: a verdict in words, and whether the file expects another."""
    if outcome is None:
        return "none"
    verdict = outcome.verdict
    properties = f" {', '.join(verdict.properties)}" if isinstance(verdict, Refuted) else ""
    return f"{name_of(verdict)}{properties}{'' if outcome.as_expected else ' (not expected)'}"


def _where(change: Change) -> str:
    o = change.obligation
    return "  ".join([*(f"{name}={value}" for name, value in o.configuration), o.model])


def _witnesses(change: Change, pair: Pair) -> list[str]:
    """The table of each property that was not violated before."""
    lines: list[str] = []
    if change.new is not None and isinstance(change.new.verdict, Refuted) and pair.new is not None:
        verdict = change.new.verdict
        for witness in (verdict.witness, *verdict.others):
            if witness.property in change.new_properties:
                lines += ["", *witness_table(witness, pair.new.sources), ""]
    return lines


def _summary(found: Compared) -> str:
    words = [change.word for change in found.changes]
    total = sum(pair.total for pair in found.pairs)
    counts = [
        f"{words.count(word)} {word}" for word in ("worse", "changed", "appeared", "vanished")
    ]
    same = total - len(words)
    text = f"{counted(total, 'obligation')}: {same} as before, {', '.join(counts)}"
    return text + ("; errors in files" if found.wrong else "")


def render_json(found: Compared) -> str:
    """The comparison as one JSON object (docs/changes.md)."""
    changes: list[Json] = [_json(change, pair) for pair in found.pairs for change in pair.changes]
    edited: list[Json] = [
        {"file": e.file, "in": e.name, "removed": list(e.removed), "added": list(e.added)}
        for e in found.edited
    ]
    content: dict[str, Json] = {
        "old": found.names[0],
        "new": found.names[1],
        "obligations": sum(pair.total for pair in found.pairs),
        "changes": changes,
        "edits": edited,
    }
    return document(SCHEMA, found.exit_code, content, found.seconds)


def schema() -> str:
    """The JSON Schema that every comparison obeys."""
    return (Path(__file__).parent / "diff.schema.json").read_text(encoding="utf-8")


def _json(change: Change, pair: Pair) -> Json:
    o = change.obligation
    witnesses: list[Json] = []
    if change.new is not None and isinstance(change.new.verdict, Refuted) and pair.new is not None:
        verdict = change.new.verdict
        witnesses = [
            told(witness, pair.new.sources)
            for witness in (verdict.witness, *verdict.others)
            if witness.property in change.new_properties
        ]
    return {
        "file": pair.name,
        "scenario": o.scenario,
        "variant": o.variant or None,
        "config": dict(o.configuration),
        "model": o.model,
        "what": change.word,
        "old": _side(change.old),
        "new": _side(change.new),
        "new_witnesses": witnesses,
    }


def _side(outcome: Outcome | None) -> Json:
    if outcome is None:
        return None
    verdict = outcome.verdict
    properties: list[Json] = list(verdict.properties) if isinstance(verdict, Refuted) else []
    return {
        "verdict": name_of(verdict),
        "properties": properties,
        "as_expected": outcome.as_expected,
    }
