"""Protocols written in the languages of other tools."""
