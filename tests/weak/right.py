"""Executions that there are, of the programs in tests/weak/executions, and what is said of others.

The solver is asked for executions that end, one with each choice that it can make: what a read
reads, which of a section and a grace period comes first, where a handler runs.  What the concrete
reading says of a claim is why it refuses it, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from prover.execution import skeleton as sk
from prover.execution.claim import Claim
from prover.execution.nodes import Nodes, nodes
from prover.execution.order import StaticOrder, static_order
from prover.execution.weak.law import Law
from prover.execution.weak.models import for_protocols
from prover.execution.weak.pages import Pages
from prover.execution.weak.rules import Rules
from prover.execution.weak.run import NotAnExecution, Run
from prover.execution.weak.structure import Builder
from prover.models.cat.load import load_model
from prover.models.concrete import breaches
from prover.smt.backends.z3 import Session
from prover.smt.encode import encode, prepare
from prover.smt.query import apart
from prover.smt.reply import Sat
from prover.smt.weak.decode import DECIDING, weak_decode
from tests.weak.against import skeleton_of

EXECUTIONS = Path(__file__).parent / "executions"
MODELS = ("lkmm", "tso")
SECONDS = 60
CHOICE = re.compile(r"\(declare-(?:const|fun) ([acfgtlwi]\d+(?:_\w+)?) ")


@dataclass(frozen=True, slots=True)
class Right:
    """An execution of a program that a model allows; ``run`` is what comes of its claim."""

    name: str
    model: str
    skeleton: sk.Skeleton
    nodes: Nodes
    order: StaticOrder
    claim: Claim
    run: Run

    def said(self, claim: Claim) -> str:
        """Why another claim about the same program is refused; nothing where it is not."""
        try:
            run = Run(self.skeleton, claim)
            law = Law(run)
            law.check()
            Pages(run, self.nodes).check()
            Rules(run, self.nodes).check()
            structure = Builder(run, self.nodes).structure(law.law(self.nodes), frozenset())
        except NotAnExecution as error:
            return str(error)
        broken = breaches(for_protocols(load_model(self.model)), structure)
        return f"axiom {broken[0].axiom.name}" if broken else ""


def programs() -> list[str]:
    """The names of all programs."""
    return sorted(path.stem for path in EXECUTIONS.glob("*.khp"))


@cache
def executions(name: str, model: str) -> tuple[Right, ...]:
    """Executions of a program to its end."""
    return tuple(_executions(name, model))


def _executions(name: str, model: str) -> Iterator[Right]:
    skeleton = skeleton_of((EXECUTIONS / f"{name}.khp").read_text(encoding="utf-8"))
    prepared = prepare(skeleton, model)
    query = encode(prepared, detail=False)
    session = Session(query.text, SECONDS, DECIDING)
    session.add(apart(query.distinct))
    found, order = nodes(skeleton), static_order(skeleton)
    names = sorted(set(CHOICE.findall(query.text)))
    # Also one in which nobody is left out: without all handlers no claim about the end is looked at.
    whole = tuple(name for name in names if name[0] == "g")
    for what in ((), whole, *((name,) for name in names)):
        reply = session.ask(query.ends, *what)
        if not isinstance(reply, Sat):
            assert what, f"{name} does not end"
            continue
        claim = weak_decode(skeleton, prepared.domains, reply.values)
        yield Right(name, model, skeleton, found, order, claim, Run(skeleton, claim))
