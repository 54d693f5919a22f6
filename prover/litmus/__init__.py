"""Litmus tests: whether a final state can be, under a memory model."""
