"""Every refutation of the protocols that come with the tool: written, read, replayed, the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from dsl.source import Source
from prover.execution.recall.outcome import Holds
from prover.execution.witness import Witness
from prover.pipeline import run
from prover.render import json_report
from prover.render.json_witness import render, schema
from prover.replay.run import replay
from prover.verdict import FileReport, Outcome, Refuted, Request
from tests.replay.making import FOLDER, text_of, witness

ROOT = Path(__file__).parents[2]
PROTOCOLS = ROOT / "protocols"
TEACHING = sorted(str(p.relative_to(ROOT)) for p in (PROTOCOLS / "teaching").glob("*.khp"))
OTHERS = sorted(
    str(p.relative_to(ROOT))
    for p in PROTOCOLS.rglob("*.khp")
    if p.parent.name not in ("teaching", "kernel", "common")
)
VALIDATOR = Draft202012Validator(
    json.loads(schema()),
    registry=Registry().with_resource(
        "urn:prove:report:1", Resource.from_contents(json.loads(json_report.schema()))
    ),
)


def refutations(request: Request) -> Iterator[tuple[FileReport, Outcome, Witness]]:
    """What is refuted; of the models that show the same the first."""
    seen: set[object] = set()
    for file in run(request, lambda _: None).files:
        for outcome in file.outcomes:
            if not isinstance(outcome.verdict, Refuted):
                continue
            for found in (outcome.verdict.witness, *outcome.verdict.others):
                asked = outcome.obligation
                same = asked.scenario, asked.variant, asked.configuration, found
                if same not in seen:
                    seen.add(same)
                    yield file, outcome, found


def check(request: Request) -> int:
    count = 0
    for file, outcome, found in refutations(request):
        bound = max(outcome.measured.bound, 1)
        text = render(file.name, outcome.obligation, bound, found, file.sources)
        VALIDATOR.validate(json.loads(text))
        answer = replay(Source("w.json", text), file.name, Request(files=(), timeout=60))
        what = (file.name, outcome.obligation, found.property)
        assert isinstance(answer.recalled, Holds), (what, answer.diagnostics, answer.unknown)
        again = answer.recalled.witness
        assert (again.columns, again.moments, again.message) == (
            found.columns,
            found.moments,
            found.message,
        ), what
        assert (again.property, again.model, again.because, again.record) == (
            found.property,
            found.model,
            found.because,
            found.record,
        ), what
        count += 1
    return count


@pytest.mark.parametrize("name", TEACHING)
def test_teaching(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert check(Request((name,), jobs=1, explain=True)) >= 1


@pytest.mark.parametrize("variant", ["no_sync", "no_rmb_high", "free_now", "mremap_v66"])
def test_retract(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    asked = Request(("protocols/retract.khp",), variant=variant, jobs=1, explain=True)
    assert check(asked) >= 1


@pytest.mark.soak
@pytest.mark.parametrize("name", OTHERS)
def test_all(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    check(Request((name,), jobs=1, explain=True))


@pytest.mark.parametrize("name", ["freed.khp", "handled.khp"])
def test_equal_bytes_under_any_hash_seed(name: str) -> None:
    shown = [
        subprocess.run(
            [sys.executable, "-m", "prover", name, "--format", "witness", "-j", "1"],
            cwd=FOLDER,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert shown[0] == shown[1]
    assert json.loads(shown[0].decode("ascii"))["schema"] == "prove-witness"


def test_the_schema_refuses_a_member_too_many() -> None:
    found = json.loads(witness("freed.khp"))
    assert VALIDATOR.is_valid(found)
    assert not VALIDATOR.is_valid({**found, "extra": 1})
    assert text_of("freed.khp")
