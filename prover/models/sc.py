"""Sequential consistency.

"The result of any execution is the same as if the operations of all the processors were
executed in some sequential order, and the operations of each individual processor appear in
this sequence in the order specified by its program": L. Lamport, "How to make a multiprocessor
computer that correctly executes multiprocess programs", IEEE Trans. Computers 28(9), 1979.  As
one acyclicity axiom over po, rf, co and fr: J. Alglave, L. Maranget, M. Tautschnig, "Herding
cats", ACM TOPLAS 36(2), 2014, section 4.8.
"""

from __future__ import annotations

from prover.models.algebra import ACYCLIC, Axiom, Base, MemoryModel, union

PO = Base("po")
"""Program order: the order in which one actor's instructions stand on the path it takes;
each processor's operations take effect in it (Lamport 1979).
"""

RF = Base("rf")
"""Reads-from: each write with the reads that obtain their value from it (TOPLAS 2014, 3.1)."""

CO = Base("co")
"""Coherence: a total order of the writes to each location, the order in which they reach
memory (TOPLAS 2014, 3.1).
"""

FR = Base("fr")
"""From-reads: each read with the writes that come in co after the one it reads from, since
it did not see them: ``rf^-1 ; co`` (TOPLAS 2014, 3.1).
"""

IN_ORDER = union(PO, RF, CO, FR)
"""What Lamport's one sequence has to respect."""

SC = MemoryModel(
    name="sc",
    definitions=(),
    axioms=(Axiom("sequential-consistency", ACYCLIC, IN_ORDER),),
    xb=IN_ORDER,
)
"""Sequential consistency; an event executes before another where that sequence has it so."""
