"""What docs/changes.md shows is what is printed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.cli.test_changed import commit, git

ROOT = Path(__file__).parents[2]


def blocks() -> list[tuple[str, list[str]]]:
    text = (ROOT / "docs/changes.md").read_text(encoding="utf-8")
    found = re.findall(r"^```console\n\$ prove (.*)\n((?:.*\n)*?)```", text, re.MULTILINE)
    assert len(found) == 2
    return [(command, shown.splitlines()) for command, shown in found]


@pytest.mark.skipif(shutil.which("git") is None, reason="no git")
@pytest.mark.parametrize(("command", "shown"), blocks())
def test_the_page_shows_what_is_printed(
    command: str,
    shown: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On the protocol of the README, where the grace period is taken out again."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```c\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    text = text[: text.index("variant ")]
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols/other.khp").write_text("actor a { }\nscenario s { run a; }\n")
    place = tmp_path / "protocols/settings.khp"
    place.write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    place.write_text(text.replace("wait:\n\tsynchronize_rcu();\n", ""), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main([*command.split(), *(() if command.startswith("diff") else ("-j", "1"))]) == 1
    said = capsys.readouterr()
    lines = iter((said.err + said.out).splitlines())
    for line in shown:
        assert line in lines, (line, said.err + said.out)
