"""The engine of protocols says of a translated litmus test what that of litmus tests says."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus
from dsl.primitives import PRIMITIVES
from dsl.source import Source
from prover.answers import ALWAYS, NEVER, SOMETIMES
from prover.litmus.batch import load_litmus_model
from prover.litmus.build import build
from prover.litmus.decide import LitmusModel
from tests.shared import once
from tests.weak.compare import (
    Compared,
    compare,
    compare_all,
    compare_file,
    litmus_files,
    wrong_race,
)
from tests.weak.from_litmus import AS_ATOMIC, AS_INT, Translation, translate
from tests.weak.kinds import Untranslatable

MODELS = ("sc", "tso", "lkmm")
RACES: tuple[str, ...] = ("lkmm",)
"""The models under which protocols are checked for data races."""

WEAKER = 1
"""So many weaker tests are asked of each, for under a strong model most answers are Never."""

ROOT = Path(__file__).parents[2]
OWN = litmus_files([ROOT / "tests" / "litmus"])
FOLDER = Path(os.environ.get("LITMUS", ROOT.parent / "shared" / "litmus"))

DIFFERENT = {
    "is-locked-sb": "an execution can end in lock-held-at-end",
    "is-locked-sb-fence": "an execution can end in lock-held-at-end",
    "srcu-unlock-twice": "an execution can end in srcu-unbalanced",
    "srcu-wait-inside-rcu": "an execution can end in sleep-in-atomic",
    "lock-abba": "an execution can end in lock-order",
    "trylock-one-winner": "an execution can end in lock-held-at-end",
}
"""Which tests have another answer as protocols, and why."""

ELSEWHERE = {
    "crypto-control-data": "a value out of thin air: protocols have none (docs/adr/0007)",
    "C-JO-OOTA-6": "a value out of thin air: protocols have none (docs/adr/0007)",
    "C-AlanStern.2018.01.11a": "a data race more is told",
}
"""The same for tests of others, under LKMM."""


@cache
def under(model: str) -> LitmusModel:
    return load_litmus_model(model)


Asking = Callable[[Path, str], list[Compared]]


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    """A test under a model; asked once."""

    @cache
    def asked(file: Path, model: str) -> list[Compared]:
        return once(
            tmp_path_factory,
            f"compared-{file.stem}-{model}",
            lambda: compare_file(file, under(model), model, weaken=WEAKER),
        )

    return asked


@pytest.mark.parametrize(
    ("file", "model"),
    [
        pytest.param(
            file,
            model,
            # All under lkmm, each under one of the others; the rest is soak.
            marks=() if model in ("lkmm", ("sc", "tso")[number % 2]) else pytest.mark.soak,
            id=f"{file.stem}-{model}",
        )
        for number, file in enumerate(OWN)
        for model in MODELS
    ],
)
def test_same_answer(compared: Asking, file: Path, model: str) -> None:
    for row in compared(file, model):
        if file.stem in DIFFERENT:
            assert row.outcome in {f"may differ: {DIFFERENT[file.stem]}", "equal"}
        else:
            assert row.outcome == "equal", row
        if model in RACES:
            assert not wrong_race(row), row


@pytest.mark.parametrize(
    "model",
    [pytest.param(model, marks=() if model == "lkmm" else pytest.mark.soak) for model in MODELS],
)
def test_most_are_translated_and_answers_differ(compared: Asking, model: str) -> None:
    own = [compared(file, model) for file in OWN]
    assert sum(not rows[0].why for rows in own) >= 160
    seen = Counter(row.khp for rows in own for row in rows)
    assert seen[NEVER] >= 50, seen
    assert seen[SOMETIMES] >= 100, seen
    assert seen[ALWAYS] >= 5, seen


def test_a_difference_is_seen() -> None:
    sources = [Source(file.stem, file.read_text(encoding="utf-8")) for file in OWN[::8]]
    rows = [compare(source, under("lkmm"), "sc") for source in sources]
    assert sum(row.outcome == "different" for row in rows) >= 3


@pytest.mark.soak
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.skipif(not FOLDER.is_dir(), reason="no folder with litmus tests (LITMUS)")
def test_same_answer_for_all_that_are_at_hand(model: str) -> None:
    rows = list(compare_all(litmus_files([FOLDER]), model, jobs=2))
    wrong = [row for row in rows if row.outcome == "different"]
    if model in RACES:
        wrong += [row for row in rows if wrong_race(row)]
    expected = ELSEWHERE.keys() & {Path(row.file).stem for row in rows} if model in RACES else set()
    assert {Path(row.file).stem for row in wrong} == expected, wrong[:10]
    assert sum(row.outcome == "equal" for row in rows) >= 0.97 * len(rows)


# --- the translation ----------------------------------------------------------------------


def events(call: str) -> list[tuple[object, ...]]:
    """The events that a primitive makes."""
    text = f"C one\n{{}}\nP0(int *x) {{ {call}; }}\n"
    test = build(expand(parse_litmus(Source("one", text)), under("lkmm").macros))
    return [(e.kind, e.sets, e.by_value, e.value, e.partner) for e in test.events]


def test_a_null_that_is_assigned_is_a_release() -> None:
    text = POINTERS.replace("rcu_assign_pointer(*p, y)", "rcu_assign_pointer(*p, 0)")
    assert "smp_store_release(&p, NULL);" in translated(text).text


@pytest.mark.parametrize(("one", "other"), sorted({**AS_ATOMIC, **AS_INT}.items()))
def test_another_name_makes_the_same_events(one: str, other: str) -> None:
    def call(name: str) -> str:
        parameters = PRIMITIVES[name].parameters
        return f"{name}({', '.join([*(_ARGUMENTS.get(k, 'x') for k in parameters)])})"

    assert events(call(one)) == events(call(other))


_ARGUMENTS = {"lvalue": "*x", "value": "1", "int": "1"}


def translated(text: str, *, negated: bool = True) -> Translation:
    return translate(parse_litmus(Source("t.litmus", text)), negated=negated)


POINTERS = r"""C pointers

