"""The structs that a C file defines, read for ``prove new``."""

from __future__ import annotations

import pytest

from dsl.paste.field_of import FieldOf
from dsl.paste.skeleton import paste
from dsl.paste.structs import Structs
from dsl.paste.tokens import tokens
from dsl.source import Source


def structs(text: str) -> Structs:
    return Structs("s.c", tokens(Source("s.c", text)))


def shown(field: FieldOf) -> str:
    """A field's type and name as they were read."""
    if field.inside is not None:
        head = "{ " + ", ".join(field.inside.members) + " }"
    else:
        head = "?" if field.type is None else " ".join(field.type.words)
    lengths = "".join(f"[{' '.join(length)}]" for length in field.lengths)
    return f"{head} {'*' * field.stars}{field.name}{lengths}"


@pytest.mark.parametrize(
    ("declared", "read"),
    [
        ("int a, *b, c[4];", ["int a", "int *b", "int c[4]"]),
        ("unsigned long volatile a;", ["unsigned long a"]),
        ("const struct s *const *a;", ["struct s **a"]),
        ("struct s __rcu *a;", ["struct s *a"]),
        ("u32 __state;", ["u32 __state"]),
        ("__be32 a;", ["__be32 a"]),
        ("int __user *__at;", ["int *__at"]),
        ("atomic_t a ____cacheline_aligned_in_smp;", ["atomic_t a"]),
        ("u8 a __attribute__((aligned(sizeof(long)))), b;", ["u8 a", "u8 b"]),
        ("u8 __aligned(8) a[];", ["u8 a[]"]),
        ("char *a __counted_by(n);", ["char *a"]),
        ("u16 MTU;", ["u16 MTU"]),
        ("COMMON_HEADER u8 a;", ["u8 a"]),
        ("randomized_struct_fields_start struct mutex a;", ["struct mutex a"]),
        ("COMMON_HEADER foo_t *a;", ["foo_t *a"]),
        ("int a : 3, : 5, b : WIDTH;", ["int a", "int b"]),
        ("int (*a)(int, int (*)(void)), b;", ["? a", "int b"]),
        ("void (*a[2])(void);", ["? a"]),
        ("int __user *(*a)(void);", ["? a"]),
        ("struct { int a; } __packed;", ["int a"]),
        ("struct { int a; } ____cacheline_aligned b;", ["{ a } b"]),
        ("union { int a; struct { int b, c; }; };", ["int a", "int b", "int c"]),
        ("struct t { int a; } b, *c;", ["struct t b", "struct t *c"]),
        ("struct t { int a; };", []),
        ("enum { A, B } a;", ["unsigned int a"]),
        ("enum e { A } a;", ["enum e a"]),
        ("struct_group(a, int b; int c;);", ["int b", "int c"]),
        ("__struct_group(t, a, __packed, int b; int c;);", ["int b", "int c"]),
        ("DECLARE_BITMAP(a, N);", ["unsigned long a[bits N]"]),
        ("DECLARE_FLEX_ARRAY(struct s *, a);", ["struct s *a[]"]),
        ("DECLARE_HASHTABLE(a, 4);", ["? a"]),
        ("__cacheline_group_begin(a); int b;", ["int b"]),
        ("static_assert(sizeof(int) == 4); int b;", ["int b"]),
        ("typeof(int *) a;", ["? a"]),
        ("long double a;", ["? a"]),
        ("void a; void *b;", ["? a", "void *b"]),
        ("int a[2][3][4][5][6];", ["? a[2][3][4][5][6]"]),
        ("int a", ["int a"]),
        (";;int;*;[2];:3;struct;", []),
    ],
)
def test_fields_are_read(declared: str, read: list[str]) -> None:
    found = structs(f"struct x {{ {declared} }};").struct("x")
    assert found is not None
    assert [shown(field) for field in found.fields.members.values()] == read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "struct x;",
        "struct x {",
        "struct x { int a[; };",
        "struct x { ) int a; };",
        "struct y { };",
    ],
)
def test_what_is_no_struct_is_none(text: str) -> None:
    assert structs(text).struct("x") is None


def test_fields_of_one_union_know_it() -> None:
    found = structs(
        "struct x { union { int a; struct { int b; union { int c, d; }; }; }; int e; };"
    ).struct("x")
    assert found is not None
    unions = {name: dict(field.unions) for name, field in found.fields.members.items()}
    (outer,) = unions["a"]
    assert unions["b"].keys() == {outer}
    assert unions["a"][outer] != unions["b"][outer] == unions["c"][outer] == unions["d"][outer]
    (inner,) = unions["c"].keys() - {outer}
    assert unions["c"][inner] != unions["d"][inner]
    assert unions["e"] == {}


def test_of_typedefs_the_type_is_known() -> None:
    found = structs("typedef unsigned int a; typedef struct { int f; } *b; typedef int (*c)(int);")
    first, second = found.typedef("a"), found.typedef("b")
    assert first is not None and shown(first) == "unsigned int a"
    assert second is not None and shown(second) == "{ f } *b"
    assert found.typedef("c") is None
    assert found.typedef("d") is None


def test_marks_are_where_the_file_has_the_field() -> None:
    text = """struct gate {
	struct mutex mutex;
	int open : 1;
};

void gate_open(struct gate *g)
{
	guard(mutex)(&g->mutex);
	g->open = 1;
}
"""
    (mark,) = paste(Source("s.c", text), ("gate_open",)).marks
    assert mark.code == "bit-field"
    assert mark.primary is not None
    assert text[mark.primary.span.start : mark.primary.span.end] == "open : 1"
