"""Protocols as text, explored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.interpreter import Exploration, Machine, build_machine, explore
from dsl.protocol import Protocol


def protocol(text: str, variant: str = "") -> Protocol:
    """The checked text; a scenario ``s`` that runs every actor is added if there is none."""
    if not re.search(r"\bscenario \w+ {", text):
        actors = re.findall(r"\bactor (\w+) {", text)
        text += f"\nscenario s {{ run {', '.join(actors)}; }}\n"
    return check(load_text("t.khp", f"models sc;\n{text}", None, ()), variant)


@dataclass(frozen=True)
class Lab:
    """What the tests ask of a protocol."""

    def explore(
        self,
        text: str,
        configuration: Mapping[str, str] | None = None,
        *,
        variant: str = "",
        loop_bound: int | None = None,
        max_states: int = 200_000,
    ) -> Exploration:
        return explore(
            protocol(text, variant),
            "s",
            configuration or {},
            loop_bound=loop_bound,
            max_states=max_states,
        )

    def kinds(self, text: str, configuration: Mapping[str, str] | None = None) -> set[str]:
        """The properties violated; the exploration must be complete."""
        found = self.explore(text, configuration)
        assert found.complete
        return set(found.violations)

    def finals(self, text: str, *names: str, **options: int) -> set[tuple[str, ...]]:
        """The values of the named places at the ends of all runs."""
        found = self.explore(text, None, loop_bound=options.get("loop_bound"))
        return {tuple(dict(o.places)[name] for name in names) for o in found.outcomes}

    def statuses(self, text: str) -> set[tuple[str, ...]]:
        """The statuses of the actors, by name, at the ends of all runs."""
        found = self.explore(text)
        return {tuple(status for _, status in o.actors) for o in found.outcomes}

    def machine(self, text: str) -> Machine:
        return build_machine(protocol(text), "s", {})


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def checked() -> Callable[[str], Protocol]:
    return protocol
