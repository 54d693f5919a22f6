"""Random programs of one actor mean the same compiled and interpreted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

import pytest

from dsl.check import check
from dsl.diagnostic import DiagnosticError
from dsl.imports import load_text
from dsl.interpreter import explore
from prover.graph import compile_program
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
    Program,
    Reg,
    Rmw,
    Store,
)
from prover.graph.lower import lower
from prover.graph.pretty import format_value
from prover.graph.simplify import simplify
from prover.graph.split_words import split_words
from prover.graph.unroll import unroll_program
from prover.graph.values import POISON, Half, Location, Pointer, Value, Wild, Word, apply, truth
from prover.graph.verify import verify

BOUND = 2

# --- running a graph of one actor ---------------------------------------------------------


class Stop(Exception):
    """The run has ended: how."""


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
                self.registers[reg] = low + (self.choices[index] if index < len(self.choices) else 0)
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
            case Fence() | Mark() | Enter() | Leave():
                pass
            case _:
                raise AssertionError(instr)

    def stored(self, location: Location, part: str, value: Value) -> Value:
        if part == "whole":
            return value
        old = self.memory[location]
        assert isinstance(old, Word)
        assert isinstance(value, Half)
        return Word(value, old.high) if part == "low" else Word(old.low, value)


def runs(program: Program) -> Iterator[tuple[str, dict[str, str]]]:
    """How every run ends, and what memory holds then."""
    pending: list[list[int]] = [[]]
    while pending:
        choices = pending.pop()
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
        yield end, {
            str(place): "NULL" if place in pointers and value == 0 else format_value(value)
            for place, value in memory.items()
            if not isinstance(value, Word)
        }


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


def interpreted(
    text: str, configuration: Mapping[str, str]
) -> tuple[set[str], set[tuple[str, ...]], bool]:
    """The same of the interpreter."""
    protocol = check(load_text("t.khp", text, None, ()))
    found = explore(protocol, "s", configuration, loop_bound=BOUND, max_states=20_000)
    words = {"w", "n1.w", "n2.w"}
    finals = {
        (actors[0][1], *(f"{k}={v}" for k, v in sorted(places) if k not in words))
        for places, actors in found.outcomes
    }
    return set(found.violations), finals, found.cut_loops


# --- random programs -------------------------------------------------------------------------

HEADER = """
models sc;
config PAE = off | on;
struct node { int x; struct node *next; int arr[2]; pmd_t w; atomic_t n; u32 flags; };
word pmd_t { split low, high when PAE == on; present 0x1; none = 0; table(struct node *) = 0x66; }
enum e { E0, E1, E2 };
struct node n1 at 0x100001000 = { .next = &n2, .x = 1 };
struct node n2 at 0x200001000;
int a = 1; int b; u8 c = 250; u32 d = 7; u64 q; bool f; enum e g; pmd_t w = table(&n1);
struct node *head = &n1;
u64 wbits; u64 nbits;
"""

INTS = ("a", "b", "c", "d", "q", "f", "n1.x", "n2.arr[1]", "n1.flags")
OPS = ("+", "-", "*", "&", "|", "^", "==", "!=", "<", ">=", "<<", ">>", "/", "%")


class Maker:
    """Makes one program."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.labels: list[str] = []
        self.used: set[str] = set()
        self.functions: list[str] = []
        self.depth = 0
        self.fresh = 0

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def place(self) -> str:
        return self.pick("x", "y", "z", *INTS, f"n1.arr[{self.small()}]", "p->x", "o->x", "*out")

    def small(self) -> str:
        return self.pick("0", "1", "(x & 1)", "(a & 1)")

    def number(self, depth: int = 2) -> str:
        r = self.random.random()
        if depth == 0 or r < 0.3:
            return self.pick(self.place(), str(self.random.randint(0, 5)), "x", "y", "a", "b")
        n = self.number
        if r < 0.5:
            op = self.pick(*OPS)
            right = str(self.random.randint(1, 5)) if op in ("<<", ">>", "/", "%") else n(depth - 1)
            return f"({n(depth - 1)} {op} {right})"
        if r < 0.6:
            return f"({self.condition(depth - 1)} ? {n(depth - 1)} : {n(depth - 1)})"
        if r < 0.66:
            return f"({self.pick('x', 'y', 'a', 'n1.x')} = {n(depth - 1)})"
        if r < 0.72:
            return f"({self.pick('x', 'y', 'a', 'c', '*out')} {self.pick('+=', '-=', '|=', '^=')} {n(depth - 1)})"
        if r < 0.8 and self.functions:
            return self.call(depth)
        return self.pick(
            f"({self.pick('u8', 's8', 'u32', 'u64', 's64')}){n(0)}",
            f"-{n(depth - 1)}",
            f"~{n(depth - 1)}",
            f"READ_ONCE({self.pick('a', 'n1.x', 'd')})",
            f"xchg(&{self.pick('a', 'n1.x')}, {n(0)})",
            f"cmpxchg(&a, {n(0)}, {n(0)})",
            f"try_cmpxchg(&{self.pick('a', 'b')}, &x, {n(0)})",
            f"atomic_{self.pick('inc_return', 'fetch_dec', 'dec_and_test', 'inc_not_zero', 'read', 'dec_if_positive')}(&n1.n)",
            f"atomic_add_unless(&n1.n, {n(0)}, {n(0)})",
            f"atomic_fetch_add({n(0)}, &n1.n)",
            f"test_and_set_bit({self.small()}, &{self.pick('a', 'd')})",
            f"test_bit({self.pick('1', 'x')}, &{self.pick('a', 'd')})",
            "choose(0, 2)",
            "l.low",
            "l.high",
            "w.low",
            "n1.w.high",
            "wp->low",
            "(u64)l",
            "WARN_ON(a == 77)",
        )

    def call(self, depth: int) -> str:
        name = self.pick(*self.functions)
        out = self.pick("&x", "&y", "NULL", "&a", "&n1.x", "out")
        return f"{name}({self.number(depth - 1)}, {out}, {self.pick('&l', '&w', 'wp', '&n1.w')}, {self.pick('p', '&n1', '&n2', 'o')})"

    def condition(self, depth: int = 2) -> str:
        r = self.random.random()
        if depth == 0 or r < 0.4:
            return f"({self.number(0)} {self.pick('<', '==', '!=', '>=')} {self.number(max(depth - 1, 0))})"
        if r < 0.6:
            return f"({self.condition(depth - 1)} {self.pick('&&', '||')} {self.condition(depth - 1)})"
        return self.pick(
            f"!{self.condition(depth - 1)}",
            "choose()",
            "PAE == on",
            "l == w",
            "wp",
            "out",
            "p",
            "p == o",
            "(struct node *)w == p",
            "l.low",
            self.number(depth - 1),
        )

    def statement(self, depth: int) -> str:
        r = self.random.random()
        if depth == 0 or r < 0.35:
            return self.simple()
        block = self.block
        if r < 0.5:
            other = f" else {block(depth - 1)}" if self.random.random() < 0.5 else ""
            return f"if ({self.condition()}) {block(depth - 1)}{other}"
        if r < 0.58:
            return f"while ({self.condition()}) {block(depth - 1, loop=True)}"
        if r < 0.62:
            return f"do {block(depth - 1, loop=True)} while ({self.condition(1)});"
        if r < 0.7:
            self.fresh += 1
            i = f"i{self.fresh}"
            return f"for (int {i} = 0; {i} < {self.random.randint(0, 3)}; {i}++) {block(depth - 1, loop=True)}"
        if r < 0.78:
            cases = "".join(
                f"case {n}: {self.statement(depth - 1)} {self.pick('break;', '')}" for n in range(2)
            )
            default = self.pick("", f"default: {self.statement(depth - 1)}")
            return f"switch ({self.number(1)}) {{ {cases} {default} }}"
        if r < 0.84:
            return f"choose {block(depth - 1)} or {block(depth - 1)}"
        if r < 0.9 and self.labels:
            label = self.pick(*self.labels)
            self.used.add(label)
            return f"if ({self.condition(1)}) goto {label};"
        unused = [label for label in self.labels if label not in self.placed]
        if unused:
            self.placed.add(unused[0])
            return f"{unused[0]}: {self.statement(depth - 1)}"
        return self.simple()

    def block(self, depth: int, *, loop: bool = False) -> str:
        body = [self.statement(depth) for _ in range(self.random.randint(1, 3))]
        if loop and self.random.random() < 0.4:
            body.append(f"if ({self.condition(1)}) {self.pick('break', 'continue')};")
        return "{ " + " ".join(body) + " }"

    def simple(self) -> str:
        n = self.number
        place = self.pick(*INTS, "x", "y", "z", "n1.arr[x & 1]", "p->arr[1]", "o->x")
        return self.pick(
            f"{place} = {n()};",
            f"{place} {self.pick('+=', '-=', '*=', '&=', '|=')} {n(1)};".replace("f *=", "f |=").replace("f +=", "f &=").replace("f -=", "f ^=") if place != "f" else f"f = {n()};",
            f"{self.pick('x', 'y', 'z', 'a')} = {n()};",
            f"WRITE_ONCE(a, {n(1)});",
            f"if (out) *out = {n(1)};",
            f"p = {self.pick('&n1', '&n2', 'head', 'p->next', 'o', '(struct node *)w', 'NULL')};",
            f"head = {self.pick('&n1', '&n2', 'p')};",
            f"l = {self.pick('w', '*wp', 'none', 'table(&n2)', 'table(p)', 'READ_ONCE(n1.w)')};",
            f"l.{self.pick('low', 'high')} = {self.number(1)} + 0;",
            f"{self.pick('w', 'n1.w')} = {self.pick('none', 'table(&n2)', 'table(o)', f'(pmd_t)(u64){n(0)}')};",
            f"if (PAE == on) w.{self.pick('low', 'high')} = {n(1)} + 0;",
            f"n1.w = xchg(&w, {self.pick('none', 'table(&n1)')});",
            f"set_bit({self.small()}, &{self.pick('a', 'd')});",
            f"{self.pick('assert', 'assume', 'WARN_ON')}({self.number(0)} != {self.random.randint(0, 9)});",
            f"{n()};",
            "clear(&w);",
            "smp_mb();",
            f"return {n(1)};" if self.returns else f"y = {n(1)};",
        )

    def body(self, name: str, statements: int) -> str:
        self.labels = [f"{name}_l{i}" for i in range(2)]
        self.placed: set[str] = set()
        text = [self.statement(2) for _ in range(statements)]
        for label in self.labels:
            if label not in self.placed:
                text.append(f"{label}: {self.simple()}")
        return "\n        ".join(text)

    def locals(self) -> str:
        unset = self.random.random() < 0.1
        y, z = ("int y;", "int z;") if unset else ("int y = 3;", "int z = 1;")
        word = self.pick("pmd_t l;" if unset else "pmd_t l = *wp;", "pmd_t l = w;", "pmd_t l = none;")
        return f"{y} {z} {word}"

    def program(self) -> str:
        functions: list[str] = []
        for index in range(self.random.randint(0, 2)):
            self.returns = True
            name = f"f{index}"
            body = self.body(name, self.random.randint(1, 4))
            functions.append(
                f"static int {name}(int x, int *out, pmd_t *wp, struct node *o) {{\n        "
                f"struct node *p = o; {self.locals()}\n        {body}\n        return {self.number(1)};\n}}"
            )
            self.functions.append(name)
        self.returns = False
        body = self.body("m", self.random.randint(2, 5))
        actor = (
            f"int x = 0; int *out = {self.pick('&a', 'NULL', '&n2.x')}; pmd_t *wp = {self.pick('&w', '&n1.w')}; "
            f"struct node *o = &n2; struct node *p = &n1; {self.locals()}\n        {body}\n        "
            "wbits = (u64)w; nbits = (u64)n1.w;"
        )
        clear = "update void clear(pmd_t *v) { if (PAE == on) { WRITE_ONCE(v->low, 0); v->high = 0; } else *v = none; }"
        text = "\n".join([HEADER, clear, *functions, f"actor m {{\n        {actor}\n}}"])
        return text + "\nscenario s { run m; }\n"


