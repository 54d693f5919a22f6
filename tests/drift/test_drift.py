"""``prove drift``: functions that are unchanged, changed, gone, moved; and what is recorded."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.drift.trees import LOCKING, MAKEFILE, PROTOCOL, ROWS, library, tree


class Place:
    """A folder with a kernel tree and a protocol whose rows are recorded from it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.linux = tree(folder)
        self.protocol = library(folder)
        self.rows = self.protocol.with_suffix(".drift")
        self.source = self.linux / "mm/box.c"
        self._capsys = capsys

    def run(self, *options: str, code: int = 0) -> str:
        arguments = ["drift", "--linux", str(self.linux), *options, str(self.protocol)]
        assert main(arguments) == code, "".join(self._capsys.readouterr())
        said = self._capsys.readouterr()
        assert said.out.isascii()
        return said.out + said.err

    def edit(self, old: str, new: str) -> None:
        text = self.source.read_text(encoding="utf-8")
        assert old in text
        self.source.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    made = Place(tmp_path, capsys)
    assert "2 recorded" in made.run("--record")
    return made


def test_nothing_of_the_kernel_is_kept_but_sums(place: Place) -> None:
    text = place.rows.read_text(encoding="utf-8")
    assert text.startswith("# comment\ntake take mm/box.c v6.6 v6.6 ")
    assert text.endswith("\nfill own\n")
    assert "spin_lock" not in text
    first = text.splitlines()[1].split()
    assert len(first[5]) == 32
    # Eleven lines have words: blank ones have no sum.
    assert len(first[6]) == 4 * 11


def test_unchanged_whatever_comments_say(place: Place) -> None:
    place.edit("/* Takes one. */", "/* Takes\n * one, if there is one. */\n")
    place.edit("b->count--;", "b->count --; // one less")
    assert place.run() == "v6.6: 2 unchanged\n"
    verbose = place.run("-v")
    assert "  unchanged          take: mm/box.c, v6.6\n" in verbose
    assert "  in no kernel       fill\n" in verbose


def test_changed_with_the_lines_that_are_new(place: Place) -> None:
    place.edit("spin_lock(&b->lock);", "spin_lock_irq(&b->lock);\n\tlockdep();")
    said = place.run(code=1)
    assert said == (
        f"{place.protocol}\n"
        "  changed            take: mm/box.c, v6.6\n"
        "    (what went is known by its number of lines only)\n"
        "    @@ line 6 @@\n"
        "     static int take(struct box *b)\n"
        "     {\n"
        "             int got = 0;\n"
        "    -(1 line)\n"
        "    +        spin_lock_irq(&b->lock);\n"
        "    +        lockdep();\n"
        "             if (b->count > 0) {\n"
        "                     b->count--;\n"
        "                     got = 1;\n"
        "v6.6: 1 unchanged, 1 changed\n"
    )


def test_a_line_that_went(place: Place) -> None:
    place.edit("\tspin_unlock(&b->lock);\n", "")
    assert "    -(1 line)\n             return got;\n" in place.run(code=1)


def test_lines_put_otherwise_and_a_word_changed_show_a_hunk(place: Place) -> None:
    place.edit("b->count--;\n\t\tgot = 1;", "b->count--; got = 2;")
    assert "-(2 lines)\n    +                b->count--; got = 2;\n" in place.run(code=1)


def test_gone(place: Place) -> None:
    place.edit("int drop(", "int release(")
    assert "  gone               drop: mm/box.c, v6.6\n" in place.run(code=1)
    place.source.unlink()
    assert place.run(code=1).endswith("v6.6: 2 gone\n")


def test_moved_and_moved_with_changes(place: Place) -> None:
    (place.linux / "kernel/sub").mkdir(parents=True)
    place.source.rename(place.linux / "kernel/sub/box.c")
    said = place.run(code=1)
    assert "  moved              take: mm/box.c, v6.6\n" in said
    assert "it is in kernel/sub/box.c now, with the same tokens\n" in said
    assert said.endswith("v6.6: 2 moved\n")
    place.source = place.linux / "kernel/sub/box.c"
    place.edit("spin_lock(", "spin_lock_irq(")
    said = place.run(code=1)
    assert "a function of this name, with other tokens, is in kernel/sub/box.c\n" in said
    assert said.endswith("v6.6: 1 gone, 1 moved\n")


def test_a_declaration_or_a_call_elsewhere_is_no_move(place: Place) -> None:
    place.source.rename(place.linux / "mm/box.txt")
    other = "int take(struct box *b);\nint g(struct box *b)\n{\n\treturn take(b);\n}\n"
    (place.linux / "mm/other.c").write_text(other, encoding="utf-8")
    assert place.run(code=1).endswith("v6.6: 2 gone\n")


def test_what_is_recorded_from_another_version_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Place(tmp_path, capsys)
    makefile = MAKEFILE.replace("SUBLEVEL = 0", "SUBLEVEL = 7").replace("SION =\n", "SION = -rc1\n")
    (made.linux / "Makefile").write_text(makefile, encoding="utf-8")
    assert "2 recorded" in made.run("--record")
    assert made.run() == "v6.6.7-rc1: 2 as recorded\n"
    assert "take: mm/box.c, modelled from v6.6, recorded in v6.6.7-rc1\n" in made.run("-v")


