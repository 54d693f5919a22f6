"""What is installed has what a checkout has."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel, as an installation would leave it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    site = folder / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return site


def run_there(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs Python outside the checkout, with the installation first and no checkout on its path."""
    code = (
        "import sys; "
        f"sys.path[:] = [{str(site)!r}] + [p for p in sys.path if p not in ('', {str(ROOT)!r})]; "
        "from prover.__main__ import main; import dsl; "
        f"assert dsl.__file__.startswith({str(site)!r}); sys.exit(main())"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_every_file_that_is_not_python_is_there(installed: Path) -> None:
    wanted = [
        path
        for folder in ("dsl", "prover")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    ]
    assert wanted
    for path in wanted:
        assert (installed / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


def test_the_library_of_protocols_is_there(installed: Path) -> None:
    names = {path.relative_to(ROOT / "protocols") for path in (ROOT / "protocols").rglob("*.khp")}
    assert names
    there = installed / "dsl" / "_protocols"
    assert {path.relative_to(there) for path in there.rglob("*.khp")} == names


def test_nothing_else_is_there(installed: Path) -> None:
    top = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert top == {"dsl", "prover"}


def test_a_protocol_elsewhere_finds_the_library(installed: Path, tmp_path: Path) -> None:
    library = min((ROOT / "protocols" / "kernel").glob("*.khp"))
    file = tmp_path / "mine.khp"
    file.write_text(f'import "kernel/{library.name}";\n', encoding="utf-8")
    done = run_there(installed, tmp_path, "list", str(file))
    assert (done.returncode, done.stderr) == (0, "")
