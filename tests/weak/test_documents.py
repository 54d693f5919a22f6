"""What is in a query: no definition that nothing is said of, and nothing of another query."""

from __future__ import annotations

import re

import pytest

from prover.smt.encode import Prepared, encode, encode_apart, prepare
from tests.weak.against import skeleton_of
from tests.weak.right import EXECUTIONS, programs

DEFINED = "(define-fun "
NAME = re.compile(r"\bd\d+\b")
MODELS = ("sc", "tso", "lkmm")

LABELS = """
models sc;

int x;
int y;

actor counts {
	int seen = 0;
	int i;
	for (i = 0; i < 2; i++)
		seen += READ_ONCE(x);
	if (seen == 1) {
once:		;
	} else if (seen == 2) {
twice:		;
	}
}

actor stores { WRITE_ONCE(x, 1); }

scenario s { run counts, stores; }
"""
"""Questions that need values which nothing else needs."""


def prepared(name: str, model: str) -> Prepared:
    """A program under a model, prepared anew."""
    text = LABELS if name == "labels" else (EXECUTIONS / f"{name}.khp").read_text(encoding="utf-8")
    return prepare(skeleton_of(text, 2), model)


@pytest.mark.parametrize("name", ["labels", *programs()])
def test_what_is_defined_is_said_something_of(name: str) -> None:
    defined = 0
    for model in MODELS:
        used, mine = set[str](), set[str]()
        for line in reversed(encode(prepared(name, model)).text.splitlines()):
            names = NAME.findall(line.partition(";")[0])
            if line.startswith(DEFINED):
                mine.add(names[0])
                assert names[0] in used, line
                assert names[0] not in names[1:], line
                used.update(names[1:])
            else:
                used.update(names)
        assert used == mine
        defined += len(mine)
    assert defined


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name", ["labels", *programs()[::3]])
def test_queries_of_one_program_have_nothing_of_each_other(name: str, model: str) -> None:
    kept = prepared(name, model)
    one = [encode(kept, detail=False), encode_apart(kept), encode(kept), encode(kept, detail=False)]
    anew = (
        encode(prepared(name, model), detail=False),
        encode_apart(prepared(name, model)),
        encode(prepared(name, model)),
    )
    assert [query.text for query in one] == [query.text for query in (*anew, anew[0])]
    if model == "sc":
        assert encode(kept, contexts=3).text == encode(prepared(name, model), contexts=3).text
