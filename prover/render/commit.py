"""Refutations as text for a commit message, to be pasted above its Fixes: tag.

What goes wrong and under which conditions, in a sentence; the table; and why, as a paragraph.  At
most 75 columns.  No line is what git, or whoever applies a patch, would take for something else: a
comment, a trailer, the end of the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from prover.execution.witness import Witness
from prover.render.letters import printable
from prover.render.table import groups_of, plainest
from prover.render.witness_table import WIDTH, columns_of, explained
from prover.verdict import FileReport, Outcome, Refuted, Report

TAKEN = re.compile(r"[^A-Za-z0-9(_./&\"']|[A-Za-z0-9-]+:|diff -|From ")
"""The beginnings of lines that mean something to git."""

INDENT = "  "
"""Before each line of the table."""

BETWEEN = "* * *"
"""Between one refutation and the next."""

OUTCOMES = {
    "data-race": "a data race",
    "use-after-free": "a use after free",
    "double-free": "a double free",
    "torn-value": "the use of a torn value",
    "null-pointer": "an access through NULL",
    "wild-pointer": "an access through a wild pointer",
    "uninitialized": "the use of something uninitialized",
    "deadlock": "a deadlock",
    "self-deadlock": "a self-deadlock",
    "unlock-not-held": "an unlock of a lock that is not held",
    "lock-init-held": "a lock set up while it is held",
    "lock-held-at-end": "a lock that is never let go",
    "rcu-unbalanced": "an unbalanced RCU reader",
    "srcu-unbalanced": "an unbalanced SRCU reader",
    "irq-unbalanced": "interrupts left in the wrong state",
    "preempt-unbalanced": "preemption left in the wrong state",
    "sleep-in-atomic": "a sleeping call in atomic context",
    "ipi-irqs-off": "an IPI sent with interrupts off",
    "lock-order": "a lock order inversion",
    "lockdep-assert": "a lockdep assertion that fails",
    "refcount": "a refcount that saturates",
    "transition": "an update that is not allowed",
    "assert": "an assertion that fails",
    "bug-on": "a BUG()",
    "warn-on": "a WARN()",
    "final": "a wrong final state",
    "invariant": "a broken invariant",
}
"""What each property's violation is called in a sentence."""

CLAIMS = ("assert", "bug-on", "warn-on", "final", "invariant", "transition")
"""Properties whose explanation says what should have held."""


def render_commit(report: Report, *, full: bool = False) -> str:
    """The text for everything that is refuted; nothing where nothing is."""
    texts = [
        "\n".join(_text(plainest(group), group, file, full=full)) + "\n"
        for file in report.files
        for group in groups_of(file.outcomes)
        if isinstance(group[0].verdict, Refuted)
    ]
    return f"\n{BETWEEN}\n\n".join(texts)


def _text(outcome: Outcome, group: list[Outcome], file: FileReport, *, full: bool) -> Iterator[str]:
    """One refutation."""
    assert isinstance(outcome.verdict, Refuted)
    witness = outcome.verdict.witness
    yield from _paragraph(_sentence(outcome, witness, file, _given(group)))
    yield ""
    for line in columns_of(witness, file.sources, full=full, width=WIDTH - len(INDENT)):
        yield (INDENT + line).rstrip()
    yield ""
    yield from _paragraph(_reasons(witness))


def _given(group: list[Outcome]) -> str:
    """The values of configs without which it was not seen to go wrong."""
    values: dict[str, set[str]] = {}
    for outcome in group:
        for name, value in outcome.obligation.configuration:
            values.setdefault(name, set()).add(value)
    return " and ".join(f"{name}={min(own)}" for name, own in values.items() if len(own) == 1)


def _sentence(outcome: Outcome, witness: Witness, file: FileReport, where: str) -> str:
    """What goes wrong, and under which conditions."""
    obligation = outcome.obligation
    title = file.titles.get(obligation.variant, "")
    what = f"{obligation.question} in {file.name}" + (f" ({title})" if title else "")
    given = f"With {where}, " if where else ""
    how = _how(witness)
    how = how if given else how[0].upper() + how[1:]
    return f"{given}{how} of {what} ends in {OUTCOMES[witness.property]}."


def _how(witness: Witness) -> str:
    """What kind of execution it is."""
    if not witness.columns:
        return "the initial state"
    match witness.model:
        case "sc":
            return "a plain interleaving (SC)"
        case "tso" if not witness.reordered:
            return "an execution under x86-TSO"
        case "tso":
            return "an execution that takes a store buffer (x86-TSO)"
        case "lkmm" if witness.property == "data-race" or not witness.reordered:
            return "an execution under LKMM"
        case "lkmm" if witness.plain:
            return "an execution that LKMM allows, plain accesses being the compiler's to reorder,"
        case "lkmm":
            return "an execution that LKMM allows, though not x86-TSO,"
        case _:
            return f"an execution that {witness.model} allows"


def _reasons(witness: Witness) -> str:
    """Why it goes wrong, in one paragraph."""
    head = "What should hold" if witness.property in CLAIMS and witness.message else "What is wrong"
    texts = (*explained(witness), *witness.because)
    between = ". " if any(";" in text for text in texts) else "; "
    return f"{head}: {between.join(texts)}."


def _paragraph(text: str) -> Iterator[str]:
    """A text on lines that are taken for nothing but text."""
    for line in wrap(printable(text), WIDTH - 1, break_on_hyphens=False):
        yield f" {line}" if TAKEN.match(line) else line
