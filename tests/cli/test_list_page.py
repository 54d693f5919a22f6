"""``prove list --format markdown DIR``: a folder of protocols as a page."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main

ASKING = """\
// Result: proved
//
// Is `x` | *ever* __set__ by set_x()?
//
// Title: of a patch
// Fix: 6fa1066fc5d00cb9f1b0e83b7ff6ef98d26ba2aa (v6.12), before it was merged
// CVE: CVE-2024-50066

int x;
actor a {
set:
	WRITE_ONCE(x, 1);
}
scenario one {
	run a;
	final x == 1 : "it is set";
	expect proved;
}
scenario two { run a; }
variant unset in one {
	drop a.set;
	expect refuted final;
}
"""
LIBRARY = """\
// mm/gup.c (v6.6): a walk without
// any lock.  It may fail.

static void f(void) { smp_mb(); }
"""
PAGE = r"""
## b

| file | question | verdicts | fix | CVE |
| --- | --- | --- | --- | --- |
| [one.khp](b/one.khp) | Is \`x\` \| \*ever\* \__set_\_ by set_x()? | proved 2, refuted 1 | 6fa1066fc5d0 (v6.12), before it was merged | CVE-2024-50066 |

| file | what it has |
| --- | --- |
| [lib.khp](b/lib.khp) | mm/gup.c (v6.6): a walk without any lock. |
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "p"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "one.khp").write_text(ASKING, encoding="utf-8")
    (folder / "b" / "lib.khp").write_text(LIBRARY, encoding="utf-8")
    return folder


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["list", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_page(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = listed(capsys, "--format", "markdown", "p/")
    assert (code, err) == (0, "")
    assert out.endswith(f"Together: 1 file, 3 obligations.\n{PAGE}")


def test_a_page_with_times_is_proved(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, plain, _ = listed(capsys, "--format", "markdown", "p")
    code, out, _ = listed(capsys, "--format", "markdown", "--timed", "-j", "1", "p")
    assert code == 0
    assert out.count(" | time |\n") == out.count(" | <") == 1
    assert len(out.splitlines()) == len(plain.splitlines()) + 2


def test_no_page_is_made_of_what_is_not_as_expected(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ASKING.replace("refuted final", "proved")
    (tree / "b" / "one.khp").write_text(wrong, encoding="utf-8")
    code, out, err = listed(capsys, "--format", "markdown", "--timed", "-j", "1", "p")
    assert (code, out) == (1, "")
    assert err == "error: `p/b/one.khp` is not as it expects: `prove p/b/one.khp` says more\n"


def test_nor_of_what_is_wrong(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "b" / "x.khp").write_text("int x = ;\n", encoding="utf-8")
    code, out, err = listed(capsys, "--format", "markdown", "p")
    assert (code, out) == (2, "")
    assert "error[syntax]" in err
    assert "--> p/b/x.khp:1:9" in err
    (tree / "empty").mkdir()
    code, out, err = listed(capsys, "--format", "markdown", "p/empty")
    assert (code, out) == (2, "")
    assert "error[empty-folder]" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "markdown", "p/b/one.khp"],
        ["--format", "markdown", "p", "p/b"],
        ["--timed", "p"],
    ],
)
def test_usage(tree: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    code, out, err = listed(capsys, *arguments)
    assert (code, out) == (2, "")
    assert "page" in err


def test_the_table_of_a_folder_has_its_files(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = listed(capsys, "p")
    assert code == 0
    assert out.startswith("p/b/lib.khp: lkmm\nno scenarios\n\np/b/one.khp: lkmm\n")
    (tree / "empty").mkdir()
    code, _, err = listed(capsys, "p/empty")
    assert code == 2
    assert "error[empty-folder]" in err
