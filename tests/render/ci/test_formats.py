"""What reports for continuous integration say, of runs made by hand."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt

from dsl.frozen import replace
from prover.render.ci import github, junit, ktap, sarif, summary
from prover.verdict import AnyNumber, Proved, Report
from tests.render.ci.ktap_reader import read
from tests.render.ci.made import EVIL, every_verdict, evil, file, in_an_import, many, outcome

RENDER = {
    "junit": junit.render,
    "ktap": ktap.render,
    "sarif": sarif.render,
    "github": github.render,
    "summary": summary.render,
}
RUNS = [
    every_verdict,
    in_an_import,
    lambda: in_an_import(called=False),
    evil,
    lambda: many(30),
    lambda: Report(()),
]


@pytest.mark.parametrize("made", RUNS)
@pytest.mark.parametrize("name", RENDER)
def test_equal_runs_give_equal_bytes(name: str, made: Callable[[], Report]) -> None:
    text = RENDER[name](made())
    assert text == RENDER[name](made())
    text.encode("utf-8")
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_junit_has_a_case_for_each_obligation() -> None:
    root = ET.fromstring(junit.render(every_verdict()))  # noqa: S314 -- ours
    (suite,) = root
    found = {
        str(case.get("name")).split(",")[0]: [child.tag for child in case]
        for case in suite.iter("testcase")
    }
    assert found == {
        "proved": [],
        "refuted": [],
        "unexpected": ["failure"],
        "no_longer": ["failure"],
        "bounded": ["failure"],
        "vacuous": ["failure"],
        "unknown": ["error"],
        "broken": ["error"],
    }
    for each in (root, suite):
        assert [each.get(name) for name in ("tests", "failures", "errors")] == ["8", "4", "2"]
    text = str(next(suite.iter("failure")).text)
    assert "CPU0: reader" in text
    assert "use-after-free: old had been freed by writer" in text
    assert suite.findtext("system-out") == "note: a note\n"
    assert "time" not in {name for element in root.iter() for name in element.keys()}  # noqa: SIM118


def test_junit_of_hostile_names_is_well_formed() -> None:
    root = ET.fromstring(junit.render(evil()))  # noqa: S314 -- ours
    assert len(root) == 2
    assert {suite.get("errors") for suite in root} == {"1"}
    for element in root.iter():
        for value in (*element.attrib.values(), element.text or ""):
            assert re.fullmatch(r"[ -~\n]*", value), value


def test_ktap_has_a_test_for_each_file_and_obligation() -> None:
    (test,) = read(ktap.render(every_verdict()))
    assert (test.name, test.good) == ("made.khp", False)
    assert [each.good for each in test.subtests] == [True, True, *[False] * 6]
    directives = [each.data.split(" ")[0] for each in test.subtests]
    assert directives == ["", "", "refuted:", "proved:", "bounded:", "vacuous:", "ERROR", "ERROR"]
    assert any("CPU0: reader" in line for line in test.subtests[2].said)


@pytest.mark.parametrize("form", [junit, ktap, summary])
def test_what_a_proof_takes_for_granted_is_said(form: Any) -> None:
    """A proof for any number passes as others do: up to where it holds must not be lost."""
    said = "as long as a.ref stays below 2^30; lock-order checked up to user * 2"
    number = AnyNumber(("user",), (), True, (), 2, 3, 4, ("checker", "z3"), said)
    plain = replace(number, limited="")
    report = Report((file(outcome(Proved(number), "", "one"), outcome(Proved(plain), "", "two")),))
    text = " ".join(form.render(report).replace("&lt;", "<").split())
    assert f"made.khp: one, PAE=on, lkmm: proved, {said}" in text
    assert "two, PAE=on, lkmm: proved," not in text


def test_ktap_of_hostile_names_has_no_directive_but_its_own() -> None:
    first, second = read(ktap.render(evil()))
    assert "<U+0023> SKIP" in first.name
    assert [each.data.split(" ")[0] for each in first.subtests] == ["refuted:", "ERROR"]
    assert second.data.startswith("ERROR ")
    assert not (first.good or second.good)
    # One of the kernel's parsers takes this for the beginning of a test.
    assert "# Subtest" not in ktap.render(evil())


def log(report: Report) -> Any:
    return json.loads(sarif.render(report))["runs"][0]


def test_sarif_has_a_result_for_what_is_not_as_expected() -> None:
    run = log(every_verdict())
    found = [result["ruleId"] for result in run["results"]]
    assert found == ["use-after-free", "proved", "bounded", "vacuous", "unknown", "broken"]
    rules = run["tool"]["driver"]["rules"]
    assert sorted(rule["id"] for rule in rules) == sorted(found)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"]
    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 4}]
    prints = [result["partialFingerprints"]["proveResult/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


def steps_of(result: Any) -> list[Any]:
    (flow,) = result["codeFlows"]
    steps = [step for thread in flow["threadFlows"] for step in thread["locations"]]
    return sorted(steps, key=lambda step: int(step["executionOrder"]))


def test_sarif_has_the_execution() -> None:
    steps = steps_of(log(every_verdict())["results"][0])
    assert [step["executionOrder"] for step in steps] == list(range(1, len(steps) + 1))
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in steps]
    assert lines == list(range(1, 8))
    assert steps[-1]["importance"] == "essential"
    assert "CPU0: reader: x = p->data" in steps[-1]["location"]["message"]["text"]


def test_a_violation_in_an_import_is_where_the_file_calls_it() -> None:
    (result,) = log(in_an_import())["results"]
    last = steps_of(result)[-1]["location"]
    for location in (result["locations"][0], last):
        physical = location["physicalLocation"]
        assert physical["artifactLocation"]["uri"] == "made.khp"
        assert physical["region"]["startLine"] == 4
    assert last["message"]["text"].endswith("(at lib.khp:2)")
    assert github.render(in_an_import()).startswith("::error file=made.khp,line=4,endLine=4,")


def test_an_actor_that_is_imported_has_its_steps_there() -> None:
    report = in_an_import(called=False)
    (result,) = log(report)["results"]
    # The alert is where the file begins: nothing in it is nearer.
    first = result["locations"][0]["physicalLocation"]
    assert (first["artifactLocation"]["uri"], first["region"]["startLine"]) == ("made.khp", 1)
    last = steps_of(result)[-1]["location"]["physicalLocation"]
    assert last["artifactLocation"] == {"uri": "lib.khp", "uriBaseId": "IMPORTS"}
    assert last["region"]["startLine"] == 2


def test_a_path_is_a_uri_in_sarif() -> None:
    first = log(evil())["results"][0]["locations"][0]["physicalLocation"]
    assert unquote_to_bytes(first["artifactLocation"]["uri"]) == os.fsencode(EVIL)
    text = sarif.render(evil())
    assert text.isascii()
    prints = [r["partialFingerprints"]["proveResult/v1"] for r in log(evil())["results"]]
    assert len(set(prints)) == len(prints) == 4


@pytest.mark.skipif("PROVE_SARIF_SCHEMA" not in os.environ, reason="names no schema")
@pytest.mark.parametrize("made", RUNS)
def test_sarif_obeys_the_official_schema(made: Callable[[], Report]) -> None:
    schema = json.loads(Path(os.environ["PROVE_SARIF_SCHEMA"]).read_text(encoding="utf-8"))
    Draft4Validator.check_schema(schema)
    validator = Draft4Validator(schema, format_checker=Draft4Validator.FORMAT_CHECKER)
    document = json.loads(sarif.render(made()))
    assert [error.message for error in validator.iter_errors(document)] == []
    # What the schema is for: it finds what is wrong.
    document["runs"][0]["tool"]["driver"].pop("name")
    assert list(validator.iter_errors(document))


def test_annotations_are_commands_and_nothing_else() -> None:
    for report in (every_verdict(), evil(), many(3)):
        for line in github.render(report).splitlines():
            assert re.match(
                r"::(error|warning) file=[^,:]+,line=\d+,endLine=\d+,title=[^,:]+::", line
            )
    kinds = [line.split(" ")[0] for line in github.render(every_verdict()).splitlines()]
    # What is not settled is a warning: its exit code is 3.
    assert kinds == ["::error"] * 3 + ["::warning"] * 3


def test_ten_annotations_of_a_kind_and_the_rest_counted() -> None:
    lines = github.render(many(10)).splitlines()
    assert len(lines) == 20
    assert "more are not shown" not in "".join(lines)
    lines = github.render(many(25)).splitlines()
    assert len(lines) == 20
    counts = [line for line in lines if " file=" not in line]
    assert counts == [
        f"::{kind} title=prove::16 more are not shown here, 25 in all"
        for kind in ("error", "warning")
    ]


def test_a_summary_has_its_structure_whatever_names_are() -> None:
    for report, headings, rows in ((every_verdict(), 6, 1), (evil(), 3, 2)):
        tokens = MarkdownIt("commonmark").enable("table").parse(summary.render(report))
        kinds = [token.type for token in tokens]
        assert "html_block" not in kinds
        inline = [child.type for token in tokens for child in token.children or ()]
        assert "html_inline" not in inline
        assert [t.tag for t in tokens if t.type == "heading_open"] == ["h2", *["h3"] * headings]
        assert kinds.count("tr_open") == rows + 1
        assert kinds.count("td_open") == rows * 3


def test_a_summary_stays_below_the_limit_and_counts_what_it_leaves_out() -> None:
    text = summary.render(many(5000))
    assert len(text.encode("utf-8")) < summary.LIMIT
    assert "**10000 not as expected**" in text
    left = re.search(r"^(\d+) more that are not as expected do not fit here", text, re.MULTILINE)
    assert left is not None
    assert int(left[1]) + text.count("\n### ") == 10000
    rows = re.search(r"^\| (\d+) more \| \| \|$", text, re.MULTILINE)
    assert (int(rows[1]) if rows else 0) + text.count("\n| `f") == 5000
