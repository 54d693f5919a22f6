"""The obligations of a file: scenario x variant x configuration x memory model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import product

from dsl.diagnostic import Diagnostic, DiagnosticError, Label
from dsl.frozen import Frozen, replace
from dsl.protocol import Expect, Protocol, Scenario
from dsl.unbounded import needs_numbers
from prover.verdict import Obligation, Request

MODELS = ("sc", "tso", "lkmm")
"""The memory models this version decides, the strongest first."""


class Task(Frozen, frozen=True):
    """An obligation and what the author expects of it.

    ``unbounded``: it is about any number of actors, or of rounds.
    """

    obligation: Obligation
    expected: Expect | None
    unbounded: bool = False


def tasks(protocol: Protocol, request: Request) -> list[Task]:
    """The obligations of a file that the request selects, in file order."""
    _check_selection(protocol, request)
    found: list[Task] = []
    for scenario in protocol.scenarios.values():
        if request.scenario not in (None, scenario.name):
            continue
        selected = [] if request.variant else [("", scenario.expects)]
        selected.extend(
            (variant.name, variant.expects)
            for variant in protocol.variants.values()
            if scenario.name in variant.scenarios and request.variant in (None, variant.name)
        )
        for name, expects in selected:
            for configuration in configurations(protocol, request):
                for model in _models(protocol, request, scenario):
                    obligation = Obligation(scenario.name, name, configuration, model)
                    expected = _expected(expects, obligation)
                    found.append(Task(obligation, expected, scenario.unbounded))
    if not found and only_sc(protocol, request):
        raise DiagnosticError(tuple(only_sc(protocol, request)))
    if not found:
        hint = "a variant runs only in the scenarios its header names"
        message = "nothing to prove: no scenario with this selection"
        raise DiagnosticError((Diagnostic("nothing-selected", message, None, (), hint),))
    return found


def configurations(protocol: Protocol, request: Request) -> Iterator[tuple[tuple[str, str], ...]]:
    """Every product of config values that the request selects."""
    fixed = dict(request.config)
    values = [
        [(name, value) for value in choices if fixed.get(name, value) == value]
        for name, choices in protocol.configs.items()
    ]
    yield from product(*values)


def _models(protocol: Protocol, request: Request, scenario: Scenario) -> tuple[str, ...]:
    if scenario.unbounded:
        return ("sc",) if request.model in (None, "sc") else ()
    return (request.model,) if request.model else protocol.models


def only_sc(protocol: Protocol, request: Request) -> list[Diagnostic]:
    """What is to be said of scenarios that the request selects but for the memory model."""
    if request.model in (None, "sc"):
        return []
    return [
        Diagnostic(
            "needs-numbers",
            f"scenario `{scenario.name}` is decided under `sc` alone, not under {request.model}",
            Label(scenario.span, "any number of actors, or for ever"),
            (),
            "weak memory is decided for numbers of actors: run so many, without `forever`",
        )
        for scenario in protocol.scenarios.values()
        if scenario.unbounded and request.scenario in (None, scenario.name)
    ]


def numbered(protocol: Protocol, found: Sequence[Task]) -> list[Task]:
    """The tasks of scenarios that say how many actors there are, for those who need to know.

    Raises DiagnosticError where there are only others.
    """
    left = [t for t in found if not protocol.scenarios[t.obligation.scenario].unbounded]
    if found and not left:
        needs_numbers(protocol.scenarios[found[0].obligation.scenario])
    return left


def _expected(expects: tuple[Expect, ...], obligation: Obligation) -> Expect | None:
    """The one expectation that matches an obligation."""
    configuration = dict(obligation.configuration)
    for expect in expects:
        here = not expect.models or obligation.model in expect.models
        if here and expect.when.holds(configuration):
            return expect
    return None


def with_stronger(
    protocol: Protocol, obligation: Obligation, asked: Mapping[str, Expect | None]
) -> dict[str, Expect | None]:
    """What is expected by model of what is ``asked`` about.

    Where a violation is expected, the file is looked up for the stronger models that are not asked
    about, too: under which of them it is expected says where to look for it.
    """
    found = dict(asked)
    if any(e is not None and e.verdict == "refuted" for e in asked.values()):
        variant = protocol.variants.get(obligation.variant)
        expects = (variant or protocol.scenarios[obligation.scenario]).expects
        for model in MODELS[: max(map(MODELS.index, asked))]:
            if model not in found:
                found[model] = _expected(expects, replace(obligation, model=model))
    return found


def _check_selection(protocol: Protocol, request: Request) -> None:
    """What the request names must exist in the file."""
    found: list[Diagnostic] = []
    found.extend(unknown("scenario", request.scenario, tuple(protocol.scenarios)))
    found.extend(unknown("variant", request.variant, tuple(protocol.variants)))
    found.extend(_unknown_model(request.model))
    for name, value in request.config:
        found.extend(unknown("config", name, tuple(protocol.configs)))
        if name in protocol.configs:
            found.extend(unknown(f"value of {name}", value, protocol.configs[name]))
    if found:
        raise DiagnosticError(tuple(found))


def unknown(what: str, name: str | None, known: tuple[str, ...]) -> Iterator[Diagnostic]:
    """What is said of a name that is not among the known."""
    if name is None or name in known:
        return
    close = get_close_matches(name, known, 1)
    listed = ", ".join(known) or "none"
    hint = f"did you mean `{close[0]}`?" if close else f"there are: {listed}"
    yield Diagnostic("unknown-selection", f"there is no {what} `{name}`", None, (), hint)


def _unknown_model(name: str | None) -> Iterator[Diagnostic]:
    if name is not None and name.endswith(".cat"):
        message = f"`{name}` cannot be asked about protocols"
        hint = f"protocols are decided under {', '.join(MODELS)}; a cat file is for litmus tests"
        yield Diagnostic("unknown-selection", message, None, (), hint)
    else:
        yield from unknown("model", name, MODELS)
