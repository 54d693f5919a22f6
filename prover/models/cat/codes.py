"""What the codes of diagnostics about memory models mean, a few lines each.

What is wrong with a file as such (``file-not-found``, ``not-utf8``, ``too-large``, ...) has the
codes of :mod:`dsl.codes`.
"""

from __future__ import annotations

CAT_CODES: dict[str, str] = {
    "model-arguments": """\
A function of a memory model has too few or too many arguments.
        let f(a, b) = a ; b        let g = f(po)
Give as many as it has parameters.""",
    "model-character": """\
A character means nothing in a memory model.
        let a = po $ rf
Delete it.  Names are of letters, digits, `-`, `_` and `.`.""",
    "model-comment": """\
A comment of a memory model is never closed; comments may hold comments.
        (* fences (* and locks *)
Close it with `*)`.""",
    "model-include": """\
An include of a memory model names no file, or one outside the model's folder, or a file
that includes itself.
        include "../fences.cat"
Files are looked for beside the including one, then among the models that come with the
tool.""",
    "model-name": """\
Nothing of this name is known to the memory model where it stands.
        let a = b ; po             let b = rf
Correct the spelling, or put the definition before its use.  Sets of tagged events exist
for the tags of an `enum`: 'once gives Once.""",
    "model-recursion": """\
A `let rec` that has no meaning here: a recursive function, or one inside another.
        let rec f(x) = f(x) | po
Define relations or sets, at most 50 together.""",
    "model-string": """\
A string of a memory model is never closed.
        include "lock.cat
Close it with a double quote.""",
    "model-syntax": """\
Something in a memory model does not fit where it stands.
        let a = | po
The message says what could stand there; docs/models.md has the language.""",
    "model-tag": """\
A macro gives an event a tag that the memory model does not list: it would order nothing.
        READ_ONCE(X) __load{ONCE}(X)        (a model that has only 'once)
Put the macros that go with a model beside it, in a .def file of the same name.""",
    "model-too-large": """\
A memory model is larger than its limit: words and marks (50000), nesting (100), steps of
its functions, a term with functions in place, included files (100).
        let f(x) = x ; x           let g = f(f(f(f(f(f(f(f(f(f(f(f(f(f(po))))))))))))))
The message names the limit.  Give parts a name with `let`.""",
    "model-twice": """\
A name is given twice: by one `let`, to two parameters, or to `xb`, which is defined once.
        let a = po and a = rf
Name one of them otherwise.""",
    "model-type": """\
A set stands where a relation is needed, or the other way round.
        let a = po ; W
Write [W] for the events of W each with itself, domain(r) and range(r) for the ends of r.""",
    "model-unsupported": """\
A construct of cat that is not supported.
        procedure total(r) = ... end
Procedures, matching, anonymous functions and generated relations (`with x from e`) are
left out: relations are defined by `let`, the engine makes rf and co.""",
}
"""Code -> explanation."""
