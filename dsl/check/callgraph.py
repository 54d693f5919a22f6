"""Recursion, and how large actors become when calls are put in place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl import protocol as p
from dsl.check.context import MAX_STATEMENTS
from dsl.check.flow import statements
from dsl.check.notes import Notes
from dsl.check.report import Report
from dsl.check.walk import deep, expressions
from dsl.diagnostic import Label
from dsl.source import Span

Calls = Mapping[str, list[tuple[str, Span]]]


def check_calls(
    report: Report, notes: Notes, functions: Iterable[p.Function], actors: Iterable[p.Function]
) -> None:
    """Report recursion (through callbacks too), then actors that are too large."""
    bodies = {function.name: function for function in functions}
    roots = {actor.name: actor for actor in actors}
    calls = {name: notes.of(_calls, body) for name, body in {**bodies, **roots}.items()}
    order = _postorder(report, calls)
    if order is None:
        return
    sizes: dict[str, int] = {}
    for name in order:
        body = bodies.get(name) or roots.get(name)
        if body is None:
            continue
        sizes[name] = notes.of(_size, body) + sum(sizes.get(callee, 0) for callee, _ in calls[name])
        # Stop where it first grows too large: everything that calls it is larger still.
        if sizes[name] > MAX_STATEMENTS:
            report.error(
                "too-large",
                f"`{name}` has more than {MAX_STATEMENTS} statements with its calls in place",
                body.span,
            )
            return


def _size(function: p.Function) -> int:
    """The statements of the function itself."""
    return sum(1 for _ in statements(function.body))


def _calls(function: p.Function) -> list[tuple[str, Span]]:
    """Every call in the function, of functions directly and of callbacks."""
    found: list[tuple[str, Span]] = []
    for expr in expressions(function.body):
        for part in deep(expr):
            match part:
                case p.CallFunction(name, _, _, span) | p.FunctionName(name, _, span):
                    found.append((name, span))
                case _:
                    pass
    return found


def _postorder(report: Report, calls: Calls) -> list[str] | None:
    """Callees before callers; None, after a report, if there is a cycle."""
    done: set[str] = set()
    order: list[str] = []
    cycles = 0
    for root in calls:
        path: list[tuple[str, int]] = [] if root in done else [(root, 0)]
        active = {root: 0}
        while path:
            name, position = path[-1]
            if position == len(calls.get(name, [])):
                path.pop()
                active.pop(name)
                done.add(name)
                order.append(name)
                continue
            path[-1] = (name, position + 1)
            callee, span = calls[name][position]
            if callee in active:
                cycles += 1
                _recursion(report, calls, path[active[callee] :], callee, span)
            elif callee not in done and callee in calls:
                active[callee] = len(path)
                path.append((callee, 0))
    return order if not cycles else None


def _recursion(
    report: Report, calls: Calls, cycle: list[tuple[str, int]], callee: str, span: Span
) -> None:
    trail = tuple(
        Label(calls[name][position - 1][1], f"`{name}` calls `{calls[name][position - 1][0]}`")
        for name, position in cycle[:-1]
    )
    message = f"`{callee}` calls itself"
    if len(cycle) > 1:
        message += f" by way of {', '.join(f'`{name}`' for name, _ in cycle[1:])}"
    report.error(
        "recursion", message, span, "functions are put in place of their calls: use a loop", trail
    )
