"""Retry loops that go round for ever: which are found, and that they do."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dsl import frozen
from dsl.check import check
from dsl.files import library_root
from dsl.frozen import replace
from dsl.imports import load, load_text
from dsl.protocol import Protocol
from prover.cli.entry import main
from prover.parametric.liveness.graph import TooMany, graph_of
from prover.parametric.liveness.lasso import Lasso, lassos
from prover.pipeline.liveness import look
from prover.pipeline.liveness.look import fixed, looked_at
from prover.pipeline.liveness.witness import rehearse
from prover.render.json_report import schema
from prover.verdict import Liveness, Obligation
from tests.liveness.replaying import replayed

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*.khp"))
DAMON = ROOT / "protocols/bugs/damon_retry.khp"


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def loaded(path: Path, variant: str = "") -> Protocol:
    return check(load(path, (library_root(),)), variant)


def question(protocol: Protocol, variant: str = "") -> Obligation:
    (scenario,) = protocol.scenarios
    configuration = tuple((name, values[0]) for name, values in protocol.configs.items())
    return Obligation(scenario, variant, configuration, "sc")


def found_in(protocol: Protocol, variant: str = "") -> Liveness:
    return looked_at(protocol, Liveness("f.khp", question(protocol, variant)), 60)


def of_text(text: str) -> Liveness:
    return found_in(check(load_text("f.khp", f"models sc;\n{text}", None, ())))


def stated(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("// Livelock: ")]
    said = [line.removeprefix("// Livelock: ") for line in lines]
    assert said
    return [] if said == ["none"] else sorted(said)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_has_the_livelocks_that_it_states(path: Path) -> None:
    found = found_in(loaded(path))
    assert not found.why
    assert sorted(f"{each.kind} {each.actor}" for each in found.found) == stated(path)


def test_cases_are_of_every_kind() -> None:
    kinds = {said.split()[0] for path in CASES for said in stated(path)}
    assert kinds == {"stuck", "starved"}
    assert sum(not stated(path) for path in CASES) >= 4


NUMBERED = [path for path in CASES if stated(path) and "forever" not in path.read_text()]


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_the_interpreter_goes_round_too(path: Path) -> None:
    protocol = loaded(path)
    for each in found_in(protocol).found:
        assert replayed(protocol, question(protocol), each)


def with_loops(text: str, number: int) -> str:
    """The same with numbers, each actor's body in a loop without an exit."""
    head, scenario = text.split("scenario ")
    for name in re.findall(r"^actor (\w+) {", head, re.MULTILINE):
        head = head.replace(f"actor {name} {{", f"static void once_{name}(void)\n{{")
        head += f"actor {name} {{ while (1) once_{name}(); }}\n"
    scenario = scenario.replace("*", f"* {number}" if number > 1 else "")
    return f"models sc;\n{head}scenario {scenario.replace('forever;', '')}"


@pytest.mark.parametrize(
    ("name", "number"), [("map_lock_refilled", 1), ("seqcount_for_ever", 1), ("cmpxchg", 2)]
)
def test_for_ever_is_a_loop_around_each_actor(name: str, number: int) -> None:
    text = (HERE / "cases" / f"{name}.khp").read_text(encoding="utf-8")
    roots = (library_root(),)
    protocol = check(load_text("f.khp", with_loops(text, number), HERE, roots))
    found = found_in(protocol).found
    assert sorted(f"{each.kind} {each.actor}" for each in found) == stated(
        HERE / "cases" / f"{name}.khp"
    )
    for each in found:
        assert replayed(protocol, question(protocol), each)


def test_a_walk_of_damon_that_tries_again_and_its_fix() -> None:
    """B40: pte_offset_map_lock() fails for as long as the migration waits for the walk."""
    assert not found_in(loaded(DAMON)).found
    protocol = loaded(DAMON, "before_fix")
    (each,) = found_in(protocol, "before_fix").found
    assert (each.kind, each.actor) == ("stuck", "damon")
    assert any("migrate waits" in line for line in each.witness.explanation)
    assert replayed(protocol, question(protocol), each)


def test_a_run_that_is_none_is_not_replayed() -> None:
    protocol = loaded(DAMON, "before_fix")
    (each,) = found_in(protocol, "before_fix").found
    moments = each.witness.moments
    for wrong in (moments[1:], moments[:-1], moments[::-1]):
        changed = frozen.replace(each, witness=replace(each.witness, moments=wrong))
        assert not replayed(protocol, question(protocol), changed)


def test_a_lasso_that_is_none_is_not_believed() -> None:
    protocol = loaded(HERE / "cases" / "back_off.khp")
    graph = graph_of(fixed(protocol, question(protocol)), 1, 1000, 60)
    lasso, _ = lassos(graph)
    rehearse(graph, lasso)
    for wrong in (
        replace(lasso, stem=lasso.stem[1:]),
        replace(lasso, cycle=lasso.cycle[:-1]),
        replace(lasso, stem=(*lasso.stem, *lasso.cycle[:1])),
    ):
        with pytest.raises(AssertionError):
            rehearse(graph, wrong)


