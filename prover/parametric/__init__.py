"""Proofs for any number of actors, under sequential consistency.

A scenario with ``run walker *`` becomes a :class:`~prover.parametric.system.System`: shared
variables, local states, and rules that lead from one to the next.  View abstraction (Abdulla,
Haziza, Holik: "All for the Price of Few", VMCAI 2013; "Parameterized verification through view
abstraction", STTT 2016) computes what any k of its actors can be at together; where nothing goes
wrong in that, nothing goes wrong with any number of actors, and what was computed is the
certificate.
"""
