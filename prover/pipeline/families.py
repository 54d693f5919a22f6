"""Which variants are decided in one program, and that program, in one worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dsl.check.notes import Notes
from dsl.diagnostic import DiagnosticError
from dsl.frozen import replace
from dsl.protocol import Expect, Protocol
from prover.graph.kept import Kept
from prover.kin.family import Kin, kin
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.obligations import Task, with_stronger
from prover.pipeline.shared import Shared, share

MOST_KIN = 16
"""So many protocols put together are kept; the oldest goes first."""


@dataclass(slots=True)
class _Together:
    """Protocols that were put together: of a scenario they are the same in all configurations.

    The parts are kept with what was made of them: as long as they are, their identity is theirs.
    """

    made: dict[object, tuple[tuple[Protocol, ...], Kin]] = field(
        default_factory=dict[object, tuple[tuple[Protocol, ...], Kin]]
    )

    def of(self, base: Protocol, variants: Mapping[str, Protocol], notes: Notes) -> Kin:
        """The protocol with the variants under switches; ``notes`` are those of the file."""
        key = (id(base), *((name, id(variant)) for name, variant in variants.items()))
        if key not in self.made:
            if len(self.made) == MOST_KIN:
                del self.made[next(iter(self.made))]
            self.made[key] = (base, *variants.values()), kin(base, variants, notes)
        return self.made[key][1]


@dataclass(slots=True)
class Families:
    """The last family of one worker: one scenario's variants in one configuration.

    Only the worker that comes to the first of a family puts it together: another one that helps
    out later has less to gain than that takes.
    """

    key: object = None
    shared: Shared | None = None
    _together: _Together = field(default_factory=_Together)

    def of(
        self,
        key: object,
        tasks: Sequence[Task],
        protocols: Callable[[str], Protocol],
        limits: Limits,
        kept: Kept | None,
        notes: Notes,
        *,
        first: bool,
    ) -> Shared | None:
        """The program of a family's ``tasks``; ``protocols`` gives the protocol of a variant.

        ``notes`` are what was noted of the file's functions.
        """
        if key != self.key:
            # The memory of the last is given back before the next is put together.
            self.key, self.shared = key, None
            self.shared = self._put(tasks, protocols, limits, kept, notes) if first else None
        return self.shared

    def _put(
        self,
        tasks: Sequence[Task],
        protocols: Callable[[str], Protocol],
        limits: Limits,
        kept: Kept | None,
        notes: Notes,
    ) -> Shared | None:
        """The program of all variants, None where one only is asked about, or a claim about states.

        An invariant is about every state of an interleaving, which no weak model has.
        """
        asked = dict.fromkeys(task.obligation.variant for task in tasks)
        if len(asked) == 1:
            return None
        base = protocols("")
        scenario = base.scenarios[tasks[0].obligation.scenario]
        variants: dict[str, Protocol] = {}
        for name in asked:
            try:
                variants[name] = protocols(name)
            except DiagnosticError:
                continue
        variants.pop("", None)
        if not variants or base.invariants or scenario.invariants:
            return None
        expected: dict[str, dict[str, Expect | None]] = {"": {}}
        for task in tasks:
            own = expected.setdefault(task.obligation.variant, {})
            own[task.obligation.model] = task.expected
        for name, own in expected.items():
            about = replace(tasks[0].obligation, variant=name)
            expected[name] = with_stronger(variants.get(name, base), about, own)
        together = self._together.of(base, variants, notes)
        if not together.switches:
            return None
        configuration = dict(tasks[0].obligation.configuration)
        return share(together, scenario.name, configuration, expected, limits, kept, notes, Clock())
