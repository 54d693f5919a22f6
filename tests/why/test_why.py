"""Why things are proved: cases whose files say which facts are in every set, and golden output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dsl.check import check
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import load
from prover.cli.entry import main
from prover.explained import Core, Fact, Why, why_exit_code
from prover.graph import compile_program
from prover.needs.answer import needs
from prover.pipeline.limits import Limits
from prover.render.json_why import render, schema
from prover.render.why import render_why
from prover.smt.backends.z3 import Session
from prover.verdict import Request
from prover.why.core import Asker
from prover.why.explain import Tracked, cores_of, questions_of, track
from prover.why.run import why

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CASES = sorted((HERE / "cases").glob("*.khp"))
OTHERS = sorted((ROOT / "tests" / "needs" / "cases").glob("*.khp"))


def found(path: Path, budget: float = 60) -> Why:
    name = str(path.relative_to(ROOT))
    return why(name, Request((name,), jobs=1), budget, lambda _: None)


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def told(answer: Why, fact: Fact) -> str:
    """A fact as a case states it."""
    sites = [
        f"{site.actor} {answer.sources[site.file].text[site.start : site.end]}"
        for site in fact.sites
    ]
    return " | ".join((fact.kind, *sites))


def test_there_are_cases() -> None:
    assert len(CASES) >= 5
    assert len(OTHERS) >= 6


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_has_the_facts_it_states(path: Path) -> None:
    stated = [
        line.removeprefix("// in all: ")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("// in all: ")
    ]
    answer = found(path)
    shown = {
        f"{core.property} | {told(answer, used.fact)}"
        for each in answer.explanations
        for core in each.cores
        for used in core.used
        if used.needed
    }
    assert stated
    assert set(stated) <= shown
    assert main(["run", "-q", "-j", "1", str(path)]) == 0


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_printed(path: Path, golden) -> None:
    text = render_why(found(path))
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 79
    golden.check(HERE / "golden" / f"{path.stem}.txt", text)


# --- what a core claims ------------------------------------------------------------------


def tracked_of(path: Path) -> Iterator[Tracked]:
    """The tracked query of every scenario that is proved, under the model explained."""
    protocol = check(load(path, (library_root(),)))
    for each in found(path).explanations:
        if each.model:
            for configuration in each.configurations:
                program = compile_program(protocol, each.scenario, dict(configuration), each.bound)
                yield track(program, each.model, conditions=each.conditions)


def alone(tracked: Tracked, literals: list[str], question: list[str]) -> bool:
    """Whether some facts suffice in a solver that is never told of the others."""
    text = tracked.text + "".join(f"(assert {literal})\n" for literal in literals)
    asker = Asker(tracked.query, Session(text, 60), float("inf"))
    return asker.core((), question) is not None


@pytest.mark.parametrize("path", [*CASES, *OTHERS], ids=lambda path: path.stem)
def test_cores_suffice_alone_and_without_any_one_they_do_not(path: Path) -> None:
    for tracked in tracked_of(path):
        cores = cores_of(tracked, Limits(60, 2048, 8), 60)
        assert cores
        asked = list(questions_of(tracked))
        for core in cores:
            (question,) = matching(asked, core)
            own = [tracked.literals[used.fact] for used in core.used]
            every = list(tracked.literals.values())
            assert core.minimal
            assert alone(tracked, own, question)
            for used in core.used:
                literal = tracked.literals[used.fact]
                assert not alone(tracked, [o for o in own if o != literal], question)
                rest = [other for other in every if other != literal]
                assert alone(tracked, rest, question) is not used.needed


def matching(asked: list, core: Core) -> list[list[str]]:
    return [q for name, loop, q in asked if (name, loop) == (core.property, core.loop)][:1]


def test_nothing_is_proved_where_all_facts_are_left_out() -> None:
    """The facts are not decoration: what is taken for granted proves little."""
    (tracked,) = tracked_of(HERE / "cases" / "passing.khp")
    ((name, _, question),) = list(questions_of(tracked))
    assert name == "assert"
    assert alone(tracked, list(tracked.literals.values()), question)
    assert not alone(tracked, [], question)


def test_facts_that_contradict_each_other_explain_nothing() -> None:
    (tracked,) = tracked_of(HERE / "cases" / "passing.khp")
    literal = next(iter(tracked.literals.values()))
    broken = replace(tracked, text=f"{tracked.text}(assert (not {literal}))\n")
    assert cores_of(broken, Limits(60, 2048, 8), 60) is None


def test_the_founding_protocol_rests_on_what_its_patch_says() -> None:
    request = Request(
        ("protocols/retract.khp",), scenario="uffd_copy", config=(("PAE", "off"),), jobs=1
    )
    answer = why("protocols/retract.khp", request, 60, lambda _: None)
    (explained,) = answer.explanations
    assert explained.model == "lkmm"
    shown = {
        f"{core.property} | {told(answer, used.fact)}"
        for core in explained.cores
        for used in core.used
        if used.needed
    }
    assert shown >= {
        "assert | lock | khugepaged spin_lock_nested(ptl, SINGLE_DEPTH_NESTING) | uffd_copy spin_lock(ptl)",
        "assert | condition | khugepaged unlikely(vma->anon_vma || userfaultfd_wp(vma))",
        "assert | condition | uffd_copy likely(pmd_same(pmdval, pmdp_get_lockless(pmd)))",
        "use-after-free | grace period | khugepaged call_rcu(&pgtable->pt_rcu_head, pte_free_now) | uffd_copy rcu_read_lock()",
    }


# --- prove needs agrees ------------------------------------------------------------------

BY_DROPPING = {
    "lock": ("lock",),
    "lock order": ("lock",),
    "acquire": ("order",),
    "release": ("order",),
    "barrier": ("barrier",),
    "ipi": ("ipi",),
    "grace period": ("deferral", "rcu"),
}
"""For kinds of fact the kinds of change that take the primitive away."""


@pytest.mark.parametrize("path", [*CASES, *OTHERS], ids=lambda path: path.stem)
def test_without_a_primitive_that_every_core_has_it_is_refuted(path: Path) -> None:
    answer = found(path)
    name = str(path.relative_to(ROOT))
    results = needs(name, Request((name,), jobs=1), 0, lambda _: None).results
    tried = 0
    for each in answer.explanations:
        for core in each.cores:
            for used in core.used:
                kinds = BY_DROPPING.get(used.fact.kind, ())
                if not used.needed:
                    continue
                for site in used.fact.sites:
                    own = [
                        result
                        for result in results
                        if result.change.kind in kinds
                        and (result.change.span.start, result.change.span.end)
                        == (site.start, site.end)
                        and result.change.span.file == site.file
                    ]
                    for result in own:
                        tried += 1
                        broken = {b.scenario for b in result.broken}
                        assert each.scenario in broken, (core.property, told(answer, used.fact))
    assert tried or path.stem in {"either", "retry", "recheck", "two_locks"}


# --- the command -------------------------------------------------------------------------


def test_the_document_obeys_its_schema() -> None:
    for path in (CASES[0], CASES[-1]):
        Draft202012Validator(json.loads(schema())).validate(json.loads(render(found(path))))


def test_without_time_sets_are_not_called_smallest() -> None:
    answer = found(HERE / "cases" / "passing.khp", budget=0)
    (explained,) = answer.explanations
    assert not any(core.minimal for core in explained.cores)
    assert why_exit_code(answer) == 3
    text = render_why(answer)
    assert "out of time" in text
    assert "1*" not in text


def test_equal_runs_print_equal_bytes() -> None:
    path = str(HERE / "cases" / "ipi.khp")
    command = [sys.executable, "-m", "prover", "why", path, "-j", "2"]
    runs = {
        subprocess.run(
            command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1")
    }
    assert len(runs) == 1


def test_a_variant_is_explained_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(OTHERS[[o.stem for o in OTHERS].index("publish")])
    assert main(["why", "-j", "1", path, "--variant", "no_release"]) == 0
    shown = capsys.readouterr().out
    assert "both / no_release: refuted: assert, data-race under lkmm; proved under sc" in shown
    assert "--scenario both --variant no_release --model lkmm" in shown
    assert main(["why", "-j", "1", path, "--variant", "no_lock"]) == 3
    assert "safe because" not in capsys.readouterr().out


def test_what_cannot_be_answered_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(CASES[0])
    assert main(["why", path, "--scenario", "none"]) == 2
    assert "unknown-selection" in capsys.readouterr().err
    assert main(["why", path, "--config", "A=b"]) == 2
    assert main(["why", str(tmp_path / "none.khp")]) == 2
    wrong = tmp_path / "wrong.khp"
    wrong.write_text("int x;\nactor a { x = ; }\n", encoding="utf-8")
    assert main(["why", str(wrong)]) == 2
    assert main(["why", str(wrong), "--format", "json"]) == 2
    out = capsys.readouterr().out
    document = json.loads(out)
    Draft202012Validator(json.loads(schema())).validate(document)
    assert document["exit_code"] == 2


# --- a choice of properties --------------------------------------------------------------


def test_a_property_that_is_chosen_has_the_set_it_has_among_all() -> None:
    name = "tests/why/cases/grace.khp"
    request = Request((name,), jobs=1)
    whole, part = (why(name, request, 60, lambda _: None, chosen) for chosen in ((), ("final",)))
    for all_, some in zip(whole.explanations, part.explanations, strict=True):
        assert some.cores == tuple(core for core in all_.cores if core.property == "final")
        assert set(all_.unused) <= set(some.unused)
    assert any(each.cores for each in part.explanations)
    assert len(render_why(part)) < len(render_why(whole))
    (problems,) = [
        list(Draft202012Validator(json.loads(schema())).iter_errors(json.loads(render(part))))
    ]
    assert problems == []


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["why", "tests/why/cases/retry.khp", "-j", "1", *options]) == 0
    return capsys.readouterr().out


def test_what_is_said_of_a_choice(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "--property", "loop", "--property", "double-free")
    assert "the loop at" in out
    assert "  double-free: no step could violate it\n" in out
    assert "safe because" not in out
    assert "Only what was asked for is explained" in out
    assert "in no set" not in out.split("Each set suffices")[0]


@pytest.mark.parametrize(
    ("name", "model", "said"),
    [
        ("invariant", "lkmm", "not checked under lkmm"),
        ("data-race", "sc", "not checked under sc"),
        ("data-race", "lkmm", "no step could violate it"),
    ],
)
def test_a_property_that_is_not_checked_is_not_said_to_hold(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    name: str,
    model: str,
    said: str,
) -> None:
    path = tmp_path / "one.khp"
    path.write_text(
        'int x;\nactor a { WRITE_ONCE(x, 1); }\ninvariant x < 2 : "small";\n'
        "scenario s { run a; expect proved; }\n",
        encoding="utf-8",
    )
    assert main(["why", str(path), "-j", "1", "--model", model, "--property", name]) == 0
    assert f"  {name}: {said}\n" in capsys.readouterr().out


def test_a_property_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", "tests/why/cases/retry.khp", "--property", "dedlock"]) == 2
    err = capsys.readouterr().err
    assert "error[unknown-selection]: there is no property `dedlock`" in err
    assert "did you mean `deadlock`?" in err
