"""The explicit enumerator: an oracle that shares no encoding with the solver."""
