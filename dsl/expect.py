"""What an author expects: the part of :mod:`dsl.protocol` that verdicts are told with.

Apart from the rest, so that remembered verdicts are read without it.
"""

from __future__ import annotations

from collections.abc import Mapping

from dsl.frozen import Frozen
from dsl.source import Span


class Condition(Frozen, frozen=True):
    """A ``when`` clause: an OR of ANDs of ``config == value``.

    ``clauses`` holds, per alternative, pairs (config name, value name).  ``((),)`` is always
    true, ``()`` never.
    """

    clauses: tuple[tuple[tuple[str, str], ...], ...]

    def holds(self, configuration: Mapping[str, str]) -> bool:
        """Whether ``configuration`` (config name -> value name) satisfies it."""
        return any(
            all(configuration[name] == value for name, value in clause) for clause in self.clauses
        )


ALWAYS = Condition(((),))


class Expect(Frozen, frozen=True):
    """What the author expects of the obligations it matches.

    ``properties`` must each be found, ``allowing`` may be; ``models`` empty means every model.
    """

    verdict: str
    properties: tuple[str, ...]
    allowing: tuple[str, ...]
    when: Condition
    models: tuple[str, ...]
    span: Span
