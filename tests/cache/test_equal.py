"""With the cache on, a report is what it is with the cache off, whatever is edited in between."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prover.cache.store import Store
from prover.pipeline import board, run
from prover.pipeline.pool import Lost
from prover.verdict import Report, Request
from tests.cache import small


def compare(folder: Path, seed: int, edits: int) -> int:
    """Runs after each of some edits; the number of reports that came without proving anything."""
    rng = random.Random(seed)
    small.write(folder / "p")
    store = Store(folder / "cache")
    done: list[str] = []
    whole = 0
    for _ in range(edits):
        done += [small.edit(folder / "p", rng) for _ in range(rng.randint(0, 2))]
        explain = rng.random() < 0.3
        with_cache = small.proved(folder / "p", store, explain=explain)
        without = small.proved(folder / "p", None, explain=explain)
        said = small.text_of(with_cache, seen=explain)
        assert said == small.text_of(without, seen=explain), done
        assert not store.trouble
        whole += all(not o.measured.seconds for f in with_cache.files for o in f.outcomes)
    return whole


def test_random_edits(tmp_path: Path) -> None:
    assert compare(tmp_path, 0, 12)


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(25))
def test_many_random_edits(chunk: int, tmp_path: Path) -> None:
    compare(tmp_path, 1000 + chunk, 20)


class Counted:
    """How many obligations were decided and not remembered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = Store(folder / "cache")
        small.write(folder)

    def __call__(self) -> set[tuple[str, str]]:
        report: Report = small.proved(self.folder, self.store)
        return {
            (Path(file.name).stem, outcome.obligation.variant)
            for file in report.files
            for outcome in file.outcomes
            if outcome.measured.seconds
        }

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / f"{name}.khp"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


ALL = {(name, variant) for name in small.USERS for variant in ("", "unlocked")}


def test_a_second_run_decides_nothing(tmp_path: Path) -> None:
    decided = Counted(tmp_path)
    assert decided() == ALL
    assert decided() == set()


@pytest.mark.parametrize(
    ("name", "old", "new", "again"),
    [
        ("library", "one.value = 1;", "one.value = 3;", {"apart"}),
        ("library", "seen - 1;", "seen - 2;", {"down"}),
        ("library", "seen + 1;", "seen + 2;", {"up", "down", "apart"}),
        ("library", "// What the others share.", "// More.\n// Lines.", set[str]()),
        ("library", "struct counter two;", "struct counter two, three;", {"up", "down", "apart"}),
        ("up", "inc(&one);", "dec(&one);", {"up"}),
        ("up", "final one.value == 2", "final one.value >= 1", {"up"}),
    ],
)
def test_an_edit_costs_what_it_can_change(
    name: str, old: str, new: str, again: set[str], tmp_path: Path
) -> None:
    decided = Counted(tmp_path)
    decided()
    decided.edit(name, old, new)
    found = decided()
    assert {stem for stem, _ in found} == again
    decided.edit(name, new, old)
    assert decided() == set()


def test_an_edit_of_a_variant_leaves_the_scenario_alone(tmp_path: Path) -> None:
    decided = Counted(tmp_path)
    decided()
    decided.edit("up", "\tdrop inc.L2;\n", "")
    assert decided() == {("up", "unlocked")}


def test_an_edit_that_makes_a_mistake_is_not_hidden(tmp_path: Path) -> None:
    decided = Counted(tmp_path)
    decided()
    decided.edit("library", "one.value = 1;", "one.valeu = 1;")
    report = small.proved(tmp_path, decided.store)
    assert all(file.diagnostics for file in report.files)


def test_a_file_that_would_be_read_first_counts(tmp_path: Path) -> None:
    """An import found in the library is found beside the file, once there is one."""
    (tmp_path / "p").mkdir()
    text = 'models sc;\nimport "kernel/rcu.khp";\nactor a { rcu_read_lock(); rcu_read_unlock(); }\n'
    (tmp_path / "p" / "a.khp").write_text(f"{text}scenario s {{ run a; expect proved; }}\n")
    store = Store(tmp_path / "cache")
    first = small.proved(tmp_path / "p", store)
    assert not first.files[0].diagnostics
    assert len(first.files[0].outcomes) == 1
    (tmp_path / "p" / "kernel").mkdir()
    (tmp_path / "p" / "kernel" / "rcu.khp").write_text("nothing that can be read\n")
    second = small.proved(tmp_path / "p", store)
    assert second.files[0].diagnostics


def test_what_has_no_answer_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_run: Callable[[int], object], count: int, **_: object) -> list[tuple[int, object]]:
        return [(number, Lost("stopped from outside")) for number in range(count)]

    def nothing_again(*_: object, **__: object) -> list[tuple[int, object]]:
        return []

    decided = Counted(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(board, "run_pool", nothing)
        patch.setattr(board, "alone", nothing_again)
        decided()
    assert decided() == ALL


def test_only_what_was_asked_is_known(tmp_path: Path) -> None:
    decided = Counted(tmp_path)
    decided()
    plain = small.proved(tmp_path, decided.store, explain=True)
    assert all(o.measured.seconds for file in plain.files for o in file.outcomes)


def test_a_library_whose_text_is_good_elsewhere_vouches_for_nothing(tmp_path: Path) -> None:
    """It is passed over itself; what it imports is not checked by that."""
    for name in ("bad", "good"):
        (tmp_path / "p" / name).mkdir(parents=True)
        text = 'import "low.khp";\nvoid up(void)\n{\n\tlow();\n}\n'
        (tmp_path / "p" / name / "up.khp").write_text(text)
    (tmp_path / "p" / "bad" / "low.khp").write_text("void low(void)\n{\n\tnowhere();\n}\n")
    (tmp_path / "p" / "good" / "low.khp").write_text("u64 x;\nvoid low(void)\n{\n\tx = 1;\n}\n")
    text = 'models sc;\nimport "up.khp";\nactor a { up(); }\nscenario s { run a; expect proved; }\n'
    (tmp_path / "p" / "good" / "user.khp").write_text(text)
    store = Store(tmp_path / "cache")
    for _ in range(2):
        report = small.proved(tmp_path / "p", store)
        assert [Path(f.name).parts[-2:] for f in report.files if f.diagnostics] == [
            ("bad", "low.khp")
        ]
        assert small.text_of(report) == small.text_of(small.proved(tmp_path / "p", None))


@pytest.mark.parametrize(
    "selected", [{"model": "no"}, {"scenario": "no"}, {"config": (("C", "n"),)}]
)
def test_why_nothing_is_selected_is_said_again(selected: dict[str, Any], tmp_path: Path) -> None:
    small.write(tmp_path / "p")
    store = Store(tmp_path / "cache")
    request = Request(files=(str(tmp_path / "p"),), jobs=1, **selected)
    first, again, without = (
        small.text_of(run(request, lambda _: None, each)) for each in (store, store, None)
    )
    assert first == again == without
