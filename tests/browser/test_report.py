"""The report in a browser: what the keys, the mouse and the filters do, and what names cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.render.html.report import render
from tests.browser.conftest import Open
from tests.browser.driver import Page
from tests.render.html.made import ATTACK, report
from tests.render.html.test_page import PAGES

REFUTED = "#o2"


def position(page: Page) -> int:
    value = page.js("Number(document.querySelector('#slider').value)")
    assert isinstance(value, int)
    return value


def state(page: Page) -> dict[str, list[str]]:
    """The rows of the state by name: their cells."""
    found = page.js(
        "Object.fromEntries([...document.querySelectorAll('#state tbody tr')].map(row => "
        "[row.querySelector('th').lastChild.textContent === undefined ? '' : "
        "row.querySelector('th').childNodes[1].textContent, "
        "[...row.querySelectorAll('td')].map(cell => cell.innerText)]))"
    )
    assert isinstance(found, dict)
    return found


def test_the_index_shows_every_obligation(shown: Open) -> None:
    page = shown(render(report()))
    assert page.texts("tr.row td:first-child") == ["safe", "safe", "torn / no_wait", "slow", "last"]
    assert page.texts("#detail h2") == []


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("find", "no_wait after", ["torn / no_wait"]),
        ("find", "NO_WAIT", ["torn / no_wait"]),
        ("by-verdict", "refuted", ["torn / no_wait", "last"]),
        ("by-model", "lkmm", ["safe", "slow"]),
        ("by-file", "1", ["last"]),
    ],
)
def test_filters(shown: Open, field: str, value: str, left: list[str]) -> None:
    page = shown(render(report()))
    page.js(
        f"(() => {{ const f = document.getElementById('{field}'); f.value = '{value}'; "
        "f.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert page.texts("tr.row td:first-child") == left
    assert page.text("#matching") == f"{len(left)} of 5"


def test_what_is_not_as_expected(shown: Open) -> None:
    page = shown(render(report()))
    page.click("#by-wrong")
    assert page.texts("tr.row td:first-child") == ["slow"]
    assert page.texts("tr.file button") == ["f.khp"]


def test_a_file_folds(shown: Open) -> None:
    page = shown(render(report()))
    page.click("tr.file button")
    assert page.texts("tr.row td:first-child") == ["last"]
    assert page.js("document.querySelector('tr.file button').ariaExpanded") == "false"


def test_a_link_leads_to_an_obligation_and_back(shown: Open) -> None:
    page = shown(render(report()))
    page.click("#o0 a")
    page.wait("!document.querySelector('#detail').hidden")
    assert page.text("#name") == "safe"
    assert page.texts("#witness") == []
    assert page.texts("#hint code") == [
        "prove why f.khp --scenario safe",
        "prove needs f.khp --scenario safe",
    ]
    page.press("Escape")
    page.wait("document.querySelector('#detail').hidden")
    page.click("#o2 a")
    page.wait("!document.querySelector('#detail').hidden")
    assert page.text("#name") == "torn / no_wait"
    assert page.js("document.activeElement.id") == "name"
    page.click("#after")
    page.wait("document.querySelector('#name').innerText === 'last'")
    page.js("history.back()")
    page.wait("document.querySelector('#name').innerText === 'torn / no_wait'")


def test_stepping_changes_the_state(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    assert state(page)["pmd"] == ["0", "0"]
    assert state(page)["p"] == ["live"]
    page.click("#forward")
    assert page.text("#count") == "step 1 of 5"
    assert state(page)["CPU0 reader"] == ["- -> since step 1".replace("- -> ", "")]
    page.click("#forward")
    assert state(page)["pmd"] == ["0", "0 0x2"]
    assert state(page)["l"] == ["CPU1 writer", "-"]
    page.click("#last")
    page.click("#back")
    assert state(page)["p"] == ["live freed"]
    assert state(page)["pmd"] == ["0 0x1", "0x2"]
    page.click("#first")
    assert state(page)["p"] == ["live"]
    assert page.js("document.querySelector('#first').disabled")


def test_what_changed_is_marked_by_more_than_colour(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.press("j")
    page.press("j")
    changed = page.js(
        "[...document.querySelectorAll('#state tr.changed')].map(row => row.innerText)"
    )
    assert len(changed) == 2
    assert all(text.startswith("*") for text in changed)
    assert page.texts("#state ins") == ["0x2", "CPU1 writer"]
    weight = page.js("getComputedStyle(document.querySelector('#state ins')).fontWeight")
    assert int(weight) >= 700
    assert page.js("getComputedStyle(document.querySelector('#state del')).textDecorationLine") == (
        "line-through"
    )


@pytest.mark.parametrize(
    "pair", [("j", "k"), ("ArrowRight", "ArrowLeft"), ("ArrowDown", "ArrowUp")]
)
@pytest.mark.parametrize("focus", ["name", "slider", "forward"])
def test_keys(shown: Open, pair: tuple[str, str], focus: str) -> None:
    page = shown(render(report()), REFUTED)
    page.js(f"document.getElementById('{focus}').focus()")
    on, back = pair
    for key, expected in [(on, 1), (on, 2), (back, 1), ("End", 5), (on, 5), ("Home", 0), (back, 0)]:
        page.press(key)
        assert position(page) == expected


def test_keys_in_a_field_write(shown: Open) -> None:
    page = shown(render(report()))
    page.js("document.getElementById('find').focus()")
    page.press("j")
    assert page.js("document.getElementById('find').value") == "j"


def test_a_box_that_has_the_focus_scrolls(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.js("document.getElementById('source').focus()")
    page.press("ArrowDown")
    assert position(page) == 0
    page.press("ArrowRight")
    assert position(page) == 1


def test_a_click_on_a_step_jumps(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.click("#times .moment[data-moment='3']")
    assert position(page) == 4
    assert page.js("document.querySelectorAll('#times .moment.now').length") == 1
    assert page.js("document.querySelector('#times .moment.now').dataset.moment") == "3"


def test_the_slider_moves(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.js(
        "(() => { const s = document.getElementById('slider'); s.value = 3; "
        "s.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert page.text("#count") == "step 3 of 5"
    assert "synchronize_rcu()" in page.js("document.getElementById('slider').ariaValueText")


def test_the_source_follows(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.press("j")
    page.press("j")
    assert page.texts(".line.current .no") == [" 9"]
    assert page.text(".line.current mark") == "spin_lock(&l)"
    assert page.texts(".line .at") == ["CPU0", "CPU1"] or "CPU0" in page.texts(".line .at")
    page.press("End")
    assert page.texts(".line.current .no") == [" 5"]
    assert page.js("document.querySelector('.line.current').classList.contains('bad')")
    assert page.text("#stack") == "CPU0 reader > look() > f.khp:5"
    assert page.text("#effect") == "p->x = 1"


def test_reasons_are_marked_with_their_step(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    assert page.texts("#because li") == ["the free comes before the read steps 4 and 5"]
    page.click("#because .jump")
    assert position(page) == 5
    assert page.texts("#because li.now") != []
    page.press("Home")
    assert page.texts("#because li.now") == []


def test_a_screen_reader_is_told_the_step(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.press("j")
    page.press("j")
    said = page.js("document.getElementById('live').textContent")
    assert said == (
        "step 2 of 5: CPU1 writer, f.khp:9: spin_lock(&l); pmd.low: 0 -> 0x2, taken. "
        "Changed: pmd low: 0 to 0x2; l: - to CPU1 writer."
    )


def test_another_violation_of_the_same_obligation(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    assert page.texts("#choice button") == ["use-after-free", "use-after-free"]
    page.press("End")
    page.click("#choice button:nth-child(2)")
    page.wait(
        "document.querySelector('#said').innerText.includes('another') || "
        "document.querySelector('#choice button:nth-child(2)').ariaPressed === 'true'"
    )
    assert position(page) == 0


def test_the_address_says_what_is_shown(shown: Open) -> None:
    page = shown(render(report()), "#o2/1/4")
    assert page.text("#count") == "step 4 of 5"
    page.press("k")
    page.wait("location.hash === '#o2/1/3'")


@pytest.mark.parametrize("fragment", ["#o99", "#o2/7/99", "#nothing", "#o2/0/x"])
def test_addresses_that_mean_nothing_do_no_harm(shown: Open, fragment: str) -> None:
    page = shown(render(report()), fragment)
    assert page.texts("h1") == ["f.khp, g.khp"]


@pytest.mark.parametrize("kind", PAGES)
def test_hostile_names_are_inert(shown: Open, kind: str) -> None:
    page = shown(PAGES[kind](ATTACK), REFUTED if kind == "report" else "")
    for _ in range(5):
        page.press("j")
    assert page.js("document.querySelectorAll('img, b').length") == 0
    assert ATTACK in page.js("document.body.textContent")


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes(shown: Open, kind: str, theme: str) -> None:
    page = shown(PAGES[kind](""))
    page.media(prefers_color_scheme=theme)
    ground = "getComputedStyle(document.body).backgroundColor"
    by_system = page.js(ground)
    page.click("#theme")
    page.wait(f"{ground} !== '{by_system}'")
    other = "dark" if theme == "light" else "light"
    page.media(prefers_color_scheme=other)
    assert page.js(ground) != by_system
    page.click("#theme")
    page.wait(f"{ground} === '{by_system}'")


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("fragment", ["", REFUTED])
def test_1024_pixels_are_enough(shown: Open, kind: str, fragment: str) -> None:
    page = shown(PAGES[kind](""), fragment, 1024, 700)
    assert page.js("document.documentElement.scrollWidth") <= 1024


def test_names_without_a_space_do_not_widen_the_page(shown: Open) -> None:
    page = shown(render(report("x" * 300)), REFUTED, 1024, 700)
    page.press("End")
    assert page.js("document.documentElement.scrollWidth") <= 1024


def test_print_has_the_execution_and_no_controls(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.press("End")
    page.media("print")
    assert page.texts("#controls button, .controls button, #theme, #filter") == []
    assert page.texts("#source") == []
    assert page.texts("h2") == ["torn / no_wait"]
    assert page.texts("#times svg") != []
    assert page.texts("#state table") != []
    top = "document.querySelector('#times .head').getBoundingClientRect().top"
    assert page.js(f"{top} - document.querySelector('#times svg').getBoundingClientRect().top") < 20
    assert (
        page.js("getComputedStyle(document.querySelector('.ahead') || document.body).opacity")
        == "1"
    )
    box = page.js("getComputedStyle(document.querySelector('#times')).overflowY")
    assert box == "visible"


def test_it_prints(shown: Open, tmp_path: Path) -> None:
    page = shown(render(report()), REFUTED)
    page.pdf(tmp_path / "p.pdf")
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")


def test_focus_is_seen(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    page.js("document.getElementById('name').focus()")
    page.press("Tab")
    found = page.js("getComputedStyle(document.activeElement).outlineStyle")
    assert page.js("document.activeElement.tagName") in {"A", "BUTTON", "INPUT"}
    assert found == "solid"


def test_controls_have_names(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    unnamed = page.js(
        "[...document.querySelectorAll('button, input, select, [role=region]')].filter(e => "
        "!(e.ariaLabel || e.textContent.trim() || (e.labels && e.labels.length))).length"
    )
    assert unnamed == 0
    assert page.js("document.querySelector('[aria-live]').role") == "status"


def test_a_place_of_a_list_is_shown(shown: Open) -> None:
    page = shown(PAGES["needs"](""))
    assert page.texts(".line.current .no") == [" 4"]
    page.click("tr:nth-child(2) .jump")
    assert page.texts(".line.current .no") == [" 9"]
    assert page.texts(".jump[aria-current]") == ["f.khp:9"]


def test_only_decisive_steps_are_shown_unless_every_one_is_asked_for(shown: Open) -> None:
    page = shown(render(report(passed=(1,))), REFUTED)
    assert page.js("document.querySelectorAll('#times .moment').length") == 4
    page.press("j")
    page.press("j")
    assert page.text("#count") == "step 3 of 5"
    # What the step between them changed is seen too.
    assert state(page)["pmd"] == ["0", "0 0x2"]
    page.press("k")
    assert position(page) == 1
    page.click("#every")
    assert page.js("document.querySelectorAll('#times .moment').length") == 5
    page.press("j")
    assert position(page) == 2
    page.click("#every")
    assert position(page) == 3


def test_an_address_of_another_step_shows_every_one(shown: Open) -> None:
    page = shown(render(report(passed=(1,))), "#o2/0/2")
    assert page.text("#count") == "step 2 of 5"
    assert page.js("document.getElementById('every').checked")


def test_where_all_are_decisive_there_is_no_choice(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    assert page.texts("#all") == []


def test_the_state_is_the_same_whichever_way_it_is_reached(shown: Open) -> None:
    page = shown(render(report()), REFUTED)
    forward = []
    for key in "j" * 5:
        page.press(key)
        forward.append(state(page))
    backward = [forward[-1]]
    for key in "k" * 4:
        page.press(key)
        backward.append(state(page))
    assert backward == forward[::-1]


def test_without_motion_the_source_is_there_at_once(shown: Open) -> None:
    page = shown(render(report()), REFUTED, 1024, 500)
    page.media(prefers_reduced_motion="reduce")
    page.js("document.getElementById('source').style.height = '60px'")
    page.press("End")
    inside = page.js(
        "(() => { const b = document.getElementById('source').getBoundingClientRect(), "
        "l = document.querySelector('.line.current').getBoundingClientRect(); "
        "return b.top <= l.top && l.bottom <= b.bottom + 1; })()"
    )
    assert inside
