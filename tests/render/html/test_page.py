"""The page: one file, ASCII, its own, the same on every run; what a protocol says is text in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dsl.diagnostic import Diagnostic
from dsl.frozen import replace
from dsl.primitives import PROPERTIES
from dsl.source import Source
from prover.execution.witness import Witness
from prover.explained import Core, Explanation, Fact, Site, Used, Why
from prover.needed import Change, Needs, Result
from prover.render.html.needs import render as render_needs
from prover.render.html.page import embedded, visible
from prover.render.html.report import render
from prover.render.html.why import render as render_why
from prover.verdict import FileReport, Refuted, Report
from tests.render.html.made import ATTACK, TEXT, outcome, report, span, witness

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "prover/render/html"
VOID = {"meta", "input", "br", "img", "link", "hr"}


class Page(HTMLParser):
    """The elements of a page, their text, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name = ""
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.parts: dict[str, list[str]] = {}
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.elements.append((tag, found))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr" and found.get("class") == "row":
            self.rows.append([])
        if tag == "td" and self.rows:
            self.rows[-1].append("")
        self.name = found.get("id") or ("policy" if tag == "meta" else tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.parts.setdefault(str(self.name), []).append(data)
        if "td" in self.open and self.rows:
            self.rows[-1][-1] += data

    def document(self, name: str) -> Any:
        return json.loads("".join(self.parts[name]))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [found for name, found in self.elements if name == tag]


def needs(attack: str = "") -> Needs:
    changes = [
        Change(1, "rcu", f"reader{attack}", span("rcu_read_lock()"), f"rcu{attack}", "dropped"),
        Change(2, "lock", "writer", span("spin_lock(&l)"), "spin_lock(&l)", "dropped"),
    ]
    return Needs(
        f"f{attack}.khp",
        {"f.khp": Source(f"f{attack}.khp", TEXT)},
        ("sc",),
        ("torn",),
        ((f"slow{attack}", "unknown"),),
        tuple(Result(change, (), ("torn",), ()) for change in changes),
    )


def why(attack: str = "") -> Why:
    at = span("rcu_read_lock()")
    fact = Fact("grace period", (Site(at.file, at.start, at.end, f"reader{attack}", "f"),), "rcu")
    core = Core("use-after-free", (Used(fact, needed=True),), minimal=False)
    found = Explanation(
        "torn",
        f"no{attack}",
        ((),),
        (("sc", "proved"),),
        "sc",
        1,
        (core,),
        (fact,),
        why=f"none{attack}",
    )
    return Why(f"f{attack}.khp", {"f.khp": Source(f"f{attack}.khp", TEXT)}, (found,))


PAGES = {
    "report": lambda attack: render(report(attack)),
    "needs": lambda attack: render_needs(needs(attack)),
    "why": lambda attack: render_why(why(attack)),
}


@pytest.mark.parametrize("attack", ["", ATTACK])
@pytest.mark.parametrize("kind", PAGES)
def test_elements_nest_and_names_are_there_once(kind: str, attack: str) -> None:
    page = Page(PAGES[kind](attack))
    assert page.open == []
    ids = [found["id"] for _, found in page.elements if "id" in found]
    assert len(ids) == len(set(ids)) > 5
    for label in page.all("section"):
        assert label.get("aria-labelledby", ids[0]) in ids


@pytest.mark.parametrize("kind", PAGES)
def test_an_attack_adds_no_element(kind: str) -> None:
    calm, attacked = Page(PAGES[kind]("")), Page(PAGES[kind](ATTACK))
    assert [tag for tag, _ in attacked.elements] == [tag for tag, _ in calm.elements]
    for _, found in attacked.elements:
        assert not any(name.startswith("on") for name in found)
    # And is shown as it is.
    assert ATTACK in "".join(text for texts in attacked.parts.values() for text in texts)


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_is_its_own(kind: str) -> None:
    text = PAGES[kind]("")
    page = Page(text)
    assert text.isascii()
    assert not page.all("link")
    assert not page.all("img")
    assert not page.all("iframe")
    for _, found in page.elements:
        assert found.get("src") is None
        assert str(found.get("href", "#")).startswith("#")
        assert "style" not in found
    # The pictures name their kind, and the tips of their arrows.
    assert set(re.findall(r"https?:[^\\\"' ]*", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\((?!#x-tip-)", text)
    assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|import\(|innerHTML|eval)\b", text)


@pytest.mark.parametrize("kind", PAGES)
def test_the_policy_lets_run_what_is_there_and_nothing_else(kind: str) -> None:
    text = PAGES[kind]("")
    page = Page(text)
    (policy,) = [m["content"] for m in page.all("meta") if "Content-Security" in str(m)]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (part,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    scripts = [found.get("type") for found in page.all("script")]
    assert scripts.count(None) == 1
    assert set(scripts) <= {None, "application/json"}


def test_the_index_has_every_obligation() -> None:
    page = Page(render(report()))
    assert page.rows == [
        ["safe", "PAE=on", "sc", "proved", "all executions, loops complete", "proved (nothing said)", "yes"],
        ["safe", "PAE=on", "lkmm", "proved", "all executions, loops complete", "proved (nothing said)", "yes"],
        ["torn / no_wait", "PAE=on", "sc", "refuted", "use-after-free, use-after-free", "refuted use-after-free", "yes"],
        ["slow", "PAE=on", "lkmm", "unknown", "out of time", "proved", "NO"],
        ["last", "PAE=on", "sc", "refuted", "use-after-free, use-after-free", "refuted use-after-free", "yes"],
    ]  # fmt: skip
    assert "5 obligations in 2 files: 4 as expected, 1 NOT as expected" in page.parts["summary"]
    assert set(PROPERTIES) <= set(page.parts["dt"])


def test_equal_witnesses_and_texts_are_there_once() -> None:
    page = Page(render(report()))
    details = page.document("data-obligations")
    assert (
        details[2]["witnesses"]
        == details[4]["witnesses"]
        == [
            ["use-after-free", 0],
            ["use-after-free", 1],
        ]
    )
    assert [found["id"] for found in page.all("script") if str(found.get("id")).startswith("w")] == ["w0", "w1"]  # fmt: skip
    assert [text["name"] for text in page.document("data-sources")] == ["f.khp"]


def test_a_witness_has_its_steps_and_where_they_are() -> None:
    found = Page(render(report())).document("w0")
    assert found["threads"] == ["CPU0 reader", "CPU1 writer"]
    assert [step["code"] for step in found["steps"]][:2] == ["rcu_read_lock()", "spin_lock(&l)"]
    last = found["steps"][-1]
    assert last["bad"]
    number, line, start, end = last["at"]
    lines = Page(render(report())).document("data-sources")[number]["lines"]
    assert lines[line - 1][start:end] == "READ_ONCE(p->x)"
    assert last["calls"] == [["look", [number, line, 1, 20]]]
    assert found["because"] == [{"text": "the free comes before the read", "edges": [[3, 4]]}]
    assert "^^^^" in found["text"]


def test_a_sentence_is_there_once_with_its_edges() -> None:
    made = replace(witness(), explanation=("p was freed", "the free comes before the read"))
    page = Page(render(Report((FileReport("f.khp", (outcome("s", Refuted(made)),), (), {}),))))
    assert page.document("w0")["said"] == [
        {"text": "p was freed", "edges": []},
        {"text": "the free comes before the read", "edges": [[3, 4]]},
    ]
    assert page.document("w0")["because"] == []


def test_the_largest_page_without_witnesses_is_small() -> None:
    proved = [o for o in report().files[0].outcomes if not isinstance(o.verdict, Refuted)]
    many = FileReport("protocols/some/file.khp", tuple(proved * 500), (), {})
    assert len(render(Report((many,)))) < 500_000


def test_files_with_errors_say_so() -> None:
    wrong = Diagnostic("file-not-found", f"`{ATTACK}` is not there", None, hint="look again")
    page = Page(render(Report((FileReport(ATTACK, (), (wrong,), {}),))))
    assert "0 obligations: 0 as expected; 1 file with errors" in page.parts["summary"]
    assert ATTACK in "".join(page.parts["pre"])
    assert page.all("img") == []


def test_a_witness_without_threads_or_scenes_is_shown() -> None:
    empty = Witness("final", "x stays 0", "sc", (), (), (), (), ())
    page = Page(render(Report((FileReport("f.khp", (outcome("s", Refuted(empty)),), (), {}),))))
    found = page.document("w0")
    assert (found["steps"], found["state"]) == ([], [])
    assert found["said"] == [{"text": "x stays 0", "edges": []}]


def test_documents_do_not_end_their_element() -> None:
    text = embedded({"a": f"{ATTACK}\u2028<!--<script>"})
    assert text.isascii()
    assert not set("<>&") & set(text)
    assert json.loads(text)["a"] == f"{ATTACK}\u2028<!--<script>"


def test_characters_that_move_others_are_spelt_out() -> None:
    assert visible("a\u202eb\x00\ud800\tc\n\u00e9") == "a<U+202E>b<U+0000><U+D800>\tc\n\u00e9"


def test_columns_are_those_of_the_text_as_it_is_shown() -> None:
    text = "\u202eactor\u202e x;\n"
    made = witness()
    step = made.moments[0]
    moved = type(step)(0, "load", span("x", text=text), (), (), "", bad=True)
    shown = Witness("p", "m", "sc", made.columns, (moved,), (), (), ())
    file = FileReport(
        "f.khp", (outcome("s", Refuted(shown)),), (), {"f.khp": Source("f.khp", text)}
    )
    page = Page(render(Report((file,))))
    number, line, start, end = page.document("w0")["steps"][0]["at"]
    assert page.document("data-sources")[number]["lines"][line - 1][start:end] == "x"


def test_two_hash_seeds_give_equal_bytes() -> None:
    code = (
        "from tests.render.html.test_page import PAGES, ATTACK\n"
        "import sys\nfor make in PAGES.values(): sys.stdout.write(make(ATTACK))"
    )
    pages = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert pages[0] == pages[1]
    assert len(pages[0]) > 10_000
    assert b"\xc3" not in pages[0]


def test_parts_of_the_package_are_ascii() -> None:
    parts = [path for path in FOLDER.iterdir() if path.suffix in {".css", ".js", ".html"}]
    assert len(parts) >= 8
    for path in parts:
        assert path.read_text(encoding="utf-8").isascii(), path
        assert "</s" not in path.read_text(encoding="utf-8") or path.suffix == ".html", path
