"""Colours and strokes of pictures: classes for each kind of thing, for paper and for the dark.

Colour never says anything alone: edges carry their names and have their own dashes, bars their
labels, the bad step a thick border, a cross and a word.  The hues are Okabe and Ito's.
"""

from __future__ import annotations

from typing import Final

_SHAPES: Final = """
text{font:12px "DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;white-space:pre}
.headline{font-weight:bold}
.head text,.call text,.name,.number{font-weight:bold}
.paper,.lifeline line,.band{stroke:none}
.band{fill:none}
.lifeline line{stroke-width:1.5}
.head rect{stroke-width:1.5}
.call rect{stroke-width:1}
.call text{font-size:11px}
.step rect{stroke-width:1}
.bad .step rect{stroke-width:3}
.bad .dot{fill:none;stroke-width:2.5}
.bar text{font-size:9px}
.bar rect{stroke-width:1}
.bar.section rect{stroke-dasharray:4 2}
.bar.wait rect{stroke-dasharray:1.5 2}
.bar.pending rect{stroke-dasharray:8 2 1.5 2}
.edge path{fill:none;stroke-width:1.5}
.edge.said path{stroke-width:2.25}
.edge text{font-size:11px}
.edge .name{text-anchor:middle}
.edge marker path,marker path{stroke:none}
"""

_DASHES: Final = {
    "fr": "6 3",
    "co": "2 2",
    "lock": "10 3",
    "gp": "10 3 2 3",
    "ipi": "2 4",
    "callback": "2 4 6 4",
    "free": "14 4",
    "po": "1 3",
}

KINDS: Final = ("rf", "co", "fr", "lock", "gp", "ipi", "callback", "free", "po", "other")
"""Kinds of edges that have a colour of their own; all else is ``other``."""

_LIGHT: Final = {
    "paper": "#ffffff",
    "ink": "#1a1a1a",
    "faint": "#6b6b6b",
    "rule": "#8a8a8a",
    "head": "#eef1f4",
    "call": "#f7f8f9",
    "step": "#ffffff",
    "bad": "#b03a00",
    "bad-fill": "#fff1e8",
    "lock": "#fbe3b4",
    "section": "#d9ecf8",
    "wait": "#ffffff",
    "pending": "#e6dff0",
    "edge-rf": "#b8232f",
    "edge-co": "#0a5ea8",
    "edge-fr": "#a86200",
    "edge-lock": "#00735c",
    "edge-gp": "#7a3f8f",
    "edge-ipi": "#7a3f8f",
    "edge-callback": "#7a3f8f",
    "edge-free": "#b03a00",
    "edge-po": "#1a1a1a",
    "edge-other": "#555555",
}

_DARK: Final = {
    "paper": "#14171a",
    "ink": "#eceff1",
    "faint": "#a9b1b8",
    "rule": "#78828a",
    "head": "#272d33",
    "call": "#1b1f23",
    "step": "#14171a",
    "bad": "#ff9a5c",
    "bad-fill": "#3a1f0f",
    "lock": "#5a4512",
    "section": "#17405a",
    "wait": "#14171a",
    "pending": "#40305a",
    "edge-rf": "#ff7f86",
    "edge-co": "#6db8f2",
    "edge-fr": "#f0b24d",
    "edge-lock": "#3ccfae",
    "edge-gp": "#cf9be6",
    "edge-ipi": "#cf9be6",
    "edge-callback": "#cf9be6",
    "edge-free": "#ff9a5c",
    "edge-po": "#eceff1",
    "edge-other": "#b4bcc3",
}


def stylesheet(scope: str) -> str:
    """All rules for pictures inside ``scope``: light, and dark where the reader prefers it."""
    dark = "".join(f"{line}\n" for line in rules(scope, dark=True))
    return "\n".join(
        [
            *shapes(scope),
            *rules(scope, dark=False),
            f"@media (prefers-color-scheme:dark){{\n{dark}}}",
        ]
    )


def shapes(scope: str) -> list[str]:
    """The rules that do not depend on the theme."""
    found: list[str] = []
    for line in _SHAPES.strip().splitlines():
        selectors, body = line.split("{", 1)
        found.append(f"{_scoped(scope, selectors)}{{{body}")
    for kind, dashes in _DASHES.items():
        found.append(f"{_scoped(scope, f'.edge.{kind} path')}{{stroke-dasharray:{dashes}}}")
    return found


def rules(scope: str, *, dark: bool) -> list[str]:
    """The colours of one theme."""
    hue = _DARK if dark else _LIGHT
    pairs = [
        (".paper", f"fill:{hue['paper']}"),
        ("text", f"fill:{hue['ink']}"),
        (".facts,.shown", f"fill:{hue['faint']}"),
        (".headline,.verdict", f"fill:{hue['bad']}"),
        (".lifeline line", f"stroke:{hue['rule']}"),
        (".head rect", f"fill:{hue['head']};stroke:{hue['ink']}"),
        (".call rect", f"fill:{hue['call']};stroke:{hue['rule']}"),
        (".step rect", f"fill:{hue['step']};stroke:{hue['rule']}"),
        (".bad .step rect", f"fill:{hue['bad-fill']};stroke:{hue['bad']}"),
        (".dot", f"fill:{hue['ink']};stroke:{hue['ink']}"),
        (".bad .dot", f"stroke:{hue['bad']}"),
        (".edge .pill", f"fill:{hue['paper']}"),
    ]
    pairs.extend(
        (f".bar.{kind} rect", f"fill:{hue[kind]};stroke:{hue['faint']}")
        for kind in ("lock", "section", "wait", "pending")
    )
    for kind in KINDS:
        colour = hue[f"edge-{kind}"]
        pairs.append((f".edge.{kind} path,.edge.{kind} .pill", f"stroke:{colour}"))
        pairs.append((f".edge.{kind} text,.tip.{kind}", f"fill:{colour}"))
    return [f"{_scoped(scope, selectors)}{{{body}}}" for selectors, body in pairs]


def _scoped(scope: str, selectors: str) -> str:
    return ",".join(f"{scope} {selector}" for selector in selectors.split(","))
