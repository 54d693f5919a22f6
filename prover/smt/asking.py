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
    names = tuple(dict.fromkeys(name for pair in query.distinct for name in pair))
    while True:
        reply = session.ask(question, *also, values=values and not names)
        if not names or not isinstance(reply, Sat):
            return reply
        # Most answers have some two level: only the last is read as a whole.
        found = session.values(names)
        level = [(a, b) for a, b in query.distinct if found[a] == found[b]]
        if not level:
            return Sat(session.values()) if values else reply
        session.add(apart(level))
