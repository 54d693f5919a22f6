"""Guards are written out: each kind that is known, and what is too much."""

from __future__ import annotations

import pytest

from dsl.diagnostic import DiagnosticError
from dsl.paste.guards import FREES, GUARDS, MAY_FAIL, WORDS, defined
from dsl.paste.known import RENAMED, WRAPPERS
from dsl.paste.skeleton import Skeleton, paste
from dsl.primitives import SIGNATURES
from dsl.source import Source

STUBS = {"migrate", "cpus_read_lock", "device", "task_lock"}
"""Guards of calls that the language does not have."""


def made(body: str, head: str = "int f(struct box *b)", before: str = "") -> Skeleton:
    text = f"{before}\n{head}\n{{\n{body}\n}}\n"
    return paste(Source("f.c", text), ("f",))


def words(skeleton: Skeleton) -> str:
    """The body, each run of spaces as one."""
    return " ".join(skeleton.text.split(" f(struct")[-1].split("\nactor")[0].split())


@pytest.mark.parametrize("name", sorted(GUARDS))
def test_every_guard_that_is_known_takes_and_gives_back(name: str) -> None:
    guard = GUARDS[name]
    argument = "&b->lock" if guard.type else ""
    skeleton = made(f"\tguard({name})({argument});\n\tb->x++;\n\treturn 0;")
    assert skeleton.marks == ()
    assert skeleton.rest == ()
    unlock = guard.unlock.split("(")[0]
    assert words(skeleton).count(f"{RENAMED.get(unlock, unlock)}(") == 1
    for text in (guard.lock or guard.condition, guard.unlock):
        call = text.split("(")[0].split("= ")[-1].lstrip()
        known = RENAMED.get(call, call)
        assert (known in SIGNATURES or known in WRAPPERS) == (name not in STUBS)


@pytest.mark.parametrize("name", sorted(n for n in GUARDS if GUARDS[n].condition))
def test_what_may_fail_is_known_by_its_name(name: str) -> None:
    assert name.endswith(MAY_FAIL)
    skeleton = made(
        f"\tscoped_cond_guard({name}, return -EBUSY, &b->lock)\n\t\tb->x++;\n\treturn 0;"
    )
    assert skeleton.marks == ()
    assert "} else { b->x++;" in words(skeleton)


@pytest.mark.parametrize("name", sorted(FREES))
def test_what_is_freed_is_freed_at_each_way_out(name: str) -> None:
    kinds = {"mutex": "mutex", "up_read": "rw_semaphore", "up_write": "rw_semaphore"}
    kind = kinds.get(name, "box")
    body = f"\tstruct {kind} *p __free({name}) = get(b);\n\tif (b->x)\n\t\treturn 1;\n\treturn 0;"
    skeleton = made(body)
    assert f"if (p) {FREES[name]}(p); return 1;" in words(skeleton)
    assert f"if (p) {FREES[name]}(p); return 0;" in words(skeleton)


def test_names_that_are_new_are_free() -> None:
    body = "\tint ret = 1, result = 2;\n\tguard(spinlock_irqsave)(&b->a);\n\treturn flags(b->ret);"
    text = words(made(body))
    assert "unsigned long flags_2; spin_lock_irqsave(&b->a, flags_2);" in text
    assert "int ret_2 = flags(b->ret);" in text


def test_a_function_that_returns_nothing_may_return_a_call() -> None:
    text = words(made("\tguard(rcu)();\n\treturn g(b);", "void f(struct box *b)"))
    assert "g(b); rcu_read_unlock(); return;" in text


def test_the_place_of_a_mark_is_in_the_file() -> None:
    skeleton = made("\tguard(mutex)(&b->lock);\n\treturn sizeof(*b);")
    (mark,) = skeleton.marks
    assert mark.primary is not None
    # In `int f(...)`, on the third line of the file, after what the guard has put in.
    assert mark.primary.span.start == len(
        "\nint f(struct box *b)\n{\n\tguard(mutex)(&b->lock);\n\treturn "
    )
    assert skeleton.marked == 1
    assert skeleton.lines == 4


