"""What diagnostics mean that come after checking: of lowering, and of what a command selects."""

from __future__ import annotations

LOWER_CODES: dict[str, str] = {
    "address-of-half": """\
The address of a half of a word is used as a value.
        f(&pmd.low);
Give it to an access primitive, as in READ_ONCE(pmd.low), or pass the whole word's address.""",
    "address-of-local": """\
The address of a local is used otherwise than as an argument of a function.
        x = &local;
Locals have no place in memory: pass the address to a function, or declare an object.""",
    "half-of-whole-word": """\
A half of a word is stored where the word is one location in this configuration.
        pmd.low = 1;
Assign the whole word, or do this only where the word is split: if (PAE == on) ...""",
    "recursive-callback": """\
A callback queues itself again, or an IPI's handler sends itself, without end.
        static void again(struct rcu_head *h) { call_rcu(h, again); }
Executions are finite here: queue another function, or leave the second round out.""",
    "rmw-of-half": """\
An atomic operation updates a half of a word.
        xchg(&pmd.low, 0);
Update the whole word, or write the two steps out as READ_ONCE() and WRITE_ONCE().""",
    "transition-holding-load": """\
The lock that an edge of a transition needs is found by reading memory.
        none -> table holding o.next->lock;
Name it from an object, or from `before`.""",
    "no-witness": """\
A witness or a picture of one is asked for, and nothing that is selected is refuted.
        prove --format svg FILE      (all of it is proved)
`prove FILE` prints what was found out.""",
    "nothing-selected": """\
There is no scenario to prove: the file has none, or none with this selection.
        prove --scenario one --variant of_two FILE
A variant runs only in the scenarios that its header names; `prove list FILE` shows them.""",
    "several-witnesses": """\
A picture, a document or a litmus test is of one witness, and more of them are selected.
        prove --format svg FILE
Select one with --scenario, --variant, --config and --model; --format mermaid and dot draw all.""",
    "unknown-selection": """\
The command line names something that the file does not have.
        prove --scenario no_such_scenario FILE
`prove list FILE` shows scenarios, variants and configs; `prove needs FILE` numbers changes.""",
}
"""Code -> explanation, of what no other table has."""
