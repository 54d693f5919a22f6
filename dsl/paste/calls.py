"""What calls say about types: primitives have their kinds, all others are stubs to be made."""

from __future__ import annotations

import re
from typing import Final

from dsl.check.task import TASK
from dsl.check.world import CURRENT
from dsl.paste.known import LOCKS, PLAIN_READS, RENAMED, WRAPPERS
from dsl.paste.shared import Listed, Shared, Site
from dsl.paste.tree import Call, Expr, Member, Name, Odd, Paren, Prefix, Signature, Text, TypeUse
from dsl.paste.types import (
    Array,
    Cell,
    Opaque,
    Pointer,
    Struct,
    Void,
    find,
    number,
    pointer,
    root,
    shape,
    unify,
)
from dsl.primitives import SIGNATURES, Primitive

CONSTANT: Final = re.compile(r"[A-Z][A-Z0-9_]*|[A-Z]\w*_[A-Z0-9_]+|_[A-Z0-9_]+")

_COUNTERS: Final = {"refcount": "refcount_t", "atomic64": "atomic64_t", "long": "atomic_long_t"}


def _other_struct(one: Cell, other: Cell) -> bool:
    """Whether two pointers lead to structs of different names."""
    match shape(one), shape(other):
        case Pointer(a), Pointer(b):
            names = [
                root(found.record).name
                for found in (shape(a), shape(b))
                if isinstance(found, Struct)
            ]
            return len(names) == 2 and "" not in names and names[0] != names[1]
        case _:
            return False


