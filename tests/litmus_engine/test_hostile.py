"""Whatever a litmus test or a model holds, the end is an answer, no answer, or a diagnostic."""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from dsl.diagnostic import DiagnosticError
from dsl.source import Source
from prover.answers import Decided
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import LitmusModel, decide
from prover.models.cat import load_text, shipped_file
from tests.hostile.measure import in_workers
from tests.soak import PARTS, Soak

OWN = sorted((Path(__file__).parents[1] / "litmus").glob("*.litmus"))
TEXTS = [path.read_text(encoding="utf-8") for path in OWN]
MODELS = [shipped_file(name).read_text(encoding="utf-8") for name in ("sc.cat", "tso.cat")]
TOKEN = re.compile(r"\w+|\s+|[^\w\s]+")
ODD = "0 1 -1 18446744073709551615 63 64 99999999999999999999 x y r0 ( ) { } * & / % << ' \0 \u00e9"
STATEMENTS = """\
r0 = r0 / r1;|int r9 = 1 / 0;|r0 = 1 << 63;|r0 = r0 << r1;|r0 = r0 * r0;|r0 = x == y;|r0 = x + y;
r0 = x - x;|r0 = x ? *x : *y;|*r0 = 1;|r1 = *r0;|WRITE_ONCE(*x, READ_ONCE(*y) + 1);|r0 = &zz;
WRITE_ONCE(*y, READ_ONCE(*x));|atomic_inc(x);|r1 = xchg(x, r0);|r0 = cmpxchg(x, r0, r1);
spin_lock(x);|spin_unlock(x);|r0 = spin_trylock(x);|r0 = spin_is_locked(x);|rcu_read_lock();
synchronize_rcu();|r0 = srcu_read_lock(x);|srcu_read_unlock(x, r0);|if (r0 / r1) *x = 1;
if (r0) { r1 = READ_ONCE(*x); if (1 / r1) *y = 1; }|WRITE_ONCE(*x, r0 < x);|WRITE_ONCE(*r1, r0);
r0 = atomic_add_unless(x, 1, r1);|WRITE_ONCE(*x, r0 - x);|r1 = READ_ONCE(*r1);""".replace("\n", "|")
CHECKS = """\
acyclic po | rf as co|acyclic po | co | fr as co|empty different-values(rf) as f3
flag ~empty same-value & ext as k|irreflexive po ; rf as a'1|flag acyclic po | rf|~empty rf
let rec a = po \\ a|let rec a = rf | (a ; a)|let po = po | rf|let rf = 0|empty domain(rf) * [W]"""
CHECK_LINES = CHECKS.replace("\n", "|").split("|")
STATEMENT_LIST = STATEMENTS.split("|")
LKMM = load_litmus_model("lkmm")


def soup(rng: random.Random, text: str, texts: list[str]) -> str:
    """``text`` with some words and marks lost, doubled, nested or replaced."""
    found = TOKEN.findall(text)
    for _ in range(rng.choice([1, 1, 2, 5])):
        at = rng.randrange(len(found))
        match rng.randrange(5):
            case 0:
                found[at : at + rng.choice([1, 4])] = [" "]
            case 1:
                found[at:at] = found[at : at + rng.choice([1, 20])]
            case 2:
                found[at] = rng.choice(ODD.split(" "))
            case 3:
                deep = rng.choice([3, 70, 300])
                found[at] = rng.choice(["(", "!", "~", "*"]) * deep + found[at] + ")" * deep
            case _:
                found[at] = rng.choice(TOKEN.findall(rng.choice(texts)))
    return "".join(found)


def grown(rng: random.Random, text: str) -> str:
    """``text`` with more statements."""
    for _ in range(rng.choice([1, 1, 2, 4])):
        ends = [m.end() for m in re.finditer(r";\n", text)]
        at = rng.choice(ends or [0])
        text = f"{text[:at]}\t{rng.choice(STATEMENT_LIST)}\n{text[at:]}"
    return text


def made(number: int) -> tuple[str, str]:
    """A test, and a model (empty: the kernel's)."""
    rng = random.Random(number)
    text = rng.choice(TEXTS)
    match number % 3:
        case 0:
            return soup(rng, text, TEXTS), ""
        case 1:
            return grown(rng, text), ""
        case _:
            model = rng.choice(MODELS) + "\n".join(rng.choices(CHECK_LINES, k=2))
            return text, soup(rng, model, MODELS) if rng.random() < 0.5 else model


def fault(number: int) -> str:
    """What is wrong with the end of one input; empty: nothing."""
    text, cat = made(number)
    under = LKMM
    if cat:
        try:
            under = LitmusModel(load_text("m.cat", cat), LKMM.macros)
        except DiagnosticError:
            return ""
    found = decide(Source("t.litmus", text), under, 2.0, explain=True)
    if found.why.startswith("a witness failed"):
        return f"{number}: {found.why}"
    if not (found.observation or found.why):
        return f"{number}: nothing is said"
    return ""


