"""What is too large says of which statement."""

from __future__ import annotations

import pytest

from prover.pipeline import run
from prover.verdict import Request, Unknown

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


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        (MANY, "a value can be more than 600 things", 14),
        (SQUARES, "an operation has 90601 combinations of operands", 8),
    ],
)
def test_the_statement_is_named(text: str, why: str, line: int) -> None:
    (file,) = run(Request(("-",), stdin_text=text, jobs=1), lambda _: None).files
    found = file.outcomes[0].verdict
    assert isinstance(found, Unknown)
    assert found.why == f"too large: {why}, at <stdin>:{line}"
