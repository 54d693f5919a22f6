"""Pictures of real witnesses: golden files per format, equal under any hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dsl.source import Source
from prover.cli.refuted import witnesses
from prover.execution.witness import Witness
from prover.pipeline import run
from prover.render import dot, mermaid, svg
from prover.verdict import Request
from tests.conftest import Golden
from tests.render.hand_made import source, use_after_free

ROOT = Path(__file__).parents[2]
PICTURES = Path(__file__).parent / "pictures"
PROTOCOLS = ROOT / "protocols"

WRITERS = {"svg": svg.standalone, "mmd": mermaid.render, "dot": dot.render}

CASES: Mapping[str, Request] = {
    # A use after free: the page table is freed without a grace period.
    "retract_free_now": Request(
        (str(PROTOCOLS / "retract.khp"),),
        scenario="walk_fault",
        variant="free_now",
        config=(("PAE", "off"),),
        model="sc",
    ),
    # Halves of two words.
    "pae_tear": Request(
        (str(PROTOCOLS / "pae_tear.khp"),),
        scenario="A_B",
        variant="ipi_irqs_on",
        config=(("PAE", "on"),),
        model="sc",
    ),
    # CVE-2024-50066.
    "mremap_vs_retract": Request(
        (str(PROTOCOLS / "bugs" / "mremap_vs_retract.khp"),),
        variant="before_fix",
        model="sc",
    ),
    # A deadlock of two.
    "ab_ba": Request(
        (str(PROTOCOLS / "teaching" / "ab_ba.khp"),),
        variant="other_order",
        model="sc",
    ),
    # Only a weak model shows it.
    "message_passing": Request(
        (str(PROTOCOLS / "teaching" / "message_passing.khp"),),
        variant="no_release",
        model="lkmm",
    ),
}


def found(request: Request) -> tuple[Witness, Mapping[str, Source]]:
    first = witnesses(run(request, lambda _: None))[0]
    return first.witness, first.file.sources


@pytest.mark.parametrize("name", CASES)
def test_pictures_of(name: str, golden: Golden) -> None:
    witness, sources = found(CASES[name])
    for ending, write in WRITERS.items():
        text = write(witness, sources)
        assert text.isascii()
        assert "\x1b" not in text
        assert all(line == line.rstrip() and "\t" not in line for line in text.splitlines())
        golden.check(PICTURES / f"{name}.{ending}", text)


@pytest.mark.parametrize("ending", WRITERS)
def test_a_picture_of_all_that_a_witness_can_hold(ending: str, golden: Golden) -> None:
    golden.check(PICTURES / f"made.{ending}", WRITERS[ending](use_after_free(), source()))


SCRIPT = """
from tests.render.test_pictures import CASES, WRITERS, found
for case in ("pae_tear", "ab_ba", "message_passing"):
    for write in WRITERS.values():
        print(write(*found(CASES[case])))
"""


def test_equal_bytes_under_two_hash_seeds() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert b"sequenceDiagram" in outputs.pop()


def test_a_witness_without_steps() -> None:
    witness = Witness("invariant", "x is odd", "sc", (), (), ("x is odd from the start",), (), ())
    for write in WRITERS.values():
        assert "x is odd from the start" in write(witness, {})
