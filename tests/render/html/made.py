"""A report made by hand, with everything that a page can show, and with names that attack it."""

from __future__ import annotations

from dsl.frozen import replace
from dsl.protocol import ALWAYS, Expect
from dsl.source import Source, Span
from prover.execution.scene import (
    Cell,
    Edge,
    Hold,
    Life,
    LockScene,
    OpenSection,
    Pending,
    Scene,
)
from prover.execution.witness import Call, Column, Moment, Touch, Witness
from prover.verdict import (
    FileReport,
    Measured,
    Obligation,
    Outcome,
    Proved,
    Refuted,
    Report,
    Unknown,
    Verdict,
)

ATTACK = "</script><img src=x onerror=alert(1)><b>&amp;\"'`${1}"
"""Ends a script element, starts one of its own, an entity, quotes."""

TEXT = """\
/* two lines
   of remark */
actor reader { // reads
\trcu_read_lock();
\tx = READ_ONCE(p->x);
\trcu_read_unlock();
}
actor writer {
\tspin_lock(&l);
\tsynchronize_rcu();
\tfree(p);
}
"""


def span(code: str, name: str = "f.khp", text: str = TEXT) -> Span:
    """The place of a piece of the text."""
    start = text.index(code)
    return Span(name, start, start + len(code))


def scene(**parts: object) -> Scene:
    """A scene with the parts that are named."""
    empty: dict[str, object] = dict.fromkeys("cells locks sections pending lives".split(), ())
    return Scene(**{**empty, **parts})  # type: ignore[arg-type]


def moment(thread: int, code: str, **more: object) -> Moment:
    """A step of the text."""
    given: dict[str, object] = {"calls": (), "touches": (), "note": "", "bad": False, **more}
    return Moment(thread, "load", span(code), **given)  # type: ignore[arg-type]


def halves(low: str, high: str) -> tuple[Cell, ...]:
    """A torn word."""
    return (Cell("pmd.low", low, "pmd", "low"), Cell("pmd.high", high, "pmd", "high"))


def witness(name: str = "reader", message: str = "p was freed") -> Witness:
    """Five steps: a reader, a lock, a grace period, a free, the read."""
    lock = LockScene("l", "spinlock", (Hold(1, "exclusive"),), ())
    free = LockScene("l", "spinlock", (), ())
    section = OpenSection(0, "rcu", "", 0)
    waiting = Pending("grace period", 1, (0,), 2)
    live, freed = Life("p", "live", 1), Life("p", "freed", 1)
    start = scene(cells=halves("0", "0"), locks=(free,), lives=(live,))
    inside = scene(cells=halves("0", "0"), locks=(free,), sections=(section,), lives=(live,))
    locked = scene(cells=halves("0x2", "0"), locks=(lock,), sections=(section,), lives=(live,))
    asked = scene(
        cells=halves("0x2", "0"),
        locks=(lock,),
        sections=(section,),
        pending=(waiting,),
        lives=(live,),
    )
    gone = scene(cells=halves("0x2", "0x1"), locks=(lock,), sections=(section,), lives=(freed,))
    inner = (Call("look", span("x = READ_ONCE(p->x)"), 1),)
    return Witness(
        property="use-after-free",
        message=message,
        model="sc",
        columns=(Column(name, "actor"), Column("writer", "actor")),
        moments=(
            moment(0, "rcu_read_lock()"),
            moment(1, "spin_lock(&l)", note="taken", touches=(Touch("pmd.low", "0", "0x2"),)),
            moment(1, "synchronize_rcu()"),
            moment(1, "free(p)", touches=(Touch("pmd.high", "0", "0x1"),)),
            moment(0, "READ_ONCE(p->x)", calls=inner, touches=(Touch("p->x", "", "1"),), bad=True),
        ),
        explanation=(message, "nobody waits for the reader"),
        because=("the free comes before the read",),
        schedule=(),
        scenes=(start, inside, locked, asked, gone, gone),
        edges=(
            Edge("lock", 1, 2),
            Edge("free", 3, 4, "the free comes before the read"),
        ),
    )


def outcome(
    scenario: str, verdict: Verdict, *, model: str = "sc", expected: str = "", variant: str = ""
) -> Outcome:
    """An obligation with its verdict; as expected where that is the one expected."""
    wanted = None
    if expected:
        properties = ("use-after-free",) if expected == "refuted" else ()
        wanted = Expect(expected, properties, (), ALWAYS, (), Span("f.khp", 0, 1))
    kind = type(verdict).__name__.lower()
    return Outcome(
        Obligation(scenario, variant, (("PAE", "on"),), model),
        verdict,
        wanted,
        kind == (expected or "proved"),
        ("invariants are not checked under lkmm",) if model == "lkmm" else (),
        Measured(),
    )


def report(attack: str = "", passed: tuple[int, ...] = ()) -> Report:
    """Two files; ``attack`` is a part of every name and text, ``passed`` not decisive."""
    found = witness(f"reader{attack}", f"p was freed{attack}")
    moments = enumerate(found.moments)
    found = replace(found, moments=tuple(replace(m, decisive=i not in passed) for i, m in moments))
    other = witness(f"reader{attack}", "another")
    refuted = Refuted(found, (other,))
    outcomes = (
        outcome(f"safe{attack}", Proved()),
        outcome("safe", Proved(), model="lkmm"),
        outcome("torn", refuted, expected="refuted", variant=f"no_wait{attack}"),
        outcome("slow", Unknown(f"out of time{attack}"), model="lkmm", expected="proved"),
    )
    text = TEXT + (f"// {attack}\n" if attack else "")
    one = FileReport(f"f{attack}.khp", outcomes, (), {"f.khp": Source(f"f{attack}.khp", text)})
    two = FileReport("g.khp", (outcome("last", refuted, expected="refuted"),), (), one.sources)
    return Report((one, two))