def test_recording_again_needs_to_be_asked_for(place: Place) -> None:
    before = place.rows.read_text(encoding="utf-8")
    place.edit("spin_lock(", "spin_lock_irq(")
    assert "1 changed" in place.run("--record", code=1)
    assert place.rows.read_text(encoding="utf-8") == before
    assert "1 changed" in place.run("--record", "--again", "--function", "drop", code=1)
    assert place.rows.read_text(encoding="utf-8") == before
    assert "1 recorded" in place.run("--record", "--again", "--function", "take")
    assert place.run() == "v6.6: 2 unchanged\n"


def test_a_model_of_an_older_version_is_compared_with_that_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Place(tmp_path, capsys)
    rows = ROWS.replace("drop drop mm/box.c v6.6", "drop drop mm/box.c =v6.5")
    made.rows.write_text(rows, encoding="utf-8")
    assert made.run("--record").endswith("v6.6: 1 of another version, 1 recorded\n")
    older = MAKEFILE.replace("PATCHLEVEL = 6", "PATCHLEVEL = 5").replace("LEVEL = 0", "LEVEL = 3")
    (made.linux / "Makefile").write_text(older, encoding="utf-8")
    made.run("--record", "--function", "drop")
    assert made.run() == "v6.5.3: 1 unchanged, 1 as recorded\n"
    assert "drop drop mm/box.c =v6.5 v6.5.3 " in made.rows.read_text(encoding="utf-8")


def test_a_row_for_each_function_that_is_modelled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Place(tmp_path, capsys)
    made.rows.write_text("take take mm/box.c v6.6 - - -\ntake drop mm/box.c v6.6 - - -\n", "utf-8")
    said = made.run("--record", "-v")
    assert "recorded           take: drop() of mm/box.c, v6.6\n" in said
    assert "not recorded       drop, fill\n" in said
    assert said.endswith("v6.6: 2 not recorded, 2 recorded\n")


def test_nothing_compared_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = Place(tmp_path, capsys)
    assert "error[drift-nothing]" in made.run(code=2)
    made.rows.unlink()
    assert "v6.6: 3 not recorded\nerror[drift-nothing]" in made.run(code=2)
    (made.linux / "Makefile").unlink()
    assert "error[drift-tree]" in made.run("--record", code=2)


