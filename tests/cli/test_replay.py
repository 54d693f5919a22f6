"""``prove FILE --format witness`` and ``prove replay``: what is printed, and the exit codes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.replay.making import text_of

FREED = text_of("freed.khp")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "freed.khp").write_text(FREED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def save(capsys: pytest.CaptureFixture[str], *options: str) -> None:
    """Writes w.json."""
    assert main(["freed.khp", "--format", "witness", "-j", "1", *options]) == 0
    Path("w.json").write_text(capsys.readouterr().out, encoding="utf-8")


def test_it_still_holds(capsys: pytest.CaptureFixture[str]) -> None:
    save(capsys)
    assert main(["replay", "w.json"]) == 1
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "freed.khp: replace  lkmm"
    assert shown[-1] == "still violates use-after-free"
    assert "use-after-free: a had been freed by writer" in shown
    assert all(len(line) <= 75 for line in shown)


def test_it_is_no_longer_possible(capsys: pytest.CaptureFixture[str]) -> None:
    save(capsys)
    fixed = FREED.replace("\tfree(old);", "\tsynchronize_rcu();\n\tfree(old);")
    Path("fixed.khp").write_text(fixed, encoding="utf-8")
    assert main(["replay", "w.json", "fixed.khp"]) == 0
    assert capsys.readouterr().out == (
        "fixed.khp: replace  lkmm\n"
        "no longer possible under sc: step 7 `free(old)` of writer (line 22): before\n"
        "it writer waits for reader\n"
        "\n"
        "That is said of this execution alone, whatever others do: `prove` says\n"
        "whether the protocol is safe.\n"
        "It was found as one of sc; lkmm allows more.\n"
        "\n"
        "The file, or what it imports, has changed since it was found.\n"
    )


def test_it_cannot_be_carried_over(capsys: pytest.CaptureFixture[str]) -> None:
    save(capsys)
    Path("freed.khp").write_text(FREED.replace("\tfree(old);\n", ""), encoding="utf-8")
    assert main(["replay", "w.json"]) == 3
    assert "`free(old)` of writer (line 22) is" in capsys.readouterr().out


def test_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(capsys)
    with Path("freed.khp").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        assert main(["replay", "w.json", "-"]) == 1
    assert capsys.readouterr().out.startswith("-: replace  lkmm\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["replay", "nothing.json"], "file-not-found"),
        (["replay", "."], "not-a-file"),
        (["replay", "-"], "not-a-file"),
        (["replay", "freed.khp"], "witness-broken"),
        (["freed.khp", "--format", "witness", "--model", "arm"], "unknown-selection"),
    ],
)
def test_usage(arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert f"error[{code}]" in said.err
    assert not said.out


def test_the_hint_where_the_protocol_is_not_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(capsys)
    Path("other").mkdir()
    monkeypatch.chdir("other")
    assert main(["replay", "../w.json"]) == 2
    said = capsys.readouterr().err
    assert "the witness names `freed.khp`, which is not below this folder" in said
    assert "`prove replay WITNESS FILE`" in said


def test_a_pipe_is_no_witness(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe")
    assert main(["replay", "pipe"]) == 2
    said = capsys.readouterr().err
    assert "error[not-a-file]" in said
    assert "standard input" not in said


def test_a_report_is_no_witness(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["freed.khp", "--format", "json", "-j", "1"]) == 0
    Path("r.json").write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["replay", "r.json"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "is no whole number, and a witness has no others" in said
    assert "hint: `prove FILE --format witness` writes one" in said


MESSAGE = text_of("message.khp")


def test_a_refutation_as_a_litmus_test(capsys: pytest.CaptureFixture[str]) -> None:
    Path("message.khp").write_text(MESSAGE, encoding="utf-8")
    assert main(["message.khp", "--format", "litmus", "-j", "1"]) == 0
    text = capsys.readouterr().out
    assert main(["export", "message.khp"]) == 0
    assert capsys.readouterr().out == text
    Path("t.litmus").write_text(text, encoding="utf-8")
    assert main(["t.litmus", "--format", "herd", "-j", "1"]) == 0
    assert "Sometimes" in capsys.readouterr().out


def test_what_the_exporter_asks_about_is_exported(capsys: pytest.CaptureFixture[str]) -> None:
    text = "models sc;\nrefcount_t r = 1;\nactor a { refcount_dec(&r); }\n"
    text += "scenario s { run a; expect refuted refcount; }\n"
    Path("count.khp").write_text(text, encoding="utf-8")
    assert main(["count.khp", "--format", "litmus", "-j", "1"]) == 0
    assert "atomic_fetch_sub_release(1, r)" in capsys.readouterr().out


def test_what_a_litmus_test_does_not_ask(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["freed.khp", "--format", "litmus", "-j", "1"]) == 2
    assert "error[export-question]" in capsys.readouterr().err


def test_what_a_litmus_test_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    text = MESSAGE.replace(
        "\tWRITE_ONCE(ready, 1);", "\tmutex_lock(&m);\n\tWRITE_ONCE(ready, 1);\n\tmutex_unlock(&m);"
    )
    Path("message.khp").write_text(f"{text}\nstruct mutex m;\n", encoding="utf-8")
    assert main(["message.khp", "--format", "litmus", "-j", "1"]) == 2
    assert "error[not-exportable]" in capsys.readouterr().err


def test_litmus_tests_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.litmus").write_text("C t\n{}\nP0(int *x) { *x = 1; }\nexists (x=1)\n", encoding="utf-8")
    assert main(["t.litmus", "--format", "witness"]) == 2
    assert "--format witness is for protocols" in capsys.readouterr().err
