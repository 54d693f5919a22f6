"""A folder of protocols above two libraries, most of which no scenario reaches, and edits of them."""

from __future__ import annotations

from tests.cache.worlds import World

BASE = """\
// Below.
config WIDE = off | on;
struct pair { int one; int two; };
struct pair p;
int total;

void put(int *into)
{
\t*into = 1;
}

int low(void)
{
\treturn 1;
}

int high(void)
{
\tif (WIDE == on)
\t\treturn 2;
\treturn low();
}
"""

LIBRARY = """\
// Above.
import "base.khp";

void add(int what)
{
\tREAD_ONCE(total);
\tWRITE_ONCE(total, what);
}

void pass_on(int *into)
{
\tput(into);
}

int some(void)
{
\tint here = 0;
\tpass_on(&here);
\treturn here;
}

void unused(void)
{
\tint what = high();
\tadd(what);
}
"""

USERS = {
    "plain": """\
models sc;
import "library.khp";
actor a { add(1); }
actor b { add(2); }
scenario s { run a, b; final total != 3; expect proved; }
variant v "wrong" in s { exchange add with late; expect refuted final; }
scenario t { run a; final total == 2; expect refuted final; }
void late(int what) { total += 3; }
""",
    "narrow": """\
models sc;
import "library.khp";
config WIDE = off;
actor a { total = high(); }
scenario s { run a; final total == 1; expect proved; }
""",
    "giver": """\
models sc;
import "library.khp";
void never(void) { int here = 0; pass_on(&here); }
actor a { total = low(); }
scenario s { run a; final total == 2; expect proved; }
""",
    "low": """\
models sc;
import "base.khp";
int mine;
actor a { WRITE_ONCE(mine, low()); assert(READ_ONCE(mine) == 1, "one"); }
scenario s { run a; expect proved; }
variant v "two" in s { exchange low with high; expect refuted assert when WIDE == on; }
""",
}

EDITS = (
    # Bodies.
    ("\tadd(what);", "\tadd(what + 1);"),
    ("return 2;", "return 1;"),
    ("\t*into = 1;", "\t*into = 2;"),
    ("\t*into = 1;", "\tinto = &p.one;"),
    ("\treturn low();", "\treturn mine;"),
    ("\treturn low();", "\tint a = low();\n\n\treturn a;"),
    ("\tint what = high();", "\tint what = some();"),
    ("\tint what = high();", "\tint late = high();\n\tint what = late;"),
    ("\treturn 1;", "\treturn 2;"),
    # Signatures, names, declarations.
    ("int high(void)", "u64 high(void)"),
    ("void put(int *into)", "void put(int *into, int what)"),
    ("void unused(void)", "void unused_again(void)"),
    ("void unused(void)", "void late(void)\n{\n}\n\nvoid unused(void)"),
    ("void unused(void)", "void never(void)\n{\n\tnobody();\n}\n\nvoid unused(void)"),
    ("int some(void)\n{", "int more(void)\n{\n\treturn 3;\n}\n\nint some(void)\n{"),
    ("struct pair p;", "struct pair p, q;"),
    ("int total;", "int total;\nint mine;"),
    # What is no code, and what is none of the libraries.
    ("// Below.", "// Below,\n// by far.\n"),
    ("// Above.", "/* Above. */"),
    ("\tREAD_ONCE(total);\n", "\tREAD_ONCE(total); // once\n\n"),
    ("WIDE = off;", "WIDE = off | on;"),
    ("final total == 2", "final total == 1"),
    ("exchange add with late;", "drop a.nowhere;"),
)
"""What edits put in place of what, or the other way round."""

WORLD = World({"base": BASE, "library": LIBRARY, **USERS}, EDITS)
