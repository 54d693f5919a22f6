"""Which releases belong to which acquisition: locks, RCU readers, and sections with irqs off.

Every path of a graph is followed with what is held on it.  A release belongs to the
acquisition of the same lock, by address; the end of a nested section to its last begin.
What is held decides how far paths are kept apart, so that code behind a lock that was not
taken is not taken for code that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TypeAlias

from dsl.source import Span
from prover.graph import expressions as ex
from prover.graph.instructions import inner, targets, written
from prover.graph.ir import (
    Acquire,
    Apply,
    Assign,
    BasicBlock,
    Branch,
    Cfg,
    Const,
    Enter,
    Expr,
    Frame,
    Instr,
    Jump,
    Leave,
    Origin,
    Program,
    Reg,
    Release,
    SetIrq,
    TryAcquire,
)
from prover.graph.values import AddressSpace

MOST_STATES = 400
"""States of one block that are followed; with more, the graph is given up."""

_MOST_VALUES = 6
_ADDRESSES = ("field", "index", "container_of")


@dataclass(frozen=True, slots=True)
class Site:
    """An acquisition or a release: the graph's function, the calls to it, its place.

    ``kind`` is ``lock``, ``rcu``, ``preempt``, ``bh`` or ``irq``.
    """

    root: str
    calls: tuple[tuple[str, Span], ...]
    span: Span
    kind: str
    takes: bool


@dataclass(frozen=True, slots=True)
class Held:
    """What is held: taken at ``site``; of a lock also its kind, mode and possible addresses."""

    site: Site
    kind: str
    addresses: frozenset[Expr]


Values: TypeAlias = frozenset[Expr]
Env: TypeAlias = dict[str, Values]


class TooManyPaths(Exception):
    """A graph has more states than are followed."""


@dataclass(slots=True)
class Sections:
    """What was found in a program.

    ``pairs`` are acquisitions with a release of each; ``taken`` all acquisitions; ``loose``
    releases for which no acquisition was found.  ``formed`` are pairs by the form of the
    address alone: they count for a release that has no better one.
    """

    pairs: dict[tuple[Site, Site], None] = field(default_factory=dict[tuple[Site, Site], None])
    taken: dict[Site, None] = field(default_factory=dict[Site, None])
    loose: dict[Site, None] = field(default_factory=dict[Site, None])
    formed: dict[tuple[Site, Site], None] = field(default_factory=dict[tuple[Site, Site], None])


def sections(program: Program) -> Sections:
    """The acquisitions and releases of every graph of an acyclic program."""
    found = Sections()
    seen: set[int] = set()
    for actor in program.actors:
        if id(actor.graph) not in seen:
            seen.add(id(actor.graph))
            _graph(actor.graph, actor.symmetry, program.layout.space, found)
    exact = {release for _, release in found.pairs}
    found.pairs |= {pair: None for pair in found.formed if pair[1] not in exact}
    return found


def _graph(cfg: Cfg, root: str, space: AddressSpace, found: Sections) -> None:
    """Follows one graph, and those that it starts."""
    _Following(cfg, root, space, found).run()
    for block in cfg.blocks.values():
        for instr in block.body:
            started = inner(instr)
            if started is not None:
                _graph(started, started.name, space, found)


State: TypeAlias = tuple[Held, ...]


@dataclass(slots=True)
class _Following:
    """One graph being followed."""

    cfg: Cfg
    root: str
    space: AddressSpace
    found: Sections

    def run(self) -> None:
        """Every block in an order in which none comes before one that leads to it."""
        arriving: dict[str, dict[State, Env]] = {self.cfg.entry: {(): {}}}
        for name in _in_order(self.cfg):
            block = self.cfg.blocks[name]
            for held, env in arriving.pop(name, {}).items():
                self._through(block, held, dict(env), arriving)

    def _through(
        self, block: BasicBlock, held: State, env: Env, arriving: dict[str, dict[State, Env]]
    ) -> None:
        for index, instr in enumerate(block.body):
            held = self._step(instr, held, env)
            register = written(instr)
            if register:
                if isinstance(instr, Assign):
                    env[register] = self._values(instr.expr, env)
                else:
                    env[register] = frozenset((Reg(f"{register}#{block.name}.{index}"),))
        for target in self._next(block, env):
            states = arriving.setdefault(target, {})
            if held in states:
                states[held] = _joined(states[held], env)
            else:
                states[held] = dict(env)
            if len(states) > MOST_STATES:
                raise TooManyPaths

    def _next(self, block: BasicBlock, env: Env) -> tuple[str, ...]:
        """The blocks that control may go to from here."""
        end = block.terminator
        if isinstance(end, Branch):
            answers = {_truth(each) for each in self._values(end.condition, env)}
            if None not in answers:
                both = ((True, end.then), (False, end.otherwise))
                return tuple(target for answer, target in both if answer in answers)
        return (end.target,) if isinstance(end, Jump) else targets(end)

    def _values(self, expr: Expr, env: Env) -> Values:
        """What an expression may be; one name for all where that is too much."""
        match expr:
            case Const():
                return frozenset((expr,))
            case Reg(name=name):
                return env.get(name, frozenset((expr,)))
            case Apply(op=op, params=params, args=args):
                choices = [sorted(self._values(arg, env), key=repr) for arg in args]
                combined = list(product(*choices))
                if len(combined) > _MOST_VALUES:
                    return frozenset((expr,))
                return frozenset(
                    ex.operation(self.space, op, tuple(each), params) for each in combined
                )

    # --- what is held

    def _step(self, instr: Instr, held: State, env: Env) -> State:
        match instr:
            case Acquire(address=address, kind=kind, mode=mode, origin=origin):
                return self._take(origin, f"{kind} {mode}", self._values(address, env), held)
            case TryAcquire(address=address, kind=kind, mode=mode, origin=origin):
                return self._take(origin, f"{kind} {mode}", self._values(address, env), held)
            case Release(address=address, kind=kind, mode=mode, origin=origin):
                return self._release(origin, f"{kind} {mode}", self._values(address, env), held)
            case Enter(section=section, origin=origin):
                return self._enter(origin, section, held)
            case Leave(section=section, origin=origin):
                return self._leave(origin, section, held)
            case SetIrq(off=off, origin=origin):
                return self._irq(origin, self._values(off, env), held)
            case _:
                return held

    def _site(self, origin: Origin, kind: str, *, takes: bool) -> Site:
        calls = tuple((frame.function, frame.site) for frame in _own(origin.frames, self.root))
        return Site(self.root, calls, origin.span, kind, takes)

    def _take(self, origin: Origin, kind: str, addresses: Values, held: State) -> State:
        site = self._site(origin, "lock", takes=True)
        self.found.taken[site] = None
        return (*held, Held(site, kind, addresses))

    def _release(self, origin: Origin, kind: str, addresses: Values, held: State) -> State:
        site = self._site(origin, "lock", takes=False)
        for index in range(len(held) - 1, -1, -1):
            if held[index].kind == kind and held[index].addresses & addresses:
                self.found.pairs[held[index].site, site] = None
                return (*held[:index], *held[index + 1 :])
        # A pointer that is loaded again gives the lock another name, of the same form.
        forms = {_form(each) for each in addresses}
        alike = [
            index
            for index, item in enumerate(held)
            if item.kind == kind and {_form(each) for each in item.addresses} & forms
        ]
        if len(alike) == 1:
            (index,) = alike
            self.found.formed[held[index].site, site] = None
            return (*held[:index], *held[index + 1 :])
        self.found.loose[site] = None
        return held

    def _enter(self, origin: Origin, section: str, held: State) -> State:
        site = self._site(origin, section, takes=True)
        self.found.taken[site] = None
        return (*held, Held(site, section, frozenset()))

    def _leave(self, origin: Origin, section: str, held: State) -> State:
        site = self._site(origin, section, takes=False)
        for index in range(len(held) - 1, -1, -1):
            if held[index].kind == section:
                self.found.pairs[held[index].site, site] = None
                return (*held[:index], *held[index + 1 :])
        self.found.loose[site] = None
        return held

    def _irq(self, origin: Origin, off: Values, held: State) -> State:
        """``local_irq_save()`` and its like begin a section, all others end the last one."""
        if off == frozenset((ex.ONE,)):
            return self._enter(origin, "irq", held)
        return self._leave(origin, "irq", held)


def _own(frames: tuple[Frame, ...], root: str) -> tuple[Frame, ...]:
    """The calls inside a graph: that of a callback has one around it, of its function."""
    outside = bool(frames) and frames[0].function == root
    return frames[1:] if outside else frames


def _form(address: Expr) -> object:
    """An address without the values that were read on the way to it."""
    match address:
        case Apply(op=op, params=params, args=args):
            return (op, params, tuple(_form(each) for each in args))
        case Const():
            return address
        case Reg():
            return None


def _joined(one: Env, other: Env) -> Env:
    """What registers may hold where two paths meet."""
    both: Mapping[str, Values] = other
    made: Env = {}
    for name in {**one, **both}:
        unknown = frozenset((Reg(name),))
        made[name] = one.get(name, unknown) | both.get(name, unknown)
        if len(made[name]) > _MOST_VALUES * 2:
            made[name] = frozenset((Reg(f"{name}#any"),))
    return made


def _truth(value: Expr) -> bool | None:
    """Whether a value is true, where that is known; an address in an object is."""
    match value:
        case Const():
            return ex.constant_truth(value)
        case Apply(op=op) if op in _ADDRESSES:
            return True
        case Apply(op="bool", args=(operand,)):
            return _truth(operand)
        case Apply(op="!", args=(operand,)):
            known = _truth(operand)
            return None if known is None else not known
        case Apply(op="==" | "!=" as op, args=(left, right)) if _is_null(right):
            known = _truth(left)
            return None if known is None else known == (op == "!=")
        case _:
            return None


def _is_null(value: Expr) -> bool:
    return isinstance(value, Const) and ex.constant_truth(value) is False


def _in_order(cfg: Cfg) -> Iterator[str]:
    """The blocks of an acyclic graph, each before those it leads to."""
    order: list[str] = []
    done: set[str] = set()
    stack: list[tuple[str, Iterator[str]]] = [(cfg.entry, iter(_targets(cfg, cfg.entry)))]
    done.add(cfg.entry)
    while stack:
        name, rest = stack[-1]
        following = next((each for each in rest if each not in done), None)
        if following is None:
            order.append(name)
            stack.pop()
        else:
            done.add(following)
            stack.append((following, iter(_targets(cfg, following))))
    return reversed(order)


def _targets(cfg: Cfg, name: str) -> tuple[str, ...]:
    return targets(cfg.blocks[name].terminator)
