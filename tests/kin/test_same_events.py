"""With its switch on, and no other, the program of all variants is that of the variant."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

import pytest

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.files import library_root
from dsl.imports import load
from dsl.protocol import Protocol
from prover.execution.construct.program import build
from prover.execution.domains import DomainTooLarge
from prover.execution.skeleton import Skeleton
from prover.graph import compile_program
from prover.graph.limits import TooLarge
from prover.kin.family import kin
from prover.pipeline.obligations import configurations
from prover.verdict import Request

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted(path for path in (ROOT / "protocols").rglob("*.khp") if path.parent.name != "kernel"),
    *sorted((ROOT / "tests" / "cases" / "verdict").rglob("*.khp")),
]
WITH_VARIANTS = [path for path in FILES if "\nvariant " in path.read_text(encoding="utf-8")]


def skeleton(protocol: Protocol, scenario: str, configuration: dict[str, str]) -> Skeleton | str:
    try:
        return build(compile_program(protocol, scenario, configuration, 1))
    except (DiagnosticError, TooLarge, DomainTooLarge) as error:
        return str(error)


MOVED = ("ctrl_moved_behind",)
"""Of files in which a variant moves a store out of an arm: no text says for all whether it is in."""


def told(found: Skeleton | str, *, surely: bool) -> object:
    """All that an execution is made of; rows are numbered anew in every program.

    With ``surely`` whether an event waits for what is surely looked at before, and the terms for it.
    """
    if isinstance(found, str):
        return found
    events = [
        (
            event.thread,
            type(event.action),
            event.origin.span,
            len(event.checks),
            surely and bool(event.surely),
        )
        for event in found.events
    ]
    threads = [(thread.kind, thread.events, thread.parent) for thread in found.threads]
    reads = [(access.event, access.part) for access in found.reads]
    writes = [(access.event, access.part) for access in found.writes]
    marks = sorted((mark.owner, mark.label) for mark in found.marks)
    return events, threads, reads, writes, marks, len(found.cuts), len(found.rows) * surely


@pytest.mark.parametrize("path", WITH_VARIANTS, ids=[path.stem for path in WITH_VARIANTS])
def test_each_switch_is_its_variant(path: Path) -> None:
    program = load(path, (library_root(),))
    base = check(program)
    compared = 0
    for scenario in base.scenarios:
        names = [v.name for v in base.variants.values() if scenario in v.scenarios]
        try:
            variants = {name: check(program, name, base) for name in names}
        except DiagnosticError:
            continue
        made = kin(base, variants)
        # Each in one configuration, the next in the next.
        chosen = cycle(configurations(base, Request(files=(str(path),))))
        for name, configuration in zip(("", *made.switches), chosen, strict=False):
            switches = {s: "on" if v == name else "off" for v, s in made.switches.items()}
            alone = variants[name] if name else base
            one = skeleton(made.protocol, scenario, {**dict(configuration), **switches})
            other = skeleton(alone, scenario, dict(configuration))
            surely = path.stem not in MOVED
            same = told(one, surely=surely) == told(other, surely=surely)
            assert same, (scenario, name, configuration)
            if isinstance(one, Skeleton) and isinstance(other, Skeleton):
                pairs = zip(one.events, other.events, strict=True)
                assert all(e.surely or not f.surely for f, e in pairs), (scenario, name)
            compared += 1
    assert compared


def test_most_variants_go_together() -> None:
    apart = together = 0
    for path in WITH_VARIANTS[::4]:
        program = load(path, (library_root(),))
        base = check(program)
        names = [v.name for v in base.variants.values()]
        made = kin(base, {name: check(program, name, base) for name in names})
        together += len(made.switches)
        apart += len(names) - len(made.switches)
    assert together > 10 * apart
