"""Questions of which none may be answered by a yes."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from time import monotonic

from prover.smt.backends.z3 import Session
from prover.smt.reply import GaveUp, Reply, Sat, Unsat


def first_yes(
    questions: Iterable[tuple[str, str, str]], seconds: float
) -> tuple[str, Reply] | None:
    """The first of some questions to which the answer is not no; None: it is no to each.

    They are of bit-vectors.  A question is a name, what is defined for it and for all after it, and
    a goal that is its own.  All together have ``seconds``: what is left when they are over was
    given up.
    """
    ends = monotonic() + seconds
    answered: set[bytes] = set()
    session = Session("", seconds, logic="QF_BV")
    for name, definitions, goal in questions:
        left = ends - monotonic()
        if left <= 0:
            return name, GaveUp(f"timeout after {seconds:g} s")
        session.define(definitions)
        # Nothing is ever defined twice, so the same text is the same question.
        key = sha256(goal.encode()).digest()
        if key in answered:
            continue
        reply = session.alone(goal, left)
        match reply:
            case Unsat():
                answered.add(key)
            case Sat() | GaveUp():
                return name, reply
    return None
