"""``prove diff``: what changed between two sides, and whether anything got worse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dsl.parse import parse
from dsl.source import Source
from dsl.statements import statements_of
from prover.cli.entry import main
from prover.render import json_report
from prover.render.compared import schema
from tests.cache import small
from tests.cli.test_changed import commit, git, replace

TEXT = """\
models sc;
spinlock_t lock;
u64 value;

void inc(void)
{
\tu64 seen;
\tL1: spin_lock(&lock);
\tseen = value;
\tvalue = seen + 1;
\tL2: spin_unlock(&lock);
}

actor first { inc(); }
actor second { inc(); }
scenario both { run first, second; final value == 2; expect proved; }
"""
MORE = "scenario one { run first; final value == 1; expect proved; }\n"
VARIANT = "variant unlocked in both { drop inc.L1; drop inc.L2; expect refuted final; }\n"
UNLOCKED = TEXT.replace("\tL1: spin_lock(&lock);\n", "").replace("\tL2: spin_unlock(&lock);\n", "")


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)

    def run(old: str, new: str, *arguments: str) -> tuple[int, str]:
        for name, text in (("old.khp", old), ("new.khp", new)):
            (tmp_path / name).write_text(text, encoding="utf-8")
        code = main(["diff", "-j", "1", "old.khp", "new.khp", *arguments])
        return code, capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (TEXT, TEXT, 0, "1 obligation: 1 as before, 0 worse, 0 changed, 0 appeared, 0 vanished"),
        (TEXT, UNLOCKED, 1, "0 as before, 1 worse, 0 changed"),
        # An expectation that is edited along does not hide it.
        (TEXT, UNLOCKED.replace("expect proved", "expect refuted final"), 1, "1 worse"),
        (UNLOCKED, TEXT, 0, "0 worse, 1 changed"),
        (TEXT, TEXT + MORE, 0, "1 as before, 0 worse, 0 changed, 1 appeared"),
        (TEXT, TEXT + MORE.replace("== 1", "== 2"), 1, "1 worse, 0 changed, 0 appeared"),
        (TEXT + MORE, TEXT, 1, "1 worse, 0 changed, 0 appeared, 0 vanished"),
        (TEXT + VARIANT, TEXT, 0, "0 worse, 0 changed, 0 appeared, 1 vanished"),
        # Not as expected before, and the same now: nothing got worse.
        (UNLOCKED, UNLOCKED, 0, "1 as before"),
        (
            TEXT,
            TEXT.replace("\tvalue = seen + 1;", "\twhile (value < 9)\n\t\tvalue++;\n\tassume(0);"),
            3,
            "1 worse",
        ),
        (TEXT, TEXT.replace("run first", "run frist"), 2, "errors in files"),
    ],
)
def test_exit_code(said, old: str, new: str, code: int, words: str) -> None:
    found, text = said(old, new)
    assert (found, words in text) == (code, True), text


def test_what_is_printed(said) -> None:
    _, text = said(TEXT, UNLOCKED)
    assert "  worse     both  proved -> refuted final (not expected)\n" in text
    assert "final: the condition does not hold" in text
    assert text.isascii()
    assert text.split("statements\n")[1].startswith(
        "  new.khp: inc()  +0 -2\n    - L1: spin_lock(&lock);\n    - L2: spin_unlock(&lock);\n"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # Neither side of a file that cannot be parsed says anything, nor do imports behind it.
        (TEXT, TEXT.replace("seen + 1;", "seen + 1")),
        (TEXT.replace("seen + 1;", "seen + 1"), TEXT),
        ('import "kernel/completion.khp";\n' + TEXT, TEXT.replace("seen + 1;", "seen + 1")),
    ],
)
def test_what_cannot_be_parsed_has_lost_no_statement(said, old: str, new: str) -> None:
    code, text = said(old, new)
    assert (code, "statements" in text) == (2, False), text


def test_what_does_not_check_has_statements(said) -> None:
    code, text = said(TEXT, TEXT.replace("run first", "run frist"))
    assert (code, "  new.khp: scenario both  +1 -1\n" in text) == (2, True), text


def test_formatting_is_no_statement(said) -> None:
    other = TEXT.replace("seen = value;", "seen  =  /* now */ value ;  // later")
    other = other.replace("{ inc(); }", "{\n\tinc();\n}").replace("(void)", "( void )")
    assert other != TEXT
    assert "statements" not in said(TEXT, other)[1]


def test_json(said) -> None:
    code, text = said(TEXT, UNLOCKED, "--format", "json")
    found = json.loads(text)
    assert (found["schema"], found["version"], found["exit_code"]) == ("prove-diff", 1, code)
    Draft202012Validator(json.loads(schema())).validate(found)
    (change,) = found["changes"]
    assert (change["scenario"], change["what"]) == ("both", "worse")
    assert change["old"] == {"verdict": "proved", "properties": [], "as_expected": True}
    assert change["new"]["properties"] == ["final"]
    assert [each["property"] for each in change["new_witnesses"]] == ["final"]
    assert found["edits"] == [
        {
            "file": "new.khp",
            "in": "inc()",
            "removed": ["L1: spin_lock(&lock);", "L2: spin_unlock(&lock);"],
            "added": [],
        }
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (TEXT, TEXT + VARIANT + MORE),
        (TEXT + MORE, TEXT),
        (TEXT, TEXT.replace("run first", "run frist")),
    ],
)
def test_what_appears_vanishes_or_is_wrong_obeys_the_schema(said, old: str, new: str) -> None:
    found = json.loads(said(old, new, "--format", "json")[1])
    Draft202012Validator(json.loads(schema())).validate(found)


def test_the_schema_refuses_what_is_wrong_and_has_the_witnesses_of_reports(said) -> None:
    known = json.loads(schema())
    Draft202012Validator.check_schema(known)
    found = json.loads(said(TEXT, UNLOCKED, "--format", "json")[1])
    for name, wrong in (("changes", [{}]), ("edits", None), ("exit_code", 5), ("more", 1)):
        assert not Draft202012Validator(known).is_valid({**found, name: wrong})
    report = json.loads(json_report.schema())["$defs"]
    shared = known["$defs"].keys() & report.keys()
    assert "witness" in shared
    assert all(known["$defs"][name] == report[name] for name in shared)


def test_how_statements_are_written() -> None:
    text = (
        "u64 a;\nvoid f(u64 *p)\n{\n\tif ( ! *p||-1<a )\n\t\treturn;\n\t*p = a-1;\n\tf( & a );\n}\n"
    )
    source = Source("a.khp", text)
    assert statements_of(parse(source), source)["f()"] == (
        "void f(u64 *p) {",
        "if (!*p || -1 < a) return;",
        "*p = a - 1;",
        "f(&a);",
    )


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("u64   *a, * *b;", ("u64 *a, **b;",)),
        ("u64 c = a*(*b) ;", ("u64 c = a * (*b);",)),
        ("a = (u64*)&x - -1;", ("a = (u64 *) &x - -1;",)),
        ("a = (b) - (- c) * * d & ~e;", ("a = (b) - (-c) * *d & ~e;",)),
        ("if (x) y();", ("if (x) y();",)),
        ("if (x) { y(); }", ("if (x) y();",)),
        ("if (x) { y(); z(); } else { return; }", ("if (x) {", "y();", "z();", "else return;")),
        ("while (x) { y(); }", ("while (x) y();",)),
        ("for (i = 0; ; i++) { break; }", ("for (i = 0;; i++) break;",)),
        # Without these braces the `else` would be another's.
        ("if (x) { if (y) z(); } else w();", ("if (x) {", "if (y) z();", "else w();")),
        ("if (x) if (y) z(); else w();", ("if (x) if (y) z();", "else w();")),
        # Without these `y` would be seen below, and `l` be another statement's.
        ("if (x) { int y = 1; }", ("if (x) {", "int y = 1;")),
        ("if (x) { l: y(); }", ("if (x) {", "l: y();")),
    ],
)
def test_what_is_one_statement_is_written_in_one_way(text: str, pieces: tuple[str, ...]) -> None:
    source = Source("a.khp", f"void f(void)\n{{\n\t{text}\n}}\n")
    assert statements_of(parse(source), source)["f()"] == ("void f(void) {", *pieces)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if shutil.which("git") is None:
        pytest.skip("no git")
    top = tmp_path / "r"
    small.write(top / "p")
    git(tmp_path, "init", "-q", "-b", "main", "r")
    commit(top)
    monkeypatch.chdir(top)
    return top


@pytest.mark.parametrize(
    "arguments",
    [
        ["HEAD:p", "p"],
        ["HEAD:p/", "HEAD~0:p/../p"],
        ["--rev", "HEAD", "", "p"],
        ["--rev", "HEAD", "HEAD", "./p"],
        ["HEAD:p/apart.khp", "p/apart.khp"],
    ],
)
def test_a_revision_is_as_its_work_tree(
    arguments: list[str], repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "-j", "1", *arguments]) == 0
    out = capsys.readouterr().out
    assert "statements" not in out
    assert " as before, 0 worse, 0 changed, 0 appeared, 0 vanished" in out


def test_a_revision_before(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(repository / "p/library.khp", "seen - 1;", "seen - 2;")
    assert main(["diff", "-j", "1", "HEAD:p", "p"]) == 1
    out = capsys.readouterr().out
    assert "p/down.khp\n  worse     together  proved -> refuted final (not expected)\n" in out
    assert "p/library.khp: dec()  +1 -1\n    - c->value = seen - 1;\n" in out
    assert sorted(path.name for path in repository.iterdir()) == [".git", "p"]
    (repository / "p/up.khp").rename(repository / "p/over.khp")
    assert main(["diff", "-j", "1", "--rev", "HEAD", "", "p"]) == 1
    out = capsys.readouterr().out
    assert "p/over.khp\n  appeared" in out
    assert "p/up.khp\n  worse     together  was proved\n" in out


@pytest.mark.parametrize("side", ["nowhere:p", "HEAD:none", "HEAD:../p", "-x:p", "HEAD:/etc"])
def test_what_no_revision_has(
    side: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--", side, "p"]) == 2
    assert "error[unknown-revision]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["p"], ["p", "p", "p"], ["--rev", "HEAD", "HEAD"], ["p", "p/up.khp"]]
)
def test_usage(arguments: list[str], repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *arguments]) == 2
    assert "Usage: prove diff" in capsys.readouterr().err


def test_a_file_that_is_not_there(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "p/up.khp", "p/none.khp"]) == 2
    out, err = capsys.readouterr()
    assert "p/none.khp:\nerror[file-not-found]" in err
    assert "statements" not in out
