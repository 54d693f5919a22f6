"""Text to syntax, and what is said of text that has none."""

from __future__ import annotations

import gc
import os
import pickle
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dsl import syntax as s
from dsl.codes import CODES
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.grammar_cache import cached
from dsl.parse import parse
from dsl.scan import MAX_REPORTS, number_value
from dsl.source import Source

ROOT = Path(__file__).parents[2]
CASES = sorted((ROOT / "tests/cases/syntax").glob("*.khp"))


def file_of(text: str) -> s.File:
    return parse(Source("test.khp", text))


def complaints(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(DiagnosticError) as caught:
        file_of(text)
    return caught.value.diagnostics


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in complaints(text)]


# --- errors -----------------------------------------------------------------------


def test_there_are_cases() -> None:
    assert len(CASES) > 80


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_each_case_has_its_codes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first = text.split("\n", 1)[0]
    match = re.fullmatch(r"// error: ([a-z0-9 -]+)", first)
    assert match, f"{path.name} does not begin with `// error: code`"
    found = complaints(text)
    assert [diagnostic.code for diagnostic in found] == match[1].split()
    for diagnostic in found:
        assert diagnostic.code in CODES
        assert diagnostic.primary is not None
        span = diagnostic.primary.span
        assert len(first) < span.start or "hidden" in path.stem
        assert 0 <= span.start <= span.end <= len(text)
        assert diagnostic.primary.text
        assert not diagnostic.message.endswith(".")
        assert "__ANON" not in diagnostic.message
        assert not re.search(r"\b[A-Z]+_[A-Z]+\b", diagnostic.message), diagnostic.message


def test_every_code_has_an_explanation_with_an_example() -> None:
    for code, text in CODES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code)
        lines = text.split("\n")
        assert 2 <= len(lines) <= 6, code
        assert all(len(line) <= 100 for line in lines), code


def test_codes_in_the_sources_are_explained() -> None:
    call = re.compile(
        r'\b(?:say|complain|_report|Refusal|Diagnostic)\(\s*(?:self, )?"([a-z0-9-]+)"'
    )
    found: set[str] = set()
    for pattern in ("scan.py", "build*.py", "syntax_*.py", "imports.py", "files.py"):
        for path in (ROOT / "dsl").glob(pattern):
            found.update(call.findall(path.read_text(encoding="utf-8")))
    assert len(found) > 40
    assert found <= CODES.keys()


def test_mistakes_in_several_declarations_are_all_reported() -> None:
    text = "actor a { x = ; }\nactor b { y(); }\nactor c { if z { } }\nscenario d { run a }\n"
    found = complaints(text)
    assert [d.code for d in found] == ["syntax", "syntax", "missing-semicolon"]
    lines = [Source("", text).line_column(d.primary.span.start)[0] for d in found if d.primary]
    assert lines == [1, 3, 4]


def test_a_mistake_far_down_hides_nothing_above_or_below() -> None:
    text = (
        "int goto;\n" + "int x;\n" * 50 + "actor a { x = ; }\n" + "int y;\n" * 50 + "int while;\n"
    )
    assert codes(text) == ["reserved-word", "syntax", "reserved-word"]


def test_reports_end_somewhere() -> None:
    assert len(complaints("actor a { x = ; }\n" * 1000)) == MAX_REPORTS
    assert len(complaints("#if\n" * 1000)) == MAX_REPORTS


def test_the_brace_that_indentation_points_at_is_shown() -> None:
    text = "void f(void)\n{\n\tif (x) {\n\t\ty();\n\twhile (z) {\n\t\ty();\n\t}\n}\nactor a { }\n"
    (diagnostic,) = complaints(text)
    assert diagnostic.code == "missing-brace"
    assert diagnostic.primary is not None
    assert Source("", text).line_column(diagnostic.primary.span.start) == (3, 9)


def test_a_mark_for_sparse_is_named() -> None:
    (rcu,), (user,) = complaints("struct f __rcu *p;"), complaints("actor a { char __user *p; }")
    assert "`__rcu` is not in the language" in rcu.message
    assert rcu.hint == "leave `__rcu` out; rcu_dereference() and its kind say how a pointer is read"
    assert user.hint == "leave `__user` out"


def test_labels_at_the_line_start_begin_no_declaration() -> None:
    text = "void f(void)\n{\nactor:\n\tx();\nstatic_:\n\ty( ;\n}\nactor b { }\n"
    assert codes(text) == ["missing-parenthesis"]


# --- limits -----------------------------------------------------------------------


