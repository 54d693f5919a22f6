"""What a thread holds, and is in, at one of its steps: by its program, under any memory model."""

from __future__ import annotations

from collections.abc import Iterator

from prover.execution.edges import Reason
from prover.execution.story import NOBODY, Story, Stretch, stretches

NONE = "no lock"
"""What a thread holds that holds nothing."""


def around(story: Story, event: int, *kinds: str) -> list[Stretch]:
    """The stretches of some kinds that the thread of an event is in there.

    Events of a thread are numbered in the order of its program.
    """
    own = story.thread(event)
    return [
        one
        for one in stretches(story)
        if one.kind in kinds
        and one.thread == own
        and one.start < event
        and (one.end == NOBODY or (story.thread(one.end) == own and one.end > event))
    ]


def locks_text(story: Story, event: int) -> str:
    """The locks that a thread holds at one of its steps: ``a and b``, ``no lock``."""
    names = [*dict.fromkeys(str(one.where) for one in around(story, event, "lock"))]
    if len(names) < 2:
        return names[0] if names else NONE
    return f"{', '.join(names[:-1])} and {names[-1]}"


def lockdep(story: Story) -> Iterator[Reason]:
    """What the thread of an assertion about locks, or about interrupts, holds in truth."""
    user, bad = story.name(story.bad), story.skeleton.events[story.bad]
    if any(check.message.startswith("interrupts") for check in bad.checks):
        off = around(story, story.bad, "irq")
        text = f"{user} has interrupts {'off' if off else 'on'}"
        yield Reason(text, "po", off[0].start, story.bad) if off else Reason(text)
        return
    if any(check.message.startswith("softirqs") for check in bad.checks):
        yield Reason(f"{user} is an interrupt handler")
        return
    held = around(story, story.bad, "lock")
    only = " and no other lock" if held else ""
    text = f"{user} holds {locks_text(story, story.bad)}{only}"
    yield Reason(text, "po", held[-1].start, story.bad) if held else Reason(text)


def unordered(story: Story, one: int, two: int) -> Reason:
    """The locks that each of two accesses that race has around it."""
    first, second = story.name(one), story.name(two)
    locks, others = locks_text(story, one), locks_text(story, two)
    if locks == others == NONE:
        return Reason(f"neither {first} nor {second} holds a lock there")
    return Reason(f"{first} holds {locks} there, {second} holds {others}")
