"""Marks what the language does not have: a comment in the text, and a note of why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from dsl.paste.declare import Declarations
from dsl.paste.edits import quoted
from dsl.paste.infer import Inference
from dsl.paste.rewrite_expressions import ExpressionRewriter, Mark
from dsl.paste.tokens import Tokens

HINTS: Final[dict[str, str]] = {
    "comma-operator": "write two statements",
    "compound-literal": "assign the fields one by one",
    "function-pointer": "call a function by its name",
    "local-aggregate": "every actor shares the global that stands for it: give each its own",
    "preprocessor": "the first branch is kept; use `config` and an `if` for both",
    "syntax": "write it in the language by hand",
    "unsupported": "say by hand what it does",
}


END: Final = -2
"""The key of the end of the first body; those of others are the numbers below it."""

_ENDS: Final = re.compile(r"\s*#\s*(?:else|elif|endif)")


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of the body that is marked as one: its place, and the key of its level."""

    start: int
    end: int
    key: int


Reasons = dict[int, tuple[str, str, str]]
"""Key -> code, message and hint of the checker's complaint about it."""


class Marker(ExpressionRewriter):
    """The part of the rewriter that marks; ``units`` are what can be marked as one."""

    def __init__(
        self,
        text: str,
        inference: Inference,
        declarations: Declarations,
        reasons: Reasons,
        end: int = END,
    ) -> None:
        super().__init__(text, inference, declarations)
        self.end = end
        self.reasons = reasons
        self.units: list[Unit] = []

    def level(self, key: int) -> int:
        """The level of a unit."""
        return self.inference.marked.get(key, 0)

    def mark(self, key: int, start: int, end: int, code: str = "", what: str = "") -> None:
        """Reports a place: with the checker's reason where it has one."""
        hint = HINTS.get(code, HINTS["syntax"])
        if key in self.reasons and not code:
            code, what, hint = self.reasons[key]
        self.marks.append(Mark(code or "syntax", what, start, end, hint))

    def comment_out(self, start: int, end: int, *, alone: bool) -> None:
        """A comment in place of a statement; ``alone`` where one statement must stand."""
        if alone:
            self.edit(start, end, f"; /* FIXME(new): {quoted(self.text[start:end])} */")
        else:
            self.edit(start, end, self._comment(start, end))

    def _comment(self, start: int, end: int) -> str:
        """A comment with what is there, line by line where nothing follows on the last."""
        if not self._ends_line(end):
            return f"/* FIXME(new): {quoted(self.text[start:end])} */"
        lines = self.text[start:end].split("\n")
        return "\n".join(f"// FIXME(new): {quoted(line)}" for line in lines if line.strip())

    def _ends_line(self, end: int) -> bool:
        return not self.text[end : (self.text + "\n").find("\n", end)].strip()

    def note(self, start: int, end: int, at: int) -> None:
        """A comment behind ``at`` with what was between ``start`` and ``end``."""
        shown = quoted(self.text[start:end])
        style = (
            f"\t// FIXME(new): {shown}" if self._ends_line(at) else f" /* FIXME(new): {shown} */"
        )
        self.edit(at, at, style)

    def ending(self, end: int) -> None:
        """A ``return`` before the last brace, where the end can be reached without one."""
        if self.level(self.end):
            self.mark(self.end, end - 1, end)
            value = self.fixme(self.inference.result)
            self.edit(end - 1, end - 1, f"return {value};\t// FIXME(new): the end is reached\n")

    # --- the preprocessor -------------------------------------------------------

    def regions(self, tokens: Tokens, start: int, end: int) -> None:
        """Directives inside the body, and the branches that are not kept, as comments."""
        for region in tokens.regions:
            if not start <= region.start < region.end <= end:
                continue
            shown = self.text[region.start : region.end]
            lines = [quoted(line) for line in shown.split("\n") if line.strip()]
            first = region.start + len(shown) - len(shown.lstrip())
            if region.skipped:
                text = "".join(f"// FIXME(new): {line}\n" for line in lines)
                self.edit(region.start, region.end, f"\n{text}")
                if lines:
                    what = "this branch of an `#if` is left out"
                    self.mark(-1, first, region.end, "preprocessor", what)
            elif _ENDS.match(shown):
                self.edit(region.start, region.end, "\n".join(f"// {line}" for line in lines))
            else:
                text = "\n".join(f"// FIXME(new): {line}" for line in lines)
                self.edit(region.start, region.end, text)
                what = f"`{lines[0].split()[0]}` in the body"
                self.mark(-1, first, region.end, "preprocessor", what)
