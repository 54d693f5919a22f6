"""Changes that take away one construct: a barrier, order, a check, a deferral, an IPI, a label.

A construct is found in the functions that the scenarios reach.  One that stands in an iterator
is in every function that uses it: its change is made in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl import protocol as p
from dsl.primitives import PRIMITIVES
from dsl.source import Span
from prover.graph.walk import parts, reached
from prover.needed import Change, Kind, Skipped
from prover.needs.edits import Action, Decide, Drop, Edit, Empty, Now, Rename, Swap
from prover.needs.leaves import hint, leaves
from prover.needs.looks import Looks
from prover.needs.pairs import Paired, text
from prover.needs.plan import Planned
from prover.needs.weaker import weaker

_DROPPED_WAITS = ("synchronize_rcu", "synchronize_rcu_expedited", "rcu_barrier")
_WEAKER_FENCES = ("smp_rmb", "smp_wmb")


@dataclass(frozen=True, slots=True)
class _Form:
    """What makes two finds one change: where, and what becomes of it."""

    kind: Kind
    span: Span
    action: Action
    how: str


@dataclass(slots=True)
class Sites:
    """The changes found so far, by what they are; each with the functions that have them.

    ``further`` leads from a change to the one that goes further, if there is one.
    """

    protocol: p.Protocol
    paired: Paired
    looks: Looks
    found: dict[_Form, list[str]] = field(default_factory=dict[_Form, list[str]])
    further: dict[_Form, _Form] = field(default_factory=dict[_Form, _Form])
    skipped: list[Skipped] = field(default_factory=list[Skipped])

    def function(self, owner: p.Function) -> None:
        """Looks at one function or actor."""
        checks: set[Span] = set()
        targets = set(_gotos(owner))
        self._targets = targets
        nodes = tuple(parts(owner.body))
        for node in nodes:
            match node:
                case p.CallPrimitive():
                    self._primitive(owner, node)
                case p.If() if self._check(owner, node):
                    checks.add(node.span)
                case p.Block():
                    self._unlocks(owner, node)
                case _:
                    pass
        for node in nodes:
            if isinstance(node, p.Label) and node.label not in targets:
                self._label(owner, node, checks)

    def planned(self) -> list[Planned]:
        """The changes, not numbered yet: those that go further first."""
        made: list[Planned] = []
        for form, owners in self.found.items():
            what = text(self.protocol.sources, self._shown(form))
            change = Change(0, form.kind, owners[0], form.span, what, form.how)
            edits = tuple(
                Edit(owner, (), form.span, form.action) for owner in dict.fromkeys(owners)
            )
            order = form.kind in ("barrier", "order")
            made.append(Planned(change, edits, order=order))
        return made

    def instead(self) -> list[tuple[int, int]]:
        """Which change, by its place in :meth:`planned`, goes further than which."""
        places = {form: index for index, form in enumerate(self.found)}
        return [(places[form], places[further]) for form, further in self.further.items()]

    def _shown(self, form: _Form) -> Span:
        """The text that stands for a change."""
        return self._leaf_spans.get(form, form.span)

    _leaf_spans: dict[_Form, Span] = field(default_factory=dict[_Form, Span])
    _targets: set[str] = field(default_factory=set[str])

    def _add(self, form: _Form, owner: p.Function, further: _Form | None = None) -> _Form:
        self.found.setdefault(form, []).append(owner.name)
        if further is not None:
            self.further[form] = further
        return form

    # --- calls of primitives

    def _primitive(self, owner: p.Function, call: p.CallPrimitive) -> None:
        name, span = call.primitive, call.span
        if PRIMITIVES[name].group == "barrier":
            dropped = self._add(_Form("barrier", span, Drop(), "dropped"), owner)
            if name == "smp_mb":
                for other in _WEAKER_FENCES:
                    form = _Form("barrier", span, Rename(other), f"-> {other}()")
                    self._add(form, owner, dropped)
        elif name in ("call_rcu", "kfree_rcu"):
            if self._recursive(owner, call):
                why = "called at once, it would call itself"
                self.skipped.append(Skipped(span, text(self.protocol.sources, span), why))
            else:
                self._add(_Form("deferral", span, Now(), "at once"), owner)
        elif name in _DROPPED_WAITS:
            self._add(_Form("deferral", span, Drop(), "dropped"), owner)
        elif name == "smp_call_function":
            sent = call.arguments[0]
            own = isinstance(sent, p.FunctionName) and sent.name == p.handler_of(owner.name)
            self._add(_Form("ipi", span, Drop(), "never comes" if own else "dropped"), owner)
        else:
            first: _Form | None = None
            for shown, action in weaker(name):
                form = _Form("order", span, action, f"-> {shown}")
                self._add(form, owner, first)
                first = first or form

    def _recursive(self, owner: p.Function, call: p.CallPrimitive) -> bool:
        """Whether the function put off leads back to where it is put off."""
        if call.primitive != "call_rcu":
            return False
        name = call.arguments[1]
        assert isinstance(name, p.FunctionName)
        return owner.name in reached(self.protocol, (self.protocol.functions[name.name],))

    # --- statements

    def _check(self, owner: p.Function, stmt: p.If) -> bool:
        """An ``if`` that looks at memory: one change for each operand that does."""
        if not self.looks.looks(stmt.condition):
            return False
        value = _good(stmt, hint(stmt.condition))
        found = leaves(stmt.condition, value=value)
        for index, leaf in enumerate(found):
            if not self.looks.looks(leaf) or self.looks.acts(leaf):
                continue
            how = "taken for true" if value else "taken for false"
            keep = self.looks.assigns(leaf)
            form = self._add(_Form("check", stmt.span, Decide(index, value, keep), how), owner)
            self._leaf_spans[form] = leaf.span
        return True

    def _unlocks(self, owner: p.Function, block: p.Block) -> None:
        """Two releases, one behind the other."""
        for one, other in zip(block.body, block.body[1:], strict=False):
            jumped_to = isinstance(other, p.Label) and other.label in self._targets
            if jumped_to or not (self._releases(owner, one) and self._releases(owner, other)):
                continue
            how = f"after {text(self.protocol.sources, _call_of(other).span)}"
            form = _Form("unlock order", one.span, Swap(other.span), how)
            self._add(form, owner)
            self._leaf_spans[form] = _call_of(one).span

    def _releases(self, owner: p.Function, stmt: p.Stmt) -> bool:
        """Whether the statement releases, and does nothing else."""
        try:
            span = _call_of(stmt).span
        except ValueError:
            return False
        begins = self.paired.begins.get(owner.name, set())
        return span in self.paired.ends.get(owner.name, set()) - begins

    def _label(self, owner: p.Function, stmt: p.Label, checks: set[Span]) -> None:
        """A labelled statement that can be left out, and that no other change leaves out."""
        body = stmt.body
        if stmt.label.startswith(".") or body.span in checks:
            return
        match body:
            case p.Evaluate(expr=p.Assign(target=p.LocalPlace())):
                return
            case p.Evaluate(expr=p.CallPrimitive(span=span)) if self._known(span):
                return
            case p.Evaluate() | p.If() | p.Block() | p.Loop():
                pass
            case _:
                return
        places = _places(body)
        begins = self.paired.begins.get(owner.name, set()) & places
        ends = self.paired.ends.get(owner.name, set()) & places
        if begins != ends:
            return
        form = self._add(_Form("label", stmt.span, Empty(), "dropped"), owner)
        self._leaf_spans[form] = body.span

    def _known(self, span: Span) -> bool:
        """Whether the primitive has a change that drops it, or calls it at once."""
        return any(form.span == span and isinstance(form.action, Drop | Now) for form in self.found)


def _call_of(stmt: p.Stmt) -> p.CallFunction | p.CallPrimitive:
    """The one call that a statement is, if it is one, perhaps under a condition."""
    match stmt:
        case p.Label(body=body):
            return _call_of(body)
        case p.Evaluate(expr=p.CallFunction() | p.CallPrimitive() as call):
            return call
        case p.If(then=then, otherwise=p.Block(body=())):
            return _call_of(then)
        case p.Block(body=(only,)):
            return _call_of(only)
        case _:
            raise ValueError(stmt)


def _good(stmt: p.If, hinted: str) -> bool:
    """What the condition is taken to be where nobody looks: that things are as they should be.

    An ``unlikely()`` one is false and a ``likely()`` one true; one that only leads away, or only
    notes something down, is false; one that lets something be done is true.
    """
    if hinted:
        return hinted == "likely"
    return not _bails_out(stmt.then)


def _bails_out(stmt: p.Stmt) -> bool:
    """Whether a branch only leads away, or only changes locals."""
    match stmt:
        case p.Block(body=body):
            return bool(body) and (_leads_away(body[-1]) or all(map(_bails_out, body)))
        case p.Evaluate(expr=p.Assign(target=p.LocalPlace())):
            return True
        case _:
            return _leads_away(stmt)


def _leads_away(stmt: p.Stmt) -> bool:
    return isinstance(stmt, p.Return | p.Goto | p.Break | p.Continue)


def _gotos(function: p.Function) -> list[str]:
    return [node.label for node in parts(function.body) if isinstance(node, p.Goto)]


def _places(stmt: p.Stmt) -> set[Span]:
    """The places of calls in a statement."""
    return {n.span for n in parts(stmt) if isinstance(n, p.CallFunction | p.CallPrimitive)}


def known(protocol: p.Protocol) -> Mapping[str, p.Function]:
    """Functions and actors by name; an actor's name is used for no function."""
    return {**protocol.functions, **protocol.actors}
