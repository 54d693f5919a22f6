"""What protocols share is written once, in the library.

A function that is there twice is read twice, and put right once.  Actors are left out: they are
bound to the objects of their file.  So are structs: each file cuts them down to what it needs.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import cast

import pytest

from dsl.frozen import Frozen, fields_of
from dsl.parse import parse
from dsl.source import Source, Span
from dsl.syntax import FunctionDecl, Labelled, Name

FOLDER = Path(__file__).parents[2] / "protocols"
LIBRARY = "kernel"
ALONE = "teaching"
"""Each file of this folder is read by itself, and may cut a function of the library down."""

ANOTHER_MODEL = {
    "bugs/damon_retry.khp": {"pte_offset_map_lock"},  # a pmd with no page table at all
    "bugs/futex_waiters.khp": {"schedule"},  # until it is no longer in a queue
    "bugs/gup_fast_vs_fork.khp": {"gup_pte_range"},  # with pins, and no pmd
    "bugs/gup_fast_vs_ksm.khp": {"gup_pte_range"},  # the same
    "bugs/hugetlb_pt_lock.khp": {"try_grab_folio"},  # v6.10: a reference, and no pin
    "bugs/kswapd_is_running.khp": {  # a task that may be gone
        "kthread_exit",
        "kthread_should_stop",
        "kthread_stop",
        "schedule",
        "set_current_state",
        "wake_up_process",
    },
    "bugs/ksm_vs_exit.khp": {"exit_mmap"},  # what becomes of the maple tree
    "bugs/madvise_collapse_stale_vma.khp": {"collapse_pte_mapped_thp"},  # which vma it looks up
    "bugs/pte_frag_destroy.khp": {"rmap_walk_file"},  # page tables are fragments of a page
    # One entry, exclusive; a task is woken by nothing else.
    "bugs/rq_qos_wait.khp": {
        "set_current_state",
        "wake_up_process",
        "wq_has_sleeper",
    },
    "bugs/unmap_sync.khp": {"page_vma_mapped_walk"},  # v5.13, what maps a page is huge
    # With a pmd that is memory of its own, in a page that munmap() frees.
    "series/collapse_vma_first.khp": {
        "collapse_pte_mapped_thp",
        "find_pmd_or_thp_or_none",
        "tlb_remove_table_rcu",
    },
}
"""Functions by the name of one of the library, over another model of what they work on."""


Body = tuple[int, str]
"""How many statements a body has, and what it says without places and labels."""


def shape(node: object) -> str:
    """A part of a syntax tree without places and labels."""
    if isinstance(node, Name):
        return node.text
    if isinstance(node, Labelled):
        return shape(node.body)
    if isinstance(node, Span):
        return ""
    if isinstance(node, tuple):
        return f"({', '.join(shape(each) for each in cast('tuple[object, ...]', node))})"
    if isinstance(node, Frozen):
        inner = tuple(getattr(node, name) for name in fields_of(node))
        return type(node).__name__ + shape(inner)
    return repr(node)


def functions(text: str) -> dict[str, Body]:
    """The body of each function by its name."""
    declared = parse(Source("t.khp", text)).declarations
    own = [d for d in declared if isinstance(d, FunctionDecl)]
    return {d.name.text: (len(d.body.body), shape(d.body)) for d in own}


Files = dict[str, dict[str, Body]]
"""The functions of each file, by its place below the folder."""


def written_twice(files: Files) -> list[str]:
    """Functions of two files that are one, by name and body or, if one is the library's, by body."""
    found: list[str] = []
    for (one, first), (other, second) in combinations(sorted(files.items()), 2):
        shared = LIBRARY in (Path(one).parent.name, Path(other).parent.name)
        for name, body in first.items():
            alike = [key for key, value in second.items() if value == body]
            found += [
                f"{name} in {one}, {same} in {other}"
                for same in alike
                if same == name or (shared and body[0] > 1)
            ]
    return found


def another_body(files: Files) -> dict[str, set[str]]:
    """Functions that a protocol has by the name of one of the library."""
    library = {n for f, own in files.items() if Path(f).parent.name == LIBRARY for n in own}
    found: dict[str, set[str]] = defaultdict(set)
    for file, own in files.items():
        if Path(file).parent.name not in (LIBRARY, ALONE) and library & own.keys():
            found[file] = library & own.keys()
    return found


@pytest.fixture(scope="module")
def files() -> Files:
    return {
        path.relative_to(FOLDER).as_posix(): functions(path.read_text(encoding="utf-8"))
        for path in sorted(FOLDER.rglob("*.khp"))
    }


def test_no_function_is_written_twice(files: Files) -> None:
    assert written_twice(files) == []


def test_names_of_the_library_are_its_own(files: Files) -> None:
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
