"""What the labels of assertions stand for: the rule, and the events that it is about.

A rule is a *fact* where it says what a primitive does for others, or what a read sees; a proof
may use it or not.  The others only say what words mean (what counts as a violation, which
thread is in a deadlock) or are axioms of the memory model: every proof takes them for granted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by name, and the events and threads that its label names."""

    name: str
    events: tuple[int, ...]
    threads: tuple[str, ...]


FACTS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("exclusion", r"lock exclusion of events (\d+) and (\d+)"),
        ("handover", r"lock handed over from event (\d+) to event (\d+)"),
        ("queue", r"fair queue of events (\d+) and (\d+)"),
        ("trylock", r"trylock refused at event (\d+)"),
        ("lock state", r"lock looked at by event (\d+)"),
        ("over section", r"grace period (\d+) over section (\d+)"),
        ("over section", r"grace period (\d+) over lock at event (\d+)"),
        ("strong", r"grace period (\d+) is a strong fence"),
        ("over callback", r"rcu_barrier (\d+) over callback of event (\d+)"),
        ("IPI waits", r"IPI (\d+) waits for (.*)"),
        ("follows", r"event (\d+) after event (\d+)"),
        ("read", r"read \d+ of event (\d+)"),
        ("lifetime", r"lives of .* from (\d+) and (\d+)"),
        ("reuse", r"alloc (\d+) after free (\d+)"),
        ("alloc fails", r"alloc (\d+) fails"),
        ("fence", r"fence at event (\d+)"),
        ("acquire", r"acquire at event (\d+)"),
        ("release", r"release at event (\d+)"),
        ("full", r"full order at event (\d+)"),
        ("dependency", r"dependency of event (\d+) on event (\d+)"),
        ("stops its host", r"(.*) stops its host"),
        ("one at a time", r"(.*) and (.*) one after the other"),
        ("handler over section", r"(.*) waits for section (\d+)"),
    )
)
"""The rules that are facts, each with the form of its labels."""

GRANTED: Final = re.compile(
    r"value .*|question|program order|program order at one place|stretches of one thread|closure"
    r"|creation order at one place|bounds of violations|actors alike in their order"
    r"|folio lock found by event \d+"
    r"|violation at event \d+|lock taken at event \d+|event \d+ goes on|alloc \d+"
    r"|thread \d+ in a deadlock|thread \d+ runs on one CPU|thread \d+ interrupts thread \d+"
    r"|event \d+ comes before its thread is halted|.* runs at one place"
    r"|order of .*|communication|locks|no value from nowhere"
    r"|the store of event \d+ lands after the free of event \d+"
    r"|page of what event \d+ freed"
    r"|coherence before the free of event \d+|free \d+ after what its processor did there"
)
"""The labels of what every proof takes for granted."""


def rule_of(label: str) -> Rule | None:
    """The fact that a label names; None for what is taken for granted."""
    for name, form in FACTS:
        found = form.fullmatch(label)
        if found is not None:
            events = tuple(int(part) for part in found.groups() if part.isdecimal())
            return Rule(name, events, tuple(p for p in found.groups() if not p.isdecimal()))
    return None
