"""A handler that does not come to its end before its host has done anything."""

from __future__ import annotations

import pytest

from prover.smt.weak import waits
from tests.weak.against import compare

NULL = """
struct item { int v; };
struct item one; struct item *first;
actor host { WRITE_ONCE(first, &one); }
actor tick interrupts host { READ_ONCE(READ_ONCE(first)->v); }
scenario s { run host, tick; }
"""

BUG = """
int x;
static void h(void) { BUG_ON(!READ_ONCE(x)); }
actor host { xchg(&x, 1); }
actor sender { smp_call_function(h, false, host); }
scenario s { run host, sender; }
"""

PROGRAMS = {"null-pointer": NULL, "bug-on": BUG}


@pytest.mark.parametrize("model", ["lkmm", "tso"])
@pytest.mark.parametrize("violated", PROGRAMS)
def test_it_is_found(violated: str, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"models {model};\n{PROGRAMS[violated]}"
    assert not compare(text, model).unsound
    places = waits._gaps
    with monkeypatch.context() as planted:
        planted.setattr(waits, "_gaps", lambda frame, host: [0, *places(frame, host)[1:]])
        assert compare(text, model).unsound == [violated]
