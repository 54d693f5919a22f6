"""Exported litmus tests mean what the protocols mean; what has no such test is refused by name."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from dsl.check import check
from dsl.codes_export import EXPORT_CODES
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.imports import Program, load_text
from dsl.litmus.parse import parse_litmus
from dsl.source import Source
from prover.cli.entry import main
from prover.export import refusals
from prover.export.litmus import export_litmus
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import LitmusModel
from prover.litmus.decide import decide as decide_litmus
from prover.pipeline.decide import decide
from prover.pipeline.limits import Limits
from prover.verdict import Obligation, Proved, Refuted
from tests.conftest import Golden

HERE = Path(__file__).parent
CASES = sorted((HERE.parent / "cases" / "export").glob("*.khp"))
REFUSED = sorted((HERE.parent / "cases" / "export" / "refused").glob("*.khp"))
SEEDS = range(60)


@cache
def model(name: str) -> LitmusModel:
    return load_litmus_model(name)


def loaded(text: str) -> Program:
    return load_text("t.khp", text, HERE, ())


def exported(text: str) -> str:
    protocol = check(loaded(text))
    (scenario,) = protocol.scenarios
    configuration = {name: values[0] for name, values in protocol.configs.items()}
    return export_litmus(protocol, scenario, configuration)


def verdict(text: str) -> str:
    """What the engine for protocols says."""
    protocol = check(loaded(text))
    configuration = tuple((name, values[0]) for name, values in protocol.configs.items())
    obligation = Obligation(next(iter(protocol.scenarios)), "", configuration, "sc")
    found = decide(protocol, obligation, None, Limits(30.0, 1024, 8, explain=False)).verdict
    match found:
        case Proved():
            return "proved"
        case Refuted():
            asked = {"assert", "bug-on", "warn-on", "refcount", "final"}
            assert asked.intersection(found.properties), found.properties
            return "refuted"
        case _:
            raise AssertionError(found)


def answer(litmus: str) -> str:
    """What the engine for litmus tests says, in the same words."""
    assert parse_litmus(Source("t.litmus", litmus)).quantifier == "exists"
    found = decide_litmus(Source("t.litmus", litmus), model("sc"), 30.0, explain=False)
    if found.why.startswith("more than"):
        pytest.skip(found.why)
    assert not found.why, found
    return "proved" if found.observation == "Never" else "refuted"


def test_there_are_cases() -> None:
    assert len(CASES) >= 20
    assert len(REFUSED) >= 35


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_same_answer(case: Path) -> None:
    text = case.read_text(encoding="utf-8")
    wanted = re.match(r"// Result: (\w+)", text)
    assert wanted is not None
    assert verdict(text) == wanted[1]
    assert answer(exported(text)) == wanted[1]


def random_programs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("random_programs", HERE / "random_programs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", SEEDS)
def test_same_answer_at_random(seed: int) -> None:
    text = random_programs().program(seed)
    try:
        litmus = exported(text)
    except DiagnosticError as error:
        codes = {found.code for found in error.diagnostics}
    else:
        assert answer(litmus) == verdict(text), text + litmus
        return
    assert codes == {refusals.QUESTION}, text


@pytest.mark.parametrize("case", REFUSED, ids=lambda path: path.stem)
def test_refused(case: Path) -> None:
    text = case.read_text(encoding="utf-8")
    wanted = re.match(r"// Refused: ([\w-]+) at (\w+): (.*)", text)
    assert wanted is not None
    found = refusal(text)
    assert found.code == wanted[1]
    assert wanted[3] in found.message
    assert found.hint
    assert found.primary is not None
    assert text.startswith(wanted[2], found.primary.span.start)


def refusal(text: str) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        exported(text)
    (found,) = caught.value.diagnostics
    return found


def test_every_code_has_a_case() -> None:
    firsts = [case.read_text(encoding="utf-8").split()[2] for case in REFUSED]
    assert set(firsts) == set(EXPORT_CODES)


def nested(depth: int) -> str:
    inside = "if (READ_ONCE(x) == 1) { " * depth + "WRITE_ONCE(x, 2);" + " }" * depth
    return f"int x; actor a {{ {inside} }} scenario s {{ run a; final x == 0; }}"


def test_what_is_too_large_is_refused() -> None:
    assert "exists" in exported(nested(20))
    assert refusal(nested(60)).code == "too-large"
    ladder = "".join(
        f"if (READ_ONCE(x) == {n} && READ_ONCE(x) == 1) WRITE_ONCE(x, 1); else {{ "
        for n in range(18)
    )
    text = f"int x; actor a {{ {ladder} {'}' * 18} }} scenario s {{ run a; final x == 0; }}"
    assert refusal(text).code == "too-large"
    claim = " && ".join(f"(x == {n} || y == {n})" for n in range(40))
    text = f"int x; int y; actor a {{ WRITE_ONCE(x, 1); }} scenario s {{ run a; final {claim}; }}"
    assert refusal(text).code == "too-large"
    long = "WRITE_ONCE(x, 1); " * 2500
    text = f"int x; actor a {{ {long} }} scenario s {{ run a; final x == 0; }}"
    assert refusal(text).code == "too-large"


@pytest.mark.parametrize("stem", ["rcu_no_wait", "ghost_and_names", "shared_else"])
def test_golden(stem: str, golden: Golden) -> None:
    case = next(case for case in CASES if case.stem == stem)
    text = exported(case.read_text(encoding="utf-8"))
    golden.check(case.with_suffix(".litmus"), text)


def test_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.khp").write_text(
        "config N = one | two; int x; mutex_t y;\n".replace("mutex_t y;", "struct mutex y;")
        + "actor a { if (N == two) { mutex_lock(&y); mutex_unlock(&y); } WRITE_ONCE(x, 1); }\n"
        "actor b {\nstep:\n\tWRITE_ONCE(x, 2);\n}\n"
        "scenario s { run a, b; final x == 1; }\nscenario t { run a; final x == 0; }\n"
        "variant v in s { drop b.step; }\n",
        encoding="utf-8",
    )
    assert main(["export", "--format", "litmus", "f.khp"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("C f+s+N-one\n")
    assert "exists (~(x=1))" in out
    assert not err
    assert main(["export", "f.khp", "--variant", "v"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("C f+s+v+N-one\n")
    assert "WRITE_ONCE(*x, 2)" not in out
    assert main(["export", "f.khp", "--scenario", "t", "--config", "N=two"]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert "error[not-exportable]" in err
    assert "mutex_lock(&y)" in err
    assert main(["export", "f.khp", "--scenario", "u"]) == 2
    assert main(["export", "none.khp"]) == 2
    assert main(["export", "--format", "tla", "f.khp"]) == 2


@pytest.mark.parametrize("scenario", ["at_once", "by_function", "by_loop", "by_error"])
def test_a_flag_orders_no_more_in_the_litmus_test(scenario: str) -> None:
    """A branch that is left out of the graph is written all the same: the store is in its arm."""
    path = HERE.parent / "cases" / "verdict" / "weak" / "flag_of_a_branch.khp"
    text = export_litmus(check(loaded(path.read_text("utf-8"))), scenario, {})
    found = decide_litmus(Source("t.litmus", text), model("lkmm"), 30.0, explain=False)
    assert found.observation != "Never", text
