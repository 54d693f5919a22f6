"""Resolves types as they are written."""

from __future__ import annotations

from dsl import syntax as s
from dsl.check.library import refuse_unimported
from dsl.check.report import Skip, did_you_mean
from dsl.check.world import World
from dsl.source import Span
from dsl.types import (
    BOOL,
    INT,
    U32,
    U64,
    VOID,
    ArrayType,
    AtomicType,
    EnumType,
    IntType,
    LockType,
    PointerType,
    RcuHeadType,
    StructType,
    Type,
    WordType,
)

NAMED_TYPES: dict[str, Type] = {
    "void": VOID,
    "bool": BOOL,
    "_Bool": BOOL,
    "u8": IntType(8, False),
    "u16": IntType(16, False),
    "u32": U32,
    "u64": U64,
    "s8": IntType(8, True),
    "s16": IntType(16, True),
    "s32": INT,
    "s64": IntType(64, True),
    "size_t": U64,
    "atomic_t": AtomicType("atomic_t", 32),
    "atomic_long_t": AtomicType("atomic_long_t", 64),
    "atomic64_t": AtomicType("atomic64_t", 64),
    "refcount_t": AtomicType("refcount_t", 32),
    "spinlock_t": LockType("spinlock"),
    "rwlock_t": LockType("rwlock"),
    "folio_lock_t": LockType("folio"),
}
"""The built-in types that are one word, but for those made of `unsigned`, `int` and so on."""

TAGGED_TYPES: dict[str, Type] = {
    "mutex": LockType("mutex"),
    "rw_semaphore": LockType("rwsem"),
    "srcu_struct": LockType("srcu"),
    "rcu_head": RcuHeadType(),
}
"""The built-in structs."""

_NOT_DECIDED = {
    "seqcount_spinlock_t": "sequence counters",
    "raw_spinlock_t": "raw spinlocks",
    "struct percpu_rw_semaphore": "per-CPU rwsems",
}

_INT_WORDS = ("unsigned", "signed", "char", "short", "int", "long")


def resolve(world: World, written: s.TypeName, stars: int = 0) -> Type:
    """The type that ``written`` with ``stars`` further ``*`` names; Skip if there is none."""
    type_ = _base(world, written)
    for _ in range(written.stars + stars):
        type_ = PointerType(type_)
    return type_


def with_lengths(element: Type, lengths: tuple[int, ...]) -> Type:
    """``element name[a][b]``: an array of a arrays of b elements."""
    for length in reversed(lengths):
        element = ArrayType(element, length)
    return element


def _base(world: World, written: s.TypeName) -> Type:
    name = written.name
    full = f"{written.tag} {name}".strip()
    if not _declared(world, written):
        refuse_unimported(world.report, full, full, written.span)
        if full in _NOT_DECIDED:
            world.report.fail(
                "not-decided-yet",
                f"`{full}`: {_NOT_DECIDED[full]} are not decided by this version",
                written.span,
            )
    match written.tag:
        case "struct":
            return _struct(world, name, written.span)
        case "enum":
            if name not in world.enum_decls:
                hint = did_you_mean(name, world.enum_decls)
                world.report.fail("unknown-type", f"no enum `{name}`", written.span, hint)
            return EnumType(name, any(value < 0 for value in world.enums.get(name, {}).values()))
        case _:
            return _plain(world, name, written.span)


def _declared(world: World, written: s.TypeName) -> bool:
    if written.tag == "struct":
        return written.name in world.struct_decls
    return written.name in world.typedefs or written.name in world.word_decls


def _struct(world: World, name: str, span: Span) -> Type:
    if name in world.struct_decls:
        return StructType(name)
    if name in TAGGED_TYPES:
        return TAGGED_TYPES[name]
    hint = did_you_mean(name, [*world.struct_decls, *TAGGED_TYPES])
    return world.report.fail("unknown-type", f"no struct `{name}`", span, hint)


def _plain(world: World, name: str, span: Span) -> Type:
    if name in world.typedefs:
        return _typedef(world, name)
    if name in world.word_decls:
        return WordType(name)
    if name in NAMED_TYPES:
        return NAMED_TYPES[name]
    words = name.split()
    if words and all(word in _INT_WORDS for word in words):
        return _int_words(words)
    known = [*NAMED_TYPES, *world.typedefs, *world.word_decls, *_INT_WORDS]
    hint = did_you_mean(name, known)
    return world.report.fail("unknown-type", f"no type `{name}`", span, hint)


def _int_words(words: list[str]) -> Type:
    """``unsigned long`` and its like, in any order; ``char`` is unsigned, as in the kernel."""
    sizes = {"char": 8, "short": 16, "long": 64}
    bits = next((sizes[word] for word in words if word in sizes), 32)
    return IntType(bits, "unsigned" not in words and (bits != 8 or "signed" in words))


def _typedef(world: World, name: str) -> Type:
    if name in world.aliases:
        found = world.aliases[name]
        if found is None:
            raise Skip
        return found
    world.aliases[name] = None
    decl = world.typedefs[name]
    cycle = _cycle(world, name)
    if cycle:
        world.aliases.update(dict.fromkeys(cycle))
        world.report.fail("recursive-type", f"typedef `{name}` refers to itself", decl.name.span)
    type_ = resolve(world, decl.type)
    world.aliases[name] = type_
    return type_


def _cycle(world: World, name: str) -> list[str]:
    """The typedefs between ``name`` and itself, if its chain of typedefs comes back to it."""
    chain: list[str] = []
    at = name
    while at in world.typedefs and at not in chain:
        chain.append(at)
        written = world.typedefs[at].type
        at = written.name if written.tag == "" else ""
    return chain if at == name else []