{ int *p = &x; int y = 1; }

P0(int **p, int *y, atomic_t *count)
{
	WRITE_ONCE(*y, 2);
	rcu_assign_pointer(*p, y);
	atomic_inc(count);
}

P1(int **p, atomic_t *count)
{
	int *r0;
	int r1;

	rcu_read_lock();
	r0 = rcu_dereference(*p);
	if (r0 != 0)
		r1 = *r0;
	r0 = READ_ONCE(*count);
	rcu_read_unlock();
}

exists (1:r0=1 /\ ~(1:r1=0) /\ p=y)
"""

AS_PROTOCOL = """// pointers

int *p = &x;
int x = 0;
int y = 1;
atomic_t count = 0;
ghost int P1_r0_2;
ghost int P1_r1;

actor P0 {
	WRITE_ONCE(y, 2);
	rcu_assign_pointer(p, &y);
	atomic_inc(&count);
}

actor P1 {
	int *r0 = NULL;
	int r1 = 0;
	int r0_2 = 0;
	rcu_read_lock();
	r0 = rcu_dereference(p);
	if ((r0 != NULL)) {
		r1 = *r0;
	}
	r0_2 = atomic_read(&count);
	rcu_read_unlock();
	P1_r0_2 = r0_2;
	P1_r1 = r1;
}

scenario s {
	run P0, P1;
	final !((P1_r0_2 == 1) && !(P1_r1 == 0) && (p == &y));
}
"""


def test_locations_are_objects_and_registers_locals() -> None:
    assert translated(POINTERS) == Translation(AS_PROTOCOL, ())


def test_the_condition_itself_can_be_claimed() -> None:
    other = translated(POINTERS, negated=False)
    assert other.text == AS_PROTOCOL.replace("final !(", "final (")


def test_a_filter_leaves_executions_out() -> None:
    text = translated("C f\n{}\nP0(int *x) { *x = 1; }\nfilter (x=1)\nexists (x=2)\n").text
    assert "final (!(x == 1) || !(x == 2));" in text


def test_names_that_mean_something_are_others() -> None:
    text = translated(
        "C f\n{}\nP0(int *init, int *x_t) { int run = *init; *x_t = run; }\nexists (0:run=1)\n"
    ).text
    assert "int init_ = 0;" in text
    assert "x_t_ = run_;" in text


def test_a_lock_beside_a_grace_period_is_noted() -> None:
    text = "C f\n{}\nP0(spinlock_t *l) { spin_lock(l); spin_unlock(l); }\nP1() { %s(); }\n"
    assert translated(text % "synchronize_rcu").notes
    assert not translated(text % "smp_mb").notes


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("int r0 = srcu_read_lock(x); *x = 1;", "an SRCU domain that is read or written"),
        ("int r0 = smp_load_after(x);", "smp_load_after()"),
        ("int r0 = *x; *(x + r0) = 1;", "an address that is computed with"),
        ("*x = 1; *x = y;", "a place that holds both numbers and addresses"),
        ("*x = x;", "a pointer to itself"),
        ("*x = 1; atomic_inc(x);", "a plain access to an atomic_t"),
        ("spin_lock(x); *x = 0;", "a lock that is read or written"),
        ("*x = 2147483648;", "a number that is no int"),
    ],
)
def test_what_protocols_have_not(body: str, reason: str) -> None:
    with pytest.raises(Untranslatable) as error:
        translated(f"C f\n{{}}\nP0(int *x, int *y) {{ {body} }}\nexists (y=0)\n")
    assert str(error.value) == reason
