"""Variants of one scenario as one program: each variant is a switch that is on."""
