"""What the checker refuses: a case file for each code, and how it says so."""

from __future__ import annotations

import ast
import re
import sys
import time
from pathlib import Path

import pytest

from dsl.check import check
from dsl.check.library import FILES
from dsl.codes_check import CHECK_CODES
from dsl.diagnostic import DiagnosticError
from dsl.files import library_root
from dsl.imports import load_text
from dsl.source import Source
from tests.dsl.checking import diagnostics

HERE = Path(__file__).parent
PROJECT = HERE.parent.parent
CASES = sorted((HERE.parent / "cases" / "check").glob("*.khp"))
WANTED = re.compile(r"// error: ([\w, -]+)$")
VARIANT = re.compile(r"// variant: (\w+)")


def expected(text: str) -> set[tuple[int, str]]:
    found: set[tuple[int, str]] = set()
    for number, line in enumerate(text.splitlines(), 1):
        match = WANTED.search(line)
        if match:
            found.update((number, code.strip()) for code in match[1].split(","))
    return found


def test_there_are_cases() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path) -> None:
    text = case.read_text()
    wanted = expected(text)
    assert wanted
    variant = VARIANT.search(text)

    found = diagnostics(text, variant[1] if variant else "")

    source = Source("t.khp", text)
    lines = {
        (source.line_column(d.primary.span.start)[0], d.code)
        for d in found
        if d.primary is not None
    }
    assert lines == wanted
    assert any(code == case.stem for _, code in wanted)


@pytest.mark.parametrize("code", sorted(CHECK_CODES))
def test_every_code_has_a_case(code: str) -> None:
    assert (HERE.parent / "cases" / "check" / f"{code}.khp").exists()


