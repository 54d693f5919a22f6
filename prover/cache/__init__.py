"""Verdicts that are remembered: docs/adr/0011.

Two kinds of entries, both found by what they depend on and by nothing else: the report on a whole
file (:mod:`prover.cache.whole`), which is found without a parser, and the decisions on one
scenario's obligations (:mod:`prover.cache.slices`), which outlive edits elsewhere in the file.
"""
