"""Enums, words, structs and signatures."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.bodies import Checked, constant, constant_in
from dsl.check.conditions import condition
from dsl.check.convert import LOCK_TYPES, show, wrap
from dsl.check.names import duplicate
from dsl.check.report import Skip
from dsl.check.statements import local_type
from dsl.check.typenames import resolve, with_lengths
from dsl.check.world import Signature, World
from dsl.source import Span
from dsl.types import INT, VOID, ArrayType, LockType, PointerType, StructType, Type, VoidType

MAX_LENGTH = 64
"""Elements of an array, slots of a pool."""

PAGE_BITS = 12
_RESERVED_VALUES = ("any", "before")


def typedefs(world: World) -> None:
    """Report what is wrong with typedefs, used or not."""
    for name, decl in world.typedefs.items():
        try:
            resolve(world, s.TypeName("", name, 0, decl.name.span))
        except Skip:
            continue


def enums(world: World) -> None:
    """The members' values: as given, else one more than the member before."""
    for name, decl in world.enum_decls.items():
        values = world.enums.setdefault(name, {})
        following = 0
        for member, written in decl.members:
            try:
                if written is not None:
                    following = constant(world, written, f"the value of `{member.text}`")
                if wrap(following, INT) != following:
                    span = member.span if written is None else written.span
                    world.report.fail(
                        "constant-range", f"{following} does not fit in an enum", span
                    )
            except Skip:
                continue
            if world.members.get(member.text) == name:
                values[member.text] = following
            following += 1


def words(world: World) -> None:
    """The words, their halves and their named values."""
    for name, decl in world.word_decls.items():
        values: dict[str, tuple[p.WordValue, Span]] = {}
        for value in decl.values:
            try:
                made = _word_value(world, value)
            except Skip:
                continue
            if made.name in values:
                duplicate(world.report, "value", value.name, ("a value", values[made.name][1]))
                continue
            values[made.name] = (made, value.name.span)
        named = tuple(made for made, _ in values.values())
        present, when = 0, None
        try:
            if decl.present is not None:
                present = _bits(world, decl.present, "the present mask")
            if decl.halves is not None:
                when = p.ALWAYS if decl.when is None else condition(world, decl.when)
        except Skip:
            pass
        halves = None if decl.halves is None else (decl.halves[0].text, decl.halves[1].text)
        if halves is not None and halves[0] == halves[1] and decl.halves is not None:
            duplicate(world.report, "half", decl.halves[1], ("a half", decl.halves[0].span))
        world.words[name] = p.Word(name, halves, when, present, named, decl.span)
    # Only now: no constant above is a value of a word.
    for name, word in world.words.items():
        for each in word.values:
            world.value_words.setdefault(each.name, []).append(name)


def _word_value(world: World, value: s.WordValue) -> p.WordValue:
    if value.name.text in _RESERVED_VALUES:
        world.report.fail(
            "reserved-name",
            f"`{value.name.text}` has a meaning of its own in transitions",
            value.name.span,
            "choose another name",
        )
    if value.parameter is None:
        bits = _bits(world, value.bits, f"the bits of `{value.name.text}`")
        return p.WordValue(value.name.text, None, bits)
    type_ = resolve(world, value.parameter)
    if not isinstance(type_, PointerType) or not isinstance(type_.to, StructType):
        world.report.fail(
            "bad-word",
            f"the argument of a word's value is a pointer to a struct, not {show(type_)}",
            value.parameter.span,
        )
    bits = _bits(world, value.bits, f"the bits of `{value.name.text}`")
    if bits >> PAGE_BITS:
        world.report.fail(
            "bad-word",
            f"only the {PAGE_BITS} low bits are free beside an address",
            value.bits.span,
            "physical addresses take the others",
        )
    return p.WordValue(value.name.text, type_, bits)


def _bits(world: World, expr: s.Expr, what: str) -> int:
    return constant_in(world, expr, what, 0, (1 << 64) - 1)


