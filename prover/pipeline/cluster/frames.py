"""Texts through a pipe, each after its length."""

from __future__ import annotations

from typing import BinaryIO, Final

HEAD: Final = 8
"""Bytes of the length."""


def write_frame(pipe: BinaryIO, data: bytes) -> None:
    """Writes one text."""
    pipe.write(len(data).to_bytes(HEAD, "big") + data)
    pipe.flush()


def read_frame(pipe: BinaryIO) -> str | None:
    """Reads one text; None where there is no more, or not all of it."""
    head = pipe.read(HEAD)
    if len(head) < HEAD:
        return None
    size = int.from_bytes(head, "big")
    data = pipe.read(size)
    return None if len(data) < size else data.decode()
