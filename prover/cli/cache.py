"""``prove cache``: where verdicts are remembered, how many, and how to forget them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.terminal import complain, emit

if TYPE_CHECKING:
    from prover.cache.store import Store

VARIABLE: Final = "PROVE_CACHE"
"""The environment variable that names the folder; ``off`` is none."""

OFF: Final = ("off", "0", "no", "none")
"""What people write for none: no folder of that name is made."""


def store() -> Store | None:
    """What verdicts are remembered in; None where the user wants nothing remembered."""
    from prover.cache.store import Store

    named = os.environ.get(VARIABLE, "")
    if named.lower() in OFF:
        return None
    if named:
        return Store(Path(os.path.expanduser(named)))  # noqa: PTH111 - it never fails
    from platformdirs import user_cache_path

    return Store(user_cache_path("prove", appauthor=False))


def say_trouble(found: Store | None) -> None:
    """Says what went wrong with the cache: that cost time and no verdict."""
    if found is not None and found.trouble:
        complain(f"note: nothing is remembered: {found.trouble}\n")


def cache(
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Forget everything.")] = False,
) -> None:
    """Say where verdicts are remembered and how many, or forget them.

    PROVE_CACHE in the environment names another folder; `off` is none.
    """
    found = store()
    if found is None:
        emit(f"nothing is remembered: {VARIABLE} is off\n")
        return
    if clear:
        found.clear()
    number, size = found.count()
    found.close()
    if found.trouble:
        complain(f"error: {found.trouble}\n")
        raise typer.Exit(USAGE_ERROR)
    what = "entry" if number == 1 else "entries"
    emit(f"{found.path}: {number} {what}, {size / (1 << 20):.1f} MiB\n")
