"""An edit of a library function that handles SRCU indexes: who is checked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cache import indexes, small
from tests.cache.test_shared import Loads

ALL = set(indexes.USERS)
BODY = indexes.BODY


@pytest.fixture
def loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loads:
    indexes.WORLD.write(tmp_path / "p")
    found = Loads(tmp_path, monkeypatch)
    small.proved(found.folder, found.store)
    return found


def wrong(loads: Loads) -> dict[str, set[str]]:
    """The codes of what is wrong with files, by their names."""
    found = small.proved(loads.folder, loads.store)
    return {
        Path(f.name).stem: {d.code for d in f.diagnostics} for f in found.files if f.diagnostics
    }


@pytest.mark.parametrize(
    ("old", "new", "read"),
    [
        (BODY, BODY + "\n", set[str]()),
        (BODY, "\tend(idx); // so\n", set[str]()),
        ("\tint idx = begin();", "\tint idx = fill();", set[str]()),
        # To a field that nobody else has one in, and the same of who hands one through.
        (BODY, "\tWRITE_ONCE(box.slot, idx);\n" + BODY, ALL),
        (BODY, "\tend(same(idx));\n", ALL - {"hands"}),
        # From where another has one: of a function's result, and of a field.
        ("int three = 3;", "int three = same(5);", {"hands"}),
        ("int three = 3;", "int three = same(5) + 1;", {"hands"}),
        ("int three = 3;", "int three = READ_ONCE(box.other);", {"keeps"}),
        # Behind a pointer may be anywhere.
        (BODY, "\tint *at = &idx;\n" + BODY, ALL),
    ],
)
def test_who_is_loaded_again(old: str, new: str, read: set[str], loads: Loads) -> None:
    assert loads.after("library", old, new) == {"library", "reaches"} | read


@pytest.mark.parametrize(
    ("old", "new", "who"),
    [
        # `looks` compares what is in that field, `calls` and `none` look at what comes back.
        (BODY, "\tWRITE_ONCE(box.slot, idx);\n" + BODY, {"looks"}),
        (BODY, "\tend(same(idx));\n", {"calls", "none"}),
        # The edited function itself looks at what `hands` has got back, at what `keeps` has kept.
        ("int three = 3;", "int three = same(5) + 1;", {"hands"}),
        ("int three = 3;", "int three = READ_ONCE(box.other) + 1;", {"keeps"}),
    ],
)
def test_who_is_wrong_with_it_is_told(old: str, new: str, who: set[str], loads: Loads) -> None:
    loads.after("library", old, new)
    assert wrong(loads) == {name: {"index-used"} for name in who}


def test_where_an_index_was_once_nobody_looks_unseen(loads: Loads) -> None:
    """An edit takes it away, and another puts it back; between them somebody begins to look."""
    put = "\tWRITE_ONCE(box.more, idx);\n" + BODY
    loads.after("library", "int other; };", "int other; int more; };")
    assert loads.after("library", BODY, put) == {"library", *ALL}
    # The library itself is remembered as it was then.
    assert loads.after("library", put, BODY) == {"reaches"}
    looks = "int i = begin();"
    assert loads.after("plain", looks, looks + " if (READ_ONCE(box.more)) { }") == {"plain"}
    loads.after("library", BODY, put)
    assert wrong(loads) == {"plain": {"index-used"}}


def test_what_only_a_variant_hands_through_is_told(loads: Loads) -> None:
    path = loads.folder / "plain.khp"
    text = path.read_text(encoding="utf-8").replace("end(i);", "in: end(i);")
    text += 'variant w "through" in s { replace a.in with { end(same(i)); } }\n'
    path.write_text(text, encoding="utf-8")
    small.proved(loads.folder, loads.store)
    read = loads.after("library", "int three = 3;", "int three = same(5) + 1;")
    assert read == {"library", "reaches", "hands", "plain"}
    assert wrong(loads) == {name: {"index-used"} for name in ("hands", "plain")}


def test_what_an_edit_gave_an_index_to_is_known_at_the_next(loads: Loads) -> None:
    got = "int got(void)\n{\n\treturn begin();\n}\n\nint fill(void)"
    assert loads.after("library", "int fill(void)", got) == {"library"}
    assert loads.after("library", BODY, "\tend(got());\n" + BODY) == {"library", "reaches"}


def test_what_an_edit_took_an_index_from_is_free_at_the_next(loads: Loads) -> None:
    old = "int fill(void)\n{\n\treturn begin();"
    assert loads.after("library", old, old.replace("begin()", "1")) == {"library"}
    read = loads.after("library", "int three = 3;", "int three = fill() + 1;")
    assert read == {"library", "reaches"}


def test_with_two_libraries_above_the_importer_of_both_is_checked_again(loads: Loads) -> None:
    """Neither was checked with the functions of the other."""
    for name in ("one", "two"):
        text = f'import "library.khp";\nvoid {name}(void) {{ spare(); }}\n'
        (loads.folder / f"{name}.khp").write_text(text, encoding="utf-8")
    text = indexes.USERS["plain"].replace("library", "one")
    (loads.folder / "single.khp").write_text(text, encoding="utf-8")
    text = text.replace('import "one.khp";', 'import "one.khp";\nimport "two.khp";')
    (loads.folder / "both.khp").write_text(text, encoding="utf-8")
    small.proved(loads.folder, loads.store)
    read = loads.after("library", BODY, BODY + "\n")
    assert read == {"library", "reaches", "one", "two", "both"}
