"""A page of documentation gone through as its reader does: files written, changed, commands typed.

A block of code under ``<!-- file: NAME -->`` is a file.  One under ``<!-- change: NAME -->`` has
declarations that take the place of those that begin alike, or come behind all others.  A console
block has commands and what they print; a line ``...`` stands for any lines.  ``<!-- exit: N -->``
above it is the exit code of its last command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from prover.cli.entry import main

BLOCK = re.compile(
    r"(?:<!-- (?P<note>[^\n]*?) -->\n)?```(?P<kind>c|console)\n(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)

Printed = Callable[[], str]


def walk(page: str, folder: Path, printed: Printed) -> list[str]:
    """Goes through a page in a folder; the commands that were typed."""
    typed: list[str] = []
    for block in BLOCK.finditer(page):
        note, kind, body = block["note"] or "", block["kind"], block["body"]
        what, _, name = note.partition(": ")
        if kind == "console":
            typed += _type(body, int(name) if what == "exit" else None, printed)
        elif what == "file":
            (folder / name).write_text(body, encoding="utf-8")
        elif what == "change":
            file = folder / name
            file.write_text(changed(file.read_text(encoding="utf-8"), body), encoding="utf-8")
        else:
            assert what == "shown", f"what is this block? {body[:60]}"
    return typed


def changed(text: str, body: str) -> str:
    """The file with each declaration of ``body`` in place of the one that begins alike."""
    for part in re.split(r"\n\n(?=\S)", body.rstrip("\n")):
        first = part.split("\n", 1)[0]
        start = "models " if first.startswith("models ") else re.split(r" = | at ", first)[0]
        old = re.search(
            rf"^{re.escape(start)}[^\n]*(?:\n(?=[\t{{}}])[^\n]*|\n(?=\n[\t}}]))*",
            text,
            re.MULTILINE,
        )
        text = f"{text.rstrip()}\n\n{part}\n" if old is None else text.replace(old.group(), part, 1)
    return text


def _type(body: str, code: int | None, printed: Printed) -> list[str]:
    """Runs the commands of a block, one after another."""
    found: list[str] = []
    parts = re.split(r"^\$ ", body, flags=re.MULTILINE)
    assert not parts[0], "a console block begins with a command"
    for number, part in enumerate(parts[1:]):
        command, _, shown = part.partition("\n")
        name, *arguments = command.split()
        assert name == "prove", command
        into = None
        if ">" in arguments:
            into = arguments[arguments.index(">") + 1]
            arguments = arguments[: arguments.index(">")]
        got = main(arguments)
        last = number == len(parts) - 2
        if code is not None and last:
            assert got == code, f"{command}: exit code {got}"
        text = printed()
        if into is not None:
            Path(into).write_text(text, encoding="utf-8")
            text = ""
        compare(command, shown.splitlines(), text.splitlines())
        found.append(command)
    return found


def compare(command: str, shown: list[str], printed: list[str]) -> None:
    """What a page shows is what is printed, but for what it leaves out."""
    place, gap = 0, False
    for line in shown:
        if line == "...":
            gap = True
            continue
        assert not gap or line in printed[place:], f"{command}: {line!r} is not printed"
        found = printed.index(line, place) if gap else place
        assert found < len(printed), f"{command}: {line!r} is not printed"
        assert printed[found] == line, f"{command}: {line!r} is {printed[found]!r}"
        place, gap = found + 1, False
    assert gap or place == len(printed), f"{command}: {printed[place:]} is not shown"
