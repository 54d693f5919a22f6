"""Global objects and pools: types, physical addresses, initial values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl import protocol as p
from dsl import syntax as s
from dsl.check import own
from dsl.check.bodies import Checked, constant_in
from dsl.check.constants import folded, is_constant
from dsl.check.convert import arithmetic, cast, coerce, show
from dsl.check.declarations import MAX_LENGTH, PAGE_BITS, class_of, sized
from dsl.check.places import field_type, whole_value
from dsl.check.report import Skip
from dsl.check.typenames import resolve
from dsl.check.world import World
from dsl.diagnostic import Label
from dsl.source import Span
from dsl.types import (
    ArrayType,
    AtomicType,
    IntType,
    LockType,
    PointerType,
    RcuHeadType,
    StructType,
    Type,
    WordType,
)

Path = tuple[str | int, ...]

_HIGH_STRIDE = 0x1_0000_0000
_LOW_STRIDE = 0x10_0000
_LOW_MASK = 0xFFFF_FFFF
MAX_LOCATIONS = 20_000
"""Scalars, words and locks in all objects and pools."""

MAX_PLACES = 4000
"""Objects and slots with an address; their low halves must be distinct."""


def types(world: World) -> None:
    """The types of objects and pools, before any body is checked."""
    most: dict[str, int] = {}
    for name, decl in world.object_decls.items():
        try:
            if decl.owner is not None and not most:
                most = _most(world)
            found = sized(world, decl.type, decl.declarator)
            world.objects[name] = (
                found if decl.owner is None else _one_each(world, decl, found, most)
            )
        except Skip:
            world.objects[name] = None
    for name, pool in world.pool_decls.items():
        try:
            world.pools[name] = _pool_type(world, pool)
        except Skip:
            world.pools[name] = None


def _most(world: World) -> dict[str, int]:
    """How many of each actor run in the scenario that runs most of them."""
    most = dict.fromkeys(world.actors, 1)
    for scenario in world.scenarios.values():
        for item in scenario.items:
            for name, times in item.actors if isinstance(item, s.Run) else ():
                if name.text in most and not isinstance(times, s.Many | None):
                    count = constant_in(world, times, "the number of actors", 1, MAX_LENGTH)
                    most[name.text] = max(most[name.text], count)
    return most


def _one_each(world: World, decl: s.ObjectDecl, type_: Type, most: dict[str, int]) -> Type:
    """One place for each instance of an actor."""
    assert decl.owner is not None
    own.check_declaration(world, decl, decl.owner, type_)
    return ArrayType(type_, most[decl.owner.text])


def _pool_type(world: World, pool: s.PoolDecl) -> Type:
    type_ = resolve(world, pool.type)
    if not isinstance(type_, StructType):
        world.report.fail("bad-pool", f"a pool holds structs, not {show(type_)}", pool.type.span)
    return type_


class Addresses:
    """Physical addresses: those given, and fresh ones for all others.

    Fresh ones are pages that differ from all others in the low 32 bits too, so
    that only an author who writes addresses can make two halves of different
    objects look like a third.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.taken: dict[int, Span] = {}
        self.lows: set[int] = set()
        self.next = 1

    def given(self, expr: s.Expr) -> int:
        """An address that the author wrote."""
        mask = (1 << PAGE_BITS) - 1
        value = constant_in(self.world, expr, "an address", 0, (1 << 64) - 1)
        if value & mask or value == 0:
            self.world.report.fail(
                "bad-address",
                f"{value:#x} is not the address of a page",
                expr.span,
                "addresses are multiples of 0x1000, and not 0",
            )
        if value in self.taken:
            self.world.report.fail(
                "bad-address",
                f"{value:#x} is taken",
                expr.span,
                "give each object its own page",
                (Label(self.taken[value], "first given here"),),
            )
        self.taken[value] = expr.span
        self.lows.add(value & _LOW_MASK)
        return value

    def fresh(self, span: Span) -> int:
        """An address that shares neither page nor low half with another."""
        while True:
            value = _HIGH_STRIDE * self.next + _LOW_STRIDE * self.next
            if self.next > MAX_PLACES:
                if self.next == MAX_PLACES + 1:
                    what = f"more than {MAX_PLACES} objects and slots need an address"
                    self.world.report.error("too-large", what, span)
                self.next += 1
                raise Skip
            self.next += 1
            if value not in self.taken and value & _LOW_MASK not in self.lows:
                self.taken[value] = span
                self.lows.add(value & _LOW_MASK)
                return value


