"""What a protocol has and expects, as a table: ``prove list``.

::

    retract.khp: lkmm, sc; PAE=off|on
    scenario   run                  variant  expects             when        models
    ---------  -------------------  -------  ------------------  ----------  ------
    walk       walker * 2, retract           proved
                                    no_sync  refuted torn-value  PAE == on
                                    no_sync  proved              PAE == off
                                    no_wmb   refuted assert                  lkmm
                                    no_wmb   proved                          sc

The last column is there where something is expected under some of the models only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from dsl.protocol import Condition, Expect, Protocol, Scenario

_HEADS: Final = ("scenario", "run", "variant", "expects", "when", "models")
_RUN_WIDTH: Final = 32
_GAP: Final = "  "


def render(protocol: Protocol) -> str:
    """The models and configs of ``protocol`` in a line, then a row for each expectation."""
    parts = [", ".join(protocol.models) or "sc"]
    parts += [f"{name}={'|'.join(values)}" for name, values in protocol.configs.items()]
    headline = f"{protocol.name}: {'; '.join(parts)}\n"
    rows = [row for scenario in protocol.scenarios.values() for row in _rows(protocol, scenario)]
    return headline + (_table(rows) if rows else "no scenarios\n")


@dataclass(frozen=True, slots=True)
class _Claim:
    """One expectation of the scenario itself (``variant`` empty) or of one of its variants."""

    variant: str
    expects: str
    when: str
    models: str


def _rows(protocol: Protocol, scenario: Scenario) -> Iterator[tuple[str, ...]]:
    claims = list(_claims("", scenario.expects))
    for variant in protocol.variants.values():
        if scenario.name in variant.scenarios:
            claims += _claims(variant.name, variant.expects)
    for index, (run, claim) in enumerate(zip_longest(_run_lines(scenario), claims)):
        name = scenario.name if index == 0 else ""
        rest = claim or _Claim("", "", "", "")
        yield (name, run or "", rest.variant, rest.expects, rest.when, rest.models)


def _claims(variant: str, expects: tuple[Expect, ...]) -> Iterator[_Claim]:
    if not expects:
        yield _Claim(variant, "nothing", "", "")
    for expect in expects:
        text = " ".join((expect.verdict, ", ".join(expect.properties))).strip()
        if expect.allowing:
            text += f" allowing {', '.join(expect.allowing)}"
        yield _Claim(variant, text, _condition(expect.when), ", ".join(expect.models))


def _condition(condition: Condition) -> str:
    """``PAE == on``; nothing where it always holds."""
    clauses = [
        " && ".join(f"{name} == {value}" for name, value in clause) for clause in condition.clauses
    ]
    return "never" if not clauses else "" if "" in clauses else " || ".join(clauses)


def _run_lines(scenario: Scenario) -> list[str]:
    """The actors with their multiplicities, in lines of :data:`_RUN_WIDTH` columns."""
    lines = [""]
    actors = [
        f"{name} *" if name in scenario.many else name if count == 1 else f"{name} * {count}"
        for name, count in scenario.run
    ]
    for index, actor in enumerate(actors):
        text = actor + ("," if index + 1 < len(actors) else "")
        if lines[-1] and len(lines[-1]) + 1 + len(text) > _RUN_WIDTH:
            lines.append(text)
        else:
            lines[-1] = f"{lines[-1]} {text}".strip()
    return [*lines, "forever"] if scenario.forever else lines


def _table(rows: list[tuple[str, ...]]) -> str:
    # Models are a column only where some expectation is about some of them.
    columns = len(_HEADS) if any(row[-1] for row in rows) else len(_HEADS) - 1
    table = [row[:columns] for row in (_HEADS, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(columns)]
    table.insert(1, tuple("-" * width for width in widths))
    lines = (
        _GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    )
    return "".join(line + "\n" for line in lines)