def test_a_function_that_is_not_there_is_not_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Place(tmp_path, capsys)
    made.edit("int drop(", "int release(")
    assert made.run("--record").endswith("v6.6: 1 not recorded, 1 recorded\n")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("take take mm/box.c v6.6", "a row has 7 parts"),
        ("take take ../box.c v6.6 - - -", "a path within the kernel's sources"),
        ("take take mm/../../box.c v6.6 - - -", "a path within the kernel's sources"),
        ("take take /etc/passwd v6.6 - - -", "a path within the kernel's sources"),
        ("take ta-ke mm/box.c v6.6 - - -", "the name of the kernel's function"),
        ("take take mm/box.c v6;6 - - -", "the version that the model was made from"),
        ("take take mm/box.c v6.6 v6.6 - -", "a sum of 32 hexadecimal digits"),
        (f"take take mm/box.c v6.6 - {'0' * 32} 0000", "the version that was recorded"),
        (f"take take mm/box.c v6.6 v6.6 {'0' * 32} 00000", "sums of 4 hexadecimal digits"),
        (f"take take mm/box.c v6.6 v6.6 {'G' * 32} 0000", "a sum of 32 hexadecimal digits"),
        ("take own\ntake own", "this row is there twice"),
        ("tkae take mm/box.c v6.6 - - -", "`box.khp` does not define `tkae`"),
        ("1 own", "begins with the name of a function"),
    ],
)
def test_rows_that_are_wrong(
    row: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Place(tmp_path, capsys)
    rows = f"{ROWS}\n{row}\n"
    made.rows.write_text(rows, encoding="utf-8")
    told = made.run("--record", code=2)
    assert said in told
    assert f"{made.rows}:" in told
    assert made.rows.read_text(encoding="utf-8") == rows, "not written while it is wrong"


def test_options_that_do_not_go_together(place: Place) -> None:
    assert "goes with --record" in place.run("--again", code=2)
    assert "does not go with --record" in place.run("--record", "--since", "v6.6", code=2)


def git(folder: Path, *arguments: str) -> None:
    settings = (
        "user.name=a",
        "user.email=a@b.invalid",
        "commit.gpgsign=false",
        "tag.gpgsign=false",
    )
    options = [word for setting in settings for word in ("-c", setting)]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run(
        ["git", *options, *arguments], cwd=folder, env=environment, check=True, capture_output=True
    )


def test_the_hunk_comes_from_git_where_it_can(place: Place) -> None:
    git(place.linux, "init", "-q")
    git(place.linux, "add", ".")
    git(place.linux, "commit", "-q", "-m", "base")
    git(place.linux, "tag", "v6.6")
    place.edit("b->count--;", "b->count -= 2;")
    git(place.linux, "commit", "-q", "-a", "-m", "two")
    said = place.run(code=1)
    assert "    (since v6.6)\n" in said
    assert "    -                b->count--;\n    +                b->count -= 2;\n" in said
    asked = place.run("--since", "HEAD~1", code=1)
    assert "    (since HEAD~1)\n" in asked
    nothing = place.run("--since", "HEAD", code=1)
    assert "(it was so in HEAD already; what went is known by its number of lines" in nothing
    assert "error[drift-revision]" in place.run("--since", "v6.66", code=2)
    assert "error[drift-revision]" in place.run("--since", "--help", code=2)


def test_the_version_that_was_modelled_counts_where_git_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Place(tmp_path, capsys)
    git(made.linux, "init", "-q")
    git(made.linux, "add", ".")
    git(made.linux, "commit", "-q", "-m", "base")
    git(made.linux, "tag", "v6.6")
    assert made.run() == "v6.6: 2 unchanged\n", "nothing has to be recorded for that"
    made.edit("got = 1;", "got = 2;")
    said = made.run(code=1)
    assert "    (since v6.6)\n" in said
    assert said.endswith("v6.6: 1 unchanged, 1 changed\n")
    # Recorded from another version, it is the version modelled that is compared with.
    later = MAKEFILE.replace("PATCHLEVEL = 6", "PATCHLEVEL = 7")
    (made.linux / "Makefile").write_text(later, encoding="utf-8")
    assert made.run("--record").endswith("v6.7: 2 recorded\n")
    assert made.run(code=1).endswith("v6.7: 1 unchanged, 1 changed\n")
    git(made.linux, "tag", "-d", "v6.6")
    assert made.run() == "v6.7: 2 as recorded\n"


def test_without_git_and_in_a_shallow_clone(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(place.linux, "init", "-q")
    git(place.linux, "add", ".")
    git(place.linux, "commit", "-q", "-m", "base")
    git(place.linux, "tag", "v6.6")
    place.edit("got = 1;", "got = 2;")
    git(place.linux, "commit", "-q", "-a", "-m", "two")
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        assert "known by its number of lines only" in place.run(code=1)
        assert "error[drift-revision]" in place.run("--since", "v6.6", code=2)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{place.linux}", str(shallow))
    place.linux = shallow
    assert "known by its number of lines only" in place.run(code=1)
    assert "error[drift-revision]" in place.run("--since", "v6.6", code=2)


def test_a_tree_below_the_top_of_a_repository(place: Place) -> None:
    top = place.linux.parent
    git(top, "init", "-q")
    git(top, "add", ".")
    git(top, "commit", "-q", "-m", "base")
    git(top, "tag", "v6.6")
    place.edit("b->count--;", "b->count -= 2;")
    assert "    -                b->count--;\n" in place.run(code=1)


def test_a_file_that_is_named_twice_counts_once(place: Place) -> None:
    assert place.run(str(place.protocol)) == "v6.6: 2 unchanged\n"


def test_a_name_to_be_recorded_that_nobody_defines(place: Place) -> None:
    said = place.run("--record", "--function", "tkae", code=2)
    assert "error[drift-unknown-function]: no file defines `tkae`" in said


def test_a_tag_that_is_not_what_was_recorded_is_not_shown(place: Place) -> None:
    place.edit("b->count--;", "b->count -= 3;")
    git(place.linux, "init", "-q")
    git(place.linux, "add", ".")
    git(place.linux, "commit", "-q", "-m", "base")
    git(place.linux, "tag", "v6.6")
    place.edit("b->count -= 3;", "b->count -= 2;")
    assert "(what went is known by its number of lines only)" in place.run(code=1)
    assert "(since v6.6, where it is not what was recorded)" in place.run("--since", "v6.6", code=1)


def test_equal_runs_give_equal_bytes(place: Place) -> None:
    place.edit("spin_lock(", "spin_lock_irq(")
    assert place.run("-v", code=1) == place.run("-v", code=1)


def test_what_is_in_the_tree_reaches_no_terminal_as_it_is(place: Place) -> None:
    place.edit("got = 0;", 'got = 0; puts("\x1b[31m\N{RIGHT-TO-LEFT OVERRIDE}");')
    assert 'puts("<U+001B>[31m<U+202E>");' in place.run(code=1)


def test_the_protocol_s_functions_are_found() -> None:
    from dsl.source import Source
    from prover.drift.rows import functions

    more = (
        "iterator each(struct box **b)\n{\n}\nupdate void g(int *x)\n{\n}\nactor a { take(&x); }\n"
    )
    assert functions(Source("x.khp", PROTOCOL + more)) == {"take", "drop", "fill", "each", "g"}


def test_the_text_of_the_kernel_s_file_is_ours() -> None:
    assert LOCKING.count("static int take") == 1
