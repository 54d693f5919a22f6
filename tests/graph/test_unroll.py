"""How often loops are there after unrolling."""

from __future__ import annotations

import pytest

from dsl.source import Span
from prover.graph.ir import (
    BasicBlock,
    Branch,
    Cfg,
    Cut,
    End,
    Fence,
    Havoc,
    Jump,
    Origin,
    Reg,
    Terminator,
)
from prover.graph.limits import LIMIT, TooLarge
from prover.graph.lower import lower
from prover.graph.order import headers
from prover.graph.unroll import loops, unroll

HERE = Origin(Span("t.khp", 0, 1))


def graph(**blocks: Terminator) -> Cfg:
    """A graph whose every block makes a choice of its own, so that any path can be taken."""
    return Cfg(
        "g",
        next(iter(blocks)),
        {name: BasicBlock(name, (Havoc("c", 0, 1, HERE),), end) for name, end in blocks.items()},
    )


def fork(then: str, otherwise: str) -> Branch:
    return Branch(Reg("c"), then, otherwise)


def paths(cfg: Cfg) -> set[tuple[str, ...]]:
    """Every path of an acyclic graph, as the blocks of the original and how it ends."""
    found: set[tuple[str, ...]] = set()
    pending: list[tuple[str, tuple[str, ...]]] = [(cfg.entry, ())]
    while pending:
        name, before = pending.pop()
        block = cfg.blocks[name]
        path = before if isinstance(block.terminator, Cut) else (*before, name.split("@")[0])
        match block.terminator:
            case Jump(target=target):
                pending.append((target, path))
            case Branch(then=then, otherwise=otherwise):
                pending += [(then, path), (otherwise, path)]
            case End():
                found.add((*path, "end"))
            case Cut():
                found.add((*path, "cut"))
    return found


def rounds(cfg: Cfg, bound: int) -> set[tuple[str, ...]]:
    """Every run of a graph, counted by hand: what the paths should be."""
    place = {name: index for index, name in enumerate(cfg.blocks)}
    found: set[tuple[str, ...]] = set()
    pending: list[tuple[str, tuple[str, ...], dict[str, int]]] = [(cfg.entry, (), {})]
    while pending:
        name, before, counts = pending.pop()
        path = (*before, name)
        end = cfg.blocks[name].terminator
        if isinstance(end, End):
            found.add((*path, "end"))
        targets: tuple[str, ...] = (end.target,) if isinstance(end, Jump) else ()
        if isinstance(end, Branch):
            targets = (end.then, end.otherwise)
        for target in targets:
            count = counts.get(target, 0) + 1 if place[target] <= place[name] else 0
            if count > bound:
                found.add((*path, "cut"))
            else:
                pending.append((target, path, {**counts, target: count}))
    return found


GRAPHS = {
    "straight": graph(a=Jump("b"), b=End()),
    "itself": graph(a=Jump("b"), b=fork("b", "c"), c=End()),
    "entry": graph(a=fork("a", "b"), b=End()),
    "endless": graph(a=Jump("b"), b=Jump("a")),
    "while": graph(a=Jump("h"), h=fork("b", "z"), b=Jump("h"), z=End()),
    "two-edges": graph(h=fork("b", "z"), b=fork("h", "c"), c=Jump("h"), z=End()),
    "nested": graph(o=fork("i", "z"), i=fork("b", "s"), b=Jump("i"), s=Jump("o"), z=End()),
    "one-after-other": graph(a=fork("a", "b"), b=fork("b", "c"), c=End()),
    "into": graph(a=fork("m", "h"), h=fork("m", "z"), m=Jump("h"), z=End()),
    "crossing": graph(a=Jump("b"), b=fork("a", "c"), c=fork("b", "z"), z=End()),
    "outwards": graph(a=fork("b", "z"), b=fork("a", "c"), c=fork("b", "z"), z=End()),
    "leaves-late": graph(h=fork("b", "x"), b=fork("h", "x"), x=fork("y", "z"), y=End(), z=End()),
    "both-ways": graph(a=fork("b", "c"), b=fork("c", "z"), c=fork("b", "a"), z=End()),
}


@pytest.mark.parametrize("bound", [0, 1, 2])
@pytest.mark.parametrize("name", GRAPHS)
def test_the_paths_are_the_runs_within_the_bound(name: str, bound: int) -> None:
    unrolled = unroll(GRAPHS[name], bound)
    assert headers(unrolled) == ()
    assert paths(unrolled) == rounds(GRAPHS[name], bound)


def test_a_graph_without_cycles_is_unchanged() -> None:
    assert unroll(GRAPHS["straight"], 3) is not None
    assert unroll(GRAPHS["straight"], 3) == GRAPHS["straight"]


@pytest.mark.parametrize("bound", [1, 2, 5])
def test_a_retry_loop_has_one_copy_more_than_the_bound(bound: int) -> None:
    unrolled = unroll(GRAPHS["while"], bound)
    copies = [name for name in unrolled.blocks if name.split("@")[0] == "b"]
    assert len(copies) == bound + 1


def test_what_follows_a_loop_is_there_once() -> None:
    unrolled = unroll(GRAPHS["leaves-late"], 4)
    assert [name for name in unrolled.blocks if name[0] in "xyz"] == ["x", "y", "z"]


def test_loops_names_the_source_of_every_loop(checked) -> None:
    text = """
int a;
static void handler(void) { do { a = 1; } while (a); }
actor m {
        while (a) { a = 2; }
again:
        smp_call_function(handler, 1);
        if (a) goto again;
        do { a = 3; } while (0);
}
scenario s { run m; }
"""
    protocol = checked(text)
    source = protocol.sources["t.khp"].text
    found = loops(lower(protocol, "s", {}).actors[0].graph)
    texts = [source[span.start : span.end] for span in found]
    assert [text.split()[0] for text in texts] == ["while", "again:", "do"]


def test_a_graph_that_becomes_too_large_is_refused() -> None:
    body = tuple(Fence("smp_mb", HERE) for _ in range(1000))
    block = BasicBlock("a", (*body, Havoc("c", 0, 1, HERE)), fork("a", "b"))
    cfg = Cfg("g", "a", {"a": block, "b": BasicBlock("b", (), End())})
    assert len(unroll(cfg, 18).blocks) == 21
    with pytest.raises(TooLarge) as caught:
        unroll(cfg, 30)
    assert caught.value.number > LIMIT


def test_nested_loops_that_multiply_are_refused_early() -> None:
    names = [f"h{n}" for n in range(12)]
    blocks: dict[str, Terminator] = {
        name: Jump(after) for name, after in zip(names, [*names[1:], "t11"], strict=True)
    }
    for n in range(11, -1, -1):
        blocks[f"t{n}"] = fork(f"h{n}", f"t{n - 1}" if n else "z")
    blocks["z"] = End()
    with pytest.raises(TooLarge):
        unroll(graph(**blocks), 3)
