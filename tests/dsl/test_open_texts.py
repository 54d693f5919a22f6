"""Texts that an editor has open are read in place of files, and widen nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.files import MAX_BYTES
from dsl.imports import LoadError, load
from prover.cache.store import Store
from prover.pipeline import run
from prover.verdict import Request, name_of

RUN = "actor a { assert(n == 1); }\nscenario s { run a; expect proved; }\n"


def refused(path: Path, texts: dict[str, str]) -> str:
    with pytest.raises(LoadError) as caught:
        load(path, (), None, texts)
    return caught.value.diagnostics[0].code


def test_they_take_the_place_of_the_file_and_of_imports(tmp_path: Path) -> None:
    main, other = tmp_path / "main.khp", tmp_path / "other.khp"
    main.write_text("int disk;", encoding="utf-8")
    other.write_text("int disk;", encoding="utf-8")
    texts = {str(main): 'import "other.khp";', str(other): "int open;"}
    program = load(main, (), None, texts)
    assert program.sources[str(other)].text == "int open;"
    assert program.sources[str(main)].text == 'import "other.khp";'


def test_a_file_that_was_never_saved(tmp_path: Path) -> None:
    path = tmp_path / "new.khp"
    assert load(path, (), None, {str(path): "int n;"}).main.declarations
    assert refused(path, {}) == "file-not-found"


def test_they_are_found_as_files_are(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    outside = tmp_path / "outside.khp"
    outside.write_text("int n;", encoding="utf-8")
    (home / "link.khp").symlink_to(outside)
    main = home / "main.khp"
    open_ = {str(outside): "int n;", str(home / "absent.khp"): "int n;"}
    wanted = {
        "../outside.khp": "import-outside",
        "link.khp": "import-outside",
        str(outside): "import-outside",
        "absent.khp": "import-not-found",
    }
    for name, code in wanted.items():
        assert refused(main, {**open_, str(main): f'import "{name}";'}) == code


def test_they_have_the_size_that_files_may_have(tmp_path: Path) -> None:
    path = tmp_path / "new.khp"
    assert refused(path, {str(path): "/" * (MAX_BYTES + 1)}) == "too-large"


def test_a_proof_is_of_them_and_is_not_remembered(tmp_path: Path) -> None:
    main, other = tmp_path / "main.khp", tmp_path / "other.khp"
    main.write_text(f'import "other.khp";\n{RUN}', encoding="utf-8")
    other.write_text("int n = 1;", encoding="utf-8")

    def verdict(texts: tuple[tuple[str, str], ...]) -> str:
        request = Request((str(main),), model="sc", jobs=1, texts=texts)
        store = Store(tmp_path / "cache")
        report = run(request, lambda _: None, store)
        store.close()
        return name_of(report.files[0].outcomes[0].verdict)

    assert verdict(()) == "proved"
    assert verdict(((str(other), "int n = 2;"),)) == "refuted"
    assert verdict(()) == "proved"
