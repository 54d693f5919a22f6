"""A second opinion: every answer that proofs rest on, asked of another solver.

Each question goes to it by itself, in a worker process with the limits of an obligation.  Where it
says the same the proof is certified; where it does not answer the proof stands, not certified; and
where it says the opposite one of the two solvers is wrong, and the verdict is none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from dsl.frozen import Frozen
from prover.cache.fingerprint import fingerprint
from prover.cache.store import Store
from prover.pipeline.again import run_twice
from prover.pipeline.decision import Decision
from prover.pipeline.pool import Lost
from prover.smt.reply import GaveUp, Reply, Sat, Unsat
from prover.verdict import Bounded, Broken, Certificate, Progress, Proved, Refuted, Request

Opinions = Mapping[str, str]
"""By the sum of a question ``sat``, ``unsat``, or in words why there is no answer."""

ANSWERS = ("sat", "unsat")


class Second(Frozen, frozen=True):
    """A second solver: its name and version, and how it is asked a script within seconds.

    ``first`` is the name of the solver that it is compared with; questions on which the two
    disagree are kept below the folder ``keep``.
    """

    name: str
    ask: Callable[[str, float], Reply]
    first: str
    keep: Path


@contextmanager
def claims_folder(second: Second | None) -> Generator[Path | None]:
    """A folder for one run's questions; none where nobody is asked, or none can be made."""
    try:
        made = None if second is None else tempfile.TemporaryDirectory(prefix="prove-")
    except OSError:
        made = None
    if made is None:
        yield None
        return
    try:
        yield Path(made.name)
    finally:
        with suppress(OSError):
            made.cleanup()


class Rests(Frozen, frozen=True):
    """The answers that a decision rests on; ``whole``: it is known that these are all."""

    claims: tuple[str, ...] = ()
    whole: bool = True


def relied_on(decisions: Sequence[Decision | Lost], files: Sequence[int]) -> list[Rests]:
    """What each decision rests on; ``files`` are the files that they are of.

    What one obligation does not reach another one of its file has to: then the answer that it does
    counts for both.
    """
    elsewhere: dict[int, dict[str, None]] = {}
    gone: set[int] = set()
    for file, decision in zip(files, decisions, strict=True):
        if not isinstance(decision, Lost):
            elsewhere.setdefault(file, {}).update(dict.fromkeys(decision.reaching or ()))
            gone |= {file} if decision.reaching is None else set()
    found: list[Rests] = []
    for file, decision in zip(files, decisions, strict=True):
        if isinstance(decision, Lost) or not isinstance(decision.verdict, Proved | Bounded):
            found.append(Rests())
            continue
        leans = bool(decision.unreached or decision.unmarked)
        others = elsewhere[file] if leans else ()
        parts = (*(decision.grounds or ()), *(decision.reaching or ()), *others)
        whole = None not in (decision.grounds, decision.reaching) and not (leans and file in gone)
        found.append(Rests(tuple(dict.fromkeys(parts)), whole))
    return found


def opinions(
    second: Second,
    folder: Path | None,
    claims: Iterable[str],
    request: Request,
    store: Store | None,
    on_progress: Callable[[Progress], None],
) -> Opinions:
    """What the second solver says to the questions of ``claims``, the longest first."""
    if folder is None:
        return {}
    names = {_question(claim) for claim in claims}
    sums = sorted(names, key=lambda name: (-(folder / name).stat().st_size, name))
    keys = {name: _key(second, name) for name in sums}
    stored = {} if store is None else store.get(keys.values())
    known = {name: stored.get(key, b"").decode("ascii", "replace") for name, key in keys.items()}
    found = {name: answer for name, answer in known.items() if answer in ANSWERS}
    asked = [name for name in sums if name not in found]

    def job(number: int) -> str:
        script = (folder / asked[number]).read_text(encoding="utf-8")
        return _in_words(second.ask(script, request.timeout))

    results = run_twice(
        job,
        len(asked),
        workers=request.jobs or os.cpu_count() or 1,
        seconds=request.timeout,
        memory=request.memory,
    )
    for number, result in results:
        answer = result.why if isinstance(result, Lost) else result
        found[asked[number]] = answer
        on_progress(Progress(len(found), len(sums), f"{second.name} on {asked[number][:12]}"))
    if store is not None:
        store.put({keys[name]: found[name].encode() for name in asked if found[name] in ANSWERS})
    return found


