"""Questions of which none may be answered by a yes."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic

from prover.smt.backends.z3 import Session
from prover.smt.reply import GaveUp, Reply, Sat, Unsat


def first_yes(questions: Iterable[tuple[str, str]], seconds: float) -> tuple[str, Reply] | None:
    """The first of some named texts to which the answer is not no; None: it is no to each.

    All together have ``seconds``: what is left when they are over was given up.
    """
    ends = monotonic() + seconds
    for name, text in questions:
        left = ends - monotonic()
        if left <= 0:
            return name, GaveUp(f"timeout after {seconds:g} s")
        reply = Session(text, left).ask("true", values=False)
        match reply:
            case Unsat():
                pass
            case Sat() | GaveUp():
                return name, reply
    return None
