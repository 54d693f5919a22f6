"""Which files a protocol is made of, and which may never be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dsl.codes import CODES
from dsl.diagnostic import Diagnostic
from dsl.files import library_root
from dsl.imports import MAX_FILES, LoadError, Program, load, load_text
from dsl.reach import Texts
from dsl.source import Source


def write(folder: Path, **texts: str) -> None:
    """``a__b="..."`` is the file ``a/b.khp``."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/") + ".khp")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def names(program: Program) -> list[str]:
    return [file.name for file in program.files]


def refused(path: Path | Source, *roots: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(LoadError) as caught:
        load(path, roots)
    for diagnostic in caught.value.diagnostics:
        assert diagnostic.code in CODES
        for label in (diagnostic.primary, *diagnostic.trail):
            assert label is None or label.span.file in caught.value.sources
    return caught.value.diagnostics


def codes(path: Path | Source, *roots: Path) -> list[str]:
    return [diagnostic.code for diagnostic in refused(path, *roots)]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    write(folder, kernel__mm='import "list.khp"; int mm;', kernel__list="int list;")
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


# --- finding ----------------------------------------------------------------------


def test_files_come_in_dependency_order_and_once(home: Path, library: Path) -> None:
    write(
        home,
        main='import "b.khp"; import "sub/c.khp"; import "kernel/mm.khp"; int main_;',
        b='import "./sub/c.khp"; import "kernel/list.khp"; int b;',
        sub__c="int c;",
    )
    program = load(home / "main.khp", (library,))
    assert names(program) == [
        f"{home}/sub/c.khp",
        "kernel/list.khp",
        f"{home}/b.khp",
        "kernel/mm.khp",
        f"{home}/main.khp",
    ]
    assert program.main is program.files[-1]
    assert sorted(program.sources) == sorted(names(program))
    assert program.sources["kernel/list.khp"].text == "int list;"
    for file in program.files:
        assert file.span.file == file.name


def test_the_importers_folder_comes_first(home: Path, library: Path) -> None:
    write(home, main='import "kernel/mm.khp";', kernel__mm="int mine;")
    assert names(load(home / "main.khp", (library,)))[0] == f"{home}/kernel/mm.khp"


def test_names_are_as_the_user_gave_them(
    home: Path, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, p__main='import "b.khp"; import "kernel/list.khp";', p__b="int b;")
    monkeypatch.chdir(home)
    assert names(load(Path("p/main.khp"), (library,))) == [
        "p/b.khp",
        "kernel/list.khp",
        "p/main.khp",
    ]


def test_two_files_never_share_a_name(home: Path, library: Path) -> None:
    # Both are "kernel/list.khp" to their importer.
    write(home, kernel__list="int mine;")
    program = load_text("-", 'import "kernel/list.khp"; import "kernel/mm.khp";', home, (library,))
    assert len(set(names(program))) == len(names(program)) == 4
    assert {file.span.file for file in program.files} == set(program.sources)


def test_text_may_come_from_memory(home: Path, library: Path) -> None:
    write(home, b="int b;")
    assert names(load_text("-", '\ufeffimport "b.khp";', home, (library,))) == ["b.khp", "-"]
    assert names(load_text("-", 'import "kernel/mm.khp";', None, (library,)))[-1] == "-"
    assert names(load(Source("-", 'import "kernel/list.khp";'), (library,)))[-1] == "-"
    assert codes(Source("-", 'import "b.khp";'), library) == ["import-not-found"]


def test_a_library_file_finds_its_neighbours(library: Path) -> None:
    program = load(Source("-", 'import "kernel/mm.khp";'), (library,))
    assert names(program) == ["kernel/list.khp", "kernel/mm.khp", "-"]


def test_the_shipped_library_is_found() -> None:
    root = library_root()
    assert (root / "kernel").is_dir()
    for path in sorted((root / "kernel").glob("*.khp")):
        load(path, (root,))


# --- what is refused --------------------------------------------------------------


def test_not_found_suggests(home: Path, library: Path) -> None:
    write(home, main='import "kernel/lst.khp";\nimport "mm.khp";\nimport "";')
    first, second, third = refused(home / "main.khp", library)
    assert first.hint == 'did you mean import "kernel/list.khp"?'
    assert second.hint == 'did you mean import "kernel/mm.khp"?'
    assert {d.code for d in (first, second, third)} == {"import-not-found"}
    assert first.primary is not None
    assert first.primary.span.start == len("import ")


@pytest.mark.parametrize(
    "wanted", ["../hidden.khp", "sub/../../hidden.khp", "../home/../hidden.khp", "../../x/y.khp"]
)
def test_dots_do_not_lead_out(wanted: str, tmp_path: Path, home: Path, library: Path) -> None:
    write(tmp_path, hidden="int hidden;", home__sub__x="int x;")
    write(home, main=f'import "{wanted}";')
    assert codes(home / "main.khp", library) == ["import-outside"]


def test_a_folder_whose_name_begins_so_is_another(
    tmp_path: Path, home: Path, library: Path
) -> None:
    write(tmp_path, home2__b="int b;")
    write(home, main='import "../home2/b.khp"; import "c.khp";')
    (home / "c.khp").symlink_to(tmp_path / "home2/b.khp")
    assert codes(home / "main.khp", library) == ["import-outside", "import-outside"]


def test_dots_may_lead_about_inside(home: Path, library: Path) -> None:
    write(home, main='import "sub/a.khp";', sub__a='import "../b.khp";', b="int b;")
    assert len(names(load(home / "main.khp", (library,)))) == 3


def test_absolute_paths_are_refused(home: Path, library: Path) -> None:
    write(home, b="int b;", main=f'import "{home}/b.khp"; import "/etc/passwd";')
    assert codes(home / "main.khp", library) == ["import-outside", "import-outside"]


def test_links_do_not_lead_out(tmp_path: Path, home: Path, library: Path) -> None:
    write(tmp_path, hidden="int hidden;", other__b="int b;")
    (home / "a.khp").symlink_to(tmp_path / "hidden.khp")
    (home / "sub").symlink_to(tmp_path / "other")
    write(home, main='import "a.khp"; import "sub/b.khp";', real="int r;")
    assert codes(home / "main.khp", library) == ["import-outside", "import-outside"]
    (home / "inside.khp").symlink_to("real.khp")
    write(home, main='import "inside.khp"; import "real.khp";')
    assert len(names(load(home / "main.khp", (library,)))) == 2
    (home / "loop.khp").symlink_to("loop.khp")
    write(home, main='import "loop.khp";')
    assert codes(home / "main.khp", library) == ["import-not-found"]


def test_a_file_may_be_named_through_a_link(tmp_path: Path, home: Path, library: Path) -> None:
    write(tmp_path, hidden="int hidden;")
    write(home, main='import "mid.khp";', mid='import "sub/deep.khp";', sub__deep="int d;")
    link = tmp_path / "link"
    link.symlink_to("home")
    # Imports of imports too, by the names that they have there.
    assert names(load(link / "main.khp", (library,))) == [
        f"{link}/sub/deep.khp",
        f"{link}/mid.khp",
        f"{link}/main.khp",
    ]
    reach = Texts((library,)).reach(link / "main.khp")
    assert (len(reach.read), reach.whole) == (3, True)
    # So may the library.
    (tmp_path / "roots").symlink_to("library")
    write(home, main='import "kernel/mm.khp";')
    assert len(names(load(home / "main.khp", (tmp_path / "roots",)))) == 3
    # What is outside of where the link leads is outside still.
    write(home, main='import "mid.khp";', mid='import "../hidden.khp"; import "out.khp";')
    (home / "out.khp").symlink_to(tmp_path / "hidden.khp")
    assert codes(link / "main.khp", library) == ["import-outside", "import-outside"]


def test_only_files_are_read(home: Path, library: Path) -> None:
    (home / "folder.khp").mkdir()
    os.mkfifo(home / "pipe.khp")
    write(home, main='import "folder.khp"; import "pipe.khp";')
    assert codes(home / "main.khp", library) == ["not-a-file", "not-a-file"]
    assert codes(home / "pipe.khp") == ["not-a-file"]
    assert codes(home) == ["not-a-file"]
    assert codes(Path("/dev/zero")) == ["not-a-file"]
    assert codes(home / "nothing.khp") == ["file-not-found"]
    assert codes(home / "main.khp" / "x") == ["file-not-found"]
    assert codes(home / ("x" * 5000)) == ["unreadable-file"]
    assert codes(home / "nul\0.khp") == ["file-not-found"]


def test_strange_import_strings_are_not_found(home: Path, library: Path) -> None:
    for wanted in ("x" * 5000, "a\\\\b.khp", ".", "..", "kernel", "~/x", "a" + "/a" * 3000):
        write(home, main=f'import "{wanted}";')
        (code,) = codes(home / "main.khp", library)
        assert code in {"import-not-found", "import-outside", "not-a-file"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permissions_are_respected(home: Path) -> None:
    write(home, main="int x;")
    (home / "main.khp").chmod(0)
    assert codes(home / "main.khp") == ["unreadable-file"]


def test_only_utf8_is_read(home: Path) -> None:
    (home / "bad.khp").write_bytes(b"int x;\n// \xff\n")
    write(home, main='import "bad.khp";')
    (diagnostic,) = refused(home / "main.khp")
    assert diagnostic.code == "not-utf8"
    assert "line 2" in diagnostic.message
    assert codes(home / "bad.khp") == ["not-utf8"]
    (home / "mark.khp").write_bytes(b"\xef\xbb\xbfint x;\n")
    assert load(home / "mark.khp", ()).sources[f"{home}/mark.khp"].text == "int x;\n"


# --- cycles and limits ------------------------------------------------------------


def test_cycles_are_named(home: Path) -> None:
    write(home, a='import "b.khp";', b='import "c.khp";', c='import "b.khp";', d='import "d.khp";')
    (diagnostic,) = refused(home / "a.khp")
    assert diagnostic.code == "import-cycle"
    b, c = f"`{home}/b.khp`", f"`{home}/c.khp`"
    assert f"{b} imports {c}, which imports {b}" in diagnostic.message
    assert len(diagnostic.trail) == 2
    assert codes(home / "d.khp") == ["import-cycle"]


def test_a_diamond_is_no_cycle(home: Path) -> None:
    write(home, a='import "b.khp"; import "c.khp";', b='import "d.khp";', c='import "d.khp";', d="")
    assert len(names(load(home / "a.khp", ()))) == 4


def test_sizes_are_limited(home: Path) -> None:
    (home / "large.khp").write_bytes(b"/" * (1 << 20) + b"\n")
    write(home, main='import "large.khp";')
    assert codes(home / "main.khp") == ["too-large"]
    assert codes(home / "large.khp") == ["too-large"]
    for i in range(5):
        (home / f"part{i}.khp").write_bytes(b"//" + b"x" * ((1 << 20) - 10) + b"\n")
    write(home, main="".join(f'import "part{i}.khp";\n' for i in range(5)))
    assert codes(home / "main.khp") == ["too-large", "too-large"]


def test_the_number_of_files_is_limited(home: Path) -> None:
    for i in range(MAX_FILES + 1):
        write(home, **{f"part{i}": ""})
    write(home, main="".join(f'import "part{i}.khp";\n' for i in range(MAX_FILES)))
    assert codes(home / "main.khp") == ["too-many-files"]
    write(home, main="".join(f'import "part{i}.khp";\n' for i in range(MAX_FILES - 1)))
    assert len(load(home / "main.khp", ()).files) == MAX_FILES


def test_a_chain_of_imports_is_no_recursion_error(home: Path) -> None:
    for i in range(MAX_FILES + 1):
        write(home, **{f"part{i}": f'import "part{i + 1}.khp";\n'})
    assert codes(home / "part0.khp") == ["too-many-files"]


# --- mistakes in imported files ---------------------------------------------------


def test_mistakes_show_how_they_were_reached(home: Path) -> None:
    write(
        home,
        main='import "a.khp"; import "nowhere.khp";',
        a='int x;\nimport "b.khp";',
        b="actor c { x = ; }\nactor d { y = 1 }\n",
    )
    first, second, third = refused(home / "main.khp")
    assert [d.code for d in (first, second, third)] == [
        "syntax",
        "missing-semicolon",
        "import-not-found",
    ]
    trail = [(label.span.file, label.span.start) for label in first.trail]
    assert trail == [(f"{home}/main.khp", 7), (f"{home}/a.khp", 14)]
    assert first.primary is not None
    assert first.primary.span.file == f"{home}/b.khp"
    assert third.trail == ()
