"""Witnesses that are read when they are looked at are those that were written."""

from __future__ import annotations

import copy
import pickle
import sqlite3
import zlib
from pathlib import Path

import pytest

from prover.cache import aside
from prover.cache.aside import Later
from prover.cache.codec import Damaged
from prover.cache.store import Packed, Store
from prover.execution.witness import Witness
from prover.verdict import Refuted, Report
from tests.cache import shared, small


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Report]:
    """A report that was made, and the same as it is remembered."""
    folder = tmp_path_factory.mktemp("aside")
    shared.WORLD.write(folder / "p")
    store = Store(folder / "cache")
    first, again = (small.proved(folder / "p", store, explain=True) for _ in range(2))
    store.close()
    return first, again


def witnesses(report: Report) -> list[Witness]:
    outcomes = (outcome for file in report.files for outcome in file.outcomes)
    found = [o.verdict for o in outcomes if isinstance(o.verdict, Refuted)]
    return [witness for each in found for witness in (each.witness, *each.others)]


def test_they_are_what_they_were(reports: tuple[Report, Report]) -> None:
    first, again = map(witnesses, reports)
    assert first
    assert all(isinstance(each, Later) for each in again)
    assert again == first
    assert first == again
    assert list(map(hash, again)) == list(map(hash, first))
    assert [each.moments for each in again] == [each.moments for each in first]


def test_a_copy_is_a_witness_as_any_other(reports: tuple[Report, Report]) -> None:
    for each in witnesses(reports[1]):
        for other in (copy.copy(each), pickle.loads(pickle.dumps(each))):  # noqa: S301 - own
            assert type(other) is Witness
            assert other == each
        with pytest.raises(AttributeError):
            getattr(each, "no_such_thing")  # noqa: B009 - to a type checker, too


def test_nothing_is_read_that_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared.WORLD.write(tmp_path / "p")
    store = Store(tmp_path / "cache")
    small.proved(tmp_path / "p", store)

    def nobody(_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(aside, "witness_of", nobody)
    again = small.proved(tmp_path / "p", store)
    assert {each.property for each in witnesses(again)} == {"assert", "final"}


def test_who_has_lost_its_witnesses_is_not_known(tmp_path: Path) -> None:
    shared.WORLD.write(tmp_path / "p")
    store = Store(tmp_path / "cache")
    said = small.text_of(small.proved(tmp_path / "p", store, explain=True))
    whole = _rows(store)
    assert small.text_of(small.proved(tmp_path / "p", store, explain=True)) == said
    assert _rows(store) == whole
    with sqlite3.connect(store.path) as connection:
        connection.execute("DELETE FROM entries WHERE length(value) > 400")
    connection.close()
    assert _rows(store) < whole
    assert small.text_of(small.proved(tmp_path / "p", store, explain=True)) == said
    assert _rows(store) == whole


def _rows(store: Store) -> int:
    return store.count()[0]


def test_what_does_not_fit_is_no_witness(reports: tuple[Report, Report]) -> None:
    """Whoever shows it gets an error, and never another witness."""
    writer = aside.Aside()
    for outcome in (o for file in reports[0].files for o in file.outcomes):
        writer.given(outcome.verdict)
    text = writer.text
    brief = aside.Brief("final", "other", "sc", plain=False, reordered=False, number=0)
    for packed in (zlib.compress(text), zlib.compress(b"[]"), b"no", zlib.compress(text)[:-9]):
        read = aside.Witnesses(Packed(packed), ())
        with pytest.raises(Damaged):
            read._witness(brief)
    some = aside.Witnesses(Packed(zlib.compress(text)), [aside.Stood("elsewhere.khp", 0, 1000, 5)])
    first = witnesses(reports[0])[0]
    brief = aside.Brief(first.property, first.message, first.model, first.plain, first.reordered, 0)
    with pytest.raises(Damaged, match="no declaration"):
        some._witness(brief)
