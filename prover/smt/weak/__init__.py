"""Constraints of the weak memory models: positions in place of interleavings."""
