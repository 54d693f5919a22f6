"""A folder of protocols in which SRCU indexes come to many places, and edits of its library."""

from __future__ import annotations

from tests.cache.worlds import World

LIBRARY = """\
// Readers.
struct srcu_struct dom;
struct box { int slot; int other; };
struct box box;
int total;

int begin(void)
{
\treturn srcu_read_lock(&dom);
}

void end(int idx)
{
\tsrcu_read_unlock(&dom, idx);
}

int same(int what)
{
\treturn what;
}

int fill(void)
{
\treturn begin();
}

void spare(void)
{
\tint idx = begin();
\tint three = 3;

\tend(idx);
\tWRITE_ONCE(total, three);
}

void caller(void)
{
\tspare();
}
"""

USERS = {
    # Whoever has readers at all.
    "plain": """\
models sc;
import "library.khp";
actor a { int i = begin(); end(i); }
actor b { on: WRITE_ONCE(box.other, 1); }
scenario s { run a, b; expect proved; }
variant v "no other" in s { drop b.on; }
""",
    # Who looks at a field, and at what comes back.
    "looks": """\
models sc;
import "library.khp";
actor a { int i = begin(); end(i); if (READ_ONCE(box.slot) == 1) { WRITE_ONCE(box.slot, 2); } }
scenario s { run a; final box.slot != 1; expect proved; }
""",
    "calls": """\
models sc;
import "library.khp";
actor a { int i = begin(); end(i); assert(same(3) + 1 == 4, "four"); }
scenario s { run a; expect proved; }
""",
    # Who keeps an index in a field, and hands one through.
    "keeps": """\
models sc;
import "library.khp";
struct box mine;
actor a { WRITE_ONCE(mine.other, begin()); end(READ_ONCE(mine.other)); }
scenario s { run a; expect proved; }
""",
    "hands": """\
models sc;
import "library.khp";
actor a { int i = same(begin()); end(i); }
scenario s { run a; expect proved; }
""",
    # Who reaches the edited function itself, and who has no reader.
    "reaches": """\
models sc;
import "library.khp";
actor a { caller(); }
scenario s { run a; final total == 3; expect proved; }
""",
    "none": """\
models sc;
import "library.khp";
actor a { WRITE_ONCE(total, same(2)); }
scenario s { run a; final total == 2; expect proved; }
""",
}

BODY = "\tend(idx);\n"

EDITS = (
    (BODY, "\tend(idx); // so\n"),
    (BODY, "\tend(same(idx));\n"),
    (BODY, "\tWRITE_ONCE(box.slot, idx);\n\tend(READ_ONCE(box.slot));\n"),
    (BODY, "\tthree = same(5) + 1;\n\tend(idx);\n"),
    ("\tint three = 3;\n", "\tint three = READ_ONCE(box.slot) + 1;\n"),
    ("\tint three = 3;\n", "\tint three = READ_ONCE(box.other);\n"),
    ("WRITE_ONCE(total, three);", "WRITE_ONCE(total, three + 1);"),
    ("\tint idx = begin();", "\tint idx = fill();"),
    ("\tspare();", "\tint one = begin();\n\n\tspare();\n\tend(one);"),
    ("\treturn begin();", "\tint got = begin();\n\n\treturn got;"),
    ("\treturn what;", "\tint got = what;\n\n\treturn got;"),
    ("\treturn what;", "\treturn what + 0;"),
    ("\tsrcu_read_unlock(&dom, idx);", "\tint got = idx;\n\n\tsrcu_read_unlock(&dom, got);"),
    ("int fill(void)", "int *lent(int *p)\n{\n\treturn p;\n}\n\nint fill(void)"),
    ("\tint three = 3;\n", "\tint three = 3;\n\tint *at = &idx;\n"),
    ("// Readers.", "// Readers,\n// all.\n"),
    ("if (READ_ONCE(box.slot) == 1)", "if (READ_ONCE(box.other) == 1)"),
    ("int i = same(begin());", "int i = same(fill());"),
    ("final total == 3;", "final total != 3;"),
)
"""What edits put in place of what, or the other way round."""

WORLD = World({"library": LIBRARY, **USERS}, EDITS)
