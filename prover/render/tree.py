"""A form of frozen classes as an indented tree: ``prove dump syntax`` and ``protocol``.

A part that fits on a line is on one, places are ``@line:column``, and what is
empty is left out::

    FunctionDecl @3:1
      kind: 'function'
      name: Name@3:13('pmd_none')
      body: Block @3:35
        body[0]: Return@3:37(Binary@3:44('==', ...))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, cast

from dsl.frozen import parts_of
from dsl.source import Source, Span

_WIDTH: Final = 100
_HIDDEN: Final = frozenset({"span", "sources"})


def render(root: object, sources: Mapping[str, Source]) -> str:
    """``root`` and all that is in it, in the order of the fields."""
    lines: list[str] = []
    # An explicit stack: what nests deeply in the source does so here.
    waiting: list[tuple[int, str, object]] = [(0, "", root)]
    while waiting:
        indent, label, value = waiting.pop()
        margin = "  " * indent + (f"{label}: " if label else "")
        short = _compact(value, sources, _WIDTH - len(margin))
        if short is not None:
            lines.append(margin + short)
            continue
        title = _title(value, sources) if _is_form(value) else repr(value)
        lines.append((margin + title).rstrip())
        waiting.extend(
            (indent + 1, name, child) for name, child in reversed(list(_children(value)))
        )
    return "\n".join(lines) + "\n"


def _children(value: object) -> Iterator[tuple[str, object]]:
    """The parts of ``value`` with their names, empty ones left out."""
    names = parts_of(value)
    if names is not None:
        for name in names:
            part: object = getattr(value, name)
            if name not in _HIDDEN and not name.startswith("_") and not _empty(part):
                yield name, part
    elif isinstance(value, Mapping):
        for key, part in cast("Mapping[object, object]", value).items():
            yield str(key), part
    elif isinstance(value, tuple | list):
        for index, part in enumerate(cast("tuple[object, ...]", value)):
            yield f"[{index}]", part


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, tuple | list | Mapping | str) and not value)


def _title(value: object, sources: Mapping[str, Source]) -> str:
    if parts_of(value) is None:
        return ""
    return type(value).__name__ + _place(value, sources)


def _place(value: object, sources: Mapping[str, Source]) -> str:
    span = getattr(value, "span", None)
    if not isinstance(span, Span) or span.file not in sources:
        return ""
    line, column = sources[span.file].line_column(span.start)
    return f"@{line}:{column}"


def _compact(value: object, sources: Mapping[str, Source], room: int) -> str | None:
    """``value`` on one line of at most ``room`` columns, None if it is longer."""
    if not _is_form(value):
        text = repr(value)
        return text if len(text) <= room else None
    opening = _title(value, sources) + "("
    room -= len(opening) + 1
    parts: list[str] = []
    for name, child in _children(value):
        label = f"{name}=" if isinstance(value, Mapping) else ""
        part = _compact(child, sources, room - len(label)) if room > 0 else None
        if part is None:
            return None
        parts.append(label + part)
        room -= len(label) + len(part) + 2
    return f"{opening}{', '.join(parts)})" if room >= -2 else None


def _is_form(value: object) -> bool:
    """Whether ``value`` has parts."""
    return isinstance(value, tuple | list | Mapping) or parts_of(value) is not None
