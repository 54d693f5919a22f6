"""What diagnostics of ``prove export`` mean, with an example and a remedy."""

from __future__ import annotations

EXPORT_CODES: dict[str, str] = {
    "not-exportable": """\
A construct of a protocol that litmus tests do not have, or that means something else there.
        mutex_lock(&m);   free(p);   local_irq_disable();
Litmus tests have accesses, atomic operations, fences, spinlocks and RCU readers.
The hint says what to use; `prove` itself needs no change.""",
    "export-loop": """\
A loop to be exported as a litmus test can go round again and again.
        while (READ_ONCE(x) == 0) { }
Litmus tests have no loops: write the rounds out, or give the loop constant bounds.""",
    "export-pointer": """\
A pointer to be exported as a litmus test leads to no single location.
        struct pair { int a; int b; } one;  struct pair *p = &one;
Litmus tests have pointers to scalars only: point to the field, or to a struct of one.""",
    "export-value": """\
A value, or a comparison, that litmus tests do not have.
        final x < 2;   pmd = table(&A);
Their values are whole numbers and addresses; their question compares by == and != with
constants.""",
    "export-question": """\
A scenario to be exported as a litmus test has no assert() and no final condition.
        scenario s { run a, b; }
Add one: a litmus test asks whether it can fail.  Other properties, such as deadlocks,
are not exported.""",
}
"""Code -> explanation, of what only :mod:`prover.export` reports."""
