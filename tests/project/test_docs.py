"""The documentation says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.parse import parse
from dsl.primitives import PRIMITIVES, PROPERTIES
from dsl.printer import format_file
from dsl.source import Source
from prover.cli import entry

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("tests/**/*.md")])
FOLDERS = "dsl|prover|protocols|tests|docs|benchmarks|editors"


def page_ids() -> list[str]:
    assert len(PAGES) >= 10, "no pages found"
    return [path.relative_to(ROOT).as_posix() for path in PAGES]


@pytest.mark.parametrize("page", page_ids())
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert "://" not in target, f"{target}: the documentation stands alone"
        assert ((ROOT / page).parent / target).exists(), target


@pytest.mark.parametrize("page", page_ids())
def test_files_that_are_named_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", text):
        assert (ROOT / name).exists(), name


def test_places_in_the_architecture_exist() -> None:
    """Also those that are named within their folder only: `weak/time.py`."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    found = [path for folder in FOLDERS.split("|") for path in (ROOT / folder).rglob("*")]
    ends = {"/" + path.relative_to(ROOT).as_posix() for path in found} | {"/pyproject.toml"}
    named = [name for name in re.findall(r"`([\w./-]+)`", text) if re.search(r"/|\.\w+$", name)]
    assert len(named) > 60
    for name in named:
        if not name.startswith("."):  # a suffix, such as that of protocols
            assert any(path.endswith("/" + name.rstrip("/")) for path in ends), name


def test_every_folder_of_the_engine_is_in_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    folders = [path.parent for path in ROOT.glob("prover/*/__init__.py")]
    folders += [path.parent for path in ROOT.glob("dsl/*/__init__.py")]
    assert len(folders) > 10
    for folder in folders:
        assert f"{folder.relative_to(ROOT).as_posix()}/" in text, folder


@pytest.mark.parametrize("page", page_ids())
def test_make_targets_that_are_named_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"(?:`|^)make (\w+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_make_target_has_one_recipe() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = " ".join(re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)).split()
    defined = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    assert sorted(defined) == sorted(declared)
    assert len(defined) >= 15


def readme_protocol() -> Source:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```c\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 1
    return Source("README.khp", found[0])


def test_the_readme_s_protocol_is_right_and_in_the_format() -> None:
    source = readme_protocol()
    assert format_file(parse(source), source) == source.text
    program = load_text(source.name, source.text, None, ())
    assert set(check(program).scenarios) == {"replace"}
    assert check(program, variant="no_wait").variant == "no_wait"


def test_the_readme_s_exit_codes_are_those_of_help() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme.split("| exit | meaning |")[1].split("\n\n")[0]
    codes = [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)]
    summary = entry.help_text().split("Exit:")[1].split("\n\n")[0]
    assert codes == [0, 1, 2, 3, 4, 130]
    assert [int(code) for code in re.findall(r"(\d+)\s+[a-z]", summary)] == codes


def test_the_language_reference_names_every_declaration_form() -> None:
    text = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    for word in ("actor", "scenario", "variant", "transition", "expect", "pool", "word", "update"):
        assert re.search(rf"\b{word}\b", text), word


def test_every_property_and_primitive_is_explained() -> None:
    assert PRIMITIVES
    for name, text in PROPERTIES.items():
        assert text, name


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name[:4]) for path in sorted(ROOT.glob("docs/adr/*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_no_page_names_a_place_on_somebody_s_machine() -> None:
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(?:home|root|tmp|work|Users)/", text), path
