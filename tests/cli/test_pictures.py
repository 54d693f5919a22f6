"""``prove FILE --format svg|mermaid|dot``: which witnesses are drawn, and what is said if none is."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from prover.cli.entry import main

ONE = """\
int x;
actor writer { WRITE_ONCE(x, 1); }
actor reader { assert(READ_ONCE(x) == 0, "nobody writes"); }
scenario both {
	run writer, reader;
	expect refuted assert;
}
"""

TWO = (
    ONE
    + """\
scenario alone {
	run reader;
	expect proved;
}
scenario again {
	run writer, reader;
	expect refuted assert;
}
"""
)

VARIANT = """\
int x;
actor writer {
first:
	WRITE_ONCE(x, 1);
}
actor reader { assert(READ_ONCE(x) == 0); }
scenario both {
	run writer, reader;
	expect refuted assert;
}
variant other "written otherwise" in both {
	replace writer.first with { WRITE_ONCE(x, 2); }
	expect refuted assert;
}
"""

DEADLOCK = """\
struct mutex a;
struct mutex b;
actor one { mutex_lock(&a); mutex_lock(&b); mutex_unlock(&b); mutex_unlock(&a); }
actor two { mutex_lock(&b); mutex_lock(&a); mutex_unlock(&a); mutex_unlock(&b); }
scenario both {
	run one, two;
	expect refuted deadlock, lock-order;
}
"""


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)

    def run(text: str, *arguments: str) -> tuple[int, str, str]:
        (tmp_path / "f.khp").write_text(text, encoding="utf-8")
        code = main(["-j", "1", *arguments, "f.khp"])
        return (code, *capsys.readouterr())

    return run


def title(svg: str) -> str:
    found = ET.fromstring(svg).find("{http://www.w3.org/2000/svg}title")  # noqa: S314 - our own
    assert found is not None
    return found.text or ""


def test_one_witness_is_printed(drawn) -> None:
    code, out, err = drawn(ONE, "--format", "svg")
    assert (code, err) == (0, "")
    assert title(out) == "assert: nobody writes"


def test_the_exit_code_is_that_of_the_verdicts(drawn) -> None:
    code, out, _ = drawn(ONE.replace("\texpect refuted assert;\n", ""), "--format", "dot")
    assert code == 1
    assert out.startswith("digraph")


def test_a_picture_is_of_one_witness_only(drawn) -> None:
    code, out, err = drawn(TWO, "--format", "svg")
    assert (code, out) == (2, "")
    assert "error[several-witnesses]: 2 witnesses are selected" in err
    assert "hint: one of --scenario both; --scenario again" in err
    code, out, err = drawn(TWO, "--format", "svg", "--scenario", "again")
    assert (code, err) == (0, "")
    assert title(out)


def test_a_protocol_as_it_stands_comes_before_its_variants(drawn) -> None:
    _, out, _ = drawn(VARIANT, "--format", "svg")
    assert "[x: 0 -&gt; 1]" in out
    _, out, _ = drawn(VARIANT, "--format", "svg", "--variant", "other")
    assert "[x: 0 -&gt; 2]" in out


def test_nothing_to_draw(drawn) -> None:
    for picture in ("svg", "mermaid", "dot"):
        code, out, err = drawn(TWO, "--format", picture, "--scenario", "alone")
        assert (code, out) == (2, "")
        assert "error[no-witness]" in err


def test_what_else_was_found_is_said(drawn) -> None:
    code, out, err = drawn(DEADLOCK, "--format", "svg")
    assert code == 0
    assert title(out).startswith("deadlock:")
    assert err == "note: refuted by lock-order too; --format mermaid draws all\n"


def test_several_diagrams_have_headings(drawn) -> None:
    code, out, err = drawn(DEADLOCK, "--format", "mermaid")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        "### f.khp, both, lkmm: deadlock",
        "### f.khp, both, lkmm: lock-order",
    ]
    assert lines.count("```mermaid") == lines.count("```") == 2
    assert lines.count("sequenceDiagram") == 2


def test_several_graphs_are_one_file(drawn) -> None:
    code, out, err = drawn(DEADLOCK, "--format", "dot")
    assert (code, err) == (0, "")
    assert out.count("digraph witness {") == 2
    assert "// f.khp, both, lkmm: lock-order" in out


def test_one_diagram_stands_by_itself(drawn) -> None:
    assert drawn(ONE, "--format", "mermaid")[1].startswith("sequenceDiagram\n")


def test_errors_in_the_file_are_what_is_said(drawn) -> None:
    code, out, err = drawn("actor a { f(); }\nscenario s { run a; }\n", "--format", "svg")
    assert (code, out) == (2, "")
    assert "error[unknown-name]" in err
    assert "no-witness" not in err


def test_litmus_tests_have_no_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--format", "svg", "t.litmus"]) == 2
    assert "'svg' is of witnesses of protocols" in " ".join(capsys.readouterr().err.split())
