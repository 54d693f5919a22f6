"""The sentences of an invariant."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.source import Source
from prover.parametric.certificate.table import Table
from prover.parametric.machine import Compiled
from prover.parametric.said import Sentence
from prover.why.invariant.about_others import awaited, beside, locks
from prover.why.invariant.about_shared import wheres, whiles
from prover.why.invariant.gather import gathered
from prover.why.invariant.phases import phases, storing
from prover.why.invariant.places import actors
from prover.why.invariant.reader import Reader, against
from prover.why.invariant.values import Values


def read(system: Compiled, table: Table, sources: Mapping[str, Source]) -> tuple[Sentence, ...]:
    """The sentences, those that exclude most first; each is true of every view of the table."""
    together = gathered(system, table)
    known = actors(system, together.there, sources)
    stores = storing(system, together)
    reader = Reader(
        system,
        together,
        known,
        {name: phases(system, actor, stores) for name, actor in known.items()},
        Values(system),
        against(system, together.there),
    )
    found = [
        *locks(reader),
        *beside(reader),
        *awaited(reader),
        *whiles(reader),
        *wheres(reader),
    ]
    order = sorted(range(len(found)), key=lambda n: (-found[n][0], n))
    return tuple(dict.fromkeys(found[n][1] for n in order))
