"""Questions about a query whose answers count only where some integers differ."""

from __future__ import annotations

from prover.smt.backends.z3 import Session
from prover.smt.query import Query, apart
from prover.smt.reply import Reply, Sat


def ask_apart(
    session: Session, query: Query, question: str, *also: str, values: bool = False
) -> Reply:
    """The answer to a question: a yes in which no two of ``query.distinct`` are level.

    Those that an answer has level are told apart from then on, and it is asked again.
    """
    pairs = query.distinct
    while True:
        reply = session.ask(question, *also, values=values or bool(pairs))
        found = reply.values if isinstance(reply, Sat) else None
        level = [(a, b) for a, b in pairs if found and found[a] == found[b]]
        if not level:
            return reply
        session.add(apart(level))