def test_every_code_that_is_reported_is_explained() -> None:
    used: set[str] = set()
    for path in [*sorted((PROJECT / "dsl" / "check").glob("*.py")), PROJECT / "dsl" / "variant.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            at = {"error": 0, "fail": 0, "Diagnostic": 0, "_report": 1}.get(name)
            code = None if at is None else node.args[at]
            if isinstance(code, ast.Constant):
                used.add(str(code.value))

    assert used == set(CHECK_CODES)


def test_explanations_are_short() -> None:
    assert all(2 <= len(text.splitlines()) <= 6 for text in CHECK_CODES.values())


def test_diagnostics_come_in_the_order_of_the_text_and_at_most_fifty() -> None:
    found = diagnostics("actor a {" + " ".join(f"x{i} = 1;" for i in range(300)) + "}")

    starts = [d.primary.span.start for d in found if d.primary is not None]
    assert starts == sorted(starts)
    assert len(found) == 50


def test_the_nearest_name_is_suggested() -> None:
    (found,) = diagnostics("int nr_ptes; actor a { nr_pte = 1; }")

    assert found.hint == "did you mean `nr_ptes`?"


ROOTS = (library_root(),)
NAMED = [(file, name) for file, names in FILES.items() for name in names]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_what_the_library_has_is_to_be_imported(file: str, name: str) -> None:
    is_type = name.endswith("_t") or " " in name
    shown = name if is_type else f"{name}()"
    for use in (f"{name} o;",) if is_type else (f"{name}(&x);", f"{name}(&x) {{ }}"):
        (found,) = diagnostics(use if is_type else f"int x; actor a {{ {use} }}")
        assert (found.code, found.hint) == ("not-decided-yet", f'write `import "{file}";`')
        assert found.message == f"`{shown}` is in the library, and not imported"
    made = check(load_text("t.khp", f'models sc; import "{file}"; actor a {{ }}', None, ROOTS))
    declared = {*made.functions, *(f"struct {each}" for each in made.structs)}
    text = (ROOTS[0] / file).read_text(encoding="utf-8")
    assert name in declared or f" {name};" in text or f"iterator {name}(" in text


HINTED = [
    ("if (n) return\n\tspin_unlock(&l);", "", "if it is the next statement, `return` has no `;`"),
    ("c = 1;", "", "set it with `atomic_set(&..., value)`"),
    ("b = 1;", "", "set it with `atomic_long_set(&..., value)`"),
    ("n = c;", "", "pass its address; read it with `atomic_read(&...)`"),
    ("atomic_inc(c);", "", "pass its address; read it with `atomic_read(&...)`"),
    ("refcount_inc(r);", "", "pass its address; read it with `refcount_read(&...)`"),
    ("first->value = 1;", "`first` is a struct item, not a pointer to one", "write `.value`"),
    ("n = first->value;", "", "write `.value`"),
    ("n = READ_ONCE(&n);", "", "leave the `&` out"),
    ("WRITE_ONCE(&n, 1);", "", "leave the `&` out"),
    ("struct item *i = rcu_dereference(&slot);", "", "leave the `&` out"),
    ("unsigned long flags; spin_lock_irqsave(&l, &flags);", "", "leave the `&` out"),
]


@pytest.mark.parametrize(("body", "message", "hint"), HINTED, ids=[row[0] for row in HINTED])
def test_what_is_meant_is_hinted_at(body: str, message: str, hint: str) -> None:
    declared = "struct item { int value; }; struct item first; struct item *slot = &first; int n;"
    declared += " spinlock_t l; atomic_t c; atomic_long_t b; refcount_t r;"
    (found,) = diagnostics(f"{declared} actor a {{ {body} }}")
    assert found.hint.endswith(hint)
    assert message in found.message


@pytest.mark.parametrize("static", ["", "static "])
@pytest.mark.parametrize(
    ("macro", "declared"), [("DEFINE_SPINLOCK", "spinlock_t"), ("DEFINE_MUTEX", "struct mutex")]
)
def test_a_macro_that_declares_is_told_from_a_declaration(
    static: str, macro: str, declared: str
) -> None:
    with pytest.raises(DiagnosticError) as caught:
        load_text("t.khp", f"int x;\n{static}{macro}(q);\nactor a {{ }}", None, ())
    (found,) = caught.value.diagnostics
    assert (found.code, found.hint) == ("unknown-type", f"write `{declared} q;`")


def test_a_trail_leads_to_the_first_declaration() -> None:
    (found,) = diagnostics("int x;\nint x;")

    assert [label.span.start for label in found.trail] == [4]


def test_a_trail_leads_to_the_call_that_makes_an_out_parameter() -> None:
    text = (
        "int *keep; static void f(int *out) { keep = out; } static void g(int *o) { f(o); } "
        "actor a { int n; g(&n); }"
    )
    (found,) = diagnostics(text)

    assert found.primary is not None
    assert found.primary.span.start == text.index("out; }")
    assert [label.span.start for label in found.trail] == [text.index("&n")]


def test_the_narrowest_place_is_named() -> None:
    text = "struct s { int f; }; struct s o; actor a { o.f = o.g; }"
    (found,) = diagnostics(text)

    assert found.primary is not None
    assert text[found.primary.span.start : found.primary.span.end] == "g"


def test_a_mistake_is_reported_once() -> None:
    found = diagnostics("struct s { nope_t f; }; struct s o; actor a { o.f = 1; o.f = 2; }")

    assert [d.code for d in found] == ["unknown-type"]


def test_deep_nesting_is_checked_and_the_recursion_limit_restored() -> None:
    before = sys.getrecursionlimit()
    deep = 95
    text = "int x; actor a { " + "if (x) { " * deep + "x = y;" + "}" * deep + "}"

    assert [d.code for d in diagnostics(text)] == ["unknown-name"]
    assert sys.getrecursionlimit() == before


CALL = "static int f0(int x) { return x; }"
YIELD = "iterator f0(int x) { yield; }"


@pytest.mark.parametrize(
    ("first", "following", "end"),
    [
        (CALL, "static int f{0}(int x) {{ return f{1}(x + x); }}", "final f300(x) == 0;"),
        (CALL, "static int f{0}(int x) {{ return f{1}(x) + f{1}(x); }}", ""),
        (YIELD, "iterator f{0}(int x) {{ f{1}(x) {{ yield; }} }}", ""),
        (YIELD, "iterator f{0}(int x) {{ f{1}(x) {{ }} f{1}(x) {{ yield; }} }}", ""),
    ],
    ids=["claims", "calls", "nesting", "doubling"],
)
def test_hostile_expansion_ends_soon(first: str, following: str, end: str) -> None:
    chain = (following.format(i, i - 1) for i in range(1, 301))
    text = "\n".join(["int x;", first, *chain, end])
    start = time.process_time()

    assert {d.code for d in diagnostics(text)} == {"too-large"}
    assert time.process_time() - start < 4
