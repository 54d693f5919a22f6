"""``prove FILE...``: options in, streams and exit code out.  The pipeline is a stand-in here."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from dsl.diagnostic import Diagnostic
from dsl.frozen import fields_of
from prover.cli.entry import main
from prover.verdict import (
    Broken,
    FileReport,
    Measured,
    Obligation,
    Outcome,
    Progress,
    Proved,
    Report,
    Request,
    Unknown,
    Vacuous,
    Verdict,
)


@dataclass
class Pipeline:
    """Remembers what it was asked for, and answers what it was told to."""

    requests: list[Request] = field(default_factory=list)
    shown: list[tuple[Any, ...]] = field(default_factory=list)
    diagnostics: tuple[Diagnostic, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    error: BaseException | None = None

    def run(
        self,
        request: Request,
        on_progress: Callable[[Progress], None],
        store: object,
        second: object,
        only: object,
    ) -> Report:
        assert store is None  # the tests have no cache
        assert second is None  # and ask for no second opinion
        assert only is None
        self.requests.append(request)
        on_progress(Progress(0, 1, "scenario"))
        if self.error is not None:
            raise self.error
        file = FileReport("f.khp", self.outcomes, self.diagnostics, {})
        return Report((file,), 1.5)

    def render_report(
        self, _: object, verbose: bool, quiet: bool, color: bool, *, full: bool
    ) -> str:
        self.shown.append((verbose, quiet, color, full))
        return "the table\n"


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    made = Pipeline()
    modules = {
        "prover.pipeline": SimpleNamespace(run=made.run),
        "prover.render.table": SimpleNamespace(render_report=made.render_report),
        "prover.render.json_report": SimpleNamespace(render=lambda _: "{}\n"),
    }
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return made


DEFAULTS = {
    "files": ("f.khp",),
    "stdin_text": None,
    "texts": (),
    "library": "",
    "cluster": "",
    "scenario": None,
    "variant": None,
    "config": (),
    "model": None,
    "max_bound": 8,
    "timeout": 60,
    "memory": 2048,
    "jobs": 0,
    "explain": False,
    "reasons": False,
    "without": (),
    "certificates": "",
}


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        ([], {}),
        (["g.khp"], {"files": ("f.khp", "g.khp")}),
        (["--scenario", "s"], {"scenario": "s"}),
        (["--variant=v"], {"variant": "v", "explain": True}),
        (["--verbose"], {"explain": True}),
        (["--format=json"], {"explain": True}),
        (["--config", "PAE=on", "--config", "A=b=c"], {"config": (("PAE", "on"), ("A", "b=c"))}),
        (["--model", "sc"], {"model": "sc"}),
        (["--max-bound", "3"], {"max_bound": 3}),
        (["--timeout", "0.5"], {"timeout": 0.5}),
        (["--memory", "512"], {"memory": 512}),
        (["-j", "4"], {"jobs": 4}),
        (["--jobs=1"], {"jobs": 1}),
        (["--without", "kept", "--without", "apart"], {"without": ("kept", "apart")}),
    ],
)
def test_options_reach_the_pipeline(
    pipeline: Pipeline, arguments: list[str], changes: dict[str, object]
) -> None:
    assert main(["f.khp", *arguments]) == 0
    asked = pipeline.requests[0]
    found = {name: getattr(asked, name) for name in fields_of(asked)}
    assert found == {**DEFAULTS, **changes}


def outcome(verdict: Verdict, *, as_expected: bool) -> Outcome:
    obligation = Obligation("walk", "no_sync", (("PAE", "on"),), "sc")
    measured = Measured(116, 20417, 2, {"encode": 0.08, "solve": 0.3}, 95.6)
    return Outcome(obligation, verdict, None, as_expected, (), measured)


@pytest.mark.parametrize(
    ("verdict", "as_expected", "code"),
    [
        (Proved(), True, 0),
        (Proved(), False, 1),
        (Unknown("time"), False, 3),
        (Unknown("time"), True, 0),
        (Vacuous("no run ends"), False, 3),
        (Broken("no replay"), False, 4),
        (Broken("no replay"), True, 4),
    ],
)
def test_the_report_decides_the_exit_code(
    pipeline: Pipeline, verdict: Verdict, as_expected: bool, code: int
) -> None:
    pipeline.outcomes = (
        outcome(Proved(), as_expected=True),
        outcome(verdict, as_expected=as_expected),
    )
    assert main(["f.khp"]) == code


def test_timings_go_to_standard_error(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.outcomes = (outcome(Proved(), as_expected=True),) * 2
    assert main(["f.khp", "--timings"]) == 0
    assert capsys.readouterr().err == (
        "events  clauses  bound  encode  solve  MiB  obligation\n"
        "   116    20417      2   0.080  0.300   96  walk / no_sync PAE=on sc\n"
        "   116    20417      2   0.080  0.300   96  walk / no_sync PAE=on sc\n"
        "                         0.160  0.600       total of 1.50 s\n"
    )


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], (False, False, False, False)),
        (["-v"], (True, False, False, False)),
        (["-q"], (False, True, False, False)),
        (["--color", "always"], (False, False, True, False)),
        (["--full"], (True, False, False, True)),
    ],
)
def test_how_to_show_it(
    pipeline: Pipeline,
    arguments: list[str],
    shown: tuple[bool, bool, bool, bool],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)
    assert main([*arguments, "f.khp"]) == 0
    assert pipeline.shown == [shown]


def test_results_and_complaints_have_their_own_streams(
    pipeline: Pipeline, capsys: pytest.CaptureFixture[str]
) -> None:
    pipeline.diagnostics = (Diagnostic("a-code", "what is wrong", None),)
    assert main(["f.khp"]) == 2
    assert capsys.readouterr() == ("the table\n", "error[a-code]: what is wrong\n\n")


def test_json(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--format", "json", "f.khp"]) == 0
    assert capsys.readouterr() == ("{}\n", "")


def test_standard_input(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"// \xc3\xa9\n")))
    assert main(["-"]) == 0
    assert pipeline.requests[0].files == ("-",)
    assert pipeline.requests[0].stdin_text == "// \N{LATIN SMALL LETTER E WITH ACUTE}\n"


def test_standard_input_that_is_no_text(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"ok \xff")))
    assert main(["-"]) == 2
    assert capsys.readouterr().err == "error: standard input is not UTF-8 (byte 3)\n"
    assert pipeline.requests == []


def test_an_interrupt_leaves_130(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.error = KeyboardInterrupt()
    assert main(["f.khp"]) == 130
    assert capsys.readouterr().out == ""


def test_a_bug_leaves_4(pipeline: Pipeline, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.error = RecursionError("too deep")
    assert main(["f.khp"]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "this is a bug in prove (RecursionError: too deep)" in shown.err
