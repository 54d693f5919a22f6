"""``prove new``: skeletons that check as they are, and what is marked in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.check import check
from dsl.codes import CODES
from dsl.codes_new import NEW_CODES
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.files import library_root
from dsl.imports import load_text
from dsl.parse import parse
from dsl.paste.skeleton import Skeleton, paste
from dsl.printer import format_file
from dsl.source import Source
from prover.cli.entry import main
from tests.conftest import Golden

FOLDER = Path(__file__).parents[1] / "cases" / "new"
CASES = sorted(FOLDER.glob("*.c"))
REFUSED = sorted((FOLDER / "refused").glob("*.c"))


def test_there_are_cases() -> None:
    assert len(CASES) >= 30
    assert len(REFUSED) >= 5


def asked(case: Path) -> tuple[Source, tuple[str, ...], list[str]]:
    """The C, the functions that are asked for, and the codes that are expected."""
    text = case.read_bytes().decode()
    first, second = text.splitlines()[:2]
    codes = second.split(": ", 1)[1].split(", ")
    functions = tuple(first.split(": ", 1)[1].split(", "))
    return Source(case.name, text), functions, [c for c in codes if c != "none"]


def made(case: Path) -> Skeleton:
    source, functions, _ = asked(case)
    return paste(source, functions, "v6.1")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_skeleton_is_as_expected(case: Path, golden: Golden) -> None:
    golden.check(case.with_suffix(".khp"), made(case).text)


def in_a_struct(text: str, mark: Diagnostic) -> bool:
    """Whether a mark is at a struct that the file defines."""
    assert mark.primary is not None
    structs = re.finditer(r"^(?:struct|union) \w+ \{.*?^\}", text, re.MULTILINE | re.DOTALL)
    return any(one.start() <= mark.primary.span.start < one.end() for one in structs)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_is_marked_is_reported(case: Path) -> None:
    source, _, codes = asked(case)
    skeleton = made(case)
    assert [mark.code for mark in skeleton.marks] == codes
    # Fields are marked where they are declared, outside of the body.
    inside = [mark for mark in skeleton.marks if not in_a_struct(source.text, mark)]
    assert bool(inside) == bool(skeleton.marked)
    assert skeleton.marked <= skeleton.lines
    for mark in skeleton.marks:
        assert mark.code in CODES
        assert mark.hint
        assert mark.primary is not None
        assert mark.primary.span.file == source.name
    if codes:
        assert skeleton.text.count("FIXME(new)") > 1
    else:
        body = skeleton.text.split("\n{\n")[-1]
        assert "FIXME(new)" not in body


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_the_skeleton_checks_and_is_in_the_format(case: Path) -> None:
    skeleton = made(case)
    assert skeleton.rest == ()
    assert skeleton.text.isascii()
    assert check(load_text("s.khp", skeleton.text, None, (library_root(),))).scenarios
    source = Source("s.khp", skeleton.text)
    assert format_file(parse(source), source) == skeleton.text


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.stem)
def test_what_cannot_be_read_is_refused(case: Path) -> None:
    source, functions, codes = asked(case)
    with pytest.raises(DiagnosticError) as caught:
        paste(source, functions)
    (found,) = caught.value.diagnostics
    assert [found.code] == codes
    assert found.code in CODES
    assert found.hint


def test_every_code_has_a_case() -> None:
    # Where a file is to be written is the command's affair, and tested below.
    assert set(NEW_CODES) - {"new-output"} <= {c for case in REFUSED for c in asked(case)[2]}


# --- the command --------------------------------------------------------------------


@pytest.fixture
def c_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f.c").write_bytes((FOLDER / "sizeof.c").read_bytes())
    return "f.c"


def test_the_command_writes_the_skeleton_and_says_what_is_left(
    c_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", c_file, "clear", "--linux-version", "v6.9"]) == 0
    out, err = capsys.readouterr()
    assert "// f.c (v6.9): clear()" in out
    assert "fixme[unsupported]: `sizeof`" in err
    assert "--> f.c:7:" in err
    assert "hint: " in err
    assert err.endswith("1 of 4 lines of clear() are marked FIXME(new); the skeleton checks\n")


def test_a_file_can_be_written_but_not_overwritten(
    c_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", c_file, "clear", "-o", "out.khp"]) == 0
    assert capsys.readouterr().out == ""
    text = Path("out.khp").read_text(encoding="utf-8")
    assert main(["new", c_file, "clear", "-o", "out.khp"]) == 2
    assert "error[new-output]" in capsys.readouterr().err
    assert Path("out.khp").read_text(encoding="utf-8") == text
    for output in ("no/such/folder.khp", ".", "a\0b"):
        assert main(["new", c_file, "clear", "-o", output]) == 2
        assert "error[new-output]" in capsys.readouterr().err
    assert main(["list", "out.khp"]) == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.c", "f"], "file-not-found"),
        ([".", "f"], "not-a-file"),
        (["f.c", "claer"], "new-no-function"),
        (["f.c", "clear", "claer"], "new-no-function"),
        (["f.c", "clear", "clear"], "new-twice"),
        (["f.c", *"abcdefghi"], "new-many"),
    ],
)
def test_errors_of_the_user_are_diagnostics(
    arguments: list[str], code: str, c_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert c_file == "f.c"
    assert main(["new", *arguments]) == 2
    err = capsys.readouterr().err
    assert f"error[{code}]" in err or code == "not-a-file"
    assert main(["explain", code]) == 0


def test_a_name_that_is_nearly_right_is_suggested(
    c_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", c_file, "claer"]) == 2
    assert "did you mean `clear`?" in capsys.readouterr().err


def test_each_function_is_told_of_in_the_order_given(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(FOLDER / "two_with_calls.c")
    assert main(["new", case, "back", "drop", "work"]) == 0
    out, err = capsys.readouterr()
    # Of the two calls that would go round, the first that is met stays.
    assert out.startswith("// Are back() and drop() safe beside each other?\n")
    assert err.index("lines of back()") < err.index("lines of drop()") < err.index("of work()")
    assert err.endswith("lines of work() are marked FIXME(new); the skeleton checks\n")


def test_every_name_that_is_not_there_is_told(
    c_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", c_file, "claer", "clear", "cleer", "clear"]) == 2
    err = capsys.readouterr().err
    assert err.count("did you mean `clear`?") == 2
    assert "`clear` is named twice" in err
    assert "--> f.c:4:1" in err


def test_both_functions_can_be_run_beside_each_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "two.khp"
    case = str(FOLDER / "two_tasks.c")
    assert main(["new", case, "sleeper", "waker", "-o", str(out)]) == 0
    capsys.readouterr()
    # The wake-up that is lost: the waker has no barrier between its store and its load.
    assert main([str(out), "--scenario", "side_by_side", "--no-cache"]) == 1
    assert "deadlock" in capsys.readouterr().out


def test_what_is_wrong_with_the_arguments_is_a_usage_error(c_file: str) -> None:
    assert main(["new", c_file]) == 2
    assert main(["new"]) == 2


def test_equal_inputs_give_equal_bytes() -> None:
    for case in CASES[:5]:
        assert made(case) == made(case)
