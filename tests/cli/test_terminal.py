"""Colour and progress."""

from __future__ import annotations

import io

import pytest

from prover.cli.terminal import Color, ProgressLine, use_color
from prover.verdict import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "colored"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "0"}, False),
        ("auto", True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(choice: Color, terminal: bool, environment: dict[str, str], colored: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert use_color(choice, stream, environment) == colored


def test_the_progress_line_is_wiped_at_the_end() -> None:
    stream = Terminal()
    with ProgressLine(stream, enabled=True) as line:
        line.show(Progress(3, 12, "retract / no_sync", "p/retract.khp"))
    bar = "[#####...............] 3/12 p/retract.khp: retract / no_sync"
    assert stream.getvalue() == f"\r\x1b[K{bar}\r\x1b[K"


def test_the_progress_line_is_wiped_after_an_interrupt() -> None:
    stream = Terminal()

    def interrupted() -> None:
        with ProgressLine(stream, enabled=True) as line:
            line.show(Progress(1, 12, "x" * 200))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert stream.getvalue().endswith("\r\x1b[K")
    assert max(len(part) for part in stream.getvalue().split("\r\x1b[K")) < 80


@pytest.mark.parametrize(("stream", "enabled"), [(io.StringIO(), True), (Terminal(), False)])
def test_there_is_no_progress_elsewhere(stream: io.StringIO, enabled: bool) -> None:
    with ProgressLine(stream, enabled=enabled) as line:
        line.show(Progress(1, 2, "x"))
    assert stream.getvalue() == ""


def test_where_there_is_no_terminal_a_long_run_says_now_and_then_that_it_goes_on() -> None:
    stream = io.StringIO()
    now = [0.0]
    with ProgressLine(stream, enabled=True, clock=lambda: now[0]) as line:
        for done in range(1, 101):
            now[0] = done * 1.0
            line.show(Progress(done, 100, f"s{done}", "\u202ep.khp"))
    assert stream.getvalue() == "".join(
        f"prove: {done}/100 after {done} s, <U+202E>p.khp: s{done}\n" for done in (30, 60, 90)
    )
