"""One variant in the program of all: what is known of it, and how it is asked about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from dsl import protocol as p
from dsl.frozen import replace
from dsl.source import Span
from prover.execution import skeleton as sk
from prover.execution.analysis import analyse
from prover.execution.domains import Domains
from prover.execution.order import static_order
from prover.execution.racy import racy_places
from prover.execution.run.rehearse import Reached, rehearse
from prover.execution.skeleton import Skeleton
from prover.pipeline.carried import Carried
from prover.pipeline.limits import Clock, Limits
from prover.pipeline.minimal import Search
from prover.pipeline.round import Label, Leave, Round, marks_of
from prover.pipeline.shared import Shared
from prover.smt.query import Query


@dataclass(slots=True)
class Member(Round):
    """What is known of one variant, whose executions are those with its switch on.

    Of weak models only the one that all variants were asked about under is asked, and only for
    violations: an execution of it counts where ``own``, the variant's own program, has it, too.
    """

    shared: Shared = field(kw_only=True)
    protocol: p.Protocol = field(kw_only=True)
    scenario: str = field(kw_only=True)
    own: Callable[[], Skeleton] = field(kw_only=True)
    _carried: Carried | None = None
    _foreign: frozenset[int] | None = None

    @property
    def variant(self) -> str:
        """The variant; "" for none."""
        return self.protocol.variant

    def search(self, model: str, limits: Limits, clock: Clock) -> Search:
        """The search of all variants, held to this one."""
        if not self.sure(model):
            raise Leave
        return self.naming(model, limits, clock)

    def naming(self, model: str, limits: Limits, clock: Clock) -> Search:
        """The same: it has every violation named."""
        if not self.names(model):
            raise Leave
        found = self.shared.round.naming(model, limits, clock)
        found.loaded()
        if self._carried is None:
            gone = self.shared.impossible(self.variant)
            self._carried = Carried(self.shared.skeleton, gone, self.own, self.protocol)
        return replace(found, under=self.shared.under(found, self.variant), carry=self._carried)

    def at_hand(self, model: str) -> bool:
        """Whether it may be asked about under a model."""
        return self.sure(model)

    def names(self, model: str, /) -> bool:
        """Whether the program of all variants can be asked about single violations."""
        return model in ("sc", self.shared.model)

    def sure(self, model: str, /) -> bool:
        """Whether whatever is possible with the switch on is possible."""
        return model == "sc"

    def listing(self) -> tuple[Skeleton, Query]:
        """The events and a query that names what may be asked about."""
        return self.shared.skeleton, self.shared.search.query

    def _rehearsed(self, marks: frozenset[Label], clock: Clock, *, every: bool) -> Reached:
        """What a few plain executions with this switch on reach."""
        events = self.shared.skeleton.events if every else ()
        asserts = {e.number for e in events if sk.is_assert(e)} - self.foreign()
        with clock.stage("replay"):
            made, scene = self.shared.made(self.variant), self.shared.scene()
            return rehearse(scene, marks, frozenset(asserts), made, ends=every)

    def foreign(self) -> frozenset[int]:
        """The checks that are other variants', as far as can be told without asking."""
        if self._foreign is None:
            gone = self.shared.impossible(self.variant)
            events = self.shared.skeleton.events
            others = [n for n in gone if sk.is_assert(events[n])]
            own = self.shared.asserts(self.protocol) if others else frozenset[Span]()
            self._foreign = frozenset(n for n in others if events[n].origin.span not in own)
        return self._foreign

    def never(self, what: object, /) -> bool:
        """Whether the switch alone says that a check or a label is not reached."""
        skeleton, query = self.listing()
        if isinstance(what, int):
            gone = self.shared.impossible(self.variant)
            return what in gone or query.checks.get(what) == "false"
        guards = [mark.guard for mark in skeleton.marks if (mark.owner, mark.label) == what]
        return what != "ends" and not self.shared.passed(self.variant, guards)

    def possible(self, clock: Clock) -> tuple[Skeleton, Domains]:
        """The events of the variant's own program, and what may be of them under any model.

        Where the program of all variants does not show a label to be passed, its own has the word:
        a note may not depend on whether a variant was decided among others.
        """
        if self._possible is None:
            own = self.own()
            with clock.stage("encode"):
                self._possible = own, analyse(own, static_order(own), weak=True)
        return self._possible

    def racy(self, clock: Clock) -> tuple[str, ...]:
        """Places whose data races are not looked for: their author knows of them."""
        touches = self.shared.touches()
        return racy_places(touches, self.shared.world(self.variant, clock)) if touches else ()

    def dead(self, model: str, clock: Clock) -> tuple[tuple[str, str], ...]:
        """The labels in what the scenario runs that no run passes, as can be seen at once."""
        doubtful = self._doubtful(model, clock)
        if not doubtful:
            return ()
        own, domains = self.possible(clock)
        guards = marks_of(own)
        return tuple(
            label
            for label in doubtful
            if label in guards and not any(map(domains.may, guards[label]))
        )

    def _doubtful(self, model: str, clock: Clock) -> list[tuple[str, str]]:
        """The labels that the program of all variants does not show to be passed, in order.

        Not those that the variant itself names, which are asked about.
        """
        run = self.shared.run(self.protocol, self.scenario)
        variant = self.protocol.variants.get(self.variant)
        named = frozenset(() if variant is None else variant.labels)
        left = [
            (label, guards)
            for label, guards in sorted(marks_of(self.shared.skeleton).items())
            if label not in named and label[0] in run and self._has(label)
            if self.known(label, model) is not True
        ]
        if not left:
            return []
        may = self.shared.world(self.variant, clock).may
        return [label for label, here in left if not any(map(may, here))]

    def _has(self, label: tuple[str, str]) -> bool:
        """Whether a label is in the variant's text."""
        owner, name = label
        functions, actors = self.protocol.functions, self.protocol.actors
        # What stands in an actor that interrupts another is in its handler.
        found = (functions.get(owner), functions.get(p.handler_of(owner)), actors.get(owner))
        return any(function is not None and name in function.labels for function in found)


def member(
    shared: Shared, protocol: p.Protocol, scenario: str, own: Callable[[], Skeleton]
) -> Member | None:
    """What is known of a variant; None where it must be asked about by itself.

    ``own`` makes the skeleton of its own program.
    """
    facts = shared.of(protocol.variant)
    if facts.only is None or not facts.whole:
        return None
    found = Member(
        shared.round.program, shared=shared, protocol=protocol, scenario=scenario, own=own
    )
    found.whole.add(shared.model)
    found.clean |= facts.clean
    if facts.only:
        found.only[shared.model] = facts.only
    else:
        found.clean.add(shared.model)
    known = {("whole", shared.model), *(("clean", model) for model in found.clean)}
    found.grounds |= {key: claims for key, claims in facts.grounds.items() if key in known}
    return found
