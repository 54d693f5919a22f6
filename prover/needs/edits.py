"""Edits of checked functions: what a change does to the program.

An edit names a function or actor, the calls that lead from its body to the function that has
the construct (none where it has it itself), the construct's span, and what becomes of it.
Functions on the way are copied, so that other callers keep theirs; a copy is called
``name@n``, which no name of a protocol is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from dsl import protocol as p
from dsl.frozen import replace
from dsl.source import Span
from dsl.types import BOOL, VOID, PointerType
from prover.graph.walk import callees, children, has_label, parts, rebuilt
from prover.kin.bodies import switched
from prover.needs.leaves import without_leaf

MARK = "@"
"""What stands between a copied function's name and its number."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A call of a primitive goes away; of a trylock, its success stays.

    ``part`` is ``lock``, ``irq`` or ``bh`` where the call does more than one thing.
    """

    part: str = ""


@dataclass(frozen=True, slots=True)
class Rename:
    """A primitive becomes another with the same arguments."""

    name: str


@dataclass(frozen=True, slots=True)
class Plain:
    """A marked access becomes a plain one."""


@dataclass(frozen=True, slots=True)
class Now:
    """A deferred call is made at once."""


@dataclass(frozen=True, slots=True)
class Decide:
    """One operand of an ``if``'s condition is taken to be ``value``.

    ``keep``: it is evaluated all the same, for what it does.
    """

    leaf: int
    value: bool
    keep: bool


@dataclass(frozen=True, slots=True)
class Empty:
    """A labelled statement goes away; its label stays."""


@dataclass(frozen=True, slots=True)
class Swap:
    """The statement and the one behind it change places; ``other`` is that one's span."""

    other: Span


@dataclass(frozen=True, slots=True)
class Perhaps:
    """The action is made where the open config ``switch`` is on; else all stays as it is."""

    switch: str
    action: Drop | Rename | Plain | Now | Decide | Empty | Swap


Action: TypeAlias = Drop | Rename | Plain | Now | Decide | Empty | Swap | Perhaps


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit; see the module's text."""

    owner: str
    path: tuple[Span, ...]
    span: Span
    action: Action


Local: TypeAlias = tuple[tuple[Span, ...], Span, Action]
"""An edit seen from a function: the calls still to follow, the span, the action."""


def edited(protocol: p.Protocol, edits: Iterable[Edit]) -> p.Protocol:
    """The protocol with the edits made."""
    return edited_at(protocol, edits)[0]


def edited_at(protocol: p.Protocol, edits: Iterable[Edit]) -> tuple[p.Protocol, Mapping[int, int]]:
    """The protocol with the edits made, and how often each action was, by its identity."""
    editing = _Editing(dict(protocol.functions), protocol.actors)
    by_owner: dict[str, list[Local]] = {}
    for edit in edits:
        by_owner.setdefault(edit.owner, []).append((edit.path, edit.span, edit.action))
    order = _callees_first(protocol.functions)
    for owner in sorted(by_owner, key=lambda name: order.get(name, len(order))):
        # Where a function and an actor share no name, an owner is the one or the other.  That of an
        # interrupt handler is the actor, which has nothing of its own but that it comes.
        for name in (owner, p.handler_of(owner)):
            if name in editing.functions:
                made = editing.body(editing.functions[name], by_owner[owner])
                editing.functions[name] = made
    actors = {
        name: editing.body(actor, by_owner[name]) if name in by_owner else actor
        for name, actor in protocol.actors.items()
    }
    changed = replace(protocol, functions=editing.functions, actors=actors)
    return changed, editing.made


def _callees_first(functions: Mapping[str, p.Function]) -> dict[str, int]:
    """Every function's place in an order in which none comes before what it calls."""
    order: dict[str, int] = {}

    def visit(name: str) -> None:
        if name in order or name not in functions:
            return
        for callee in callees(functions[name]):
            visit(callee)
        order[name] = len(order)

    for name in functions:
        visit(name)
    return order


