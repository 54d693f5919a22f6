"""The command's side of the process that talks with the cluster (:mod:`client`)."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from dsl.diagnostic import DiagnosticError
from prover.pipeline.cluster.address import trouble
from prover.pipeline.cluster.client import CONNECT

SILENCE: Final = 60.0
"""Seconds without a line from the process: it, or the scheduler, hangs."""

SHAKE: Final = CONNECT + 2
"""Seconds that may pass between the connection and the first answer."""

START: Final = (
    "import json, sys\n"
    "sys.path[:] = json.loads(sys.argv[1])\n"
    "from prover.pipeline.cluster.client import main\n"
    "main(sys.argv[2])\n"
)


class Ferry:
    """Questions to the cluster, and what comes back."""

    def __init__(self, address: str) -> None:
        self._address = address
        path = json.dumps([part or os.getcwd() for part in sys.path])  # noqa: PTH109
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-c", START, path, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asks = self._process.stdin
        self._answers = self._process.stdout
        self._rest = b""
        self._lines: deque[bytes] = deque()
        self._connecting = self._up = False
        self._heard = time.monotonic()

    def connect(self) -> None:
        """Waits until the scheduler has answered.  Raises DiagnosticError where it does not."""
        while not self._up:
            self.hear(1.0)

    def ask(self, number: int, text: str) -> None:
        """Sends a question."""
        try:
            self._asks.write(json.dumps({"id": number, "text": text}).encode() + b"\n")
            self._asks.flush()
        except OSError:
            # It has said why, or its end shows.
            while True:
                self.hear(1.0)

    def hear(self, seconds: float) -> dict[str, Any] | None:
        """What came of a question; None where nothing did for so long.  Raises DiagnosticError."""
        until = time.monotonic() + seconds
        while True:
            while self._lines:
                said = json.loads(self._lines.popleft())
                if "trouble" in said:
                    raise self._trouble(said["trouble"], said["why"])
                self._connecting = True
                self._up |= "up" in said
                if "id" in said:
                    return dict(said)
            left = until - time.monotonic()
            if not self._read(max(left, 0.0)) and left <= 0:
                return None

    def _read(self, seconds: float) -> bool:
        """Takes in what was said; whether anything was."""
        if not select.select([self._answers], [], [], seconds)[0]:
            most = SHAKE if self._connecting and not self._up else SILENCE
            if time.monotonic() - self._heard > most:
                kind = "lost" if self._up else "silent"
                raise self._trouble(kind, f"no answer for {most:g} s")
            return False
        data = os.read(self._answers.fileno(), 1 << 20)
        if not data:
            kind = "lost" if self._up else "silent"
            raise self._trouble(kind, "the process that talks with it died")
        self._heard = time.monotonic()
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._lines.extend(whole)
        return True

    def close(self) -> None:
        """Ends the connection; the cluster drops what is not done."""
        try:
            self._asks.close()
            self._process.wait(timeout=4 if self._up else 0)
        except (OSError, subprocess.TimeoutExpired):
            self._process.kill()
        finally:
            self._process.kill()
            self._process.wait()
            self._answers.close()

    def _trouble(self, kind: str, why: str) -> DiagnosticError:
        where = self._address
        match kind:
            case "missing":
                message = "`--cluster` needs a package that is not installed: distributed"
                hint = "install it with the tool: pip install 'prove-khp[cluster]'"
                return trouble("cluster-missing", message, hint)
            case "silent":
                message = f"no scheduler answers at {where} ({_plain(why)})"
                hint = "start one with `dask scheduler`; its first lines have the address"
                if where.startswith("tls:"):
                    hint = "Dask's configuration names the certificates (docs/cluster.md)"
                return trouble("cluster-silent", message, hint)
            case "workers":
                message = f"the cluster at {where} has had {_plain(why)}"
                hint = f"start some: `dask worker {where}`; without this prove installed they end"
                return trouble("cluster-lost", message, hint)
            case _:
                message = f"the cluster at {where} is lost: {_plain(why)}"
                hint = "what was decided is remembered: start the cluster, then `prove`, again"
                return trouble("cluster-lost", message, hint)


def _plain(text: str) -> str:
    """One line of what a library said."""
    return " ".join(text.split())[:200]


@contextmanager
def ferry(address: str) -> Generator[Ferry]:
    """A connection that is closed whatever happens."""
    found = Ferry(address)
    try:
        yield found
    finally:
        found.close()
