"""Small programs on which the prover once contradicted itself or gave up."""

from __future__ import annotations

from pathlib import Path

import pytest

from prover.pipeline import run
from prover.verdict import Refuted, Request, name_of

FOUND = {
    "a pointer that was never set": (
        """struct foo { int value; };
int r;
actor a { struct foo *p; r = p->value; }
scenario s { run a; }
""",
        "uninitialized",
    ),
    "a number that was never set": (
        """int x;
actor a { int old; cmpxchg(&x, old, old + 2); }
scenario s { run a; }
""",
        "uninitialized",
    ),
    "an out-parameter that was never set": (
        """int a;
bool find(int *out) { if (a) { *out += 5; return true; } return false; }
actor m { int n; if (!find(&n)) n = 2; a = n; }
scenario s { run m; }
""",
        "",
    ),
    "a half that was never set": (
        """word pmd_t { split low, high; none = 0; }
pmd_t p;
actor a { pmd_t pmd; pmd.low = (pmd.low); p = pmd; }
scenario s { run a; }
""",
        "uninitialized",
    ),
    "a claim about a folio lock": (
        """struct folio { folio_lock_t lock; };
struct folio F;
int x;
actor a { folio_lock(&F); WRITE_ONCE(x, 1); }
actor b { assume(READ_ONCE(x)); }
scenario s { run a, b; final !folio_test_locked(&F); }
""",
        "final",
    ),
    "two locks of a class held at the end": (
        """spinlock_t a class("shared");
spinlock_t b class("shared");
actor user { spin_lock(&a); spin_lock(&b); }
scenario s { run user; }
""",
        "lock-order",
    ),
    "a cycle of locks in one actor before an assertion": (
        """spinlock_t p class("p");
spinlock_t q class("q");
actor a {
	spin_lock(&p); spin_lock(&q); spin_unlock(&q); spin_unlock(&p);
	spin_lock(&q); spin_lock(&p);
	assert(0);
}
scenario s { run a; }
""",
        "lock-order",
    ),
    "a handler that enables interrupts": (
        """int x;
static void fn(void) { local_irq_enable(); WRITE_ONCE(x, 1); local_irq_disable(); }
actor a { smp_call_function(fn, true); }
actor b { x = 3; synchronize_rcu(); }
scenario s { run a, b; }
""",
        "",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_what_was_found(name: str, tmp_path: Path) -> None:
    text, violated = FOUND[name]
    file = tmp_path / "f.khp"
    file.write_text(text, encoding="utf-8")
    (report,) = run(Request((str(file),), jobs=1), lambda _: None).files
    assert report.diagnostics == ()
    (outcome,) = report.outcomes
    verdict = outcome.verdict
    found = verdict.properties if isinstance(verdict, Refuted) else (name_of(verdict),)
    assert found == ((violated,) if violated else ("proved",)), verdict