def test_no_semicolon_is_missing_where_a_statement_may_begin() -> None:
    for text in ("actor a {\n|| x; }", "actor a { y = 1;\n&& x; }", "actor a { if (y)\n-> x; }"):
        assert codes(text) == ["syntax"]
    assert codes("actor a { y = 1\nx = 2; }") == ["missing-semicolon"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("int x;" + " " * (1 << 20), "too-large"),
        ("// " + "ö" * (1 << 19) + "\nint x;", "too-large"),
        ("void f(void) {" + "x=1;" * 60_000 + "}", "too-large"),
        ("(" * 100_000, "too-deep"),
        ("void f(void) { x = " + "!" * 20_000 + "a; }", "too-deep"),
        ("void f(void) { x = " + "-" * 20_000 + "a; }", "too-deep"),
        ("void f(void) { x = a" + "+a" * 20_000 + "; }", "too-deep"),
        ("void f(void) { x = a" + "[1]" * 20_000 + "; }", "too-deep"),
        ("void f(void) { x = " + "a ? b : " * 10_000 + "c; }", "too-deep"),
        ("void f(void) { " + "x = " * 20_000 + "1; }", "too-deep"),
        ("void f(void) { x = " + "(int)" * 10_000 + "1; }", "too-deep"),
        ("void f(void) { " + "if (x) " * 10_000 + "; }", "too-deep"),
        ("void f(void) { " + "if (x) ; else " * 10_000 + "; }", "too-deep"),
        ("void f(void) { " + "x: " * 20_000 + "; }", "too-deep"),
        ("void f(void) { " + "x: " * 20_000 + "}", "too-deep"),
        ("int x" + "[1]" * 20_000 + ";", "too-deep"),
        ("int " + "*" * 20_000 + "x;", "too-deep"),
        ("int x = " + "9" * 100_000 + ";", "number-too-large"),
        ("int x = 0x" + "f" * 100_000 + ";", "number-too-large"),
        ("\0", "bad-character"),
        ("int \udc80;", "bad-character"),
        ("// a\rint x;\n", "bad-character"),
        ("/*" * 100_000, "unterminated-comment"),
        ('"' * 100_001, "unterminated-string"),
        ('""' * 50_000, "statement-outside"),
    ],
    ids=lambda value: value if len(value) < 20 else None,
)
def test_hostile_text_ends_in_one_diagnostic(text: str, code: str) -> None:
    begin = time.monotonic()
    assert code in codes(text)
    assert time.monotonic() - begin < 20


def test_what_is_within_the_limits_is_taken() -> None:
    for value in ("(" * 190 + "a" + ")" * 190, "a" + "+ a" * 190, "18446744073709551615"):
        file_of(f"int x = {value};")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("017", 15),
        ("0x1fUL", 31),
        ("0B101", 5),
        ("12llu", 12),
        ("1lL", None),
        ("08", None),
        ("0x", None),
        ("1u2", None),
    ],
)
def test_numbers(text: str, value: int | None) -> None:
    assert number_value(text) == value


# --- the grammar and its cache ----------------------------------------------------


def test_the_grammar_has_one_conflict() -> None:
    script = (
        "import logging, lark, pathlib\n"
        "lark.logger.setLevel(logging.DEBUG)\n"
        "text = pathlib.Path('dsl/khp.lark').read_text()\n"
        "lark.Lark(text, parser='lalr', start='file', debug=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    conflicts = [line for line in done.stderr.splitlines() if "onflict" in line]
    assert conflicts == ["Shift/Reduce conflict for terminal ELSE: (resolving as shift)"]


def test_lark_is_imported_only_to_parse() -> None:
    script = "import sys, dsl.parse, dsl.printer, dsl.imports\nassert 'lark' not in sys.modules\n"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)


class Made:
    """What the cache keeps in these tests."""

    def save(self, file: object) -> None:
        pickle.dump("kept", file)  # type: ignore[arg-type]


def test_the_cache_is_private_and_survives_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def get() -> object:
        return cached("key", Made, pickle.load)

    assert isinstance(get(), Made)
    (path,) = (tmp_path / "prove").iterdir()
    assert (tmp_path / "prove").stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert get() == "kept"
    path.write_bytes(path.read_bytes()[:5])
    assert isinstance(get(), Made)
    assert get() == "kept"

    (tmp_path / "prove").chmod(0o755)
    assert isinstance(get(), Made), "a directory that others may read is not used"
    (tmp_path / "prove").chmod(0o700)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert isinstance(get(), Made), "links are not followed"


@pytest.mark.parametrize("home", ["/dev/null/x", "relative", "/proc/nowhere"])
def test_without_a_cache_it_still_works(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    monkeypatch.setenv("HOME", "/dev/null")
    assert isinstance(cached("key", Made, pickle.load), Made)


def test_a_cached_grammar_parses(tmp_path: Path) -> None:
    script = (
        "from dsl.parse import parse\n"
        "from dsl.source import Source\n"
        "print(len(parse(Source('x', 'int x; int y;')).declarations))\n"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert (done.stdout, done.stderr) == ("2\n", "")
    assert len(list((tmp_path / "prove").iterdir())) == 1


def test_parsing_is_fast_enough() -> None:
    function = """
    static int take_%d(struct mm *mm, unsigned long address)
    {
            pmd_t pmd, *pmdp = mm->pmd + 0;
    retry:
            each(&vma, mapping) {
                    if (READ_ONCE(vma->anon) && address + 3 < vma->end || !x)
                            continue;
                    spin_lock_nested(ptl, 1);
                    pmd = pmdp_get(pmdp);
                    if (pmd_none(pmd)) {
                            spin_unlock(ptl);
                            goto retry;
                    }
                    spin_unlock(ptl);
            }
            return 0;
    }
    """
    text = "".join(function % i for i in range(16))
    assert text.count("\n") > 280
    file_of(text)
    # What other tests have left in memory is not the parser's to go through.
    gc.collect()
    gc.freeze()
    begin = time.process_time()
    file_of(text)
    spent = time.process_time() - begin
    gc.unfreeze()
    # Five times what an idle machine needs.
    assert spent < 0.15
