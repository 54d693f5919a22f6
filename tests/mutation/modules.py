"""The modules whose mutants are made, most trusted first."""

from __future__ import annotations

JUDGES = (
    "prover/execution/run/judge.py",
    "prover/execution/run/machine.py",
    "prover/execution/run/locking.py",
    "prover/execution/run/standstill.py",
    "prover/execution/weak/law.py",
    "prover/execution/weak/rules.py",
    "prover/execution/weak/barriers.py",
    "prover/execution/weak/pages.py",
    "prover/execution/weak/run.py",
    "prover/models/rows.py",
)
"""What judges an execution before anybody is shown it."""

ORACLES = (
    "prover/execution/enumerate/candidates.py",
    "prover/execution/enumerate/hazards.py",
    "prover/execution/enumerate/judge.py",
    "prover/execution/enumerate/locks.py",
    "prover/execution/enumerate/memory.py",
    "prover/execution/enumerate/order.py",
    "prover/execution/enumerate/stuck.py",
    "prover/execution/enumerate/values.py",
    "prover/execution/enumerate/waits.py",
    "dsl/interpreter/atomics.py",
    "dsl/interpreter/contexts.py",
    "dsl/interpreter/explore.py",
    "dsl/interpreter/idle.py",
    "dsl/interpreter/lifetimes.py",
    "dsl/interpreter/lock_calls.py",
    "dsl/interpreter/locks.py",
    "dsl/interpreter/machine.py",
    "dsl/interpreter/memory.py",
    "dsl/interpreter/sections.py",
    "dsl/interpreter/srcu.py",
    "dsl/interpreter/updates.py",
    "dsl/interpreter/values.py",
    "dsl/interpreter/work.py",
)
"""What the engine is compared with: the enumerator, and the interpreter."""

MAKERS = (
    "prover/smt/locks.py",
    "prover/smt/memory.py",
    "prover/smt/waits.py",
    "prover/smt/violations.py",
    "prover/smt/relations.py",
    "prover/smt/possible.py",
    "prover/smt/weak/walk.py",
    "prover/smt/weak/strand.py",
    "prover/smt/weak/points.py",
    "prover/smt/weak/between.py",
    "prover/smt/weak/waits.py",
    "prover/smt/weak/com.py",
    "prover/smt/weak/srcu.py",
    "prover/smt/weak/races.py",
    "prover/execution/construct/program.py",
    "prover/execution/construct/locks.py",
    "prover/execution/construct/memory.py",
    "prover/execution/construct/controls.py",
    "prover/execution/alike.py",
    "prover/smt/alike.py",
)
"""What makes events and constraints."""

CHECKERS = tuple(
    f"prover/parametric/certificate/{name}.py"
    for name in (
        *("checker", "exchanged", "mirrors", "text", "table", "folded", "step", "classes"),
        *("pairs", "asked", "terms", "diagram", "binding", "document"),
    )
)
"""What a proof for any number of actors is believed for: both checkers of its certificate."""

MODULES = (*JUDGES, *ORACLES, *MAKERS, *CHECKERS)
