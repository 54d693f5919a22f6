"""A protocol whose every free text attacks the page, from the file to the browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.cli.entry import main
from tests.browser.conftest import Open

ATTACK = "</script><svg onload=alert(1)><img src=x onerror=alert(2)>&lt;b>"
NAME = "<img src=x onerror=alert(3)>'&.khp"
PROTOCOL = f"""\
// {ATTACK} ]]> <!-- --!> javascript:alert(4) \u00e9
models sc;
struct s {{ spinlock_t l class("{ATTACK}"); int x; }};
struct s s;
actor a {{ spin_lock(&s.l); s.x = 1; spin_unlock(&s.l); }}
actor b {{ spin_lock(&s.l); assert(s.x == 0, "{ATTACK}"); spin_unlock(&s.l); }}
scenario both {{ run a, b; final s.x == 2 : "{ATTACK}"; expect refuted assert; }}
scenario last {{ run a; final s.x == 2 : "{ATTACK}"; expect refuted final; }}
variant v "{ATTACK}" in both {{ drop b.none; }}
"""


@pytest.mark.parametrize("variant", [False, True])
def test_texts_of_a_protocol_are_inert(
    shown: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, variant: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    text = PROTOCOL if variant else PROTOCOL[: PROTOCOL.index("variant")]
    Path(NAME).write_text(text, encoding="utf-8")
    # The variant drops what is not there: a file with an error has a page too.
    assert main([NAME, "--report", "html=page.html"]) in ({2} if variant else {0, 1})
    page = shown(Path("page.html").read_text(encoding="ascii"))
    assert page.text("h1") == NAME
    if variant:
        assert "error[" in page.text("pre")
    else:
        for number in (0, 1):
            page.js(f"location.hash = '#o{number}'")
            page.wait(
                f"location.hash.startsWith('#o{number}') && !document.querySelector('#detail').hidden"
            )
            assert ATTACK in page.text("#said")
            for _ in range(8):
                page.press("j")
        assert ATTACK in page.js("document.getElementById('text').textContent")
    assert page.js("document.querySelectorAll('img, [onload], [onerror]').length") == 0
