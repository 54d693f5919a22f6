"""Documents that are cut off, changed, or made to do harm: refused with a reason, or not believed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.source import Source
from prover.execution.recall.outcome import Holds
from prover.replay.document import document
from prover.replay.run import replay
from prover.replay.strict import NotStrict, strictly
from prover.replayed import exit_code
from prover.verdict import Request
from tests.replay.making import opened, replayed, text_of, witness

REFUSED = {
    "": "no JSON",
    "{": "no JSON",
    "[1, 2": "no JSON",
    "nothing": "no JSON",
    '{"a": NaN}': "NaN is no JSON",
    '{"a": -Infinity}': "-Infinity is no JSON",
    '{"a": 1.5}': "no whole number",
    '{"a": 1e999999999}': "no whole number",
    '{"a": 123456789012345678901234567890}': "out of range",
    '{"a": 1, "a": 2}': "stands twice",
    '"\\ud800"': "half of a character",
    "[" * 100_000: "nest deeper",
    '{"a":' * 50 + "1" + "}" * 50: "nest deeper",
    '["' + "[" * 50 + '"]': "",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:12])
def test_strict_reading(text: str) -> None:
    if not REFUSED[text]:
        assert strictly(text) == json.loads(text)
        return
    with pytest.raises(NotStrict) as refused:
        strictly(text)
    assert REFUSED[text] in refused.value.why


def changed(change: Callable[[Any], object]) -> str:
    found = opened("freed.khp")
    change(found)
    return json.dumps(found)


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(found: Any) -> None:
        for step in path[:-1]:
            found = found[step]
        found[path[-1]] = value

    return change


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "another schema": (put("schema", value="prove-report"), "its schema is `prove-report`"),
    "a later version": (put("version", value=2), "its version is 2"),
    "no version": (lambda d: d.pop("version"), "has no member `version`"),
    "a truth for a number": (put("bound", value=True), "is no number"),
    "a bound of thousands": (put("bound", value=1 << 20), "not in 1..64"),
    "a text for a list": (put("execution", "steps", value="all"), "is no list"),
    "a number for a text": (put("execution", "steps", 0, "thread", value=7), "is no text"),
    "a step that is nothing": (put("execution", "steps", 0, value=None), "is no object"),
    "a list of configs": (put("config", value=[]), "is no object"),
    "too many steps": (
        lambda d: d["execution"].update(steps=d["execution"]["steps"] * 5000),
        "more than",
    ),
    "a weak model": (put("execution", "model", value="lkmm"), "not what it is under lkmm"),
    "a text that moves the cursor": (
        put("execution", "steps", 0, "text", value="\x1b[2J"),
        "has a control character",
    ),
    "a line break": (put("scenario", value="a\nb"), "has a control character"),
    "a long text": (put("scenario", value="s" * 70_000), "longer than"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_witness_is_refused(case: str) -> None:
    change, why = WRONG[case]
    with pytest.raises(NotStrict) as refused:
        document(changed(change))
    assert why in refused.value.why


ELSE: dict[str, tuple[Callable[[Any], object], str]] = {
    "a scenario": (put("scenario", value="other"), "no scenario `other`"),
    "a variant": (put("variant", value="other"), "no variant `other`"),
    "a config": (put("config", "PAE", value="on"), "does not have that scenario"),
    "a model": (put("model", value="arm"), "no memory model `arm`"),
    "a property": (put("property", value="bad-luck"), "no property `bad-luck`"),
    "what lkmm does not check": (put("property", value="invariant"), "not checked under lkmm"),
}


@pytest.mark.parametrize("case", ELSE)
def test_what_is_about_something_else_is_refused(case: str, tmp_path: Path) -> None:
    change, why = ELSE[case]
    found = replayed(changed(change), text_of("freed.khp"), tmp_path)
    (wrong,) = found.diagnostics
    assert (wrong.code, exit_code(found)) == ("witness-other", 2)
    assert why in wrong.message


def test_a_weak_execution_is_no_answer_for_a_stronger_model(tmp_path: Path) -> None:
    found = opened("message.khp")
    found["model"] = "sc"
    answer = replayed(json.dumps(found), text_of("message.khp"), tmp_path)
    assert [d.code for d in answer.diagnostics] == ["witness-other"]


EDITED: dict[str, Callable[[Any], object]] = {
    "no step": lambda d: d["execution"].update(steps=[]),
    "one step less": lambda d: d["execution"]["steps"].pop(),
    "another property": put("property", value="double-free"),
    "backwards": lambda d: d["execution"]["steps"].reverse(),
}


@pytest.mark.parametrize("case", EDITED)
def test_a_document_that_is_not_so_is_refused(case: str, tmp_path: Path) -> None:
    found = replayed(changed(EDITED[case]), text_of("freed.khp"), tmp_path)
    assert [d.code for d in found.diagnostics] == ["witness-edited"]
    assert exit_code(found) == 2


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../f.khp", "x/../../f.khp", "f.txt", "-", "<stdin>"]
)
def test_no_file_is_opened_because_a_document_says_so(name: str, tmp_path: Path) -> None:
    below = tmp_path / "here"
    below.mkdir()
    (tmp_path / "f.khp").write_text(text_of("freed.khp"), encoding="utf-8")
    saved = Source("w.json", changed(put("file", value=name)))
    found = replay(saved, "", Request(files=()), below=below)
    assert [d.code for d in found.diagnostics] == ["witness-file"]


def test_nor_through_a_link(tmp_path: Path) -> None:
    below = tmp_path / "here"
    below.mkdir()
    (tmp_path / "f.khp").write_text(text_of("freed.khp"), encoding="utf-8")
    (below / "link.khp").symlink_to(tmp_path / "f.khp")
    saved = Source("w.json", changed(put("file", value="link.khp")))
    found = replay(saved, "", Request(files=()), below=below)
    assert [d.code for d in found.diagnostics] == ["witness-file"]


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    7,
    10**19,
    "",
    "x",
    "reader",
    [],
    {},
    [[]],
    "free(old)",
    "begins",
)
NAMES = ("freed.khp", "message.khp", "crossed.khp", "tries.khp", "handled.khp")


def mutated(document: Any, random_: random.Random) -> None:
    """Changes one thing somewhere below ``execution``."""
    node = document["execution"]
    while True:
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if not keys:
            return
        key = random_.choice(keys)
        below = node[key]
        if isinstance(below, dict | list) and below and random_.random() < 0.85:
            node = below
            continue
        match random_.randrange(4):
            case 0 if isinstance(node, list):
                del node[key]
            case 1 if isinstance(node, list):
                node.insert(random_.randrange(len(node) + 1), below)
            case 2:
                other = random_.choice(keys)
                node[key], node[other] = node[other], node[key]
            case _:
                node[key] = random_.choice(ODD)
        return


@pytest.mark.parametrize("name", NAMES)
def test_changed_at_random(name: str, tmp_path: Path) -> None:
    random_ = random.Random(name)
    for _ in range(30):
        found = opened(name)
        for _ in range(random_.randrange(1, 4)):
            mutated(found, random_)
        answer = replayed(json.dumps(found), text_of(name), tmp_path)
        assert not answer.bug, (answer.bug, found["execution"])
        # What still shows the violation is an execution of the file, whoever wrote it down.
        assert isinstance(answer.recalled, Holds) or exit_code(answer) == 2


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    with pytest.raises(NotStrict):
        document(text)


@pytest.mark.parametrize("name", ["freed.khp", "message.khp"])
def test_cut_off_anywhere(name: str) -> None:
    whole = witness(name)
    for end in range(0, len(whole) - 3, len(whole) // 60):
        with pytest.raises(NotStrict):
            document(whole[:end])
