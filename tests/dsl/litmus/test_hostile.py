"""Input that means harm is refused quickly, by a diagnostic."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dsl.codes import CODES
from dsl.diagnostic import Diagnostic, DiagnosticError
from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus, parse_macros
from dsl.source import Source

ROOT = Path(__file__).parents[3]
DEFINITIONS = (ROOT / "prover/models/shipped/lkmm.def").read_text(encoding="utf-8")
SEED_TEST = r"""C MP+a (* one *)
"Rfe Fre"
{ int x = 1; int *p = &x; 0:r3 = x; spinlock_t l; }

P0(int *x, int **p, spinlock_t *l)
{
	int r0 = 1, *r1;

	spin_lock(l); // two
	r1 = (int *)rcu_dereference(*p);
	if (r0 == 0x1 && !(*x - 2)) { WRITE_ONCE(*r1, r0 ? 1 : ~2); } else smp_mb();
	spin_unlock(l);
}

P1(int *x)
{
	r0 = xchg_acquire(x, 2);
}

locations [x; 0:r0]
filter (~x=3)
exists (0:r0=1 /\ (x=2 \/ 1:r0=0:r0))
"""


def refused(text: str) -> str:
    with pytest.raises(DiagnosticError) as caught:
        parse_litmus(Source("t", text))
    return caught.value.diagnostics[0].code


def body(text: str) -> str:
    return f"C t {{}} P0(int *x) {{ {text} }} exists (x=1)"


N = 50_000


@pytest.mark.parametrize(
    "text",
    [
        body("r0 = " + "(" * N + "1" + ")" * N + ";"),
        body("r0 = " + "*" * N + "x;"),
        body("r0 = " + "- " * N + "1;"),
        body("r0 = " + "!" * N + "1;"),
        body("r0 = " + "(int)" * N + "1;"),
        body("r0 = " + "f(" * N + "1" + ")" * N + ";"),
        body("r0 = " + "1 ? " * N + "1" + " : 1" * N + ";"),
        body("r0 = " + "1 ? 1 : " * N + "1;"),
        body("r0 = " + "1 + " * N + "1;"),
        body("r0 = " + "1 || 1 && " * N + "1;"),
        body("{" * N + "}" * N),
        body("if (1) " * N + ";"),
        body("if (1) ; else " * N + ";"),
        f"C t {{}} P0() {{}} exists {'(' * N}x=1{')' * N}",
        f"C t {{}} P0() {{}} exists {'~' * N}x=1",
        f"C t {{}} P0() {{}} exists {'x=1 => ' * N}x=1",
    ],
    ids=lambda text: text[20:44],
)
def test_deep_nesting_is_refused(text: str) -> None:
    assert refused(text) in {"too-deep", "too-large"}


def test_long_conditions_are_not_deep() -> None:
    text = "C t {} P0(int *x) {} exists (" + "x=1 /\\ " * 10_000 + "x=1)"
    assert parse_litmus(Source("t", text)).quantifier == "exists"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "litmus-header"),
        ("\0" * 1000, "litmus-header"),
        ("C t\n{}\n\0", "bad-character"),
        ("C t {} P0(int *x) { r0 = \ud800; }", "bad-character"),
        ("C t\n" + "x" * (10 << 20), "too-large"),
        ("C t {}" + ";" * 300_000, "too-large"),
        ("C t\n" + "(*" * 400_000, "unterminated-comment"),
        ("C t {}" + "/*" * 400_000, "unterminated-comment"),
        ("C t {} /*" + "a*" * 400_000, "unterminated-comment"),
        ("C t\n" + '"' * 900_000, "syntax"),
        ("C t\n" + "// \n" * 200_000, "syntax"),
        (body("r0 = " + "9" * 100_000 + ";"), "bad-number"),
        (f"C t {{}} P{'9' * 100_000}() {{}}", "not-in-litmus"),
        ("C t {} P0() {} exists (99999999999:r0=1)", "process-number"),
    ],
    ids=range(14),
)
def test_hostile_input_is_refused_quickly(text: str, code: str) -> None:
    begun = time.process_time()
    assert refused(text) == code
    assert time.process_time() - begun < 5


def _damaged(rng: random.Random, text: str) -> str:
    pieces = list(text)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(pieces))
        match rng.randrange(4):
            case 0:
                del pieces[at : at + rng.randrange(1, 12)]
            case 1:
                pieces.insert(at, rng.choice("(){}[]*&~=;:,+-<>!?/\\|^%\"'#@$. \n09xP\0\x7f\u00e9"))
            case 2:
                other = rng.randrange(len(pieces))
                pieces[at:at] = pieces[other : other + rng.randrange(30)]
            case _:
                del pieces[at:]
                pieces.append(" ")
        pieces = pieces or [" "]
    return "".join(pieces)


def _tried(text: str, read: Callable[[Source], object]) -> bool:
    """Whether ``text`` is read; if not, what is said must be whole."""
    found: tuple[Diagnostic, ...] = ()
    try:
        read(Source("t", text))
    except DiagnosticError as error:
        found = error.diagnostics
    for diagnostic in found:
        assert diagnostic.primary is not None
        assert 0 <= diagnostic.primary.span.start <= diagnostic.primary.span.end <= len(text)
        assert diagnostic.hint
        assert diagnostic.code in CODES
    return not found


def test_a_damaged_test_is_read_or_refused() -> None:
    rng = random.Random(11)
    macros = parse_macros(Source("m", DEFINITIONS))
    texts = [_damaged(rng, SEED_TEST) for _ in range(3000)]
    read = sum(_tried(text, lambda source: expand(parse_litmus(source), macros)) for text in texts)
    assert 50 < read < 1500


def test_a_damaged_macro_file_is_read_or_refused() -> None:
    rng = random.Random(12)
    starts = (rng.randrange(len(DEFINITIONS) - 400) for _ in range(500))
    texts = [_damaged(rng, DEFINITIONS[start : start + 400]) for start in starts]
    assert sum(_tried(text, parse_macros) for text in texts) < 250


def test_garbage_is_read_or_refused() -> None:
    rng = random.Random(13)
    words = [*"C t { } ( ) * & ~ = ; : , P0 P1 int x r0 1 if else exists [ ] ==".split()]
    words += ["/\\", "\\/", "(*", "*)", "__load"]
    texts = ["C t {} " + " ".join(rng.choices(words, k=rng.randrange(60))) for _ in range(1500)]
    assert sum(_tried(text, parse_litmus) for text in texts) < 100
