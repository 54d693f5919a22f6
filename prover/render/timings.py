"""Where the time went: ``--timings``.

::

    events  clauses  bound  encode  solve  MiB  obligation
       116    20417      2   0.081  0.310   96  walk / no_sync PAE=on sc
                             0.081  0.310       total of 0.52 s
"""

from __future__ import annotations

from typing import Final

from prover.verdict import Obligation, Report

_GAP: Final = "  "


def render_timings(report: Report) -> str:
    """A row for each obligation, in the order of the report, and the sums of the stages."""
    outcomes = [outcome for file in report.files for outcome in file.outcomes]
    stages = list(dict.fromkeys(name for o in outcomes for name in o.measured.seconds))
    rows = [("events", "clauses", "bound", *stages, "MiB", "obligation")]
    for outcome in outcomes:
        measured = outcome.measured
        rows.append(
            (
                str(measured.events),
                str(measured.clauses),
                str(measured.bound),
                *(f"{measured.seconds.get(name, 0):.3f}" for name in stages),
                f"{measured.peak_mib:.0f}",
                name_of(outcome.obligation),
            )
        )
    sums = (sum(o.measured.seconds.get(name, 0) for o in outcomes) for name in stages)
    total = f"total of {report.seconds:.2f} s"
    rows.append(("", "", "", *(f"{seconds:.3f}" for seconds in sums), "", total))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "".join(
        _GAP.join([*(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=False)), row[-1]]) + "\n"
        for row in rows
    )


def name_of(obligation: Obligation) -> str:
    """``walk / no_sync PAE=on sc``."""
    settings = (f"{name}={value}" for name, value in obligation.configuration)
    return " ".join((obligation.question, *settings, obligation.model))
