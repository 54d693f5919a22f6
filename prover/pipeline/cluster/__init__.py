"""Obligations decided on other machines: ``prove --cluster`` (docs/adr/0014).

The command itself never talks to the cluster.  A process of its own does (:mod:`client`), for the
threads of a cluster's library and forked workers do not go together; what passes between the two,
and between machines, is text.
"""
