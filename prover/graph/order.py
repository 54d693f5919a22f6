"""Reachability, order and loops of a graph.

Blocks stand in the order of the source.  An edge is *retreating* if it goes to
the block it comes from or to an earlier one: exactly the back edges of loops
and the gotos to labels above.  The target of one is a loop's *header*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dsl.frozen import replace
from dsl.source import Span
from prover.graph.instructions import targets
from prover.graph.ir import BasicBlock, Cfg, Mark, Origin

LOOP = ".loop"
"""The label of the mark at the start of a loop's header; its span is the loop's.

Only graphs that are not unrolled have it.
"""


def reachable(cfg: Cfg) -> Cfg:
    """``cfg`` without the blocks that control cannot reach."""
    seen: set[str] = set()
    pending = [cfg.entry]
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(targets(cfg.blocks[name].terminator))
    return replace(cfg, blocks={n: b for n, b in cfg.blocks.items() if n in seen})


def positions(cfg: Cfg) -> dict[str, int]:
    """Block -> its place in the order of the source."""
    return {name: index for index, name in enumerate(cfg.blocks)}


def edges(cfg: Cfg) -> Iterator[tuple[str, str]]:
    """Every edge, in order of its source."""
    for name, block in cfg.blocks.items():
        for target in targets(block.terminator):
            yield name, target


def headers(cfg: Cfg) -> tuple[str, ...]:
    """The targets of retreating edges, in order."""
    position = positions(cfg)
    found = {v for u, v in edges(cfg) if position[v] <= position[u]}
    return tuple(name for name in cfg.blocks if name in found)


def predecessors(cfg: Cfg) -> dict[str, tuple[str, ...]]:
    """Block -> the blocks with an edge to it, in order."""
    found: dict[str, list[str]] = {name: [] for name in cfg.blocks}
    for source, target in edges(cfg):
        found[target].append(source)
    return {name: tuple(sources) for name, sources in found.items()}


def reaching(before: Mapping[str, Iterable[str]], starts: Iterable[str]) -> set[str]:
    """``starts`` and everything that gets there by following ``before`` (block -> predecessors)."""
    seen: set[str] = set()
    pending = list(starts)
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(before[name])
    return seen


def looping(cfg: Cfg, head: str) -> set[str]:
    """The blocks from which an edge back to ``head`` can come next, ``head`` among them."""
    position = positions(cfg)
    sources = [s for s in predecessors(cfg)[head] if position[head] <= position[s]]
    before = {
        name: tuple(s for s in found if name != head or position[head] <= position[s])
        for name, found in predecessors(cfg).items()
    }
    return reaching(before, sources) | {head}


def is_loop_mark(instr: object) -> bool:
    """Whether ``instr`` only marks a loop's header."""
    return isinstance(instr, Mark) and instr.label == LOOP


def loop_span(block: BasicBlock) -> Span:
    """The source of the loop whose header is ``block``."""
    return loop_origin(block).span


def loop_origin(block: BasicBlock) -> Origin:
    """Where the loop whose header is ``block`` comes from."""
    for instr in block.body:
        if is_loop_mark(instr):
            return instr.origin
    return block.body[0].origin if block.body else Origin(Span("", 0, 0))


def without_stale_loop_marks(cfg: Cfg) -> Cfg:
    """``cfg`` with loop marks at the start of headers only."""
    heads = frozenset(headers(cfg))

    def cleaned(block: BasicBlock) -> BasicBlock:
        if block.name in heads or not any(is_loop_mark(instr) for instr in block.body):
            return block
        return replace(block, body=tuple(i for i in block.body if not is_loop_mark(i)))

    return replace(cfg, blocks={name: cleaned(block) for name, block in cfg.blocks.items()})