def declare(world: World) -> tuple[dict[str, p.Object], dict[str, p.Pool]]:
    """The objects and pools, checked; given addresses are placed before fresh ones."""
    addresses = Addresses(world)
    given: dict[str, list[int]] = {}
    for name, decl in world.object_decls.items():
        given[name] = _given(addresses, [] if decl.address is None else [decl.address])
    for name, pool in world.pool_decls.items():
        given[name] = _given(addresses, pool.at)
    objects: dict[str, p.Object] = {}
    for name, decl in world.object_decls.items():
        try:
            objects[name] = _object(world, addresses, decl, given[name])
        except Skip:
            continue
    pools: dict[str, p.Pool] = {}
    for name, pool in world.pool_decls.items():
        try:
            pools[name] = _pool(world, addresses, pool, given[name])
        except Skip:
            continue
    _refuse_size(world, objects.values(), pools.values())
    return objects, pools


def _refuse_size(world: World, objects: Iterable[p.Object], pools: Iterable[p.Pool]) -> None:
    """Report the object or pool with which the program has too many locations."""
    known: dict[str, int] = {}
    total = 0
    placed: list[p.Object | p.Pool] = [*objects, *pools]
    for each in placed:
        copies = each.length if isinstance(each, p.Pool) else 1
        total += copies * _locations(world, each.type, known)
        if total > MAX_LOCATIONS:
            world.report.error(
                "too-large",
                f"with `{each.name}` the program has more than {MAX_LOCATIONS} locations",
                each.span,
            )
            return


def _locations(world: World, type_: Type, known: dict[str, int]) -> int:
    """How many scalars, words and locks a place of the type has."""
    match type_:
        case ArrayType(element, length):
            return length * _locations(world, element, known)
        case StructType(name) if name in world.structs:
            if name not in known:
                known[name] = 0  # of a struct that contains itself, which has been reported
                fields = world.structs[name].fields
                known[name] = sum(_locations(world, each.type, known) for each in fields)
            return known[name]
        case _:
            return 1


def _given(addresses: Addresses, written: list[s.Expr] | tuple[s.Expr, ...]) -> list[int]:
    found: list[int] = []
    for expr in written:
        try:
            found.append(addresses.given(expr))
        except Skip:
            continue
    return found


def _object(world: World, addresses: Addresses, decl: s.ObjectDecl, given: list[int]) -> p.Object:
    name = decl.declarator.name
    type_ = world.objects[name.text]
    if type_ is None:
        raise Skip
    address = given[0] if given else 0
    if not given and decl.address is None and isinstance(type_, StructType):
        address = addresses.fresh(name.span)
    lock_class = class_of(world, type_, decl.lock_class, name.text)
    initial: list[tuple[Path, p.Expr]] = []
    if decl.declarator.init is not None:
        initial.extend(_initial(world, type_, decl.declarator.init, ()))
    return p.Object(name.text, type_, decl.ghost, address, tuple(initial), lock_class, decl.span)


def _pool(world: World, addresses: Addresses, pool: s.PoolDecl, given: list[int]) -> p.Pool:
    type_ = world.pools[pool.name.text]
    length = constant_in(world, pool.length, "a pool's length", 1, MAX_LENGTH)
    if type_ is None:
        raise Skip
    if pool.at and len(pool.at) != length:
        world.report.fail(
            "bad-address",
            f"the pool has {length} slots, but {len(pool.at)} addresses",
            pool.at[-1].span,
            "give one address for each slot, or none",
        )
    if not pool.at:
        given = [addresses.fresh(pool.name.span) for _ in range(length)]
    return p.Pool(
        pool.name.text, type_, length, pool.zeroed, pool.typesafe_by_rcu, tuple(given), pool.span
    )


