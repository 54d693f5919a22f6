"""Families of litmus tests that grow with a number: what docs/litmus.md argues by induction.

Their members with few processes are small enough for the enumerator; those with many are what
nobody can enumerate.
"""

from __future__ import annotations

from collections.abc import Sequence

AND = " /\\ "

LINKS = ("read-read", "read-write", "write-read")
"""What each process of a ring does: its first access meets the process before it, its second one
the next.
"""


def text_of(name: str, processes: Sequence[tuple[str, str]], condition: str) -> str:
    """The text of a test; each process has its parameters and its body."""
    found = [f"C {name}\n\n{{\n}}\n"]
    for number, (parameters, body) in enumerate(processes):
        lines = "".join(f"\t{line}\n" for line in body.split("\n"))
        found.append(f"P{number}({parameters})\n{{\n{lines}}}\n")
    return "\n".join([*found, condition]) + "\n"


def ring(kinds: str, link: str) -> str:
    """A ring of grace periods (``G``) and readers (``R``), ``g`` and ``r`` those of an SRCU domain.

    Each process sees in the next one what it must not see if it is done before that one begins.
    """
    size = len(kinds)
    processes: list[tuple[str, str]] = []
    asked: list[str] = []
    for number, kind in enumerate(kinds):
        one, two = f"x{number}", f"x{(number + 1) % size}"
        first, second = _accesses(link, one, two)
        parameters = f"int *{one}, int *{two}, struct srcu_struct *s"
        registers = "int r1;\nint r2;\nint r9;"
        processes.append((parameters, f"{registers}\n{_inside(kind, first, second)}"))
        asked += [f"{number}:r1=1"] if first.startswith("r1") else []
        asked += [f"{number}:r2=0"] if second.startswith("r2") else []
    if link == "read-read":
        places = [f"x{number}" for number in range(size)]
        writes = "\n".join(f"WRITE_ONCE(*{place}, 1);" for place in places)
        processes.append((", ".join(f"int *{place}" for place in places), writes))
    return text_of(f"ring-{link}-{kinds}", processes, f"exists ({AND.join(asked)})")


def _accesses(link: str, one: str, two: str) -> tuple[str, str]:
    before, after = link.split("-")
    first = f"r1 = READ_ONCE(*{one});" if before == "read" else f"WRITE_ONCE(*{one}, 1);"
    second = f"r2 = READ_ONCE(*{two});" if after == "read" else f"WRITE_ONCE(*{two}, 1);"
    return first, second


def _inside(kind: str, first: str, second: str) -> str:
    match kind:
        case "G":
            lines = [first, "synchronize_rcu();", second]
        case "R":
            lines = ["rcu_read_lock();", first, second, "rcu_read_unlock();"]
        case "g":
            lines = [first, "synchronize_srcu(s);", second]
        case _:
            # The order inside a section does not matter.
            lines = ["r9 = srcu_read_lock(s);", second, first, "srcu_read_unlock(s, r9);"]
    return "\n".join(lines)


TAKE = {
    "spin": ("spin_lock({});", "spin_unlock({});"),
    "xchg": ("{} = xchg_acquire({}, 1);", "smp_store_release({}, 0);"),
    "cmpxchg": ("{} = cmpxchg_acquire({}, 0, 1);", "smp_store_release({}, 0);"),
}
"""How a lock is taken and let go; what an update gives must have been 0."""


def _take(how: str, lock: str, register: str) -> str:
    text = TAKE[how][0]
    return text.format(lock) if how == "spin" else text.format(register, lock)


def _let_go(how: str, lock: str) -> str:
    return TAKE[how][1].format(lock)


def _type(how: str) -> str:
    return "spinlock_t" if how == "spin" else "int"


def _declared(*registers: str) -> list[str]:
    return [f"int {register} = 0;" for register in registers]


