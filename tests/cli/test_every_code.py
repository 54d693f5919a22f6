"""Every code of a diagnostic comes out of the command, or out of a case of its own folder.

The folders with cases have a test each that the case's code is what comes out; what they have no
case for stands in PRODUCED, and is produced here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from dsl.codes import CODES
from prover.cli.entry import main
from prover.models.cat.codes import CAT_CODES
from tests.replay.making import text_of, witness

TESTS = Path(__file__).parents[1]
UNREPORTED = {
    "certificate-broken": "tests/parametric/certificate/test_document.py does",
    "certificate-other": "tests/parametric/certificate/test_document.py does",
    "certificate-refused": "tests/parametric/certificate/test_document.py does",
    "cluster-lost": "tests/cluster/test_on_loopback.py does",
    "cluster-missing": "tests/cluster/test_surroundings.py does",
    "cluster-version": "tests/cluster/test_answers.py does",
    "address-of-local": "the checker refuses all that the tests think of, as local-address",
    "git-failed": "tests/cli/test_changed.py does",
    "no-git": "tests/cli/test_changed.py does",
    "no-watchdog": "tests/cli/test_watch.py does",
    "not-a-repository": "tests/cli/test_changed.py does",
    "unknown-revision": "tests/cli/test_changed.py does",
    "unwritable-file": "tests/hostile/test_surroundings.py and tests/cli/test_reports.py do",
    "no-second-solver": "tests/cli/test_certify.py does, where the solver cannot be imported",
    "recursive-callback": "the checker refuses it as recursion, which follows callbacks too",
}
"""Codes that no test produces, each with the reason."""

FIRST_LINES: Mapping[str, str] = {
    "cases/check/*.khp": r"// error: ([\w, -]+)$",
    "cases/syntax/*.khp": r"\A// error: ([\w -]+)$",
    "cases/export/refused/*.khp": r"\A// Refused: ([\w-]+)",
    "cases/new/refused/*.c": r"\A.*\n.*: ([\w, -]+)$",
    "dsl/litmus/refused/*.litmus": r"\A// error: ([\w-]+)$",
    "models/refused/*.cat": r"\A// ([\w-]+)$",
}
"""Where a folder's cases say what they are refused for."""

RUN = "actor a { }\nscenario s { run a; }\n"
WRONG = (
    "int x;\nactor a { assert(x); }\nscenario s { run a; expect refuted assert; }\n"
    "scenario t { run a; expect refuted assert; }\n"
)
WORD = "word w_t { split low, high; none = 0; one = 1; }\nw_t w;\n"
CALLED = "static void f(u32 *p) { *p = 1; }\n"
HOLDING = "struct o { struct o *next; spinlock_t l; };\nstruct o o;\n"

FREED = text_of("freed.khp")

