"""A third opinion: views searched for one by one, and n actors explored exactly.

Written from the words of prover/parametric/system.py alone: nothing of the search is in it, nothing
of the checkers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, permutations, product

from prover.parametric.invariant import View
from prover.parametric.system import IDLE, Rule, Shared, System

Config = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]
"""Local states of some actors, and the matrix of labels of each towards each."""


def apply(system: System, rule: Rule, config: Config, mover: int) -> Config | None:
    """What a rule of one actor makes of a configuration, None where it does not apply."""
    members, labels = config
    count = range(len(members))
    for k in count:
        if k != mover and rule.guard >= 0 and system.forbids(rule.guard, members[k]):
            return None
    if rule.over and any(labels[mover]):
        return None
    after = [
        rule.after
        if k == mover
        else system.changed(rule.change, members[k])
        if rule.change >= 0
        else members[k]
        for k in count
    ]
    matrix = [list(row) for row in labels]
    for k in count:
        matrix[k][mover] &= ~rule.ended
        if rule.over:
            matrix[mover][k] = 0
        if rule.begins >= 0 and k != mover:
            matrix[mover][k] = system.waited_for(rule.begins, after[k])
    old = len(after)
    for spawned in rule.spawned:
        wait = system.awaits(spawned)
        row = [system.waited_for(wait, each) if wait >= 0 else 0 for each in after[:old]]
        after.append(spawned)
        matrix.append(row)
    matrix = [[*row, *[0] * (len(after) - len(row))] for row in matrix]
    for one, other in product(range(len(after)), repeat=2):
        if one == other or IDLE in {after[one], after[other]}:
            matrix[one][other] = 0
    return tuple(after), tuple(tuple(row) for row in matrix)


def written(shared: Shared, rule: Rule) -> Shared:
    return tuple(dict(rule.writes).get(k, value) for k, value in enumerate(shared))


def chosen(config: Config, order: tuple[int, ...]) -> Config:
    members, labels = config
    return tuple(members[k] for k in order), tuple(
        tuple(labels[a][b] for b in order) for a in order
    )


def least(config: Config) -> Config:
    """The least of all orders."""
    return min(chosen(config, order) for order in permutations(range(len(config[0]))))


@cache
def view(config: Config) -> View:
    """A configuration of k actors as a view."""
    members, labels = min(
        (
            (each[0], tuple(each[1][a][b] for a, b in permutations(range(len(each[0])), 2)))
            for order in permutations(range(len(config[0])))
            for each in [chosen(config, order)]
        ),
    )
    return members, labels


def config_of(found: View) -> Config:
    members, labels = found
    at = dict(zip(permutations(range(len(members)), 2), labels, strict=True))
    count = range(len(members))
    return members, tuple(tuple(at.get((a, b), 0) for b in count) for a in count)


class Bad(Exception):
    """Something violated."""


@dataclass
class Found:
    """An Invariant of explicit views."""

    size: int
    of: dict[Shared, set[View]]

    def shared(self) -> Iterator[Shared]:
        yield from sorted(self.of)

    def views(self, shared: Shared) -> Iterator[View]:
        yield from sorted(self.of[shared])


def joined(views: set[View], size: int) -> Iterator[Config]:
    """Every configuration of one actor more that has all its views among these."""
    if size == 1:
        locals_ = sorted(each[0][0] for each in views)
        yield from (((a, b), ((0, 0), (0, 0))) for a in locals_ for b in locals_)
        return
    labels: dict[tuple[int, int], set[tuple[int, int]]] = defaultdict(set)
    for each in views:
        members, matrix = config_of(each)
        for a, b in permutations(range(size), 2):
            labels[members[a], members[b]].add((matrix[a][b], matrix[b][a]))
    locals_ = sorted({each for v in views for each in v[0]})
    for each in sorted(views):
        members, matrix = config_of(each)
        for more in locals_:
            for pairs in product(*(sorted(labels[more, m]) for m in members)):
                rows = [(*row, back) for row, (_, back) in zip(matrix, pairs, strict=True)]
                config = ((*members, more), (*rows, (*(to for to, _ in pairs), 0)))
                orders = list(combinations(range(size + 1), size))
                if members[-1] <= more and all(
                    view(chosen(config, order)) in views for order in orders
                ):
                    yield config


def naive(system: System, size: int) -> Found | None:
    """The least set of views, None where something is violated in it."""
    start, of = system.start, dict[Shared, set[View]]()
    pool = sorted([*[m for m in (IDLE, *start.many) for _ in range(size)], *start.single])
    zeros = (0,) * (size * (size - 1))
    of[start.shared] = {(members, zeros) for members in combinations(pool, size)}
    done = set[tuple[Shared, Config]]()
    while True:
        before = sum(map(len, of.values()))
        for shared in list(of):
            if system.broken(shared):
                return None
            for config in list(joined(of[shared], size)):
                if twice(system, config[0]) or (shared, config) in done:
                    continue
                done.add((shared, config))
                for mover, local in enumerate(config[0]):
                    for rule in system.rules(local, shared):
                        if rule.violated:
                            return None
                        after = apply(system, rule, config, mover)
                        if after is not None:
                            target = of.setdefault(written(shared, rule), set())
                            orders = combinations(range(len(after[0])), size)
                            target.update(view(chosen(after, order)) for order in orders)
        if sum(map(len, of.values())) == before:
            return Found(size, of)


def twice(system: System, members: tuple[int, ...]) -> bool:
    kinds = [system.single(each) for each in members if system.single(each) >= 0]
    return len(set(kinds)) < len(kinds)


def exact(system: System, number: int, most: int = 20_000) -> bool | None:
    """Whether ``number`` of each kind of actor are safe, by all configurations; None: too many."""
    start = system.start
    for numbers in product(range(number + 1), repeat=len(start.many)):
        members = [*start.single]
        for local, several in zip(start.many, numbers, strict=True):
            members += [local] * several
        blank = tuple((0,) * len(members) for _ in members)
        first = (start.shared, least((tuple(members), blank)))
        todo, seen = [first], {first}
        while todo:
            shared, config = todo.pop()
            if system.broken(shared):
                return False
            for mover, local in enumerate(config[0]):
                for rule in system.rules(local, shared):
                    after = apply(system, rule, config, mover)
                    if after is None:
                        continue
                    if rule.violated:
                        return False
                    there = tuple(k for k, each in enumerate(after[0]) if each != IDLE)
                    if len(there) > 5:
                        return None
                    found = (written(shared, rule), least(chosen(after, there)))
                    if found not in seen:
                        seen.add(found)
                        todo.append(found)
            if len(seen) > most:
                return None
    return True


def closed(system: System, found: Found) -> bool:
    """Whether a set of views has those of the start, and all that one step more leads to."""
    start, size = system.start, found.size
    pool = sorted([*[m for m in (IDLE, *start.many) for _ in range(size)], *start.single])
    zeros = (0,) * (size * (size - 1))
    first = {(members, zeros) for members in combinations(pool, size)}
    if not first <= found.of.get(start.shared, set()):
        return False
    for shared, views in found.of.items():
        if system.broken(shared):
            return False
        for config in joined(views, size):
            for mover, local in enumerate(config[0]):
                for rule in () if twice(system, config[0]) else system.rules(local, shared):
                    after = apply(system, rule, config, mover)
                    if after is None:
                        continue
                    target = found.of.get(written(shared, rule), set())
                    orders = combinations(range(len(after[0])), size)
                    if rule.violated or any(view(chosen(after, o)) not in target for o in orders):
                        return False
    return True
