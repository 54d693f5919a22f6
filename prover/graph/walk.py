"""Facts about a function's body that lowering needs before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import attrgetter
from typing import cast

from dsl import protocol as p
from dsl.check.notes import Notes
from dsl.frozen import Frozen, fields_of, replace
from dsl.source import Span
from dsl.types import PointerType, WordType


def parts(node: object) -> Iterator[object]:
    """``node`` and every expression, place and statement in it, outermost first."""
    pending = [node]
    while pending:
        current = pending.pop()
        kind = type(current)
        if kind is tuple:
            items = cast("tuple[object, ...]", current)
            pending += items[::-1]
            continue
        if kind not in _VALUES:
            _VALUES[kind] = _values_of(kind)
        if (values := _VALUES[kind]) is not None:
            yield current
            pending += values(current)


_VALUES: dict[type[object], Callable[[object], tuple[object, ...]] | None] = {}
"""What :func:`_values_of` has answered so far."""


def _values_of(kind: type[object]) -> Callable[[object], tuple[object, ...]] | None:
    """What gives the values of the fields of a kind of node, last first; None for what is none."""
    names = children(kind)
    if names is None:
        return None
    if len(names) > 1:
        return attrgetter(*names[::-1])
    return lambda node: tuple(getattr(node, name) for name in names)


_CHILDREN: dict[type[object], tuple[str, ...] | None] = {}
"""What :func:`children` has answered so far."""


def children(kind: type[object]) -> tuple[str, ...] | None:
    """The fields of a kind of statement, expression or place; None for what is none."""
    if kind not in _CHILDREN:
        is_node = issubclass(kind, Frozen) and kind.__module__ == p.__name__
        _CHILDREN[kind] = fields_of(cast("type[Frozen]", kind)) if is_node else None
    return _CHILDREN[kind]


def rebuilt(node: object, change: Callable[[str], object]) -> object:
    """The node with what ``change`` makes of each of its fields, by name; itself if all stay."""
    changes: dict[str, object] = {}
    for name in children(type(node)) or ():
        after = change(name)
        if after is not getattr(node, name):
            changes[name] = after
    return replace(cast("p.Block", node), **changes) if changes else node  # type: ignore[arg-type]


def callees(function: p.Function) -> list[str]:
    """The functions that one calls, has called later, or has called elsewhere."""
    found: dict[str, None] = {}
    for part in parts(function.body):
        match part:
            case p.CallFunction(function=name) | p.FunctionName(name=name):
                found[name] = None
            case _:
                pass
    return list(found)


def asserts_of(function: p.Function) -> tuple[Span, ...]:
    """Where asserts stand in a function, in the order of its text."""
    calls = (part for part in parts(function.body) if isinstance(part, p.CallPrimitive))
    return tuple(call.span for call in calls if call.primitive == "assert")


def reached(
    protocol: p.Protocol,
    roots: Iterable[p.Function],
    called: Callable[[p.Function], Iterable[str]] = callees,
) -> dict[str, None]:
    """The functions that some roots lead to, the roots' own names first.

    ``called`` answers as :func:`callees` does.  A function goes by the name that it is called by:
    an interrupt handler's own is that of its actor.
    """
    found: dict[str, None] = {}
    seen: set[int] = set()
    pending = [(root.name, root) for root in roots]
    for name, function in pending:
        if id(function) not in seen:
            seen.add(id(function))
            found[name] = None
            pending.extend((each, protocol.functions[each]) for each in called(function))
    return found


def actors_of(protocol: p.Protocol, scenario: str) -> list[p.Function]:
    """The actors of a scenario, each once."""
    return [protocol.actors[name] for name, _ in protocol.scenarios[scenario].run]


def may_assign(expr: p.Expr) -> bool:
    """Whether evaluating ``expr`` may change a local."""
    return any(
        isinstance(part, p.Assign | p.CallFunction | p.CallPrimitive) for part in parts(expr)
    )


def has_label(statement: p.Stmt) -> bool:
    """Whether control may enter ``statement`` by a goto."""
    return any(isinstance(part, p.Label) for part in parts(statement))


class Facts(Frozen, frozen=True):
    """What is known of one function: its locals by number, and how it returns.

    ``assigned``: assigned, declared or with their address taken somewhere in the body.
    ``addressed``: with their address taken.  ``declared``: declared without an initializer,
    or ``skipped``: with one, which a jump may leave out.
    ``halved``: words of which a half is assigned by itself, and pointers through
    which that happens.  ``shown``: what each is called in registers.  ``tail``: the
    only return is the last statement.
    """

    assigned: frozenset[int]
    addressed: frozenset[int]
    declared: frozenset[int]
    halved: frozenset[int]
    skipped: frozenset[int]
    shown: Mapping[int, str]
    tail: bool


def facts_of(
    functions: Mapping[str, p.Function], known: dict[str, Facts], notes: Notes, function: p.Function
) -> Facts:
    """The facts of ``function``; ``known`` keeps those of the functions it calls.

    ``notes`` have what its body alone says.
    """
    key = f"{function.kind} {function.name}"
    if key not in known:
        own, calls = notes.of(_own_facts, function)
        halved = set(own.halved)
        for call in calls:
            callee = functions[call.function]
            inner = facts_of(functions, known, notes, callee).halved
            for argument, parameter in zip(call.arguments, callee.parameters, strict=True):
                if parameter.number in inner and isinstance(parameter.type, PointerType):
                    halved.update(_passed(argument))
        known[key] = replace(own, halved=frozenset(halved))
    return known[key]


def _own_facts(function: p.Function) -> tuple[Facts, tuple[p.CallFunction, ...]]:
    """The facts of a function but for what those do that it calls, and its calls."""
    body = tuple(parts(function.body))
    assigned: set[int] = set()
    addressed: set[int] = set()
    declared: set[int] = set()
    halved: set[int] = set()
    calls: list[p.CallFunction] = []
    for part in body:
        match part:
            case p.Assign(target=p.LocalPlace(local=local)):
                assigned.add(local.number)
            case p.Assign(target=p.FieldPlace() as target):
                halved.update(_halved(target))
            case p.AddressOf(place=p.LocalPlace(local=local)):
                addressed.add(local.number)
            case p.AddressOf(place=p.FieldPlace() as target):
                halved.update(_halved(target))
            case p.Declare(local=local):
                declared.add(local.number)
            case p.CallFunction():
                calls.append(part)
            case _:
                pass
    skipped = _skipped(function, body) - declared
    facts = Facts(
        frozenset(assigned | addressed | declared),
        frozenset(addressed),
        frozenset(declared | skipped),
        frozenset(halved),
        frozenset(skipped),
        _shown(function),
        _has_tail(function, body),
    )
    return facts, tuple(calls)


def _has_tail(function: p.Function, body: tuple[object, ...]) -> bool:
    """Whether the only return is the last statement."""
    returns = sum(isinstance(part, p.Return) for part in body)
    return returns == 1 and isinstance(function.body.body[-1], p.Return)


def _shown(function: p.Function) -> dict[int, str]:
    """Names of the locals: the author's, with a number where one name is used again."""
    used: dict[str, int] = {}
    shown: dict[int, str] = {}
    for local in function.locals:
        name = local.name.lstrip(".")
        used[name] = number = used.get(name, 0) + 1
        shown[local.number] = name if number == 1 else f"{name}'{number}"
    return shown


def _skipped(function: p.Function, body: tuple[object, ...]) -> set[int]:
    """The locals whose initializer a goto or a switch may jump over."""
    if not any(isinstance(part, p.Goto | p.Switch) for part in body):
        return set()
    parameters = {local.number for local in function.parameters}
    return {local.number for local in function.locals} - parameters


def _halved(target: p.FieldPlace) -> Iterator[int]:
    """The local behind a half that is a place to assign to."""
    match target.base:
        case p.LocalPlace(local=local, type=WordType()):
            yield local.number
        case p.DerefPlace(pointer=p.Read(place=p.LocalPlace(local=local)), type=WordType()):
            yield local.number
        case _:
            return


def _passed(argument: p.Expr) -> Iterator[int]:
    """The local that an argument gives the address of, itself or by passing it on."""
    match argument:
        case p.AddressOf(place=p.LocalPlace(local=local)) | p.Read(place=p.LocalPlace(local=local)):
            yield local.number
        case _:
            return
