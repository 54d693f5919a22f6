"""A saved witness replayed against the protocol as it is today."""
