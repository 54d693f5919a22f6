"""What is too large says of which value and of which statement."""

from __future__ import annotations

import pytest

from prover.pipeline import run
from prover.verdict import Proved, Request, Unknown

MANY = """\
models lkmm;
atomic_t percpu[2];
atomic_t count = 65;

actor user {
	atomic_inc(&percpu[0]);
	atomic_dec(&percpu[1]);
}

actor sum {
	int n = atomic_read(&percpu[0]);

	n = n + atomic_read(&percpu[1]);
	atomic_add(n - 64, &count);
	atomic_dec(&count);
}

scenario s {
	run user * 3, sum * 2;
	final atomic_read(&percpu[0]) == 3;
}
"""
SQUARES = """\
models sc;
int x;

actor a {
	int one = choose(0, 300);
	int two = choose(0, 300);

	x = one * two;
}

scenario s {
	run a;
	final x >= 0;
}
"""

OF_MANY = """\
models sc;
struct s {
	int x;
};
struct s g[2];

static int times(int a, int b)
{
	int product = a * b;

	product = product + a;
	if (a)
		product = product + 1;
	return product;
}

actor a {
	int one = choose(0, 200);
	int two = choose(0, 200);
	BODY
}

scenario s {
	run a;
	final g[0].x >= 0;
}
"""
ADVICE = "let it depend on fewer actors, rounds or choices, or mask it (`& 0xff`)"


def of_many(body: str) -> str:
    return OF_MANY.replace("BODY", body)


def why(text: str) -> str:
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    found = file.outcomes[0].verdict
    assert isinstance(found, Unknown)
    return found.why


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        (MANY, "what is stored in `count`", 14),
        (of_many("g[1].x = one * two;"), "what is stored in `g[1].x`", 20),
        (of_many("g[choose(0, 1)].x = one * two;"), "what is stored in `g[0].x` and `g[1].x`", 20),
        (of_many("int n = one * two; g[0].x = n; g[1].x = n;"), "`n`", 20),
        (of_many("int n = one * two + 1; g[0].x = n; g[1].x = n;"), "a part of `n`", 20),
        (of_many("g[0].x = times(one, two);"), "`product` of `times()`", 9),
        (of_many("if (one * two == 7) g[0].x = 1;"), "a value", 20),
        (
            of_many("g[0].x = one; g[1].x = two; if (g[0].x * g[1].x == 7) g[0].x = 1;"),
            "a value made of `g[0].x` and `g[1].x`",
            20,
        ),
    ],
)
def test_the_value_is_named(text: str, what: str, line: int) -> None:
    expected = f"{what} can have more than 600 values, at <stdin>:{line}; {ADVICE}"
    assert why(text) == f"too large: {expected}"


def test_what_was_read_is_named_by_where_it_stood() -> None:
    stores = "".join(f"\tx = choose({200 * n}, {200 * n + 199});\n" for n in range(4))
    text = (
        f"models sc;\nint x;\nactor a {{\n{stores}}}\n"
        "actor b {\n\tassert(READ_ONCE(x) >= 0);\n}\nscenario s {\n\trun a, b;\n}\n"
    )
    assert why(text) == f"too large: `x` can have more than 600 values, at <stdin>:10; {ADVICE}"


def test_the_advice_can_be_taken() -> None:
    text = of_many("g[0].x = (one & 0xf) * (two & 0xf);")
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    assert isinstance(file.outcomes[0].verdict, Proved)


def test_an_operation_is_named_by_its_statement() -> None:
    expected = "an operation has 90601 combinations of operands, at <stdin>:8"
    assert why(SQUARES) == f"too large: {expected}"
