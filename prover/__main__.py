"""``prove`` and ``python -m prover``."""

from __future__ import annotations

from prover.cli.entry import main

if __name__ == "__main__":
    raise SystemExit(main())
