"""Small random protocols that litmus tests can say."""

from __future__ import annotations

from random import Random

_DECLARED = "int x; int y = 1; atomic_t a; spinlock_t l; int *p = &x; ghost int out;\n"


class _Writer:
    """One actor being made up; ``locals`` are those that can be read here."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.count = 0
        self.locked = False

    def body(self, length: int, known: tuple[str, ...], depth: int) -> str:
        parts: list[str] = []
        for _ in range(length):
            text, known = self.statement(known, depth)
            parts.append(text)
        return " ".join(parts)

    def statement(self, known: tuple[str, ...], depth: int) -> tuple[str, tuple[str, ...]]:
        pick = self.random.choice
        kind = pick("read read write write update if lock assert through call".split())
        name = f"v{self.count}"
        self.count += 1
        match kind:
            case "read":
                source = pick(["READ_ONCE(x)", "y", "smp_load_acquire(&x)", "atomic_read(&a)"])
                return f"int {name} = {source};", (*known, name)
            case "write":
                value = self.value(known)
                targets = ["WRITE_ONCE(x, @);", "y = @;", "smp_store_release(&y, @);"]
                targets += ["smp_store_mb(x, @);", "WRITE_ONCE(p, @ ? &x : &y);"]
                return pick(targets).replace("@", value), known
            case "update":
                updates = ["atomic_fetch_add(@, &a)", "xchg(&x, @)", "cmpxchg(&y, 1, @)"]
                updates += ["atomic_sub_return(1, &a)", "atomic_add_unless(&a, 2, 0)"]
                return f"int {name} = {pick(updates).replace('@', self.value(known))};", (
                    *known,
                    name,
                )
            case "if" if depth and known:
                then = self.body(2, known, depth - 1)
                otherwise = self.body(1, known, depth - 1) if self.random.random() < 0.5 else ""
                condition = f"{pick(known)} == 1"
                if self.random.random() < 0.5:
                    condition += pick([" && ", " || "]) + f"{pick(known)} < 2"
                return f"if ({condition}) {{ {then} }} else {{ {otherwise} }}", known
            case "lock" if not self.locked:
                self.locked = True
                inside = self.body(2, known, 0)
                self.locked = False
                if self.random.random() < 0.5:
                    return f"spin_lock(&l); {{ {inside} }} spin_unlock(&l);", known
                return f"if (spin_trylock(&l)) {{ {inside} spin_unlock(&l); }}", known
            case "assert" if known:
                return f"assert({pick(known)} != {self.random.randrange(3)});", known
            case "through":
                return f"int *q{name} = READ_ONCE(p); int {name} = READ_ONCE(*q{name});", (
                    *known,
                    name,
                )
            case _:
                return pick(["smp_mb();", "smp_wmb();", f"out = {self.value(known)};"]), known

    def value(self, known: tuple[str, ...]) -> str:
        if known and self.random.random() < 0.5:
            return f"{self.random.choice(known)} {self.random.choice(['+ 1', '& 1', '^ 1', '- 1'])}"
        return str(self.random.randrange(3))


def program(seed: int) -> str:
    """A protocol with two actors and one final condition."""
    random = Random(seed)
    actors = [
        f"actor {name} {{ {_Writer(random).body(3, (), 1)} }}\n" for name in ("first", "second")
    ]
    places = ["x", "y", "atomic_read(&a)", "out"]
    joined = random.choice([" && ", " || "]).join(
        f"{random.choice(places)} {random.choice(['==', '!='])} {random.randrange(3)}"
        for _ in range(2)
    )
    claim = random.choice([f"!({joined})", joined])
    return f"{_DECLARED}{''.join(actors)}scenario s {{ run first, second; final {claim}; }}\n"
