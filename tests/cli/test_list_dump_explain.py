"""``prove list``, ``prove dump`` of the language's forms, and ``prove explain``."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from dsl.codes import CODES
from dsl.primitives import PROPERTIES
from dsl.property_texts import PROPERTY_TEXTS, VERDICT_TEXTS
from prover.cli.entry import main

TEXT = """\
// Is it safe?
models sc; config PAE = off | on;
config CPUS = one | two | many;
int x;
actor a {
change:
	x = 1;
}
actor b { x = 2; }
scenario one {
	run a, b * 2;
	expect proved;
}
scenario two { run a; }
variant gone in one, two {
	drop a.change;
	expect refuted assert, warn-on allowing bug-on when PAE == on || CPUS == many under sc;
	expect proved when PAE == off && CPUS == one;
}
"""

LISTED = """\
f.khp: sc; PAE=off|on; CPUS=one|two|many
scenario  run       variant  expects                                  when                       models
--------  --------  -------  ---------------------------------------  -------------------------  ------
one       a, b * 2           proved
                    gone     refuted assert, warn-on allowing bug-on  PAE == on || CPUS == many  sc
                    gone     proved                                   PAE == off && CPUS == one
two       a                  nothing
                    gone     refuted assert, warn-on allowing bug-on  PAE == on || CPUS == many  sc
                    gone     proved                                   PAE == off && CPUS == one
"""

BY_MODEL = """\
// Is it safe?
models lkmm, sc, tso;
int x;
actor a { x = 1; }
scenario one {
	run a;
	expect refuted assert under lkmm, tso;
	expect proved under sc;
}
scenario two {
	run a;
	expect proved;
}
"""

LISTED_BY_MODEL = """\
f.khp: lkmm, sc, tso
scenario  run  variant  expects         when  models
--------  ---  -------  --------------  ----  ---------
one       a             refuted assert        lkmm, tso
                        proved                sc
two       a             proved
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("f.khp").write_text(TEXT, encoding="utf-8")
    return "f.khp"


def test_list(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", file]) == 0
    assert capsys.readouterr() == (LISTED, "")


def test_list_says_what_is_expected_under_which_models(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(file).write_text(BY_MODEL, encoding="utf-8")
    assert main(["list", file]) == 0
    assert capsys.readouterr() == (LISTED_BY_MODEL, "")
    Path(file).write_text(
        BY_MODEL.replace(" under lkmm, tso", "").replace("\texpect proved under sc;\n", ""),
        encoding="utf-8",
    )
    assert main(["list", file]) == 0
    assert "models" not in capsys.readouterr().out


def test_list_of_a_file_without_scenarios(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.khp").write_text("int x;\n", encoding="utf-8")
    assert main(["list", "f.khp"]) == 0
    assert capsys.readouterr().out == "f.khp: lkmm\nno scenarios\n"


def test_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(TEXT.encode())))
    assert main(["list", "-"]) == 0
    assert capsys.readouterr().out == LISTED.replace("f.khp", "<stdin>")


@pytest.mark.parametrize("command", [["list"], ["dump", "syntax"], ["dump", "protocol"]])
def test_what_is_wrong_with_a_file_is_a_diagnostic(
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("g.khp").write_text("int x = ;\n", encoding="utf-8")
    Path("f.khp").write_text('import "g.khp";\n', encoding="utf-8")
    assert main([*command, "f.khp"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "error[syntax]" in shown.err
    assert " --> g.khp:1:9\n" in shown.err
    assert " --> f.khp:1:8\n" in shown.err
    assert main([*command, "none.khp"]) == 2


def test_a_wrong_type_is_a_diagnostic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.khp").write_text("int x;\nactor a { y = 1; }\n", encoding="utf-8")
    assert main(["list", "f.khp"]) == 2
    shown = capsys.readouterr().err
    assert " --> f.khp:2:11\n" in shown
    assert "2 | actor a { y = 1; }\n  |           ^" in shown


def test_dump_syntax(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", "syntax", file]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("File@1:1\n  name: 'f.khp'\n")
    assert "Drop@16:2(LabelPath@16:7(Name@16:7('a'), Name@16:9('change')))" in shown
    assert max(map(len, shown.splitlines())) <= 100


def test_dump_protocol(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", "protocol", file]) == 0
    plain = capsys.readouterr().out
    assert "Assign@7:2" in plain
    assert main(["dump", "protocol", file, "--variant", "gone"]) == 0
    changed = capsys.readouterr().out
    assert "Assign@7:2" not in changed
    assert "variant: 'gone'" in changed


def test_dump_of_an_unknown_variant(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dump", "protocol", file, "--variant", "gine"]) == 2
    assert "gone" in capsys.readouterr().err


def test_deep_nesting_is_dumped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    depth = 150
    text = f"int x;\nactor a {{ x = {'~(' * depth}1{')' * depth}; }}\n"
    Path("f.khp").write_text(text, encoding="utf-8")
    assert main(["dump", "syntax", "f.khp"]) == 0
    assert capsys.readouterr().out.count("Unary") == depth


@pytest.mark.parametrize("name", [*PROPERTIES, *CODES, *VERDICT_TEXTS])
def test_everything_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(name)
    assert len(shown.split()) > 4


def test_properties_and_verdicts_have_a_text() -> None:
    assert PROPERTY_TEXTS.keys() == PROPERTIES.keys()
    assert VERDICT_TEXTS.keys() == {"proved", "refuted", "bounded", "vacuous", "unknown", "broken"}
    lines = [x for t in (*PROPERTY_TEXTS.values(), *VERDICT_TEXTS.values()) for x in t.split("\n")]
    assert all(line.isascii() and len(line) <= 100 for line in lines)


def test_explain_lists_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    shown = capsys.readouterr().out
    for name in (*PROPERTIES, *CODES, *VERDICT_TEXTS):
        assert f"\n  {name} " in shown


def test_explain_suggests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "torn-valu"]) == 2
    assert "did you mean torn-value?" in capsys.readouterr().err
    assert main(["explain", "zzzzzz"]) == 2
    assert "did you mean" not in capsys.readouterr().err
