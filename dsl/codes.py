"""What the codes of diagnostics mean: ``prove explain CODE``.

The first line of each text says what is wrong; then an example and the remedy.
Codes of the checker are in :mod:`dsl.codes_check`, of litmus tests in :mod:`dsl.codes_litmus`.
"""

from __future__ import annotations

from dsl.codes_any_number import ANY_NUMBER_CODES
from dsl.codes_certificate import CERTIFICATE_CODES
from dsl.codes_check import CHECK_CODES
from dsl.codes_cluster import CLUSTER_CODES
from dsl.codes_drift import DRIFT_CODES
from dsl.codes_export import EXPORT_CODES
from dsl.codes_git import GIT_CODES
from dsl.codes_litmus import LITMUS_CODES
from dsl.codes_lower import LOWER_CODES
from dsl.codes_new import NEW_CODES
from dsl.codes_witness import WITNESS_CODES

_READING: dict[str, str] = {
    "empty-folder": """\
No protocol is below the folder that is named.
        prove docs/
`prove DIR` proves the .khp files below a folder; hidden folders, and links to folders, are
passed over.""",
    "file-not-found": """\
There is no such file.
        prove collapse/retract.khp     (run in another folder)
Check the path; `-` reads the protocol from standard input.""",
    "import-cycle": """\
A file imports itself, directly or through others.
        a.khp: import "b.khp";     b.khp: import "a.khp";
Move what both need into a third file and import that.""",
    "import-not-found": """\
An import names no file.
        import "pgtable.khp";      // is in the library as kernel/pgtable.khp
Imports are looked for in the folder of the importing file, then in the
protocol library.""",
    "import-outside": """\
An import leads out of the folders that may be read.
        import "../../secret.khp";
        import "/etc/passwd";
Imports stay inside the folder of the file and the protocol library, also
through symbolic links.  Copy the file there.""",
    "no-second-solver": """\
`--certify` asks another solver, cvc5, which is not installed.
        prove --certify protocols/retract.khp
Install it beside prove, with `pip install 'prove-khp[certify]'` or `pip install cvc5`; without
`--certify` nothing else needs it.""",
    "not-a-file": """\
What is named is a folder, a device or a pipe, not a file.
        prove why protocols/
Name a file; `-` reads the protocol from standard input.  `prove` itself and `prove list` take
folders.""",
    "not-utf8": """\
The file holds bytes that are not UTF-8.
        // caf\\xe9     (saved as Latin-1)
Save it as UTF-8.""",
    "too-large": """\
Something is larger than its limit: a file (1 MiB, 200000 words and marks), all files
together (4 MiB), a function with its calls in place, the number of configurations,
actors or locations.
        struct page_table tables[1000000];
The message names the limit.  Split the file into several, or make the protocol
smaller: few objects and actors show most bugs.""",
    "too-many-files": """\
A protocol imports more than 100 files, or a folder has too much below it.
        import "part101.khp";
Put several of them into one file; name a smaller folder.""",
    "unreadable-file": """\
The file is there but cannot be read.
        prove /root/private.khp
Check its permissions.""",
    "unwritable-file": """\
A file cannot be written: its folder is read-only, or the disk is full.
        prove fmt /usr/share/retract.khp
        prove retract.khp --report html=/usr/share/retract.html
It is as it was.  Check the folder's permissions, and the space that is left.""",
}

_CHARACTERS: dict[str, str] = {
    "bad-character": """\
A character that means nothing, or that cannot be seen.
        x = y @ z;
Delete it.  Letters outside ASCII may stand in comments and messages; characters
that hide or reorder text may stand nowhere.""",
    "bad-number": """\
A number is not written as in C.
        x = 08;        // octal has no 8
Write 17, 0x11, 021 or 0b10001, with U, L, UL or ULL behind it if need be.""",
    "character-literal": """\
There are no character literals.
        x = 'a';
Write the number, or give it a name in an enum.""",
    "float-number": """\
There are no floating-point numbers.
        timeout = 1.5;
Count in a smaller unit.""",
    "number-too-large": """\
A number needs more than 64 bits.
        u64 x = 0x10000000000000000;
The largest is 0xffffffffffffffff.""",
    "preprocessor": """\
There is no preprocessor.
        #include <linux/mm.h>
        #ifdef CONFIG_PREEMPT
Write `import "kernel/mm.khp";` for a file, an enum for numbers, a function for
code, and `config PREEMPT = off | on;` with an `if` for variants of the kernel.""",
    "unterminated-comment": """\
A comment that begins with /* is never closed.
        /* takes the lock
Close it with */.""",
    "unterminated-string": """\
A string is not closed on its line.
        assert(x == 1, "x is one);
Close it with a double quote.""",
}

_PUNCTUATION: dict[str, str] = {
    "syntax": """\
Something does not fit where it stands.
        x = 3 + ;        // an expression is missing after `+`
The message says what could stand there; docs/language.md has the grammar by
example.""",
    "extra-brace": """\
A `}` closes nothing.
        void f(void) { g(); } }
Take it out, or add the `{` it belongs to.""",
    "extra-bracket": """\
A `)` or `]` closes nothing, or another kind of bracket is open.
        f(x));
Take it out, or add the bracket it belongs to.""",
    "extra-semicolon": """\
A `;` stands alone between declarations.
        actor walker { walk(); };
Take it out: functions, actors, scenarios and variants end with `}`.""",
    "missing-brace": """\
A `{` is never closed.
        void f(void) { if (x) { g(); }
Add the `}`.  The place shown is where indentation and braces disagree first.""",
    "missing-bracket": """\
A `[` is never closed.
        x = table[3;
Add the `]`.""",
    "missing-parenthesis": """\
A `(` is never closed.
        if (x == f(y) {
Add the `)`.""",
    "missing-semicolon": """\
A statement or declaration does not end with `;`.
        spin_lock(&l)
        x = 1;
Add the `;` after the place shown.  A call without one is read as a block macro
over the next statement.""",
}

