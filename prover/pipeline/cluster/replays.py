"""Refutations that workers claim, carried out here: what is shown was made on this machine.

A witness has what its execution was replayed from, by statements.  That is all that is taken of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsl.frozen import replace
from prover.execution.construct.program import build
from prover.execution.domains import DomainTooLarge
from prover.execution.recall.claim import recall_weak
from prover.execution.recall.outcome import Holds, Recalled, Unmapped
from prover.execution.recall.schedule import recall
from prover.execution.record import Schedule
from prover.execution.recording import saved
from prover.execution.skeleton import Skeleton
from prover.execution.weak.shorten import replay_shortened
from prover.execution.witness import Witness
from prover.graph import compile_program
from prover.graph.limits import TooLarge
from prover.models.cat import load_model
from prover.pipeline.decision import NO_MEMORY, Decision
from prover.pipeline.latest import Latest
from prover.pipeline.loaded import Loaded, kind_of
from prover.pipeline.obligations import Task
from prover.pipeline.pool import Lost, run_pool
from prover.verdict import Broken, FileReport, Refuted, Request, Unknown

SECONDS = 60.0
"""A replay may take as long, however little the question was given."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a worker ``at`` an address says of obligations that differ in the memory model only."""

    members: tuple[int, ...]
    results: tuple[Decision | Lost, ...]
    at: str

    def refutes(self) -> bool:
        """Whether there is anything to replay."""
        return any(_is_refuted(result) for result in self.results)


def _is_refuted(result: Decision | Lost) -> bool:
    return isinstance(result, Decision) and isinstance(result.verdict, Refuted)


class Replays:
    """Carries refutations out in worker processes of this machine."""

    def __init__(
        self,
        files: Sequence[Loaded | FileReport],
        jobs: Sequence[tuple[int, Task]],
        request: Request,
        workers: int,
    ) -> None:
        self._files = files
        self._jobs = jobs
        self._request = request
        self._workers = workers
        self._latest = Latest()

    def results(self, claims: Sequence[Claimed]) -> Iterator[tuple[int, Decision | Lost]]:
        """What becomes of each obligation."""
        decided = run_pool(
            lambda number: self._replayed(claims[number]),
            len(claims),
            workers=self._workers,
            seconds=max(self._request.timeout, SECONDS),
            memory=self._request.memory,
            kinds=[kind_of(self._jobs[claim.members[0]]) for claim in claims],
        )
        for number, found in decided:
            claim = claims[number]
            lost = found if isinstance(found, Lost) else None
            results = claim.results if isinstance(found, Lost) else found
            for member, result in zip(claim.members, results, strict=True):
                if lost is not None and _is_refuted(result):
                    why = f"refuted by a worker, and its replay here failed: {lost.why}"
                    yield member, Lost(why, late=lost.late)
                else:
                    yield member, result

    def _replayed(self, claim: Claimed) -> list[Decision | Lost]:
        """The results with witnesses of our own; what does not replay is broken."""
        made: dict[object, Witness | str] = {}
        found: list[Decision | Lost] = []
        for member, result in zip(claim.members, claim.results, strict=True):
            if isinstance(result, Decision) and isinstance(result.verdict, Refuted):
                found.append(self._own(member, result, result.verdict, claim.at, made))
            else:
                found.append(result)
        return found

    def _own(
        self,
        member: int,
        result: Decision,
        claimed: Refuted,
        at: str,
        made: dict[object, Witness | str],
    ) -> Decision:
        """A refutation by witnesses that were made here."""
        witnesses: list[Witness] = []
        bound = max(result.measured.bound, 1)
        for witness in (claimed.witness, *claimed.others):
            key = bound, witness.property, witness.model, witness.record, bool(witness.scenes)
            if key not in made:
                try:
                    made[key] = self._made(member, bound, witness)
                except MemoryError:
                    return replace(result, verdict=Unknown(NO_MEMORY))
                except (TooLarge, DomainTooLarge) as error:
                    made[key] = f"too large: {error}"
                except Exception as error:  # noqa: BLE001 - whatever a claim brings about
                    made[key] = f"{type(error).__name__}: {error}"
            one = made[key]
            if isinstance(one, str):
                why = f"{witness.property}, claimed by the worker at {at}, does not replay: {one}"
                return replace(result, verdict=Broken(why))
            witnesses.append(one)
        return replace(result, verdict=Refuted(witnesses[0], tuple(witnesses[1:])))

    def _made(self, member: int, bound: int, claimed: Witness) -> Witness | str:
        """The witness, carried out on this machine; why not."""
        index, task = self._jobs[member]
        file = self._files[index]
        assert isinstance(file, Loaded)
        asked = task.obligation
        program = compile_program(
            file.protocol(asked.variant),
            asked.scenario,
            dict(asked.configuration),
            bound,
            self._latest[index][0],
        )
        # An invariant is about the states of an interleaving: weaker models have none.
        weak = claimed.model != "sc"
        skeleton = build(replace(program, invariants=()) if weak else program)
        recalled = _recalled(skeleton, claimed, file)
        if not isinstance(recalled, Holds):
            where = f" `{recalled.at.text}`" if recalled.at is not None else ""
            return f"{where} {recalled.why}".strip() if where else recalled.why
        found = recalled.witness
        if found.property != claimed.property or found.model != claimed.model:
            return f"it shows {found.property} under {found.model}"
        if not claimed.scenes:
            # It is not to be shown, here or there.
            found = replace(found, scenes=(), edges=(), because=())
        return found


def _recalled(skeleton: Skeleton, claimed: Witness, file: Loaded) -> Recalled:
    """What becomes of an execution on this machine."""
    sources = file.sources
    assert claimed.record is not None
    execution = saved(claimed.record, sources)
    if isinstance(execution, Schedule):
        if claimed.model != "sc":
            return Unmapped("an interleaving is of sc", None)
        return recall(skeleton, execution, claimed.property, sources)
    if claimed.model == "sc":
        return Unmapped("an interleaving has no claims", None)
    model = load_model(claimed.model)
    whole = recall_weak(skeleton, execution, claimed.property, model, sources)
    if isinstance(whole, Holds) and len(whole.witness.schedule) > len(claimed.schedule):
        # Shown are the fewest steps that do, as the worker shows them.
        return recall_weak(skeleton, execution, claimed.property, model, sources, replay_shortened)
    return whole
