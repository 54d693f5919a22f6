"""Verdicts: what was found out about each obligation, and what the run as a whole means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, assert_never

from dsl.diagnostic import Diagnostic
from dsl.expect import Expect
from dsl.frozen import Frozen, field
from dsl.source import Source, Span
from prover.execution.witness import Witness
from prover.features import Feature


class AnyNumber(Frozen, frozen=True):
    """What a proof for any number of actors is of, and what it rests on.

    ``many`` are the actors of which there is any number, ``others`` the rest with how many of each;
    ``forever``: all of them begin again and again.  ``pools`` have so many slots.  The invariant
    has ``shared`` states and ``views`` of ``size`` actors; ``checkers`` have each confirmed it.
    ``limited`` says what was checked with numbers of actors only, and up to which.
    """

    many: tuple[str, ...]
    others: tuple[tuple[str, int], ...]
    forever: bool
    pools: tuple[tuple[str, int], ...]
    size: int
    shared: int
    views: int
    checkers: tuple[str, ...]
    limited: str


class Proved(Frozen, frozen=True):
    """No violation in any execution; every loop ran to its end.

    ``number`` is there where it holds for any number of actors, or of rounds.
    """

    number: AnyNumber | None = None


class Bounded(Frozen, frozen=True):
    """No violation in executions that go round each loop at most ``bound`` times.

    ``loops`` are the loops that can go further.  ``late`` is why the next bound, which was to be
    asked about, has no answer; "" where this is as far as it was to go.
    """

    bound: int
    loops: tuple[Span, ...]
    late: str = ""


class Refuted(Frozen, frozen=True):
    """Some execution violates ``witness.property``; every witness was replayed without the solver.

    ``others`` are the further properties that some execution violates first.
    """

    witness: Witness
    others: tuple[Witness, ...] = ()

    @property
    def properties(self) -> tuple[str, ...]:
        """Every property found violated, the reported one first."""
        return (self.witness.property, *(w.property for w in self.others))


class Vacuous(Frozen, frozen=True):
    """Nothing was checked: ``what`` says what can never happen."""

    what: str


class Unknown(Frozen, frozen=True):
    """No answer: ``why`` in words (time, memory, a limit, the solver gave up)."""

    why: str


class Broken(Frozen, frozen=True):
    """The prover contradicted itself: a bug in it.  ``what`` says how."""

    what: str


Verdict: TypeAlias = Proved | Bounded | Refuted | Vacuous | Unknown | Broken


class Obligation(Frozen, frozen=True):
    """One question: scenario x variant x configuration x memory model."""

    scenario: str
    variant: str
    configuration: tuple[tuple[str, str], ...]
    model: str

    @property
    def question(self) -> str:
        """``scenario / variant``, or the scenario alone."""
        return f"{self.scenario} / {self.variant}" if self.variant else self.scenario


class Measured(Frozen, frozen=True):
    """What an obligation cost: sizes of the last query, and seconds by stage."""

    events: int = 0
    clauses: int = 0
    bound: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    peak_mib: float = 0.0


Certified: TypeAlias = Literal[
    "certified", "not certified", "no solver", "replayed", "disagreement", "no claim"
]
"""What a second solver says of a verdict.

