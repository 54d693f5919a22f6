"""The server in a process of its own: what an editor shows while somebody types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.editor import ROOT, Editor, place

SAMPLE = Path(__file__).with_name("sample.khp")
TEXT = SAMPLE.read_text(encoding="utf-8")
GOOD = "int n = 1;\nactor a { assert(n == 1); }\nscenario s { run a; expect proved; }\n"


@pytest.fixture
def sample(editor: Editor, run) -> str:
    uri = editor.open(SAMPLE, TEXT)
    run(editor.symbols(uri))
    return uri


def codes(editor: Editor, uri: str) -> list[object]:
    return [found.code for found in editor.shown.get(uri, [])]


def test_an_error_is_shown_while_it_is_there(editor: Editor, run, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "a.khp", GOOD)
    run(editor.until(lambda: editor.shown.get(uri) == []))
    editor.change(uri, GOOD.replace("assert(n", "assert(m"))
    run(editor.until(lambda: codes(editor, uri) == ["unknown-name"]))
    (found,) = editor.shown[uri]
    assert found.range == types.Range(types.Position(1, 17), types.Position(1, 18))
    assert found.severity == types.DiagnosticSeverity.Error
    assert found.source == "prove"
    assert "`m`" in found.message
    assert "unknown-name" in run(editor.hover(uri, 1, 17))
    editor.change(uri, GOOD, 3)
    run(editor.until(lambda: editor.shown[uri] == []))
    editor.close(uri)


def test_a_syntax_error_stands_at_its_utf16_place(editor: Editor, run, tmp_path: Path) -> None:
    text = 'actor a { assert(1, "\U0001f512"); @ }\n'
    uri = editor.open(tmp_path / "b.khp", text)
    run(editor.until(lambda: bool(editor.shown.get(uri))))
    starts = {(d.range.start.line, d.range.start.character) for d in editor.shown[uri]}
    assert place(text, "@") in starts
    editor.close(uri)
    run(editor.until(lambda: editor.shown[uri] == []))


def test_a_part_of_a_text_is_not_taken_for_all_of_it(editor: Editor, run, tmp_path) -> None:
    uri = editor.open(tmp_path / "part.khp", GOOD.replace("n == 1", "n == 2"))
    run(editor.symbols(uri))
    nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
    change = types.TextDocumentContentChangePartial(nowhere, GOOD)
    document = types.VersionedTextDocumentIdentifier(2, uri)
    editor.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
    assert run(editor.symbols(uri)) == []
    assert "not open" in run(editor.prove(uri, "s")).refused
    assert any("a part of a text" in said for said in editor.said)


def test_one_file_by_two_names(editor: Editor, run, tmp_path: Path) -> None:
    (tmp_path / "a.khp").write_text(GOOD, encoding="utf-8")
    (tmp_path / "link.khp").symlink_to(tmp_path / "a.khp")
    one = editor.open(tmp_path / "a.khp", GOOD)
    two = editor.open(tmp_path / "link.khp", "int ;\n")
    run(editor.until(lambda: bool(editor.shown.get(two)) and editor.shown.get(one) == []))
    editor.close(two)
    editor.close(one)


def test_somebody_who_types_is_not_interrupted(editor: Editor, run, tmp_path: Path) -> None:
    uri = editor.open(tmp_path / "c.khp", GOOD)
    run(editor.until(lambda: editor.shown.get(uri) == []))
    before = editor.published
    for length in range(1, 30):
        editor.change(uri, GOOD + "int x"[:length] + "y" * length, length + 1)
    editor.change(uri, GOOD + "int", 40)
    run(editor.until(lambda: bool(editor.shown[uri])))
    assert editor.published == before + 1
    editor.close(uri)


def test_unsaved_imports_count(editor: Editor, run, tmp_path: Path) -> None:
    (tmp_path / "other.khp").write_text("int other;\n", encoding="utf-8")
    main = editor.open(
        tmp_path / "main.khp", f'import "other.khp";\n{GOOD}actor b {{ fresh = 1; }}\n'
    )
    run(editor.until(lambda: codes(editor, main) == ["unknown-name"]))
    other = editor.open(tmp_path / "other.khp", "int fresh;\n")
    run(editor.until(lambda: codes(editor, main) == []))
    editor.change(other, "int fresh;\nint ;\n")
    run(editor.until(lambda: bool(codes(editor, main))))
    (found,) = editor.shown[main]
    assert found.range.start == types.Position(0, 7)
    (step,) = found.related_information or ()
    assert step.location.uri == other
    assert step.location.range.start.line == 1
    assert "in " in found.message
    editor.close(other)
    run(editor.until(lambda: codes(editor, main) == ["unknown-name"]))
    editor.close(main)


def test_a_library_is_right_where_its_importer_is(editor: Editor, run, tmp_path: Path) -> None:
    library = "static int f(void) { return later; }\n"
    (tmp_path / "lib.khp").write_text(library, encoding="utf-8")
    uri = editor.open(tmp_path / "lib.khp", library)
    run(editor.until(lambda: codes(editor, uri) == ["unknown-name"]))
    main = editor.open(tmp_path / "user.khp", f'import "lib.khp";\nint later;\n{GOOD}')
    run(editor.until(lambda: codes(editor, uri) == []))
    editor.close(main)
    run(editor.until(lambda: codes(editor, uri) == ["unknown-name"]))
    editor.close(uri)


def test_imports_stay_inside(editor: Editor, run, tmp_path: Path) -> None:
    (tmp_path / "secret.khp").write_text("int secret;\n", encoding="utf-8")
    secret = editor.open(tmp_path / "secret.khp", "int secret;\n")
    (tmp_path / "in").mkdir()
    for name in ("../secret.khp", str(tmp_path / "secret.khp"), "/etc/passwd"):
        uri = editor.open(tmp_path / "in" / "a.khp", f'import "{name}";\n{GOOD}')
        run(editor.symbols(uri))
        run(editor.until(lambda: "import-outside" in codes(editor, uri)))  # noqa: B023
        assert run(editor.definition(uri, 0, 10)) == []
        editor.close(uri)
    uri = editor.open("untitled:one", f'import "kernel/rcu.khp";\n{GOOD}')
    run(editor.until(lambda: editor.shown.get(uri) == []))
    uri = editor.open("untitled:two", f'import "secret.khp";\n{GOOD}')
    run(editor.until(lambda: codes(editor, uri) == ["import-not-found"]))
    editor.close(secret)


@pytest.mark.parametrize(
    ("mark", "inside", "wanted", "line"),
    [
        ("\touter(b);", 3, SAMPLE, "static void outer(struct box *b)"),
        ("goto again", 6, SAMPLE, "again:"),
        ("pmd_none(seen)", 2, ROOT / "protocols/kernel/pgtable.khp", "static bool pmd_none("),
        ('"kernel/pgtable.khp"', 4, ROOT / "protocols/kernel/pgtable.khp", "//"),
        ("b->state", 4, SAMPLE, "enum state state;"),
    ],
)
def test_definitions(editor: Editor, run, sample: str, mark, inside, wanted: Path, line) -> None:
    (found,) = run(editor.definition(sample, *place(TEXT, mark, inside)))
    assert found.uri == wanted.as_uri()
    text = wanted.read_text(encoding="utf-8").splitlines()[found.range.start.line]
    assert text.strip().startswith(line)


def test_definitions_go_on_in_a_text_that_cannot_be_parsed(editor: Editor, run, sample) -> None:
    broken = TEXT + "actor unfinished { outer(\n"
    editor.change(sample, broken)
    (found,) = run(editor.definition(sample, *place(broken, "outer(\n", 2)))
    assert (found.uri, found.range.start.line) == (sample, place(TEXT, "void outer(", 0)[0])
    assert "outer" in {entry.name for entry in run(editor.symbols(sample))}


def test_references(editor: Editor, run, sample: str) -> None:
    position = types.Position(*place(TEXT, "static int bump", 12))
    params = types.ReferenceParams(
        types.ReferenceContext(include_declaration=True),
        types.TextDocumentIdentifier(sample),
        position,
    )
    found = run(editor.text_document_references_async(params))
    lines = [TEXT.splitlines()[each.range.start.line].strip() for each in found]
    assert lines == ["static int bump(struct box *b, int by)", "bump(b, 1);", "bump(b, 2);"]


@pytest.mark.parametrize(
    ("mark", "inside", "said"),
    [
        ("bump(b, 2)", 1, ["static int bump(struct box \\*b", "Counts one more", "As the kernel"]),
        ("READ_ONCE(first", 2, ["value READ_ONCE(lvalue)", "Source: `tools/memory-model"]),
        (
            "pmd_none(seen)",
            2,
            ["static bool pmd_none", "kernel/pgtable.khp", "include/linux/pgtable"],
        ),
        ("spin_lock(&big)", 12, ['spinlock_t big class("outer")', "Lock class `outer`"]),
        ("enum state state;", 12, ["field `box.state`"]),
        (
            "expect refuted null-pointer when MODE == fast;\n}\n\n",
            20,
            ["**null-pointer**: an access through NULL"],
        ),
        ('"kernel/pgtable.khp"', 4, ["file `kernel/pgtable.khp`", "include/linux/pgtable"]),
    ],
)
def test_hover(editor: Editor, run, sample: str, mark: str, inside: int, said: list[str]) -> None:
    found = run(editor.hover(sample, *place(TEXT, mark, inside)))
    for part in said:
        assert part.replace("\\*", "*") in found.replace("\\_", "_").replace("\\*", "*"), found


def test_nothing_is_said_of_nothing(editor: Editor, run, sample: str) -> None:
    assert run(editor.hover(sample, 1, 0)) == ""
    assert run(editor.hover(sample, 9999, 9999)) == ""
    assert run(editor.definition(sample, 1, 0)) == []
    assert run(editor.hover("file:///not/open.khp", 0, 0)) == ""


def test_the_outline(editor: Editor, run, sample: str) -> None:
    found = {entry.name: entry for entry in run(editor.symbols(sample))}
    assert [
        name for name in found if name in ("box", "bump", "outer", "walker", "walk", "shorter")
    ] == ["box", "bump", "outer", "walker", "walk", "shorter"]
    assert [each.name for each in found["box"].children or ()] == [
        *("lock", "other", "next", "count", "state")
    ]
    assert [each.name for each in found["outer"].children or ()] == ["again"]
    for entry in found.values():
        assert entry.range.start <= entry.selection_range.start
        assert entry.selection_range.end <= entry.range.end


def formatted(editor: Editor, run, uri: str) -> Any:
    options = types.FormattingOptions(tab_size=8, insert_spaces=False)
    params = types.DocumentFormattingParams(types.TextDocumentIdentifier(uri), options)
    return run(editor.text_document_formatting_async(params))


def test_formatting(editor: Editor, run, sample: str, tmp_path: Path) -> None:
    assert not formatted(editor, run, sample)
    uri = editor.open(tmp_path / "f.khp", "actor  a {int x;x=1;}\n")
    (edit,) = formatted(editor, run, uri)
    assert edit.new_text == "actor a {\n\tint x;\n\tx = 1;\n}\n"
    assert edit.range == types.Range(types.Position(0, 0), types.Position(1, 0))
    editor.change(uri, "actor  a {int x;x=1;\n")
    assert formatted(editor, run, uri) is None
    editor.close(uri)


def test_every_scenario_and_variant_has_a_lens(editor: Editor, run, sample: str) -> None:
    params = types.CodeLensParams(types.TextDocumentIdentifier(sample))
    lenses = run(editor.text_document_code_lens_async(params))
    commands = [list(lens.command.arguments) for lens in lenses]
    assert commands == [[sample, "walk", ""], [sample, "", "shorter"]]
    assert {lens.command.command for lens in lenses} == {"prove.scenario"}
