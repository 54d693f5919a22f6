"""docs/language.md has what the language has: words, rules, operators, primitives, library."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from dsl.codes import CODES
from dsl.parse import parse
from dsl.primitives import PRIMITIVES, PROPERTIES, SIGNATURES, SYNONYMS
from dsl.source import Source
from dsl.syntax import FunctionDecl
from tests.language.reference import ROOT, TEXT, listed, sections

GRAMMAR = (ROOT / "dsl" / "khp.lark").read_text(encoding="utf-8")
LIBRARY = sorted((ROOT / "protocols" / "kernel").glob("*.khp"))
OTHERS = {"choose", "container_of", "forall_actors"}
"""What is called and is neither a primitive nor in the library."""

MADE_UP = {"fn", "handler"}
"""Names of functions in the page's explanations that stand for any."""


def once(names: list[str]) -> set[str]:
    twice = [name for name, count in Counter(names).items() if count > 1]
    assert not twice
    return set(names)


def long_counters() -> set[str]:
    """What the page says in one sentence of atomic_long_ and atomic64_."""
    own = [n for n in PRIMITIVES if n.startswith("atomic_") and not n.endswith("_lock")]
    return {p + n.removeprefix("atomic_") for n in own for p in ("atomic_long_", "atomic64_")}


def functions(path_text: str) -> list[str]:
    declared = parse(Source("library.khp", path_text)).declarations
    names = [d.name.text for d in declared if isinstance(d, FunctionDecl)]
    return [name for name in names if not name.startswith("__")]


def in_library(name: str) -> list[str]:
    """The functions listed for one file of the library."""
    item = re.search(
        rf"^- `kernel/{name}`,(.*(?:\n  .*)*)", sections()["The library"], re.MULTILINE
    )
    assert item is not None, f"kernel/{name} is not listed"
    return listed(item[1])


def rules() -> set[str]:
    named = re.findall(r"^\??([a-z]\w*)(?:\.\d+)?:", GRAMMAR, re.MULTILINE)
    return {*named, *re.findall(r"-> ([a-z]\w*)", GRAMMAR)}


def keywords() -> set[str]:
    terminals = re.findall(r'^[A-Z_]+: "(\w+)"', GRAMMAR, re.MULTILINE)
    groups = re.findall(r"^[A-Z_]+\.\d+: /\(\?:(.*?)\)\(\?!", GRAMMAR, re.MULTILINE)
    found = {*terminals}
    for group in groups:
        plain = group.replace("[us](?:8|16|32|64)", "u8|u16|u32|u64|s8|s16|s32|s64")
        found |= set(plain.split("|"))
    assert {"actor", "unsigned", "u8", "s64", "noinline", "or"} <= found
    assert all(re.fullmatch(r"\w+", word) for word in found), found
    return found


def operators() -> set[str]:
    used = re.findall(r"^(?:_\w+_op): (.*(?:\n +\|.*)*)", GRAMMAR, re.MULTILINE)
    names = {name for line in used for name in re.findall(r"[A-Z_]+", line)}
    marks = dict(re.findall(r'^([A-Z_]+): "(\W+)"', GRAMMAR, re.MULTILINE))
    return {marks[name] for name in names}


def under_rules(what: str) -> set[str]:
    """The rules, or the words, that the last section lists."""
    text = sections()["Words and rules"]
    found: list[str] = []
    for item in re.findall(r"^- .*(?:\n  .*)*", text, re.MULTILINE):
        both = item.partition("; words ")
        found += re.findall(r"`(\w+)`", both[0] if what == "rules" else both[2])
    return set(found)


def test_primitives_are_those_that_are_listed() -> None:
    assert long_counters() == {n for n in SYNONYMS if n.startswith(("atomic_long_", "atomic64_"))}
    names = once(listed(sections()["Every primitive"]))
    assert names == SIGNATURES.keys() - long_counters()


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_library_file_has_the_functions_that_are_listed(path) -> None:
    assert in_library(path.name) == functions(path.read_text(encoding="utf-8"))


def test_library_files_are_those_that_are_listed() -> None:
    names = re.findall(r"^- `kernel/([\w.]+)`", sections()["The library"], re.MULTILINE)
    assert names == [path.name for path in LIBRARY]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_library_file_names_its_source_and_version(path) -> None:
    head = path.read_text(encoding="utf-8").partition("\n\n")[0]
    assert re.match(r"// [\w/.-]+/[\w.-]+\.[hc]\b", head)
    assert re.search(r"\bv\d+\.\d+", head)


def test_words_are_those_that_are_listed() -> None:
    assert under_rules("words") == keywords()


def test_rules_are_those_that_are_listed() -> None:
    assert under_rules("rules") == rules()


def test_operators_are_those_that_are_listed() -> None:
    (block,) = re.findall(r"```\n(.*?)```", sections()["Operators"], re.DOTALL)
    shown = {mark for mark in block.split() if re.fullmatch(r"\W+", mark)}
    assert shown == operators() | {"?", ":"}


@pytest.mark.parametrize("block", re.findall(r"^```c\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL))
def test_examples_are_well_formed(block: str) -> None:
    """Declarations, or statements of an actor; what is left out is `...`."""
    text = block.replace("{ ... }", "{ }")
    statements = re.match(r"\w+ idx = ", text)
    file = parse(Source("example.khp", f"actor a {{\n{text}}}\n" if statements else text))
    assert file.declarations


def test_properties_are_those_that_are_listed() -> None:
    text = re.sub(r"\n  ", " ", sections()["What is checked"])
    shown = dict(re.findall(r"^- `([a-z-]+)`: (.*)$", text, re.MULTILINE))
    assert shown == PROPERTIES


def prose() -> list[str]:
    """What is code in the page's sentences."""
    return re.findall(
        r"`([^`]+)`", re.sub(r"^```.*?^```", "", TEXT, flags=re.MULTILINE | re.DOTALL)
    )


def test_properties_and_codes_that_are_named_exist() -> None:
    named = {span for span in prose() if re.fullmatch(r"[a-z]+(-[a-z]+)+", span)}
    assert len(named) > 10
    assert named <= PROPERTIES.keys() | CODES.keys()


def test_every_function_that_is_named_exists() -> None:
    library = {name for path in LIBRARY for name in functions(path.read_text(encoding="utf-8"))}
    known = SIGNATURES.keys() | library | OTHERS | MADE_UP | {"if", "while"}
    names = [name for span in prose() for name in re.findall(r"(?<![\w},])(\w+)\(", span)]
    assert len(names) > 100
    for name in names:
        # `_enabled()` is short for what ends so.
        ends = name.startswith("_") and any(other.endswith(name) for other in SIGNATURES)
        assert name in known or ends, name
