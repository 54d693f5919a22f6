"""Certificates of proofs for any number of actors, and the two that check them.

::

    Invariant --tabled--> Table --written--> document (local states, values, regions by key)
    document --read--> Certificate --bound (System built anew)--> Table --check--> Wrong | None
                                                                   `--questions--> SMT-LIB texts

A proof that is being made may be a ``Folded`` in place of a table: one shared state for all that
it is with objects exchanged.

Nothing here shares code with the search.  docs/soundness.md, "Any number of actors", has the lemma
that is checked.
"""
