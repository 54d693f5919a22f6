"""KTAP, read strictly: what is no version, plan, result or diagnostic line is an error."""

from __future__ import annotations

import re
from dataclasses import dataclass

RESULT = re.compile(r"(ok|not ok) ([1-9][0-9]*) ([^#]*[^# ])(?: # (.+))?")


@dataclass(frozen=True)
class Test:
    name: str
    good: bool
    data: str
    subtests: tuple[Test, ...]
    said: tuple[str, ...]


def read(text: str) -> tuple[Test, ...]:
    """The tests of a document."""
    assert text.isascii()
    assert text.endswith("\n")
    lines = text.removesuffix("\n").split("\n")
    tests, rest = _tests(lines, 0)
    assert rest == len(lines), lines[rest]
    return tests


def _tests(lines: list[str], level: int) -> tuple[tuple[Test, ...], int]:
    indent = "  " * level
    assert lines[0] == f"{indent}KTAP version 1"
    plan = re.fullmatch(rf"{indent}1\.\.(\d+)", lines[1])
    assert plan is not None, lines[1]
    tests: list[Test] = []
    subtests: tuple[Test, ...] = ()
    said: list[str] = []
    at = 2
    while at < len(lines) and lines[at].startswith(indent) and len(tests) < int(plan[1]):
        line = lines[at].removeprefix(indent)
        if line.startswith("  "):
            assert not subtests
            subtests, used = _tests(lines[at:], level + 1)
            at += used
            continue
        at += 1
        if line.startswith("#"):
            said.append(line[1:].strip())
            continue
        result = RESULT.fullmatch(line)
        assert result is not None, line
        assert int(result[2]) == len(tests) + 1
        good = result[1] == "ok"
        # A test fails with any of its subtests.
        assert not (good and any(not each.good for each in subtests))
        tests.append(Test(result[3], good, result[4] or "", subtests, tuple(said)))
        subtests, said = (), []
    assert len(tests) == int(plan[1])
    return tuple(tests), at
