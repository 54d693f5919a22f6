"""Small programs with variants that change what depends on what, and in which order."""

from __future__ import annotations

from random import Random

PLACES = ("x", "y", "z")
FENCES = ("smp_wmb();", "smp_rmb();", "smp_mb();")


class _Actor:
    """One actor being written: ``read`` are its locals that hold a value by now, ``inner`` the label
    of a ``return``, if it has one.
    """

    def __init__(self, name: str, rng: Random) -> None:
        self.name = name
        self.rng = rng
        self.read: list[str] = []
        self.inner = ""

    def statement(self) -> str:
        """A statement; what it reads into is declared at the start."""
        rng = self.rng
        kind = rng.choice(("read", "read", "write", "write", "fence", "if", "if", "sum", "leave"))
        if kind == "read" and len(self.read) < 3:
            self.read.append(f"r{len(self.read)}")
            how = rng.choice(("READ_ONCE", "READ_ONCE", "smp_load_acquire"))
            place = rng.choice(PLACES)
            address = f"&{place}" if how == "smp_load_acquire" else place
            return f"{self.read[-1]} = {how}({address});"
        if kind == "if" and self.read:
            one, other = self.store(), self.store()
            tail = f" else {{ {other} }}" if rng.random() < 0.4 else ""
            return f"if ({rng.choice(self.read)}) {{ {one} }}{tail}"
        if kind == "leave" and self.read and not self.inner:
            self.inner = "out"
            return f"if ({rng.choice(self.read)}) {{ out: return; }}"
        if kind == "sum" and len(self.read) > 1:
            return f"{self.read[0]} = {self.read[0]} | {self.read[-1]};"
        return rng.choice(FENCES) if kind == "fence" else self.store()

    def store(self) -> str:
        """A store of a constant, or of what was read."""
        rng = self.rng
        value = rng.choice(self.read) if self.read and rng.random() < 0.4 else "1"
        if rng.random() < 0.2:
            return f"smp_store_release(&{rng.choice(PLACES)}, {value});"
        return f"WRITE_ONCE({rng.choice(PLACES)}, {value});"


def program(seed: int, variants: int = 5) -> str:
    """A program of two or three actors, with variants; nothing is expected to go wrong."""
    rng = Random(seed)
    lines = ["models lkmm, tso, sc;", *(f"int {place};" for place in PLACES)]
    changes: list[str] = []
    seen: list[str] = []
    for name in "abc"[: rng.choice((2, 2, 3))]:
        actor = _Actor(name, rng)
        body = [actor.statement() for _ in range(rng.randint(3, 4))]
        lines.extend(f"ghost int {name}_{local};" for local in actor.read)
        seen.extend(f"{name}_{local}" for local in actor.read)
        lines.append(f"actor {name} {{")
        lines.extend(f"\tint {local} = 0;" for local in actor.read)
        labels = [f"s{index}" for index in range(len(body))]
        for label, statement in zip(labels, body, strict=True):
            lines.append(f"{label}:\n\t{statement}")
        lines.extend(f"\t{name}_{local} = {local};" for local in actor.read)
        lines.append("}")
        if actor.inner:
            # What comes behind depends on the branch only where it leads away.
            changes.extend([f"drop {name}.{actor.inner};"] * 3)
        for index, label in enumerate(labels):
            changes.append(f"drop {name}.{label};")
            changes.append(f"replace {name}.{label} with {{ {actor.store()} }}")
            if index:
                changes.append(f"move {name}.{label} before {name}.{labels[index - 1]};")
    for index, change in enumerate(rng.sample(changes, min(variants, len(changes)))):
        lines.append(f"variant v{index} in s {{\n\t{change}\n\texpect proved;\n}}")
    asked = [f"{name} == {rng.randint(0, 1)}" for name in seen if rng.random() < 0.7]
    condition = " && ".join(asked or ["0 == 1"])
    names = ", ".join(n for n in "abc" if f"actor {n} {{" in lines)
    lines.append(f"scenario s {{\n\trun {names};\n\tfinal !({condition});\n\texpect proved;\n}}")
    return "\n".join(lines) + "\n"
