"""From the events of a test and a memory model to a document of constraints with questions.

Values are tabulated: for each term, one literal per value that it can have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.litmus import syntax as s
from prover.litmus.events import Test
from prover.litmus.tables import Table, Tables
from prover.litmus.values import Value
from prover.models.algebra import MemoryModel
from prover.smt.logic import FALSE, TRUE, Lit, Logic, neg
from prover.smt.pairs import Some
from prover.smt.possible import Rows
from prover.smt.relations import Reading


@dataclass(frozen=True, slots=True)
class Query:
    """A document and its questions: names of Booleans in it, or ``true`` or ``false``.

    ``holds`` and ``fails``: an execution whose final state meets, or does not meet, the test's
    condition.  ``flags``: an execution that the model marks with the name.  ``also``: one for
    each further condition.

    ``undefined``: an execution in which an operation has no result; what the others say counts
    only if there is none.

    ``picks``: for each read the writes it may read from, each with the Boolean that says it does
    (``true`` where there is no other).  co follows the integers ``co_N`` of the writes N (where
    two are level, the greater N comes first; one without comes before all).  ``seen``: for
    each read its values, each with the literal that says so.
    """

    text: str
    holds: str
    fails: str
    undefined: str
    flags: Mapping[str, str]
    also: tuple[str, ...]
    picks: Mapping[int, tuple[tuple[int, str], ...]]
    seen: Mapping[int, tuple[tuple[Value, str], ...]]
    clauses: int


def encode(test: Test, model: MemoryModel, also: tuple[s.Condition, ...] = ()) -> Query:
    """The query of a test under a model, with a question for each further condition."""
    return _Encoder(test, model).query(also)


class _Encoder(Tables):
    """One query under construction."""

    def __init__(self, test: Test, model: MemoryModel) -> None:
        super().__init__(test, Logic())
        self.model = model
        self.present: Some = {}
        for event in test.events:
            lit = self.truth(event.guard)
            if lit != FALSE and self.tables[event.address] if event.address >= 0 else lit != FALSE:
                self.present[event.number] = lit
        self.events = [e for e in test.events if e.number in self.present]
        self.places: dict[int, dict[Value, Lit]] = {
            e.number: self.tables[e.address] for e in self.events if e.address >= 0
        }
        self._same: dict[tuple[int, int], Lit] = {}
        self.picks: dict[int, tuple[tuple[int, str], ...]] = {}
        self.static: frozenset[str] = frozenset(("int", "ext"))

    # --- memory

    def same(self, a: int, b: int) -> Lit:
        """Whether two events are at one location."""
        key = (a, b) if a < b else (b, a)
        found = self._same.get(key)
        if found is None:
            left, right = self.places[key[0]], self.places[key[1]]
            found = self._same[key] = self.logic.any_of(
                self.logic.all_of((lit, right[place]))
                for place, lit in left.items()
                if place in right
            )
        return found

    def together(self, a: int, b: int) -> Lit:
        """Whether two events are both present and at one location."""
        return self.logic.all_of((self.present[a], self.present[b], self.same(a, b)))

    def _placed(self) -> None:
        """Accesses are at locations: no execution goes through another value."""
        known = set(self.test.locations)
        self.logic.label = "place"
        for event in self.events:
            if event.kind != "F" and self.places[event.number].keys() - known:
                here = [lit for v, lit in self.places[event.number].items() if v in known]
                self.logic.clause(neg(self.present[event.number]), *here)

    def coherence(self) -> Rows:
        """co: a strict total order of the writes to each location, the initial one first."""
        writes = [e for e in self.events if e.kind == "W"]
        found: Rows = {}
        for i, one in enumerate(writes):
            for two in writes[i + 1 :]:
                both = self.together(one.number, two.number)
                if both == FALSE:
                    continue
                if one.process < 0:
                    found.setdefault(one.number, {})[two.number] = both
                    continue
                first = self.logic.before("co", one.number, two.number)
                found.setdefault(one.number, {})[two.number] = self.logic.all_of((both, first))
                found.setdefault(two.number, {})[one.number] = self.logic.all_of((both, neg(first)))
        return {
            a: {b: lit for b, lit in row.items() if lit != FALSE}
            for a, row in found.items()
            if any(lit != FALSE for lit in row.values())
        }

    def reads_from(self) -> Rows:
        """rf: one write for every read that is present, of its location and value."""
        logic = self.logic
        writes = [e for e in self.events if e.kind == "W"]
        found: Rows = {}
        for read in self.events:
            if read.kind != "R":
                continue
            term = self.test.reads[read.number]
            picks: list[Lit] = []
            logic.label = "reads-from"
            candidates = [
                w
                for w in writes
                if w.partner != read.number
                and self.together(w.number, read.number) != FALSE
                and self._shares(w.value, term)
            ]
            for write in candidates:
                pick = (
                    TRUE
                    if len(candidates) == 1
                    else logic.variable(f"f{read.number}_{write.number}")
                )
                both = self.together(write.number, read.number)
                edge = logic.all_of((pick, self.present[read.number]))
                logic.clause(neg(edge), both)
                for value, lit in self.tables[write.value].items():
                    logic.clause(neg(edge), neg(lit), self.has(term, value))
                picks.append(pick)
                found.setdefault(write.number, {})[read.number] = edge
            self.picks[read.number] = tuple(
                (w.number, logic.text(pick)) for w, pick in zip(candidates, picks, strict=True)
            )
            logic.clause(neg(self.present[read.number]), *picks)
            logic.at_most_one(picks)
        return found

    def seen(self) -> dict[int, tuple[tuple[Value, str], ...]]:
        """What each read can see."""
        return {
            event: tuple((v, self.logic.text(lit)) for v, lit in self.tables[term].items())
            for event, term in self.test.reads.items()
        }

    def _shares(self, one: int, two: int) -> bool:
        return any(value in self.tables[two] for value in self.tables[one])

    # --- what the model sees

    def relations(self) -> dict[str, Rows]:
        """The relations of the execution."""
        logic = self.logic
        po: Rows = {}
        inside: Rows = {}
        outside: Rows = {}
        loc: Rows = {}
        rmw: Rows = {}
        for a in self.events:
            for b in self.events:
                if a.process == b.process and a.process >= 0:
                    inside.setdefault(a.number, {})[b.number] = TRUE
                    if a.number < b.number:
                        lit = logic.all_of((self.present[a.number], self.present[b.number]))
                        if lit != FALSE:
                            po.setdefault(a.number, {})[b.number] = lit
                elif a.number != b.number:
                    outside.setdefault(a.number, {})[b.number] = TRUE
                elif a.process < 0:
                    inside.setdefault(a.number, {})[b.number] = TRUE
                if a.address >= 0 and b.address >= 0:
                    lit = self.together(a.number, b.number)
                    if lit != FALSE:
                        loc.setdefault(a.number, {})[b.number] = lit
            if a.partner in self.present:
                lit = logic.all_of((self.present[a.partner], self.present[a.number]))
                rmw.setdefault(a.partner, {})[a.number] = lit
        rf, co = self.reads_from(), self.coherence()
        self._locks(rf, co)
        found = {"po": po, "int": inside, "ext": outside, "loc": loc, "rmw": rmw}
        found |= {"rf": rf, "co": co}
        return found | self._dependencies()

    def _same_value(self) -> Rows:
        """The accesses that read or write one value; few models ask for it."""
        found: Rows = {}
        terms = {
            e.number: self.test.reads[e.number] if e.kind == "R" else e.value
            for e in self.events
            if e.kind != "F" or e.value >= 0
        }
        for a, left in terms.items():
            for b, right in terms.items():
                both = self.logic.all_of((self.present[a], self.present[b]))
                same = self.logic.any_of(
                    self.logic.all_of((one, self.has(right, value)))
                    for value, one in self.tables[left].items()
                )
                lit = both if a == b else self.logic.all_of((both, same))
                if lit != FALSE:
                    found.setdefault(a, {})[b] = lit
        return found

    def _dependencies(self) -> dict[str, Rows]:
        """addr, data and ctrl: from the reads that terms mention."""
        found: dict[str, Rows] = {"addr": {}, "data": {}, "ctrl": {}}
        for event in self.events:
            terms = [("addr", event.address), *(("ctrl", c) for c in event.conditions)]
            if event.kind == "W":
                terms.append(("data", event.value))
            for name, term in terms:
                if term < 0:
                    continue
                for source, when in self.sources(term).items():
                    if source not in self.present:
                        continue
                    lit = self.logic.all_of(
                        (self.present[source], self.present[event.number], when)
                    )
                    if lit != FALSE:
                        row = found[name].setdefault(source, {})
                        row[event.number] = self.logic.any_of((row.get(event.number, FALSE), lit))
        return found

    def _locks(self, rf: Rows, co: Rows) -> None:
        """Whoever takes a lock reads the value right before the one it writes, in co."""
        logic = self.logic
        for write in self.events:
            if "LKW" not in write.sets:
                continue
            logic.label = "lock"
            for source, row in rf.items():
                edge = row.get(write.partner, FALSE)
                if edge == FALSE:
                    continue
                taken = logic.all_of((edge, self.present[write.number]))
                logic.clause(neg(taken), co.get(source, {}).get(write.number, FALSE))
                for between, after in co.get(source, {}).items():
                    if between != write.number:
                        then = co.get(between, {}).get(write.number, FALSE)
                        logic.clause(neg(taken), neg(after), neg(then))

    def sets(self, co: Rows) -> dict[str, Some]:
        """The sets of the execution."""
        found: dict[str, Some] = {}
        for event in self.events:
            for name in event.sets:
                found.setdefault(name, {})[event.number] = TRUE
            for value, name in event.by_value:
                lit = self.has(self.test.reads[event.number], value)
                if lit != FALSE:
                    found.setdefault(name, {})[event.number] = lit
            for term, name in event.chosen:
                lit = self.truth(term)
                if lit != FALSE:
                    found.setdefault(name, {})[event.number] = lit
            if event.kind == "W":
                last = neg(self.logic.any_of(co.get(event.number, {}).values()))
                if last != FALSE:
                    found.setdefault("FW", {})[event.number] = last
        return found

    # --- the condition

    def condition(self, condition: s.Condition, last: Mapping[int, Lit]) -> Lit:
        """Whether the final state meets a condition."""
        logic = self.logic
        match condition:
            case s.Equal(left=left, value=value):
                found = self.final(left, last)
                if isinstance(value, int | str):
                    return found.get(value, FALSE)
                other = self.final(value, last)
                return logic.any_of(
                    logic.all_of((lit, other[v])) for v, lit in found.items() if v in other
                )
            case s.Conjunction(parts=parts):
                return logic.all_of([self.condition(part, last) for part in parts])
            case s.Disjunction(parts=parts):
                return logic.any_of([self.condition(part, last) for part in parts])
            case s.Negation(inner=inner):
                return neg(self.condition(inner, last))
            case _:
                raise TypeError(condition)

    def final(self, what: s.FinalRegister | s.FinalLocation, last: Mapping[int, Lit]) -> Table:
        """The values that a register or a location can have at the end."""
        if isinstance(what, s.FinalRegister):
            term = self.test.registers.get((what.process, what.name))
            return {0: TRUE} if term is None else self.tables[term]
        ways: dict[Value, list[Lit]] = {}
        for event in self.events:
            here = FALSE if event.kind != "W" else self.places[event.number].get(what.name, FALSE)
            if here == FALSE:
                continue
            is_last = (last[event.number], self.present[event.number], here)
            for value, lit in self.tables[event.value].items():
                ways.setdefault(value, []).append(self.logic.all_of((*is_last, lit)))
        return {value: self.logic.any_of(lits) for value, lits in ways.items()}

    def undefined(self) -> Lit:
        """Whether something is computed that has no result."""
        logic = self.logic
        return logic.any_of(
            logic.all_of((self.truth(guard), neg(logic.any_of(self.tables[term].values()))))
            for guard, term in self.test.wanted
            if term in self.partial
        )

    def query(self, also: tuple[s.Condition, ...]) -> Query:
        """The document."""
        logic = self.logic
        self._placed()
        relations = self.relations()
        sets = self.sets(relations["co"])
        late = {"same-value": self._same_value}
        reading = Reading(logic, self.model, self.present, sets, relations, self.static, late)
        for axiom in self.model.axioms:
            reading.require(axiom)
        last = {
            e.number: neg(logic.any_of(relations["co"].get(e.number, {}).values()))
            for e in self.events
            if e.kind == "W"
        }
        litmus = self.test.litmus
        logic.label = "filter"
        if litmus.filter is not None:
            logic.clause(self.condition(litmus.filter, last))
        holds = self.condition(litmus.condition, last)
        flags: dict[str, Lit] = {}
        for flag in self.model.flags:
            lit = reading.shown(flag)
            flags[flag.name] = logic.any_of((flags.get(flag.name, FALSE), lit))
        questions: dict[Lit, str] = {}

        def ask(lit: Lit) -> str:
            if lit in (TRUE, FALSE):
                return logic.text(lit)
            if lit not in questions:
                questions[lit] = f"q{len(questions)}"
                logic.label = "question"
                logic.clause(neg(logic.variable(questions[lit])), lit)
            return questions[lit]

        asked = {name: ask(lit) for name, lit in flags.items()}
        yes, no, undefined = ask(holds), ask(neg(holds)), ask(self.undefined())
        further = tuple(ask(self.condition(condition, last)) for condition in also)
        text = "\n".join(["(set-logic QF_IDL)", *logic.lines, *logic.assertions]) + "\n"
        size = logic.size()
        return Query(text, yes, no, undefined, asked, further, self.picks, self.seen(), size)