``certified``: it gave every answer that the verdict rests on, as the first did; ``not certified``:
not all of them; ``no solver``: a proof whose questions are plainly no while they are written;
``replayed``: a refutation, which rests on no solver; ``no claim``: nothing is said to be safe.
"""


class Certificate(Frozen, frozen=True):
    """What became of a verdict's second opinion.

    ``by`` is the solver with its version, ``answers`` how many it was asked for, ``why`` what is
    missing.
    """

    state: Certified
    by: str
    answers: int = 0
    why: str = ""


class Outcome(Frozen, frozen=True):
    """An obligation with its verdict.

    ``expected`` is the author's expectation (None: none, which asks for a proof);
    ``as_expected`` whether it was met.  ``notes`` say what the verdict does not cover.
    There is a ``certificate`` where a second opinion was asked for.
    """

    obligation: Obligation
    verdict: Verdict
    expected: Expect | None
    as_expected: bool
    notes: tuple[str, ...]
    measured: Measured
    certificate: Certificate | None = None


class FileReport(Frozen, frozen=True):
    """One file's outcomes, or the diagnostics that kept it from being proved.

    ``folder`` is the one below which it was found, "" where the file itself was named.  One that
    was found may have neither: it is a library, or the request selects nothing in it.
    ``titles`` are what variants are called in words.
    """

    name: str
    outcomes: tuple[Outcome, ...]
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, Source]
    notes: tuple[str, ...] = ()
    folder: str = ""
    titles: Mapping[str, str] = field(default_factory=dict[str, str])


class Livelock(Frozen, frozen=True):
    """An endless run in which ``actor`` goes round the retry loop at ``loop`` for ever.

    ``kind``: ``stuck`` if nobody changes anything any more, ``starved`` if others go on changing
    things.  The moments of the witness from ``begins`` on are the cycle.
    """

    kind: Literal["stuck", "starved"]
    actor: str
    loop: Span
    witness: Witness
    begins: int


class Liveness(Frozen, frozen=True):
    """What became of the retry loops of an obligation, whatever its memory model.

    ``who`` ran, in so many ``configurations``; ``why``: nobody knows, and why not; ``bug``: because
    of one in the prover.  No verdict depends on it.
    """

    file: str
    obligation: Obligation
    found: tuple[Livelock, ...] = ()
    who: str = ""
    configurations: int = 0
    why: str = ""
    bug: bool = False


class Report(Frozen, frozen=True):
    """A whole run; ``liveness`` is there where it was asked for."""

    files: tuple[FileReport, ...]
    seconds: float = 0.0
    liveness: tuple[Liveness, ...] | None = None


class Request(Frozen, frozen=True):
    """What to prove, and within which limits (seconds and MiB per obligation).

    ``files`` may name folders: every protocol below one is meant.
    ``explain`` asks for the smallest witness of every refutation, not only of those that the
    author does not expect; with ``reasons`` the others of weak models say why it goes wrong.
    ``without`` are features that are switched off.
    ``texts`` are read in place of files, by their real path: nothing is remembered of such a run.
    ``library`` is the folder of the protocol library, "" for the one that comes with the program.
    In the folder ``certificates``, if there is one, those of proofs for any number are left.
    ``cluster`` is the address of the scheduler whose workers decide; "": processes of this machine.
    """

    files: tuple[str, ...]
    stdin_text: str | None = None
    scenario: str | None = None
    variant: str | None = None
    config: tuple[tuple[str, str], ...] = ()
    model: str | None = None
    max_bound: int = 8
    timeout: float = 60.0
    memory: int = 2048
    jobs: int = 0
    explain: bool = True
    reasons: bool = False
    without: tuple[Feature, ...] = ()
    texts: tuple[tuple[str, str], ...] = ()
    library: str = ""
    cluster: str = ""
    certificates: str = ""

    @property
    def selects(self) -> bool:
        """Whether part of each file is asked for."""
        return bool(self.scenario or self.variant or self.config or self.model)


class Progress(Frozen, frozen=True):
    """How far a run is; ``file`` is the one that ``current`` is of, "" where it is of none."""

    done: int
    total: int
    current: str
    file: str = ""


def name_of(verdict: Verdict) -> str:
    """The verdict's name, as files expect it."""
    match verdict:
        case Proved():
            return "proved"
        case Bounded():
            return "bounded"
        case Refuted():
            return "refuted"
        case Vacuous():
            return "vacuous"
        case Unknown():
            return "unknown"
        case Broken():
            return "broken"
        case _:
            assert_never(verdict)


def meets(verdict: Verdict, expected: Expect | None) -> bool:
    """Whether a verdict is what the author expects; without expectation, a proof is."""
    if expected is None:
        return isinstance(verdict, Proved)
    if name_of(verdict) != expected.verdict:
        return False
    if isinstance(verdict, Refuted):
        found = set(verdict.properties)
        return set(expected.properties) <= found <= {*expected.properties, *expected.allowing}
    return True


def is_settled(outcome: Outcome) -> bool:
    """Whether an obligation came out as expected, and is certified if that was asked for."""
    missing = outcome.certificate is not None and outcome.certificate.state == "not certified"
    return outcome.as_expected and not missing


EXIT_OK = 0
EXIT_VIOLATED = 1
EXIT_USAGE = 2
EXIT_UNSETTLED = 3
EXIT_BUG = 4
EXIT_INTERRUPTED = 130


def exit_code(report: Report) -> int:
    """The exit code of a run: 4 over 2 over 1 over 3 over 0."""
    codes = {exit_of(outcome) for file in report.files for outcome in file.outcomes}
    if any(file.diagnostics for file in report.files):
        codes.add(EXIT_USAGE)
    if any(each.bug for each in report.liveness or ()):
        codes.add(EXIT_BUG)
    order = (EXIT_BUG, EXIT_USAGE, EXIT_VIOLATED, EXIT_UNSETTLED)
    return next((code for code in order if code in codes), EXIT_OK)


def exit_of(outcome: Outcome) -> int:
    """What one outcome asks the run to exit with."""
    match outcome.verdict:
        case Broken():
            return EXIT_BUG
        case _ if outcome.as_expected:
            return EXIT_OK if is_settled(outcome) else EXIT_UNSETTLED
        case Refuted() | Proved():
            return EXIT_VIOLATED
        case Bounded() | Vacuous() | Unknown():
            return EXIT_UNSETTLED
        case _:
            assert_never(outcome.verdict)
