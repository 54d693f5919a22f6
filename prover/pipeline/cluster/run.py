"""Obligations given to a cluster, and what comes of them.

A question is a family: the variants of a scenario in one configuration.  What is lost with its
worker once too often is asked again in parts, by variant; what is lost by itself is decided here.
So whatever becomes of the workers, there is an end to it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from prover.cache.codec import Damaged
from prover.pipeline.board import Board
from prover.pipeline.cluster.address import trouble
from prover.pipeline.cluster.checked import answer_of, results_of
from prover.pipeline.cluster.ferry import Ferry, ferry
from prover.pipeline.cluster.forms import own, question
from prover.pipeline.cluster.replays import Claimed, Replays
from prover.pipeline.decision import Decision
from prover.pipeline.loaded import Loaded, family_of
from prover.verdict import Broken, FileReport, Measured, Request

TRIES = 2
"""So often a variant is asked by itself; each time the scheduler tries several workers."""

NO_PROVE = ("ModuleNotFoundError", "ImportError", "AttributeError")
"""What a worker raises that does not have the function it is to run."""

AT_ONCE = 32
"""So many claims wait at most before they are replayed."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is asked in one question: groups of obligations; how often a variant was, by itself."""

    groups: tuple[tuple[int, ...], ...]
    tries: int = 1

    def members(self) -> tuple[int, ...]:
        """All obligations, in order."""
        return tuple(member for group in self.groups for member in group)

    def parts(self) -> list[Piece]:
        """What to ask when it was lost; nothing where that was often enough."""
        if len(self.groups) > 1:
            return [Piece((group,)) for group in self.groups]
        return [Piece(self.groups, self.tries + 1)] if self.tries < TRIES else []


def decide_there(
    files: Sequence[Loaded | FileReport],
    groups: Sequence[Sequence[int]],
    board: Board,
    request: Request,
) -> list[tuple[int, ...]]:
    """Has a cluster decide groups of obligations; those that are to be decided here.

    Raises DiagnosticError where the cluster cannot be used.
    """
    families: dict[object, list[tuple[int, ...]]] = {}
    for group in groups:
        families.setdefault(family_of(board.jobs[group[0]]), []).append(tuple(group))
    with ferry(request.cluster) as boat:
        boat.connect()
        run = _Run(files, board, request, boat)
        for family in families.values():
            run.ask(Piece(tuple(family)))
        run.finish()
    return run.here


class _Run:
    """What is asked, by number; what was claimed and is to be replayed; what is to be done here."""

    def __init__(
        self, files: Sequence[Loaded | FileReport], board: Board, request: Request, boat: Ferry
    ) -> None:
        self._files = files
        self._board = board
        self._request = request
        self._boat = boat
        self._asked: dict[int, Piece] = {}
        self._count = 0
        self._claims: deque[Claimed] = deque()
        self._replays = Replays(files, board.jobs, request, request.jobs or os.cpu_count() or 1)
        self.here: list[tuple[int, ...]] = []

    def ask(self, piece: Piece) -> None:
        """Sends a question."""
        index, _ = self._board.jobs[piece.groups[0][0]]
        file = self._file(index)
        tasks = [[self._board.jobs[member][1] for member in group] for group in piece.groups]
        self._count += 1
        self._asked[self._count] = piece
        self._boat.ask(self._count, question(file.program, tasks, self._request))

    def finish(self) -> None:
        """Takes answers in until all is settled."""
        while self._asked or self._claims:
            said = self._boat.hear(0.0 if self._claims else 1.0) if self._asked else None
            if said is not None:
                piece = self._asked.pop(said["id"], None)
                if piece is not None:
                    self._take(piece, said)
            if self._claims and (said is None or len(self._claims) >= AT_ONCE):
                claims = list(self._claims)
                self._claims.clear()
                for member, result in self._replays.results(claims):
                    self._board.settle(member, result)

    def _take(self, piece: Piece, said: dict[str, str]) -> None:
        """What came of a question."""
        if any(each in said.get("failed", "") for each in NO_PROVE):
            hint = "install the same prove, with its extra `cluster`, on every machine"
            message = f"a worker cannot run prove: {' '.join(said['failed'].split())[:200]}"
            raise trouble("cluster-version", message, hint)
        text = said.get("text", "")
        if not text:
            self._again(piece)
            return
        try:
            self._answered(piece, text)
        except Damaged as error:
            self._settle(piece, f"the answer of a worker is none: {error}")

    def _answered(self, piece: Piece, text: str) -> None:
        """What a worker says.  Raises Damaged."""
        answer = answer_of(text)
        if answer.died:
            self._again(piece)
            return
        if answer.versions != own():
            raise trouble(
                "cluster-version",
                f"the worker at {_shown(answer.at)} has another prove: "
                f"{_differences(answer.versions)}",
                "install the same prove, z3-solver and Python on every machine",
            )
        if answer.failed:
            self._settle(piece, f"the worker at {_shown(answer.at)}: {_shown(answer.failed)}")
            return
        members = piece.members()
        jobs = self._board.jobs
        sources = self._file(jobs[members[0]][0]).sources
        tasks = [jobs[member][1] for member in members]
        results = dict(
            zip(members, results_of(answer.found, tasks, sources, self._request), strict=True)
        )
        wrong = {m for m, told in zip(members, answer.found, strict=True) if told.wrong}
        for group in piece.groups:
            if wrong.intersection(group):
                # Where the author is wrong is said where the file is.
                self.here.append(group)
                continue
            found = tuple(results[member] for member in group)
            claim = Claimed(group, found, _shown(answer.at))
            if claim.refutes():
                self._claims.append(claim)
            else:
                for member, result in zip(group, found, strict=True):
                    self._board.settle(member, result)

    def _again(self, piece: Piece) -> None:
        """Asks again for what was lost, in parts, or leaves it to this machine."""
        parts = piece.parts()
        for part in parts:
            self.ask(part)
        if not parts:
            self.here.extend(piece.groups)

    def _settle(self, piece: Piece, why: str) -> None:
        """Nothing that can be used came of a question."""
        for member in piece.members():
            self._board.settle(member, Decision(Broken(why), Measured()))

    def _file(self, index: int) -> Loaded:
        file = self._files[index]
        assert isinstance(file, Loaded)
        return file


def _differences(theirs: dict[str, str]) -> str:
    """How versions differ."""
    ours = own()
    names = [name for name in sorted({*ours, *theirs}) if ours.get(name) != theirs.get(name)]
    return ", ".join(
        f"{_shown(name)} {_shown(theirs.get(name, 'unknown'))}, not {ours.get(name, 'unknown')}"
        for name in names
    )


def _shown(text: str) -> str:
    """What a worker says of itself, fit to be shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:200]
