"""What only makes proving faster changes no verdict, and what is switched off is off."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from prover.cli.entry import main
from prover.execution.construct.program import build
from prover.execution.skeleton import Skeleton
from prover.features import FEATURES, Feature
from prover.graph import compile_program
from prover.parametric.certificate.checker import check as confirm
from prover.parametric.certificate.folded import Folded
from prover.parametric.certificate.table import Wrong
from prover.parametric.invariant import Invariant
from prover.parametric.system import System
from prover.pipeline import run, work
from prover.pipeline.anynumber import real
from prover.pipeline.case import Case
from prover.pipeline.decide import decide_group
from prover.pipeline.group import Group
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.minimal import start
from prover.pipeline.round import Round
from prover.pipeline.violations import look_for_violations
from prover.smt.backends.z3 import Session
from prover.smt.encode import prepare
from prover.verdict import (
    Bounded,
    Obligation,
    Proved,
    Refuted,
    Request,
    Unknown,
    Vacuous,
    Verdict,
    name_of,
)
from tests.differential.generator import generate
from tests.weak.themes import THEMES, text

ROOT = Path(__file__).parents[2]
PROTOCOLS = ROOT / "protocols"
CASES = ROOT / "tests" / "cases" / "verdict"
SMALL = (
    "anynumber/rcu_removal",
    "awaits/late_load_of_failing_round",
    "bounds/third_round",
    "bounds/violation_before_cut",
    "checks/torn-value",
    "lifetimes/refcount_get",
    "lifetimes/reuse_stale_load",
    "locks/abba",
    "locks/rwsem_recursive_read",
    "obligations/claims_of_the_file",
    "obligations/several_properties",
    "obligations/variants",
    "sections/interrupt_lock",
    "sections/ipi_waits_for_irqs_off",
    "sections/srcu_mistakes",
    "vacuity/assert_unreached",
    "vacuity/variant_unreached",
    "waiting/seqlock",
    "weak/halves_without_rmb",
    "weak/spinlock_sections_from_outside",
    "words/update_low_first",
)
"""Cases of each folder: every kind of verdict, and of what leads to it."""

Found = list[list[tuple[Obligation, object, bool]]]
"""What was found, file by file."""

TOO_LARGE = 0.05
"""The share of files that may be too large without program order, which keeps values few."""


def told(verdict: Verdict) -> object:
    """What a verdict says, but for the execution that it shows."""
    match verdict:
        case Refuted():
            return name_of(verdict), sorted(verdict.properties)
        case Bounded():
            return name_of(verdict), verdict.bound, verdict.loops
        case _:
            return verdict


def verdicts(files: list[str], *without: Feature, timeout: float = 120.0) -> Found:
    request = Request(tuple(files), jobs=1, explain=False, without=without, timeout=timeout)
    report = run(request, lambda _: None)
    assert all(not file.diagnostics for file in report.files)
    return [
        [(o.obligation, told(o.verdict), o.as_expected) for o in file.outcomes]
        for file in report.files
    ]


def assert_same(found: Found, wanted: Found, *, without: str) -> None:
    """Equal verdicts; where values are too many without order, there is none, and it says so."""
    assert len(found) == len(wanted)
    given_up = [any(is_too_large(row[1]) for row in file) for file in found]
    assert sum(given_up) <= (TOO_LARGE * len(found) if without == "order" else 0)
    for file, other, large in zip(found, wanted, given_up, strict=True):
        assert large or file == other


def is_too_large(verdict: object) -> bool:
    return isinstance(verdict, Unknown) and verdict.why.startswith("too large: ")


@pytest.fixture(scope="module")
def small() -> tuple[list[str], Found]:
    files = [str(CASES / f"{name}.khp") for name in SMALL]
    files += [str(PROTOCOLS / "weak_order.khp")]
    return files, verdicts(files)


@pytest.mark.parametrize("feature", FEATURES)
def test_small_protocols_have_the_same_verdicts(small, feature: Feature) -> None:
    files, wanted = small
    told_of = {type(row[1]) for file in wanted for row in file}
    assert {tuple, Proved, Vacuous} <= told_of
    assert verdicts(files, feature) == wanted


def test_without_any_of_them(small) -> None:
    files, wanted = small
    assert verdicts(files, *FEATURES) == wanted


def generated(folder: Path, seeds: range) -> list[str]:
    """Generated programs, for interleavings and for weak models."""
    files: list[str] = []
    for seed in seeds:
        for name, program in (
            ("plain", generate(seed).text),
            *((theme, text(theme, seed)) for theme in THEMES),
        ):
            file = folder / f"{name}_{seed}.khp"
            file.write_text(program, encoding="utf-8")
            files.append(str(file))
    return files


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Found]:
    files = generated(tmp_path_factory.mktemp("few"), range(2))
    return files, verdicts(files)


@pytest.mark.parametrize("feature", FEATURES)
def test_generated_programs_have_the_same_verdicts(few, feature: Feature) -> None:
    files, wanted = few
    assert_same(verdicts(files, feature), wanted, without=feature)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Found]:
    files = generated(tmp_path_factory.mktemp("many"), range(1_000, 1_100))
    return files, verdicts(files)


@pytest.mark.soak
@pytest.mark.parametrize("feature", FEATURES)
def test_many_generated_programs_have_the_same_verdicts(many, feature: Feature) -> None:
    files, wanted = many
    assert_same(verdicts(files, feature), wanted, without=feature)


@cache
def expected(files: tuple[str, ...]) -> Found:
    """The verdicts with everything on."""
    return verdicts(list(files), timeout=600)


LIBRARY = [*sorted(PROTOCOLS.glob("*.khp")), CASES]


@pytest.mark.soak
@pytest.mark.parametrize("path", LIBRARY, ids=[path.stem for path in LIBRARY])
@pytest.mark.parametrize("feature", FEATURES)
def test_the_whole_library_has_the_same_verdicts(path: Path, feature: Feature) -> None:
    files = sorted(str(file) for file in path.rglob("*.khp")) if path.is_dir() else [str(path)]
    found = verdicts(files, feature, timeout=600)
    assert_same(found, expected(tuple(files)), without=feature)


def skeleton(path: Path, scenario: str, configuration: dict[str, str]) -> Skeleton:
    protocol = check(load(path, (library_root(),)))
    return build(compile_program(protocol, scenario, configuration, 1))


def test_order_is_made_use_of() -> None:
    events = skeleton(CASES / "litmus" / "lost_update.khp", "test", {})
    known, blind = prepare(events), prepare(events, ordered=False)
    assert sum(map(len, known.domains.sources)) < sum(map(len, blind.domains.sources))
    assert known.order == prepare(events).order


def test_rehearsals_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(Round, "rehearse", lambda *arguments: calls.append(arguments))
    decided()
    assert calls
    calls.clear()
    decided("rehearsal")
    assert not calls


def decided(*without: Feature) -> object:
    """The decision on a case that is proved under lkmm."""
    protocol = check(load(CASES / "waiting" / "seqlock.khp", (library_root(),)))
    asked = [(Obligation("test", "", (), "lkmm"), protocol.scenarios["test"].expects[0])]
    return decide_group(protocol, asked, Limits(60, 2048, 4, False, without))[0][1]


def test_all_is_told_apart_from_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    events = skeleton(CASES / "weak" / "spinlock_sections_from_outside.khp", "test", {})
    added: list[str] = []
    monkeypatch.setattr(Session, "add", lambda _, added_text: added.append(added_text))
    for limits, times in ((Limits(60, 2048, 4), 0), (Limits(60, 2048, 4, without=("apart",)), 1)):
        added.clear()
        search = start(prepare(events, "lkmm"), limits, Clock(), stretches=0, detail=False)
        assert search.query.distinct
        search.loaded()
        assert len(added) == times


@pytest.mark.parametrize(
    ("feature", "graphs", "rounds"),
    [("kept", False, False), ("models", True, False), ("order", True, True)],
)
def test_what_is_kept_from_variant_to_variant(
    monkeypatch: pytest.MonkeyPatch, feature: Feature, graphs: bool, rounds: bool, tmp_path: Path
) -> None:
    given = noted(monkeypatch, tmp_path, lambda *a: [a[3] is not None, a[4] is not None])
    verdicts([str(CASES / "obligations" / "variants.khp")], feature)
    assert set(given()) == {f"[{graphs}, {rounds}]"}


def noted(
    monkeypatch: pytest.MonkeyPatch, folder: Path, what: Callable[..., object]
) -> Callable[[], list[str]]:
    """Notes something of every group that a worker decides; gives what was noted."""
    note, known = folder / "noted", decide_group

    def decided(*arguments: Any) -> object:
        with note.open("a", encoding="utf-8") as file:
            file.write(f"{what(*arguments)}\n")
        return known(*arguments)

    monkeypatch.setattr(work, "decide_group", decided)
    return lambda: note.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("without", "sizes"), [((), ["3"]), (("models",), ["1", "1", "1"])])
def test_models_are_decided_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without: tuple[Feature, ...], sizes: list[str]
) -> None:
    found = noted(monkeypatch, tmp_path, lambda *a: len(a[1]))
    verdicts([str(CASES / "waiting" / "seqlock.khp")], *without)
    assert found() == sizes


@pytest.mark.parametrize(("without", "kept"), [((), 13), (("slots",), 22)])
def test_slots_are_exchanged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, without: tuple[Feature, ...], kept: int
) -> None:
    """Of shared states that are one with slots exchanged one is checked."""
    note = tmp_path / "noted"

    def checked(system: System, invariant: Invariant) -> Wrong | None:
        found = invariant.kept if isinstance(invariant, Folded) else invariant
        note.write_text(str(len(list(found.shared()))), encoding="utf-8")
        return confirm(system, invariant)

    monkeypatch.setattr(real, "check", checked)
    ((row,),) = verdicts([str(CASES / "anynumber" / "rcu_removal.khp")], *without)
    assert note.read_text(encoding="utf-8") == str(kept)
    assert isinstance(row[1], Proved)
    assert row[1].number is not None
    assert (row[1].number.shared, row[1].number.views) == (22, 302)


def test_one_question_for_all_comes_first() -> None:
    """Where nothing is expected to fail, naming what could is not even prepared."""
    protocol = check(load(CASES / "checks" / "assert_not.khp", (library_root(),)))
    off = Limits(60, 2048, 4, without=("together",))
    for limits, named in ((Limits(60, 2048, 4), False), (off, True)):
        group = Group(protocol, "test", {}, limits)
        case = Case(group, Obligation("test", "", (), "sc"), protocol.scenarios["test"].expects[0])
        case.bound = 1
        look_for_violations(case)
        assert not case.found
        assert bool(case.round.detailed) == named


def test_an_unknown_feature_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--without", "haste", str(CASES / "checks" / "assert.khp")]) == 2
    assert "there is no feature 'haste': there are order, " in capsys.readouterr().err


@pytest.mark.parametrize("feature", FEATURES)
def test_the_command_takes_each(feature: Feature, capsys: pytest.CaptureFixture[str]) -> None:
    case = str(CASES / "checks" / "assert.khp")
    assert main(["run", "-j", "1", "--without", feature, case]) == 0
    assert "1 as expected" in capsys.readouterr().out


def test_they_are_explained() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for feature, what in FEATURES.items():
        assert f"| `{feature}` | {what} |" in page
