"""Tables of witnesses made by hand: whatever is in them, 75 columns are enough."""

from __future__ import annotations

import pytest

from dsl.frozen import replace
from dsl.source import Source, Span
from prover.execution.witness import Call, Column, Moment, Touch, Witness
from prover.render.witness_table import witness_table
from tests.render.hand_made import at, source, use_after_free

LONG = "a_name_that_takes_more_room_than_any_column_of_a_table_with_many_threads_has_left"


def crowd(
    count: int, *, name: str = "walker", depth: int = 1, text: str = "x = p->data;"
) -> Witness:
    """``count`` threads, of which each makes a step in turn."""
    file = Span("made.khp", 0, len(text))
    calls = tuple(
        Call(f"f{level}_{name}"[:40], Span("made.khp", 0, 1), 1) for level in range(depth)
    )
    place = f"{name}.of.a_field"
    return Witness(
        property="assert",
        message="",
        model="sc",
        columns=tuple(Column(f"{name}_{number}", "actor") for number in range(count)),
        moments=tuple(
            Moment(t, "load", file, calls, (Touch(place, "", "1"),), "", t == count - 1)
            for t in range(count)
        ),
        explanation=(f"{name} is where it should not be",),
        because=(f"{name} was there before", LONG),
        schedule=(),
    )


def table(witness: Witness, text: str = "x = p->data;", *, full: bool = False) -> list[str]:
    return witness_table(witness, {"made.khp": Source("made.khp", text + "\n")}, full=full)


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("depth", [0, 1, 12])
@pytest.mark.parametrize("name", ["w", "walker", LONG])
@pytest.mark.parametrize("text", ["x = p->data;", f"{LONG} = READ_ONCE({LONG});"])
def test_it_fits_whatever_is_in_it(count: int, depth: int, name: str, text: str) -> None:
    witness = crowd(count, name=name, depth=depth, text=text)
    for full in (False, True):
        lines = table(witness, text, full=full)
        for line in lines:
            assert len(line) <= 75, line
            assert line == line.rstrip()
            assert line.isascii()
        joined = " ".join(lines)
        for number in range(count):
            assert f"CPU{number}" in joined
        assert sum(set(line) <= set("^ ") and "^" in line for line in lines) == 1


def test_more_threads_than_fit_stand_below_each_other() -> None:
    assert table(crowd(5, name="w", depth=0)) == [
        "CPU0: w_0",
        "CPU1: w_1",
        "CPU2: w_2",
        "CPU3: w_3",
        "CPU4: w_4",
        "=========",
        "CPU0  x = p->data [w.of.a_field = 1]",
        "CPU1  x = p->data [w.of.a_field = 1]",
        "CPU2  x = p->data [w.of.a_field = 1]",
        "CPU3  x = p->data [w.of.a_field = 1]",
        "CPU4  x = p->data [w.of.a_field = 1]",
        "      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "",
        "assert: w is where it should not be",
        "- w was there before",
        "- a_name_that_takes_more_room_than_any_column_of_a_table_with_many_threads_",
        "  has_left",
    ]


def test_what_a_source_line_says_is_not_said_again() -> None:
    """Locks and objects that the text names; where it does not, the note stays."""
    assert witness_table(use_after_free(), source()) == [
        "CPU0: reader                       CPU1: writer",
        "============                       ============",
        "rcu_read_lock()",
        "p = READ_ONCE(gp) [gp = &old]",
        "                                   remove()",
        "                                    spin_lock(&lock)",
        "                                    WRITE_ONCE(gp, NULL) [gp: &old -> NULL]",
        "                                    spin_unlock(&lock)",
        "                                   free(&old)",
        "x = p->data",
        "^^^^^^^^^^^",
        "",
        "use-after-free: old had been freed by writer",
        "- writer frees old while reader is in its section",
    ]


def test_steps_that_decided_nothing_are_shown_if_asked_for() -> None:
    witness = use_after_free()
    moments = tuple(
        replace(m, decisive=m.what not in {"acquire", "release"}) for m in witness.moments
    )
    witness = replace(witness, moments=moments)
    lines = "\n".join(witness_table(witness, source()))
    assert "spin_lock" not in lines
    # The call does one thing then: they share a line.
    assert "remove() [gp: &old -> NULL]" in lines
    assert "WRITE_ONCE" not in lines
    everything = "\n".join(witness_table(witness, source(), full=True))
    assert "spin_lock(&lock)" in everything
    assert "WRITE_ONCE(gp, NULL)" in everything


def test_a_call_that_may_go_on_is_not_folded() -> None:
    """Its thread is not heard of again."""
    witness = use_after_free()
    kept = tuple(m for m in witness.moments if m.what not in {"acquire", "release", "free"})
    lines = witness_table(replace(witness, moments=kept), source())
    assert any(line.endswith(" remove()") for line in lines)


def test_a_function_entered_again_is_named_again() -> None:
    """Also where what came between is not shown."""
    call = Call("remove", Span("made.khp", 0, 1), 1)
    found = (
        Moment(0, "store", at(4), (call,), (), "", False),
        Moment(0, "free", at(6), (), (), "", False, decisive=False),
        Moment(0, "store", at(4), (call,), (), "", True),
    )
    witness = replace(use_after_free(), columns=(Column("writer", "actor"),), moments=found)
    lines = witness_table(witness, source())
    assert lines[2:6] == ["remove()", " WRITE_ONCE(gp, NULL)", "remove()", " WRITE_ONCE(gp, NULL)"]


def test_words_that_are_not_ascii_fit_too() -> None:
    """They are printed by their numbers, and wrapped as they are printed."""
    witness = replace(
        use_after_free(), explanation=("\u00e9\u202e " * 20,), because=("\u00fc" * 90,)
    )
    for line in witness_table(witness, source()):
        assert line.isascii(), line
        assert len(line) <= 75, line