def locked_buffering(size: int, how: str) -> str:
    """Store buffering in a ring, each process in a section of one lock."""
    processes: list[tuple[str, str]] = []
    asked: list[str] = []
    for number in range(size):
        one, two = f"x{number}", f"x{(number + 1) % size}"
        lines = [
            *_declared("r1", "r2"),
            _take(how, "l", "r2"),
            f"WRITE_ONCE(*{one}, 1);",
            f"r1 = READ_ONCE(*{two});",
            _let_go(how, "l"),
        ]
        processes.append((f"{_type(how)} *l, int *{one}, int *{two}", "\n".join(lines)))
        asked += [f"{number}:r1=0", f"{number}:r2=0"]
    return text_of(f"locked-sb-{how}-{size}", processes, f"exists ({AND.join(asked)})")


def two_levels(globals_: int, how: str) -> str:
    """A local lock that is enough as long as nobody has announced to take the global one.

    Does anyone see another one in the middle of its section?
    """
    lock = _type(how)
    places = f"int *busy, {lock} *gbl, int *in_gbl, {lock} *lcl, int *in_lcl"
    retaken = [
        _let_go(how, "lcl"),
        _take(how, "gbl", "r4"),
        _take(how, "lcl", "r5"),
        _let_go(how, "gbl"),
    ]
    local = [
        *_declared("r1", "r2", "r3", "r4", "r5"),
        _take(how, "lcl", "r3"),
        "r1 = smp_load_acquire(busy);",
        "if (r1) {",
        *(f"\t{line}" for line in retaken),
        "}",
        "r2 = READ_ONCE(*in_gbl);",
        "WRITE_ONCE(*in_lcl, 1);",
        "WRITE_ONCE(*in_lcl, 0);",
        _let_go(how, "lcl"),
    ]
    globally = [
        *_declared("r2", "r3", "r4"),
        _take(how, "gbl", "r3"),
        "WRITE_ONCE(*busy, 1);",
        _take(how, "lcl", "r4"),
        _let_go(how, "lcl"),
        "r2 = READ_ONCE(*in_lcl);",
        "WRITE_ONCE(*in_gbl, 1);",
        "WRITE_ONCE(*in_gbl, 0);",
        "smp_store_release(busy, 0);",
        _let_go(how, "gbl"),
    ]
    processes = [(places, "\n".join(lines)) for lines in (local, *[globally] * globals_)]
    seen = " \\/ ".join(f"{number}:r2=1" for number in range(globals_ + 1))
    got = [f"0:{r}=0" for r in ("r3", "r4", "r5")]
    got += [f"{number}:{r}=0" for number in range(1, globals_ + 1) for r in ("r3", "r4")]
    return text_of(
        f"two-levels-{how}-{globals_}", processes, f"exists (({seen}) /\\ {AND.join(got)})"
    )


def counted(writers: int) -> str:
    """A sequence counter around two places: does who sees it even and the same see half a store?"""
    reader = [
        *_declared("r1", "r2", "r3", "r4"),
        "r1 = READ_ONCE(*seq);",
        "smp_mb();",
        "r2 = READ_ONCE(*x);",
        "r3 = READ_ONCE(*y);",
        "smp_mb();",
        "r4 = READ_ONCE(*seq);",
    ]
    processes = [("int *seq, int *x, int *y", "\n".join(reader))]
    for number in range(1, writers + 1):
        step = ["r1 = READ_ONCE(*seq);", "WRITE_ONCE(*seq, r1 + 1);"]
        lines = [
            *_declared("r1"),
            "spin_lock(l);",
            *step,
            "smp_mb();",
            f"WRITE_ONCE(*x, {number});",
            f"WRITE_ONCE(*y, {number});",
            "smp_mb();",
            *step,
            "spin_unlock(l);",
        ]
        processes.append(("int *seq, int *x, int *y, spinlock_t *l", "\n".join(lines)))
    odd = AND.join(f"~0:r1={number}" for number in range(1, 2 * writers, 2))
    return text_of(
        f"counted-{writers}", processes, f"filter ({odd} /\\ 0:r1=0:r4)\nexists (~0:r2=0:r3)"
    )
