"""An edit of a library: who is not reached by it is told from memory, and nobody else."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from prover.cache import outline
from prover.cache.store import Store
from prover.pipeline import loaded, spared
from prover.verdict import FileReport
from tests.cache import indexes, shared, small

ALL = {"plain", "narrow", "giver", "low"}


WORLDS = {"names": shared.WORLD, "indexes": indexes.WORLD}
"""Folders with libraries, and edits of them."""


def compare(world: str, folder: Path, seed: int, runs: int) -> None:
    """After each of some edits the report is what it is with nothing remembered.

    What makes a mistake is taken back afterwards: with one nearly nothing is remembered.
    """
    rng = random.Random(seed)
    WORLDS[world].write(folder / "p")
    store = Store(folder / "cache")
    done: list[str] = []
    for _ in range(runs):
        before = {path: path.read_text(encoding="utf-8") for path in folder.glob("p/*.khp")}
        done += [WORLDS[world].edit(folder / "p", rng) for _ in range(rng.choice((1, 1, 2, 3)))]
        with_cache = small.proved(folder / "p", store)
        without = small.proved(folder / "p", None)
        said = small.text_of(with_cache, seen=False)
        assert said == small.text_of(without, seen=False), done
        assert not store.trouble
        if any(file.diagnostics for file in with_cache.files):
            done.append("taken back")
            for path, text in before.items():
                path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("world", WORLDS)
def test_random_edits(world: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[int] = []
    spare = spared.spared

    def counted(*asked: Any) -> Any:
        known, *rest = spare(*asked)
        told.append(len(known) - len(asked[2].known))
        return known, *rest

    monkeypatch.setattr(spared, "spared", counted)
    compare(world, tmp_path, 1, 8)
    assert sum(told) >= 4


@pytest.mark.soak
@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("chunk", range(25))
def test_many_random_edits(chunk: int, world: str, tmp_path: Path) -> None:
    compare(world, tmp_path, 1000 + chunk, 20)


class Loads:
    """A folder that was proved; which of its files are loaded after edits."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder / "p"
        self.store = Store(folder / "cache")
        self.read: list[str] = []
        load = loaded.load

        def noted(member: Any, *rest: Any) -> loaded.Loaded | FileReport:
            self.read.append(Path(member.name).stem)
            return load(member, *rest)

        monkeypatch.setattr(loaded, "load", noted)
        monkeypatch.setattr(spared, "load", noted)

    def after(self, name: str, old: str, new: str) -> set[str]:
        """The files that are loaded after an edit; what is said must be true, and be remembered."""
        path = self.folder / f"{name}.khp"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        self.read.clear()
        found = small.proved(self.folder, self.store)
        read = set(self.read)
        assert small.text_of(found) == small.text_of(small.proved(self.folder, None))
        if not any(file.diagnostics for file in found.files):
            self.read.clear()
            assert small.text_of(small.proved(self.folder, self.store)) == small.text_of(found)
            assert self.read == []
        return read


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was proved once for all tests."""
    folder = tmp_path_factory.mktemp("shared")
    shared.WORLD.write(folder / "p")
    store = Store(folder / "cache")
    small.proved(folder / "p", store)
    store.close()
    store.path.rename(folder / "verdicts")
    return folder


@pytest.fixture
def loads(proved: Path, monkeypatch: pytest.MonkeyPatch) -> Loads:
    """The folder as it was then."""
    shutil.rmtree(proved / "p")
    shared.WORLD.write(proved / "p")
    found = Loads(proved, monkeypatch)
    shutil.copyfile(proved / "verdicts", found.store.path)
    return found


@pytest.mark.parametrize(
    ("name", "old", "new", "read"),
    [
        ("library", "// Above.", "// Above,\n// by far.", set[str]()),
        ("library", "pass_on(&here);", "put(&here);", set[str]()),
        ("library", "int some(void)", "void more(void) { high(); }\n\nint some(void)", set[str]()),
        ("library", "(total, what)", "(total, what + 0)", {"plain"}),
        ("base", "return 2;", "return 1;", {"library", "plain", "narrow", "low"}),
        ("base", "*into = 1;", "*into = 2;", {"library", "giver"}),
    ],
    ids=["comment", "unreached", "new", "reached", "through", "unreached caller"],
)
def test_who_is_loaded_again(name: str, old: str, new: str, read: set[str], loads: Loads) -> None:
    assert loads.after(name, old, new) == {name} | read


@pytest.mark.parametrize(
    ("name", "old", "new", "read"),
    [
        # An error in what nobody reaches is one in every file that has it.
        ("library", "add(what);", "add(nobody);", {"plain", "narrow", "giver"}),
        # Somebody has that name already, or declares what the library itself lacks.
        ("library", "int some", "void late(int w) { }\nint some", {"plain"}),
        ("library", "add(what);", "never();", {"plain", "narrow", "giver"}),
        # A caller of a caller lends the address of a local, which is no value.
        ("base", "*into = 1;", "into = &p.one;", {"library", "plain", "narrow", "giver"}),
        # More than functions.
        ("base", "int total;", "int total, more;", {"library", *ALL}),
    ],
    ids=["error", "clash", "borrowed", "lent", "declaration"],
)
def test_who_may_be_wrong_is_loaded_again(
    name: str, old: str, new: str, read: set[str], loads: Loads
) -> None:
    assert loads.after(name, old, new) == {name} | read


def test_a_variant_may_change_what_an_edited_function_calls(loads: Loads) -> None:
    """Checked by itself `put()` calls another function than in low.khp, which exchanges `low`."""
    assert loads.after("base", "*into = 1;", "*into = low();") == {
        "base",
        "library",
        "giver",
        "low",
    }


def test_what_a_variant_makes_a_mistake_is_told_where_no_scenario_reaches_it(loads: Loads) -> None:
    """In plain.khp `add` is exchanged with `late`, which is a local in `unused` now."""
    assert loads.after("library", "int what = high();", "int late = high(), what = late;") == {
        "library",
        "plain",
    }
    (wrong,) = [each for each in small.proved(loads.folder, loads.store).files if each.diagnostics]
    assert Path(wrong.name).stem == "plain"


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        ("pass_on(&here);", "put(&here);", ["library"]),
        ("(total, what)", "(total, what + 0)", ["library", "plain"]),
        # What is wrong with it is told of its importer, as without a cache.
        ("add(what);", "add(nobody);", ["library", "plain"]),
        ("// Above.", "// Above.\nint more;", ["library", "plain"]),
    ],
    ids=["unreached", "reached", "error", "declaration"],
)
def test_a_library_that_is_not_asked_for_is_a_witness(
    old: str, new: str, read: list[str], loads: Loads
) -> None:
    path = loads.folder / "plain.khp"
    small.proved(path, loads.store)
    library = loads.folder / "library.khp"
    text = library.read_text(encoding="utf-8")
    assert old in text
    library.write_text(text.replace(old, new), encoding="utf-8")
    loads.read.clear()
    found = small.proved(path, loads.store)
    assert loads.read == read
    assert small.text_of(found) == small.text_of(small.proved(path, None))
    assert bool(found.files[0].diagnostics) == ("nobody" in new)
    loads.read.clear()
    assert small.text_of(small.proved(path, loads.store)) == small.text_of(found)
    assert (loads.read == []) == ("nobody" not in new)


def test_lines_of_witnesses_are_those_of_today(loads: Loads) -> None:
    """Refutations of files that are not loaded again name the lines where things are now."""
    before = small.proved(loads.folder, loads.store, explain=True)
    path = loads.folder / "library.khp"
    path.write_text("\n\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    loads.read.clear()
    after = small.proved(loads.folder, loads.store, explain=True)
    assert loads.read == ["library"]
    assert small.text_of(before) != small.text_of(after)
    assert small.text_of(after) == small.text_of(small.proved(loads.folder, None, explain=True))


def test_an_outline_that_is_gone_or_damaged_spares_nobody(
    loads: Loads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: object) -> dict[str, object]:
        return {}

    monkeypatch.setattr(outline, "recall", nothing)
    read = loads.after("library", "add(what);", "add(what + 1);")
    assert read == {"library", "plain", "narrow", "giver"}


SRCU = """\
models sc;
import "library.khp";
struct srcu_struct ss;
int idx;
actor a {{ {place} = srcu_read_lock(&ss); srcu_read_unlock(&ss, {place}); }}
scenario s {{ run a; expect proved; }}
"""


@pytest.mark.parametrize(("place", "again"), [("idx", set[str]()), ("p.one", {"srcu"})])
def test_an_srcu_index_that_comes_where_the_edit_looks(
    place: str, again: set[str], loads: Loads
) -> None:
    (loads.folder / "srcu.khp").write_text(SRCU.format(place=place), encoding="utf-8")
    small.proved(loads.folder, loads.store)
    loads.read.clear()
    assert loads.after("library", "int here = 0;", "int here = p.one;") == {"library"} | again
