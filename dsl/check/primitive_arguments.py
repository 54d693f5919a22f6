"""Arguments of primitives, one function for each kind of parameter."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.bitmaps import bits_from
from dsl.check.constants import evaluate
from dsl.check.context import Body, Scope
from dsl.check.convert import LOCK_TYPES, arithmetic, cast, coerce, scalar, show, truth
from dsl.check.places import field as named_field
from dsl.check.places import whole_value
from dsl.check.report import Skip, did_you_mean
from dsl.diagnostic import Label
from dsl.frozen import Open, field
from dsl.primitives import Primitive
from dsl.source import Span
from dsl.types import (
    BOOL,
    INT,
    VOID,
    AtomicType,
    IntType,
    LockType,
    PointerType,
    RcuHeadType,
    StructType,
    Type,
)

_POINTERS_ONLY = ("rcu_dereference", "rcu_access_pointer", "rcu_assign_pointer")

_MAX_SUBCLASS = 7
"""Lockdep has eight subclasses."""


class State(Open):
    """What the arguments checked so far say about the others.

    ``hidden`` are arguments that nobody writes: where ``VAL`` is kept.  ``room``: how many bits a
    bitmap has from the address on, 0 where that leads to one word.
    """

    spec: Primitive
    pointee: Type | None = None
    result: Type | None = None
    message: str = ""
    hidden: tuple[p.Expr, ...] = ()
    room: int = 0
    actors: list[str] = field(default_factory=list[str])


def value(body: Body, expr: s.Expr, state: State) -> p.Expr:
    """A value of the type that the address before it points at."""
    assert state.pointee is not None  # every `value` follows an address
    value = body.value(expr, state.pointee)
    return coerce(body.report, value, state.pointee, f"the value for `{state.spec.name}()`")


def until(body: Body, expr: s.Expr, state: State) -> p.Expr:
    """A condition in which ``VAL`` is the value at the address before it."""
    assert state.pointee is not None  # every `until` follows an address
    outer = body.scope
    body.scope = Scope(outer)
    local = body.local("VAL", state.pointee, expr.span)
    body.scope.names["VAL"] = local
    place = p.LocalPlace(local, local.type, expr.span)
    held = p.Read(place, local.type, expr.span)
    state.hidden = (p.Assign(place, "", held, local.type, expr.span),)
    try:
        return truth(body.report, body.value(expr, BOOL))
    finally:
        body.scope = outer


def typed(body: Body, expr: s.Expr, state: State, type_: Type) -> p.Expr:
    """A value of a given type."""
    what = f"the argument of `{state.spec.name}()`"
    return coerce(body.report, body.value(expr, type_), type_, what)


def message(body: Body, expr: s.Expr, state: State) -> None:
    """The text of an assertion; kept in the state."""
    if not isinstance(expr, s.String):
        body.report.fail("bad-argument", "a message is a string literal", expr.span)
    state.message = expr.text


def address(body: Body, kind: str, expr: s.Expr, state: State) -> p.Expr:
    """A place (``lvalue``) or a pointer, whose target the state remembers."""
    name = state.spec.name
    if kind == "lvalue":
        place = body.place(expr)
        whole_value(body, place.type, expr.span)
        if name in _POINTERS_ONLY and not isinstance(place.type, PointerType):
            body.report.fail(
                "bad-argument", f"`{name}()` takes a pointer, not {show(place.type)}", expr.span
            )
        state.pointee = place.type
        return p.AddressOf(place, PointerType(place.type), expr.span)
    pointer = body.value(expr)
    target = pointer.type.to if isinstance(pointer.type, PointerType) else None
    if kind == "atomic":
        return _atomic(body, expr, pointer, target, state)
    if target is None or not scalar(target):
        hint = "take its address with `&`" if scalar(pointer.type) and target is None else ""
        if isinstance(target, AtomicType):
            hint = "use the atomic_*() primitives"
        body.report.fail(
            "bad-argument",
            f"`{name}()` takes a pointer to a number, a pointer or a word, not "
            f"{show(pointer.type)}",
            expr.span,
            hint,
        )
    if state.spec.group == "bitop" and not isinstance(target, IntType):
        body.report.fail(
            "bad-argument",
            f"`{name}()` takes a pointer to an integer, not {show(pointer.type)}",
            expr.span,
        )
    state.pointee = target
    state.room = bits_from(pointer)
    return pointer


def _atomic(body: Body, expr: s.Expr, pointer: p.Expr, target: Type | None, state: State) -> p.Expr:
    name = state.spec.name
    if name.startswith("refcount_"):
        wanted = "refcount_t"
    else:
        long = "atomic_long_t" if name.startswith("atomic_long_") else "atomic_t"
        wanted = "atomic64_t" if name.startswith("atomic64_") else long
    if not isinstance(target, AtomicType) or target.name != wanted:
        body.report.fail(
            "bad-argument",
            f"`{name}()` takes a pointer to {wanted}, not {show(pointer.type)}",
            expr.span,
        )
    state.pointee = IntType(target.bits, True)
    return pointer


def integer(body: Body, expr: s.Expr, state: State) -> p.Expr:
    """A number: a subclass of a lock class, an operand of an atomic, a bit of a word."""
    spec = state.spec
    value = body.value(expr, INT)
    if not arithmetic(value.type):
        body.report.fail(
            "type-mismatch",
            f"`{spec.name}()` takes a number here, not {show(value.type)}",
            expr.span,
        )
    known = evaluate(value)
    if spec.group == "lock":
        if known is None:
            body.report.fail("not-constant", "a lock's subclass is a constant", expr.span)
        if not 0 <= known <= _MAX_SUBCLASS:
            body.report.fail(
                "constant-range",
                f"a lock's subclass is 0 to {_MAX_SUBCLASS}, not {known}",
                expr.span,
            )
        return p.Constant(known, INT, expr.span)
    if spec.group == "atomic" and state.pointee is not None:
        return cast(value, state.pointee)
    bits = max(state.room, state.pointee.bits if isinstance(state.pointee, IntType) else 0)
    if known is not None and not 0 <= known < bits:
        body.report.fail("constant-range", f"bit {known} of a {bits}-bit number", expr.span)
    return cast(value, INT)


def own_local(body: Body, kind: str, expr: s.Expr, state: State) -> p.Expr:
    """The local that a primitive writes: ``&old`` of try_cmpxchg(), ``flags`` of irqsave."""
    name = state.spec.name
    if kind == "old":
        address = body.value(expr)
        if not (isinstance(address, p.AddressOf) and isinstance(address.place, p.LocalPlace)):
            body.report.fail(
                "not-a-local",
                f"`{name}()` takes the address of a local here",
                expr.span,
                "copy the expected value to a local and pass its address",
            )
        local, wanted = address.place, state.pointee
    else:
        place = body.place(expr)
        if not isinstance(place, p.LocalPlace):
            body.report.fail(
                "not-a-local",
                f"`{name}()` keeps the interrupt state in a local",
                expr.span,
                "declare `unsigned long flags;` and pass `flags`",
            )
        local, wanted = place, None
    number = isinstance(local.type, IntType) and local.type.bits >= INT.bits
    fits = local.type == wanted if wanted is not None else number
    if not fits:
        needs = show(wanted) if wanted is not None else "unsigned long"
        body.report.fail(
            "type-mismatch",
            f"`{name}()` needs a local of type {needs}, not {show(local.type)}",
            expr.span,
        )
    return p.AddressOf(local, PointerType(local.type), expr.span)


def lock(body: Body, kind: str, expr: s.Expr, state: State) -> p.Expr:
    """A pointer to a lock; for a folio lock also one to the struct that has it."""
    pointer = body.value(expr)
    target = pointer.type.to if isinstance(pointer.type, PointerType) else None
    if target == LockType(kind):
        return pointer
    if kind == "any":
        return _any_lock(body, expr, pointer, state)
    if kind == "folio" and isinstance(target, StructType) and target.name in body.world.structs:
        fields = body.world.structs[target.name].fields
        locks = [f.name for f in fields if f.type == LockType("folio")]
        if len(locks) == 1:
            base = p.DerefPlace(pointer, target, expr.span)
            if isinstance(pointer, p.AddressOf):
                return _field_address(pointer.place, locks[0], LockType(kind), expr.span)
            return _field_address(base, locks[0], LockType(kind), expr.span)
    wanted = LOCK_TYPES[kind]
    if kind == "folio":
        wanted = "a struct with one folio_lock_t"
    hint = "pass its address: `&...`" if pointer.type == LockType(kind) else ""
    return body.report.fail(
        "bad-argument",
        f"`{state.spec.name}()` takes a pointer to {wanted}, not {show(pointer.type)}",
        expr.span,
        hint,
    )


def _any_lock(body: Body, expr: s.Expr, pointer: p.Expr, state: State) -> p.Expr:
    """A pointer to a lock that has an owner."""
    target = pointer.type.to if isinstance(pointer.type, PointerType) else None
    if isinstance(target, LockType) and target.kind != "folio":
        return pointer
    hint = "pass its address: `&...`" if isinstance(pointer.type, LockType) else ""
    if target == LockType("folio"):
        hint = "a folio lock has no owner: ask folio_test_locked()"
    return body.report.fail(
        "bad-argument",
        f"`{state.spec.name}()` takes a pointer to a lock, not {show(pointer.type)}",
        expr.span,
        hint,
    )


def _field_address(base: p.Place, name: str, type_: Type, span: Span) -> p.Expr:
    return p.AddressOf(p.FieldPlace(base, name, type_, span), PointerType(type_), span)


def callback(body: Body, expr: s.Expr, spec: Primitive) -> p.Expr:
    """The name of a callback."""
    if isinstance(expr, s.Unary) and expr.op == "&":
        expr = expr.operand
    if not isinstance(expr, s.Ident) or body.scope.find(expr.name)[0]:
        return body.report.fail(
            "bad-argument", f"`{spec.name}()` takes the name of a function here", expr.span
        )
    callee = body.world.functions.get(expr.name)
    if callee is None:
        return body.report.fail(
            "unknown-name",
            f"no function `{expr.name}()`",
            expr.span,
            did_you_mean(expr.name, body.world.callables()),
        )
    wanted: tuple[Type, ...] = ()
    if spec.name in ("call_rcu", "call_srcu"):
        wanted = (PointerType(RcuHeadType()),)
    types = tuple(type_ for _, type_ in callee.parameters)
    if None in types or callee.result is None:
        raise Skip
    if types != wanted or callee.result != VOID or callee.kind == "iterator":
        shape = "(struct rcu_head *)" if wanted else "(void)"
        return body.report.fail(
            "bad-argument",
            f"`{spec.name}()` takes a `void function{shape}`",
            expr.span,
            f"`{expr.name}()` has other parameters or another result",
        )
    if callee.task is not None:
        return body.report.fail(
            "bad-argument",
            f"`{expr.name}()` uses `current`, and `{spec.name}()` runs it in no task of its own",
            expr.span,
            "hand it what it needs of the task in an object",
            (Label(callee.decl.name.span, "declared here"),),
        )
    return p.FunctionName(expr.name, VOID, expr.span)


def whole_object(body: Body, expr: s.Expr, state: State) -> p.Expr:
    """A pointer to an object with a lifetime."""
    pointer = body.value(expr)
    if not isinstance(pointer.type, PointerType) or not isinstance(pointer.type.to, StructType):
        return body.report.fail(
            "bad-argument",
            f"`{state.spec.name}()` takes a pointer to a struct, not {show(pointer.type)}",
            expr.span,
        )
    if state.spec.parameters[-1] != "field" or _same_twice(pointer):
        return pointer
    # kfree_rcu() names the pointer in both arguments: evaluate it once.
    kept = body.local(".kfree_rcu", pointer.type, expr.span)
    target = p.LocalPlace(kept, pointer.type, expr.span)
    return p.Assign(target, "", pointer, pointer.type, expr.span)


def _same_twice(pointer: p.Expr) -> bool:
    match pointer:
        case p.Read(p.LocalPlace()):
            return True
        case p.AddressOf(p.ObjectPlace()):
            return True
        case _:
            return False


def head_field(body: Body, expr: s.Expr, found: dict[int, p.Expr]) -> p.Expr:
    """The field of ``kfree_rcu(p, field)`` as the address of the head in the object."""
    if 0 not in found:
        raise Skip
    pointer = found[0]
    if isinstance(pointer, p.Assign):
        pointer = p.Read(pointer.target, pointer.type, pointer.span)
    assert isinstance(pointer.type, PointerType)
    assert isinstance(pointer.type.to, StructType)
    struct = pointer.type.to
    if not isinstance(expr, s.Ident):
        return body.report.fail(
            "bad-argument", "`kfree_rcu()` takes the name of a field here", expr.span
        )
    base: p.Place = p.DerefPlace(pointer, struct, pointer.span)
    place = named_field(body, base, s.Name(expr.name, expr.span), expr.span)
    if not isinstance(place.type, RcuHeadType):
        return body.report.fail(
            "bad-argument",
            f"field `{expr.name}` is {show(place.type)}, not struct rcu_head",
            expr.span,
        )
    return p.AddressOf(place, PointerType(place.type), expr.span)


def pool(body: Body, expr: s.Expr, state: State) -> p.Expr:
    """The name of a pool."""
    if not isinstance(expr, s.Ident) or expr.name not in body.world.pools:
        name = expr.name if isinstance(expr, s.Ident) else ""
        return body.report.fail(
            "bad-argument",
            f"`{state.spec.name}()` takes the name of a pool",
            expr.span,
            did_you_mean(name, body.world.pools),
        )
    type_ = body.world.pools[expr.name]
    if type_ is None:
        raise Skip
    state.result = PointerType(type_)
    return p.PoolName(expr.name, type_, expr.span)


def target(body: Body, expr: s.Expr, state: State) -> None:
    """The name of an actor; kept in the state."""
    if not isinstance(expr, s.Ident) or expr.name not in body.world.actors:
        name = expr.name if isinstance(expr, s.Ident) else ""
        body.report.fail(
            "unknown-name",
            f"no actor `{name}`" if name else "this is not an actor's name",
            expr.span,
            did_you_mean(name, body.world.actors),
        )
    if expr.name in state.actors:
        body.report.fail("duplicate-name", f"actor `{expr.name}` is named twice", expr.span)
    state.actors.append(expr.name)
