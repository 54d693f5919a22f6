"""A random program being made: what it declares, and the parts that statements are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from dsl.primitives import PRIMITIVES

DECLARATIONS = {
    "x": "int x;",
    "y": "int y;",
    "r": "int r;",
    "n": "atomic_t n;",
    "c": "refcount_t c = 1;",
    "b": "unsigned long b;",
    "l": "spinlock_t l;",
    "k": "spinlock_t k;",
    "rw": "rwlock_t rw;",
    "m": "struct mutex m;",
    "s": "struct rw_semaphore s;",
    "f": "struct page { folio_lock_t lock; };\nstruct page f;",
    "o": "struct obj { int v; LOCK struct rcu_head h; };",
    "u": "struct obj u = { .v = 1 };",
    "objs": "pool struct obj objs[1];",
    "p": "struct obj nobody;\nstruct obj *p = &u;",
    "w": """struct table { int v; };
word pmd_t { split low, high; present 0x1; none = 0; table(struct table *) = 0x67; }
struct table t1 at 0x123456000;
struct table t2 at 0x245678000;
pmd_t w = table(&t1);
update void clear(pmd_t *q) { WRITE_ONCE(q->low, 0); WRITE_ONCE(q->high, 0); }""",
}
"""What a program may declare, in order."""

NEEDS = {"u": ("o",), "objs": ("o",), "p": ("o", "u")}
"""What a declaration needs."""

PROBES = {
    "x": "x != 77777",
    "y": "y != 77777",
    "r": "r != 77777",
    "n": "atomic_read(&n) != 77777",
    "c": "refcount_read(&c) != 77777",
    "b": "b != 77777",
    "u.v": "u.v != 77777",
    "p": "p != &nobody",
    "w": "(u64)w != 77777",
}
"""Places whose final values are compared, with a claim that reads them and never fails."""

OPENERS = {
    "spin_lock": "spin_unlock",
    "spin_lock_irq": "spin_unlock_irq",
    "spin_lock_bh": "spin_unlock_bh",
    "spin_lock_nested": "spin_unlock",
    "spin_lock_irqsave": "spin_unlock_irqrestore",
    "spin_lock_bh_nested": "spin_unlock_bh",
    "spin_lock_irqsave_nested": "spin_unlock_irqrestore",
    "spin_trylock": "spin_unlock",
    "spin_trylock_irq": "spin_unlock_irq",
    "spin_trylock_bh": "spin_unlock_bh",
    "spin_trylock_irqsave": "spin_unlock_irqrestore",
    "read_lock": "read_unlock",
    "read_lock_irq": "read_unlock_irq",
    "read_lock_bh": "read_unlock_bh",
    "read_lock_irqsave": "read_unlock_irqrestore",
    "read_trylock": "read_unlock",
    "write_lock": "write_unlock",
    "write_lock_nested": "write_unlock",
    "write_lock_irq": "write_unlock_irq",
    "write_lock_bh": "write_unlock_bh",
    "write_lock_irqsave": "write_unlock_irqrestore",
    "write_trylock": "write_unlock",
    "mutex_lock": "mutex_unlock",
    "mutex_lock_nested": "mutex_unlock",
    "mutex_lock_killable": "mutex_unlock",
    "mutex_lock_killable_nested": "mutex_unlock",
    "mutex_trylock": "mutex_unlock",
    "down_read": "up_read",
    "down_read_nested": "up_read",
    "down_read_killable": "up_read",
    "down_read_killable_nested": "up_read",
    "down_read_trylock": "up_read",
    "down_write": "up_write",
    "down_write_nested": "up_write",
    "down_write_killable": "up_write",
    "down_write_killable_nested": "up_write",
    "down_write_trylock": "up_write",
    "folio_lock": "folio_unlock",
    "folio_lock_killable": "folio_unlock",
    "folio_trylock": "folio_unlock",
    "rcu_read_lock": "rcu_read_unlock",
    "local_irq_disable": "local_irq_enable",
    "local_irq_save": "local_irq_restore",
    "preempt_disable": "preempt_enable",
    "local_bh_disable": "local_bh_enable",
}
"""What begins something, with what ends it."""

CLOSERS = {closer: opener for opener, closer in reversed(OPENERS.items())}

LOCKS = {"spinlock": "l", "rwlock": "rw", "mutex": "m", "rwsem": "s", "folio": "f"}
"""The global lock of each kind."""

TARGETS = {
    "number": ("int", ("0", "1", "2")),
    "pointer": ("struct obj *", ("NULL", "&u")),
    "word": ("pmd_t", ("none", "table(&t1)", "table(&t2)")),
}
"""What is accessed: the type of its values, and some of them."""

ROOM = 9
"""A program with so many statements is large enough."""

FIELDS = {
    "spinlock": "spinlock_t",
    "rwlock": "rwlock_t",
    "mutex": "struct mutex",
    "rwsem": "struct rw_semaphore",
}
"""The type of a lock in an object, by kind."""


@dataclass(slots=True)
class Draft:
    """A program being made.

    ``wanted`` are primitives still to be used, ``size`` how many statements there are.
    """

    random: Random
    wanted: list[str] = field(default_factory=list[str])
    names: set[str] = field(default_factory=set[str])
    functions: list[str] = field(default_factory=list[str])
    locks: set[str] = field(default_factory=set[str])
    size: int = 0
    locals: int = 0

    def use(self, name: str) -> str:
        """Declares a name with all it needs."""
        self.names.add(name)
        for other in NEEDS.get(name, ()):
            self.use(other)
        return name

    def declared(self) -> set[str]:
        """The names declared, with the places in them."""
        return self.names | ({"u.v"} if "u" in self.names else set())

    def local(self) -> str:
        """A fresh local's name."""
        self.locals += 1
        return f"v{self.locals}"

    def room(self) -> bool:
        """Whether the program is still small."""
        return self.size < ROOM

    def variable(self) -> str:
        """One of the numbers."""
        return self.use(self.random.choice(("x", "x", "y")))


def call(name: str, *arguments: str) -> str:
    """A call."""
    return f"{name}({', '.join(arguments)})"


def block(*parts: str) -> str:
    """Statements in braces."""
    return "{ " + " ".join(part for part in parts if part) + " }"


def use_lock(draft: Draft, opener: str) -> str:
    """The address of the global lock of an opener's kind."""
    return "&" + draft.use(LOCKS[PRIMITIVES[opener].parameters[0].removeprefix("lock ")])


def hold(opener: str, lock: str, inner: str) -> str:
    """A lock taken and let go."""
    taken = call(opener, lock)
    end = f"{call(OPENERS[opener], lock)};"
    return (
        f"if ({taken}) {block(inner, end)}" if "_trylock" in opener else f"{taken}; {inner} {end}"
    )
