"""However somebody got there: what is known of the documents is what their texts say."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from dsl.source import sum_of
from prover.lsp import session as module
from prover.lsp.analysis import Analysis, Analyst
from prover.lsp.asked import Message
from prover.lsp.session import Session, Shown
from tests.soak import PARTS, Soak

NAMES = ("a.khp", "b.khp", "c.khp")
TEXTS = (
    "int {own};\n",
    'import "a.khp";\nint {own};\nactor p{own} {{ a = 1; }}\n',
    'import "b.khp";\nint {own};\nactor p{own} {{ b = 1; c = 1; }}\nscenario s{own} {{ run p{own}; }}\n',
    'import "c.khp";\nimport "b.khp";\nactor p{own} {{ c = 1; }}\nscenario s{own} {{ run p{own}; }}\n',
    "int {own};\nstatic int f{own}(void) {{ return a + b; }}\n",
    "int {own}\n",
    "",
)


def fail(uri: str, error: Exception) -> None:
    raise AssertionError(uri) from error


def said(found: Analysis | None) -> list[tuple[str, str]]:
    assert found is not None
    return [(each.code, each.message) for each in found.diagnostics]


async def typed(folder: Path, rng: random.Random, steps: int) -> int:
    """Random edits, openings and closings; how many diagnostics there were in the end."""
    session = Session(lambda: None, fail)
    paths = [folder / name for name in NAMES]

    def text(path: Path) -> str:
        return rng.choice(TEXTS).format(own=path.stem)

    for path in paths:
        path.write_text(text(path), encoding="utf-8")
    for version in range(steps):
        path = rng.choice(paths)
        match rng.randrange(8):
            case 0:
                session.close(path.as_uri())
            case 1:
                path.write_text(text(path), encoding="utf-8")
                session.touched([path.as_uri()])
            case 2 | 3 | 4:
                for uri in list(session.documents):
                    await session.current(uri)
            case 5:
                waiting = asyncio.ensure_future(session.current(path.as_uri()))
                await asyncio.sleep(0)
                waiting.cancel()
            case _:
                session.put(path.as_uri(), text(path), version)
    count = 0
    for uri, document in session.documents.items():
        fresh = Analyst().analyse(document, session.texts())
        assert said(await session.current(uri)) == said(fresh)
        count += len(fresh.diagnostics)
    session.end()
    return count


def test_what_is_known_is_what_the_texts_say(tmp_path: Path) -> None:
    rng = random.Random(3)
    assert sum(asyncio.run(typed(tmp_path, rng, 20)) for _ in range(12)) > 5


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_it_is_so_a_thousand_times(part: int, soak: Soak, tmp_path: Path) -> None:
    for number in range(soak.first + part, soak.first + 1000, PARTS):
        asyncio.run(typed(tmp_path, random.Random(number), 20))


def shown(*texts: tuple[Path, str]) -> Shown:
    message = Message("information", "proved", "s: proved", (0, 0, 0, 1))
    return Shown((message,), {str(path): sum_of(text) for path, text in texts})


async def proved(folder: Path) -> None:
    session = Session(lambda: None, fail)
    main, other = folder / "a.khp", folder / "b.khp"
    other.write_text("int b;\n", encoding="utf-8")
    uri, beside = main.as_uri(), other.as_uri()
    session.put(uri, "int a;\n", 1)
    good = shown((main, "int a;\n"), (other, "int b;\n"))
    assert session.show(uri, "s", "", good)
    session.put(uri, "int a;\n", 2)
    assert session.shown  # the same text by another number
    session.put(uri, "int a ;\n", 3)
    assert not session.shown
    assert not session.show(uri, "s", "", good)  # the answer comes too late
    session.put(uri, "int a;\n", 4)
    session.put(beside, "int c;\n", 1)
    assert not session.show(uri, "s", "", good)
    session.put(beside, "int b;\n", 2)
    assert session.show(uri, "s", "", good)
    session.touched([beside])  # saved, as it was
    assert session.shown
    session.close(beside)  # from now on its file counts
    assert not session.shown
    assert session.show(uri, "s", "", good)
    session.touched([beside])  # somebody else has written it
    assert not session.shown
    assert session.show(uri, "s", "", good)
    session.close(uri)
    assert not session.shown
    assert not session.show(uri, "s", "", good)
    session.end()


def test_a_proof_is_shown_of_these_texts_alone(tmp_path: Path) -> None:
    asyncio.run(proved(tmp_path))


async def crashed(folder: Path, told: list[str]) -> None:
    session = Session(lambda: None, lambda uri, error: told.append(f"{uri}: {error}"))

    class Broken(Analyst):
        def analyse(self, document, texts):
            assert isinstance(texts, dict)
            raise ZeroDivisionError(document.text)

    session._analyst = Broken()
    session.put("untitled:1", "int a;\n", 1)
    found = await session.current("untitled:1")
    assert found is not None and found.diagnostics == () and not found.checked
    session._analyst = Analyst()
    session.put("untitled:1", "int a;\n", 2)
    found = await session.current("untitled:1")
    assert found is not None and found.checked
    session.end()


def test_a_bug_of_ours_is_said_and_the_next_text_is_looked_at(tmp_path: Path) -> None:
    told: list[str] = []
    asyncio.run(crashed(tmp_path, told))
    assert told == ["untitled:1: int a;\n"]


def test_the_pause_is_short() -> None:
    assert 0.05 <= module.PAUSE <= 0.5
