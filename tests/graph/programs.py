"""Random programs of one actor."""

from __future__ import annotations

from random import Random

HEADER = """
models sc;
config PAE = off | on;
struct node { int x; struct node *next; int arr[2]; pmd_t w; atomic_t n; u32 flags; };
word pmd_t { split low, high when PAE == on; present 0x1; none = 0; table(struct node *) = 0x66; }
enum e { E0, E1, E2 };
enum minus { M1 = -1, M2 = 2 };
refcount_t r = 1;
struct node n1 at 0x100001000 = { .next = &n2, .x = 1 };
struct node n2 at 0x200001000;
int a = 1; int b; u8 c = 250; u32 d = 7; u64 q; bool f; enum e g; enum minus h; pmd_t w = table(&n1);
struct node *head = &n1;
u64 wbits; u64 nbits;
"""

INTS = ("a", "b", "c", "d", "q", "f", "n1.x", "n2.arr[1]", "n1.flags")
ENUMS = ("g", "h")
COMPOUND = ("+=", "-=", "*=", "&=", "|=")
OPS = ("+", "-", "*", "&", "|", "^", "==", "!=", "<", ">=", "<<", ">>", "/", "%")


class Maker:
    """Makes one program."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.labels: list[str] = []
        self.placed: set[str] = set()
        self.functions: list[str] = []
        self.returns = False
        self.fresh = 0

    def pick(self, *options: str) -> str:
        return self.random.choice(options)

    def place(self) -> str:
        return self.pick("x", "y", "z", *INTS, f"n1.arr[{self.small()}]", "p->x", "o->x", "*out")

    def constant(self) -> str:
        return self.pick(*"0123", "250", "0x7ffffffe", "0xfffffff0", "-1")

    def small(self) -> str:
        return self.pick("0", "1", "(x & 1)", "(a & 1)")

    def divisor(self) -> str:
        """A right operand with which there mostly is a result."""
        if self.random.random() < 0.8:
            return str(self.random.randint(1, 5))
        return self.pick("x", "z", "c", "q", "f", "(z & 63)", "(d | 1)", "(-z)", "(int)d")

    def number(self, depth: int = 2) -> str:
        r = self.random.random()
        if depth == 0 or r < 0.3:
            return self.pick(self.place(), self.constant(), "x", "y", "a", "b")
        n = self.number
        if r < 0.5:
            op = self.pick(*OPS)
            right = self.divisor() if op in ("<<", ">>", "/", "%") else n(depth - 1)
            return f"({n(depth - 1)} {op} {right})"
        if r < 0.54:
            # What is evaluated first must not see what comes later.
            local = self.pick("x", "y")
            later = self.pick(f"({local} = {n(0)})", f"({local} += {n(0)})", f"--{local}")
            if self.functions:
                name = self.pick(*self.functions)
                later = self.pick(later, f"{name}({later}, &{local}, wp, p)")
            return f"({local} {self.pick('+', '-', '*')} {later})"
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
            f"unlikely({n(0)})",
            "refcount_read(&r)",
            self.pick(*ENUMS, "E1", "M1", "(enum e)x"),
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
            return (
                f"({self.condition(depth - 1)} {self.pick('&&', '||')} {self.condition(depth - 1)})"
            )
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
                f"case {n}: {self.statement(depth - 1)} {self.pick('break;', '')}"
                for n in (0, self.pick("1", "1", "-1", "256", "E1"))
            )
            default = self.pick("", f"default: {self.statement(depth - 1)}")
            return f"switch ({self.number(1)}) {{ {cases} {default} }}"
        if r < 0.84:
            return f"choose {block(depth - 1)} or {block(depth - 1)}"
        if r < 0.9 and self.labels:
            label = self.pick(*self.labels)
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
            f"f = {n()};" if place == "f" else f"{place} {self.pick(*COMPOUND)} {n(1)};",
            f"{place} {self.pick('/=', '%=', '<<=', '>>=')} {self.divisor()};",
            f"{self.pick(*ENUMS)} = {n(1)};",
            f"refcount_set(&r, {n(0)});",
            f"{self.pick('x', 'y', 'z', 'a')} = {n()};",
            f"WRITE_ONCE(a, {n(1)});",
            f"if (out) *out = {n(1)};",
            f"p = {self.pick('&n1', '&n2', 'head', 'p->next', 'o', '(struct node *)w', 'NULL')};",
            f"head = {self.pick('&n1', '&n2', 'p')};",
            "l = (pmd_t)((u64)l >> 32 | (u64)l << 32);",
            f"x = {n(0)}; if (!try_cmpxchg(&a, &x, {n(0)})) b = x;",
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
        self.placed = set()
        text = [self.statement(2) for _ in range(statements)]
        unplaced = [label for label in self.labels if label not in self.placed]
        text += [f"{label}: {self.simple()}" for label in unplaced]
        return "\n        ".join(text)

    def locals(self) -> str:
        unset = self.random.random() < 0.1
        y, z = ("int y;", "int z;") if unset else ("int y = 3;", "int z = 1;")
        word = self.pick(
            "pmd_t l;" if unset else "pmd_t l = *wp;", "pmd_t l = w;", "pmd_t l = none;"
        )
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
