"""The JSON report: real reports of every verdict obey the schema, and say the same every time."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dsl.frozen import replace
from prover.cli.entry import main
from prover.pipeline import run
from prover.render.json_report import SCHEMA_VERSION, render, schema
from prover.verdict import Broken, Report, Request, exit_code
from tests.render.documents import SPOILS, Spoil, members, spoilt, without_measurements

TEXT = """\
config MODE = safe | racy;
struct item { int value; };
struct item a = { .value = 1 };
struct item b = { .value = 2 };
struct item *active = &a;
int x;
spinlock_t one;

static void put(void)
{
	struct item *old = active;
	rcu_assign_pointer(active, &b);
	if (MODE == safe)
		synchronize_rcu();
	free(old);
}

actor reader {
	rcu_read_lock();
	struct item *s = rcu_dereference(active);
	assert(s->value != 0, "items are never empty");
	rcu_read_unlock();
}
actor writer { put(); }
actor spinner {
	while (xchg(&x, 0) == 0) ;
}
actor never { assume(false); }
actor forgetful { spin_lock(&one); }

scenario replace_item {
	run writer, reader * 2;
	expect proved when MODE == safe;
	expect refuted use-after-free allowing uninitialized when MODE == racy;
}
scenario round_and_round {
	run spinner;
	bound 2;
	expect bounded;
}
scenario nothing { run never; }
scenario held { run forgetful; }
"""


def validate(document: object) -> None:
    Draft202012Validator(json.loads(schema())).validate(document)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("json")
    good, bad = folder / "good.khp", folder / "bad.khp"
    good.write_text(TEXT, encoding="utf-8")
    bad.write_text("int x;\nactor a { y = 1; z() }\n", encoding="utf-8")
    files = (str(good), str(bad), str(folder / "none.khp"))
    return run(Request(files, jobs=1), lambda _: None)


@pytest.fixture(scope="module")
def document(report: Report) -> Any:
    return json.loads(render(report))


def verdicts(document: Any) -> dict[tuple[str, str], Any]:
    return {
        (o["scenario"], o["config"]["MODE"]): o["verdict"]
        for file in document["files"]
        for o in file["obligations"]
    }


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json.loads(schema()))
    assert json.loads(schema())["properties"]["version"] == {"const": SCHEMA_VERSION}


def test_real_reports_obey_the_schema(report: Report, document: Any) -> None:
    validate(document)
    assert document["exit_code"] == exit_code(report) == 2
    kinds = {key: verdict["kind"] for key, verdict in verdicts(document).items()}
    assert kinds == {
        ("replace_item", "safe"): "proved",
        ("replace_item", "racy"): "refuted",
        ("round_and_round", "safe"): "bounded",
        ("round_and_round", "racy"): "bounded",
        ("nothing", "safe"): "vacuous",
        ("nothing", "racy"): "vacuous",
        ("held", "safe"): "refuted",
        ("held", "racy"): "refuted",
    }


def test_a_refutation_is_all_there(document: Any) -> None:
    verdict = verdicts(document)["replace_item", "racy"]
    assert verdict["properties"][0] == "use-after-free"
    witness = verdict["witnesses"][0]
    assert witness["property"] == "use-after-free"
    names = [column["name"] for column in witness["columns"]]
    assert sorted(names) == ["reader", "writer"]
    bad = [moment for moment in witness["moments"] if moment["bad"]]
    assert len(bad) == 1
    lines = TEXT.splitlines()
    assert "assert(s->value" in lines[bad[0]["at"]["line"] - 1]
    freed = next(moment for moment in witness["moments"] if moment["what"] == "free")
    assert "free(old);" in lines[freed["at"]["line"] - 1]
    assert [call["function"] for call in freed["calls"]] == ["put"]
    assert "actor writer { put(); }" in lines[freed["calls"][0]["at"]["line"] - 1]
    written = [t for m in witness["moments"] for t in m["touches"] if t["old"] is not None]
    assert {"place": "active", "old": "&a", "new": "&b"} in written
    assert len(witness["schedule"]) >= len(witness["moments"])
    assert witness["explanation"]


def test_models_are_told_apart() -> None:
    case = Path(__file__).parent / "weak" / "message_passing.khp"
    found = json.loads(render(run(Request((str(case),), variant="no_wmb", jobs=1), lambda _: None)))
    validate(found)
    asked = found["files"][0]["obligations"]
    kinds = {o["model"]: o["verdict"]["kind"] for o in asked}
    assert kinds == {"lkmm": "refuted", "sc": "proved", "tso": "proved"}
    (witness,) = asked[0]["verdict"]["witnesses"]
    assert (witness["model"], witness["plain"]) == ("lkmm", False)
    assert any("overtakes" in line for line in witness["because"])


def test_a_bound_names_its_loop(document: Any) -> None:
    verdict = verdicts(document)["round_and_round", "safe"]
    assert verdict["bound"] == 2
    (loop,) = verdict["loops"]
    assert TEXT.splitlines()[loop["line"] - 1].strip().startswith("while")


def test_expectations(document: Any) -> None:
    found = [o for o in document["files"][0]["obligations"] if o["scenario"] == "replace_item"]
    assert [o["expected"] for o in found] == [
        {"verdict": "proved", "properties": [], "allowing": []},
        {
            "verdict": "refuted",
            "properties": ["use-after-free"],
            "allowing": ["uninitialized"],
        },
    ]
    nothing = next(o for o in document["files"][0]["obligations"] if o["scenario"] == "nothing")
    assert nothing["expected"] is None
    assert nothing["as_expected"] is False


def test_diagnostics_have_places(document: Any) -> None:
    _, bad, missing = document["files"]
    assert bad["obligations"] == []
    assert bad["diagnostics"]
    assert bad["diagnostics"][0]["primary"]["at"]["line"] == 2
    assert missing["diagnostics"][0]["code"] == "file-not-found"
    assert missing["diagnostics"][0]["primary"] is None


@pytest.mark.parametrize(
    ("options", "why"),
    [({"timeout": 0.001}, "time"), ({"memory": 64}, "memory")],
)
def test_a_limit_is_unknown(tmp_path: Path, options: dict[str, Any], why: str) -> None:
    file = tmp_path / "f.khp"
    work = "x++; y = x; x = y + 1; y++; x = x ^ y;\n" * 12
    actors = "".join(f"actor a{i} {{ {work} }}\n" for i in range(4))
    runs = ", ".join(f"a{i}" for i in range(4))
    file.write_text(
        f"u8 x;\nu8 y;\n{actors}scenario s {{ run {runs}; final x != 93; }}\n", encoding="utf-8"
    )
    found = json.loads(render(run(Request((str(file),), jobs=1, **options), lambda _: None)))
    validate(found)
    (obligation,) = found["files"][0]["obligations"]
    assert obligation["verdict"]["kind"] == "unknown", why
    assert obligation["verdict"]["why"]
    assert found["exit_code"] == 3


def test_a_bug_obeys_the_schema(report: Report) -> None:
    good = report.files[0]
    outcomes = (replace(good.outcomes[0], verdict=Broken("it contradicts itself")),)
    found = json.loads(render(Report((replace(good, outcomes=outcomes),), 0.5)))
    validate(found)
    assert found["exit_code"] == 4


def test_only_measurements_differ(report: Report, document: Any) -> None:
    request = Request(tuple(file.name for file in report.files), jobs=2)
    again = json.loads(render(run(request, lambda _: None)))
    assert without_measurements(again) == without_measurements(document)
    assert list(without_measurements(again)) == list(without_measurements(document))


FREE = {"config", "seconds"}
"""Objects whose members' names are not fixed."""


@pytest.mark.parametrize("spoil", SPOILS)
def test_the_schema_refuses_what_is_wrong(document: Any, spoil: Spoil) -> None:
    refuted = copy.deepcopy(document)
    refuted["files"][0]["obligations"].sort(key=lambda o: o["verdict"]["kind"] != "refuted")
    validator = Draft202012Validator(json.loads(schema()))
    paths = [p for p in members(refuted) if len(p) < 2 or p[-2] not in FREE]
    assert len(paths) > 50
    for path in paths:
        assert not validator.is_valid(spoilt(refuted, path, spoil)), path


def test_the_command_prints_it(
    report: Report, document: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--format", "json", "-j", "1", *(file.name for file in report.files)]
    assert main(arguments) == document["exit_code"]
    shown = json.loads(capsys.readouterr().out)
    assert without_measurements(shown) == without_measurements(document)
