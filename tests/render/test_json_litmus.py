"""The JSON report of litmus tests: what it looks like, and that real ones obey the schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dsl.diagnostic import Diagnostic, Label
from dsl.source import Source, Span
from prover.answers import (
    Answered,
    Decided,
    Link,
    LitmusReport,
    LitmusStep,
    LitmusValue,
    LitmusWitness,
)
from prover.litmus.batch import LitmusRequest, exit_code, run_litmus
from prover.render import json_report
from prover.render.json_litmus import SCHEMA_VERSION, render, schema
from tests.conftest import Golden
from tests.render.documents import SPOILS, Spoil, members, spoilt, without_measurements

OWN = Path(__file__).parents[1] / "litmus"
SOURCE = Source("mp.litmus", "C mp\n\tstore(x, 1);\n\tr0 = load(x);\n")


def place(text: str) -> Span:
    start = SOURCE.text.index(text)
    return Span(SOURCE.name, start, start + len(text))


def made() -> LitmusReport:
    """One test of each kind, by hand: no solver decides what it looks like."""
    store, load = place("store(x, 1);"), place("r0 = load(x);")
    read = LitmusValue("x", "0")
    steps = (
        LitmusStep(0, "store(x, 1)", store, ()),
        LitmusStep(1, "r0 = load(x)", load, (read,)),
    )
    links = (Link(0, "store(x, 1)", store, "po"), Link(1, "r0 = load(x)", None, "fr"))
    final = (LitmusValue("1:r0", "0"), LitmusValue("p", "x"))
    witness = LitmusWitness("tso", steps, links, final, plain=True)
    wrong = Diagnostic("bad", "bad \N{BELL}\N{BULLET}", Label(store, "here"), hint="another")
    lost = Diagnostic("file-not-found", "no such file", None)
    decided = (
        Decided("mp", "exists", "Sometimes", True, ("data-race",), "", (), 0.25, witness),
        Decided("no", "~exists", "Never", True, (), "", (), 0.5),
        Decided("all", "forall", "Never", False, (), "", (), 0.5),
        Decided("bad", "forall", "", False, (), "not checked", (wrong,), 0.0),
        Decided("none.litmus", "", "", False, (), "not read", (lost,), 0.0),
        Decided("odd", "exists", "", False, (), "a bug in prove: KeyError", (), 0.0, bug=True),
    )
    return LitmusReport("lkmm", tuple(Answered(f"{d.name}.c", d, SOURCE) for d in decided), 1.5)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> LitmusReport:
    """Tests of every observation and quantifier, and what cannot be decided."""
    folder = tmp_path_factory.mktemp("litmus")
    files = [str(OWN / f"{name}.litmus") for name in ("mp-no-order", "sb-mb", "race-plain")]
    text = (OWN / "mp-no-order.litmus").read_text(encoding="utf-8")
    program, condition = text.rsplit("exists", 1)
    variants = {
        "never": f"{program}exists (1:r0=2)\n",
        "always": f"{program}forall ~(1:r0=2)\n",
        "forall": f"{program}forall{condition}",
        "claim": f"{program}~exists{condition}",
        "divide": text.replace("r1 = READ", "r1 = 1 / READ"),
        "unread": text.replace("READ_ONCE", "READ_TWICE"),
        "cut": text[: text.index("r1 = ")],
    }
    for name, variant in variants.items():
        (folder / f"{name}.litmus").write_text(variant, encoding="utf-8")
        files.append(str(folder / f"{name}.litmus"))
    files.append(str(folder / "absent.litmus"))
    return run_litmus(LitmusRequest(tuple(files), jobs=1, explain=True), lambda _: None)


@pytest.fixture(scope="module")
def document(real: LitmusReport) -> Any:
    return json.loads(render(real, exit_code(real)))


def validate(document: object) -> None:
    Draft202012Validator(json.loads(schema())).validate(document)


def test_what_it_looks_like(golden: Golden) -> None:
    text = render(made(), 4)
    validate(json.loads(text))
    assert text.isascii() and text.endswith("}\n")
    shown = json.loads(text)
    # Who wrote it changes with each release.
    del shown["tool"], shown["solver"]
    golden.check(Path(__file__).parent / "litmus.json", json.dumps(shown, indent=2) + "\n")


def test_the_schema_is_one_and_agrees_with_that_of_protocols() -> None:
    own, other = json.loads(schema()), json.loads(json_report.schema())
    Draft202012Validator.check_schema(own)
    assert own["properties"]["version"] == {"const": SCHEMA_VERSION}
    assert own["properties"]["schema"] != other["properties"]["schema"]
    for name in ("tool", "solver", "exit_code", "measured"):
        assert own["properties"][name] == other["properties"][name], name
    for name in ("place", "label", "diagnostic"):
        assert own["$defs"][name] == other["$defs"][name], name


def test_real_reports_obey_the_schema(document: Any) -> None:
    validate(document)
    assert document["exit_code"] == 2
    found = [
        (t["quantifier"], t["observation"], t["result"], t["flags"], t["why"])
        for t in document["tests"]
    ]
    assert found == [
        ("exists", "Sometimes", True, [], None),
        ("~exists", "Never", True, [], None),
        ("exists", "Sometimes", True, ["data-race"], None),
        ("exists", "Never", False, [], None),
        ("forall", "Always", True, [], None),
        ("forall", "Sometimes", False, [], None),
        ("~exists", "Sometimes", False, [], None),
        ("exists", None, None, None, "an operation can have no result, such as a division by 0"),
        (None, None, None, None, "not checked"),
        (None, None, None, None, "not checked"),
        (None, None, None, None, "not read"),
    ]
    assert [t["file"] for t in document["tests"]][-1].endswith("absent.litmus")
    assert {t["model"] for t in document["tests"]} == {"lkmm"}


def test_a_witness_is_all_there(document: Any) -> None:
    witness = document["tests"][0]["witness"]
    assert (witness["model"], witness["plain"]) == ("lkmm", False)
    assert witness["final"] == [
        {"place": "1:r0", "value": "1"},
        {"place": "1:r1", "value": "0"},
    ]
    reads = [read for step in witness["steps"] for read in step["reads"]]
    assert reads == [{"place": "ready", "value": "1"}, {"place": "msg", "value": "0"}]
    lines = (OWN / "mp-no-order.litmus").read_text(encoding="utf-8").splitlines()
    for part in (*witness["steps"], *witness["cycle"]):
        assert part["text"] in lines[part["at"]["line"] - 1]
    assert [link["how"] for link in witness["cycle"]] == ["po", "rf", "po", "fr"]


def test_who_has_no_witness(document: Any) -> None:
    tests = {Path(test["file"]).stem: test for test in document["tests"]}
    assert tests["sb-mb"]["witness"] is None
    assert tests["never"]["witness"] is None
    assert tests["always"]["witness"] is None, "forall: what would fail is shown"
    assert tests["forall"]["witness"]["cycle"] == [], "an interleaving, in which it fails"
    assert tests["claim"]["witness"]["cycle"]
    assert tests["unread"]["diagnostics"][0]["primary"]["at"]["line"] > 1
    assert tests["absent"]["diagnostics"][0]["primary"] is None


def test_only_measurements_differ(real: LitmusReport, document: Any) -> None:
    files = tuple(answer.file for answer in real.tests)
    report = run_litmus(LitmusRequest(files, jobs=2, explain=True), lambda _: None)
    again = json.loads(render(report, exit_code(report)))
    assert json.dumps(without_measurements(again)) == json.dumps(without_measurements(document))


@pytest.mark.parametrize("spoil", SPOILS)
def test_the_schema_refuses_what_is_wrong(spoil: Spoil) -> None:
    whole = json.loads(render(made(), 4))
    validator = Draft202012Validator(json.loads(schema()))
    for number in range(len(whole["tests"])):
        one = {**whole, "tests": [whole["tests"][number]]}
        assert validator.is_valid(one)
        paths = list(members(one))
        assert len(paths) > 20
        for path in paths:
            assert not validator.is_valid(spoilt(one, path, spoil)), path


def test_half_an_answer_is_none() -> None:
    whole = json.loads(render(made(), 4))
    validator = Draft202012Validator(json.loads(schema()))
    for name in ("observation", "result", "flags"):
        whole["tests"][0][name] = None
        assert not validator.is_valid(whole), name
