"""A question and the answer that was given to it, for another solver to be asked.

What the first solver is told in pieces, and asked under assumptions, is written here as one script
that any solver reads: the same assertions, then one question.
"""

from __future__ import annotations

import hashlib

from dsl.frozen import Frozen


class Claim(Frozen, frozen=True):
    """The Booleans ``assumed`` can hold together in what ``texts`` assert, or (``holds`` false)
    cannot.

    A name with a leading ``!`` is negated.
    """

    texts: tuple[str, ...]
    assumed: tuple[str, ...]
    holds: bool

    @property
    def answer(self) -> str:
        """The answer as solvers give it."""
        return "sat" if self.holds else "unsat"

    def script(self) -> str:
        """One SMT-LIB 2 script that asks just this."""
        lines = [text.rstrip("\n") for text in self.texts if text]
        lines += [f"(assert {_term(name)})" for name in dict.fromkeys(self.assumed)]
        return "\n".join([*lines, "(check-sat)"]) + "\n"


def _term(name: str) -> str:
    return f"(not {name[1:]})" if name.startswith("!") else name


def sum_of(script: str) -> str:
    """What a script is called: equal ones are one question."""
    return hashlib.sha256(script.encode()).hexdigest()
