"""What the tests of the checker share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest

from dsl import protocol as p
from dsl.check import check
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.frozen import Frozen, fields_of
from dsl.imports import Program, load_text

T = TypeVar("T")

TYPES = """
config PAE = off | on;
enum scan { FAIL, SUCCEED = 3, LATER };
typedef unsigned long pfn_t;
struct page_table { spinlock_t ptl; spinlock_t sub class("pte"); struct rcu_head rcu; int n[2]; };
struct folio { int x; folio_lock_t lock; refcount_t ref; };
word pmd_t {
        split low, high when PAE == on;
        present 0x1;
        none = 0;
        table(struct page_table *) = 0x67;
}
struct mm { pmd_t pmd; int nr; __data_racy int hint; };
struct page_table A;
struct page_table B at 0x123456000;
struct folio F;
struct mm m = { .pmd = table(&A), .nr = SUCCEED };
spinlock_t big;
pool struct page_table tables[2];
"""


def program(text: str) -> Program:
    return load_text("t.khp", text, None, ())


def diagnostics(text: str, variant: str = "") -> tuple[Diagnostic, ...]:
    with pytest.raises(DiagnosticError) as caught:
        check(program(text), variant)
    return caught.value.diagnostics


def everything(part: object) -> Iterator[object]:
    """The tree of nodes below ``part``, itself first."""
    if isinstance(part, tuple):
        for each in part:
            yield from everything(each)
    elif isinstance(part, Frozen):
        yield part
        for name in fields_of(part):
            yield from everything(getattr(part, name))


def all_of(part: object, kind: type[T]) -> list[T]:
    return [each for each in everything(part) if isinstance(each, kind)]


def body(statements: str, extra: str = "") -> p.Function:
    return check(program(TYPES + extra + "actor a { " + statements + " }")).actors["a"]


def only(statements: str, extra: str = "") -> p.Expr:
    """The expression of the last statement."""
    last = body(statements, extra).body.body[-1]
    assert isinstance(last, p.Evaluate)
    return last.expr
