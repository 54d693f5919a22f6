"""Guards written out do what the compiler makes of them: what is taken and given back, in order.

Each random function is compiled twice, with macros like those of the kernel and written out; both
are run on the same inputs.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from random import Random

import pytest

from dsl.paste.cursor import Cursor
from dsl.paste.locate import locate
from dsl.paste.statements import block
from dsl.paste.tokens import tokens
from dsl.paste.unfold import unfold
from dsl.source import Source
from tests.new.compiled import Writer, program

COMPILER = shutil.which("gcc")
MANY = 50


def written_out(text: str, number: int) -> str:
    """A function without guards; nothing of it may be marked."""
    source = Source("f.c", text)
    found = tokens(source)
    place = locate(source, found, f"f{number}")
    unfolded = unfold(source, found, [(place, block(Cursor(source.name, place.body)))])
    if unfolded is not None:
        assert unfolded.marks == ()
        text = unfolded.source.text
    text = re.sub(r"\b(?:struct mutex|spinlock_t) \*", "int *", text)
    return text.replace(f" *f{number}(", f" *g{number}(")


@pytest.mark.skipif(COMPILER is None, reason="no gcc")
@pytest.mark.parametrize("first", [0, 1000, 2000])
def test_guards_written_out_do_what_the_compiler_makes_of_them(first: int, tmp_path: Path) -> None:
    given = [Writer(Random(first + k)).function(f"f{k}") for k in range(MANY)]
    pairs = [(text, written_out(text, k)) for k, text in enumerate(given)]
    (tmp_path / "p.c").write_text(program(pairs), encoding="utf-8")
    assert COMPILER is not None
    subprocess.run([COMPILER, "-w", "-o", "p", "p.c"], cwd=tmp_path, check=True)
    ran = subprocess.run(
        [str(tmp_path / "p")], check=False, capture_output=True, text=True, timeout=60
    )
    if ran.stdout:
        pytest.fail("\n".join(pairs[int(ran.stdout.split()[0])]))
    assert ran.returncode == 0
