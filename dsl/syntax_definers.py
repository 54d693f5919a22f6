"""Words of the kernel in declarations: macros that declare an object, and marks for sparse."""

from __future__ import annotations

import re

from dsl.diagnostic import Diagnostic, Label
from dsl.source import Source, Span

_DECLARED = {
    "DEFINE_SPINLOCK": "spinlock_t",
    "DEFINE_RWLOCK": "rwlock_t",
    "DEFINE_MUTEX": "struct mutex",
    "DECLARE_RWSEM": "struct rw_semaphore",
    "DEFINE_SRCU": "struct srcu_struct",
    "DEFINE_STATIC_SRCU": "struct srcu_struct",
    "DEFINE_SEQLOCK": "seqlock_t",
    "DECLARE_COMPLETION": "struct completion",
    "DECLARE_WAIT_QUEUE_HEAD": "wait_queue_head_t",
}
"""What each macro declares."""

_MARKS = frozenset("__rcu __user __iomem __percpu __kernel __force __bitwise __private".split())
"""Marks of include/linux/compiler_types.h, which a checker other than the compiler looks at."""


def declaring_macro(source: Source, here: Span) -> Diagnostic | None:
    """``DEFINE_MUTEX(m);`` in place of a declaration."""
    word = source.text[here.start : here.end]
    if word not in _DECLARED:
        return None
    named = re.match(r"\s*\(\s*(\w+)\s*\)", source.text[here.end :])
    name = named[1] if named else "name"
    message = "this macro declares nothing here: an object is declared with its type"
    hint = f"write `{_DECLARED[word]} {name};`"
    return Diagnostic("unknown-type", message, Label(here, "a macro"), hint=hint)


def sparse_mark(source: Source, previous: Span) -> Diagnostic | None:
    """``struct file __rcu *f;``: the mark was taken for a name."""
    word = source.text[previous.start : previous.end]
    if word not in _MARKS:
        return None
    message = f"`{word}` is not in the language: what is declared has its type alone"
    also = "; rcu_dereference() and its kind say how a pointer is read" if word == "__rcu" else ""
    hint = f"leave `{word}` out{also}"
    return Diagnostic("syntax", message, Label(previous, "a mark for sparse"), hint=hint)