class Calls:
    """The part of the inference that is about calls and names."""

    def __init__(self, shared: Shared, own: str, inner: frozenset[str]) -> None:
        self.shared = shared
        self.world = shared.world
        self.outside = shared.outside
        self.library = shared.library
        self.scopes: list[dict[str, Cell]] = [{}]
        self.sites = shared.sites
        self.assigned: set[str] = set()
        self.decayed: set[Expr] = set()
        """Arrays that are used as a pointer to their first element."""
        self.own = own
        self.inner = inner
        """The function itself, and others: what it calls by these names are stubs here."""

    def expr(self, expr: Expr, used: str = "value") -> Cell:
        """The type of an expression, and what it says about its parts."""
        raise NotImplementedError

    def value(self, expr: Expr, used: str = "value") -> Cell:
        """The type of a value that is kept, compared or passed: of an array a pointer into it."""
        cell = self.expr(expr, used)
        if isinstance(shape(cell), Array) and isinstance(expr, Name | Member):
            self.decayed.add(expr)
        return self.pointed(cell)

    def local(self, name: str) -> Cell | None:
        """The innermost local of this name."""
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def name(self, name: str) -> Cell:
        """The type of a name where it is used."""
        found = self.local(name)
        if found is not None:
            return found
        if name == "NULL":
            return pointer(Cell())
        if name in {"true", "false"}:
            return number("bool", weak=True)
        if name in self.shared.listed or name in self.outside.signatures:
            # A function as a value: the language has none, and the checker says so.
            return Cell()
        known = self.world.constants if CONSTANT.fullmatch(name) else self.world.globals
        if name not in known:
            known[name] = Cell(hint=name.lower())
            if name == CURRENT:
                known[name] = pointer(Cell(Struct(self.world.record(TASK))))
                if TASK in self.world.closed:
                    # The callers say which task they are.
                    return known.pop(name)
        return known[name]

    def call(self, call: Call, used: str) -> Cell:
        """The type of a call's result."""
        callee = call.callee
        while isinstance(callee, Paren | Prefix):
            callee = callee.inner if isinstance(callee, Paren) else callee.operand
        if not isinstance(callee, Name):
            name = callee.field if isinstance(callee, Member) else "callee"
            return self._stub(call, f"call_{name}", used)
        if self.local(callee.text) is not None:
            return self._stub(call, f"call_{callee.text}", used)
        listed = self.shared.listed.get(callee.text)
        if listed and callee.text not in self.inner and callee.text not in SIGNATURES:
            return self._listed(call, callee.text, listed, used)
        name = RENAMED.get(callee.text, callee.text)
        if name == "container_of":
            return self._container(call)
        if name in SIGNATURES:
            return self._primitive(call, SIGNATURES[name])
        if name in PLAIN_READS and call.arguments:
            return self._argument(call.arguments[0])
        return self._stub(call, name, used)

    def _listed(self, call: Call, name: str, listed: Listed, used: str) -> Cell:
        """A call of another function that is asked for."""
        known = listed.parameters
        kept = tuple(
            i for i in range(len(call.arguments)) if i >= len(known) or known[i] is not None
        )
        given = [self._given(call.arguments[i]) for i in kept]
        for i, cell in zip(kept, given, strict=True):
            declared = known[i] if i < len(known) else None
            if declared is not None:
                unify(declared, cell)
        site = Site(name, kept, given, listed.result, used)
        site.arrays = frozenset(p for p, i in enumerate(kept) if self._array(call.arguments[i]))
        self.shared.direct[call] = site
        return listed.result

    def _argument(self, argument: Expr | TypeUse, *, whole: bool = True) -> Cell:
        """The type of an argument; not ``whole``: of an array a pointer into it."""
        if isinstance(argument, TypeUse):
            return Cell()
        return self.expr(argument) if whole else self.value(argument)

    # --- primitives -------------------------------------------------------------

    def _container(self, call: Call) -> Cell:
        match call.arguments:
            case (TypeUse(), *_) | (_, TypeUse(), _) if len(call.arguments) == 3:
                inner, outer, name = call.arguments
                if isinstance(outer, TypeUse) and isinstance(name, Name):
                    base = self.world.cell(outer, 0)
                    to = self.world.field(base, name.text)
                    if to is not None:
                        unify(pointer(to), self._argument(inner))
                    return pointer(base)
            case _:
                pass
        return Cell()

    def _primitive(self, call: Call, primitive: Primitive) -> Cell:
        value = Cell()
        written = call.callee.text if isinstance(call.callee, Name) else primitive.name
        for kind, argument in zip(primitive.parameters, call.arguments, strict=False):
            if kind == "function":
                if isinstance(argument, Name):
                    self.shared.callbacks.add(argument.text)
            elif kind == "field":
                self._kfree_rcu(call, argument)
            elif kind == "until":
                # What VAL is called in it is nobody's constant.
                self.scopes.append({"VAL": value})
                self._argument(argument)
                self.scopes.pop()
            elif kind not in {"targets", "pool", "message?"}:
                given = self._argument(argument, whole=kind == "lvalue")
                value = self._parameter(written, kind, given, value)
        match primitive.result:
            case "value":
                return value
            case "bool" | "condition":
                return number("bool", weak=True)
            case "void":
                return Cell(Void())
            case "unsigned":
                return number("unsigned int", weak=True)
            case _:
                return number("int", weak=True)

    def _parameter(self, name: str, kind: str, given: Cell, value: Cell) -> Cell:
        """What one argument says; the type of the place that the primitive is about."""
        match kind:
            case "lvalue":
                return given
            case "place":
                return self.world.pointee(given) or value
            case "value":
                unify(value, given)
            case "old":
                unify(pointer(value), given)
            case "atomic":
                inner = self.world.pointee(given)
                if inner is not None and shape(inner) is None:
                    stem = name.split("_")[1 if name.startswith("atomic_long") else 0]
                    find(inner).shape = Opaque(_COUNTERS.get(stem, "atomic_t"))
            case "lock folio":
                self._folio_lock(given)
            case _ if kind in LOCKS:
                unify(pointer(Cell(Opaque(LOCKS[kind]))), given)
            case _:
                pass
        return value

    def _folio_lock(self, given: Cell) -> None:
        """A folio lock is found by its type in the struct that is given."""
        inner = self.world.pointee(given)
        held = None if inner is None else self.world.field(inner, "folio_lock")
        if held is not None:
            unify(held, Cell(Opaque("folio_lock_t")))

    def _kfree_rcu(self, call: Call, argument: Expr | TypeUse) -> None:
        base = self.world.pointee(self._argument(call.arguments[0]))
        if base is not None and isinstance(argument, Name):
            head = self.world.field(base, argument.text)
            if head is not None:
                unify(head, Cell(Opaque("struct rcu_head")))

    # --- stubs ------------------------------------------------------------------

    def _stub(self, call: Call, name: str, used: str) -> Cell:
        kept = tuple(i for i in range(len(call.arguments)) if self._stays(call, i))
        given = [self._given(call.arguments[i]) for i in kept]
        result = Cell(hint=name)
        if name in WRAPPERS:
            for cell, (text, _) in zip(given, WRAPPERS[name][1], strict=False):
                unify(cell, pointer(Cell(Opaque(text))))
            result = number(WRAPPERS[name][0])
        elif name in self.library.wrappers and name not in self.library.signatures and given:
            result = self._wrapper(name, given[0])
        signature = self.library.signatures.get(name) or self.outside.signatures.get(name)
        if signature is not None:
            result = self._declared(signature, kept, given)
        site = Site(name, kept, given, result, used)
        site.outs = frozenset(p for p, i in enumerate(kept) if self._out(call.arguments[i]))
        site.arrays = frozenset(p for p, i in enumerate(kept) if self._array(call.arguments[i]))
        self.sites[call] = site
        return result

    def _array(self, argument: Expr | TypeUse) -> bool:
        """Whether an argument is an array: its first element is meant."""
        match argument:
            case Name() | Member():
                return isinstance(shape(self.expr(argument)), Array)
            case _:
                return False

    def _wrapper(self, name: str, given: Cell) -> Cell:
        """A function of the library that is one operation on one field of what it is given."""
        wrapper = self.library.wrappers[name]
        struct = Cell(Struct(self.world.record(wrapper.struct)))
        kinds = SIGNATURES[wrapper.primitive].parameters if wrapper.primitive in SIGNATURES else ()
        held = self.world.field(struct, wrapper.field)
        if unify(pointer(struct), given) and held is not None and kinds:
            kind = LOCKS.get(kinds[0], "atomic_t" if kinds[0] == "atomic" else "")
            if kind:
                unify(held, Cell(Opaque(kind)))
        return Cell(Void()) if wrapper.result == "void" else number(wrapper.result)

    def _out(self, argument: Expr | TypeUse) -> bool:
        """Whether an argument is the address of a local that holds one value."""
        match argument:
            case Prefix("&", Name(text)):
                cell = self.local(text)
                return cell is not None and not isinstance(shape(cell), Struct | Array | Opaque)
            case _:
                return False

    def _declared(self, signature: Signature, kept: tuple[int, ...], given: list[Cell]) -> Cell:
        """Makes the arguments fit the function's head; its result."""
        for place, i in enumerate(kept):
            if i < len(signature.parameters) and not signature.parameters[i].odd:
                declared = self.world.cell(signature.parameters[i].type)
                if _other_struct(declared, given[place]):
                    self.shared.misfits.add(signature.name)
                if unify(declared, given[place]):
                    given[place] = declared
        return self.world.cell(signature.result)

    def _given(self, argument: Expr | TypeUse) -> Cell:
        """The type of an argument; what is behind a pointer and passed on is a number."""
        cell = self.pointed(self._argument(argument))
        if isinstance(argument, Prefix) and argument.op == "*":
            unify(cell, number(weak=True))
        return cell

    @staticmethod
    def pointed(cell: Cell) -> Cell:
        """The type of a value: of an array a pointer to its first element."""
        found = shape(cell)
        return pointer(found.element) if isinstance(found, Array) else cell

    def _stays(self, call: Call, index: int) -> bool:
        """Whether an argument is one of the stub: no type, text, function or field name."""
        argument = call.arguments[index]
        if isinstance(call.callee, Name) and call.callee.text in self.library.signatures:
            return True
        match argument:
            case TypeUse() | Text() | Odd():
                return False
            case Name(text) if self.local(text) is None:
                if text in self.outside.signatures or (
                    text in self.shared.listed and text != self.own
                ):
                    return False
                types = any(isinstance(a, TypeUse) for a in call.arguments[:index])
                return not types or bool(CONSTANT.fullmatch(text)) or text == "NULL"
            case _:
                return True

    def each(self, call: Call) -> None:
        """A block macro: the first plain local is what it steps."""
        if not isinstance(call.callee, Name):
            return
        kept: list[int] = []
        given: list[Cell] = []
        position = -1
        addressed: set[int] = set()
        for i, argument in enumerate(call.arguments):
            local = self.local(argument.text) if isinstance(argument, Name) else None
            if isinstance(argument, Name) and argument.text != "NULL" and local is None:
                if not CONSTANT.fullmatch(argument.text):
                    continue
            if not self._stays(call, i) or isinstance(argument, TypeUse):
                continue
            aggregate = local is not None and isinstance(shape(local), Struct)
            named = argument.text if isinstance(argument, Name) else ""
            if local is not None and aggregate:
                addressed.add(len(kept))
                given.append(pointer(local))
            elif local is not None and position < 0:
                position = len(kept)
                addressed.add(position)
                given.append(pointer(local))
            elif local is not None and named not in self.assigned:
                # A cursor of the macro's own, such as the next element of a _safe walk.
                continue
            else:
                given.append(self.pointed(self.expr(argument)))
            kept.append(i)
        site = Site(call.callee.text, tuple(kept), given, Cell(Void()), "void", True, position)
        site.addressed = frozenset(addressed)
        self.sites[call] = site
