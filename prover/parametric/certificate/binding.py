"""A certificate in the numbers of a system that is built anew: by the keys of what it finds.

A system numbers local states and values as it finds them, so it is led through what the
certificate lists: the rules of each local state in each shared state, what broadcasts make of local
states, what waits wait for.  What nothing leads to has no number, and the certificate is refused.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from dsl.diagnostic import Diagnostic, DiagnosticError
from prover.parametric.certificate.document import About, Certificate, renumbered
from prover.parametric.certificate.table import Table, bits
from prover.parametric.system import IDLE, Label, Rule, Shared, System


def bound(system: System, certificate: Certificate, about: About) -> Table:
    """The certificate's invariant for a system, which is of ``about``.  Raises DiagnosticError."""
    header = certificate.header
    if header.about != about:
        theirs, ours = header.about, about
        if theirs.sources != ours.sources:
            raise _other("the text of its files was another one")
        raise _other(f"it is about `{theirs.scenario}` / `{theirs.variant}`, as configured there")
    if tuple(each.name for each in header.variables) != system.variables():
        raise _other("it has other shared variables")
    found = _Binding(system, certificate)
    found.run()
    for keys, numbers, what in (
        (header.locals, found.locals, "a local state"),
        (header.regions, found.regions, "a region"),
        *(
            (each.values, numbers, f"a value of {each.name}")
            for each, numbers in zip(header.variables, found.values, strict=True)
        ),
    ):
        for number, key in enumerate(keys):
            if number not in numbers:
                raise _other(f"nothing leads to {what} of it: {key[:120]}")
    return renumbered(certificate.table, found.locals, found.values, found.regions)


def _other(why: str) -> DiagnosticError:
    plain = why.encode("ascii", "backslashreplace").decode()
    return DiagnosticError(
        (
            Diagnostic(
                "certificate-other",
                f"the certificate is of something else: {plain}",
                None,
                hint="prove the file again",
            ),
        )
    )


@dataclass(slots=True)
class _Binding:
    """Numbers of the certificate -> numbers of the system, as far as they are known."""

    system: System
    certificate: Certificate
    locals: dict[int, int] = field(default_factory=dict[int, int])
    regions: dict[int, int] = field(default_factory=dict[int, int])
    values: list[dict[int, int]] = field(default_factory=list[dict[int, int]])
    changes: set[int] = field(default_factory=set[int])
    waits: set[int] = field(default_factory=set[int])
    _keys: dict[str, int] = field(init=False)
    _value_keys: list[dict[str, int]] = field(init=False)
    _region_keys: dict[str, int] = field(init=False)
    _missing: dict[Shared, int] = field(init=False)
    _states_of: dict[tuple[int, int], list[Shared]] = field(init=False)
    _there: dict[int, list[Shared]] = field(init=False)
    _todo: list[tuple[Shared, int]] = field(default_factory=list[tuple[Shared, int]])
    _seen: set[int] = field(default_factory=set[int])
    _labels: Label = 0

    def __post_init__(self) -> None:
        header, table = self.certificate.header, self.certificate.table
        self._keys = {key: number for number, key in enumerate(header.locals)}
        self._region_keys = {key: number for number, key in enumerate(header.regions)}
        self._value_keys = [
            {key: number for number, key in enumerate(each.values)} for each in header.variables
        ]
        self.values = [{} for _ in header.variables]
        self._missing = {shared: len(shared) for shared in table.shared()}
        self._states_of, self._there = defaultdict(list), defaultdict(list)
        for shared in table.shared():
            for place in enumerate(shared):
                self._states_of[place].append(shared)
            for local in sorted(table.locals(shared)):
                self._there[local].append(shared)

    def run(self) -> None:
        """Looks at all that the certificate lists and something leads to."""
        start = self.system.start
        for variable, value in enumerate(start.shared):
            self._value(variable, value)
        for local in (IDLE, *start.many, *start.single):
            self._local(local)
        while self._todo:
            shared, local = self._todo.pop()
            values = tuple(self.values[k][value] for k, value in enumerate(shared))
            for rule in self.system.rules(self.locals[local], values):
                self._rule(rule)
        for region in bits(self._labels):
            number = self._region_keys.get(self.system.region_key(region), -1)
            if number >= 0:
                self.regions[number] = region

    def _rule(self, rule: Rule) -> None:
        self._labels |= rule.ended
        for variable, value in rule.writes:
            self._value(variable, value)
        for local in (rule.after, *rule.spawned):
            self._local(local)
        self._wait(rule.begins)
        for spawned in rule.spawned:
            self._wait(self.system.awaits(spawned))
        if rule.change >= 0 and rule.change not in self.changes:
            self.changes.add(rule.change)
            for local in list(self.locals.values()):
                self._local(self.system.changed(rule.change, local))

    def _wait(self, wait: int) -> None:
        if wait >= 0 and wait not in self.waits:
            self.waits.add(wait)
            for local in self.locals.values():
                self._labels |= self.system.waited_for(wait, local)

    def _local(self, local: int) -> None:
        """A local state that something leads to."""
        waiting = [local]
        while waiting:
            local = waiting.pop()
            if local in self._seen:
                continue
            self._seen.add(local)
            number = self._keys.get(self.system.local_key(local), -1)
            if number < 0:
                continue
            self.locals[number] = local
            for wait in self.waits:
                self._labels |= self.system.waited_for(wait, local)
            waiting += [self.system.changed(change, local) for change in sorted(self.changes)]
            self._todo += [
                (shared, number) for shared in self._there[number] if not self._missing[shared]
            ]

    def _value(self, variable: int, value: int) -> None:
        """A value that something writes."""
        number = self._value_keys[variable].get(self.system.value_key(variable, value), -1)
        if number < 0 or number in self.values[variable]:
            return
        self.values[variable][number] = value
        for shared in self._states_of[variable, number]:
            self._missing[shared] -= 1
            if not self._missing[shared]:
                self._complete(shared)

    def _complete(self, shared: Shared) -> None:
        """A shared state all of whose values are known."""
        if shared in self._missing:
            there = self.certificate.table.locals(shared)
            self._todo += [(shared, number) for number in sorted(there & self.locals.keys())]
