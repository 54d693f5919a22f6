"""What random tiny protocols are drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random


class Draft:
    """Draws the parts of one protocol."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seen = 0

    def one(self, *options: str) -> str:
        """One of the options."""
        return self.random.choice(options)

    def maybe(self, text: str, chance: float = 0.5) -> str:
        """The text, or nothing."""
        return text if self.random.random() < chance else ""

    def into(self, value: str) -> str:
        """Something read, kept in a ghost variable of its own."""
        self.seen += 1
        return f"r{self.seen - 1} = {value};"

    def fence(self) -> str:
        """A fence, or none."""
        return self.one("", "", "smp_mb();", "smp_rmb();", "smp_wmb();", "barrier();")

    def fenced(self, update: str) -> str:
        """An update, now and then with a fence of its own before or behind it."""
        before = self.maybe("smp_mb__before_atomic();", 0.2)
        return f"{before} {update} {self.maybe('smp_mb__after_atomic();', 0.2)}"

    def load(self, place: str) -> str:
        """A load."""
        return self.one(f"READ_ONCE({place})", f"READ_ONCE({place})", f"smp_load_acquire(&{place})")

    def store(self, place: str, value: str) -> str:
        """A store."""
        return self.one(
            f"WRITE_ONCE({place}, {value});",
            f"WRITE_ONCE({place}, {value});",
            f"smp_store_release(&{place}, {value});",
            f"xchg(&{place}, {value});",
        )

    def access(self, *places: str) -> str:
        """A load or a store of a small number."""
        place = self.one(*places)
        if self.random.random() < 0.5:
            return self.into(self.load(place))
        return self.store(place, self.one("1", "2"))

    def accesses(self, count: int, *places: str) -> str:
        """Some of them, now and then with a fence between."""
        found = [self.access(*places)]
        for _ in range(count - 1):
            found += [self.fence(), self.access(*places)]
        return " ".join(filter(None, found))

    def program(self, head: str, actors: Sequence[str]) -> str:
        """The whole text."""
        names = [chr(ord("a") + i) for i in range(len(actors))]
        ghosts = "".join(f"ghost int r{i};\n" for i in range(self.seen))
        bodies = "".join(f"actor {n} {{ {b} }}\n" for n, b in zip(names, actors, strict=True))
        finals = "".join(f'final r{i} >= 0 : "r{i}";\n' for i in range(self.seen))
        return (
            f"models lkmm, tso;\n{head}{ghosts}{bodies}"
            f"scenario s {{ run {', '.join(names)};\n{finals}expect proved; }}\n"
        )