def test_own_guards_are_read_and_others_are_not() -> None:
    guards, frees = defined(
        "DEFINE_GUARD(one, struct a *, a_lock(&_T->x), a_unlock(&_T->x))\n"
        "DEFINE_LOCK_GUARD_1(two, a_t, a_lock(_T->lock), a_unlock(_T->lock))\n"
        "DEFINE_LOCK_GUARD_0(three, a_lock(), a_unlock())\n"
        "DEFINE_GUARD(four, struct a *, a_lock(_T, f(1)), a_unlock(_T))\n"
        "DEFINE_FREE(five, struct a *, if (!IS_ERR_OR_NULL(_T)) a_put(_T))\n"
        "DEFINE_FREE(six, struct a *, a_put(_T, 1))\n"
    )
    assert guards["one"].lock == "a_lock(&({})->x);"
    assert guards["two"].unlock == "a_unlock({});"
    assert guards["three"].lock == "a_lock();"
    assert "four" not in guards
    assert frees["five"] == "a_put"
    assert "six" not in frees


@pytest.mark.parametrize(
    "statement",
    [
        "if (g(no_free_ptr(b->p)))\n\t\tb->x = 1;",
        "b->x = ACQUIRE_ERR(mutex_try, &other);",
        "CLASS_INIT(fd, f, g(b));",
        "scoped_class(fd, f, b)\n\t\tb->x = 1;",
        "guard(mutex)(&b->lock, 1);",
        "guard(mutex)();",
        "scoped_guard()\n\t\tb->x = 1;",
        "scoped_cond_guard(mutex_try, return 1)\n\t\tb->x = 1;",
        "scoped_guard(b + 1 ||\n\t\t/* ? */ 2, b)\n\t\tb->x = 1;",
        "scoped_guard(x /* ? */ ->y_try, b)\n\t\tb->x = 1;",
        "if (b->x)\n\t\tgoto in;\n\t{\n\tguard(mutex)(&b /* ? */ ->lock);\nin:\n\tb->x = 1;\n\t}",
        "if_not_guard(mutex_try, &b->lock)\n\t\treturn 1;",
        "return no_free_ptr(b->p) != 0;",
        "for (struct box *p __free(kfree) = g(b); p; p = NULL)\n\t\tb->x = 1;",
        "struct box *p __cleanup(kfree) = g(b);",
        "struct box *p __attribute__((__cleanup__(kfree))) = g(b);",
        "struct box __attribute__((cleanup(kfree))) *p = g(b);",
        "static struct box *p __free(kfree);",
        "CLASS(mutex_try, l)(&b->lock);",
        "ACQUIRE(mutex, l)(&b->lock);",
        "scoped_cond_guard(mutex, return 1, &b->lock)\n\t\tb->x = 1;",
        "scoped_cond_guard(mutex_try, ({ return 1; }), &b->lock)\n\t\tb->x = 1;",
    ],
)
def test_nothing_of_cleanup_h_is_dropped_without_a_mark(statement: str) -> None:
    skeleton = made(f"\t{statement}\n\treturn 0;")
    assert skeleton.marks
    assert skeleton.rest == ()
    assert skeleton.text.count("FIXME(new)") > 1


def test_a_directive_in_the_head_of_a_guard_is_marked() -> None:
    heads = (
        "#ifdef A\n\tscoped_guard(mutex, &b->lock)\n#else\n\tscoped_guard(spinlock, &b->l)\n#endif"
    )
    skeleton = made(f"{heads}\n\t\tb->x = 1;\n\treturn 0;")
    assert [mark.code for mark in skeleton.marks] == ["preprocessor", "preprocessor"]
    assert "scoped_guard(spinlock, &b->l) #endif */ { mutex_lock(&b->lock);" in words(skeleton)


def test_what_is_handed_on_is_null_afterwards() -> None:
    body = "\tif (b->x)\n\t\tb->p = no_free_ptr(b->q);\n\tuse(no_free_ptr(b->p));\n\treturn 0;"
    skeleton = made(body)
    assert skeleton.marks == ()
    assert "if (b->x) { b->p = b->q; b->q = NULL; } use(b->p); b->p = NULL;" in words(skeleton)


def test_a_guard_of_another_kind_is_a_function() -> None:
    skeleton = made("\treturn guard(b);")
    assert skeleton.marks == ()
    assert "return guard(b);" in skeleton.text


@pytest.mark.parametrize(
    "body",
    [
        "\tguard(rcu)();\n" * 300,
        "\tguard(rcu)();\n" * 60 + "\tif (b->x)\n\t\treturn 0;\n" * 400,
    ],
)
def test_too_many_guards_are_refused(body: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        made(f"{body}\treturn 0;")
    (found,) = caught.value.diagnostics
    assert found.code == "too-large"
    assert found.primary is not None
    assert found.primary.span.end < 100


def test_every_word_is_looked_for() -> None:
    assert {"guard", "scoped_guard", "__free", "ACQUIRE"} <= WORDS
