"""Every run of the graph of one actor, straight from the meaning of instructions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prover.graph.ir import (
    Apply,
    Assign,
    Assume,
    Branch,
    Cfg,
    Check,
    Const,
    Cut,
    End,
    Enter,
    Expr,
    Fence,
    Havoc,
    Instr,
    Jump,
    Leave,
    Load,
    Mark,
    Met,
    Program,
    Reg,
    Rmw,
    Store,
)
from prover.graph.pretty import format_value
from prover.graph.values import POISON, Half, Location, Pointer, Value, Wild, Word, apply, truth

MOST_RUNS = 300


class Stop(Exception):
    """The run has ended: how."""


class TooMany(Exception):
    """The program has too many runs to compare all of them."""


@dataclass
class Run:
    """One run; ``choices`` says what its havocs give, ``taken`` how many there were to choose from."""

    program: Program
    choices: list[int]
    memory: dict[Location, Value]
    registers: dict[str, Value] = field(default_factory=dict)
    taken: list[int] = field(default_factory=list)

    def go(self, cfg: Cfg) -> str:
        """How the run ends."""
        block = cfg.blocks[cfg.entry]
        try:
            while True:
                for instr in block.body:
                    self.step(instr)
                match block.terminator:
                    case Jump(target=target):
                        block = cfg.blocks[target]
                    case Branch(condition=condition, then=then, otherwise=otherwise):
                        taken = then if truth(self.value(condition)) else otherwise
                        block = cfg.blocks[taken]
                    case End():
                        return "ended"
                    case Cut():
                        return "cut"
        except Stop as stop:
            return str(stop)

    def value(self, expr: Expr) -> Value:
        match expr:
            case Const(value=value):
                return value
            case Reg(name=name):
                return self.registers.get(name, POISON)
            case Apply(op="select", args=(condition, then, otherwise)):
                return self.value(then if truth(self.value(condition)) else otherwise)
            case Apply(op=op, params=params, args=args):
                space = self.program.layout.space
                return apply(space, op, params, tuple(self.value(arg) for arg in args))

    def place(self, address: Expr) -> tuple[Location, Value]:
        pointer = self.value(address)
        if pointer == 0 or (isinstance(pointer, Pointer) and pointer.base is None):
            raise Stop("null-pointer")
        if isinstance(pointer, Wild) or not isinstance(pointer, Pointer):
            raise Stop("wild-pointer")
        if pointer.location not in self.memory:
            raise Stop("wild-pointer")
        return pointer.location, pointer

    def step(self, instr: Instr) -> None:
        space = self.program.layout.space
        match instr:
            case Assign(reg=reg, expr=expr):
                self.registers[reg] = self.value(expr)
            case Havoc(reg=reg, low=low, high=high):
                index = len(self.taken)
                self.taken.append(high - low + 1)
                self.registers[reg] = low + (
                    self.choices[index] if index < len(self.choices) else 0
                )
            case Load(reg=reg, address=address, part=part):
                location, pointer = self.place(address)
                found = self.memory[location]
                if part != "whole":
                    found = apply(space, f"word_{part}", (), (found,))
                if isinstance(found, Half | Word):
                    found = apply(space, "read_at", (), (found, pointer))
                self.registers[reg] = found
            case Store(address=address, value=value, part=part):
                location, _ = self.place(address)
                self.memory[location] = self.stored(location, part, self.value(value))
            case Rmw(reg=reg, address=address, new=new, when=when):
                location, _ = self.place(address)
                self.registers[reg] = self.memory[location]
                if truth(self.value(when)):
                    self.memory[location] = self.value(new)
            case Check(property=name, condition=condition):
                if not truth(self.value(condition)):
                    raise Stop(name)
            case Assume(condition=condition):
                if not truth(self.value(condition)):
                    raise Stop("stopped")
            case Fence() | Mark() | Met() | Enter() | Leave():
                pass
            case _:
                raise AssertionError(instr)

    def stored(self, location: Location, part: str, value: Value) -> Value:
        if part == "whole":
            # Only words remember where a half came from.
            return value.bits if isinstance(value, Half) else value
        old = self.memory[location]
        assert isinstance(old, Word)
        assert isinstance(value, Half)
        return Word(value, old.high) if part == "low" else Word(old.low, value)


def runs(program: Program) -> Iterator[tuple[str, dict[str, str]]]:
    """How every run ends, and what memory holds then."""
    pending: list[list[int]] = [[]]
    done = 0
    while pending:
        choices = pending.pop()
        done += 1
        if done > MOST_RUNS:
            raise TooMany
        memory = {
            Location(region.name, path): value
            for region in program.layout.regions.values()
            for path, value in region.initial.items()
        }
        run = Run(program, choices, memory)
        end = run.go(program.actors[0].graph)
        for index in range(len(choices), len(run.taken)):
            prefix = choices + [0] * (index - len(choices))
            pending.extend([*prefix, other] for other in range(1, run.taken[index]))
        pointers = {
            Location(region.name, cell.path)
            for region in program.layout.regions.values()
            for cell in region.cells
            if cell.pointer
        }
        yield end, {str(place): text(value, place in pointers) for place, value in memory.items()}


def text(value: Value, pointer: bool) -> str:
    """A value as the interpreter writes it; words are compared by the numbers made of them."""
    if isinstance(value, Word):
        return "word"
    if isinstance(value, Wild):
        return "wild"
    return "NULL" if pointer and value == 0 else format_value(value)


def summary(program: Program) -> tuple[set[str], set[tuple[str, ...]], bool]:
    """Violations, final values, and whether a bound cut a run."""
    violations: set[str] = set()
    finals: set[tuple[str, ...]] = set()
    cut = False
    for end, values in runs(program):
        if end in ("ended", "stopped"):
            finals.add((end, *(f"{k}={v}" for k, v in sorted(values.items()))))
        elif end == "cut":
            cut = True
        else:
            violations.add(end)
    return violations, finals, cut
