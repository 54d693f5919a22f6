"""The cache as the command line has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prover.cli.cache import store
from tests.cache import small


def prove(*arguments: str, cache: str, code: str = "") -> subprocess.CompletedProcess[str]:
    start = code or "import sys; from prover.cli.entry import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", start, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PROVE_CACHE": cache},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    small.write(tmp_path / "p")
    return tmp_path


LOADED = """
import sys
from prover.cli.entry import main
code = main()
slow = {"z3", "lark", "prover.pipeline.proving", "prover.graph", "prover.smt", "dsl.parse"} & set(sys.modules)
sys.stderr.write("loaded: " + " ".join(sorted(slow)))
sys.exit(code)
"""


def test_what_is_remembered_takes_no_parser_and_no_solver(folder: Path) -> None:
    cache = str(folder / "cache")
    first = prove(str(folder / "p"), cache=cache, code=LOADED)
    second = prove(str(folder / "p"), cache=cache, code=LOADED)
    assert "prover.pipeline.proving" in first.stderr
    assert second.stderr == "loaded: "
    assert (second.returncode, second.stdout) == (first.returncode, first.stdout)
    assert first.returncode == 1


def test_json_too(folder: Path) -> None:
    cache = str(folder / "cache")
    texts = [prove(str(folder / "p"), "--format", "json", cache=cache).stdout for _ in range(2)]
    assert '"witnesses": [' in texts[0]
    counts = [text.count('"seconds": {}') for text in texts]
    assert counts == [0, 6]


def test_nothing_is_remembered_where_that_is_asked(folder: Path) -> None:
    for arguments, cache in ((["--no-cache"], str(folder / "cache")), ([], "off")):
        assert prove(str(folder / "p"), *arguments, cache=cache).returncode == 1
    assert not (folder / "cache").exists()


@pytest.mark.parametrize("value", ["off", "OFF", "0", "no", "none"])
def test_none_is_no_folder(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVE_CACHE", value)
    assert store() is None


def test_a_home_that_no_shell_has_put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/h")
    for value, path in (("~/c", "/h/c"), ("~nobody-here/c", "~nobody-here/c")):
        monkeypatch.setenv("PROVE_CACHE", value)
        found = store()
        assert found is not None
        assert str(found.path) == f"{path}/verdicts.sqlite"


def test_what_goes_wrong_with_it_changes_no_verdict(folder: Path) -> None:
    (folder / "file").write_text("")
    plain = prove(str(folder / "p"), cache="off")
    found = prove(str(folder / "p"), cache=str(folder / "file"))
    assert (found.returncode, found.stdout) == (plain.returncode, plain.stdout)
    assert found.stderr.startswith("note: nothing is remembered: ")


def test_a_disk_that_is_full_is_called_so(folder: Path) -> None:
    """As a limit on the size of files has it: the table cannot even be made."""
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "from prover.cli.entry import main\nsys.exit(main())\n"
    )
    found = prove(str(folder / "p"), "-q", cache=str(folder / "cache"), code=code)
    assert found.returncode == 1
    assert found.stderr.startswith("note: nothing is remembered: ")
    assert "did not make" not in found.stderr


def test_a_file_that_is_no_file(folder: Path) -> None:
    (folder / "cache").mkdir()
    os.mkfifo(folder / "cache" / "verdicts.sqlite")
    found = prove(str(folder / "p"), "-q", cache=str(folder / "cache"))
    assert found.returncode == 1
    assert found.stderr.startswith("note: nothing is remembered: ")


def test_the_command(folder: Path) -> None:
    cache = str(folder / "cache")
    assert prove("cache", cache=cache).stdout.endswith(": 0 entries, 0.0 MiB\n")
    prove(str(folder / "p" / "up.khp"), cache=cache)
    assert ": 7 entries, " in prove("cache", cache=cache).stdout
    assert ": 0 entries, " in prove("cache", "--clear", cache=cache).stdout
    assert prove("cache", cache="off").stdout == "nothing is remembered: PROVE_CACHE is off\n"


def test_the_command_says_what_is_wrong(folder: Path) -> None:
    (folder / "cache").mkdir()
    (folder / "cache" / "verdicts.sqlite").write_text("no database " * 100)
    found = prove("cache", cache=str(folder / "cache"))
    assert (found.returncode, found.stdout) == (2, "")
    assert "not a database" in found.stderr
    assert prove("cache", "--clear", cache=str(folder / "cache")).returncode == 0


def test_standard_input_is_not_remembered(folder: Path) -> None:
    text = (folder / "p" / "up.khp").read_text().replace("import", "// import")
    done = subprocess.run(
        [sys.executable, "-m", "prover", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PROVE_CACHE": str(folder / "cache")},
    )
    assert done.returncode == 2
    assert not (folder / "cache").exists()
