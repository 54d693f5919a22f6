"""What diagnostics of litmus tests alone mean, with an example and a remedy."""

from __future__ import annotations

LITMUS_CODES: dict[str, str] = {
    "litmus-header": """\
A litmus test does not begin with its language and its name.
        AArch64 MP+dmb+addr
Write `C name` on the first line.  Only tests in C are read.""",
    "macro-recursion": """\
A macro of the memory model leads to itself.
        READ_TWICE(X) READ_TWICE(X)
Define it without itself.""",
    "no-value": """\
The value of something that has none is used in a litmus test.
        r0 = smp_mb();
Write the call as a statement of its own.""",
    "not-a-pointer": """\
A parameter of a process is no pointer.
        P0(int x) { ... }
Parameters are addresses of shared locations: `int *x`.""",
    "not-in-litmus": """\
A construct of C, or of herd7, that the litmus tests read here do not have.
        while (READ_ONCE(*x) == 0) { }
        int a[2];
Loops, jumps, functions, arrays, fields and `r0 += 1` are written out: each location
and each round by itself.""",
    "octal-number": """\
A number begins with 0: C reads it as octal, herd7 as decimal.
        r0 = 010;
Leave out the zeros, or write it as 0x...""",
    "process-number": """\
The processes are not P0, P1, ... each once, or one is named that is not there.
        P0(int *x) { ... }  P2(int *x) { ... }
        exists (7:r0=1)
Number them without gaps; `0:r1` is register r1 of P0.""",
    "unknown-primitive": """\
A litmus test calls what the memory model has no macro for.
        spin_unlock_wait(s);
Correct the spelling, write it out in primitives that are there, or add a macro.""",
}
"""Code -> explanation, of what only :mod:`dsl.litmus` reports."""
