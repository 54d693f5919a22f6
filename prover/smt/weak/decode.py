"""From the solver's assignment to the claim of one execution under a weak memory model."""

from __future__ import annotations

import re
from collections.abc import Mapping

from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.domains import Domains
from prover.execution.execution import INITIAL
from prover.execution.hazards_of_holders import looks_at_folio
from prover.execution.run.machine import Decisions
from prover.execution.terms import Allocated, Choice, Outcome, Term
from prover.smt.decode import picked

DECIDING = "pcfgtlswijra"
"""First letters of the constants that an execution is read from."""

PAIR = re.compile(r"([fwij])(\d+)_(\d+|init)$")


def weak_decode(skeleton: sk.Skeleton, domains: Domains, values: Mapping[str, int]) -> Claim:
    """The claim that an assignment makes."""
    rf: dict[int, int] = {}
    first: dict[tuple[int, int], bool] = {}
    gaps: dict[int, int] = {}
    turns: dict[tuple[int, int], bool] = {}
    for name, value in values.items():
        found = PAIR.match(name)
        if found is None:
            continue
        kind, one, two = found.groups()
        if kind == "w":
            first[int(one), int(two)] = bool(value)
        elif kind == "j":
            turns[int(one), int(two)] = bool(value)
        elif kind == "i" and value:
            gaps[int(one)] = int(two)
        elif kind == "f" and value:
            rf[int(one)] = INITIAL if two == "init" else int(two)
    return Claim(
        rf,
        _numbered(values, "co"),
        _numbered(values, "p"),
        _events(skeleton, values, "granted", "g"),
        _events(skeleton, values, "steps", "s"),
        _locked(skeleton, values),
        first,
        gaps,
        _decisions(skeleton, domains, values),
        turns,
    )


def _numbered(values: Mapping[str, int], prefix: str) -> dict[int, int]:
    size = len(prefix)
    return {
        int(name[size:]): value
        for name, value in values.items()
        if name.startswith(prefix) and name[size:].isdigit()
    }


def _events(
    skeleton: sk.Skeleton, values: Mapping[str, int], what: str, letter: str
) -> frozenset[int]:
    return frozenset(
        row.event
        for row in skeleton.rows
        if isinstance(row, Outcome) and row.what == what and values.get(f"{letter}{row.event}", 0)
    )


def _locked(skeleton: sk.Skeleton, values: Mapping[str, int]) -> frozenset[int]:
    """The looks at a lock that found it held, and the unlocks of a folio."""
    looks = (event.number for event in skeleton.events if looks_at_folio(event))
    found = frozenset(number for number in looks if values.get(f"l{number}", 0))
    return found | _events(skeleton, values, "locked", "l")


def _decisions(skeleton: sk.Skeleton, domains: Domains, values: Mapping[str, int]) -> Decisions:
    choices: dict[int, int] = {}
    slots: dict[int, object] = {}
    for number, row in enumerate(skeleton.rows):
        if isinstance(row, Choice):
            value = picked(f"c{row.number}", domains.values[Term(number)], values)
            assert isinstance(value, int)
            choices[row.number] = value
        elif isinstance(row, Allocated):
            slot = picked(f"a{row.event}", domains.values[Term(number)], values)
            if slot is not None:
                slots[row.event] = slot
    taken = {
        event.number: bool(values.get(f"t{event.number}", 0))
        for event in skeleton.events
        if isinstance(event.action, sk.Try)
    }
    return Decisions(choices, taken, slots)  # type: ignore[arg-type]
