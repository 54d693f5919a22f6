"""Witnesses made by hand, for what renderers do with all that a witness can hold."""

from __future__ import annotations

from dsl.frozen import replace
from dsl.source import Source, Span
from prover.execution.scene import Edge, Hold, LockScene, OpenSection, Pending, Scene
from prover.execution.witness import Call, Column, Moment, Touch, Witness

LINES = (
    "rcu_read_lock();",
    "p = READ_ONCE(gp);",
    "spin_lock(&lock);",
    "WRITE_ONCE(gp, NULL);",
    "spin_unlock(&lock);",
    "free(&old);",
    "x = p->data;",
)


def source(name: str = "made.khp", lines: tuple[str, ...] = LINES) -> dict[str, Source]:
    return {name: Source(name, "\n".join(lines) + "\n")}


def at(line: int, lines: tuple[str, ...] = LINES, name: str = "made.khp") -> Span:
    start = sum(len(text) + 1 for text in lines[: line - 1])
    return Span(name, start, start + len(lines[line - 1]))


READER, WRITER = 0, 1

REMOVE = Call("remove", Span("made.khp", 0, 1), 1)


def moments() -> tuple[Moment, ...]:
    return (
        Moment(READER, "section", at(1), (), (), "", False),
        Moment(READER, "load", at(2), (), (Touch("gp", "", "&old"),), "", False),
        Moment(WRITER, "acquire", at(3), (REMOVE,), (), "takes lock", False),
        Moment(WRITER, "store", at(4), (REMOVE,), (Touch("gp", "&old", "NULL"),), "", False),
        Moment(WRITER, "release", at(5), (REMOVE,), (), "releases lock", False),
        Moment(WRITER, "free", at(6), (), (), "frees old", False),
        Moment(READER, "load", at(7), (), (), "", True),
    )


def scenes() -> tuple[Scene, ...]:
    reading = OpenSection(READER, "rcu", "", 0)
    holding = LockScene("lock", "spinlock", (Hold(WRITER, "exclusive"),), ())
    waiting = Pending("grace period", WRITER, (READER,), 5)
    nothing = Scene((), (), (), (), ())
    inside = Scene((), (), (reading,), (), ())
    locked = Scene((), (holding,), (reading,), (), ())
    freed = Scene((), (), (reading,), (waiting,), ())
    return (nothing, inside, inside, locked, locked, inside, freed, freed)


def use_after_free() -> Witness:
    return Witness(
        property="use-after-free",
        message="",
        model="sc",
        columns=(Column("reader", "actor"), Column("writer", "actor")),
        moments=moments(),
        explanation=("old had been freed by writer",),
        because=("writer frees old while reader is in its section",),
        schedule=(),
        scenes=scenes(),
        edges=(
            Edge("fr", 1, 3),
            Edge("free", 5, 6, "writer frees old while reader is in its section"),
        ),
    )


def hostile() -> Witness:
    """Words that want to be something else: comments, trailers, the end of a patch."""
    return replace(
        use_after_free(),
        columns=(Column("reader", "actor"), Column("#writer", "actor")),
        explanation=("# Signed-off-by: me --- diff -u a b " * 6,),
        because=("Fixes: 123 From nobody\t\x1b[31m " * 8, "---"),
    )
