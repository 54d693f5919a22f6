"""What takes longest is begun first, whatever is remembered of it, and nothing else comes of that."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from prover.cache.store import Store
from prover.pipeline import run, spared, times
from prover.pipeline.loaded import Loaded, grouped, load_all
from prover.pipeline.obligations import Task
from prover.pipeline.times import Times
from prover.pipeline.tree import members
from prover.render.table import render_report
from prover.verdict import Request

TEXT = """models sc;
int x;
actor a {{ WRITE_ONCE(x, 1); l: WRITE_ONCE(x, 2); }}
scenario {one} {{ run a; expect proved; }}
scenario {two} {{ run a * 2; expect proved; }}
variant v in {two} {{ drop a.l; expect proved; }}
"""


@pytest.fixture
def loaded(tmp_path: Path) -> list[Loaded]:
    for name in ("f", "g"):
        text = TEXT.format(one=f"{name}1", two=f"{name}2")
        (tmp_path / f"{name}.khp").write_text(text, encoding="utf-8")
    request = Request((str(tmp_path),), jobs=1)
    files, _ = load_all(request, list(members(request.files)), {})
    return [file for file in files if isinstance(file, Loaded)]


def order(loaded: list[Loaded], store: Store | None) -> list[str]:
    """What is begun, in order."""
    jobs = [(index, task) for index, file in enumerate(loaded) for task in file.tasks]
    groups = grouped(jobs, together=True)
    found = Times(store, loaded, jobs).longest_first(groups)
    return [name(jobs[members[0]][1]) for members in found]


def name(task: Task) -> str:
    return task.obligation.question


def told(loaded: list[Loaded], folder: Path, *seconds: dict[str, float]) -> Store:
    store = Store(folder / "cache")
    keys = [times._key(file.name) for file in loaded]
    store.put({k: msgspec.json.encode(each) for k, each in zip(keys, seconds, strict=True) if each})
    return store


def test_where_nothing_is_known_what_has_most_to_do_comes_first(loaded: list[Loaded]) -> None:
    assert order(loaded, None) == ["f2", "f2 / v", "f1", "g2", "g2 / v", "g1"]


def test_the_longest_comes_first_and_families_stay_together(
    loaded: list[Loaded], tmp_path: Path
) -> None:
    store = told(loaded, tmp_path, {"f1": 1.0, "f2": 0.1, "f2 / v": 0.2}, {"g1": 0.5, "g2 / v": 7})
    # Of g2 nothing is known: it takes what others of its file do.
    assert order(loaded, store) == ["g2", "g2 / v", "g1", "f1", "f2", "f2 / v"]


def test_what_is_new_takes_as_long_as_what_is_known(loaded: list[Loaded], tmp_path: Path) -> None:
    store = told(loaded, tmp_path, {}, {"g1": 2.0, "g2": 0.1, "g2 / v": 0.1})
    assert order(loaded, store)[:3] == ["f2", "f2 / v", "f1"]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"[]",
        b'{"g1": "x"}',
        b'{"g1": -5, "f1": 1e99}',
        b'{"g1": NaN}',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_what_is_damaged_is_not_known(value: bytes, loaded: list[Loaded], tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    store.put({times._key(file.name): value for file in loaded})
    assert order(loaded, store) == order(loaded, None)


def test_a_run_remembers_and_the_next_one_uses_it(loaded: list[Loaded], tmp_path: Path) -> None:
    store = Store(tmp_path / "cache")
    request = Request((str(tmp_path),), jobs=1)
    run(request, lambda _: None, store)
    for file, values in ((f, store.get([times._key(f.name)])) for f in loaded):
        known = msgspec.json.decode(values[times._key(file.name)], type=dict[str, float])
        assert known.keys() == {name(task) for task in file.tasks}
        assert all(seconds >= 0 for seconds in known.values())


def test_nothing_else_comes_of_it(
    loaded: list[Loaded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request((str(tmp_path),), jobs=2)
    plain = run(request, lambda _: None)
    store = told(loaded, tmp_path, {"f2": 9.0}, {"g1": 8.0, "g2": 0.1})
    # All is proved again, for what is remembered of verdicts is not what this is about.
    nothing: dict[bytes, bytes] = {}
    monkeypatch.setattr(spared, "remember", lambda *_: nothing)
    timed = run(request, lambda _: None, store)
    shown = [
        render_report(report, verbose=True, quiet=False, color=False) for report in (plain, timed)
    ]
    assert shown[0] == shown[1]
