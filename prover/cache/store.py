"""A bounded table of bytes by key in one SQLite file, shared by all runs of one user.

Whatever goes wrong with it costs time and no verdict: what cannot be read is not there, what cannot
be written is not remembered.  ``trouble`` says once what went wrong.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dsl.frozen import Frozen

NAME = "verdicts.sqlite"

MOST_BYTES = 256 << 20
"""The file is not let grow beyond this."""

MOST_IN_ONE = 64 << 20
"""No entry is longer, packed or unpacked: what says it is, is damaged or hostile."""

WAIT = 5.0
"""Seconds to wait for another run that is writing."""

DAY = 86_400

_STEPS = 50_000_000
"""More steps of SQLite's machine than any of our questions takes."""

TABLE = (
    "CREATE TABLE entries (key BLOB PRIMARY KEY, sum BLOB NOT NULL, used INTEGER NOT NULL, "
    "value BLOB NOT NULL) WITHOUT ROWID"
)

_AT_ONCE = 500
"""So many keys in one question."""


T = TypeVar("T")


class _Foreign(Exception):
    """The file is none that this program made."""


class Packed(Frozen, frozen=True):
    """A value as it is stored; its sum is right."""

    packed: bytes

    def opened(self) -> bytes:
        """The value.  Raises ValueError."""
        machine = zlib.decompressobj()
        try:
            value = machine.decompress(self.packed, MOST_IN_ONE)
        except zlib.error as error:
            raise ValueError(str(error)) from None
        if not machine.eof:
            raise ValueError("longer than an entry may be")
        return value


