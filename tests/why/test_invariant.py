"""Every sentence about an invariant is true of all of its views, and excludes something."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dsl.check import check
from dsl.frozen import replace
from dsl.imports import load_text
from prover.cli.entry import main
from prover.explained import Said
from prover.parametric.said import Apart, Awaited, Only, Sentence, Where, While
from prover.render.invariant import WIDTH, invariant_lines, legend, names_of
from prover.render.json_why import schema
from prover.verdict import AnyNumber
from prover.why.invariant.read import read
from prover.why.invariant.values import letter_of
from tests.why.every_view import Every, every

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CASES = ROOT / "tests/cases/verdict/anynumber"
SMALL = ("mcs_lock", "rcu_removal", "seqlock", "srcu_overlap")
PROVED = sorted(path.stem for path in CASES.glob("*.khp") if not path.stem.endswith("_wrong"))
RETRACT = ("protocols/retract_any.khp", "walk_populate")
PAE = [pytest.param("off"), pytest.param("on", marks=pytest.mark.soak)]


@pytest.fixture(autouse=True)
def _in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def of_case(name: str) -> tuple[Every, tuple[Sentence, ...]]:
    path = CASES / f"{name}.khp"
    protocol = check(load_text(path.name, path.read_text(encoding="utf-8"), None, ()))
    (scenario,) = [s.name for s in protocol.scenarios.values() if s.unbounded]
    found = every(str(path.relative_to(ROOT)), scenario)
    return found, read(found.system, found.table, found.protocol.sources)


def is_right(found: Every, sentences: tuple[Sentence, ...]) -> None:
    for said in sentences:
        assert not list(found.violations(said)), said
        assert found.excludes(said), said


@pytest.mark.parametrize("name", PROVED)
def test_sentences_of_small_cases(name: str) -> None:
    found, sentences = of_case(name)
    assert sentences
    is_right(found, sentences)


@pytest.mark.parametrize("pae", PAE)
def test_sentences_of_the_founding_protocol(pae: str) -> None:
    found = every(*RETRACT, (("PAE", pae),))
    sentences = read(found.system, found.table, found.protocol.sources)
    assert len(sentences) > 30
    is_right(found, sentences)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("path", "scenario", "pae"),
    [
        ("protocols/retract_any.khp", "uffd", "off"),
        ("protocols/retract_any.khp", "uffd", "on"),
        ("protocols/retract_any_everybody.khp", "everybody", "off"),
    ],
)
def test_sentences_of_its_companions(path: str, scenario: str, pae: str) -> None:
    found = every(path, scenario, (("PAE", pae),))
    is_right(found, read(found.system, found.table, found.protocol.sources))


def test_there_is_every_kind_of_sentence() -> None:
    kinds = {type(said) for name in SMALL for said in of_case(name)[1]}
    assert kinds == {Apart, Only, Awaited, While, Where}


def widened(said: Sentence) -> Sentence:
    """A sentence that says more."""
    match said:
        case Apart(one=one, other=other):
            return Only(one[0], replace(other[0], at=()))
        case Only(one=one, at=at):
            return Only(one, replace(at, at=()))
        case Awaited(one=one, other=other):
            return Apart((one,), (other,))
        case While() | Where():
            return replace(said, values=()) if isinstance(said, While) else replace(said, others=())


def test_what_is_not_so_is_noticed() -> None:
    """The reading of sentences by the views can say no, and that nothing is excluded."""
    found, sentences = of_case("rcu_removal")
    wrong = [said for said in map(widened, sentences) if list(found.violations(said))]
    assert {type(said) for said in wrong} == {Only, Apart, While, Where}
    empty = [replace(s, values=tuple("0123456789")) for s in sentences if isinstance(s, While)]
    assert empty
    lost = replace(empty[0], one=replace(empty[0].one, at=()))
    assert not found.excludes(lost)


# --- what is printed ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SMALL)
def test_what_is_printed(name: str, golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["why", str((CASES / f"{name}.khp").relative_to(ROOT)), "-j", "1"]) == 0
    printed = capsys.readouterr().out
    golden.check(HERE / "golden" / f"any_{name}.txt", printed)
    assert all(len(line) <= 79 and line.isascii() for line in printed.splitlines())


@pytest.mark.parametrize("pae", PAE)
def test_the_founding_protocol_in_words(pae: str, golden) -> None:
    found = every(*RETRACT, (("PAE", pae),))
    sentences = read(found.system, found.table, found.protocol.sources)
    pools = tuple((p.name, p.length) for p in found.protocol.pools.values())
    shared = len(found.present)
    number = AnyNumber((), (), True, pools, 2, shared, len(found.table), ("checker", "z3"), "")
    said = Said(number, letter_of(found.system.parts.layout), sentences)
    names = names_of(found.protocol.sources)
    short, full = (list(invariant_lines(said, names, whole=whole)) for whole in (False, True))
    assert len(short) <= 45
    assert len(full) > len(short)
    assert all(len(line) <= WIDTH and line.isascii() for line in full)
    text = "\n".join([*short, "", legend([said])]) + "\n"
    golden.check(HERE / "golden" / f"any_walk_populate_{pae}.txt", text)


def test_all_is_said_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    case = "tests/cases/verdict/anynumber/rcu_removal.khp"
    assert main(["why", "-v", case, "-j", "1"]) == 0
    assert "more: -v" not in capsys.readouterr().out


def test_what_is_taken_for_granted_of_counts_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    case = "tests/cases/verdict/anynumber/references.khp"
    assert main(["why", case, "-j", "1"]) == 0
    assert "as long as only.ref stays below 2^30" in capsys.readouterr().out


def test_it_is_told_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    case = "tests/cases/verdict/anynumber/rcu_removal.khp"
    assert main(["why", "--format", "json", case, "-j", "1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads(schema())).validate(answer)
    (explained,) = answer["explanations"]
    said = explained["invariant"]
    assert said["checkers"] == ["checker", "z3"]
    assert {each["kind"] for each in said["sentences"]} >= {"apart", "awaited", "while", "where"}
    assert all(each["text"] for each in said["sentences"])


def test_a_page_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case, page = "tests/cases/verdict/anynumber/rcu_removal.khp", tmp_path / "w.html"
    assert main(["why", case, "-j", "1", "--report", f"html={page}"]) == 0
    capsys.readouterr()
    assert "it waits for every reader with X in hand" in page.read_text(encoding="utf-8")


def test_what_is_refuted_has_no_invariant(capsys: pytest.CaptureFixture[str]) -> None:
    case = "tests/cases/verdict/anynumber/rcu_removal_wrong.khp"
    assert main(["why", case, "-j", "1"]) == 3
    said = capsys.readouterr().out
    assert "list: refuted" in said
    assert "the invariant" not in said
