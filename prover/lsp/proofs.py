"""Proofs that the editor asked for: each in a process of its own, which can be ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from prover.lsp.asked import Answer, Asked, Going, Malformed, line_of, written

LONGEST: Final = 64 << 20
"""The longest line that an answer may have, in bytes."""


@dataclass(slots=True)
class Proof:
    """One proof that is going on; ``paths`` are the files that it is about."""

    uri: str
    paths: set[str]
    task: asyncio.Task[Answer] | None = None
    request: str | int | None = None
    token: str = ""


@dataclass(slots=True)
class Proofs:
    """The proofs that are going on; ``command`` starts the process for one."""

    command: Sequence[str]
    going: list[Proof] = field(default_factory=list[Proof])

    async def run(self, proof: Proof, asked: Asked, on_going: Callable[[Going], None]) -> Answer:
        """The answer; raises CancelledError where it was ended before."""
        proof.task = asyncio.ensure_future(self._run(asked, on_going))
        self.going.append(proof)
        try:
            return await proof.task
        finally:
            proof.task.cancel()
            self.going.remove(proof)

    def end(self, which: Callable[[Proof], bool] = lambda _: True) -> None:
        """Ends those proofs."""
        for proof in [proof for proof in self.going if which(proof)]:
            if proof.task is not None:
                proof.task.cancel()

    async def _run(self, asked: Asked, on_going: Callable[[Going], None]) -> Answer:
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=LONGEST,
        )
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(written(asked))
            with contextlib.suppress(ConnectionError):
                await process.stdin.drain()
            process.stdin.close()
            while line := await process.stdout.readline():
                found = line_of(line)
                if found.answer is not None:
                    return found.answer
                if found.going is not None:
                    on_going(found.going)
        except Malformed:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
        return Answer(refused="the process that proves has ended without an answer")
