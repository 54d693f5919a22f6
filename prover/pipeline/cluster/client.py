"""The process that talks with the cluster: questions on standard input, what came of them on
standard output, a JSON object in each line.

It knows nothing of protocols.  At most twice as many questions as the workers have threads are with
the cluster at a time.  What a lost worker was at the scheduler gives to another one; where it gives
up, the question is said to be lost.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

CONNECT: Final = 10.0
"""Seconds within which a scheduler must answer."""

PATIENCE: Final = 30.0
"""Seconds that a cluster may be without any worker."""

FETCH: Final = 60.0
"""Seconds that it may take to fetch an answer that is there."""

LOOK: Final = 1.0
"""Seconds between two looks at the workers; standard output has a line at least as often."""


def main(address: str, patience: float = PATIENCE) -> None:
    """Serves until standard input ends, or the cluster does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    # What reads may be at something else for a while: nobody here waits for it.
    writer = threading.Thread(target=_write, args=(lines, os.dup(1)), daemon=True)
    writer.start()
    os.dup2(2, 1)
    logging.disable()
    _Client(address, patience, lines).serve()
    lines.put(None)
    writer.join(timeout=2)
    # Threads of the library need not be waited for.
    os._exit(0)


def _write(lines: queue.SimpleQueue[str | None], descriptor: int) -> None:
    """Writes lines as they come."""
    with os.fdopen(descriptor, "w", encoding="utf-8") as said:
        while (line := lines.get()) is not None:
            try:
                said.write(line)
                said.flush()
            except OSError:
                os._exit(0)


class Trouble(Exception):
    """The cluster cannot be used: ``kind`` and what was said."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class _Client:
    """A connection to a scheduler, and what is asked through it."""

    def __init__(self, address: str, patience: float, lines: queue.SimpleQueue[str | None]) -> None:
        self._address = address
        self._patience = patience
        self._lines = lines
        self._inbox: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._asked: list[tuple[int, str]] = []
        self._flying: dict[int, Any] = {}
        self._gathering = ThreadPoolExecutor(8)
        self._client: Any = None
        self._slots = 0
        self._seen = time.monotonic()

    def serve(self) -> None:
        """Connects, and hands questions and answers on."""
        try:
            self._connect()
            self._say(up=True)
            threading.Thread(target=self._listen, daemon=True).start()
            look = 0.0
            while True:
                if time.monotonic() >= look:
                    self._look()
                    look = time.monotonic() + LOOK
                try:
                    kind, what = self._inbox.get(timeout=LOOK / 2)
                except queue.Empty:
                    continue
                if kind == "end":
                    break
                self._take(kind, what)
                self._send()
        except Trouble as trouble:
            self._say(trouble=trouble.kind, why=str(trouble))
        finally:
            self._close()

    def _connect(self) -> None:
        host, _, port = self._address.partition("://")[2].rpartition(":")
        try:
            # The library would try for as long as it may, whatever it is told.
            socket.create_connection((host.strip("[]"), int(port)), CONNECT).close()
        except OSError as error:
            raise Trouble("silent", error.strerror or str(error)) from None
        try:
            import distributed
        except ImportError as error:
            raise Trouble("missing", str(error)) from None
        self._say(connecting=True)
        try:
            connect: Any = distributed.Client
            self._client = connect(
                self._address, timeout=CONNECT, set_as_default=False, name="prove"
            )
        except Exception as error:  # noqa: BLE001 - whatever the library makes of a stranger
            raise Trouble("silent", f"{type(error).__name__}: {error}") from None

    def _listen(self) -> None:
        """Takes in what is asked."""
        for line in sys.stdin:
            self._inbox.put(("ask", json.loads(line)))
        self._inbox.put(("end", None))

    def _look(self) -> None:
        """Who is there: the scheduler, and how many threads of workers."""
        if self._client.status != "running":
            raise Trouble("lost", "the scheduler is gone")
        try:
            self._slots = sum(self._client.nthreads().values())
        except Exception as error:  # noqa: BLE001 - as above
            raise Trouble("lost", f"the scheduler is gone: {type(error).__name__}") from None
        if self._slots:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > self._patience:
            raise Trouble("workers", f"no worker for {self._patience:g} s")
        self._say(slots=self._slots)
        self._send()

    def _take(self, kind: str, what: Any) -> None:  # noqa: ANN401
        """One thing that happened."""
        if kind == "ask":
            self._asked.append((what["id"], what["text"]))
            return
        number, said = what
        future = self._flying.pop(number)
        future.release()
        self._say(id=number, **said)

    def _send(self) -> None:
        """Gives the cluster more to do."""
        from prover.pipeline.cluster.worker import decide

        while self._asked and len(self._flying) < 2 * self._slots:
            number, text = self._asked.pop(0)
            try:
                future = self._client.submit(decide, text, pure=False, retries=0)
            except Exception as error:  # noqa: BLE001 - as above
                raise Trouble("lost", f"the scheduler is gone: {type(error).__name__}") from None
            self._flying[number] = future
            self._gathering_of(number, future)

    def _gathering_of(self, number: int, future: Any) -> None:  # noqa: ANN401
        """Has an answer fetched as soon as it is there."""

        def fetch() -> None:
            self._inbox.put(("done", (number, _fetched(future))))

        def there(_: object) -> None:
            self._gathering.submit(fetch)

        future.add_done_callback(there)

    def _say(self, **what: object) -> None:
        self._lines.put(json.dumps(what) + "\n")

    def _close(self) -> None:
        """Leaves the cluster, which drops what is not done."""
        # Closing may hang where the scheduler does.
        watch = threading.Timer(3.0, os._exit, (0,))
        watch.daemon = True
        watch.start()
        if self._client is not None:
            try:
                self._client.cancel(list(self._flying.values()), force=True)
                self._client.close(timeout=1)
            except Exception:  # noqa: BLE001 - the cluster sees that we are gone
                return


def _fetched(future: Any) -> dict[str, object]:  # noqa: ANN401
    """What became of a question."""
    try:
        text = future.result(timeout=FETCH)
    except BaseException as error:  # noqa: BLE001 - a worker may raise anything, and be cancelled
        name = type(error).__name__
        if "Killed" in name or "Cancelled" in name or "Timeout" in name:
            return {"lost": name}
        return {"failed": f"{name}: {error}"[:500]}
    return {"text": text if isinstance(text, str) else "no text"}
