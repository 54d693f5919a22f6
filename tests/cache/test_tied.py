"""Decisions whose words name a line of a file, or with more in them than their slice has."""

from __future__ import annotations

from pathlib import Path

from prover.cache.store import Store
from prover.verdict import FileReport, Refuted
from tests.cache import small

ORDER = """\
// Who may be taken under whom.
struct mm { struct mutex lock; };
struct file { struct mutex lock; };
lock_order mm.lock -> file.lock : "mm/x.c";
"""

LIBRARY = """\
void spare(void)
{
}
"""

USER = """\
models sc;
import "order.khp";
import "library.khp";
struct mm m;
struct file f;
actor a { mutex_lock(&f.lock); mutex_lock(&m.lock); mutex_unlock(&m.lock); mutex_unlock(&f.lock); }
scenario s { run a; expect refuted lock-order; }
"""


class Runs:
    """A folder, and which of its files are decided in a run."""

    def __init__(self, folder: Path, texts: dict[str, str]) -> None:
        self.folder = folder / "p"
        self.folder.mkdir()
        self.store = Store(folder / "cache")
        for name, text in texts.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / f"{name}.khp").write_text(text, encoding="utf-8")

    def __call__(self, *, explain: bool = False) -> set[tuple[str, str]]:
        """What is decided; what is said must be what is said without memory."""
        found = small.proved(self.folder, self.store, explain=explain)
        without = small.proved(self.folder, None, explain=explain)
        assert small.text_of(found) == small.text_of(without)
        assert all(not file.diagnostics for file in found.files)
        return {decided for file in found.files for decided in _decided(file)}


def _decided(file: FileReport) -> set[tuple[str, str]]:
    name = Path(file.name).stem
    return {(name, o.obligation.variant) for o in file.outcomes if o.measured.seconds}


def words(runs: Runs) -> str:
    (file,) = (f for f in small.proved(runs.folder, runs.store).files if f.outcomes)
    verdict = file.outcomes[0].verdict
    assert isinstance(verdict, Refuted)
    return repr(verdict.witness)


def test_lines_of_an_import_that_is_as_it_was(tmp_path: Path) -> None:
    runs = Runs(tmp_path, {"order": ORDER, "library": LIBRARY, "user": USER})
    assert runs() == {("user", "")}
    assert "order.khp:4" in words(runs)
    # Neither where it stands itself nor what it does not reach makes a difference ...
    runs.write("user", "// More.\n" + USER)
    assert runs() == set()
    runs.write("library", LIBRARY.replace("spare", "more"))
    runs.write("user", "// And more.\n" + USER)
    assert runs() == set()
    # ... but lines of the other file do, whoever has the same text.
    runs.write("order", "\n" + ORDER)
    assert runs() == {("user", "")}
    assert "order.khp:5" in words(runs)
    runs.write("user", USER)
    assert runs() == set()


def test_another_file_with_the_same_text(tmp_path: Path) -> None:
    runs = Runs(tmp_path, {"order": ORDER, "library": LIBRARY, "user": USER})
    runs()
    runs.write("rules", ORDER)
    runs.write("user", USER.replace("order.khp", "rules.khp"))
    assert runs() == {("user", "")}
    assert "rules.khp:4" in words(runs)


CHOICES = """\
models sc;
u32 total;
void plain(void) { WRITE_ONCE(total, 1); }
void other(void) { choose { WRITE_ONCE(total, 2); } or { WRITE_ONCE(total, 3); } }
actor a { put: plain(); }
actor b { READ_ONCE(total); WRITE_ONCE(total, 5); }
scenario s { run a, b; final total != 7; expect proved; }
variant one "a" in s { exchange plain with other; expect proved; }
variant two "b" in s { drop a.put; expect proved; }
variant three "c" in s { replace a.put with { WRITE_ONCE(total, 7); } expect refuted final; }
"""


def test_choices_of_other_variants_are_no_part_of_a_decision(tmp_path: Path) -> None:
    """All variants are asked about in one program, and what is chosen in it is noted."""
    runs = Runs(tmp_path, {"user": CHOICES})
    assert runs() == {("user", each) for each in ("", "one", "two", "three")}
    runs.write("user", "// More.\n" + CHOICES)
    assert runs() == set()
    assert runs(explain=True) == {("user", each) for each in ("", "one", "two", "three")}
    runs.write("user", CHOICES)
    assert runs(explain=True) == set()
