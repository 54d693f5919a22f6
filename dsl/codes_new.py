"""What diagnostics of ``prove new`` mean, with an example and a remedy."""

from __future__ import annotations

NEW_CODES: dict[str, str] = {
    "new-many": """\
`prove new` is asked for more functions than it takes at once.
        prove new mm/memory.c f1 f2 f3 f4 f5 f6 f7 f8 f9
Each function is an actor beside the others: name those that share what is at stake.""",
    "new-no-function": """\
The C file does not define the function that `prove new` is asked for.
        prove new mm/memory.c do_wp_pgae
Name a function that has its body in this file.  What a macro defines (SYSCALL_DEFINE3)
is not found: paste it into a file of its own with an ordinary head.""",
    "new-output": """\
The file that `prove new` is to write is there already, or cannot be written.
        prove new mm/memory.c do_wp_page -o wp.khp      (twice)
Name another file, or delete this one: what has been filled in is not overwritten.""",
    "new-twice": """\
`prove new` is asked for one function twice.
        prove new mm/memory.c do_wp_page do_wp_page
Name it once: with no other function it is run beside itself.""",
    "new-unbalanced": """\
The brackets of a C function do not match where one branch of each `#if` is taken.
        #ifdef CONFIG_SMP
                if (x) {
        #endif
Only the first branch of `#if ... #else` is read.  Make each branch whole, or take the
directives out.""",
}
"""Code -> explanation, of what only :mod:`dsl.paste` reports."""
