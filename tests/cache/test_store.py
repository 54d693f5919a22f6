"""The table of bytes: what is damaged, hostile, full or not there costs no verdict."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from prover.cache import store as module
from prover.cache.store import NAME, Store


def stored(folder: Path, *pairs: tuple[bytes, bytes]) -> Store:
    found = Store(folder)
    found.put(dict(pairs))
    assert not found.trouble
    return found


def test_what_is_put_is_got(tmp_path: Path) -> None:
    stored(tmp_path, (b"a", b"1"), (b"b", b"2" * 1000)).close()
    again = Store(tmp_path)
    assert again.get([b"a", b"c", b"b"]) == {b"a": b"1", b"b": b"2" * 1000}
    assert again.count()[0] == 2
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    assert Store(tmp_path / "none").get([b"a"]) == {}
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("column", ["value", "sum", "key"])
def test_a_damaged_entry_is_not_there(column: str, tmp_path: Path) -> None:
    stored(tmp_path, (b"a", b"1" * 100), (b"b", b"2")).close()
    with sqlite3.connect(tmp_path / NAME) as connection:
        connection.execute(
            f"UPDATE entries SET {column} = ? WHERE key = ?",  # noqa: S608 - a constant
            (b"x" * 40, b"a"),
        )
    connection.close()
    found = Store(tmp_path)
    assert found.get([b"a", b"b", b"x" * 40]) == {b"b": b"2"}
    assert not found.trouble


def test_every_byte_of_the_file_may_be_damaged(tmp_path: Path) -> None:
    """Nothing is raised, and what is got is what was put."""
    rng = random.Random(7)
    put = {bytes([n]): bytes([n]) * 50 for n in range(40)}
    stored(tmp_path / "a", *put.items()).close()
    whole = (tmp_path / "a" / NAME).read_bytes()
    (tmp_path / "b").mkdir()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 4, 64))):
            data[rng.randrange(len(data))] = rng.randrange(256)
        (tmp_path / "b" / NAME).write_bytes(bytes(data[: rng.choice((len(data), 5000, 100))]))
        found = Store(tmp_path / "b")
        got = found.get(put)
        assert all(put[key] == value for key, value in got.items())
        found.put({b"new": b"1"})
        found.close()


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE VIEW entries AS SELECT 1 AS key, 2 AS sum, 3 AS used, 4 AS value"],
        ["CREATE TABLE entries (key, sum, used, value)"],
        [module.TABLE, "CREATE TABLE more (a)"],
        [
            module.TABLE,
            "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries; END",
        ],
    ],
)
def test_a_file_of_somebody_else_is_let_be(statements: list[str], tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / NAME)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    before = (tmp_path / NAME).read_bytes()
    found = Store(tmp_path)
    found.put({b"a": b"1"})
    assert "did not make" in found.trouble
    assert found.get([b"a"]) == {}
    assert (tmp_path / NAME).read_bytes() == before


def test_no_database_at_all(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("a text " * 1000)
    found = Store(tmp_path)
    assert found.get([b"a"]) == {}
    assert "not a database" in found.trouble
    found.clear()
    found.put({b"a": b"1"})
    assert found.get([b"a"]) == {b"a": b"1"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "no").mkdir(mode=0o500)
    found = Store(tmp_path / "no" / "cache")
    found.put({b"a": b"1"})
    assert "Permission denied" in found.trouble


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = Store(tmp_path / "file" / "cache")
    found.put({b"a": b"1"})
    assert found.trouble
    assert found.get([b"a"]) == {}


def test_a_full_disk(tmp_path: Path) -> None:
    found = Store(tmp_path)
    found.put({b"a": b"1"})
    connection = found.opened()
    connection.execute("PRAGMA max_page_count = 4")
    found.put({bytes([n]): os.urandom(3000) for n in range(20)})
    assert "full" in found.trouble
    assert Store(tmp_path).get([b"a"]) == {b"a": b"1"}


def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 400_000)
    found = Store(tmp_path)
    for n in range(60):
        found.put({b"%d" % n: os.urandom(20_000)})
    assert not found.trouble
    assert found.count()[1] <= 400_000
    assert found.get([b"59"])
    assert not found.get([b"0"])


def test_what_says_it_is_enormous_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored(tmp_path, (b"a", bytes(2_000_000))).close()
    monkeypatch.setattr(module, "MOST_IN_ONE", 1_000_000)
    assert Store(tmp_path).get([b"a"]) == {}


def _hammer(folder: str, seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    for _ in range(rounds):
        found = Store(Path(folder))
        keys = [b"%d" % rng.randrange(50) for _ in range(20)]
        for key, value in found.get(keys).items():
            if value != key * 100:
                os._exit(3)
        found.put({key: key * 100 for key in keys[:5]})
        found.close()


def hammered(folder: Path, seed: int) -> None:
    """Four processes on one table, one of them killed at random."""
    context = multiprocessing.get_context("fork")
    rng = random.Random(seed)
    ours = [context.Process(target=_hammer, args=(str(folder), seed + n, 15)) for n in range(4)]
    for each in ours:
        each.start()
    time.sleep(rng.random() * 0.05)
    victim = ours[0]
    if victim.pid is not None and victim.is_alive():
        os.kill(victim.pid, signal.SIGKILL)
    for each in ours:
        each.join(60)
    assert all(each.exitcode == 0 for each in ours[1:])
    after = Store(folder)
    got = after.get([b"%d" % n for n in range(50)])
    assert not after.trouble
    assert all(value == key * 100 for key, value in got.items())
    assert len(got) > 10
    after.close()


def test_four_at_once_and_one_killed(tmp_path: Path) -> None:
    for seed in range(3):
        hammered(tmp_path, seed)


@pytest.mark.soak
@pytest.mark.parametrize("chunk", range(10))
def test_killed_many_times(chunk: int, tmp_path: Path) -> None:
    for seed in range(20):
        hammered(tmp_path, 100 * chunk + seed)
