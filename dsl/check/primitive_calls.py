"""Calls of primitives: each argument by the kind that :mod:`dsl.primitives` gives it."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import primitive_arguments as args
from dsl.check.arguments import counted, expressions_only
from dsl.check.bitmaps import in_its_word
from dsl.check.context import Body
from dsl.check.convert import cast, truth
from dsl.check.report import Skip
from dsl.primitives import SYNONYMS, Primitive
from dsl.types import (
    BOOL,
    INT,
    LONG,
    U32,
    VOID,
    PointerType,
    RcuHeadType,
    Type,
)

_PLAIN_READS = ("READ_ONCE", "rcu_dereference", "rcu_access_pointer", "data_race")
_PLAIN_WRITES = ("WRITE_ONCE", "rcu_assign_pointer")
_GIVES: dict[str, Type] = {"unsigned": U32, "condition": LONG}
"""What a call gives, where that is not the type of what the engines find.

``unlikely()`` is gcc's ``__builtin_expect()``, which gives a long; so does a ``WARN_ON()``, which
ends in one.
"""

_ADDRESSES = ("lvalue", "place", "atomic")


def call(body: Body, expr: s.Call, spec: Primitive) -> p.Expr:
    """The checked call of a primitive."""
    written = expressions_only(body, expr.arguments)
    kinds = _kinds(body, expr, spec, len(written))
    state = args.State(spec)
    found: dict[int, p.Expr] = {}
    wrong = False
    # Addresses first: they say what the values are.  The order of the call stays.
    order = sorted(range(len(written)), key=lambda i: kinds[i] not in _ADDRESSES)
    for position in order:
        try:
            checked = _argument(body, kinds[position], written[position], state, found)
        except Skip:
            if kinds[position] in _ADDRESSES:
                raise
            wrong = True
            continue
        if checked is not None:
            found[position] = checked
    if wrong:
        raise Skip
    arguments = tuple(found[i] for i in sorted(found)) + state.hidden
    if spec.group == "bitop":
        arguments = in_its_word(arguments)
    plain = _local_access(body, expr, spec, arguments)
    if plain is not None:
        return plain
    name = SYNONYMS.get(spec.name, spec.name)
    made = p.CallPrimitive(
        name, arguments, state.message, tuple(state.actors), _result(spec, state), expr.span
    )
    return cast(made, _GIVES.get(spec.result, made.type))


def _kinds(body: Body, expr: s.Call, spec: Primitive, count: int) -> list[str]:
    """The kind of each written argument."""
    fixed = [kind for kind in spec.parameters if kind != "targets"]
    least = sum(not kind.endswith("?") for kind in fixed)
    most = count if "targets" in spec.parameters else len(fixed)
    if not least <= count <= most:
        takes = counted(least) if least >= most or count < least else f"at most {counted(most)}"
        body.report.fail(
            "argument-count",
            f"`{spec.name}()` takes {takes}, not {count}",
            expr.span,
            f"{spec.name}({', '.join(spec.parameters)})" if spec.parameters else "",
        )
    kinds = [kind.rstrip("?") for kind in fixed[:count]]
    return kinds + ["targets"] * (count - len(kinds))


def _argument(
    body: Body, kind: str, expr: s.Expr, state: args.State, found: dict[int, p.Expr]
) -> p.Expr | None:
    """One argument; None where it is kept in ``state`` instead."""
    match kind:
        case "lvalue" | "place" | "atomic":
            return args.address(body, kind, expr, state)
        case "value":
            return args.value(body, expr, state)
        case "int":
            return args.integer(body, expr, state)
        case "until":
            return args.until(body, expr, state)
        case "bool":
            return truth(body.report, body.value(expr, BOOL))
        case "old" | "flags":
            return args.own_local(body, kind, expr, state)
        case "index":
            return args.typed(body, expr, state, INT)
        case "head":
            return args.typed(body, expr, state, PointerType(RcuHeadType()))
        case "function":
            return args.callback(body, expr, state.spec)
        case "object":
            return args.whole_object(body, expr, state)
        case "pool":
            return args.pool(body, expr, state)
        case "field":
            return args.head_field(body, expr, found)
        case "message":
            args.message(body, expr, state)
            return None
        case "targets":
            args.target(body, expr, state)
            return None
        case _:
            return args.lock(body, kind.removeprefix("lock "), expr, state)


def _result(spec: Primitive, state: args.State) -> Type:
    match spec.result:
        case "void":
            return VOID
        case "bool" | "condition":
            return BOOL
        case "object" if state.result is not None:
            return state.result
        case _:
            return state.pointee if state.pointee is not None else INT


def _local_access(
    body: Body, expr: s.Call, spec: Primitive, arguments: tuple[p.Expr, ...]
) -> p.Expr | None:
    """``READ_ONCE(local)`` is a plain access: nobody else sees a local.  None for memory."""
    if not arguments or spec.parameters[0] != "lvalue":
        return None
    address = arguments[0]
    if not isinstance(address, p.AddressOf):
        return None
    place = address.place
    if spec.name in _PLAIN_READS and (body.claim or _in_local(place)):
        return p.Read(place, place.type, expr.span)
    if spec.name in _PLAIN_WRITES and _in_local(place):
        return p.Assign(place, "", arguments[1], place.type, expr.span)
    return None


def _in_local(place: p.Place) -> bool:
    while isinstance(place, p.FieldPlace | p.IndexPlace):
        place = place.base
    return isinstance(place, p.LocalPlace)