@dataclass(slots=True)
class Store:
    """The table in ``folder``; nothing is opened or made before it is asked for."""

    folder: Path
    trouble: str = ""
    _connection: sqlite3.Connection | None = field(default=None, repr=False)

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / NAME

    def get(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """What is known, by key; what is damaged is not known."""
        return self._looked_up(keys, _unpacked)

    def get_packed(self, keys: Iterable[bytes]) -> dict[bytes, Packed]:
        """The same of what is likely not to be looked at."""
        return self._looked_up(keys, _packed)

    def _looked_up(
        self, keys: Iterable[bytes], take: Callable[[bytes, bytes, bytes], T | None]
    ) -> dict[bytes, T]:
        """What ``take`` makes of entries: of key, sum and value; None of what is damaged."""
        wanted = list(dict.fromkeys(keys))
        if not wanted or self.trouble:
            return {}
        found: dict[bytes, T] = {}
        stale: list[bytes] = []
        now = int(time.time())
        try:
            if not self.path.exists():
                return {}
            connection = self.opened()
            for start in range(0, len(wanted), _AT_ONCE):
                for key, total, used, value in _rows(connection, wanted[start : start + _AT_ONCE]):
                    taken = take(key, total, value)
                    if taken is not None:
                        found[key] = taken
                    if taken is None or now - used > DAY:
                        stale.append(key)
        except (sqlite3.Error, OSError, _Foreign) as error:
            self._fail(error)
            return {}
        self._touch(stale, found.keys(), now)
        return found

    def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Remembers ``entries``; the ones that were used least recently make room."""
        if not entries or self.trouble:
            return
        now = int(time.time())
        rows = [
            (key, _total(key, packed), now, packed)
            for key, packed in ((key, zlib.compress(value, 1)) for key, value in entries.items())
            if len(packed) <= MOST_IN_ONE and len(entries[key]) <= MOST_IN_ONE
        ]
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            connection = self.opened()
            _make_room(connection, sum(len(row[3]) + 128 for row in rows))
            with connection:
                connection.executemany("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)", rows)
        except (sqlite3.Error, OSError, _Foreign) as error:
            self._fail(error)

    def count(self) -> tuple[int, int]:
        """How many entries there are, and the bytes of the file."""
        try:
            if not self.path.exists():
                return 0, 0
            (number,) = self.opened().execute("SELECT count(*) FROM entries").fetchone()
            return int(number), self.path.stat().st_size
        except (sqlite3.Error, OSError, _Foreign) as error:
            self._fail(error)
            return 0, 0

    def clear(self) -> None:
        """Forgets everything, also where the file is none of ours any more."""
        self.close()
        try:
            for path in (self.path, self.folder / f"{NAME}-journal"):
                path.unlink(missing_ok=True)
            self.trouble = ""
        except OSError as error:
            self._fail(error)

    def close(self) -> None:
        """Lets the file go."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def opened(self) -> sqlite3.Connection:
        """The connection, made at the first call."""
        if self._connection is None:
            # Nobody else's to read: protocols may be of what is not public yet.
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(self.path, timeout=WAIT)
            try:
                _prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _touch(self, stale: Sequence[bytes], found: Iterable[bytes], now: int) -> None:
        """Notes what was used, and drops what is damaged; a busy file is let be."""
        known = set(found)
        if not stale or self._connection is None:
            return
        with suppress(sqlite3.Error), self._connection as connection:
            connection.executemany(
                "UPDATE entries SET used = ? WHERE key = ?",
                [(now, key) for key in stale if key in known],
            )
            connection.executemany(
                "DELETE FROM entries WHERE key = ?", [(key,) for key in stale if key not in known]
            )

    def _fail(self, error: Exception) -> None:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.trouble = f"{self.path}: {said}"
        self.close()


def _prepare(connection: sqlite3.Connection) -> None:
    """Makes the table, or sees that it is the one that was made: a hostile file may have views."""
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA synchronous = NORMAL")
    page = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {MOST_BYTES // max(int(page), 512)}")
    connection.set_progress_handler(lambda: 1, _STEPS)
    known = connection.execute("SELECT type, sql FROM sqlite_master").fetchall()
    if not known:
        try:
            with connection:
                connection.execute(TABLE)
        except sqlite3.OperationalError:
            # Another run may have made it; where nobody has, this is what is wrong.
            if not connection.execute("SELECT 1 FROM sqlite_master").fetchall():
                raise
        known = connection.execute("SELECT type, sql FROM sqlite_master").fetchall()
    if known != [("table", TABLE)]:
        raise _Foreign("it has tables that prove did not make")


def _rows(
    connection: sqlite3.Connection, keys: Sequence[bytes]
) -> Iterable[tuple[bytes, bytes, int, bytes]]:
    marks = ", ".join("?" * len(keys))
    question = (
        f"SELECT key, sum, used, value FROM entries WHERE key IN ({marks}) "  # noqa: S608 - marks only
        f"AND length(value) <= {MOST_IN_ONE}"
    )
    for key, total, used, value in connection.execute(question, keys):
        if isinstance(key, bytes) and isinstance(total, bytes) and isinstance(value, bytes):
            yield key, total, used if isinstance(used, int) else 0, value


def _total(key: bytes, packed: bytes) -> bytes:
    return hashlib.sha256(key + packed).digest()


def _unpacked(key: bytes, total: bytes, packed: bytes) -> bytes | None:
    """An entry's value; None where it is not what was stored."""
    whole = _packed(key, total, packed)
    try:
        return None if whole is None else whole.opened()
    except ValueError:
        return None


def _packed(key: bytes, total: bytes, packed: bytes) -> Packed | None:
    """The same, not opened yet."""
    return Packed(packed) if total == _total(key, packed) else None


def _make_room(connection: sqlite3.Connection, more: int) -> None:
    """Drops the half that was used least recently where ``more`` bytes would be too many."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    if (pages - free) * size + more <= MOST_BYTES * 3 // 4:
        return
    with connection:
        connection.execute(
            "DELETE FROM entries WHERE key IN (SELECT key FROM entries ORDER BY used "
            "LIMIT (SELECT (count(*) + 1) / 2 FROM entries))"
        )