Files = dict[str, str | bytes]
PRODUCED: Mapping[str, tuple[Files, tuple[str, ...]]] = {
    "cluster-address": ({"f.khp": RUN}, ("--cluster", "nobody", "f.khp")),
    "cluster-silent": ({"f.khp": RUN}, ("--no-cache", "--cluster", "127.0.0.1:1", "f.khp")),
    "file-not-found": ({}, ("f.khp",)),
    "import-cycle": ({"f.khp": 'import "g.khp";', "g.khp": 'import "f.khp";'}, ("f.khp",)),
    "import-not-found": ({"f.khp": 'import "g.khp";'}, ("f.khp",)),
    "import-outside": ({"f.khp": 'import "/etc/passwd";'}, ("f.khp",)),
    "empty-folder": ({}, (".",)),
    "not-a-file": ({}, ("needs", ".")),
    "not-utf8": ({"f.khp": b"// \xff\n"}, ("f.khp",)),
    "too-large": ({"f.khp": " " * (2 << 20)}, ("f.khp",)),
    "too-many-files": (
        {f"f{n}.khp": f'import "f{n + 1}.khp";\n' for n in range(120)},
        ("f0.khp",),
    ),
    "unreadable-file": ({}, ("f" * 300 + ".khp",)),
    "no-witness": ({"f.khp": RUN}, ("--format", "svg", "f.khp")),
    "several-witnesses": ({"f.khp": WRONG}, ("--format", "svg", "f.khp")),
    "needs-numbers": (
        {"f.khp": "actor a { }\nscenario s { run a *; }\n"},
        ("--model", "lkmm", "f.khp"),
    ),
    "no-certificate": ({"f.khp": RUN}, ("--emit", "certificate=c", "f.khp")),
    "several-certificates": (
        {"f.khp": "config C = off | on;\nactor a { }\nscenario s { run a *; }\n"},
        ("--emit", "certificate=c", "f.khp"),
    ),
    "any-number-unsupported": (
        {
            "f.khp": "struct srcu_struct s;\nactor a { srcu_up_read(&s, srcu_down_read(&s)); }\n"
            "scenario t { run a *; }\n"
        },
        ("f.khp",),
    ),
    "infinite-state": (
        {"f.khp": "actor a { while (1) rcu_read_lock(); }\nscenario s { run a *; }\n"},
        ("f.khp",),
    ),
    "nothing-selected": ({"f.khp": "int x;\n"}, ("f.khp",)),
    "unknown-selection": ({"f.khp": RUN}, ("--scenario", "t", "f.khp")),
    "address-of-half": (
        {"f.khp": f"{WORD}{CALLED}actor a {{ f(&w.low); }}\nscenario s {{ run a; }}\n"},
        ("f.khp",),
    ),
    "half-of-whole-word": (
        {
            "f.khp": "config PAE = off | on;\nword w_t { split low, high when PAE == on; none = 0; }\n"
            "w_t w;\nactor a { w.low = 1; }\nscenario s { run a; }\n"
        },
        ("f.khp",),
    ),
    "rmw-of-half": (
        {"f.khp": f"{WORD}actor a {{ xchg(&w.low, 1); }}\nscenario s {{ run a; }}\n"},
        ("f.khp",),
    ),
    "transition-holding-load": (
        {"f.khp": f"{HOLDING}{WORD}transition w {{ none -> one holding o.next->l; }}\n{RUN}"},
        ("f.khp",),
    ),
    "macro-recursion": (
        {
            "t.litmus": "C t\n{}\nP0(int *x) { f(1); }\nexists (x=1)\n",
            "m.def": "f(X) { f(X); }\n",
            "m.cat": "acyclic po | rf as a\n",
        },
        ("--model", "m.cat", "t.litmus"),
    ),
    "model-tag": (
        {
            "t.litmus": "C t\n{}\nP0(int *x) { *x = 1; odd(); }\nexists (x=1)\n",
            "m.def": "odd() { __fence{odd-one}; }\n",
            "m.cat": 'include "m.bell"\nacyclic po | rf as a\n',
            "m.bell": "enum Barriers = 'one\ninstructions F[Barriers]\n",
        },
        ("--model", "m.cat", "t.litmus"),
    ),
    "drift-nothing": ({"f.khp": RUN}, ("drift", "--linux", ".", "f.khp")),
    "drift-revision": ({"f.khp": RUN}, ("drift", "--linux", ".", "--since", "v1", "f.khp")),
    "drift-row": (
        {"f.khp": CALLED, "f.drift": "f f x.c\n"},
        ("drift", "--linux", ".", "f.khp"),
    ),
    "drift-source": (
        {"f.khp": CALLED, "f.drift": "f f x.c v1.0 - - -\n", "x.c": b"\xff\n"},
        ("drift", "--linux", ".", "f.khp"),
    ),
    "drift-tree": ({"f.khp": RUN}, ("drift", "--record", "--linux", ".", "f.khp")),
    "drift-unknown-function": (
        {"f.khp": CALLED, "f.drift": "g g x.c v1.0 - - -\n"},
        ("drift", "--linux", ".", "f.khp"),
    ),
    "witness-broken": ({"w.json": "{}"}, ("replay", "w.json")),
    "witness-edited": (
        {"freed.khp": FREED, "w.json": witness("freed.khp").replace('"free(old)"', '"old"')},
        ("replay", "w.json"),
    ),
    "witness-file": (
        {"w.json": witness("freed.khp").replace('"file": "freed.khp"', '"file": "/freed.khp"')},
        ("replay", "w.json"),
    ),
    "witness-other": (
        {"f.khp": RUN, "w.json": witness("freed.khp")},
        ("replay", "w.json", "f.khp"),
    ),
    "new-output": ({"f.c": "int f(void)\n{\n\treturn 0;\n}\n"}, ("new", "f.c", "f", "-o", "no/f")),
}


@pytest.mark.parametrize("code", sorted(PRODUCED))
def test_the_command_reports_it(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files, arguments = PRODUCED[code]
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    said = "".join(capsys.readouterr())
    assert f"error[{code}]" in said or f"[{code}]" in said, said


def in_cases() -> set[str]:
    """What the cases of all folders are refused for."""
    found: set[str] = set()
    for pattern, line in FIRST_LINES.items():
        cases = sorted(TESTS.glob(pattern))
        assert cases, pattern
        for case in cases:
            codes = re.findall(line, case.read_text(encoding="utf-8"), re.MULTILINE)
            assert codes, case
            found.update(code for each in codes for code in re.split(r"[, ]+", each))
    return found


def test_every_code_is_produced() -> None:
    every = {*CODES, *CAT_CODES}
    produced = in_cases() | PRODUCED.keys()
    assert sorted(every - produced - UNREPORTED.keys()) == []
    assert sorted(UNREPORTED.keys() & produced) == []
    assert sorted(produced - every - {"none"}) == []


@pytest.mark.parametrize("code", sorted({*CODES, *CAT_CODES}))
def test_every_code_is_explained(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 0
    text = capsys.readouterr().out
    assert text.isascii()
    assert len(text.splitlines()) >= 2