def structs(world: World) -> None:
    """The structs' fields; a struct that contains itself is reported."""
    for name, decl in world.struct_decls.items():
        fields: dict[str, tuple[p.Field, Span]] = {}
        for line in decl.fields:
            for declarator in line.declarators:
                if declarator.name.text in fields:
                    first = ("a field", fields[declarator.name.text][1])
                    duplicate(world.report, "field", declarator.name, first)
                    continue
                try:
                    made = _field(world, name, line, declarator)
                except Skip:
                    world.broken_fields.add((name, declarator.name.text))
                    continue
                fields[made.name] = (made, declarator.name.span)
        kept = tuple(made for made, _ in fields.values())
        world.structs[name] = p.Struct(name, kept, decl.span)
    for name in list(world.structs):
        _refuse_self(world, name)


def _field(world: World, struct: str, line: s.FieldDecl, declarator: s.Declarator) -> p.Field:
    type_ = sized(world, line.type, declarator)
    lock_class = class_of(world, type_, line.lock_class, f"{struct}.{declarator.name.text}")
    return p.Field(declarator.name.text, type_, line.data_racy, lock_class)


def sized(world: World, written: s.TypeName, declarator: s.Declarator) -> Type:
    """The type of a field or an object, with its array lengths."""
    type_ = resolve(world, written, declarator.stars)
    if isinstance(type_, VoidType):
        world.report.fail("void-type", f"`{declarator.name.text}` cannot be void", written.span)
    lengths = tuple(
        constant_in(world, length, "an array's length", 1, MAX_LENGTH)
        for length in declarator.lengths
    )
    return with_lengths(type_, lengths)


def class_of(world: World, type_: Type, given: s.String | None, default: str) -> str:
    """The lock class of a place of this type, "" where it is no lock."""
    while isinstance(type_, ArrayType):
        type_ = type_.element
    if isinstance(type_, LockType) and type_.kind != "srcu":
        return default if given is None else given.text
    if given is not None:
        locks = ", ".join(sorted(t for kind, t in LOCK_TYPES.items() if kind != "srcu"))
        world.report.fail(
            "bad-lock-class",
            f"{show(type_)} is no lock and has no lock class",
            given.span,
            f"locks are {locks}",
        )
    return ""


def _refuse_self(world: World, name: str) -> None:
    seen: set[str] = set()
    pending = [name]
    while pending:
        for field in world.structs[pending.pop()].fields:
            type_ = field.type
            while isinstance(type_, ArrayType):
                type_ = type_.element
            if not isinstance(type_, StructType) or type_.name in seen:
                continue
            if type_.name == name:
                world.report.error(
                    "recursive-type",
                    f"struct {name} contains itself",
                    world.struct_decls[name].name.span,
                    "use a pointer to it",
                )
                return
            seen.add(type_.name)
            if type_.name in world.structs:
                pending.append(type_.name)


def signatures(world: World) -> None:
    """What calls need to know of each function."""
    for name, decl in world.function_decls.items():
        parameters: list[tuple[str, Type | None]] = []
        seen: dict[str, tuple[str, Span]] = {}
        for parameter in decl.parameters:
            if parameter.name.text in seen:
                duplicate(world.report, "parameter", parameter.name, seen[parameter.name.text])
            seen.setdefault(parameter.name.text, ("a parameter", parameter.name.span))
            parameters.append((parameter.name.text, _parameter(world, parameter)))
        result = _result(world, decl)
        world.functions[name] = Signature(name, decl.kind, tuple(parameters), result, decl)


def _parameter(world: World, parameter: s.Parameter) -> Type | None:
    try:
        type_ = resolve(world, parameter.type)
        local_type(Checked(world), type_, parameter.name)
    except Skip:
        return None
    return type_


def _result(world: World, decl: s.FunctionDecl) -> Type | None:
    try:
        type_ = resolve(world, decl.result)
        if type_ != VOID:
            local_type(Checked(world), type_, decl.name)
    except Skip:
        return None
    return type_
