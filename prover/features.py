"""What only makes proving faster, and can be switched off: to be measured, or distrusted."""

from __future__ import annotations

from typing import Literal, TypeAlias

Feature: TypeAlias = Literal[
    "order",
    "rehearsal",
    "reached",
    "kept",
    "models",
    "together",
    "apart",
    "variants",
    "level",
    "places",
    "bounds",
    "symmetry",
    "slots",
]
"""The name of one."""

FEATURES: dict[Feature, str] = {
    "order": "program order says what reads cannot see and accesses cannot find freed",
    "rehearsal": "a few plain executions show what can be reached",
    "reached": "which asserts a refutation reaches is asked where no proof reaches them",
    "kept": "graphs, and what is known of a program, are kept from variant to variant",
    "models": "obligations that differ in the memory model share their work, the weakest first",
    "together": "whether anything can fail is asked before what can",
    "variants": "the variants of a scenario are asked about in one program, under switches",
    "apart": "positions that must differ are told apart only where an answer has them level",
    "level": "an answer that has positions level is replayed before they are told apart",
    "symmetry": "actors that are alike are asked about in one order",
    "slots": "for any number of actors, one shared state stands for all with slots exchanged",
    "places": "two handlers of one host take no clause for every two places in the merged program",
    "bounds": "which violation is the first takes no literal for every two in the merged program",
}
"""Every feature, with what it does."""
