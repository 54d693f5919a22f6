"""A small protocol for any number of actors being made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

Theme = Callable[["Draft"], None]


@dataclass(frozen=True, slots=True)
class Generated:
    """A protocol as text, and the theme that it is of."""

    seed: int
    theme: str
    text: str


class Draft:
    """A protocol being made."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.lines: list[str] = []
        self.actors: dict[str, str] = {}
        self.claims: list[str] = []
        self.single: set[str] = set()

    def maybe(self, right: str, wrong: str = "", chance: float = 0.5) -> str:
        """``right``, or at times ``wrong``."""
        return wrong if self.random.random() < chance else right

    def mistake(self, *steps: tuple[str, str]) -> list[str]:
        """Steps, of which at most one is as in the second column; none in half of the cases."""
        found = [right for right, _ in steps]
        if self.random.random() < 0.5:
            at = self.random.randrange(len(steps))
            found[at] = steps[at][1]
        return found

    def text(self) -> str:
        """The file: of each actor there is any number, of some of them one."""
        count: dict[str, str] = {}
        for name in self.actors:
            alone = name in self.single or self.random.random() < 0.15
            count[name] = "" if alone else " *"
        if not any(count.values()):
            count[next(iter(self.actors))] = " *"
        lines = ["models sc;", *self.lines]
        lines += [f"actor {name} {{ {body} }}" for name, body in self.actors.items()]
        run = ", ".join(f"{name}{many}" for name, many in count.items())
        forever = "" if self.random.random() < 0.1 else "forever; "
        lines.append(f"scenario s {{ run {run}; {forever}{' '.join(self.claims)} }}")
        return "\n".join(lines) + "\n"
