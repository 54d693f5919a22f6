"""SVG: well-formed, the same parts in a file and in a page, nothing computed."""

from __future__ import annotations

from xml.etree import ElementTree as ET

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
        standalone(use_after_free(), source()),
        fragment(use_after_free(), source(), "w0"),
    ):
        rows = groups(text, "moment")
        assert [g.get("data-moment") for g in rows] == ["0", "1", "2", "3", "4", "5", "6"]
        assert [g.get("data-first") for g in rows] == ["0", "1", "2", "3", "4", "5", "6"]
        assert [g.get("data-thread") for g in rows] == ["0", "0", "1", "1", "1", "1", "0"]
        assert words(rows[3]) == ["WRITE_ONCE(gp, NULL)", "  [gp: &old -> NULL]"]
        bad = [g for g in rows if "bad" in g.get("class", "")]
        assert [words(g)[-1] for g in bad] == ["X use-after-free"]


def test_edges_say_where_they_lead() -> None:
    found = groups(standalone(use_after_free(), source()), "edge")
    assert {(g.get("data-kind"), g.get("data-source"), g.get("data-target")) for g in found} == {
        ("fr", "1", "3"),
        ("free", "5", "6"),
    }


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