_EXPRESSIONS: dict[str, str] = {
    "assignment-target": """\
What stands to the left of `=` is no variable, field or element.
        if (x + 1 = y)
Write `==` to compare.""",
    "comma-operator": """\
There is no comma operator.
        for (i = 0, j = 0; i < n; i++, j++)
Write two statements; declare the second variable before the loop.""",
    "compound-literal": """\
Braces with values stand only where a variable is declared.
        p = (struct point){ 1, 2 };
Assign the fields one by one, or declare a variable with `= { ... }`.""",
    "function-pointer": """\
Only a function's name can be called.
        vma->ops->close(vma);
Call the function by its name; choose among several with `if` or `switch`.""",
    "misplaced-type": """\
A type stands where a value should.
        x = struct mm;
A cast is `(int)y`.  Names of variables do not end in _t.""",
}

_STATEMENTS: dict[str, str] = {
    "case-outside-switch": """\
A `case` or `default` is in no switch.
        void f(void) { case 1: g(); }
Put it into `switch (value) { ... }`.""",
    "else-without-if": """\
An `else` does not follow an `if`.
        if (x) a(); b(); else c();
Put braces around the statements between them.""",
    "no-case": """\
A statement in a switch stands before the first `case`, where nothing reaches it.
        switch (x) { g(); case 1: break; }
Put it before the switch or under a label.""",
    "not-assignment": """\
Something in `init` is no assignment.
        init { setup(&m); }
Write `object.field = value;`.  What calls functions belongs into an actor.""",
    "statement-outside": """\
A statement stands outside functions and actors.
        m.nr_ptes = 1;
Put it into a function or an actor, or into `init { ... }` of a scenario.""",
    "unsupported": """\
A construct of C that protocols do not have.
        volatile int x;
        static int counter;      // inside a function
The hint says what to write instead.""",
}

_DECLARATIONS: dict[str, str] = {
    "anonymous-type": """\
A struct or an enum has no name.
        enum { NONE, SOME };
Give it one: `enum amount { NONE, SOME };`.""",
    "array-parameter": """\
A parameter cannot be an array.
        void f(int values[2])
Pass a pointer: `int *values`.""",
    "bad-expect": """\
An `expect` cannot be met as it is written.
        expect refuted;               // which property?
        expect proved torn-value;     // proved takes none
Write proved, refuted P, bounded, vacuous or unknown.""",
    "bad-type": """\
Words that make no type of the language, or a type that cannot stand here.
        unsigned bool x;
        long long long y;
Write one type, such as `unsigned long` or `u64`.""",
    "bit-field": """\
There are no bit-fields.
        unsigned int locked : 1;
Use a field of its own, or masks on an integer.""",
    "field-initializer": """\
A field of a struct has a value in the struct's declaration.
        struct mm { int users = 1; };
Give the value where the object is declared: `struct mm m = { .users = 1 };`.""",
    "misplaced-item": """\
A part of a scenario or a variant stands outside of one.
        run walker, fault;
Put it into `scenario name { ... }` or `variant name in scenario { ... }`.""",
    "prototype": """\
A function is declared ahead of its definition.
        void f(int x);
Leave the line out: a function may be called before it is defined.""",
    "repeated-item": """\
Something that may stand once stands twice.
        word pmd_t { present 0x1; present 0x3; }
Leave one of them out.""",
    "reserved-word": """\
A word of the language is used as a name.
        int switch = 0;
Choose another name.""",
    "type-like-name": """\
A name that is no type ends in _t.
        int offset_t = 0;
Only names of types end in _t; so the parser knows them.  Choose another name.""",
    "typedef-name": """\
The name of a typedef or a word does not end in _t.
        typedef unsigned long offset;
Call it `offset_t`.""",
    "unknown-type": """\
A name stands where a type should, or no type of that name is declared.
        folio *f;
        struct foilo *f;
Write `struct folio *f;`, or import the file that declares it.  Names of
typedefs and words end in _t.""",
    "unnamed-parameter": """\
A parameter has no name.
        void f(int) { }
Give it one.""",
    "too-deep": """\
Something is nested too deeply: brackets 200 levels, constructs 200, `*` or `[]` of
one declarator 8.
        x = ((((((... 1 ...))))));
Give a part of it a name: a variable, a function, a struct.""",
}

CODES: dict[str, str] = {
    **ANY_NUMBER_CODES,
    **CERTIFICATE_CODES,
    **CHECK_CODES,
    **CLUSTER_CODES,
    **GIT_CODES,
    **LITMUS_CODES,
    **LOWER_CODES,
    **DRIFT_CODES,
    **EXPORT_CODES,
    **NEW_CODES,
    **WITNESS_CODES,
    **_READING,
    **_CHARACTERS,
    **_PUNCTUATION,
    **_EXPRESSIONS,
    **_STATEMENTS,
    **_DECLARATIONS,
}
"""Code -> explanation, in a few lines.  A code of both tables is explained here, for both uses."""
