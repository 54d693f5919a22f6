"""Models in files: the companion, includes, and what may not be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.diagnostic import Diagnostic
from dsl.imports import LoadError
from prover.models.cat import load_model


def write(folder: Path, **files: str) -> Path:
    """Files by name, ``a_cat`` for ``a.cat``; the first one's path."""
    paths = [folder / name.replace("_", ".") for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    return paths[0]


def refusal(path: Path | str) -> tuple[Diagnostic, LoadError]:
    with pytest.raises(LoadError) as caught:
        load_model(str(path))
    (found,) = caught.value.diagnostics
    return found, caught.value


def test_the_bell_beside_it_is_read_first(tmp_path: Path) -> None:
    main = write(tmp_path, m_cat='"M" let a = [Once]', m_bell='"B" enum T = \'once')
    model = load_model(str(main))
    assert (model.name, model.tags) == ("M", ("once",))
    (tmp_path / "m.bell").write_text("let a = nosuch", encoding="utf-8")
    found, error = refusal(main)
    assert found.primary is not None
    assert found.primary.span.file == str(tmp_path / "m.bell")
    assert set(error.sources) == {str(tmp_path / "m.bell")}


def test_an_include_is_read_where_it_stands(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        m_cat='let a = po include "n.cat" let c = b',
        n_cat='"title" let b = a ; a let a = rf',
    )
    assert [str(d) for d in load_model(str(main)).definitions] == [
        "let a = po",
        "let b = a ; a",
        "let a'2 = rf",
        "let c = b",
    ]


def test_an_include_may_be_a_shipped_file(tmp_path: Path) -> None:
    main = write(tmp_path, m_cat='include "lkmm.bell" let a = [Rcu-lock]')
    assert "rcu-lock" in load_model(str(main)).tags


def test_a_mistake_in_an_include_says_how_it_came_in(tmp_path: Path) -> None:
    main = write(tmp_path, m_cat='include "n.cat"', n_cat="let a = ;")
    found, error = refusal(main)
    assert found.code == "model-syntax"
    assert [label.text for label in found.trail] == ["included here"]
    assert set(error.sources) == {str(main), str(tmp_path / "n.cat")}


def test_a_file_that_includes_itself(tmp_path: Path) -> None:
    main = write(tmp_path, m_cat='include "n.cat"', n_cat='include "m.cat"')
    found, _ = refusal(main)
    assert found.code == "model-include"
    assert "circle" in found.message


def test_many_includes_of_one_file(tmp_path: Path) -> None:
    main = write(tmp_path, m_cat='include "n.cat" ' * 101, n_cat="let a = po")
    assert refusal(main)[0].code == "model-too-large"


@pytest.mark.parametrize("wanted", ["../out.cat", "link.cat", "/etc/passwd", "a\\b.cat", "sub"])
def test_an_include_stays_in_its_folder(tmp_path: Path, wanted: str) -> None:
    (tmp_path / "out.cat").write_text("let a = po", encoding="utf-8")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "link.cat").symlink_to(tmp_path / "out.cat")
    main = write(inner, m_cat=f'include "{wanted}"')
    assert refusal(main)[0].code == "model-include"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.cat")[0].code == "file-not-found"
    (tmp_path / "folder.cat").mkdir()
    assert refusal(tmp_path / "folder.cat")[0].code == "not-a-file"
    (tmp_path / "bytes.cat").write_bytes(b"let a = \xff")
    assert refusal(tmp_path / "bytes.cat")[0].code == "not-utf8"
    (tmp_path / "large.cat").write_text("//" + " " * (1 << 20), encoding="utf-8")
    assert refusal(tmp_path / "large.cat")[0].code == "too-large"
    os.mkfifo(tmp_path / "pipe.cat")
    assert refusal(tmp_path / "pipe.cat")[0].code == "not-a-file"
    assert refusal("a\0b.cat")[0].code == "file-not-found"


@pytest.mark.parametrize("name", ["", "lkm", "x" * 5000, "\n"])
def test_a_name_that_is_no_model(name: str) -> None:
    found, _ = refusal(name)
    assert found.code in {"unknown-model", "not-a-file", "unreadable-file", "file-not-found"}


def test_the_order_of_everything_is_always_the_same() -> None:
    script = "from prover.models.cat import load_model; print(repr(load_model('lkmm')))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