def test_every_cycle_is_fair() -> None:
    """Who takes no step in a cycle can take none at any of its configurations."""
    for path in CASES:
        protocol = loaded(path)
        graph = graph_of(fixed(protocol, question(protocol)), 1, 50_000, 60)
        for lasso in lassos(graph):
            is_fair(graph, lasso)


def is_fair(graph, lasso: Lasso) -> None:
    moving = {graph.who(node, edge.mover) for node, edge in lasso.cycle}
    assert lasso.spinner in moving
    for node, _ in lasso.cycle:
        assert all(graph.who(node, edge.mover) in moving for edge in graph.edges[node])
        here = graph.nodes[node].actors[lasso.spinner]
        assert graph.system.parts.locals.all[here].position in lasso.loop.positions
    for _, edge in lasso.cycle:
        if edge.mover == lasso.spinner:
            assert graph.system.passed(edge.rule) <= lasso.loop.positions
    if lasso.kind == "stuck":
        for node, edge in lasso.cycle:
            if edge.mover != lasso.spinner:
                assert graph.nodes[edge.target].shared == graph.nodes[node].shared
                assert not edge.rule.spawned


# --- what counts ----------------------------------------------------------------------------------


def test_to_begin_anew_is_not_to_go_round() -> None:
    text = "int x; actor a { again: if (READ_ONCE(x)) goto again; } actor b { x = 1; x = 0; }"
    (each,) = of_text(f"{text} scenario s {{ run a, b; forever; }}").found
    assert (each.kind, each.actor) == ("starved", "a")
    rounds = [m for m in each.witness.moments[each.begins :] if m.thread == 0]
    assert all(touch.new == "1" for moment in rounds for touch in moment.touches)


def test_who_has_stopped_at_an_assume_is_in_no_run() -> None:
    text = "int x; actor a { while (!READ_ONCE(x)) cpu_relax(); } actor b { assume(0); x = 1; }"
    assert not of_text(f"{text} scenario s {{ run a, b; }}").found


def test_two_of_an_actor_can_starve_each_other() -> None:
    text = "u8 x; actor a { u8 old; do { old = READ_ONCE(x); } while (cmpxchg(&x, old, old ^ 1) != old); }"
    one = of_text(f"{text} scenario s {{ run a; forever; }}")
    assert not one.found
    many = of_text(f"{text} scenario s {{ run a *; forever; }}")
    assert many.who == "a * 2, for ever"
    assert [each.kind for each in many.found] == ["starved"]


def test_too_many_configurations_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look, "MOST", 10)
    protocol = loaded(HERE / "cases" / "back_off.khp")
    found = found_in(protocol)
    assert (found.found, found.why) == ((), "more than 10 configurations")
    with pytest.raises(TooMany, match="no end after"):
        graph_of(fixed(protocol, question(protocol)), 1, 1000, -1)


# --- what is printed ------------------------------------------------------------------------------


def test_it_is_a_warning(golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--liveness", "-j", "1", str(DAMON.relative_to(ROOT))]) == 0
    printed = capsys.readouterr().out
    golden.check(HERE / "golden" / "damon_retry.txt", printed)
    assert all(len(line) <= 79 and line.isascii() for line in printed.splitlines())


def test_the_page_about_it_shows_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/liveness.md").read_text(encoding="utf-8")
    (block,) = page.split("```console\n")[1:]
    command, _, printed = block.split("```")[0].partition("\n")
    assert main([*command.removeprefix("$ prove ").split(), "-j", "1"]) == 0
    assert capsys.readouterr().out == printed


def test_without_the_option_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-j", "1", str(DAMON.relative_to(ROOT))]) == 0
    assert "retr" not in capsys.readouterr().out.replace("damon_retry", "")


def test_where_nothing_is_found_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--liveness", "-v", "-j", "1", "tests/liveness/cases/map_lock_once.khp"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "no retry loop goes round for ever with walker, retractor (36 conf" in said


def test_it_is_told_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["--liveness", "--format", "json", "-j", "1", "tests/liveness/cases/back_off.khp"]
    main(command)
    answer = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(schema())).validate(answer)
    (found,) = answer["liveness"]
    assert [each["kind"] for each in found["livelocks"]] == ["starved", "starved"]
    assert 0 < found["livelocks"][0]["begins"] < len(found["livelocks"][0]["witness"]["moments"])


def test_what_is_remembered_is_looked_through_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROVE_CACHE", str(tmp_path))
    command = ["--liveness", "-j", "1", "tests/liveness/cases/back_off.khp"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert "2 warnings of retry loops" in first
    assert main(command) == 0
    assert capsys.readouterr().out == first


def test_pictures_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--liveness", "--format", "svg", str(DAMON)]) == 2
    assert "has no endless runs" in capsys.readouterr().err


def test_a_bug_is_said_and_costs_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise AssertionError("planted")

    monkeypatch.setattr(look, "livelock_of", broken)
    assert main(["--liveness", "-j", "1", str(DAMON.relative_to(ROOT))]) == 4
    assert "a bug in prove: AssertionError: planted" in " ".join(capsys.readouterr().out.split())