def accepted(seed: int) -> str | None:
    """A program that the checker takes, None if it does not."""
    text = Maker(seed).program()
    try:
        check(load_text("t.khp", text, None, ()))
    except DiagnosticError:
        return None
    return text


def compiled(text: str, configuration: Mapping[str, str]) -> Iterator[Program]:
    """The program as it is, and after every pass that should not change it."""
    protocol = check(load_text("t.khp", text, None, ()))
    lowered = lower(protocol, "s", configuration)
    yield unroll_program(lowered, BOUND)
    yield unroll_program(split_words(simplify(lowered)), BOUND)
    yield compile_program(protocol, "s", configuration, BOUND)


def compare(seed: int) -> bool:
    """Whether the program of ``seed`` could be compared; asserts that all readings agree."""
    text = accepted(seed)
    if text is None:
        return False
    for value in ("off", "on"):
        configuration = {"PAE": value}
        wanted = interpreted(text, configuration)
        for program in compiled(text, configuration):
            assert verify(program, acyclic=True) == []
            assert summary(program) == wanted, (seed, value, text)
    return True


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_compiled_programs_do_what_the_interpreter_does(start: int) -> None:
    compared = sum(compare(seed) for seed in range(start, start + 50))
    assert compared >= 10, "most programs are refused: the test would pass by testing nothing"


@pytest.mark.soak
def test_many_compiled_programs_do_what_the_interpreter_does() -> None:
    assert sum(compare(seed) for seed in range(1000, 6000)) >= 1000