def _key(second: Second, name: str) -> bytes:
    """What an answer is remembered by: the question itself, who answered, and this program."""
    return hashlib.sha256(f"certify {fingerprint()} {second.name} {name}".encode()).digest()


def _in_words(reply: Reply) -> str:
    match reply:
        case Sat():
            return "sat"
        case Unsat():
            return "unsat"
        case GaveUp(reason=reason):
            # Never one of the answers, whatever a solver says of itself.
            return f"{reason or 'no reason given'}".strip() + ("." if reason in ANSWERS else "")
        case _:
            assert_never(reply)


def certified(
    second: Second,
    folder: Path | None,
    decisions: Sequence[Decision | Lost],
    rests: Sequence[Rests],
    said: Opinions,
) -> list[tuple[Decision | Lost, Certificate]]:
    """Every decision, with what it rests on in ``rests``, as it stands now, and its certificate."""
    judge = _Judge(second, folder, said)
    return [
        (decision, Certificate("no claim", second.name))
        if isinstance(decision, Lost)
        else judge.of(decision, each)
        for decision, each in zip(decisions, rests, strict=True)
    ]


def _question(claim: str) -> str:
    return claim.partition("-")[0]


@dataclass(slots=True)
class _Judge:
    """Compares the answers of two solvers; ``kept`` are the folders of those that differ."""

    second: Second
    folder: Path | None
    said: Opinions
    kept: dict[str, Path] = field(default_factory=dict[str, Path])

    def of(self, decision: Decision, rests: Rests) -> tuple[Decision, Certificate]:
        """A decision, as it stands now, and its certificate."""
        name, claims = self.second.name, rests.claims
        for claim in claims:
            question, answer = claim.split("-")
            other = self.said.get(question)
            if other in ANSWERS and other != answer:
                where = self._keep(question, answer, other)
                what = f"{self.second.first} says {answer}, {name} says {other}: {where}"
                broken = Decision(Broken(what), decision.measured)
                return broken, Certificate("disagreement", name, len(claims), what)
        match decision.verdict:
            case Proved() | Bounded():
                return decision, self._of_proof(decision, rests)
            case Refuted():
                return decision, Certificate("replayed", name)
            case _:
                return decision, Certificate("no claim", name)

    def _of_proof(self, decision: Decision, rests: Rests) -> Certificate:
        claims = rests.claims
        if isinstance(decision.verdict, Proved) and decision.verdict.number is not None:
            why = "a proof for any number has a certificate of its own (--emit)"
            return Certificate("not certified", self.second.name, why=why)
        if not rests.whole:
            why = "which answers it rests on could not be kept"
            return Certificate("not certified", self.second.name, why=why)
        answers = [self.said.get(_question(claim), "not asked") for claim in claims]
        missing = [answer for answer in answers if answer not in ANSWERS]
        if not claims:
            return Certificate("no solver", self.second.name)
        if not missing:
            return Certificate("certified", self.second.name, len(claims))
        why = missing[0]
        if len(claims) > 1:
            why += f" ({len(missing)} of {len(claims)} answers)"
        return Certificate("not certified", self.second.name, len(claims), why)

    def _keep(self, question: str, one: str, other: str) -> Path:
        """The folder with a question on which the solvers differ, and both answers."""
        if question not in self.kept:
            where = self.second.keep / question[:12]
            try:
                where.mkdir(parents=True, exist_ok=True)
                self._write(where, question, one, other)
            except OSError:
                where = Path(tempfile.mkdtemp(prefix="prove-disagreement-"))
                self._write(where, question, one, other)
            self.kept[question] = where
        return self.kept[question]

    def _write(self, where: Path, question: str, one: str, other: str) -> None:
        assert self.folder is not None
        shutil.copyfile(self.folder / question, where / "question.smt2")
        answers = f"{self.second.first}: {one}\n{self.second.name}: {other}\n"
        (where / "answers.txt").write_text(answers, encoding="utf-8")