def answer(body: str, question: str, initial: str = "") -> Decided:
    text = f"C t\n{{ {initial} }}\n{body}\n{question}\n"
    return decide(Source("t.litmus", text), LKMM, 5.0, explain=True)


def test_a_few_hundred() -> None:
    assert [said for number in range(400) if (said := fault(number))] == []


def give(number: int) -> None:
    assert fault(1000 + number) == ""


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_twenty_thousand(part: int, soak: Soak) -> None:
    count = 20_000 // PARTS
    soak.keep(in_workers("decided litmus", give, soak.first + part * count, count))


# --- one case each ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement", ["r1 = 1 / r0;", "r1 = 1 % 0;", "r1 = 1 << (64 + r0);", "r1 = x + 1;"]
)
def test_no_result_no_verdict(statement: str) -> None:
    found = answer(f"P0(int *x) {{ int r0; int r1; r0 = *x; {statement} }}", "exists (0:r0=0)")
    assert (found.observation, found.diagnostics) == ("", ())
    assert "no result" in found.why


def test_what_is_not_computed_needs_no_result() -> None:
    body = "P0(int *x, int *y) { int r0; r0 = *x; if (r0) { r0 = *y; if (1 / r0) *x = 1; } }"
    assert answer(body, "forall (0:r0=0)").observation == "Always"
    body = "P0(int *x) { int r0; r0 = *x; r0 = r0 ? 1 / r0 : 7; }"
    assert answer(body, "forall (0:r0=7)").observation == "Always"


def test_only_one_arm_is_read() -> None:
    body = "P0(int *x, int *y) { int r0; int r1; r0 = *x; r1 = r0 ? *r0 : *y; }"
    assert answer(body, "forall (0:r1=0)").observation == "Always"


def test_powers() -> None:
    found = answer("P0(int *x) { int r0; r0 = 3; " + "r0 = r0 * r0;" * 60 + " }", "exists (0:r0=0)")
    assert "more than 64 bits" in found.why


def test_a_register_doubled_again_and_again() -> None:
    start = time.process_time()
    body = "P0(int *x) { int r0; r0 = *x; " + "r0 = r0 ^ r0;" * 60 + " *x = r0; }"
    assert answer(body, "exists (x=0)").observation == "Always"
    body = (
        "P0(int *x) { int r0; int r1; r0 = *x; r1 = *x; " + "if (r0) r1 = r0; else r0 = r1; " * 40
    )
    assert answer(body + " *x = r1; }", "exists (x=0)").observation
    assert time.process_time() - start < 10


def test_a_branch_never_taken_reads_nowhere() -> None:
    found = answer("P0(int *x) { int r0; int r1; if (r0) r1 = *r1; *x = 1; }", "forall (x=1)")
    assert found.observation == "Always"


def test_locations_that_only_the_question_or_an_address_names() -> None:
    assert answer("P0(int *x) { *x = 1; }", "exists (z=0 /\\ x=1)").observation == "Always"
    assert answer("P0(int *x) { *x = 1; }", "exists (w = *z)").observation == "Always"
    body = "P0(int *x) { int r0; int r1; r0 = &z; *r0 = 2; r1 = *r0; }"
    assert answer(body, "forall (0:r1=2)").observation == "Always"


LB = """C lb
{}
P0(int *x, int *y) { int r0; r0 = READ_ONCE(*x); WRITE_ONCE(*y, 1); }
P1(int *x, int *y) { int r0; r0 = READ_ONCE(*y); WRITE_ONCE(*x, 1); }
exists (0:r0=1 /\\ 1:r0=1)
"""


@pytest.mark.parametrize("name", ["co", "f3", "a'1", "same", "r0v1", "x.y-z"])
def test_names_of_checks_are_only_names(name: str) -> None:
    """Two checks of one name do not depend on each other, nor on what the engine calls things."""
    text = f"acyclic po | co as {name}\nacyclic rf | co as {name}\n"
    found = decide(
        Source("t", LB), LitmusModel(load_text("m.cat", text), LKMM.macros), 5.0, explain=True
    )
    assert (found.why, found.observation) == ("", "Sometimes")


def test_equal_values_of_any_access() -> None:
    model = load_text("m.cat", "empty different-values(rf)\nflag ~empty same-value & rf as seen")
    found = decide(Source("t", LB), LitmusModel(model, LKMM.macros), 5.0, explain=True)
    assert (found.why, found.observation, found.flags) == ("", "Sometimes", ("seen",))


def test_macros_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "m.cat").write_text("acyclic po", encoding="utf-8")
    (tmp_path / "m.def").write_bytes(b"\xff\xfe")
    with pytest.raises(DiagnosticError) as caught:
        load_litmus_model(str(tmp_path / "m.cat"))
    assert [d.code for d in caught.value.diagnostics] == ["not-utf8"]
