"""``--certify``: the solver that gives the second opinion, if it is installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from prover.cli.entry import USAGE_ERROR
from prover.cli.files import complain_about

if TYPE_CHECKING:
    from prover.pipeline.certify import Second

KEPT: Final = Path("prove-disagreement")
"""Where questions are kept on which two solvers disagree."""


def second() -> Second:
    """cvc5, to be compared with z3; says so and exits where it is not installed."""
    from importlib.metadata import version

    from prover.pipeline.certify import Second

    try:
        # Before anything is proved, and in the process that workers are forked from.
        from prover.smt.backends.cvc5 import ask
    except ImportError:
        from dsl.diagnostic import Diagnostic

        message = "--certify asks cvc5, which is not installed"
        hint = "pip install 'prove-khp[certify]', or pip install cvc5"
        complain_about((Diagnostic("no-second-solver", message, None, hint=hint),), {})
        raise typer.Exit(USAGE_ERROR) from None
    return Second(f"cvc5 {version('cvc5')}", ask, f"z3 {version('z3-solver')}", KEPT)
