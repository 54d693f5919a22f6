"""Models that let updates have only some tags: fences around an update, tags on one of its parts.

The models here are small: coherence, atomicity, and one order that the tags make.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dsl.litmus.macros import expand
from dsl.litmus.parse import parse_litmus
from dsl.source import Source
from prover.litmus.batch import load_litmus_model
from prover.litmus.build import build
from prover.litmus.decide import decide
from prover.litmus.updates import Parts, parts, without_result
from prover.models.cat import load_text

OLD = {
    "R": frozenset({"once", "acquire", "noreturn"}),
    "W": frozenset({"once", "release"}),
    "RMW": frozenset({"once", "acquire", "release"}),
    "F": frozenset({"mb"}),
}
EVERY = frozenset({"ONCE", "ACQUIRE", "MB"})
NEW = {"R": EVERY, "W": EVERY, "RMW": EVERY, "F": frozenset({"MB"})}
ONCE = ("once",)


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (("mb",), Parts(ONCE, ONCE, ONCE, ("mb",))),
        (("acquire",), Parts(("acquire",), ONCE, ONCE)),
        (("release",), Parts(ONCE, ONCE, ("release",))),
        (("noreturn",), Parts(("noreturn",), ONCE, ONCE)),
        (("once",), Parts(ONCE, ONCE, ONCE)),
        # Unknown to the model: kept, and so found by who checks the tags.
        (("nosuch",), Parts(("nosuch",), ("nosuch",), ("nosuch",))),
    ],
)
def test_a_tag_stands_where_the_model_allows_it(tags: tuple[str, ...], found: Parts) -> None:
    assert parts(tags, OLD) == found


@pytest.mark.parametrize("allowed", [NEW, {}, {"R": EVERY}])
def test_what_is_allowed_everywhere_or_not_spoken_of_stands_as_written(
    allowed: dict[str, frozenset[str]],
) -> None:
    assert parts(("MB",), allowed) == Parts(("MB",), ("MB",), ("MB",))


def test_updates_without_a_result() -> None:
    assert (without_result(OLD), without_result(NEW)) == ("noreturn", "NORETURN")


BELL = """"old"
enum Accesses = 'once || 'acquire || 'release || 'noreturn
enum Barriers = 'mb
instructions R[{'once, 'acquire, 'noreturn}]
instructions W[{'once, 'release}]
instructions RMW[{'once, 'acquire, 'release}]
instructions F[Barriers]
"""
CAT = """"old"
acyclic po-loc | com as coherence
empty rmw & (fre ; coe) as atomic
let strong = [M] ; fencerel(Mb) ; [M]
let order = strong | [Acquire] ; po ; [M] | [M] ; po ; [Release]
acyclic order | rfe | fre | coe as happens-before
"""
DEF = """
READ_ONCE(X) __load{once}(X)
WRITE_ONCE(X,V) { __store{once}(X,V); }
cmpxchg(X,V,W) __cmpxchg{mb}(X,V,W)
cmpxchg_acquire(X,V,W) __cmpxchg{acquire}(X,V,W)
xchg(X,V) __xchg{mb}(X,V)
xchg_release(X,V) __xchg{release}(X,V)
atomic_inc(X) { __atomic_op(X,+,1); }
"""
SB = """C sb
{}
P0(int *x, int *y, int *z)
{
	int r0;
	int r1;

	WRITE_ONCE(*x, 1);
	{first}
	r0 = READ_ONCE(*y);
}
P1(int *x, int *y, int *u)
{
	int r0;
	int r1;

	WRITE_ONCE(*y, 1);
	{second}
	r0 = READ_ONCE(*x);
}
exists (0:r0=0 /\\ 1:r0=0)
"""
MP = """C mp
{}
P0(int *x, int *y)
{
	int r1;

	WRITE_ONCE(*x, 1);
	r1 = xchg_release(y, 1);
}
P1(int *x, int *y)
{
	int r0;
	int r1;

	r1 = {first};
	r0 = READ_ONCE(*x);
}
exists (1:r1=1 /\\ 1:r0=0)
"""

Decide = Callable[[str], str]


@pytest.fixture
def decided(tmp_path: Path) -> Decide:
    for suffix, text in (("cat", CAT), ("bell", BELL), ("def", DEF)):
        (tmp_path / f"old.{suffix}").write_text(text, encoding="utf-8")
    model = load_litmus_model(str(tmp_path / "old.cat"))

    def run(text: str) -> str:
        answer = decide(Source("test.litmus", text), model, 30.0, explain=True)
        assert not answer.why, answer
        return answer.observation

    return run


@pytest.mark.parametrize(
    ("first", "second", "observation"),
    [
        ("r1 = xchg(z, 1);", "r1 = xchg(u, 1);", "Never"),
        ("r1 = xchg(z, 1);", "r1 = xchg_release(u, 1);", "Sometimes"),
        # One that happens orders, one that does not is a read.
        ("r1 = cmpxchg(z, 0, 1);", "r1 = cmpxchg(u, 0, 1);", "Never"),
        ("r1 = cmpxchg(z, 0, 1);", "r1 = cmpxchg(u, 7, 1);", "Sometimes"),
        ("atomic_inc(z);", "r1 = xchg(u, 1);", "Sometimes"),
    ],
)
def test_full_ordering_is_fences_around_what_happens(
    decided: Decide, first: str, second: str, observation: str
) -> None:
    assert decided(SB.replace("{first}", first).replace("{second}", second)) == observation


@pytest.mark.parametrize(
    ("first", "observation"),
    [
        ("cmpxchg_acquire(y, 1, 2)", "Never"),
        ("cmpxchg_acquire(y, 0, 2)", "Sometimes"),
        ("READ_ONCE(*y)", "Sometimes"),
    ],
)
def test_an_acquire_that_does_not_happen_orders_nothing(
    decided: Decide, first: str, observation: str
) -> None:
    assert decided(MP.replace("{first}", first)) == observation


def test_fences_are_around_the_update(tmp_path: Path) -> None:
    (tmp_path / "old.def").write_text(DEF, encoding="utf-8")
    (tmp_path / "old.cat").write_text(CAT, encoding="utf-8")
    (tmp_path / "old.bell").write_text(BELL, encoding="utf-8")
    under = load_litmus_model(str(tmp_path / "old.cat"))
    text = SB.replace("{first}", "r1 = xchg(z, 1);").replace("{second}", "")
    test = build(
        expand(parse_litmus(Source("test.litmus", text)), under.macros),
        {kind: frozenset(tags) for kind, tags in under.model.allowed},
    )
    own = ["".join((e.kind, "+" * ("Mb" in e.sets))) for e in test.events if e.process == 0]
    assert own == ["W", "F+", "R", "W", "F+", "R"]


SRCU = """"srcu"
enum SRCU = 'srcu-lock || 'srcu-unlock || 'sync-srcu
instructions SRCU[SRCU]
acyclic po-loc | com as coherence
let pairs = ([Srcu-lock] ; po ; [Srcu-unlock]) & loc
flag ~empty different-values(pairs) as other-cookie
"""
SECTIONS = """C sections
{}
P0(struct srcu_struct *s)
{
	int r0;
	int r1;

	r0 = srcu_read_lock(s);
	{body}
	srcu_read_unlock(s, {cookie});
}
exists (0:r0=0)
"""


@pytest.mark.parametrize(
    ("body", "cookie", "flags"),
    [
        ("", "r0", ()),
        ("r1 = r0;", "r1", ()),
        ("synchronize_srcu(s);", "r0", ()),
        ("", "r1", ("other-cookie",)),
        ("r1 = srcu_read_lock(s);", "r1", ("other-cookie",)),
    ],
)
def test_srcu_as_fences_has_cookies(
    tmp_path: Path, body: str, cookie: str, flags: tuple[str, ...]
) -> None:
    (tmp_path / "srcu.cat").write_text(SRCU, encoding="utf-8")
    macros = """
srcu_read_lock(X) __srcu{srcu-lock}(X)
srcu_read_unlock(X,Y) { __srcu{srcu-unlock}(X,Y); }
synchronize_srcu(X) { __srcu{sync-srcu}(X); }
"""
    (tmp_path / "srcu.def").write_text(macros, encoding="utf-8")
    model = load_litmus_model(str(tmp_path / "srcu.cat"))
    text = SECTIONS.replace("{body}", body).replace("{cookie}", cookie)
    answer = decide(Source("test.litmus", text), model, 30.0, explain=True)
    assert (answer.why, answer.observation, tuple(answer.flags)) == ("", "Never", flags)


def test_a_printed_model_allows_the_same() -> None:
    model = load_text("old.cat", BELL)
    assert dict(model.allowed)["R"] == ("once", "acquire", "noreturn")
    assert load_text("old.cat", str(model)) == model
