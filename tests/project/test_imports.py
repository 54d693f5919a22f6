"""Starting is fast because slow packages are imported only where they are needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SLOW = ("z3", "lark", "typer", "rich", "hypothesis", "multiprocessing", "asyncio", "jinja2")


def _loaded(code: str) -> set[str]:
    """Which of the slow packages are loaded after ``code`` ran in a fresh interpreter."""
    script = f"import sys\n{code}\nprint('loaded', *sorted(set(sys.modules) & set({SLOW!r})))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_and_version_load_nothing_slow(arguments: list[str]) -> None:
    assert _loaded(f"from prover.__main__ import main\nassert main({arguments!r}) == 0") == set()


def test_the_command_line_loads_typer_only() -> None:
    assert _loaded("import prover.cli.app\nprover.cli.app.build()") <= {"typer"}


def test_an_option_that_is_wrong_loads_neither_parser_nor_solver() -> None:
    code = "from prover.__main__ import main\nassert main(['x.khp', '--max-bound', '0']) == 2"
    assert _loaded(code) <= {"typer"}


def test_explain_loads_neither_parser_nor_solver() -> None:
    code = "from prover.__main__ import main\nassert main(['explain', 'torn-value']) == 0"
    assert _loaded(code) <= {"typer"}


def test_the_language_server_loads_no_solver() -> None:
    code = """
import prover.lsp.server
from prover.lsp.analysis import Analyst, Document
found = Analyst().analyse(Document("untitled:1", "int n;", 1, None), {})
assert found.checked
"""
    assert _loaded(code) <= {"asyncio", "lark"}


def test_no_module_outside_the_solver_loads_slow_packages() -> None:
    folders = ("dsl", "prover/render", "prover/execution", "prover/graph", "prover/models")
    modules = sorted(
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        # The lexer is a part that the parser is made with.
        if path.name != "__init__.py" and path != ROOT / "dsl/lexer.py"
    )
    assert len(modules) > 20, "no modules found"
    code = f"""
import importlib
for name in {modules!r}:
    importlib.import_module(name)
    loaded = sorted(set(sys.modules) & set({SLOW!r}))
    assert not loaded, (name, loaded)
"""
    assert _loaded(code) == set()


def test_a_command_does_not_load_the_others() -> None:
    code = """
from prover.__main__ import main
assert main(["explain", "torn-value"]) == 0
from prover.cli.entry import COMMANDS
print("loaded", *(name for name in COMMANDS if f"prover.cli.{name}" in sys.modules))
raise SystemExit
"""
    script = f"import sys\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded explain"
