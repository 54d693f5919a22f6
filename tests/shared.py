"""What takes long and is the same for every process of one run of the tests is made by one of them."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")


def once(folders: pytest.TempPathFactory, name: str, make: Callable[[], T]) -> T:
    """What ``make`` gives: the first process that asks for it makes it, the others read it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return make()
    place = folders.getbasetemp().parent / name
    with Path(f"{place}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if place.exists():
                kept: T = pickle.loads(place.read_bytes())  # noqa: S301 - written below
                return kept
            made = make()
            place.write_bytes(pickle.dumps(made))
            return made
        finally:
            # Said, for children of this process may have the file open still.
            fcntl.flock(lock, fcntl.LOCK_UN)
