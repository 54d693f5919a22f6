"""Which branches decide on which blocks, on small graphs whose answers are known by hand.

A graph is written block by block: ``a: r=load branch r b c`` ends in a branch on register ``r``,
``jump b``, ``end``, or ``cut``; ``k=open`` is a config left open, ``k=any`` a choice, ``k=one`` a
constant, ``k=copy:m`` what is computed from ``m``.
"""

from __future__ import annotations

from dsl.source import Span
from prover.execution.construct.controls import controlling, open_branches
from prover.execution.construct.draft import topological
from prover.graph import ir

HERE = Span("t", 0, 1)
ORIGIN = ir.Origin(HERE)


def graph(text: str) -> ir.Cfg:
    """The graph of a text, its first block the entry."""
    blocks: dict[str, ir.BasicBlock] = {}
    for line in text.split(";"):
        name, *words = line.split()
        name = name.removesuffix(":")
        body = [_instr(*word.split("=")) for word in words if "=" in word]
        how, *rest = [word for word in words if "=" not in word]
        blocks[name] = ir.BasicBlock(name, tuple(body), _terminator(how, rest))
    return ir.Cfg("t", next(iter(blocks)), blocks)


def _instr(reg: str, what: str) -> ir.Instr:
    match what.split(":"):
        case ["load"]:
            return ir.Load(reg, ir.Const(0), "once", "whole", "", ORIGIN)
        case ["open"]:
            return ir.Havoc(reg, 0, 1, ORIGIN, shared="K")
        case ["any"]:
            return ir.Havoc(reg, 0, 1, ORIGIN)
        case ["one"]:
            return ir.Assign(reg, ir.Const(1), ORIGIN)
        case ["copy", other]:
            return ir.Assign(reg, ir.Reg(other), ORIGIN)
        case _:
            raise AssertionError(what)


def _terminator(how: str, rest: list[str]) -> ir.Terminator:
    match how:
        case "branch":
            condition, then, otherwise = rest
            return ir.Branch(ir.Reg(condition), then, otherwise)
        case "jump":
            return ir.Jump(*rest)
        case "end":
            return ir.End()
        case "cut":
            return ir.Cut(HERE)
        case _:
            raise AssertionError(how)


def decided(text: str) -> dict[str, str]:
    """By block what decides on it: ``a`` on every way there and surely, ``(a)`` not on every way,
    ``a?`` not surely.  Blocks that nothing decides on are left out.
    """
    found: dict[str, str] = {}
    one = graph(text)
    for name, rows in controlling(one, open_branches(one, topological(one))).items():
        words = [
            (row.branch if row.always else f"({row.branch})") + ("" if row.surely else "?")
            for row in rows
        ]
        if words:
            found[name] = " ".join(words)
    return found


def opened(text: str) -> str:
    """The branches that an open config may decide."""
    one = graph(text)
    return " ".join(sorted(open_branches(one, topological(one))))


def test_a_branch_decides_on_its_arms_and_not_behind_them() -> None:
    assert decided("a: r=load branch r b c; b: jump d; c: jump d; d: end") == {"b": "a", "c": "a"}
    assert decided("a: r=load branch r b d; b: jump d; d: end") == {"b": "a"}
    assert decided("a: jump b; b: end") == {}


def test_a_branch_that_leads_away_decides_on_what_is_behind() -> None:
    assert decided("a: r=load branch r b c; b: end; c: jump d; d: end") == {
        "b": "a",
        "c": "a",
        "d": "a",
    }


def test_a_branch_in_an_arm_decides_on_its_own_arms() -> None:
    text = "a: r=load branch r b c; b: branch r d e; d: jump f; e: jump f; f: jump g; c: jump g; g: end"
    assert decided(text) == {"b": "a", "c": "a", "d": "b", "e": "b", "f": "a"}


def test_a_block_that_two_branches_lead_to() -> None:
    # x is on every way from c, and on one from b.
    text = "a: r=load branch r b c; b: branch r x y; c: jump x; x: end; y: end"
    assert decided(text) == {"b": "a", "c": "a", "x": "a (b)", "y": "b"}


def test_a_way_that_is_left_out_decides_nothing() -> None:
    assert decided("a: r=load branch r b c; b: end; c: cut") == {"c": "a"}
    assert decided("a: r=load branch r b c; b: jump d; c: cut; d: end") == {"c": "a"}
    text = "a: r=load branch r b c; b: branch r d e; d: cut; e: jump f; c: jump f; f: end"
    assert decided(text) == {"b": "a", "c": "a", "d": "b", "e": "a"}


def test_where_all_ways_are_left_out_those_there_are_count() -> None:
    assert decided("a: r=load branch r b c; b: jump d; c: jump d; d: cut") == {"b": "a", "c": "a"}


def test_a_branch_on_an_open_config_decides_nothing_surely() -> None:
    assert decided("a: k=open branch k b c; b: jump d; c: jump d; d: end") == {"b": "a?", "c": "a?"}
    text = "a: k=open r=load branch r b c; b: jump d; c: jump d; d: branch k e f; e: end; f: end"
    # That a perhaps decides on what follows is more than there is, and does not count.
    assert decided(text) == {"b": "a", "c": "a", "e": "a? d?", "f": "a? d?"}


def test_what_an_open_config_leaves_out_may_make_a_block_the_only_one() -> None:
    # Where q always goes on, s is on every way from p.
    text = "p: k=open r=load branch r q s; q: branch k t s; t: end; s: end"
    assert decided(text) == {"q": "p", "t": "p? q?", "s": "p? (q)?"}


def test_a_branch_is_open_where_its_condition_comes_from_a_config() -> None:
    ends = "b: end; c: end"
    assert opened(f"a: k=open branch k b c; {ends}") == "a"
    assert opened(f"a: k=open m=copy:k branch m b c; {ends}") == "a"
    assert opened(f"a: k=open m=any branch m b c; {ends}") == ""
    assert opened(f"a: k=open m=load branch m b c; {ends}") == ""
    assert opened(f"a: k=any branch k b c; {ends}") == ""
    assert opened(f"a: k=open m=one branch m b c; {ends}") == ""


def test_a_branch_is_open_where_a_config_says_what_was_assigned() -> None:
    for assigned, is_open in (("one", True), ("load", False), ("any", True)):
        text = (
            f"a: k=open branch k b c; b: m={assigned} jump d; c: jump d;"
            "d: branch m e f; e: end; f: end"
        )
        assert opened(text) == ("a d" if is_open else "a"), assigned
    both = (
        "a: k=open branch k b c; b: m=load jump d; c: m=one jump d; d: branch m e f; e: end; f: end"
    )
    assert opened(both) == "a d"
    far = (
        "a: k=open branch k b c; b: jump g; g: m=one jump d; c: jump d;"
        "d: branch m e f; e: end; f: end"
    )
    assert opened(far) == "a d"


def test_what_is_assigned_where_the_arms_meet_is_the_same_for_all() -> None:
    text = "a: k=open branch k b c; b: jump d; c: jump d; d: m=one branch m e f; e: end; f: end"
    assert opened(text) == "a"


def test_what_is_computed_from_what_was_loaded_is_not_known() -> None:
    text = (
        "a: k=open l=load branch k b c; b: m=copy:l jump d; c: jump d;"
        "d: branch m e f; e: end; f: end"
    )
    assert opened(text) == "a"
    mixed = (
        "a: k=open l=one branch k b c; b: m=copy:l jump d; c: jump d;"
        "d: branch m e f; e: end; f: end"
    )
    assert opened(mixed) == "a d"
