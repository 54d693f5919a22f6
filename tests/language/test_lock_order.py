"""The kernel's lock order: its classes are the library's, or known to be in no protocol yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl import syntax as s
from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from dsl.parse import parse
from dsl.source import Source

NOT_YET = {
    "address_space.i_pages",
    "address_space.i_private_lock",
    "address_space.invalidate_lock",
    "bdi_writeback.list_lock",
    "hugetlb_fault_mutex_table",
    "hugetlb_vma_lock.rw_sema",
    "inode.i_lock",
    "inode.i_rwsem",
    "lruvec.lru_lock",
    "mmlist_lock",
    "sb_lock",
    "swap_info_struct.lock",
    "tasklist_lock",
    "userfaultfd_ctx.map_changing_lock",
}
"""Classes of which no file of the library has the lock."""


def parsed(name: str) -> s.File:
    path = library_root() / "kernel" / name
    return parse(Source(path.name, path.read_text(encoding="utf-8")))


def in_structs() -> set[str]:
    """The fields of the library's structs."""
    return {
        f"{decl.name.text}.{declarator.name.text}"
        for path in (library_root() / "kernel").glob("*.khp")
        for decl in parsed(path.name).declarations
        if isinstance(decl, s.StructDecl)
        for line in decl.fields
        for declarator in line.declarators
    }


def test_no_class_is_misspelt() -> None:
    orders = [d for d in parsed("lock_order.khp").declarations if isinstance(d, s.LockOrder)]
    names = {each.text for order in orders for each in order.classes}
    assert names - NOT_YET <= in_structs()
    assert names >= NOT_YET
    assert all(order.source for order in orders)


def protocols() -> list[Path]:
    """The files of the library that are proved."""
    return sorted(
        path
        for path in library_root().rglob("*.khp")
        if "\nscenario " in path.read_text(encoding="utf-8")
    )


def ordered() -> set[str]:
    """The classes that the order is about."""
    orders = [d for d in parsed("lock_order.khp").declarations if isinstance(d, s.LockOrder)]
    return {each.text for order in orders for each in order.classes}


def in_short(names: set[str]) -> set[str]:
    """Names that may stand for a class without its struct: `ptl` for page_table.ptl."""
    last = {each.rpartition(".")[2] for each in ordered()} - ordered() - {"lock", "list_lock"}
    return names & last


@pytest.mark.parametrize("path", protocols(), ids=lambda path: path.stem)
def test_who_takes_two_of_the_classes_is_checked(path: Path) -> None:
    protocol = check(load(path, (library_root(),)))
    fields = (field for struct in protocol.structs.values() for field in struct.fields)
    taken = {field.lock_class for field in fields}
    taken |= {each.lock_class for each in protocol.objects.values()}
    names = {each for each in taken if each}
    known = names & ordered()
    assert protocol.lock_orders or len(known) < 2
    assert len(known | in_short(names)) < 2 or not in_short(names), "name them as it does"


def test_a_name_in_short_is_one_of_the_classes() -> None:
    assert in_short({"ptl", "mm_struct.pml", "other", "lock"}) == {"ptl"}
    assert in_short({"page_table.ptl", "tasklist_lock"}) == set()
