"""Whatever a C file holds, ``prove new`` ends in a skeleton or in a diagnostic."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest

from dsl.codes import CODES
from dsl.diagnostic import DiagnosticError
from dsl.paste.skeleton import paste
from dsl.paste.tokens import tokens
from dsl.source import Source
from prover.cli.entry import main
from prover.render.diagnostics import render
from tests.hostile.measure import in_workers
from tests.soak import PARTS, Soak

CASES = sorted((Path(__file__).parents[1] / "cases" / "new").rglob("*.c"))
SECONDS = 5.0

WORDS = """\
if else while do for switch case default break continue return goto sizeof typeof asm struct union
enum static const volatile int unsigned long void u32 gfp_t NULL true f x y lock __user actor run
yield choose or init word pool final transition READ_ONCE spin_lock list_for_each_entry DEFINE_WAIT
guard scoped_guard scoped_cond_guard CLASS ACQUIRE __free kfree mutex rcu no_free_ptr return_ptr
container_of container typedef struct_group DECLARE_BITMAP __rcu bool float list_head WARN ( ) { } [ ] ; , : . -> ++ -- * & ! ~ && || ? = == += << ... # ## \\ @ `
"x" 'y' ' " /* */ // 0 1 08 0x 1.5 0xffffffffffffffffff
#if #ifdef #else #endif #define
""".split()


def ends_well(text: str, *functions: str) -> str:
    """Asserts that the end is a skeleton or diagnostics; which it was."""
    source = Source("f.c", text)
    start = time.process_time()
    try:
        found = paste(source, functions)
    except DiagnosticError as error:
        diagnostics, end = error.diagnostics, error.diagnostics[0].code
    else:
        diagnostics, end = (*found.marks, *found.rest), "rest" if found.rest else "skeleton"
        assert found.text.isascii()
        assert all(c.isprintable() or c in "\n\t" for c in found.text)
        assert 0 <= found.marked <= found.lines
    assert time.process_time() - start < SECONDS
    assert all(d.code in CODES for d in diagnostics)
    assert render(diagnostics, {"f.c": source}).isascii()
    return end


def pieces(text: str) -> list[str]:
    """The tokens of a C file with the white space before each."""
    found: list[str] = []
    at = 0
    for token in tokens(Source("f.c", text)).every:
        found.append(text[at : token.end])
        at = token.end
    return [*found, text[at:]]


def mutated(number: int) -> tuple[str, ...]:
    """A case with some tokens changed, and the functions to be asked for."""
    rng = Random(f"new/{number}")
    case = rng.choice([c for c in CASES if c.stem != "open_comment"])
    text = case.read_bytes().decode()
    functions = text.split("\n", 1)[0].split(": ", 1)[1].strip().split(", ")
    if rng.randrange(3) == 0:
        # Another function beside it, which may call it, and which it may call by mistake.
        functions.append(f"beside_{number}")
        name = rng.choice((functions[0], "g", "kfree"))
        text += f"\nint {functions[-1]}(struct s *p, int x)\n{{\nguard(rcu)();\n{name}(p);\n}}\n"
    parts = pieces(text)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        place, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        match rng.randrange(6):
            case 0:
                parts[place] = ""
            case 1:
                parts[place] += f" {parts[other]}"
            case 2:
                parts[place], parts[other] = parts[other], parts[place]
            case 3:
                parts[place] = f" {rng.choice(WORDS)} "
            case 4:
                parts[place] += "\n" + " ".join(rng.choices(WORDS, k=rng.randint(1, 6))) + "\n"
            case _:
                parts[place] += rng.choice("\0\r\u202e\u00e9\x1b\x7f\u2028\ufeff")
    return "".join(parts), *functions


def test_a_few_hundred_mutated_files() -> None:
    ends = [ends_well(*mutated(number)) for number in range(300)]
    assert ends.count("skeleton") >= 100
    assert ends.count("rest") <= 15
    assert len(set(ends)) >= 4


def give(number: int) -> None:
    ends_well(*mutated(300 + number))


@pytest.mark.soak
@pytest.mark.parametrize("part", range(PARTS))
def test_ten_thousand_mutated_files(part: int, soak: Soak) -> None:
    count = 10_000 // PARTS
    soak.keep(in_workers("new", give, soak.first + part * count, count))


def body(inside: str) -> str:
    return f"int f(struct s *p, int x)\n{{\n{inside}\n}}\n"


def struct(inside: str, used: str = "p->x = 1;") -> str:
    """A file in which a struct is defined and used."""
    return f"struct s {{ {inside} }};\n{body(used)}"


MANY = 30_000
NAMED = {
    "structs in a circle": """void f(struct o *q, struct a *p)
{
	struct b x;

	q->one = *p;
	x = p->two;
	x.three = *p;
}
""",
    "parentheses": body(f"x = {'(' * MANY}1{')' * MANY};"),
    "braces": body("{" * MANY + "}" * MANY),
    "brackets": body(f"x = p{'[p' * 5000}{']' * 5000};"),
    "else if": body("if (x) x++;" + " else if (x) x++;" * 5000),
    "ifs": body("if (x) " * 5000 + "x++;"),
    "loops": body("while (x) for (;;) do " * 1000 + "x++;"),
    "operators": body("x = 1" + " + x" * 5000 + ";"),
    "prefixes": body("x = " + "! " * 9000 + "x;"),
    "ternaries": body("x = " + "x ? x : " * 3000 + "x;"),
    "assignments": body("x = " * 5000 + "1;"),
    "members": body("x = p" + "->p" * 5000 + ";"),
    "calls": body("f(" * 5000 + ")" * 5000 + ";"),
    "casts": body("x = " + "(int)" * 5000 + "x;"),
    "stars": body("int " + "*" * 5000 + "q;"),
    "blocks as values": body("x = ({ " * 1000 + "1" + "; })" * 1000 + ";"),
    "statements": body("x++;" * 4000),
    "too many statements": body("x++;" * 20_000),
    "locals": body("".join(f"int v{n} = {n};" for n in range(1500))),
    "stubs": body("".join(f"f{n}(p->a{n});" for n in range(600))),
    "labels": body("".join(f"l{n}: x++; goto l{n};" for n in range(1000))),
    "conditionals": body("#if A\n" * 4000 + "x++;\n" + "#endif\n" * 4000),
    "a long string": body('g("' + "x" * 900_000 + '");'),
    "a string without an end": body('g("never closed);'),
    "a type in itself": body("p = p->p->p; p = *p->p; p->p = &p; p = &p->p;"),
    "words of the language": (
        "int f(struct actor *yield, int choose, int or)\n{\nint run = choose, word = or;\n"
        "yield->final = run; yield->pool[word] = 1; return actor(yield);\n}\n"
    ),
    "a long name": body("x" * 900_000 + "(p);"),
    "a name of underscores": body("A" + "_" * 900_000 + "a(p);"),
    "blanks": body("g(p)" + " " * 900_000 + "b;"),
    "blanks in a directive": "#define" + " " * 900_000 + "x\n" + body("x++;"),
    "stars and slashes": body("x = 1;" + "/*" + "*/*" * 300_000 + "*/"),
    "lines": body("\\\n" * 400_000 + "x++;"),
    "a struct in itself": struct("struct s x; struct s y[2], *z;", "p->x.x.y[1].z = p->z->z;"),
    "structs in structs": struct("struct { " * MANY + "int x;" + " };" * MANY),
    "named structs in structs": struct(
        "".join(f"struct s{n} {{" for n in range(MANY)) + "}; " * MANY
    ),
    "structs with names": struct("struct { " * 100 + "int x;" + " } x;" * 100, "p" + "->x.x" * 90),
    "unions": struct("union { " * 8 + "int x; long y;" + " };" * 8, "p->x = p->y;"),
    "a union of many": struct(
        "union { " + "".join(f"int x{n};" for n in range(800)) + " };",
        "".join(f"p->x{n}++;" for n in range(800)),
    ),
    "many fields": struct("".join(f"int x{n};" for n in range(MANY)), "p->x7 = p->x9;"),
    "many structs": "".join(f"struct s{n} {{ struct s{n + 1} *x; }};\n" for n in range(9_000))
    + "int f(struct s0 *p, int x)\n{\nx = p"
    + "->x" * 90
    + " == p;\n}\n",
    "many macros": struct("FIELD(x)" * MANY),
    "macros in macros": struct("struct_group(x, " * 3_000 + "int x;" + ");" * 3_000),
    "words for a type": struct("A " * MANY + "x;"),
    "annotations for a type": struct("__a " * MANY + "x;"),
    "integers for a type": struct("unsigned " * MANY + "x;"),
    "stars for a type": struct("int " + "*" * MANY + "x;"),
    "dimensions": struct("int x" + "[2]" * MANY + ";"),
    "an array without an end": struct("int x[" + "9" * 5_000 + "];", "p->x[1] = 1;"),
    "parentheses of a field": struct("int " + "(" * MANY + "*x" + ")" * MANY + "(void);"),
    "a long field": struct("int " + ", ".join(["x"] * MANY) + ";"),
    "typedefs in a circle": "typedef a b; typedef b *a; typedef c c;\n" + struct("a x; b y; c z;"),
    "a chain of typedefs": "".join(f"typedef t{n + 1} t{n};\n" for n in range(9_000))
    + struct("t0 x;"),
    "typedefs without an end": "typedef " * MANY + struct("t x;"),
    "conditions in a struct": struct("\n#if A\nint x;\n#else\nlong x;\n#endif\n" * 3_000),
    "functions that do not end": "f() { { ) )" * 30_000 + "\n" + body("x++;"),
    "half a struct": body("p->x = 1;") + "struct s { int x; struct { int",
    "words of the language in a struct": struct(
        "int actor, pool; bool word : 1; u8 init[];",
        ("p->actor = p->pool; p->word = 1; p->init[0] = 2;"),
    ),
    "no text": "",
    "half a head": "int f(",
    "a head": "int f(void)",
    "a number as name": "int 1f(void) { }",
    "directives only": "#if 1\n#else\n#endif\n#\n#define f(x) {\n",
    "a carriage return": "int f(void)\r{\rreturn 0;\r}\r",
    "NUL": "int f(void)\n{\n\0\0\n\treturn 0;\n}\n",
}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_what_is_large_or_odd(name: str) -> None:
    ends_well(NAMED[name], "f")


def test_a_file_that_is_too_large_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.c"
    file.write_text(body("x++;\n" * 300_000), encoding="utf-8")
    assert main(["new", str(file), "f"]) == 2
    assert "error[too-large]" in capsys.readouterr().err


def test_bytes_that_are_no_text_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "f.c"
    file.write_bytes(b"int f(void) { return '\xff'; }")
    assert main(["new", str(file), "f"]) == 2
    assert "error[not-utf8]" in capsys.readouterr().err


@pytest.mark.parametrize("function", ["", "f(", "f\n", "int", "if", "-", "\u00e9", "f" * 10_000])
def test_names_that_are_none(function: str, capsys: pytest.CaptureFixture[str]) -> None:
    case = next(c for c in CASES if c.stem == "plain")
    assert main(["new", str(case), "--", function]) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert err.isascii()