@dataclass(slots=True)
class _Editing:
    """The functions as edited so far, how many copies were made, and what was done how often."""

    functions: dict[str, p.Function]
    actors: Mapping[str, p.Function]
    copies: int = 0
    made: dict[int, int] = field(default_factory=dict[int, int])

    def body(self, function: p.Function, edits: Iterable[Local]) -> p.Function:
        """The function with edits of its own, and calls of copies where they lead further."""
        here = list(edits)
        return replace(function, body=cast("p.Block", self._rewrite(function.body, here)))

    def _rewrite(self, node: object, edits: list[Local]) -> object:
        if isinstance(node, tuple):
            items = cast("tuple[object, ...]", node)
            made = tuple(self._rewrite(each, edits) for each in items)
            return items if all(a is b for a, b in zip(items, made, strict=True)) else made
        if children(type(node)) is None:
            return node
        if isinstance(node, p.Block):
            node, edits = self._in_order(node, edits)
        for action in _at(node, edits):
            changed = _acted(node, action)
            if changed is not None:
                self.made[id(action)] = self.made.get(id(action), 0) + 1
                rest = [e for e in edits if not (e[0] == () and e[2] is action)]
                return self._rewrite(changed, rest)
        new = rebuilt(node, lambda name: self._rewrite(getattr(node, name), edits))
        return self._call(new, edits) if isinstance(new, p.CallFunction) else new

    def _in_order(self, block: p.Block, edits: list[Local]) -> tuple[p.Block, list[Local]]:
        """The block with statements changed round, and the edits still to be made in it."""
        left: list[Local] = []
        for path, span, action in edits:
            swap = action.action if isinstance(action, Perhaps) else action
            found = not path and isinstance(swap, Swap)
            changed = swapped(block, span, swap.other) if isinstance(swap, Swap) else block
            if not found or changed is block:
                left.append((path, span, action))
                continue
            if isinstance(action, Perhaps):
                changed = self._perhaps_swapped(block, span, action.switch)
            self.made[id(action)] = self.made.get(id(action), 0) + (changed is not block)
            block = changed
        return block, left

    def _perhaps_swapped(self, block: p.Block, first: Span, switch: str) -> p.Block:
        """The block with both orders of two statements; as it is where one can be jumped to."""
        index = next(i for i, stmt in enumerate(block.body) if stmt.span == first)
        pair = [s.body if isinstance(s, p.Label) else s for s in block.body[index : index + 2]]
        labels = {s.label for s in block.body[index : index + 2] if isinstance(s, p.Label)}
        if labels & self._jumped_to() or any(has_label(stmt) for stmt in pair):
            return block
        one, other = (p.Block(tuple(arm), block.span) for arm in (pair[::-1], pair))
        both = p.If(switched(switch, first), one, other, first)
        return replace(block, body=(*block.body[:index], both, *block.body[index + 2 :]))

    def _jumped_to(self) -> set[str]:
        """The labels that any function or actor has a ``goto`` to."""
        functions = (*self.functions.values(), *self.actors.values())
        every = (part for function in functions for part in parts(function.body))
        return {part.label for part in every if isinstance(part, p.Goto)}

    def _call(self, call: p.CallFunction, edits: list[Local]) -> p.CallFunction:
        """The call, of a copy if edits lead through it."""
        inner = [(path[1:], span, act) for path, span, act in edits if path[:1] == (call.span,)]
        if not inner:
            return call
        self.copies += 1
        name = f"{call.function}{MARK}{self.copies}"
        copied = self.body(self.functions[call.function], inner)
        self.functions[name] = replace(copied, name=name)
        return replace(call, function=name)


def _at(node: object, edits: list[Local]) -> list[Action]:
    """The actions of edits that are about this very node."""
    span = getattr(node, "span", None)
    return [action for path, where, action in edits if not path and where == span]


def _acted(node: object, action: Action) -> object | None:
    """What an action makes of a node; None where it is about another kind of node."""
    match action, node:
        case Decide(leaf, value, keep), p.If():
            decided = without_leaf(node.condition, leaf, value=value, keep=keep)
            return replace(node, condition=decided)
        case Empty(), p.Label(body=body):
            return replace(node, body=p.Block((), body.span))
        case Perhaps(switch, inner), _:
            return _perhaps(node, inner, switch)
        case _, p.CallPrimitive():
            return _called(node, action)
        case _:
            return None


