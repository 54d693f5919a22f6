"""Proofs in which of counts of references only parts are kept: when, and what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load, load_text
from prover.cli.entry import main
from prover.parametric.invariant import Endless, Safe, Suspect
from prover.parametric.system import Infinite, System
from prover.pipeline.anynumber import real
from prover.pipeline.anynumber.decide import decide_any_number
from prover.pipeline.anynumber.engine import Confirmed, Engine
from prover.pipeline.limits import Limits
from prover.verdict import Obligation, Proved, Refuted, Unknown, Verdict
from tests.anynumber.toy import BROKEN, LOCK, Nothing, Views, protocol_of, suspect

CASES = Path(__file__).parent.parent / "cases" / "verdict" / "anynumber"
COUNTED = "as long as n stays below 2^30"


class Parts(Nothing):
    """A system with parts of counts."""


def decided(
    text: str, plain: Safe | Suspect | Endless | Infinite, parts: Safe | Suspect | Infinite
) -> Verdict:
    """The verdict where views of two and more say ``plain``, and with parts of counts ``parts``."""

    def search(system: System, size: int, _seconds: float) -> Safe | Suspect | Endless:
        said = parts if isinstance(system, Parts) else plain
        if size == 1:
            said = suspect(text, "inside")
        if isinstance(said, Infinite):
            raise said
        return said

    engine = Engine(
        lambda *_: Nothing(),  # type: ignore[arg-type]
        search,
        {"checker": lambda *_: Confirmed("checker")},
        counted=lambda *_: Parts(),  # type: ignore[arg-type]
        counts=lambda system: ("n",) if isinstance(system, Parts) else (),
    )
    obligation = Obligation("s", "", (), "sc")
    limits = Limits(60.0, 2048, 8)
    return decide_any_number(protocol_of(text), obligation, None, limits, engine).verdict


@pytest.mark.parametrize("plain", [suspect(LOCK, "assert(inside"), Infinite("n"), Endless("long")])
def test_parts_prove_what_counts_do_not(plain: Suspect | Infinite | Endless) -> None:
    found = decided(LOCK, plain, Safe(Views()))
    assert isinstance(found, Proved)
    assert found.number is not None
    assert found.number.limited.startswith(f"{COUNTED}; lock-order checked up to ")


def test_where_counts_are_safe_nothing_is_taken_for_granted() -> None:
    found = decided(LOCK, Safe(Views()), Safe(Views()))
    assert isinstance(found, Proved)
    assert found.number is not None
    assert found.number.limited.startswith("lock-order checked up to ")


def test_a_count_without_an_end_is_refuted_by_what_parts_suspect() -> None:
    wrong = suspect(BROKEN, "assert(inside == 1", ("walker", 2))
    assert isinstance(decided(BROKEN, Infinite("n"), wrong), Refuted)


@pytest.mark.parametrize("parts", [Infinite("m"), suspect(LOCK, "assert(inside", ("walker", 1))])
def test_what_parts_do_not_show_is_as_it_was(parts: Infinite | Suspect) -> None:
    assert isinstance(decided(LOCK, Infinite("n"), parts), Unknown)
    plain = decided(LOCK, suspect(LOCK, "assert(inside", ("walker", 1)), parts)
    assert isinstance(plain, Unknown)
    assert "views of 3 cannot rule out assert" in plain.why


def test_parts_are_asked_about_only_where_somebody_counts() -> None:
    counted = real.engine().counted
    assert counted is not None
    of = Obligation("s", "", (), "sc")
    assert counted(check(load_text("t.khp", LOCK, None, (library_root(),))), of) is None
    protocol = check(load(CASES / "references.khp", (library_root(),)))
    found = counted(protocol, Obligation("users", "", (), "sc"))
    assert found is not None
    assert "only.ref nobody's" in found.variables()


def test_a_certificate_with_parts_says_what_it_takes_for_granted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "references.json"
    assert main(["--emit", f"certificate={saved}", str(CASES / "references.khp")]) == 0
    capsys.readouterr()
    assert main(["certificate", str(saved)]) == 0
    said = capsys.readouterr().out
    assert "confirmed by checker, z3\n  as long as only.ref stays below 2^30\n" in said
    text = saved.read_text(encoding="utf-8")
    saved.write_text(text.replace("only.ref nobody's", "only.ref"), encoding="utf-8")
    assert main(["certificate", str(saved)]) != 0
