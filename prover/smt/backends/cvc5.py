"""The one door to cvc5, the solver that gives the second opinion.

It is given a whole script and is told nothing else: no assumptions, no state from one question to
the next.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

import cvc5

from prover.smt.reply import GaveUp, Reply, Sat, Unsat


def ask(script: str, seconds: float) -> Reply:
    """The answer to a script's one ``check-sat``; a yes comes without its assignment."""
    solver = cvc5.Solver(cvc5.TermManager())
    # On questions that take it seconds two thirds of the time, and on none more to speak of.
    solver.setOption("sat-solver", "cadical")
    solver.setOption("tlimit-per", str(max(1, int(seconds * 1000))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    symbols = parser.getSymbolManager()
    said: list[str] = []
    try:
        while not (command := parser.nextCommand()).isNull():
            said += str(command.invoke(solver, symbols)).split("\n")
    except RuntimeError as error:
        return GaveUp(_first_line(str(error)))
    match [line.strip() for line in said if line.strip()]:
        case ["unsat"]:
            return Unsat()
        case ["sat"]:
            return Sat({})
        case ["unknown (TIMEOUT)"]:
            return GaveUp(f"timeout after {seconds:g} s")
        case other:
            return GaveUp(_first_line(" ".join(other)) or "no answer")


def _first_line(text: str) -> str:
    """An error in a line: what a parser quotes of a script is long."""
    return " ".join(text.split())[:120]