def _called(call: p.CallPrimitive, action: Action) -> p.Expr | None:
    """What an action makes of a call; None where it is about something else."""
    match action:
        case Drop(part):
            return dropped(call, part)
        case Rename(name):
            return replace(call, primitive=name)
        case Plain():
            return _plain(call)
        case Now():
            return _now(call)
        case _:
            return None


def _perhaps(node: object, action: Action, switch: str) -> object | None:
    """What an action that is made under a switch makes of a node."""
    match action, node:
        case Decide(leaf, value, keep), p.If():
            made = without_leaf(node.condition, leaf, value=value, keep=keep, switch=switch)
            return replace(node, condition=made)
        case Empty(), p.Label(body=body):
            rest = p.If(switched(switch, body.span), p.Block((), body.span), body, body.span)
            return replace(node, body=p.Block((rest,), body.span))
        case _, p.CallPrimitive():
            then = _called(node, action)
            if then is None:
                return None
            return p.Conditional(switched(switch, node.span), then, node, node.type, node.span)
        case _:
            return None


def swapped(block: p.Block, first: Span, second: Span) -> p.Block:
    """The block with two neighbouring statements changed round."""
    body = list(block.body)
    for index in range(len(body) - 1):
        if body[index].span == first and body[index + 1].span == second:
            body[index], body[index + 1] = body[index + 1], body[index]
            return replace(block, body=tuple(body))
    return block


def constant(value: int, span: Span) -> p.Constant:
    """A constant where a call was."""
    return p.Constant(value, BOOL, span)


_PARTS: dict[str, dict[str, tuple[str, tuple[int, ...]]]] = {
    "lock": {
        "spin_lock_irq": ("local_irq_disable", ()),
        "spin_unlock_irq": ("local_irq_enable", ()),
        "spin_lock_irqsave": ("local_irq_save", (1,)),
        "spin_unlock_irqrestore": ("local_irq_restore", (1,)),
        "spin_lock_bh": ("local_bh_disable", ()),
        "spin_unlock_bh": ("local_bh_enable", ()),
    },
    "irq": {
        "spin_lock_irq": ("spin_lock", (0,)),
        "spin_unlock_irq": ("spin_unlock", (0,)),
        "spin_lock_irqsave": ("spin_lock", (0,)),
        "spin_unlock_irqrestore": ("spin_unlock", (0,)),
    },
    "softirq": {
        "spin_lock_bh": ("spin_lock", (0,)),
        "spin_unlock_bh": ("spin_unlock", (0,)),
    },
}
"""What is left of a primitive that does two things: its name, and which arguments."""


def dropped(call: p.CallPrimitive, part: str) -> p.Expr:
    """What is left of a call that goes away: what it evaluates, and that a trylock succeeds."""
    left = _PARTS.get(part, {}).get(call.primitive)
    if left is not None:
        name, arguments = left
        kept = tuple(call.arguments[index] for index in arguments)
        return replace(call, primitive=name, arguments=kept)
    if call.primitive.endswith("_trylock"):
        return constant(1, call.span)
    if part == "lock":
        return call.arguments[0]
    return constant(0, call.span)


def _plain(call: p.CallPrimitive) -> p.Expr:
    """The access without its mark."""
    pointer = call.arguments[0]
    if isinstance(pointer, p.AddressOf):
        place = pointer.place
    else:
        assert isinstance(pointer.type, PointerType)
        place = p.DerefPlace(pointer, pointer.type.to, pointer.span)
    if len(call.arguments) > 1:
        return p.Assign(place, "", call.arguments[1], call.arguments[1].type, call.span)
    return p.Read(place, place.type, call.span)


def _now(call: p.CallPrimitive) -> p.Expr:
    """The call that ``call_rcu()`` or ``kfree_rcu()`` puts off."""
    if call.primitive == "kfree_rcu":
        return replace(call, primitive="free", arguments=call.arguments[:1])
    head, function = call.arguments
    assert isinstance(function, p.FunctionName)
    return p.CallFunction(function.name, (head,), VOID, call.span)
