"""Certificates written and read back; documents that are none, or of something else."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import jsonschema
import pytest

from dsl.codes import CODES
from dsl.diagnostic import DiagnosticError
from prover.parametric.certificate import document
from prover.parametric.certificate.binding import bound
from prover.parametric.certificate.checker import check, refused
from prover.parametric.certificate.document import About, SourceSum, packed, read, written
from prover.parametric.certificate.table import tabled
from tests.parametric.certificate.test_checkers import SIZED, proof
from tests.parametric.naive import Found, naive
from tests.parametric.toys import TOYS, Toy, grace, lock, stale, turned

ABOUT = About("toy.khp", [SourceSum("toy.khp", "0" * 64)], "s", "", {"PAE": "on"})


@cache
def lines(toy: Callable[[], Toy], size: int = 2) -> tuple[bytes, ...]:
    return tuple(written(toy(), tabled(proof(toy, size)), ABOUT))


def code_of(content: bytes, toy: Toy, name: str = "a.cert", about: About = ABOUT) -> str:
    """The code of the first thing that is wrong with a certificate, empty for nothing."""
    try:
        table = bound(toy, read(content, name), about)
    except DiagnosticError as error:
        (found,) = error.diagnostics
        assert found.code in CODES
        assert found.message.isascii()
        assert len(found.message) < 400
        return found.code
    wrong = check(toy, table)
    return "" if wrong is None else refused(wrong, name).code


@pytest.mark.parametrize(("toy", "size"), SIZED)
def test_there_and_back(toy, size) -> None:
    system = toy()
    found = proof(toy, size)
    for name in ("a.cert", "a.cert.gz"):
        content = packed(written(system, tabled(found), ABOUT), name)
        assert bound(system, read(content, name), ABOUT) == tabled(found)


@pytest.mark.parametrize("toy", TOYS)
def test_numbers_of_the_system_do_not_matter(toy) -> None:
    """Another numbering finds the same invariant, writes the same bytes, and reads them."""
    other = turned(toy())
    found = naive(other, 2)
    assert found is not None
    assert tuple(written(other, tabled(found), ABOUT)) == lines(toy)
    assert bound(other, read(b"".join(lines(toy)), "a"), ABOUT) == tabled(found)
    assert code_of(b"".join(lines(toy)), other) == ""


@pytest.mark.parametrize("size", [1, 2, 3])
def test_schema(size: int) -> None:
    """Every line fits it, and what is refused for its form does not."""
    schema = json.loads(document.schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    fits = jsonschema.Draft202012Validator(schema).is_valid
    found = tabled(naive(lock(), 2) or Found(2, {}))
    if size == 1:
        found = tabled(Found(1, {s: {((m,), ()) for m in found.locals(s)} for s in found.rows}))
    every = lines(grace, size) if size > 1 else tuple(written(lock(), found, ABOUT))
    assert all(fits(json.loads(line)) for line in every)
    for name in ("another schema", "another model", "no size", "a member less"):
        assert not fits(json.loads(edited(grace, 0, HEADERS[name]).split(b"\n")[0])), name
    for name in ("a negative value", "zero", "an empty set", "a text"):
        assert not fits(json.loads(edited(grace, 1, STATES[name]).split(b"\n")[1])), name


def test_it_is_about_these_files() -> None:
    content = b"".join(lines(lock))
    for about in (
        About("toy.khp", [SourceSum("toy.khp", "1" * 64)], "s", "", {"PAE": "on"}),
        About("toy.khp", ABOUT.sources, "t", "", {"PAE": "on"}),
        About("toy.khp", ABOUT.sources, "s", "v", {"PAE": "on"}),
        About("toy.khp", ABOUT.sources, "s", "", {"PAE": "off"}),
    ):
        assert code_of(content, lock(), about=about) == "certificate-other"
    assert code_of(content, grace()) == "certificate-other"


def edited(toy: Callable[[], Toy], number: int, change: Callable[[Any], object]) -> bytes:
    """A certificate with one of its lines changed."""
    all_lines = list(lines(toy))
    line = json.loads(all_lines[number])
    change(line)
    all_lines[number] = json.dumps(line).encode() + b"\n"
    return b"".join(all_lines)


HEADERS: dict[str, Callable[[Any], object]] = {
    "another schema": lambda h: h.update(schema="prove-witness"),
    "another version": lambda h: h.update(version=2),
    "another model": lambda h: h.update(model="lkmm"),
    "another size": lambda h: h.update(size=3),
    "no size": lambda h: h.update(size=0),
    "fewer states": lambda h: h.update(states=h["states"] - 1),
    "more views": lambda h: h.update(views=h["views"] + 1),
    "a member more": lambda h: h.update(more=[[]]),
    "a member less": lambda h: h.pop("regions"),
    "a local state twice": lambda h: h["locals"].append(h["locals"][-1]),
    "no local states": lambda h: h["locals"].clear(),
    "no regions": lambda h: h["regions"].clear(),
    "too many regions": lambda h: h["regions"].extend(map(str, range(70))),
    "a number for a text": lambda h: h["about"].update(scenario=3),
}
STATES: dict[str, Callable[[Any], object]] = {
    "no such value": lambda s: s["shared"].__setitem__(0, 9),
    "a value too few": lambda s: s["shared"].pop(),
    "a negative value": lambda s: s["shared"].__setitem__(0, -1),
    "no such local state": lambda s: s["views"][0][1][0][0].__setitem__(0, 99),
    "local states beyond": lambda s: s["views"][0][1][0].__setitem__(1, "f" * 8),
    "a huge set": lambda s: s["views"][0][1][0].__setitem__(1, "f" * 100_000),
    "an empty set": lambda s: s["views"][0][1][0].__setitem__(1, ""),
    "zero": lambda s: s["views"][0][1][0].__setitem__(1, "0"),
    "a sign": lambda s: s["views"][0][1][0].__setitem__(1, "+1"),
    "an underscore": lambda s: s["views"][0][1][0].__setitem__(1, "1_0"),
    "a row twice": lambda s: s["views"][0][1].append(s["views"][0][1][0]),
    "too many labels": lambda s: s["views"][0][0].append(0),
    "no such region": lambda s: s["views"][0].__setitem__(0, [1 << 40, 0]),
    "a huge label": lambda s: s["views"][0].__setitem__(0, [1 << 400, 0]),
    "too many local states": lambda s: s["views"][0][1][0][0].append(1),
    "a text": lambda s: s.update(views="views"),
}


@pytest.mark.parametrize("name", HEADERS)
def test_first_lines_that_cannot_be(name: str) -> None:
    assert code_of(edited(grace, 0, HEADERS[name]), grace()) == "certificate-broken"


@pytest.mark.parametrize("name", STATES)
def test_shared_states_that_cannot_be(name: str) -> None:
    assert code_of(edited(grace, 1, STATES[name]), grace()) == "certificate-broken"


@pytest.mark.parametrize("variable", [0, 1])
def test_values_are_those_that_are_listed(variable: int) -> None:
    """The one after them is none, where all else is in order."""
    most = len(json.loads(lines(grace)[0])["variables"][variable]["values"])
    last = len(lines(grace)) - 1

    def beyond(state: Any) -> None:
        state["shared"][variable] = most

    assert code_of(edited(grace, last, beyond), grace()) == "certificate-broken"


def test_local_states_are_those_that_are_listed() -> None:
    """The one after them is none, where there are as many views as there should be."""
    first, last = json.loads(lines(grace)[0]), len(lines(grace)) - 1

    def beyond(state: Any) -> None:
        (members, digits) = state["views"][0][1][-1]
        mask, number = int(digits, 16), len(first["locals"])
        highest = 1 << mask.bit_length() - 1
        state["views"][0][1][-1][1] = f"{mask ^ highest | 1 << number - members[-1]:x}"

    assert code_of(edited(grace, last, beyond), grace()) == "certificate-broken"


def test_a_set_far_beyond_the_list_is_never_made() -> None:
    """A document of some hundred bytes is not to take half a gigabyte."""
    far = edited(grace, 1, lambda s: s["views"][0][1][0][0].__setitem__(0, 1 << 32))
    tracemalloc.start()
    try:
        assert code_of(far, grace()) == "certificate-broken"
        assert tracemalloc.get_traced_memory()[1] < 1 << 24
    finally:
        tracemalloc.stop()


def test_shared_states_are_in_order() -> None:
    """None stands twice, though it says the same, and none before one that is less."""
    head, *states = lines(grace)
    assert code_of(b"".join([head, *states, states[-1]]), grace()) == "certificate-broken"
    assert code_of(b"".join([head, *states[::-1]]), grace()) == "certificate-broken"


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{",
    "deep": b"[" * 200_000,
    "deep in a member": b'{"schema":' + b"[" * 200_000,
    "deep beside": b'{"more":' + b'{"a":' * 200_000,
    "no UTF-8": b'{"schema":"\xff"}',
    "zeros": b"\0" * 1000,
    "a long line": b" " * (document.MAX_LINE + 10),
    "a large number": b'{"schema":"prove-certificate","version":' + b"9" * 5000 + b"}",
    "half of a character": b'{"schema":"\\ud800","version":1}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_documents(name: str) -> None:
    assert code_of(HOSTILE[name], lock()) == "certificate-broken"
    assert code_of(gzip.compress(HOSTILE[name], 1), lock(), "a.gz") == "certificate-broken"


def test_packed_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not packed, cut off, or unpacking for ever."""
    whole = packed(lines(lock), "a.gz")
    assert code_of(whole, lock(), "a.gz") == ""
    for wrong in (b"".join(lines(lock)), whole[:-9], whole[:-4], whole[:40]):
        assert code_of(wrong, lock(), "a.gz") == "certificate-broken"
    monkeypatch.setattr(document, "MAX_SIZE", 1 << 16)
    bomb = gzip.compress(lines(lock)[0] + b'{"shared":[0,0],"views":[]}\n' * 10_000, 9)
    assert code_of(bomb, lock(), "a.gz") == "certificate-broken"


