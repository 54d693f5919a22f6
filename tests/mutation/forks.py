"""Work in a forked process."""

from __future__ import annotations

import os
from collections.abc import Callable


def forked(work: Callable[[Callable[[bytes], None]], None]) -> tuple[bytes, bool]:
    """What a forked process says, and whether it came to its end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        code = 1
        try:
            work(lambda data: _write(write, data))
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    said = b""
    while block := os.read(read, 65536):
        said += block
    os.close(read)
    _, status = os.waitpid(child, 0)
    return said, os.waitstatus_to_exitcode(status) == 0


def _write(where: int, data: bytes) -> None:
    while data:
        data = data[os.write(where, data) :]


__all__ = ["forked"]
