"""Addresses of locals: where they may stand, and what a callee may do with them.

A parameter that is given ``&local`` at some call (directly, or passed on) is
only dereferenced, compared with NULL, tested, or passed on to a function.
So inlining can replace it by the local, and no address of a local is ever a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl import protocol as p
from dsl.check.convert import is_null
from dsl.check.notes import Notes
from dsl.check.report import Report
from dsl.check.walk import Part, expressions, parts
from dsl.diagnostic import Label
from dsl.frozen import Open, field
from dsl.primitives import PRIMITIVES
from dsl.source import Span
from dsl.types import BoolType

Slot = tuple[str, int]
"""A function's name and the position of a parameter."""

_OWN_LOCAL_KINDS = ("old", "flags")
_SHARED_ACCESS = ("smp_store_mb",)
"""Primitives on a place whose meaning is not that of a plain access to a local."""


class _Facts(Open):
    """What one function does with addresses of locals and with its pointer parameters.

    ``values`` are the addresses of locals that are used as values, which is refused.
    """

    function: p.Function
    parameters: dict[int, int]
    given: list[tuple[Slot, p.Local, Span]] = field(
        default_factory=list[tuple[Slot, p.Local, Span]]
    )
    passed: list[tuple[int, Slot, Span]] = field(default_factory=list[tuple[int, Slot, Span]])
    misused: list[tuple[int, str, Span]] = field(default_factory=list[tuple[int, str, Span]])
    values: list[tuple[p.Local, Span]] = field(default_factory=list[tuple[p.Local, Span]])


def check_addresses(report: Report, notes: Notes, functions: Iterable[p.Function]) -> None:
    """Report every address of a local that is not just lent to a callee."""
    facts = {function.name: notes.of(_facts, function) for function in functions}
    for used, at in (each for known in facts.values() for each in known.values):
        report.error(
            "local-address",
            f"the address of the local `{used.name}` is used as a value",
            at,
            "it may only be an argument of a function of the protocol",
        )
    origin = _receiving(facts)
    for (name, position), (local, span) in origin.items():
        known = facts[name]
        for mine, what, at in known.misused:
            if known.parameters[mine] != position:
                continue
            parameter = known.function.parameters[position].name
            report.error(
                "out-parameter",
                f"the out-parameter `{parameter}` is {what}",
                at,
                "an out-parameter is only dereferenced, compared with NULL, or passed on",
                (Label(span, f"here it is given the address of the local `{local}`"),),
            )


def _receiving(facts: Mapping[str, _Facts]) -> dict[Slot, tuple[str, Span]]:
    """Every parameter that is given the address of a local, with a call that does so."""
    found: dict[Slot, tuple[str, Span]] = {}
    pending: list[tuple[Slot, str, Span]] = []
    for known in facts.values():
        pending.extend((slot, local.name, span) for slot, local, span in known.given)
    while pending:
        slot, local, span = pending.pop(0)
        if slot in found or slot[0] not in facts:
            continue
        found[slot] = (local, span)
        known = facts[slot[0]]
        for mine, onward, _ in known.passed:
            if known.parameters[mine] == slot[1]:
                pending.append((onward, local, span))
    return found


def _facts(function: p.Function) -> _Facts:
    facts = _Facts(function, {local.number: i for i, local in enumerate(function.parameters)})
    for expr in expressions(function.body):
        _visit(facts, expr)
    return facts


def _visit(facts: _Facts, part: Part) -> None:
    match part:
        case p.AddressOf(p.LocalPlace(local)):
            facts.values.append((local, part.span))
        case p.Read(p.LocalPlace(local)) | p.AddressOf(p.DerefPlace(p.Read(p.LocalPlace(local)))):
            _misuse(facts, local, "used as a value", part.span)
        case p.DerefPlace(p.Read(p.LocalPlace())):
            pass
        case p.AddressOf(place) if (base := _lent_base(place)) is not None:
            _misuse(facts, base, "used for the address of a part", part.span)
            _visit(facts, place)
        case p.Cast(p.Read(p.LocalPlace()), BoolType()):
            pass
        case p.Binary("==" | "!=", left, right) if is_zero(left) or is_zero(right):
            other = right if is_zero(left) else left
            if not isinstance(other, p.Read) or not isinstance(other.place, p.LocalPlace):
                _visit(facts, other)
        case p.Assign(p.LocalPlace(local), _, value):
            _misuse(facts, local, "assigned", part.span)
            _visit(facts, value)
        case p.CallFunction():
            for position, argument in enumerate(part.arguments):
                _argument(facts, (part.function, position), argument)
        case p.CallPrimitive():
            _primitive(facts, part)
        case _:
            for inside in parts(part):
                _visit(facts, inside)


def is_zero(expr: p.Expr) -> bool:
    """Whether the expression is NULL of any pointer type."""
    return is_null(expr) or (isinstance(expr, p.Constant) and expr.value == 0)


def _misuse(facts: _Facts, local: p.Local, what: str, span: Span) -> None:
    if local.number in facts.parameters:
        facts.misused.append((local.number, what, span))


def _lent_base(place: p.Place) -> p.Local | None:
    """The parameter behind ``p->field`` where the parameter is dereferenced directly."""
    while isinstance(place, p.FieldPlace | p.IndexPlace):
        place = place.base
    match place:
        case p.DerefPlace(p.Read(p.LocalPlace(local))):
            return local
        case _:
            return None


def _argument(facts: _Facts, slot: Slot, argument: p.Expr) -> None:
    match argument:
        case p.AddressOf(p.LocalPlace(local)):
            # The address of a parameter is a pointer to what it points at: it must not be one
            # that stands for a local itself.
            _misuse(facts, local, "used for its address", argument.span)
            facts.given.append((slot, local, argument.span))
        case p.Read(p.LocalPlace(local)) | p.AddressOf(p.DerefPlace(p.Read(p.LocalPlace(local)))):
            if local.number in facts.parameters:
                facts.passed.append((local.number, slot, argument.span))
        case _:
            _visit(facts, argument)


def _primitive(facts: _Facts, call: p.CallPrimitive) -> None:
    kinds = PRIMITIVES[call.primitive].parameters
    for position, argument in enumerate(call.arguments):
        kind = kinds[position] if position < len(kinds) else ""
        if kind in _OWN_LOCAL_KINDS:
            continue
        lvalue = kind == "lvalue" and call.primitive not in _SHARED_ACCESS
        if lvalue and isinstance(argument, p.AddressOf):
            _visit(facts, argument.place)
        else:
            _visit(facts, argument)
