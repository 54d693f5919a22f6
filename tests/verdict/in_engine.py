"""How a bug is planted in the engine, and the case that is to notice."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from tests.differential.planted import Planted


@dataclass(frozen=True, slots=True)
class InEngine:
    """In ``function`` of ``where`` the text ``old`` becomes ``new``; ``case`` is to notice."""

    group: str
    name: str
    where: ModuleType | type
    function: str
    old: str
    new: str
    case: str

    @property
    def planted(self) -> Planted:
        """How it is put into the engine."""
        return Planted(self.name, self.where, self.function, self.old, self.new)
