"""What became of a saved witness, as text."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap
from typing import assert_never

from dsl.source import Source
from prover.execution.recall.outcome import Holds, Impossible, Recalled, Unmapped
from prover.execution.record import Key
from prover.render.table import counted
from prover.render.witness_table import WIDTH, witness_table
from prover.replayed import Replay

OF_THIS_ALONE = (
    "That is said of this execution alone, whatever others do: `prove` says",
    "whether the protocol is safe.",
)


def render_replay(found: Replay) -> str:
    """The answer about a witness, with its table where it still holds."""
    asked = found.obligation
    assert asked is not None
    settings = [f"{config}={value}" for config, value in asked.configuration]
    lines = [f"{found.file}: {'  '.join([asked.question, *settings, asked.model])}"]
    if found.recalled is None:
        lines.append(f"unknown: {found.unknown}")
    else:
        judged = "" if found.model == asked.model else found.model
        lines += _answer(found.property, found.recalled, found.sources, judged)
        if judged and isinstance(found.recalled, Impossible):
            lines.append(f"It was found as one of {judged}; {asked.model} allows more.")
    if found.changed:
        lines += ["", "The file, or what it imports, has changed since it was found."]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _answer(name: str, recalled: Recalled, sources: Mapping[str, Source], judged: str) -> list[str]:
    """The answer; ``judged``: the model that it is of, where that is another than was asked."""
    match recalled:
        case Holds(witness=witness, gone=gone, new=new):
            table = witness_table(witness, sources)
            return ["", *table, "", f"still violates {name}{_apart(gone, new)}"]
        case Impossible(why=why, step=step, at=at):
            where = f"step {step} {_at(at)}: " if at is not None else ""
            no = f"violates {name}" if recalled.others else "possible"
            no += f" under {judged}" if judged else ""
            return [*wrap(f"no longer {no}: {where}{why}", WIDTH), "", *OF_THIS_ALONE]
        case Unmapped(why=why, at=at):
            where = "" if at is None else f"{_at(at)} "
            return wrap(f"the execution cannot be carried over: {where}{why}", WIDTH)
        case _:
            assert_never(recalled)


def _apart(gone: tuple[Key, ...], new: int) -> str:
    """How far today's execution is another one."""
    parts = [f"{counted(len(gone), 'step')} gone"] if gone else []
    parts += [f"{counted(new, 'step')} new"] if new else []
    return f" ({', '.join(parts)})" if parts else ""


def _at(at: Key) -> str:
    """A step, by what was written there."""
    text = f"`{at.text}`" if at.text else at.what
    where = f" ({at.file or 'line'}{':' if at.file else ' '}{at.line})" if at.line else ""
    return f"{text} of {at.thread}{where}"
