"""``prove DIR...``: every protocol below a folder, a line for each, details where they matter."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from dsl import syntax as s
from dsl.parse import parse as parse_anew
from dsl.source import Source
from prover.cli.entry import main
from prover.pipeline import run
from prover.verdict import Progress, Request

LIBRARY = "static void touch(int *x) { WRITE_ONCE(*x, 1); }\n"
GOOD = """\
import "kernel/touch.khp";
int x;
actor a {
set:
	touch(&x);
}
scenario one {
	run a;
	final x == 1 : "it is set";
	expect proved;
}
variant unset in one {
	drop a.set;
	expect refuted final;
}
"""
BAD = """\
int x;
actor a { WRITE_ONCE(x, 1); }
scenario two {
	run a;
	final x == 0 : "it is not set";
	expect proved;
}
"""
MANY = GOOD + "".join(f"scenario s{i} {{ run a; expect proved; }}\n" for i in range(4))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder ``p`` with two protocols, a library in it, and nothing else; beside it we stand."""
    for name, text in (
        ("p/b/good.khp", GOOD),
        ("p/kernel/touch.khp", LIBRARY),
        ("p/a.khp", MANY),
        ("p/notes.txt", "no protocol"),
        ("p/.hidden/bad.khp", BAD),
    ):
        put(tmp_path / name, text)
    # Imports of "kernel/..." are looked for in the library, too.
    monkeypatch.setattr("prover.pipeline.program.library_root", lambda: tmp_path / "p")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "p"


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def prove(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["-j", "1", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_line_for_each_file_and_one_for_all(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = prove(capsys, "p/")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "p/: lkmm",
        "  ok       a.khp                                proved 5, refuted 1",
        "  ok       b/good.khp                           proved 1, refuted 1",
        "  1 file with nothing to prove, checked",
        "8 obligations in 2 files: 8 as expected",
    ]


def test_what_is_not_expected_is_shown_below_its_file(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tree / "b" / "bad.khp", BAD)
    code, out, _ = prove(capsys, "p")
    assert code == 1
    lines = out.splitlines()
    place = lines.index("  NOT ok   b/bad.khp                            refuted 1")
    assert lines[place + 1].split() == "refuted two final (NOT EXPECTED: proved)".split()
    assert "final: it is not set" in out
    assert lines[-1] == "9 obligations in 3 files: 8 as expected, 1 NOT as expected"
    assert all(len(line) <= 79 for line in lines)

    _, quiet, _ = prove(capsys, "-q", "p")
    assert "good.khp" not in quiet
    assert "b/bad.khp" in quiet
    assert quiet.splitlines()[-1] == lines[-1]


def test_all_is_shown_where_it_is_asked_for(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = "".join(
        prove(capsys, "-v", name)[1].rpartition("\n")[0].rpartition("\n")[0] + "\n"
        for name in ("p/a.khp", "p/b/good.khp")
    )
    _, out, _ = prove(capsys, "-v", "p")
    assert out == alone + "8 obligations in 2 files: 8 as expected\n"


def test_a_file_that_is_named_is_shown_whole_and_once(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = prove(capsys, "p", "p/b/good.khp")
    assert code == 0
    assert "  ok       b/good.khp" not in out
    assert "\np/b/good.khp: lkmm\n  proved   one " in out
    assert out.endswith("8 obligations in 2 files: 8 as expected\n")


def test_a_library_is_checked(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(tree / "kernel" / "wrong.khp", "static void f(void) { g(); }\n")
    code, out, err = prove(capsys, "p")
    assert code == 2
    assert "p/kernel/wrong.khp:1" in err
    assert "  error    kernel/wrong.khp                     1 error\n" in out
    assert out.endswith("8 obligations in 2 files: 8 as expected; 1 file with errors\n")


def test_a_library_may_leave_a_declaration_to_its_importers(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is checked with them; if there is none, by itself."""
    put(tree / "kernel" / "part.khp", "static void f(struct s *s) { s->x = 1; }\n")
    code, out, err = prove(capsys, "p")
    assert code == 2
    assert "no struct `s`" in err
    put(tree / "c.khp", 'import "kernel/part.khp";\nstruct s { int x; };\n' + BAD)
    code, out, err = prove(capsys, "p")
    assert code == 1
    assert "2 files with nothing to prove, checked" in out
    assert err == ""
    put(tree / "c.khp", 'import "kernel/part.khp";\nstruct s { int y; };\n' + BAD)
    code, out, err = prove(capsys, "p")
    assert code == 2
    assert "  error    c.khp" in out
    assert "  error    kernel/part.khp" in out


def test_what_is_selected_is_looked_for_in_all(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = prove(capsys, "p", "--scenario", "s2")
    assert code == 0
    assert "b/good.khp" not in out
    assert "2 files with nothing to prove, checked" in out
    assert out.endswith("1 obligation in 1 file: 1 as expected\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["p", "--scenario", "s9"], "nothing to prove: no protocol below `p` has this selection"),
        (["p/kernel"], "nothing to prove: no protocol below `p/kernel` has a scenario"),
        (["p", "--model", "power"], "there is no model `power`"),
    ],
)
def test_nothing_selected_is_never_green(
    tree: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, _, err = prove(capsys, *arguments)
    assert code == 2
    assert err.count("error[") == 1
    assert said in err


def test_a_folder_without_protocols(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "empty" / "deeper").mkdir(parents=True)
    code, _, err = prove(capsys, "p/empty", "p")
    assert code == 2
    assert "error[empty-folder]: `p/empty` has no .khp file below it" in err


def test_links_to_folders_lead_nowhere_and_those_to_files_to_one(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "loop").symlink_to(tree)
    (tree / "z.khp").symlink_to(tree / "a.khp")
    _, out, _ = prove(capsys, "p", "p/b")
    assert out.endswith("8 obligations in 2 files: 8 as expected\n")


def test_what_is_no_file_is_said_not_read(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tree / "pipe.khp")
    code, out, err = prove(capsys, "p")
    assert code == 2
    assert "error[not-a-file]: `p/pipe.khp` is not a regular file" in err
    assert "  error    pipe.khp" in out


def test_a_folder_that_is_too_large(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsl.files.MAX_LISTED", 3)
    code, _, err = prove(capsys, "p")
    assert code == 2
    assert "error[too-many-files]: `p` has more than 3 files and folders below it" in err


def test_a_folder_that_may_not_be_read(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(place: str) -> None:
        raise PermissionError(13, "Permission denied", place)

    monkeypatch.setattr("os.scandir", refused)
    code, _, err = prove(capsys, "p")
    assert code == 2
    assert "error[unreadable-file]: `p` cannot be read" in err
    assert "Permission denied" in err


def test_names_that_are_found_move_no_cursor(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tree / "b" / "e\u202e\x1b[31m.khp", GOOD)
    code, out, _ = prove(capsys, "p")
    assert code == 0
    assert "b/e<U+202E><U+001B>[31m.khp" in out


def test_programs_see_every_file(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = prove(capsys, "p", "--format", "json")
    files = {file["file"]: len(file["obligations"]) for file in json.loads(out)["files"]}
    assert files == {"p/a.khp": 6, "p/b/good.khp": 2, "p/kernel/touch.khp": 0}


def test_what_is_imported_is_parsed_once(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def parse(source: Source) -> s.File:
        seen.append(source.name)
        return parse_anew(source)

    monkeypatch.setattr("dsl.imports.parse", parse)
    put(tree / "b" / "better.khp", GOOD)
    run(Request((str(tree),), jobs=1, scenario="s0"), lambda _: None)
    # By the name that it is imported by, and by its own.
    assert sorted(Path(name).name for name in seen).count("touch.khp") <= 3
    assert len(seen) == len(set(seen))


def test_the_file_with_most_to_do_comes_first(tree: Path) -> None:
    put(tree / "0.khp", GOOD.replace("one", "least"))
    done: list[Progress] = []
    report = run(Request((str(tree),), jobs=1, explain=False), done.append)
    assert [Path(file.name).name for file in report.files][:2] == ["0.khp", "a.khp"]
    scenarios = list(dict.fromkeys(each.current.split(" / ")[0] for each in done))
    assert scenarios == ["one", "s0", "s1", "s2", "s3", "least"]


def test_standard_input_is_no_folder(
    tree: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree.parent / "-").mkdir()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    code, out, _ = prove(capsys, "-")
    assert code == 1
    assert "refuted  two" in out
