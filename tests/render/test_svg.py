"""SVG: well-formed, the same parts in a file and in a page, nothing computed."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from dsl.frozen import replace
from prover.execution.scene import Edge
from prover.render.svg import fragment, standalone
from tests.render.hand_made import source, use_after_free

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own output


def groups(text: str, name: str) -> list[ET.Element]:
    return [g for g in parsed(text).iter(f"{SVG}g") if name in g.get("class", "").split()]


def words(element: ET.Element) -> list[str]:
    return [t.text or "" for t in element.iter(f"{SVG}text")]


def test_rows_say_which_moments_they_are() -> None:
    for text in (
        standalone(use_after_free(), source(), full=True),
        fragment(use_after_free(), source(), "w0"),
    ):
        rows = groups(text, "moment")
        assert [g.get("data-moment") for g in rows] == ["0", "1", "2", "3", "4", "5", "6"]
        assert [g.get("data-first") for g in rows] == ["0", "1", "2", "3", "4", "5", "6"]
        assert [g.get("data-thread") for g in rows] == ["0", "0", "1", "1", "1", "1", "0"]
        assert words(rows[3]) == ["WRITE_ONCE(gp, NULL)", "  [gp: &old -> NULL]"]
        bad = [g for g in rows if "bad" in g.get("class", "")]
        assert [words(g)[-1] for g in bad] == ["X use-after-free"]


def test_only_decisive_steps_are_shown_unless_all_are_asked_for() -> None:
    made = use_after_free()
    moments = tuple(replace(m, decisive=m.what != "release") for m in made.moments)
    drawn = standalone(replace(made, moments=moments), source())
    rows = [g.get("data-moment") for g in groups(drawn, "moment")]
    assert rows == ["0", "1", "2", "3", "5", "6"]
    # The lock is held until then all the same: its bar ends between the steps around.
    after = [int(g[1].get("cy", "0")) for g in groups(drawn, "moment") if len(g) > 1][3:5]
    (lock,) = (g for g in groups(drawn, "bar") if g[0].text == "lock")
    end = int(lock[1].get("y", "0")) + int(lock[1].get("height", "0"))
    assert after[0] < end < after[1]


def test_edges_say_where_they_lead() -> None:
    found = groups(standalone(use_after_free(), source()), "edge")
    assert {(g.get("data-kind"), g.get("data-source"), g.get("data-target")) for g in found} == {
        ("fr", "1", "3"),
        ("free", "5", "6"),
    }


def test_edges_between_two_steps_are_one_arrow() -> None:
    more = (Edge("co", 1, 3, "why"), Edge("rf", 3, 4), Edge("po", 4, 2, "overtaken"))
    witness = replace(use_after_free(), edges=(*use_after_free().edges, *more))
    found = groups(standalone(witness, source()), "edge")
    names = {g.get("data-kind"): words(g)[0] for g in found if words(g)}
    # Those with a sentence come first; within a thread only they are drawn.
    assert names == {"co fr": "co, fr (2)", "free": "free (1)", "po": "po (3)"}


def test_names_of_edges_are_inside() -> None:
    witness = replace(use_after_free(), edges=(Edge("po", 4, 2, "overtaken"),))
    drawn = standalone(witness, source())
    (named,) = (g for g in groups(drawn, "edge") if words(g))
    right = int(named[1].get("x", "0")) + int(named[1].get("width", "0"))
    assert right <= int(parsed(drawn).get("width", "0"))


def test_what_is_held_and_open_are_bars_with_their_names() -> None:
    first, second = groups(standalone(use_after_free(), source()), "lifeline")

    def named(of: ET.Element) -> list[str]:
        return [t.text or "" for t in of.iter(f"{SVG}title")]

    assert named(first) == ["rcu"]
    assert named(second) == ["lock", "grace period"]


def test_ids_of_a_part_begin_with_its_prefix() -> None:
    root = parsed(fragment(use_after_free(), source(), "w7"))
    ids = [element.get("id", "") for element in root.iter() if "id" in element.attrib]
    assert ids
    assert all(i.startswith("w7-") for i in ids)
    assert len(set(ids)) == len(ids)
