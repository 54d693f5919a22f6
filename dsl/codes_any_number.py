"""What diagnostics mean that come of scenarios of any number of actors: ``run walker *; forever;``.

What such a scenario cannot ask is among the codes of the checker (``any-number``).
"""

from __future__ import annotations

ANY_NUMBER_CODES: dict[str, str] = {
    "any-number-unsupported": """\
A scenario of any number of actors does what proofs for any number do not cover yet.
        idx = srcu_read_lock(&ss);     (with `run reader *;` and `forever;`)
The place shown is where it does.  Run numbers of actors instead (`run reader * 2, writer;`), or
leave that out of the actors of this scenario.""",
    "infinite-state": """\
A variable takes more values than a proof for any number of actors could list.
        actor walker { count = count + 1; }     (with `run walker *; forever;`)
The message names it.  A count of those who are somewhere has no end where anybody may be there:
say what is meant with locks, a refcount or a flag; let a sequence number be of a small type
(`u8`), or take it modulo something.""",
    "no-certificate": """\
`--emit certificate=PATH` is given, and nothing is proved for any number of actors.
        prove FILE --emit certificate=c.json     (with no `run walker *;` or `forever;` in it)
A certificate is of a proof for any number; `--certify` is about the others.""",
    "several-certificates": """\
`--emit certificate=PATH` is given, and several obligations are proved for any number of actors.
        prove FILE --emit certificate=c.json     (with a config of two values)
A certificate is of one.  Select it with --scenario, --variant and --config.""",
    "needs-numbers": """\
What is asked can be said of scenarios with numbers of actors only.
        prove why FILE --scenario walkers     (with `run walker *;` or `forever;` in it)
Such a scenario is proved as a whole, by `prove FILE`; what this command shows is made from
executions of so many actors.  Ask it of a scenario that says how many there are.""",
}
