"""Exchanged calls are found where they are, though not every function is looked through."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsl import syntax as s
from dsl import variant as module
from dsl.files import library_root
from dsl.imports import load, load_text

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["retract", "replace", "bugs/gup_fast_vs_collapse"])
def test_functions_without_the_name_are_as_they_were(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = load(ROOT / "protocols" / f"{name}.khp", (library_root(),))
    variants = [d for d in program.main.declarations if isinstance(d, s.Variant)]
    assert variants
    found = [module.apply(program.files, each, program.sources) for each in variants]

    def always(*_: object) -> bool:
        return True

    monkeypatch.setattr(module, "_may_use", always)
    assert found == [module.apply(program.files, each, program.sources) for each in variants]


def test_what_a_change_brings_in_is_exchanged_by_the_next() -> None:
    text = """
void one(void) { }
void two(void) { }
void three(void) { }
actor a { l: one(); three(); }
scenario x { run a; expect proved; }
variant v "v" in x {
    replace a.l with { two(); }
    exchange three with one;
    exchange one with two;
    exchange two with three;
    expect proved;
}
"""
    program = load_text("a.khp", text, None, ())
    (variant,) = [d for d in program.main.declarations if isinstance(d, s.Variant)]
    (file,), wrong = module.apply(program.files, variant, program.sources)
    assert not wrong
    (actor,) = [d for d in file.declarations if isinstance(d, s.ActorDecl)]
    calls = [repr(each).count("text='three'") for each in actor.body.body]
    assert calls == [1, 1]


@pytest.mark.parametrize(
    ("label", "hint"),
    [
        ("recheck", "there is `get.recheck`: a label is named by the function that it stands in"),
        ("rechek", "did you mean `recheck`?"),
        ("other", ""),
    ],
)
def test_a_label_of_a_function_that_is_called_is_pointed_at(label: str, hint: str) -> None:
    own = "recheck: " if label == "rechek" else ""
    text = f"""
void get(void) {{ recheck: ; }}
actor a {{ get(); {own}; }}
scenario x {{ run a; expect proved; }}
variant v "v" in x {{ drop a.{label}; expect proved; }}
"""
    program = load_text("a.khp", text, None, ())
    (variant,) = [d for d in program.main.declarations if isinstance(d, s.Variant)]
    _, (diagnostic,) = module.apply(program.files, variant, program.sources)
    assert (diagnostic.code, diagnostic.hint) == ("unknown-label", hint)