def _initial(
    world: World, type_: Type, written: s.Expr, path: Path
) -> Iterator[tuple[Path, p.Expr]]:
    """The places that ``written`` gives a value, in the order of the text."""
    if isinstance(written, s.Braces):
        match type_:
            case StructType(struct):
                yield from _struct(world, struct, written, path)
            case ArrayType():
                yield from _array(world, type_, written, path)
            case _:
                world.report.error(
                    "bad-initializer", f"{show(type_)} takes one value, not a list", written.span
                )
        return
    try:
        value = constant_value(Checked(world), written, type_)
    except Skip:
        return
    if not (isinstance(value, p.Constant) and value.value == 0):
        yield path, value


def _struct(
    world: World, struct: str, written: s.Braces, path: Path
) -> Iterator[tuple[Path, p.Expr]]:
    seen: dict[str, Span] = {}
    for name, value in written.items:
        if name is None:
            world.report.error(
                "bad-initializer",
                f"name the field of struct {struct}",
                value.span,
                "write `.field = value`",
            )
            continue
        if name.text in seen:
            world.report.error(
                "duplicate-name",
                f"field `{name.text}` is initialized twice",
                name.span,
                trail=(Label(seen[name.text], "first here"),),
            )
            continue
        seen[name.text] = name.span
        try:
            type_ = field_type(Checked(world), struct, name)
        except Skip:
            continue
        yield from _initial(world, type_, value, (*path, name.text))


def _array(
    world: World, type_: ArrayType, written: s.Braces, path: Path
) -> Iterator[tuple[Path, p.Expr]]:
    for position, (name, value) in enumerate(written.items):
        if name is not None:
            world.report.error(
                "bad-initializer",
                "an array's elements have no names",
                name.span,
                "list the values in order",
            )
        elif position >= type_.length:
            world.report.error(
                "bad-initializer", f"the array has only {type_.length} elements", value.span
            )
        else:
            yield from _initial(world, type_.element, value, (*path, position))


def initial_type(body: Checked, type_: Type, span: Span) -> Type:
    """The type of the values that a place of ``type_`` can start with."""
    if isinstance(type_, AtomicType):
        return IntType(type_.bits, True)
    if isinstance(type_, LockType | RcuHeadType):
        body.report.fail(
            "bad-initializer",
            f"a {show(type_)} has no initial value to give",
            span,
            "locks of global objects start initialized and free",
        )
    if isinstance(type_, StructType | ArrayType):
        body.report.fail("bad-initializer", f"{show(type_)} is initialized in braces", span)
    whole_value(body, type_, span)
    return type_


def constant_value(body: Checked, written: s.Expr, type_: Type) -> p.Expr:
    """A value that is known before anything runs, of the type of the place it is for."""
    wanted = initial_type(body, type_, written.span)
    value = coerce(body.report, body.value(written, wanted), wanted, "what is initialized")
    if arithmetic(wanted):
        value = cast(folded(value), wanted)
    if not is_constant(value):
        return body.report.fail(
            "not-constant",
            "an initial value must be constant",
            written.span,
            "use numbers, addresses of objects and named values of words",
        )
    if isinstance(value, p.WordMake) and isinstance(wanted, WordType):
        _whole_object(body, value, written.span)
    return value


def _whole_object(body: Checked, value: p.WordMake, span: Span) -> None:
    """The argument of a word's value has a physical address of its own."""
    match value.argument:
        case None | p.AddressOf(p.ObjectPlace()):
            return
        case p.AddressOf(_, PointerType()):
            body.report.fail(
                "bad-initializer",
                "only a whole object has a physical address",
                span,
                "declare the object by itself and take its address",
            )
        case _:
            body.report.fail(
                "bad-initializer", f"`{value.value}` needs the address of an object", span
            )
