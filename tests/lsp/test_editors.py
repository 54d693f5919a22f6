"""The files for Vim and for Visual Studio Code have the words of the language."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dsl.header import KEYS, VERDICTS
from dsl.primitives import PROPERTIES, SIGNATURES
from prover.version import VERSION
from tests.language.test_reference import keywords

EDITORS = Path(__file__).parents[2] / "editors"
VIM = (EDITORS / "vim" / "syntax" / "khp.vim").read_text(encoding="utf-8")
SAMPLE = Path(__file__).with_name("sample.khp")
MODELS = {"lkmm", "tso", "sc"}
CONSTANTS = {"NULL", "true", "false"}


def read(name: str) -> Any:
    return json.loads((EDITORS / "vscode" / name).read_text(encoding="utf-8"))


def vim_words(*groups: str) -> list[str]:
    found = re.findall(rf"^syn keyword (?:{'|'.join(groups)}) (.*)$", VIM, re.MULTILINE)
    return [word for line in found for word in line.split()]


def vscode_words(*names: str) -> list[str]:
    repository = read("syntaxes/khp.tmLanguage.json")["repository"]
    found: list[str] = []
    for name in names:
        inside = re.search(r"\(\?:([\w|-]+)\)", repository[name]["match"])
        assert inside is not None
        found += inside[1].split("|")
    return found


def same(found: list[str], wanted: set[str]) -> None:
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_vim_has_the_words() -> None:
    same(vim_words("khpStatement", "khpType", "khpStorage", "khpDeclaration"), keywords())
    same(vim_words("khpPrimitive"), set(SIGNATURES))
    same(vim_words("khpVerdict"), set(VERDICTS))
    same(vim_words("khpModel"), MODELS)
    same(vim_words("khpConstant"), CONSTANTS)
    inside = re.search(r"syn match khpProperty .*?%\(([a-z|\\-]+-[a-z|\\-]+)\\\)", VIM)
    assert inside is not None
    same(inside[1].split("\\|"), set(PROPERTIES))
    header = re.search(r"syn match khpHeader .*?zs\\%\((.*?)\\\)", VIM)
    assert header is not None
    same(header[1].split("\\|"), {"Result", *KEYS})


def test_vscode_has_the_words() -> None:
    same(vscode_words("statement", "type", "storage", "declaration"), keywords())
    same(vscode_words("primitive"), set(SIGNATURES))
    same(vscode_words("verdict"), set(VERDICTS))
    same(vscode_words("model"), MODELS)
    same(vscode_words("constant"), CONSTANTS)
    same(vscode_words("property"), set(PROPERTIES))


def test_every_pattern_of_the_grammar_is_used_and_compiles() -> None:
    grammar = read("syntaxes/khp.tmLanguage.json")
    used = {each["include"].removeprefix("#") for each in grammar["patterns"]}
    assert used == grammar["repository"].keys()
    rules = list(grammar["repository"].values())
    for rule in rules:
        rules += rule.get("patterns", [])
        for key in ("match", "begin", "end"):
            re.compile(rule.get(key, ""))
        assert rule.get("name", "x.khp").endswith(".khp")


def test_the_extension_is_whole() -> None:
    package = read("package.json")
    assert package["version"] == VERSION
    assert list(package["dependencies"]) == ["vscode-languageclient"]
    (language,) = package["contributes"]["languages"]
    (grammar,) = package["contributes"]["grammars"]
    named = (package["main"], language["configuration"], grammar["path"])
    for name in named:
        assert (EDITORS / "vscode" / name).is_file()
    assert grammar["scopeName"] == read("syntaxes/khp.tmLanguage.json")["scopeName"]
    assert read("language-configuration.json")["comments"]["lineComment"] == "//"
    command = package["contributes"]["configuration"]["properties"]["prove.command"]
    assert (command["default"], command["scope"]) == (["prove", "lsp"], "machine")
    # A protocol that somebody sends must not bring a command with it: not a workspace's setting.
    assert 'get("command")' in (EDITORS / "vscode" / package["main"]).read_text(encoding="utf-8")
    assert not (EDITORS / "vscode" / "node_modules").exists() or (
        "node_modules/" in (EDITORS / "vscode" / ".gitignore").read_text(encoding="utf-8")
    )


VIM_WITH_SYNTAX = shutil.which("vim")


@pytest.mark.skipif(VIM_WITH_SYNTAX is None, reason="no Vim here; its words are tested above")
def test_vim_shows_them(tmp_path: Path) -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    marks = {
        "// Counts one": "khpComment",
        "actor walker {": "khpDeclaration",
        "goto again": "khpStatement",
        "int old": "khpType",
        "static int bump": "khpStorage",
        "pmd_t seen": "khpTypeName",
        "spin_lock(&big)": "khpPrimitive",
        "refuted null-pointer when MODE == fast;\n}\n\n": "khpVerdict",
        "null-pointer when MODE == fast;\n}\n\n": "khpProperty",
        '"without the loop"': "khpString",
        "1 : ": "khpNumber",
        "again:": "khpLabel",
        "walker.inside = 1": "",
    }
    asked: list[str] = []
    for mark in marks:
        assert text.count(mark) == 1, mark
        before = text[: text.index(mark)]
        line, column = before.count("\n") + 1, len(before.rsplit("\n", 1)[-1]) + 1
        asked.append(f"call add(g:found, synIDattr(synID({line}, {column}, 1), 'name'))")
    out = tmp_path / "groups"
    script = tmp_path / "dump.vim"
    script.write_text(
        "\n".join(
            [
                "if !has('syntax')",
                f"  call writefile(['none'], '{out}')",
                "  qall!",
                "endif",
                f"set nocompatible runtimepath^={EDITORS / 'vim'}",
                "filetype plugin on",
                "syntax on",
                f"edit {SAMPLE}",
                "let g:found = [&filetype, &tabstop]",
                *asked,
                f"call writefile(map(g:found, 'v:val . \"\"'), '{out}')",
                "qall!",
            ]
        ),
        encoding="utf-8",
    )
    assert VIM_WITH_SYNTAX is not None
    command = [VIM_WITH_SYNTAX, "-u", "NONE", "-i", "NONE", "-n", "-es", "-S", str(script)]
    subprocess.run(command, check=False, timeout=60, stdin=subprocess.DEVNULL, capture_output=True)
    found = out.read_text(encoding="utf-8").splitlines()
    if found == ["none"]:
        pytest.skip("this Vim has no syntax; its words are tested above")
    assert found[:2] == ["khp", "8"]
    assert dict(zip(marks, found[2:], strict=True)) == marks
