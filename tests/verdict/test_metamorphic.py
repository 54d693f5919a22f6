"""Changes to a case that must not change its verdict, or only one way."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load
from prover.verdict import FileReport, Refuted, Report, name_of

PROJECT = Path(__file__).parent.parent.parent

SEEDED = (
    "checks/torn-value",
    "lifetimes/aba_cmpxchg",
    "litmus/iriw_swapped",
    "locks/abba",
    "locks/rwsem_read_for_read",
    "obligations/several_properties",
    "obligations/variants",
    "sections/ipi_never_on_caller",
    "sections/kfree_rcu_twice",
    "vacuity/variant_unreached",
    "bounds/backward_goto",
    "words/no_laundering",
    "anynumber/rcu_removal",
    "anynumber/typesafe_lookup_freed_early_wrong",
)


NAME = re.compile(
    r"^import .*$|(?<!\w)(?<!\w-)(?<!\Wstruct )[A-Za-z_]\w*(?!\w)(?!-\w)", re.MULTILINE
)
"""A name of C, and not a part of a property's (``lock-held-at-end``)."""


def settled(library) -> list:
    return [case for case in library.cases if case.folder != "open"]


def shown(file: FileReport) -> list[tuple[str, ...]]:
    """The verdicts of a file, each with the properties found."""
    assert not file.diagnostics, file.diagnostics
    return [
        (
            name_of(o.verdict),
            *sorted(o.verdict.properties if isinstance(o.verdict, Refuted) else ()),
        )
        for o in file.outcomes
    ]


def changed(library, cases, texts: list[str]) -> list[tuple]:
    """Each case with its verdicts before and after."""
    report: Report = library.prove(*texts)
    return [
        (case, shown(library.report(case)), shown(file))
        for case, file in zip(cases, report.files, strict=True)
    ]


def foreign(program) -> set[str]:
    """Every word of the files that a case imports."""
    texts = [source.text for name, source in program.sources.items() if name != program.main.name]
    return {word for text in texts for word in re.findall(r"\w+", text)}


def renamed(case) -> str:
    """The case with its actors, objects, functions and pools renamed, their order turned around.

    What the library has keeps its name, and so has what it calls something else by: a variant may
    put statements into the library's functions.
    """
    program = load(case.path, (library_root(),))
    protocol = check(program)
    every = (protocol.actors, protocol.objects, protocol.pools, protocol.functions)
    own = {name for part in every for name, it in part.items() if it.span.file == protocol.name}
    names = sorted(own - foreign(program), reverse=True)
    new = {name: f"q{number}_{name[::-1]}" for number, name in enumerate(names)}
    return NAME.sub(lambda m: new.get(m[0], m[0]), case.text)


def test_names_do_not_matter(library) -> None:
    cases = settled(library)[::4]
    texts = [renamed(case) for case in cases]
    assert all(text != case.text for case, text in zip(cases, texts, strict=True))
    for case, before, after in changed(library, cases, texts):
        assert after == before, case.name


def with_idle(text: str) -> str:
    """Every scenario runs one more actor, which does nothing."""
    changed = re.sub(r"(\trun [^;]+);((?:\n\trun [^;]+;)*)", r"\1, idler;\2", text)
    return changed + "\nactor idler {\n}\n"


def test_an_idle_actor_changes_nothing(library) -> None:
    """But where it is sent an IPI: that may count it, so only a refutation has to stay.

    Where all begin again for ever it does, too, and then who waits does not wait where all do.
    """
    cases = settled(library)[1::4]
    for case, before, after in changed(library, cases, [with_idle(c.text) for c in cases]):
        if "forever;" in case.text and any("deadlock" in each for each in before):
            continue
        if "smp_call_function" not in case.text:
            assert after == before, case.name
        for old, new in zip(before, after, strict=True):
            assert old[0] != "refuted" or new[0] == "refuted", case.name


def test_a_second_instance_never_hides_a_violation(library) -> None:
    """But a deadlock: the new instance may be the one that releases."""
    cases = [c for c in settled(library) if c.result == "refuted" and c.folder == "litmus"]
    texts = [re.sub(r"(\trun \w+)(, \w+)", r"\1 * 2\2", c.text) for c in cases]
    chosen = [(c, t) for c, t in zip(cases, texts, strict=True) if t != c.text]
    assert len(chosen) >= 10
    for case, before, after in changed(library, [c for c, _ in chosen], [t for _, t in chosen]):
        assert before == after, case.name


def test_the_order_of_actors_does_not_matter(library) -> None:
    cases = settled(library)[2::6]

    def turned(match: re.Match[str]) -> str:
        return f"\trun {', '.join(reversed(match[1].split(', ')))};"

    texts = [re.sub(r"\trun ([^;]+);", turned, case.text) for case in cases]
    for case, before, after in changed(library, cases, texts):
        assert after == before, case.name


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in (1, 2))])
def test_a_higher_bound_never_turns_refuted_into_proved(library, part: int) -> None:
    loops = re.compile(r"\b(while|for|do|goto)\b")
    bounded = (case for case in settled(library) if case.folder != "anynumber")
    cases = [case for case in bounded if loops.search(case.text)][part::3]
    assert len(cases) >= 10
    texts = [re.sub(r"\tbound \d+;\n", "", case.text) for case in cases]
    runs = [library.prove(*texts, max_bound=bound) for bound in (1, 2, 4)]
    for lower, higher in itertools.pairwise(runs):
        for old, new in zip(lower.files, higher.files, strict=True):
            for was, now in zip(shown(old), shown(new), strict=True):
                assert was[0] != "refuted" or set(was) <= set(now), old.name
                assert was[0] != "proved" or now == was, old.name


def test_a_lower_bound_is_never_called_a_proof(library) -> None:
    text = "models sc;\nint x; actor a { for (int i = 0; i < 4; i++) x = i; } scenario s { run a; final x == 3; }"
    found = [shown(library.prove(text, max_bound=bound).files[0])[0][0] for bound in (1, 3, 4, 5)]
    assert found == ["bounded", "bounded", "proved", "proved"]


@pytest.fixture(scope="module")
def outputs() -> list[bytes]:
    """What the command prints for some cases, by hash seed and number of processes."""
    cases = PROJECT / "tests" / "cases" / "verdict"
    files = [str((cases / name).with_suffix(".khp").relative_to(PROJECT)) for name in SEEDED]
    printed: list[bytes] = []
    for seed, jobs in (("0", "1"), ("1", "2")):
        ran = subprocess.run(
            [sys.executable, "-m", "prover", "-v", "-j", jobs, *files],
            cwd=PROJECT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode == 0, ran.stdout.decode() + ran.stderr.decode()
        printed.append(ran.stdout)
    return printed


def test_equal_runs_print_equal_bytes(outputs) -> None:
    assert outputs[0] == outputs[1]
    assert outputs[0].count(b"^^^^") >= 8
