"""Blocks being filled, in the order of the source."""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.source import Span
from prover.graph.expressions import branch as plainest
from prover.graph.expressions import constant_truth
from prover.graph.instructions import targets
from prover.graph.ir import BasicBlock, Branch, Cfg, Chooses, Expr, Instr, Jump, Origin, Terminator
from prover.graph.limits import LIMIT, TooLarge
from prover.graph.order import reachable


@dataclass(slots=True)
class Builder:
    """A graph under construction: at most one block is open.

    With none open, control cannot get here and nothing is kept.
    """

    blocks: dict[str, BasicBlock] = field(default_factory=dict[str, BasicBlock])
    _names: dict[str, int] = field(default_factory=dict[str, int])
    _wanted: set[str] = field(default_factory=set[str])
    _open: str = ""
    _body: list[Instr] = field(default_factory=list[Instr])
    _size: int = 0

    def alive(self) -> bool:
        """Whether control can get here."""
        return bool(self._open)

    @property
    def here(self) -> str:
        """The open block, "" for none."""
        return self._open

    @property
    def holds_instructions(self) -> bool:
        """Whether anything was emitted."""
        return self._size > 0

    def name(self, kind: str) -> str:
        """A fresh block name: ``then``, ``then.2``, ..."""
        number = self._names.get(kind, 0) + 1
        self._names[kind] = number
        return kind if number == 1 else f"{kind}.{number}"

    def emit(self, instr: Instr) -> None:
        """Add ``instr`` to the open block."""
        if not self._open:
            return
        self._size += 1
        if self._size > LIMIT:
            raise TooLarge(self._size)
        self._body.append(instr)

    def end(self, terminator: Terminator) -> None:
        """Close the open block."""
        if self._open:
            self.blocks[self._open] = BasicBlock(self._open, tuple(self._body), terminator)
            self._wanted.update(targets(terminator))
            self._open, self._body = "", []

    def jump(self, target: str) -> None:
        """Close the open block with a jump."""
        self.end(Jump(target))

    def branch(
        self,
        condition: Expr,
        then: str,
        otherwise: str,
        origin: Origin | None = None,
        arms: tuple[Span, ...] = (),
        chooses: Chooses | None = None,
    ) -> None:
        """Close the open block with a branch; a known condition gives a jump."""
        condition, then, otherwise = plainest(condition, then, otherwise)
        known = constant_truth(condition)
        if known is None and then != otherwise:
            self.end(Branch(condition, then, otherwise, origin, arms, chooses))
        else:
            self.end(Jump(otherwise if known is False else then))

    def start(self, name: str) -> None:
        """Go on with the block ``name``, if control can get there from what was lowered so far.

        Where nothing jumps there, the open block goes on.
        """
        if self._open and name not in self._wanted:
            return
        self.jump(name)
        if name in self._wanted:
            self._open = name

    def start_entered(self, name: str) -> None:
        """Open the block ``name``, which code still to come may jump to."""
        self.jump(name)
        self._open = name

    def finish(self, name: str, entry: str) -> Cfg:
        """The graph; every block jumped to has been started."""
        return reachable(Cfg(name, entry, self.blocks))
