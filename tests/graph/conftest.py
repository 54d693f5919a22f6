"""Protocols as text, compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import product

import pytest

from dsl.check import check
from dsl.imports import load_text
from dsl.protocol import Protocol


def protocol(text: str) -> Protocol:
    """The checked text; a scenario ``s`` that runs every actor is added if there is none."""
    return check(load_text("t.khp", f"models sc;\n{text}", None, ()))


def configurations(checked: Protocol) -> Iterator[Mapping[str, str]]:
    """Every configuration."""
    for values in product(*checked.configs.values()):
        yield dict(zip(checked.configs, values, strict=True))


@pytest.fixture
def checked() -> Callable[[str], Protocol]:
    return protocol


@pytest.fixture
def all_configurations() -> Callable[[Protocol], Iterator[Mapping[str, str]]]:
    return configurations
