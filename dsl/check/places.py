"""Places: what can be read, assigned and have its address taken."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import own
from dsl.check.constants import evaluate
from dsl.check.context import Alias, Body, Given
from dsl.check.convert import arithmetic, show
from dsl.check.report import Skip, did_you_mean
from dsl.check.task import hint
from dsl.check.world import CURRENT
from dsl.source import Span
from dsl.types import (
    HALF,
    ArrayType,
    AtomicType,
    LockType,
    PointerType,
    RcuHeadType,
    StructType,
    Type,
    VoidType,
    WordType,
)


def place(body: Body, expr: s.Expr) -> p.Place:
    """The place that ``expr`` names; a diagnostic where it names none."""
    match expr:
        case s.Ident(name, span):
            return _named(body, name, span)
        case s.Unary("*", operand, span):
            return deref(body, body.value(operand), span)
        case s.Member():
            return _member(body, expr)
        case s.Index():
            return _index(body, expr)
        case s.Unary("&", _, span):
            return body.report.fail(
                "not-a-place",
                "this is an address, where the place itself is meant",
                span,
                "leave the `&` out",
            )
        case _:
            return body.report.fail(
                "not-a-place", "this is a value, not a place in memory or a local", expr.span
            )


def _named(body: Body, name: str, span: Span) -> p.Place:
    bound, binding = body.scope.find(name)
    if bound:
        match binding:
            case p.Local():
                return p.LocalPlace(binding, binding.type, span)
            case Alias():
                return body.report.fail(
                    "out-parameter",
                    f"`{name}` stands for the address of `{binding.local.name}` here and "
                    "is not a place itself",
                    span,
                    f"write `*{name}`",
                )
            case Given(expr, size):
                body.count(span, size)
                if isinstance(expr, p.Read):
                    return expr.place
                return body.report.fail("not-a-place", f"`{name}` is a value here", span)
            case None:
                raise Skip
    world = body.world
    if name in world.objects:
        type_ = world.objects[name]
        if type_ is None:
            raise Skip
        return p.ObjectPlace(name, type_, span)
    if name in world.ordinary or name in ("NULL", "true", "false"):
        what = world.ordinary[name][0] if name in world.ordinary else "constant"
        return body.report.fail(
            "not-a-place", f"`{name}` is a name of a {what}, not of a place", span
        )
    return unknown(body, name, span)


def unknown(body: Body, name: str, span: Span) -> p.Place:
    """Report a name that means nothing here."""
    known = body.scope.visible() | set(body.world.ordinary) | {"NULL", "true", "false"}
    known |= set(body.world.value_words)
    near = hint(body.world) if name == CURRENT else did_you_mean(name, known)
    return body.report.fail("unknown-name", f"`{name}` is not declared", span, near)


def deref(body: Body, pointer: p.Expr, span: Span) -> p.Place:
    """``*pointer``; the address of a place gives the place back."""
    type_ = pointer.type
    if not isinstance(type_, PointerType):
        return body.report.fail(
            "bad-operand",
            f"only a pointer can be dereferenced, this is {show(type_)}",
            pointer.span,
        )
    if isinstance(type_.to, VoidType):
        return body.report.fail(
            "bad-operand", "a `void *` points at nothing that has a type", pointer.span
        )
    if isinstance(pointer, p.AddressOf):
        return pointer.place
    return p.DerefPlace(pointer, type_.to, span)


def _member(body: Body, expr: s.Member) -> p.Place:
    if own.is_own(body, expr):
        return own.place(body, expr)
    if expr.arrow:
        _refuse_arrow(body, expr.base, expr.field)
        pointer = body.value(expr.base)
        if isinstance(pointer.type, StructType | WordType):
            body.report.fail(
                "bad-operand",
                f"this is {show(pointer.type)}, not a pointer",
                expr.base.span,
                f"write `.{expr.field.text}`",
            )
        return field(body, deref(body, pointer, expr.base.span), expr.field, expr.span)
    if not isinstance(expr.base, s.Ident | s.Unary | s.Member | s.Index):
        type_ = body.value(expr.base).type
        if isinstance(type_, WordType):
            body.report.fail(
                "half-of-value",
                f"the halves of a {type_.name} can only be taken from a place",
                expr.span,
                "assign the word to a local first",
            )
    return field(body, body.place(expr.base), expr.field, expr.span)


def _refuse_arrow(body: Body, base: s.Expr, name: s.Name) -> None:
    """Refuse ``object->field`` by what is wrong with it."""
    if isinstance(base, s.Ident) and not body.scope.find(base.name)[0]:
        type_ = body.world.objects.get(base.name)
        if isinstance(type_, StructType):
            message = f"`{base.name}` is a {show(type_)}, not a pointer to one"
            body.report.fail("bad-operand", message, base.span, f"write `.{name.text}`")


def field(body: Body, base: p.Place, name: s.Name, span: Span) -> p.Place:
    """``base.name``: a field of a struct or a half of a word."""
    match base.type:
        case StructType(struct):
            type_ = field_type(body, struct, name)
            return p.FieldPlace(base, name.text, type_, span)
        case WordType(word):
            halves = body.world.words[word].halves if word in body.world.words else ()
            if halves and name.text in halves:
                return p.FieldPlace(base, name.text, HALF, span)
            hint = did_you_mean(name.text, halves or ())
            if not halves:
                hint = "declare its halves in the word: `split low, high;`"
            return body.report.fail(
                "unknown-field", f"{word} has no half `{name.text}`", name.span, hint
            )
        case PointerType():
            return body.report.fail(
                "bad-operand",
                f"this is a pointer ({show(base.type)})",
                base.span,
                f"write `->{name.text}`",
            )
        case _:
            return body.report.fail("bad-operand", f"{show(base.type)} has no fields", base.span)


def field_type(body: Body, struct: str, name: s.Name) -> Type:
    """The type of the field ``name`` of ``struct``."""
    if struct not in body.world.structs:
        raise Skip
    for known in body.world.structs[struct].fields:
        if known.name == name.text:
            return known.type
    if (struct, name.text) in body.world.broken_fields:
        raise Skip
    return body.report.fail(
        "unknown-field",
        f"struct {struct} has no field `{name.text}`",
        name.span,
        did_you_mean(name.text, (known.name for known in body.world.structs[struct].fields)),
    )


def _index(body: Body, expr: s.Index) -> p.Place:
    base = _array_base(body, expr.base)
    if not isinstance(base.type, ArrayType):
        return body.report.fail(
            "bad-operand", f"only an array has elements, this is {show(base.type)}", expr.base.span
        )
    index = body.value(expr.index)
    if not arithmetic(index.type):
        return body.report.fail(
            "type-mismatch", f"an index is a number, not {show(index.type)}", expr.index.span
        )
    known = evaluate(index)
    if known is not None and not 0 <= known < base.type.length:
        return body.report.fail(
            "constant-range",
            f"index {known} is outside of the array: it has {base.type.length} elements",
            expr.index.span,
        )
    return p.IndexPlace(base, index, base.type.element, expr.span)


def _array_base(body: Body, expr: s.Expr) -> p.Place:
    """The array of an index; a pointer is refused by name, its elements are arithmetic."""
    found = body.place(expr)
    if isinstance(found.type, PointerType):
        return body.report.fail(
            "pointer-arithmetic",
            "an index of a pointer is pointer arithmetic",
            expr.span,
            "index the array that it points into",
        )
    return found


def read(body: Body, found: p.Place, span: Span) -> p.Expr:
    """The value at a place by a plain access."""
    whole_value(body, found.type, span)
    return p.Read(found, found.type, span)


def whole_value(body: Body, type_: Type, span: Span, *, stored: bool = False) -> None:
    """Refuse types whose values cannot be read or assigned as one; ``stored``: it is assigned."""
    match type_:
        case StructType():
            body.report.fail(
                "struct-value",
                f"{show(type_)} cannot be copied as one value",
                span,
                "read or assign its fields, or use a pointer to it",
            )
        case ArrayType():
            body.report.fail(
                "struct-value",
                "an array cannot be used as one value",
                span,
                "name an element, or take an element's address: `&a[0]`",
            )
        case LockType(kind):
            family = "SRCU" if kind == "srcu" else "lock"
            body.report.fail(
                "opaque-value",
                f"a {show(type_)} is only touched by the {family} primitives",
                span,
                "pass its address",
            )
        case AtomicType(name):
            prefix = name.removesuffix("_t")
            article = "a" if name == "refcount_t" else "an"
            body.report.fail(
                "opaque-value",
                f"{article} {name} is only touched by the {prefix}_*() primitives",
                span,
                f"set it with `{prefix}_set(&..., value)`"
                if stored
                else f"pass its address; read it with `{prefix}_read(&...)`",
            )
        case RcuHeadType():
            body.report.fail("opaque-value", "a struct rcu_head is only passed by address", span)
        case VoidType():
            body.report.fail("bad-operand", "this has no value", span)
        case _:
            pass