def test_too_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_ROWS", 3)
    assert code_of(b"".join(lines(lock)), lock()) == "certificate-broken"


@pytest.mark.parametrize("name", ["MAX_LINE", "MAX_SIZE", "MAX_ROWS", "MAX_REGIONS"])
def test_as_much_as_there_may_be(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more: a byte, a row or a region."""
    whole = lines(grace)
    states = [json.loads(line) for line in whole[1:]]
    much = {
        "MAX_LINE": max(map(len, whole)),
        "MAX_SIZE": sum(map(len, whole)),
        "MAX_ROWS": sum(len(group[1]) for state in states for group in state["views"]),
        "MAX_REGIONS": len(json.loads(whole[0])["regions"]),
    }[name]
    monkeypatch.setattr(document, name, much)
    assert code_of(b"".join(whole), grace()) == ""
    monkeypatch.setattr(document, name, much - 1)
    assert code_of(b"".join(whole), grace()) == "certificate-broken"


@pytest.mark.parametrize("toy", [lock, stale])
def test_changed_anywhere(toy) -> None:
    """A byte changed, left out or twice: refused, or it says the same of the same file."""
    whole, chance = b"".join(lines(toy)), Random(8)
    for _ in range(300):
        place = chance.randrange(len(whole))
        some = bytes([chance.randrange(256)])
        other = chance.choice(
            [whole[:place] + some + whole[place + 1 :], whole[:place] + whole[place + 1 :]]
        )
        if code_of(other, toy()) == "":
            assert bound(toy(), read(other, "a"), ABOUT) == bound(toy(), read(whole, "a"), ABOUT)


def test_a_view_less_is_refused() -> None:
    """Of a document that is well-formed otherwise."""

    def less(line: Any) -> None:
        group = line["views"][0][1]
        group[0][1] = f"{int(group[0][1], 16) & int(group[0][1], 16) - 1:x}"

    start = edited(lock, 1, less)
    first, rest = start.split(b"\n", 1)
    header = json.loads(first)
    header["views"] -= 1
    assert code_of(json.dumps(header).encode() + b"\n" + rest, lock()) == "certificate-refused"
