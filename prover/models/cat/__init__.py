"""The cat language: memory models as files (docs/models.md)."""

from __future__ import annotations

from prover.models.cat.load import load_model, load_text, shipped_file, shipped_names

__all__ = ["load_model", "load_text", "shipped_file", "shipped_names"]
