"""How tightly the operators of C bind.  The parser and the printer read the same table."""

from __future__ import annotations

_ROWS: tuple[tuple[str, ...], ...] = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", ">", "<=", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)

ASSIGN = 1
CONDITIONAL = 2
BINARY: dict[str, int] = {op: 3 + level for level, row in enumerate(_ROWS) for op in row}
"""Level of each two-operand operator, all left-associative; a higher one binds tighter."""
UNARY = 3 + len(_ROWS)
POSTFIX = UNARY + 1
PRIMARY = POSTFIX + 1
