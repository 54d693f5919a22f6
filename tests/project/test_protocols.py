"""The protocols that are shipped say what they are, and the page about them is theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dsl.header import LEFT_OUT, MODELLED, Header, read_header
from dsl.parse import parse
from dsl.source import Source
from dsl.syntax import File, Scenario
from prover.pipeline.catalog import catalog
from prover.render.catalog import render
from prover.verdict import Request

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "protocols"
PAGE = FOLDER / "README.md"


def asking() -> dict[str, Source]:
    """The files with scenarios, by their place below the folder."""
    found: dict[str, Source] = {}
    for path in sorted(FOLDER.rglob("*.khp")):
        text = path.read_text(encoding="utf-8")
        if re.search(r"^scenario\b", text, re.MULTILINE):
            found[path.relative_to(FOLDER).as_posix()] = Source(path.name, text)
    return found


ASKING = asking()


def missing(header: Header | None, folder: str) -> list[str]:
    """What the header of a protocol in ``folder`` has to say and does not."""
    if header is None:
        return ["Result:"]
    found = [] if header.question else ["a question"]
    if folder == "bugs":
        said = {
            "Title:": header.title,
            # What nobody has seen happen may never have been there to be fixed.
            "Fix:": header.fixes or header.witness.startswith("own"),
            "Files:": header.files,
            "Witness:": header.witness,
            MODELLED: header.says(MODELLED),
            LEFT_OUT: header.says(LEFT_OUT),
        }
        found += [name for name, value in said.items() if not value]
    return found


def test_there_are_protocols() -> None:
    assert len(ASKING) >= 4


@pytest.mark.parametrize("name", ASKING)
def test_its_header_is_complete(name: str) -> None:
    source = ASKING[name]
    file = parse(source)
    assert any(isinstance(each, Scenario) for each in file.declarations)
    header, wrong = read_header(file, source)
    assert not wrong
    assert missing(header, Path(name).parent.name) == []


@pytest.mark.parametrize("name", ASKING)
def test_what_is_bounded_is_explained(name: str) -> None:
    source = ASKING[name]
    code = [line for line in source.text.splitlines() if not line.startswith("//")]
    header, _ = read_header(parse(source), source)
    assert header is not None
    if any(re.search(r"\bexpect (bounded|vacuous|unknown)\b", line) for line in code):
        assert any("bounded" in paragraph for paragraph in header.prose)
        assert not any(re.search(r"\bexpect (vacuous|unknown)\b", line) for line in code)


def test_a_header_that_is_not() -> None:
    header, _ = read_header(*_of("// Result: proved\n//\n// Why?\n//\n// Fix: 6fa1066fc5d0\n"))
    assert missing(None, "bugs") == ["Result:"]
    assert missing(header, "teaching") == []
    assert missing(header, "bugs") == ["Title:", "Files:", "Witness:", MODELLED, LEFT_OUT]
    header, _ = read_header(*_of("// Result: proved\n//\n// Why?\n//\n// Title: x\n"))
    assert missing(header, "bugs") == ["Fix:", "Files:", "Witness:", MODELLED, LEFT_OUT]


def _of(text: str) -> tuple[File, Source]:
    source = Source("t.khp", text)
    return parse(source), source


def untimed(page: str) -> list[str]:
    """The lines of a page without its times."""
    lines: list[str] = []
    timed = False
    for line in page.splitlines():
        if not line.startswith("|"):
            timed = False
        timed = timed or line.endswith("| time |")
        lines.append(line.rpartition(" | ")[0] + " |" if timed else line)
    return lines


def test_the_page_about_them_is_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but the times: ``make index`` proves everything and writes the page anew."""
    monkeypatch.chdir(ROOT)
    found = catalog("protocols", Request(files=()), lambda _: None, timed=False)
    assert not found.diagnostics
    written = PAGE.read_text(encoding="utf-8")
    assert "Times are of the processor" in written
    shown = written.replace("Times are of the processor, for all obligations of a file.\n\n", "")
    assert untimed(shown) == render(found).splitlines(), "run `make index`"


def test_the_links_of_the_page_lead_to_all_of_them() -> None:
    links = re.findall(r"\]\(([^)]+)\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(links) == sorted(
        path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.khp")
    )
