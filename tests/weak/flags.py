"""Random programs that branch on flags which earlier branches have set, as a litmus test and as a
protocol.

Whether the store at the end waits for the reads at the start is a matter of control and data
dependencies alone; the two engines find these from different texts.
"""

from __future__ import annotations

import random

READS = ("a = READ_ONCE({x});", "b = READ_ONCE({c});")
LOCALS = ("a", "b", "f", "g")


class Flags:
    """One program; ``text`` has names in braces for the places, which a litmus test has pointers to."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.given = self._random.choice("01")
        reads = self._shuffled(READS)
        sets = [f"{flag} = {self._random.choice('01')};" for flag in "fg"]
        store = ["WRITE_ONCE({y}, 1);"]
        if self._random.random() < 0.3:
            store = [*self._block(2, 1), *store]
        self.text = [
            *sets,
            *reads,
            *self._block(0, self._random.randint(1, 3)),
            *self._under(self._condition(), store),
        ]

    def litmus(self) -> str:
        """Whether the store may be seen before what was read."""
        body = [line.format(x="*x", y="*y", c="*c", d="*d") for line in self.text]
        declared = [f"\tint {local};" for local in LOCALS]
        one = ["P0(int *x, int *y, int *c, int *d)", "{", *declared, *_deeper(body), "}"]
        two = ["\tint r;", "\tr = READ_ONCE(*y);", "\tsmp_mb();", "\tWRITE_ONCE(*x, 1);"]
        rest = ["P1(int *x, int *y)", "{", *two, "}", "", "exists (0:a=1 /\\ 1:r=1)"]
        return "\n".join(["C flags", "", f"{{ c={self.given}; }}", *one, "", *rest, ""])

    def protocol(self) -> str:
        """The same, as a claim on the end."""
        body = [line.format(x="x", y="y", c="c", d="d") for line in self.text]
        declared = [f"\tint {local} = 0;" for local in LOCALS]
        one = ["actor one {", *declared, *_deeper(body), "\tseen_a = a;", "}"]
        two = ["\tint r = READ_ONCE(y);", "\tsmp_mb();", "\tWRITE_ONCE(x, 1);", "\tseen_r = r;"]
        rest = ["actor two {", *two, "}", "scenario s {", "\trun one, two;"]
        places = f"models lkmm; int x; int y; int d; int c = {self.given};"
        ghosts = "ghost int seen_a; ghost int seen_r;"
        final = "\tfinal !(seen_a == 1 && seen_r == 1);"
        return "\n".join([places, ghosts, *one, *rest, final, "}", ""])

    def _shuffled(self, lines: tuple[str, ...]) -> list[str]:
        found = list(lines)
        self._random.shuffle(found)
        return found

    def _block(self, depth: int, size: int) -> list[str]:
        return [line for _ in range(size) for line in self._statement(depth)]

    def _statement(self, depth: int) -> list[str]:
        kind = self._random.random()
        if depth < 3 and kind < 0.5:
            found = self._under(self._condition(), self._block(depth + 1, 1))
            if self._random.random() < 0.35:
                found[-1] = "}} else {{"
                found += [*_deeper(self._block(depth + 1, 1)), "}}"]
            return found
        if kind < 0.93:
            return [f"{self._random.choice('fg')} = {self._value()};"]
        return [self._random.choice((*READS, "WRITE_ONCE({d}, 1);", "barrier();"))]

    @staticmethod
    def _under(condition: str, lines: list[str]) -> list[str]:
        return [f"if ({condition}) {{{{", *_deeper(lines), "}}"]

    def _value(self) -> str:
        local = self._random.choice(LOCALS)
        computed = (f"{local} == 0", f"{local} == 1", f"!{local}", f"{local} & 1", f"{local} ^ 1")
        return self._random.choice(("0", "1", local, local, self._random.choice(computed)))

    def _condition(self) -> str:
        one, two = self._random.choice("abffgg"), self._random.choice(LOCALS)
        compared = f"{one} {self._random.choice(('==', '!=', '&', '|'))} {two}"
        known = f"{one} == {self._random.choice('012')}"
        return self._random.choice((one, one, f"!{one}", known, compared))


def _deeper(lines: list[str]) -> list[str]:
    return [f"\t{line}" for line in lines]
