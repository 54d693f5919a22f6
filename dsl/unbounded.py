"""Scenarios of any number of actors, or of rounds, where numbers are needed."""

from __future__ import annotations

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.protocol import Scenario


def needs_numbers(scenario: Scenario) -> None:
    """Raises DiagnosticError for a scenario of any number of actors, or for ever."""
    if scenario.unbounded:
        why = "any number of actors" if scenario.many else "actors that begin again for ever"
        message = f"scenario `{scenario.name}` runs {why}: this needs numbers"
        hint = "ask it of a scenario that runs so many actors, without `forever`"
        primary = Label(scenario.span, "proved by `prove FILE`, as a whole")
        raise DiagnosticError((Diagnostic("needs-numbers", message, primary, (), hint),))
