"""``--watch``: prove again when a file changes, or what it imports."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import STANDARD_INPUT, complain_about
from prover.cli.terminal import complain

if TYPE_CHECKING:
    from prover.pipeline.watching import Seen

SECONDS: Final = 2.0
"""So often it is looked in any case: not every file system tells of changes."""

CALM: Final = 0.1
"""Seconds without a change that end a burst of them, as editors make."""

LONGEST: Final = 5.0
"""Seconds after which a burst is taken for an end of its own."""


def watch(names: Sequence[str], once: Callable[[], int]) -> NoReturn:
    """Proves by ``once``, and again after each change; ends with Ctrl-C."""
    _check_installed()
    from prover.pipeline.watching import look

    while True:
        seen = look(names)
        once()
        complain(f"watching {len(names)} {'name' if len(names) == 1 else 'names'}; Ctrl-C ends\n")
        # Nothing of this run is left over to the next.
        gc.unfreeze()
        gc.collect()
        changed = seen.changed_in(_next(names, seen))
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        complain(f"\nchanged: {os.path.relpath(changed[0])}{more}\n")


def _next(names: Sequence[str], seen: Seen) -> Seen:
    """What is there once it is something else than was ``seen``."""
    from prover.pipeline.watching import look

    # No thread lives while workers are forked; what changed in the meantime is seen at once.
    with _woken(seen) as event:
        while (now := look(names)).paths == seen.paths:
            event.wait(SECONDS)
            event.clear()
        until = time.monotonic() + LONGEST
        while time.monotonic() < until:
            time.sleep(CALM)
            before, now = now, look(names)
            if now.paths == before.paths and now.paths != seen.paths:
                break
    return now if now.paths != seen.paths else _next(names, seen)


@contextmanager
def _woken(seen: Seen) -> Generator[threading.Event]:
    """An event that is set when something changes in the folders that count."""
    from watchdog.events import (
        DirCreatedEvent,
        DirDeletedEvent,
        DirMovedEvent,
        FileCreatedEvent,
        FileDeletedEvent,
        FileModifiedEvent,
        FileMovedEvent,
        FileSystemEvent,
        FileSystemEventHandler,
    )
    from watchdog.observers import Observer

    woken = threading.Event()

    class Waker(FileSystemEventHandler):
        def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - whatever it is
            woken.set()

    # Not those of reading: looking would wake itself.
    kinds: list[type[FileSystemEvent]] = [
        *(DirCreatedEvent, DirDeletedEvent, DirMovedEvent),
        *(FileCreatedEvent, FileDeletedEvent, FileModifiedEvent, FileMovedEvent),
    ]
    observer = Observer()
    try:
        observer.start()
        # Where one cannot be watched it is looked at all the same, every few seconds.
        for folder in seen.below:
            with suppress(OSError):
                observer.schedule(Waker(), folder, recursive=True, event_filter=kinds)
        for folder in seen.beside:
            with suppress(OSError):
                observer.schedule(Waker(), folder, recursive=False, event_filter=kinds)
        yield woken
    finally:
        observer.stop()
        observer.join()


def _check_installed() -> None:
    """Exits where the package is missing."""
    try:
        import_module("watchdog.observers")
    except ImportError:
        from dsl.diagnostic import Diagnostic

        message = "--watch needs the package watchdog, which is not installed"
        hint = "pip install 'prove-khp[watch]'"
        complain_about((Diagnostic("no-watchdog", message, None, hint=hint),), {})
        raise typer.Exit(USAGE_ERROR) from None


def can_be_watched(names: Sequence[str], output: str, changed: str | None) -> None:
    """A usage error where what is asked for does not go together with ``--watch``."""
    wrong = {
        "standard input does not change": STANDARD_INPUT in names,
        f"it prints tables: {output} is for one run": output != "table",
        "--changed is about one run": changed is not None,
    }
    for message in (message for message, found in wrong.items() if found):
        raise typer.BadParameter(message, param_hint="'--watch'")
