"""``when`` clauses as an OR of ANDs of ``config == value``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.report import did_you_mean
from dsl.check.world import World

MAX_CLAUSES = 64

Clause = frozenset[tuple[str, str]]


def condition(world: World, expr: s.Expr) -> p.Condition:
    """The normal form of a ``when`` clause; one that never holds is reported."""
    clauses = _clauses(world, expr)
    if not clauses:
        world.report.fail("never-holds", "no configuration satisfies this condition", expr.span)
    order = {name: rank for rank, name in enumerate(world.configs)}
    ranks = {name: {v: i for i, v in enumerate(world.values(name))} for name in world.configs}

    def rank(pair: tuple[str, str]) -> tuple[int, int]:
        return order[pair[0]], ranks[pair[0]][pair[1]]

    # A clause that another one implies says nothing.
    least = [clause for clause in clauses if not any(other < clause for other in clauses)]
    ordered = [tuple(sorted(clause, key=rank)) for clause in least]
    ordered.sort(key=lambda clause: [rank(pair) for pair in clause])
    return p.Condition(tuple(ordered))


def _clauses(world: World, expr: s.Expr) -> set[Clause]:
    match expr:
        case s.Binary("||", left, right):
            found = _clauses(world, left) | _clauses(world, right)
        case s.Binary("&&", left, right):
            pairs = product(_clauses(world, left), _clauses(world, right))
            found = {a | b for a, b in pairs if _consistent(a | b)}
        case s.Binary("==" | "!="):
            return _comparison(world, expr)
        case _:
            return world.report.fail(
                "bad-condition",
                "a condition compares configs with their values",
                expr.span,
                "write `NAME == value`, joined by `&&` and `||`",
            )
    if len(found) > MAX_CLAUSES:
        world.report.fail(
            "too-large", f"this condition has more than {MAX_CLAUSES} cases", expr.span
        )
    return found


def _consistent(clause: Clause) -> bool:
    return len({name for name, _ in clause}) == len(clause)


def _comparison(world: World, expr: s.Binary) -> set[Clause]:
    left, right = expr.left, expr.right
    if isinstance(right, s.Ident) and right.name in world.configs:
        left, right = right, left
    if not isinstance(left, s.Ident) or not isinstance(right, s.Ident):
        return world.report.fail(
            "bad-condition",
            "a condition compares configs with their values",
            expr.span,
            "write `NAME == value`, joined by `&&` and `||`",
        )
    if left.name not in world.configs:
        return world.report.fail(
            "unknown-name",
            f"no config `{left.name}`",
            left.span,
            did_you_mean(left.name, world.configs),
        )
    values = world.values(left.name)
    if right.name not in values:
        return world.report.fail(
            "unknown-name",
            f"config {left.name} has no value `{right.name}`",
            right.span,
            did_you_mean(right.name, values) or f"its values are {', '.join(values)}",
        )
    equal = expr.op == "=="
    return {frozenset([(left.name, value)]) for value in values if (value == right.name) == equal}


def masks(world: World) -> dict[tuple[str, str], int]:
    """Where each ``config == value`` holds: bit i stands for the i-th configuration.

    Configurations count as :func:`configurations` lists them, the last config fastest.
    """
    found: dict[tuple[str, str], int] = {}
    for position, configuration in enumerate(configurations(world)):
        for pair in configuration.items():
            found[pair] = found.get(pair, 0) | 1 << position
    return found


def mask(when: p.Condition, known: dict[tuple[str, str], int], everywhere: int) -> int:
    """Where a condition holds, as a set of bits."""
    result = 0
    for clause in when.clauses:
        inside = everywhere
        for pair in clause:
            inside &= known.get(pair, 0)  # none where the value is left out
        result |= inside
    return result


def kept(world: World, clause: tuple[tuple[str, str], ...]) -> bool:
    """Whether all values of a clause are proved."""
    return all(value in world.configs[name] for name, value in clause)


def configurations(world: World) -> Iterator[dict[str, str]]:
    """Every combination of config values, in the order of the declarations."""
    names = list(world.configs)
    for values in product(*world.configs.values()):
        yield dict(zip(names, values, strict=True))
