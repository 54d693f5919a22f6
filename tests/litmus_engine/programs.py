"""Small random litmus tests."""

from __future__ import annotations

import random

HEAD = "int *x, int *y, int *z, int **p, spinlock_t *l, struct srcu_struct *s"

FENCES = (
    "smp_mb()",
    "smp_mb()",
    "smp_wmb()",
    "smp_rmb()",
    "barrier()",
    "synchronize_rcu()",
    "synchronize_srcu(s)",
    "smp_mb__before_atomic()",
    "smp_mb__after_atomic()",
    "smp_mb__after_spinlock()",
    "smp_mb__after_unlock_lock()",
)

STORES = (
    "WRITE_ONCE(*{v}, {n})",
    "WRITE_ONCE(*{v}, {n})",
    "smp_store_release({v}, {n})",
    "*{v} = {n}",
    "WRITE_ONCE(*{v}, r{a})",
    "*{v} = r{a}",
    "smp_store_mb(*{v}, {n})",
    "rcu_assign_pointer(*p, {v})",
    "WRITE_ONCE(*{v}, r{a} + 1)",
)

LOADS = (
    "READ_ONCE(*{v})",
    "READ_ONCE(*{v})",
    "smp_load_acquire({v})",
    "*{v}",
    "*{v}",
)

UPDATES = (
    "r{b} = xchg({v}, {n})",
    "r{b} = xchg_acquire({v}, {n})",
    "r{b} = xchg_release({v}, {n})",
    "r{b} = xchg_relaxed({v}, {n})",
    "r{b} = cmpxchg({v}, 0, {n})",
    "r{b} = cmpxchg_acquire({v}, 1, {n})",
    "atomic_inc({v})",
    "r{b} = atomic_inc_return({v})",
    "r{b} = atomic_fetch_add_release(1, {v})",
    "r{b} = atomic_add_unless({v}, 1, 0)",
    "r{b} = spin_is_locked(l)",
)


class Program:
    """The text of one test."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.register = 0

    def text(self) -> str:
        if self.rng.random() < 0.75:
            return self.around()
        processes = self.rng.choice((2, 2, 3))
        size = 3 if processes == 2 else 2
        parts = ["C program", "{ p = x; }"]
        for number in range(processes):
            self.register = 0
            body = "".join(f"\t{line}\n" for line in self.body(self.rng.randint(1, size), 0))
            declared = "".join(f"\tint r{i};\n" for i in range(self.register + 1))
            parts.append(f"P{number}({HEAD})\n{{\n{declared}{body}}}")
        parts.append("exists (0:r0=0)")
        return "\n".join(parts) + "\n"

    def around(self) -> str:
        """Processes in a ring, each with an access to its own and then to the next location."""
        places = "xyz"[: self.rng.choice((2, 2, 2, 3))]
        parts = ["C program", "{ p = x; }"]
        for number, place in enumerate(places):
            self.register = 0
            after = places[(number + 1) % len(places)]
            lines = [self.access(place), *self.link(), self.access(after)]
            if self.rng.random() < 0.15:
                lines.append(self.access(after))
            if self.rng.random() < 0.3:
                lines = self.section(lines)
            body = "".join(f"\t{line}\n" for line in lines)
            declared = "".join(f"\tint r{i};\n" for i in range(self.register + 1))
            parts.append(f"P{number}({HEAD})\n{{\n{declared}{body}}}")
        parts.append("exists (0:r0=0)")
        return "\n".join(parts) + "\n"

    def access(self, place: str) -> str:
        rng = self.rng
        number, old = rng.randint(1, 2), self.any_register()
        kind = rng.random()
        if kind < 0.45:
            return rng.choice(STORES).format(v=place, n=number, a=old) + ";"
        if kind < 0.9:
            return f"r{self.fresh()} = {rng.choice(LOADS).format(v=place)};"
        return rng.choice(UPDATES).format(v=place, n=number, b=self.fresh()) + ";"

    def link(self) -> list[str]:
        kind = self.rng.random()
        if kind < 0.25:
            return []
        return [self.rng.choice(FENCES[:6]) + ";" if kind < 0.85 else self.simple()]

    def section(self, lines: list[str]) -> list[str]:
        kind = self.rng.choice(("rcu", "rcu", "srcu", "lock"))
        if kind == "rcu":
            return ["rcu_read_lock();", *lines, "rcu_read_unlock();"]
        if kind == "lock":
            return ["spin_lock(l);", *lines, "spin_unlock(l);"]
        token = self.fresh()
        return [f"r{token} = srcu_read_lock(s);", *lines, f"srcu_read_unlock(s, r{token});"]

    def fresh(self) -> int:
        self.register += 1
        return self.register

    def any_register(self) -> int:
        return self.rng.randint(0, self.register)

    def body(self, size: int, depth: int) -> list[str]:
        return [line for _ in range(size) for line in self.statement(depth)]

    def simple(self) -> str:
        rng = self.rng
        place, number, old = rng.choice("xy"), rng.randint(1, 2), self.any_register()
        kind = rng.random()
        if kind < 0.3:
            return rng.choice(STORES).format(v=place, n=number, a=old) + ";"
        if kind < 0.6:
            return f"r{self.fresh()} = {rng.choice(LOADS).format(v=place)};"
        if kind < 0.75:
            return rng.choice(UPDATES).format(v=place, n=number, b=self.fresh()) + ";"
        if kind < 0.8:
            return f"r{self.fresh()} = *rcu_dereference(*p);".replace("*rcu", "rcu")
        return rng.choice(FENCES) + ";"

    def statement(self, depth: int) -> list[str]:
        rng = self.rng
        kind = rng.random()
        if depth >= 2 or kind < 0.72:
            return [self.simple()]
        if kind < 0.78:
            return ["spin_lock(l);", *self.body(1, 2), "spin_unlock(l);"]
        if kind < 0.81:
            got = self.fresh()
            return [
                f"r{got} = spin_trylock(l);",
                f"if (r{got}) {{",
                *self.body(1, 2),
                "spin_unlock(l);",
                "}",
            ]
        if kind < 0.88:
            return ["rcu_read_lock();", *self.body(rng.randint(1, 2), 2), "rcu_read_unlock();"]
        if kind < 0.92:
            token = self.fresh()
            inside = self.body(1, 2)
            return [f"r{token} = srcu_read_lock(s);", *inside, f"srcu_read_unlock(s, r{token});"]
        test = self.any_register()
        lines = [f"if (r{test} == {rng.randint(0, 1)}) {{", *self.body(1, depth + 1), "}"]
        if rng.random() < 0.4:
            lines[-1] = "} else {"
            lines += [*self.body(1, depth + 1), "}"]
        return lines
