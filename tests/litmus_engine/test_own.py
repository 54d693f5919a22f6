"""Our own litmus tests come out as their first comment says, flags included."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

from dsl.source import Source
from prover.answers import Decided
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import LitmusModel, decide

FOLDER = Path(__file__).parents[1] / "litmus"
FILES = sorted(FOLDER.glob("*.litmus"))


@cache
def model(name: str = "lkmm") -> LitmusModel:
    return load_litmus_model(name, explain=name == "lkmm")


def test_there_are_many() -> None:
    assert len(FILES) >= 80


def decided(file: Path, *, explain: bool = False, under: str = "lkmm") -> Decided:
    source = Source(file.name, file.read_text(encoding="utf-8"))
    return decide(source, model(under), 30.0, explain=explain)


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_result(file: Path) -> None:
    found = re.search(r"\(\* Result: (\w+)(.*)", file.read_text(encoding="utf-8"))
    assert found is not None, "the first comment says what comes out"
    answer = decided(file, explain=True)
    assert not answer.why
    assert answer.observation == found.group(1)
    assert set(answer.flags) == set(found.group(2).replace("*)", "").replace(",", " ").split())
    shown = answer.observation != "Never" if answer.quantifier != "forall" else not answer.result
    assert (answer.witness is not None) == shown


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_stronger_model_allows_no_more(file: Path) -> None:
    """What sc or tso allows, lkmm allows: so the strongest model can be named."""
    weak = decided(file)
    for name in ("sc", "tso"):
        strong = decided(file, under=name)
        if weak.observation in {"Never", "Always"} and strong.observation:
            assert strong.observation == weak.observation, name


def test_the_kernel_s_own_files_say_the_same() -> None:
    folder = os.environ.get("LKMM_DIR")
    if not folder:
        pytest.skip("LKMM_DIR is not set: name the folder of a kernel's tools/memory-model")
    kernel = str(Path(folder) / "linux-kernel.cat")
    for file in FILES:
        ours, theirs = decided(file), decided(file, under=kernel)
        assert not theirs.why, (file.stem, theirs.why)
        assert (ours.observation, set(ours.flags)) == (theirs.observation, set(theirs.flags)), file


def test_the_strongest_model_is_named() -> None:
    names = {"sc": 0, "tso": 0, "lkmm": 0}
    for file in FILES[::3]:
        witness = decided(file, explain=True).witness
        if witness is not None:
            names[witness.model] += 1
            assert (witness.cycle == ()) == (witness.model == "sc"), file.stem
    assert all(names.values()), names
