"""The table of verdicts: at most 79 columns, and nothing lost in them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from dsl.protocol import Condition, Expect
from dsl.source import Span
from prover.execution.witness import Witness
from prover.render.table import render_report
from prover.verdict import (
    FileReport,
    Measured,
    Obligation,
    Outcome,
    Proved,
    Refuted,
    Report,
    Unknown,
    Verdict,
)


def lines_for(scenario: str, verdict: Verdict, *, color: bool = False) -> list[str]:
    obligation = Obligation(scenario, "", (), "sc")
    as_expected = isinstance(verdict, Proved)
    outcome = Outcome(obligation, verdict, None, as_expected, (), Measured())
    report = Report((FileReport("f.khp", (outcome,), (), {}),))
    return render_report(report, verbose=False, quiet=False, color=color).splitlines()


def test_a_short_line_stays_one() -> None:
    lines = lines_for("s", Proved())
    assert lines[1].split() == "proved s all executions, loops complete".split()


def test_a_long_name_has_a_line_of_its_own() -> None:
    lines = lines_for("s" * 60, Proved())
    assert lines[1] == f"  proved   {'s' * 60}"
    assert lines[2].strip() == "all executions, loops complete"


def test_long_reasons_go_on_in_their_column() -> None:
    why = "the solver gave up because " + "of one thing and of another " * 8
    lines = lines_for("scenario", Unknown(why.strip()))[1:-1]
    assert all(len(line) <= 79 for line in lines)
    told = " ".join(line[48:] for line in lines)
    assert told.startswith(why.strip()[:40])
    assert "NOT EXPECTED" in told
    assert {line[:48].strip() for line in lines[1:]} == {""}


def test_colour_moves_nothing() -> None:
    plain, coloured = lines_for("s", Proved()), lines_for("s", Proved(), color=True)
    assert coloured[1] != plain[1]
    assert coloured[1].replace("\x1b[32m", "").replace("\x1b[0m", "") == plain[1]


MODELS = ("lkmm", "sc", "tso")


def refuted(*found: tuple[str, str]) -> Refuted:
    """A refutation by these properties, each with the model that shows it."""
    first, *others = (
        Witness(name, "", model, (), (), (), ("one overtakes two",), (), reordered=model != "sc")
        for name, model in found
    )
    return Refuted(first, tuple(others))


def table(
    verdicts: Mapping[tuple[str, str], Verdict], wrong: Mapping[tuple[str, str], Expect | None]
) -> list[str]:
    """The lines for scenario ``s`` by (value of PAE, model); ``wrong`` was expected otherwise."""
    outcomes = tuple(
        Outcome(
            Obligation("s", "v", (("PAE", value),), model),
            verdict,
            wrong.get((value, model)),
            (value, model) not in wrong,
            (),
            Measured(),
        )
        for (value, model), verdict in verdicts.items()
    )
    report = Report((FileReport("f.khp", outcomes, (), {}),))
    lines = render_report(report, verbose=False, quiet=False, color=False).splitlines()
    assert all(len(line) <= 79 for line in lines)
    return lines


def by_model(**verdicts: Verdict) -> list[str]:
    """The lines between first and last of one configuration, in single spaces."""
    lines = table({("on", model): verdict for model, verdict in verdicts.items()}, {})
    assert lines[0] == f"f.khp: {', '.join(verdicts)}, PAE=on"
    plural = "" if len(verdicts) == 1 else "s"
    assert lines[-1] == f"{len(verdicts)} obligation{plural}: {len(verdicts)} as expected"
    return [" ".join(line.split()) for line in lines[1:-1]]


ALL = "all executions, loops complete"


def test_models_that_agree_are_one_line() -> None:
    assert by_model(**dict.fromkeys(MODELS, Proved())) == [f"proved s / v {ALL}"]


def test_models_that_differ_are_named_in_the_order_of_the_file() -> None:
    lines = by_model(lkmm=refuted(("assert", "lkmm")), sc=Proved(), tso=Proved())
    assert lines == ["refuted s / v lkmm assert (as expected)", f"proved s / v sc, tso {ALL}"]


def test_models_that_violate_different_properties_differ() -> None:
    lines = by_model(
        lkmm=refuted(("bug-on", "sc"), ("assert", "lkmm")), sc=refuted(("bug-on", "sc"))
    )
    assert lines == [
        "refuted s / v lkmm bug-on, assert (as expected)",
        "refuted s / v sc bug-on (as expected)",
    ]


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ((("assert", "sc"),), "assert (as expected)"),
        ((("assert", "tso"),), "assert (weak memory only) (as expected)"),
        ((("bug-on", "sc"), ("assert", "lkmm")), "bug-on, assert (weak memory only) (as expected)"),
        ((("data-race", "lkmm"),), "data-race (as expected)"),
    ],
)
def test_what_only_weak_memory_shows_says_so(found: tuple[tuple[str, str], ...], said: str) -> None:
    assert " ".join(by_model(lkmm=refuted(*found))) == f"refuted s / v {said}"


def test_models_and_configurations_are_told_together_where_they_are_a_product() -> None:
    bad, good = refuted(("assert", "lkmm")), Proved()
    pairs = list(itertools.product(("off", "on"), MODELS))
    lines = table({p: bad if p[1] == "lkmm" else good for p in pairs}, {})
    assert [line.split()[:4] for line in lines[1:-1]] == [
        ["refuted", "s", "/", "v"],
        ["proved", "s", "/", "v"],
    ]
    assert "lkmm  " in lines[1]
    assert "PAE" not in "".join(lines[1:])
    assert "sc, tso  " in lines[2]
    lines = table({p: bad if p == ("on", "lkmm") else good for p in pairs}, {})
    assert [" ".join(line.split()) for line in lines[1:-1]] == [
        f"proved s / v PAE=off {ALL}",
        "refuted s / v PAE=on lkmm assert (as expected)",
        f"proved s / v PAE=on sc, tso {ALL}",
    ]


def test_what_was_expected_otherwise_has_its_own_line() -> None:
    expected = Expect("refuted", ("assert",), (), Condition(((),)), (), Span("f.khp", 0, 0))
    verdicts = {("on", model): Proved() for model in MODELS}
    lines = table(verdicts, {("on", "lkmm"): expected, ("on", "tso"): None})
    heads = [line.split(ALL)[0].split() for line in lines[1:-1] if ALL in line]
    assert [head[4:] for head in heads] == [["lkmm"], ["sc"], ["tso"]]
    assert lines[-1] == "3 obligations: 1 as expected, 2 NOT as expected"


def test_no_property_is_broken_at_a_hyphen() -> None:
    names = ("use-after-free", "null-pointer", "unlock-not-held")
    expected = Expect("refuted", names, (), Condition(((),)), (), Span("f.khp", 0, 0))
    lines = table({("on", "lkmm"): Proved()}, {("on", "lkmm"): expected})
    assert not any(line.endswith("-") for line in lines)
    assert all(name in "\n".join(lines) for name in names)


def verbose(*verdicts: tuple[str, str, Refuted]) -> list[str]:
    """All lines for refutations of (scenario, variant)."""
    outcomes = tuple(
        Outcome(Obligation(scenario, variant, (), "sc"), verdict, None, True, (), Measured())
        for scenario, variant, verdict in verdicts
    )
    report = Report((FileReport("f.khp", outcomes, (), {}),))
    return render_report(report, verbose=True, quiet=False, color=False).splitlines()


def test_a_table_that_stands_above_is_not_printed_again() -> None:
    same, other = refuted(("assert", "sc")), refuted(("final", "sc"))
    both = refuted(("final", "sc"), ("assert", "sc"))
    lines = verbose(("s", "", same), ("s", "v", same), ("s", "w", other), ("s", "x", both))
    heads = [line.split()[1:4] for line in lines if line.startswith("  refuted")]
    assert heads == [["s", *heads[0][1:]], ["s", "/", "v"], ["s", "/", "w"], ["s", "/", "x"]]
    assert [line for line in lines if "as above" in line] == [
        "    assert: as above, in s",
        "    final: as above, in s / w",
        "    assert: as above, in s",
    ]
    assert sum(line.startswith("assert:") for line in lines) == 1
    assert sum(line.startswith("final:") for line in lines) == 1


def test_a_table_of_another_scenario_is_printed() -> None:
    lines = verbose(("s", "", refuted(("assert", "sc"))), ("t", "", refuted(("assert", "sc"))))
    assert sum(line.startswith("assert:") for line in lines) == 2
    assert not any("as above" in line for line in lines)


def test_where_a_table_is_fits_the_width() -> None:
    same, long = refuted(("use-after-free", "sc")), "a_long_name_" * 5
    lines = verbose(("s", long, same), ("s", "v", same))
    assert all(len(line) <= 79 for line in lines)
    assert "    use-after-free: as above, in s /" in lines
