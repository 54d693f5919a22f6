"""The modules whose mutants are made: what judges executions, and what makes constraints."""

from __future__ import annotations

MODULES = (
    "prover/execution/run/judge.py",
    "prover/execution/run/machine.py",
    "prover/execution/run/locking.py",
    "prover/execution/run/standstill.py",
    "prover/execution/weak/law.py",
    "prover/execution/weak/rules.py",
    "prover/execution/weak/barriers.py",
    "prover/execution/weak/pages.py",
    "prover/execution/weak/run.py",
    "prover/smt/locks.py",
    "prover/smt/memory.py",
    "prover/smt/waits.py",
    "prover/smt/violations.py",
    "prover/smt/relations.py",
    "prover/smt/possible.py",
    "prover/smt/weak/walk.py",
    "prover/smt/weak/between.py",
    "prover/smt/weak/com.py",
    "prover/smt/weak/races.py",
    "prover/execution/construct/program.py",
    "prover/execution/construct/locks.py",
    "prover/execution/construct/memory.py",
    "prover/execution/construct/controls.py",
)
