"""What protocols share is written once, in the library.

A function that is there twice is read twice, and put right once.  Actors are left out: they are
bound to the objects of their file.  So are structs: each file cuts them down to what it needs.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields, is_dataclass
from itertools import combinations
from pathlib import Path

import pytest

from dsl.parse import parse
from dsl.source import Source, Span
from dsl.syntax import FunctionDecl, Labelled, Name

FOLDER = Path(__file__).parents[2] / "protocols"
LIBRARY = "kernel"
ALONE = "teaching"
"""Each file of this folder is read by itself, and may cut a function of the library down."""

ANOTHER_MODEL = {
    "bugs/damon_retry.khp": {"pte_offset_map_lock"},  # a pmd with no page table at all
    "bugs/ksm_vs_exit.khp": {"exit_mmap"},  # what becomes of the maple tree
    "bugs/madvise_collapse_stale_vma.khp": {"collapse_pte_mapped_thp"},  # which vma it looks up
    "bugs/pte_frag_destroy.khp": {"rmap_walk_file"},  # page tables are fragments of a page
    "bugs/unmap_sync.khp": {"page_vma_mapped_walk"},  # v5.13, what maps a page is huge
    # With a pmd that is memory of its own, in a page that munmap() frees.
    "series/collapse_vma_first.khp": {
        "collapse_pte_mapped_thp",
        "find_pmd_or_thp_or_none",
        "tlb_remove_table_rcu",
    },
}
"""Functions by the name of one of the library, over another model of what they work on."""


def shape(node: object) -> object:
    """A part of a syntax tree without places and labels."""
    match node:
        case Name(text=text):
            return text
        case Labelled(body=body):
            return shape(body)
        case tuple():
            return tuple(shape(each) for each in node)
        case Span() | str() | int() | None:
            return None if isinstance(node, Span) else node
        case _:
            assert is_dataclass(node) and not isinstance(node, type)
            return type(node).__name__, *(shape(getattr(node, f.name)) for f in fields(node))


def functions(text: str) -> dict[str, object]:
    """The body of each function by its name."""
    declared = parse(Source("t.khp", text)).declarations
    return {d.name.text: shape(d.body) for d in declared if isinstance(d, FunctionDecl)}


def statements(body: object) -> int:
    """How many there are in a body."""
    match body:
        case ("Block", tuple() as inner, _):
            return sum(statements(each) for each in inner)
        case _:
            return 1


def written_twice(files: dict[str, dict[str, object]]) -> list[str]:
    """Functions of two files that are one, by name and body or, if one is the library's, by body."""
    found: list[str] = []
    for (one, first), (other, second) in combinations(sorted(files.items()), 2):
        shared = LIBRARY in (Path(one).parent.name, Path(other).parent.name)
        for name, body in first.items():
            alike = [key for key, value in second.items() if value == body]
            found += [
                f"{name} in {one}, {same} in {other}"
                for same in alike
                if same == name or (shared and statements(body) > 1)
            ]
    return found


def another_body(files: dict[str, dict[str, object]]) -> dict[str, set[str]]:
    """Functions that a protocol has by the name of one of the library."""
    library = {n for f, own in files.items() if Path(f).parent.name == LIBRARY for n in own}
    found: dict[str, set[str]] = defaultdict(set)
    for file, own in files.items():
        if Path(file).parent.name not in (LIBRARY, ALONE) and library & own.keys():
            found[file] = library & own.keys()
    return found


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, object]]:
    return {
        path.relative_to(FOLDER).as_posix(): functions(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.rglob("*.khp"))
    }


def test_no_function_is_written_twice(files: dict[str, dict[str, object]]) -> None:
    assert written_twice(files) == []


def test_names_of_the_library_are_its_own(files: dict[str, dict[str, object]]) -> None:
    assert another_body(files) == ANOTHER_MODEL


ONE = "static void f(int *p)\n{\n\tWRITE_ONCE(*p, 1);\n\tsmp_mb();\n}\n"
LABELLED = ONE.replace("\tsmp_mb", "again:\n\tsmp_mb").replace("WRITE", "// said\n\tWRITE")
OTHER = ONE.replace("1", "2")


def test_what_counts_as_twice() -> None:
    one, labelled, other = functions(ONE), functions(LABELLED), functions(OTHER)
    assert written_twice({"bugs/a": one, "series/b": labelled}) == ["f in bugs/a, f in series/b"]
    assert written_twice({"bugs/a": one, "series/b": other}) == []
    renamed = functions(ONE.replace("f(", "g("))
    assert written_twice({"bugs/a": one, "series/b": renamed}) == []
    assert written_twice({"bugs/a": one, "kernel/b": renamed}) == ["f in bugs/a, g in kernel/b"]
    short = functions("static bool f(void)\n{\n\treturn true;\n}\n")
    assert written_twice({"bugs/a": short, "kernel/b": {"g": short["f"]}}) == []


def test_what_counts_as_another_body() -> None:
    other = functions(OTHER)
    assert another_body({"bugs/a": other, "kernel/b": functions(ONE)}) == {"bugs/a": {"f"}}
    assert another_body({"teaching/a": other, "kernel/b": functions(ONE)}) == {}
