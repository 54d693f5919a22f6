"""Names and what they stand for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.files import library_root
from dsl.imports import Program, load, load_text
from dsl.primitives import PROPERTIES, SIGNATURES
from prover.lsp.declared import Symbol
from prover.lsp.index import imports, index_of
from prover.lsp.uses import Index
from tests.language.test_reference import keywords

ROOT = Path(__file__).parents[2]
SAMPLE = Path(__file__).with_name("sample.khp")
PROTOCOLS = sorted((ROOT / "protocols").rglob("*.khp"))[::40]
WORDS = {"true", "false", "NULL", "choose", "container_of", "forall_actors", "any", "VAL"}
TYPES = {"mutex", "rw_semaphore", "rcu_head", "srcu_struct"}
VERDICTS = {"proved", "refuted", "bounded", "vacuous", "unknown", "lkmm", "tso", "sc"}


@pytest.fixture(scope="module")
def program() -> Program:
    return load(SAMPLE, (library_root(),))


@pytest.fixture(scope="module")
def index(program: Program) -> Index:
    return index_of(program)


def declared(program: Program, index: Index, mark: str) -> tuple[Symbol, str]:
    """What the part between bars in ``mark`` stands for, and the line that declares it."""
    text = program.sources[program.main.name].text
    whole = mark.replace("|", "")
    assert text.count(whole) == 1, whole
    use = index.at(program.main.name, text.index(whole) + mark.index("|"))
    assert use is not None, mark
    (symbol,) = use.symbols
    name = whole[mark.index("|") : mark.rindex("|") - 1]
    assert text[use.span.start : use.span.end] == name
    source = program.sources.get(symbol.span.file)
    if source is None:
        return symbol, ""
    return symbol, source.line(source.line_column(symbol.span.start)[0]).strip()


@pytest.mark.parametrize(
    ("mark", "kind", "line"),
    [
        ("\t|bump|(b, 2)", "function", "static int bump(struct box *b, int by)"),
        ("int old = |b|->count", "parameter", "static int bump(struct box *b, int by)"),
        ("old + |by|", "parameter", "static int bump(struct box *b, int by)"),
        ("= |old| + by", "local", "int old = b->count;"),
        ("int old = b->|count|", "field", "int count;"),
        ("b->|next|->count", "field", "struct box *next;"),
        ("b->next->|count| == 0", "field", "int count;"),
        ("struct |box| first", "struct", "struct box {"),
        ("{ .|count| = 1 }", "field", "int count;"),
        ("READ_ONCE(|first|.next)", "object", "struct box first = { .count = 1 };"),
        ("READ_ONCE(first.|next|)", "field", "struct box *next;"),
        ("|READ_ONCE|(first.next)", "primitive", ""),
        ("spin_lock(&|big|)", "object", 'spinlock_t big class("outer");'),
        ("goto |again|", "label", "again:"),
        ("outer.|again|", "label", "again:"),
        ("drop |outer|.again", "function", "static void outer(struct box *b)"),
        ("with |outer_v1|", "function", "static void outer_v1(struct box *b)"),
        ("run |walker| * 2", "actor", "actor walker {"),
        ("ghost int |walker|.inside", "actor", "actor walker {"),
        ("\twalker.|inside| = 1", "ghost state", "ghost int walker.inside;"),
        ("b->|state| == BUSY", "field", "enum state state;"),
        ("== |BUSY|", "enum member", "enum state { IDLE, BUSY };"),
        ("enum |state| state", "enum", "enum state { IDLE, BUSY };"),
        ("&& |MODE| == fast", "config", "config MODE = fast | slow;"),
        ("&& MODE == |fast|", "value", "config MODE = fast | slow;"),
        ('lock_order |"outer"|', "lock class", 'spinlock_t big class("outer");'),
        ("-> |box.other|", "field", "spinlock_t other;"),
        ("in |walk| {", "scenario", "scenario walk {"),
        ("walker * 2;\n\tfinal |first|.count", "object", "struct box first = { .count = 1 };"),
        ("\texpect refuted |null-pointer| when MODE == fast;\n}\n\nvariant", "property", ""),
    ],
)
def test_a_name_leads_to_its_declaration(program, index, mark: str, kind: str, line: str) -> None:
    symbol, found = declared(program, index, mark)
    assert (symbol.kind, found) == (kind, line)


def test_names_of_the_library_lead_into_it(program: Program, index: Index) -> None:
    symbol, line = declared(program, index, "|pmd_none|(seen)")
    assert symbol.span.file == "kernel/pgtable.khp"
    assert line.startswith("static bool pmd_none(")
    symbol, _ = declared(program, index, "|pmd_t| entry")
    assert (symbol.kind, symbol.span.file) == ("word", "kernel/mm_types.khp")
    symbol, _ = declared(program, index, "entry = |none|")
    assert symbol.kind == "value of a word"


def test_a_type_s_name_may_be_in_the_words_before_it() -> None:
    text = "struct s { int n; };\nstruct s one;\n"
    index = index_of(load_text("t.khp", text, None, ()))
    use = index.at("t.khp", text.index("s one"))
    assert use is not None and use.span.start == text.index("s one")


def test_an_import_leads_to_its_file(program: Program, index: Index) -> None:
    symbol, _ = declared(program, index, 'import |"kernel/pgtable.khp"|')
    assert (symbol.kind, symbol.name) == ("import", "kernel/pgtable.khp")


def test_imports_are_told_with_the_files_that_were_read(tmp_path: Path) -> None:
    (tmp_path / "one.khp").write_text('import "two.khp";\nimport "three.khp";\n', encoding="utf-8")
    (tmp_path / "two.khp").write_text('import "three.khp";\n', encoding="utf-8")
    (tmp_path / "three.khp").write_text("int n;\n", encoding="utf-8")
    text = 'import "one.khp";\nimport "two.khp";\n'
    main = tmp_path / "main.khp"
    main.write_text(text, encoding="utf-8")
    found = [(each.path.text, Path(name).name) for each, name in imports(load(main, ()))]
    assert [name for name, _ in found] == [name for _, name in found]
    assert [name for name, _ in found] == [
        "one.khp",
        "two.khp",
        "three.khp",
        "three.khp",
        "two.khp",
    ]


def test_a_text_without_a_place_has_an_index() -> None:
    text = 'import "kernel/rcu.khp";\nint n;\nactor a { n = 1; }\n'
    program = load_text("untitled:1", text, None, (library_root(),))
    index = index_of(program)
    use = index.at("untitled:1", text.index("n = 1"))
    assert use is not None and use.symbols[0].kind == "object"
    use = index.at("untitled:1", 10)
    assert use is not None and use.symbols[0].name == "kernel/rcu.khp"


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_every_name_of_a_protocol_is_known(path: Path) -> None:
    """Also those whose type the index cannot find out: what they may be is told."""
    program = load(path, (library_root(),))
    index = index_of(program)
    name = program.main.name
    text = program.sources[name].text
    silent = re.sub(r'//[^\n]*|/\*.*?\*/|"[^"]*"', lambda m: " " * len(m[0]), text, flags=re.DOTALL)
    known = keywords() | WORDS | TYPES | VERDICTS | SIGNATURES.keys() | PROPERTIES.keys()
    lost = [
        match[0]
        for match in re.finditer(r"(?<![\w-])[A-Za-z_]\w*", silent)
        if index.at(name, match.start()) is None and not match[0].endswith("_t")
    ]
    assert set(lost) <= known, set(lost) - known
