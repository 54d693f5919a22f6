"""The cat language: what texts mean as terms, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dsl.codes import CODES
from dsl.diagnostic import Diagnostic, DiagnosticError
from prover.models.algebra import Definition, MemoryModel, Recursion
from prover.models.cat import load_model, load_text
from prover.models.cat.codes import CAT_CODES
from prover.models.cat.library import INCLUDES, PRELUDE
from prover.models.concrete import Structure, defined

CASES = sorted((Path(__file__).parent / "refused").glob("*.cat"))


def model_of(text: str) -> MemoryModel:
    return load_text("test.cat", text)


def term(expression: str) -> str:
    """How the meaning of an expression prints."""
    model = model_of(f"let subject = {expression}")
    return next(str(d.term) for d in model.definitions[::-1] if isinstance(d, Definition))


def refusal(text: str) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        model_of(text)
    (found,) = caught.value.diagnostics
    return found


TERMS = [
    ("po | rf ; co", "po | rf ; co"),
    ("po ; rf | co", "po ; rf | co"),
    ("po ; rf \\ co", "po ; rf \\ co"),
    ("(po ; rf) \\ co", "(po ; rf) \\ co"),
    ("po \\ rf \\ co", "po \\ rf \\ co"),
    ("po \\ (rf \\ co)", "po \\ (rf \\ co)"),
    ("po \\ rf & co", "po \\ rf & co"),
    ("po & rf \\ co", "po & rf \\ co"),
    ("po & R * W", "po & R * W"),
    ("R * W & po", "R * W & po"),
    ("po* ; rf", "po^* ; rf"),
    ("po*", "po^*"),
    ("(po)* | rf+ ; co?", "po^* | rf^+ ; co?"),
    ("po*?", "po^*?"),
    ("po^-1*", "po^-1^*"),
    ("~po^-1", "~po^-1"),
    ("~po & rf", "~po & rf"),
    ("~(po | rf)", "~(po | rf)"),
    ("~R * ~W", "(~R) * (~W)"),
    ("[R] ; po ; [W]", "[R] ; po ; [W]"),
    ("[R | W \\ IW]", "[(R | (W \\ IW))]"),
    ("[~R & M]", "[(~R & M)]"),
    ("_ * {}", "_ * {}"),
    ("[_] | 0", "[_] | 0"),
    ("R | 0", "(R | {})"),
    ("domain(po) * range rf", "domain(po) * range(rf)"),
    ("fencerel(F)", "po & _ * F ; po"),
    ("different-values(rf)", "rf \\ same-value"),
    ("toid R", "[R]"),
    ("po ^-1", "po^-1"),
    ("po(* a (* nested *) one *);rf // and a line", "po ; rf"),
    ("try nosuch with po", "po"),
    ("try po with nosuch", "po"),
    ("try (po ; nosuch) with (try nosuch with rf)", "rf"),
    ('if "lkmmv2" then po else rf', "po"),
    ('if "lkmmv1" then (if "lkmmv2" then rf ; po else po) else 0', "rf ; po"),
    ("let a = po in let b = a ; a in b", "b"),
]


@pytest.mark.parametrize(("text", "printed"), TERMS, ids=[text for text, _ in TERMS])
def test_terms(text: str, printed: str) -> None:
    assert term(text) == printed
    assert load_text("again.cat", str(model_of(f"let a = {text}"))) == model_of(f"let a = {text}")


def test_a_star_takes_the_operand_behind_it() -> None:
    model = model_of("let a = R*W let b = po* let c = po*acyclic po* ~empty po* as none")
    terms = [str(d.term) for d in model.definitions if isinstance(d, Definition)]
    assert terms == ["R * W", "po^*", "po^*"]
    assert [str(axiom) for axiom in model.axioms] == [
        "acyclic po^* as acyclic-1",
        "~empty po^* as none",
    ]


def definitions(text: str) -> list[str]:
    return [str(definition) for definition in model_of(text).definitions]


def test_a_name_defined_again_keeps_its_old_meaning_where_it_was_used() -> None:
    assert definitions("let addr = po ; addr let d = addr let addr = addr | d") == [
        "let addr'2 = po ; addr",
        "let d = addr'2",
        "let addr'3 = addr'2 | d",
    ]


def test_what_the_prelude_defines_does_not_change_with_the_model() -> None:
    assert definitions("let rf = rf & ext let a = rfe") == [
        "let rf'2 = rf & ext",
        "let rfe = rf & ext",
        "let a = rfe",
    ]
    assert definitions("let fr = po let a = fr ; fre") == [
        "let fr = po",
        "let fr'2 = rf^-1 ; co",
        "let fre = fr'2 & ext",
        "let a = fr ; fre",
    ]


@pytest.mark.parametrize("name", PRELUDE)
def test_the_prelude(name: str) -> None:
    model = model_of(f"let a = {name} | {name}")
    assert name == "emptyset" or len(model.definitions) >= 2


def test_functions_see_what_was_before_them() -> None:
    assert definitions(
        "let r = po let f(x, y) = x ; r ; y let g x = f(x, x) let r = rf let a = g r let b = g(co)"
    ) == [
        "let r = po",
        "let r'2 = rf",
        "let a = r'2 ; r ; r'2",
        "let b = co ; r ; co",
    ]


def test_a_function_is_a_value() -> None:
    assert definitions("let f(A) = [A] ; po let g = f let a = g(R)") == ["let a = [R] ; po"]
    assert definitions("let on(f, r) = [f(r)] ; po let a = on(domain, rf)") == [
        "let a = [domain(rf)] ; po"
    ]


def test_local_definitions_have_names_of_their_own() -> None:
    assert definitions("let f(x) = let y = x ; x in y | y let a = f(po) let b = f(rf)") == [
        "let y = po ; po",
        "let a = y | y",
        "let y'2 = rf ; rf",
        "let b = y'2 | y'2",
    ]


def test_sets_and_relations_are_told_apart() -> None:
    model = model_of(
        "let A = R | W let b = po | rf let f(x, y) = x | y let C = f(R, A) empty C as c"
    )
    assert [str(d) for d in model.definitions] == [
        "let A = (R | W)",
        "let b = po | rf",
        "let C = (R | A)",
    ]
    assert [str(axiom) for axiom in model.axioms] == ["empty [C] as c"]


# --- let rec --------------------------------------------------------------------------------


def recursion(text: str) -> Recursion:
    found = model_of(text).definitions[-1]
    assert isinstance(found, Recursion)
    return found


def test_kinds_of_recursive_names_follow_from_their_equations() -> None:
    found = recursion("let rec a = b and b = a | domain(c) and c = d ; c and d = d")
    assert [str(member) for member in found.members] == [
        "let a = b",
        "let b = (a | domain(c))",
        "let c = d ; c",
        "let d = d",
    ]
    assert found.monotone


@pytest.mark.parametrize(
    ("text", "monotone"),
    [
        ("let rec a = po | a ; a", True),
        ("let rec a = po \\ a", False),
        ("let rec a = po \\ (rf \\ a)", True),
        ("let rec a = ~a & po", False),
        ("let rec a = ~(~a) & po", True),
        ("let rec A = R \\ domain(b) and b = [A] ; po", False),
        ("let rec A = R | ~domain([A] ; po)", False),
    ],
)
def test_which_equations_are_monotone(text: str, monotone: bool) -> None:
    assert recursion(text).monotone == monotone


def structure(**relations: set[tuple[int, int]]) -> Structure:
    named = {name: frozenset(pairs) for name, pairs in relations.items()}
    return Structure(frozenset(range(6)), {"R": frozenset({0, 1, 2})}, named)


def test_recursion_means_the_least_solution() -> None:
    model = model_of("let rec odd = po | even ; po and even = odd ; po")
    found = defined(model, structure(po={(0, 1), (1, 2), (2, 3), (3, 0)})).relations
    assert found["odd"] == {(0, 1), (1, 2), (2, 3), (3, 0), (0, 3), (1, 0), (2, 1), (3, 2)}
    assert found["even"] == {(0, 2), (1, 3), (2, 0), (3, 1), (0, 0), (1, 1), (2, 2), (3, 3)}


def test_equations_without_a_solution_come_to_an_end() -> None:
    model = model_of("let rec a = po \\ b and b = a")
    defined(model, structure(po={(0, 1)}))
    model = model_of("let rec A = R \\ B and B = C and C = R \\ D and D = A")
    defined(model, structure(po=set()))


def test_equations_are_used_in_their_order_with_what_was_found_before() -> None:
    # One after the other: b is computed from the a of the same round.
    model = model_of("let rec a = po and b = b | (a \\ (c ; c)) and c = a")
    found = defined(model, structure(po={(0, 1), (1, 2), (0, 2)})).relations
    assert found["b"] == {(0, 1), (1, 2), (0, 2)}
    model = model_of("let rec a = po and c = a and b = b | (a \\ (c ; c))")
    found = defined(model, structure(po={(0, 1), (1, 2), (0, 2)})).relations
    assert found["b"] == {(0, 1), (1, 2)}


def test_local_definitions_in_equations_are_equations() -> None:
    found = recursion("let rec a = let b = a ; po in b | rf")
    assert [member.name for member in found.members] == ["b", "a"]


# --- statements -----------------------------------------------------------------------------


def test_statements() -> None:
    model = model_of(
        '"mine"\n'
        "enum Kinds = 'once || 'rcu-lock || 'MB\n"
        "instructions R[{'once, 'MB}]\n"
        "instructions F[Kinds, 'once]\n"
        "let A = Once | Rcu-lock | MB\n"
        "show po, rf\n"
        "show (si \\ id) as si, po\n"
        "unshow rf\n"
        "acyclic po | rf as one\n"
        "irreflexive po\n"
        "flag ~empty A as two\n"
        "flag acyclic po\n"
        "let xb = po | rf\n"
    )
    assert (model.name, model.tags) == ("mine", ("once", "rcu-lock", "MB"))
    assert [str(axiom) for axiom in model.axioms] == [
        "acyclic po | rf as one",
        "irreflexive po as irreflexive-2",
    ]
    assert [str(flag) for flag in model.flags] == ["~empty [A] as two", "acyclic po as acyclic-4"]
    assert str(model.xb) == "xb"
    assert load_text("x.cat", str(model)) == model


def test_a_title_may_be_a_word_or_missing() -> None:
    assert model_of("LISA let a = po").name == "LISA"
    assert model_of('LISA "of mine"\nlet a = po').name == "of mine"
    assert model_of("let a = po").name == "test"
    assert model_of("").xb is None


def test_what_executes_first_is_named_once() -> None:
    assert str(model_of("let f(x) = let xb = x ; x in xb let xb = f(po)").xb) == "xb"
    assert refusal("let xb = po let xb = rf").code == "model-twice"


@pytest.mark.parametrize("name", sorted(INCLUDES))
def test_files_of_herd_and_the_kernel_are_answered(name: str) -> None:
    model_of(f'include "{name}" let a = R | W')


def test_locks_are_accesses_after_their_file() -> None:
    model = model_of('enum T = \'acquire let before = W include "lock.cat" let after = W | Acquire')
    assert str(model.definitions[0]) == "let before = W"
    assert str(model.definitions[-1]) == "let after = (W'2 | Acquire'2)"


# --- what is refused ------------------------------------------------------------------------


def case_ids() -> list[str]:
    assert len(CASES) >= 20, "no cases found"
    return [path.stem for path in CASES]


@pytest.mark.parametrize("name", case_ids())
def test_refused(name: str) -> None:
    """The first line of a case has the code; what is wrong begins where the mark `<<` stands."""
    text = (Path(__file__).parent / "refused" / f"{name}.cat").read_text(encoding="utf-8")
    first, text = text.split("\n", 1)
    place = text.find("<<")
    found = refusal(text.replace("<<", ""))
    assert found.code == first.removeprefix("// ")
    assert found.primary is not None
    assert found.primary.span.start == place, found
    assert found.message
    assert not found.message.endswith(".")


def test_every_code_has_a_case_and_is_explained() -> None:
    used = {
        path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("// ") for path in CASES
    }
    # model-tag needs a test to be found in: tests/litmus_engine/test_command.py.
    assert used | {"model-tag"} == set(CAT_CODES)
    assert not used & set(CODES)
    assert all(2 <= len(text.splitlines()) <= 6 for text in CAT_CODES.values())


def test_the_way_to_what_is_wrong() -> None:
    found = refusal("let f(x) = x ; [x] let g(x) = f(x) let a = g(po)")
    assert [label.text for label in found.trail] == ["`g` is called here", "`f` is called here"]
    assert found.primary is not None


def test_a_hint_names_what_is_alike() -> None:
    assert refusal("let a = po-lok").hint == "did you mean `po-loc`?"


# --- the kernel's own files -----------------------------------------------------------------


def test_the_kernel_s_own_model() -> None:
    folder = os.environ.get("LKMM_DIR")
    if not folder:
        pytest.skip("LKMM_DIR is not set: name the folder of a kernel's tools/memory-model")
    model = load_model(str(Path(folder) / "linux-kernel.cat"))
    names = {axiom.name for axiom in model.axioms}
    assert {"coherence", "atomic", "happens-before", "propagation", "rcu"} <= names
    assert load_text("printed.cat", str(model)) == model


def test_every_code_of_a_model_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    from prover.cli.entry import main
    from prover.models.cat.codes import CAT_CODES

    assert len(CAT_CODES) >= 8
    for code in CAT_CODES:
        assert main(["explain", code]) == 0
        assert code in capsys.readouterr().out
