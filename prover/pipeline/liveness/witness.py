"""A lasso as a witness: its steps carried out once more by the rules, then told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dsl.source import Source, Span
from prover.execution.witness import Call, Column, Moment, Touch, Witness
from prover.execution.wording import cell_at, value_text
from prover.parametric.liveness.graph import Graph, possible, settled
from prover.parametric.liveness.lasso import Lasso, Step, looks
from prover.parametric.machine import Compiled
from prover.parametric.search.step import after
from prover.parametric.system import IDLE, Shared
from prover.verdict import Livelock


def livelock_of(graph: Graph, lasso: Lasso, sources: Mapping[str, Source]) -> Livelock:
    """What is said of a lasso, once its steps have been carried out from the start."""
    rehearse(graph, lasso)
    teller = _Teller(graph, lasso, sources)
    return teller.livelock()


def rehearse(graph: Graph, lasso: Lasso) -> None:
    """Carries a lasso out, by nothing but the rules; it must come back to where its cycle began."""
    here = graph.nodes[0]
    begins = None
    for number, (_, edge) in enumerate((*lasso.stem, *lasso.cycle)):
        if number == len(lasso.stem):
            begins = here
        if (edge.mover, edge.rule) not in list(possible(graph.system, here)):
            raise AssertionError(f"step {number} of a lasso cannot be taken")
        here = settled(after(graph.system, edge.rule, here, edge.mover), graph.count)
    if begins is None or here != begins:
        raise AssertionError("a lasso does not come back to where its cycle begins")


class _Teller:
    """Tells one lasso."""

    def __init__(self, graph: Graph, lasso: Lasso, sources: Mapping[str, Source]) -> None:
        self.graph, self.lasso, self.sources = graph, lasso, sources
        self.system: Compiled = graph.system
        first = graph.nodes[0]
        self.names: list[int | str] = [*range(graph.count)]
        for node, edge in (*lasso.stem, *lasso.cycle):
            who = graph.who(node, edge.mover)
            if who not in self.names:
                self.names.append(who)
        self.titles = _numbered([self.system.actor(local) for local in first.actors])

    def livelock(self) -> Livelock:
        """The livelock, told as a witness."""
        lasso = self.lasso
        steps = (*lasso.stem, *lasso.cycle)
        # Whoever takes no step has no column, but for the one who goes round.
        moving = {self.graph.who(node, edge.mover) for node, edge in steps}
        shown = [who for who in self.names if who in moving]
        columns = tuple(self._column(who) for who in shown)
        moments = tuple(self._moment(step, shown) for step in steps)
        witness = Witness(
            property="livelock" if lasso.kind == "stuck" else "starvation",
            message="",
            model="sc",
            columns=columns,
            moments=moments,
            explanation=tuple(self._explanation()),
            because=(),
            schedule=(),
        )
        name = self.titles[lasso.spinner]
        return Livelock(lasso.kind, name, lasso.loop.span, witness, len(lasso.stem))

    def _column(self, who: int | str) -> Column:
        if isinstance(who, int):
            return Column(self.titles[who], "actor")
        kind = next(body.kind for body in self.system.parts.bodies if body.name == who)
        return Column(who, kind)

    # --- steps

    def _moment(self, step: Step, shown: list[int | str]) -> Moment:
        node, edge = step
        rule, here = edge.rule, self.graph.nodes[node]
        return Moment(
            thread=shown.index(self.graph.who(node, edge.mover)),
            what=rule.kind,
            span=rule.span,
            calls=self._calls(rule.local, rule.span),
            touches=tuple(self._touches(step, here.shared)),
            note=self._note(step),
            bad=False,
        )

    def _calls(self, number: int, span: Span) -> tuple[Call, ...]:
        """The calls around the statement that a step is told by."""
        local = self.system.parts.locals.all[number]
        body = self.system.parts.bodies[local.body]
        behind = range(local.position, len(body.ops))
        for at in (*behind, *range(local.position)):
            origin = body.origin(at)
            if origin is not None and origin.span == span:
                return tuple(Call(f.function, f.site, f.call) for f in origin.frames)
        return ()

    def _touches(self, step: Step, shared: Shared) -> Iterator[Touch]:
        rule, variables = step[1].rule, self.system.parts.variables.all
        written = dict(rule.writes)
        for number, variable in enumerate(variables):
            cell = cell_at(self.system.parts.layout, variable.place)
            if variable.kind != "cell" or cell is None or cell.kind == "lock":
                continue
            if number in written:
                old, new = self._text(number, shared[number]), self._text(number, written[number])
                yield Touch(str(variable), old, new)
            elif any(number == read for read, _ in rule.reads):
                yield Touch(str(variable), "", self._text(number, shared[number]))

    def _text(self, number: int, value: int) -> str:
        parts = self.system.parts
        held = parts.variables.value(number, value)
        if isinstance(held, frozenset):
            return self.system.value_text(number, value)
        return value_text(
            parts.layout, held, cell_at(parts.layout, parts.variables.all[number].place)
        )

    def _note(self, step: Step) -> str:
        """What cannot be seen from the line: which lock is taken or let go, what comes of a try."""
        rule, every = step[1].rule, self.system.parts.locals.all
        before = {str(lock.place) for lock in every[rule.local].held}
        now = before if rule.after == IDLE else {str(lock.place) for lock in every[rule.after].held}
        if now - before:
            return f"takes {', '.join(sorted(now - before))}"
        if before - now:
            return f"releases {', '.join(sorted(before - now))}"
        if rule.over:
            body = self.system.parts.bodies[every[rule.local].body]
            return "the page goes" if body.kind == "page" else "the wait is over"
        if rule.kind == "acquire" and rule.begins < 0:
            return "busy"
        return "begins to wait" if rule.begins >= 0 else ""

    # --- what it comes to

    def _explanation(self) -> Iterator[str]:
        lasso = self.lasso
        me = self.titles[lasso.spinner]
        loop = f"the loop at {self._at(lasso.loop.span)}"
        going = {self.graph.who(node, edge.mover) for node, edge in lasso.cycle}
        others = [w for w in self.names if w in going and w != lasso.spinner]
        listed = ", ".join(self.titles[w] if isinstance(w, int) else w for w in others)
        if lasso.kind == "stuck":
            yield f"{me} goes round {loop} for ever, and nothing changes any more"
            if others:
                yield f"{listed} only look{'s' if len(others) == 1 else ''}, too"
        else:
            yield f"{me} goes round {loop} for as long as others go on like this: {listed}"
            helped = [w for w in others if self._changes(w)]
            if not helped:
                yield "what they do is undone before it looks"
        first = self.graph.nodes[lasso.cycle[0][0]]
        for number in range(self.graph.count):
            if number != lasso.spinner and number not in going:
                yield self._idle(number, first.actors[number])
        behind = [self.system.actor(local) for local in first.actors[self.graph.count :]]
        yield from (f"{name} waits" for name in dict.fromkeys(behind) if name not in going)

    def _changes(self, who: int | str) -> bool:
        return any(
            self.graph.who(node, edge.mover) == who
            and not looks(edge.rule, self.graph.nodes[node].shared)
            for node, edge in self.lasso.cycle
        )

    def _idle(self, number: int, local: int) -> str:
        """What one does who takes no step in the cycle."""
        if local == IDLE:
            return f"{self.titles[number]} has ended"
        place = self.system.place(local)
        where = "" if place is None else f" at {self._at(place)}"
        return f"{self.titles[number]} waits{where}"

    def _at(self, span: Span) -> str:
        source = self.sources.get(span.file)
        if source is None:
            return "(nowhere)"
        return f"{span.file.rpartition('/')[2]}:{source.line_column(span.start)[0]}"


def _numbered(names: list[str]) -> list[str]:
    """Names, the second of one actor with a number."""
    found: list[str] = []
    for index, name in enumerate(names):
        before = names[:index].count(name)
        found.append(f"{name}.{before + 1}" if before else name)
    return found
