"""Files that have changed since: what is said of the old execution, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.frozen import replace
from prover.execution.recall.outcome import Holds, Impossible, Unmapped
from prover.render.replay import render_replay
from prover.replayed import exit_code
from tests.replay.making import replayed, text_of, witness

NAMES = (
    "freed.khp",
    "message.khp",
    "twice.khp",
    "crossed.khp",
    "torn.khp",
    "tries.khp",
    "handled.khp",
    "handled_beside.khp",
)


@pytest.mark.parametrize("name", NAMES)
def test_the_file_as_it_was(name: str, tmp_path: Path) -> None:
    found = replayed(witness(name), text_of(name), tmp_path)
    assert isinstance(found.recalled, Holds), (found.recalled, found.diagnostics)
    assert (found.recalled.gone, found.recalled.new, found.changed) == ((), 0, False)
    assert exit_code(found) == 1


HOLDS = {
    # Lines that move, and statements that have nothing to do with it.
    "comment": ("freed.khp", "int seen;", "/* what was seen */\n\nint seen;", 0),
    "statement": ("freed.khp", "\tfree(old);", "\tWRITE_ONCE(seen, 2);\n\tfree(old);", 1),
    "last statement": ("freed.khp", "seen = s->value;", "seen = s->value;\n\tseen = 2;", 0),
    "the reader unlocks too late to matter": ("freed.khp", "\trcu_read_unlock();\n", "", None),
    "another lock": ("crossed.khp", "\tspin_lock(&a);", "\tx = 1;\n\tspin_lock(&a);", 2),
    "a fence where none is missing": (
        "message.khp",
        "\tWRITE_ONCE(message",
        "\tsmp_wmb();\n\tWRITE_ONCE(message",
        1,
    ),
    "a third actor": ("message.khp", "run sender", "run idle, sender", 2),
    "another place": ("message.khp", "int message;", "int other;\nint message;", 0),
    "locks that are free again": (
        "freed.khp",
        "\tfree(old);",
        "\tspin_lock(&l);\n\tspin_unlock(&l);\n\tfree(old);",
        2,
    ),
    "what the host of a handler left out": (
        "handled_beside.khp",
        "\tif (n) {\n\t\tWRITE_ONCE(data, 2);\n\t\tWRITE_ONCE(data, 3);\n\t}\n",
        "\n" * 4,
        0,
    ),
    "a check that fails later": ("freed.khp", "seen = s->value;", "assert(s->value == 7);", None),
}
"""File, text, what stands there today, and how many steps are new (None: it does not matter)."""


@pytest.mark.parametrize("model", ["sc", "lkmm"])
def test_a_lock_that_is_let_go_after_the_last_step(model: str, tmp_path: Path) -> None:
    """Who has no more steps in the schedule still lets go of what the others wait for."""
    before = (
        f"models {model};\nspinlock_t l;\nint x;\n"
        "actor a {\n\tWRITE_ONCE(x, 1);\n}\n"
        "actor b {\n\tint t = READ_ONCE(x);\n\tassert(t == 0);\n}\n"
        "scenario s { run a, b; expect refuted assert; }\n"
    )
    after = before
    for line in ("\tWRITE_ONCE(x, 1);\n", "\tint t = READ_ONCE(x);\n"):
        after = after.replace(line, f"\tspin_lock(&l);\n{line}\tspin_unlock(&l);\n")
    (tmp_path / "before.khp").write_text(before)
    found = replayed(witness(str(tmp_path / "before.khp")), after, tmp_path)
    assert isinstance(found.recalled, Holds), (found.recalled, found.diagnostics)
    assert exit_code(found) == 1


@pytest.mark.parametrize("case", HOLDS)
def test_it_still_holds(case: str, tmp_path: Path) -> None:
    name, old, new, steps = HOLDS[case]
    text = text_of(name)
    assert old in text
    changed = text.replace(old, new) + ("\nactor idle { }\n" if "idle" in new else "")
    found = replayed(witness(name), changed, tmp_path)
    assert isinstance(found.recalled, Holds), (found.recalled, found.diagnostics)
    assert found.changed
    assert steps in (None, found.recalled.new)
    assert exit_code(found) == 1


LOCKED = {
    "\tstruct item *old": "\tspin_lock(&l);\n\tstruct item *old",
    "\tfree(old);": "\tfree(old);\n\tspin_unlock(&l);",
    "\trcu_read_lock();": "\trcu_read_lock();\n\tspin_lock(&l);",
    "\trcu_read_unlock();": "\tspin_unlock(&l);\n\trcu_read_unlock();",
}
IMPOSSIBLE: dict[str, tuple[str, dict[str, str], str]] = {
    "a lock": ("freed.khp", LOCKED, "before it writer waits for l, which reader holds"),
    "a grace period": (
        "freed.khp",
        {"\tfree(old);": "\tsynchronize_rcu();\n\tfree(old);"},
        "before it writer waits for reader",
    ),
    "nothing is freed": (
        "freed.khp",
        {
            "\tstruct item *old = active;": "\tstruct item *old = active;\n\tactive = &b;\n\told = NULL;"
        },
        "all its steps happen, and nothing fails",
    ),
    "the missing fence": (
        "message.khp",
        {"\tWRITE_ONCE(ready": "\tsmp_wmb();\n\tWRITE_ONCE(ready"},
        "lkmm forbids it (happens-before)",
    ),
    "one order of locks": (
        "crossed.khp",
        {
            "\tspin_lock(&b);\n\tspin_lock(&a);": "\tspin_lock(&a);\n\tspin_lock(&b);",
        },
        "waits for a, which two holds",
    ),
    "a trylock that must succeed": (
        "tries.khp",
        {"\tsmp_store_release": "\tspin_unlock(&l);\n\tsmp_store_release"},
        "the trylock cannot fail",
    ),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_it_is_no_longer_possible(case: str, tmp_path: Path) -> None:
    name, edits, why = IMPOSSIBLE[case]
    text = text_of(name)
    for old, new in edits.items():
        assert old in text
        text = text.replace(old, new)
    found = replayed(witness(name), text, tmp_path)
    assert isinstance(found.recalled, Impossible), (found.recalled, found.diagnostics)
    assert found.recalled.why.endswith(why)
    assert exit_code(found) == 0


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("a grace period", "no longer possible under sc: "),
        ("the missing fence", "no longer possible: lkmm forbids it"),
    ],
)
def test_the_model_that_judges_it_is_said_where_another_was_asked(
    case: str, said: str, tmp_path: Path
) -> None:
    name, edits, _ = IMPOSSIBLE[case]
    text = text_of(name)
    for old, new in edits.items():
        text = text.replace(old, new)
    found = replayed(witness(name), text, tmp_path)
    assert found.obligation is not None
    shown = render_replay(replace(found, obligation=replace(found.obligation, model="lkmm")))
    assert f"\n{said}" in shown
    assert ("\nIt was found as one of sc; lkmm allows more.\n" in shown) == ("sc" in said)


UNMAPPED = {
    "the free is gone": ("freed.khp", "\tfree(old);\n", "", "is gone", "free(old)"),
    "the store is gone": (
        "message.khp",
        "\tWRITE_ONCE(ready, 1);\n",
        "",
        "is gone",
        "WRITE_ONCE(ready, 1)",
    ),
    "a new load": (
        "message.khp",
        "\tif (READ_ONCE(ready",
        "\tint r = READ_ONCE(message);\n\tif (READ_ONCE(ready",
        "is not in the document, which does not say what it reads",
        "READ_ONCE(message)",
    ),
}


@pytest.mark.parametrize("case", UNMAPPED)
def test_it_cannot_be_carried_over(case: str, tmp_path: Path) -> None:
    name, old, new, why, text = UNMAPPED[case]
    found = replayed(witness(name), text_of(name).replace(old, new), tmp_path)
    assert isinstance(found.recalled, Unmapped), (found.recalled, found.diagnostics)
    assert found.recalled.why == why
    assert found.recalled.at is not None
    assert found.recalled.at.text == text
    assert exit_code(found) == 3


def test_when_a_new_lock_is_taken_is_not_guessed_at(tmp_path: Path) -> None:
    """Under a weak model: locks that both have let go before keep neither from what it did."""
    lock = "\tspin_lock(&l);\n\tspin_unlock(&l);\n"
    text = text_of("message.khp").replace("int message;", "int message;\nspinlock_t l;")
    for line in ("\tWRITE_ONCE(message, 1);", "\tif (READ_ONCE(ready))"):
        text = text.replace(line, lock + line)
    found = replayed(witness("message.khp"), text, tmp_path)
    assert isinstance(found.recalled, Unmapped), (found.recalled, found.diagnostics)
    assert found.recalled.at is not None
    assert found.recalled.at.text == "spin_lock(&l)"
    assert exit_code(found) == 3


def test_something_else_goes_wrong_now(tmp_path: Path) -> None:
    text = text_of("freed.khp").replace("\tfree(old);", "\tfree(old);\n\tfree(old);")
    text = text.replace("seen = s->value;", "seen = s == NULL;")
    found = replayed(witness("freed.khp"), text, tmp_path)
    assert isinstance(found.recalled, Holds | Impossible | Unmapped)
    assert not isinstance(found.recalled, Holds)
