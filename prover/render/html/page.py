"""One page: a template with its style, its script and its data inside, and nothing from elsewhere.

The page is ASCII, and forbids itself (Content-Security-Policy) to load anything or to run any
script but its own: what comes from a protocol file is text, wherever it stands.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prover.render.json_parts import Json
from prover.render.svg import CLASS
from prover.render.svg_style import rules, shapes
from prover.version import VERSION

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = Path(__file__).parent

_HIDDEN: Final = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Categories of characters that are not seen, or that move others."""


def page(template: str, context: Mapping[str, object], data: Mapping[str, Json]) -> str:
    """The page made of ``template``; ``data`` are the documents that its script reads, by name."""
    from markupsafe import Markup

    style = _part("style.css") + _dark(_part("dark.css")) + _pictures()
    script = "".join(_part(f"{name}.js") for name in _SCRIPTS[template])
    whole = (
        _environment()
        .get_template(f"{template}.html")
        .render(
            context,
            version=VERSION,
            style=Markup(style),  # noqa: S704 - a file of this package
            script=Markup(script),  # noqa: S704 - files of this package
            policy=_policy(style, script),
            data={name: Markup(embedded(value)) for name, value in data.items()},  # noqa: S704
        )
    )
    # What is not ASCII stands in the text of the page only, as character references.
    return whole.encode("ascii", "xmlcharrefreplace").decode("ascii")


CHOSEN: Final = ':root[data-theme="dark"]'
PREFERRED: Final = ':root:not([data-theme="light"])'
"""Where the dark theme holds: it was chosen, or it is preferred and the other was not chosen."""


def _pictures() -> str:
    """The rules of the lifelines in both themes."""
    scope = f".{CLASS}"
    light = [*shapes(scope), *rules(scope, dark=False)]
    chosen, preferred = (
        "\n".join(rules(f"{where} {scope}", dark=True)) for where in (CHOSEN, PREFERRED)
    )
    return "\n".join([*light, _on_screen(chosen, preferred)])


def _dark(colours: str) -> str:
    """The colours of the dark theme."""
    chosen, preferred = (f"{where} {{\n{colours}}}" for where in (CHOSEN, PREFERRED))
    return _on_screen(chosen, preferred)


def _on_screen(chosen: str, preferred: str) -> str:
    """Rules of the dark theme, by whether it is chosen or preferred; paper is light."""
    return (
        f"@media screen {{\n{chosen}\n}}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n{preferred}\n}}\n"
    )


_SCRIPTS: Final = {
    "report": ("page", "source", "state", "index", "witness"),
    "needs": ("page", "source", "list"),
    "why": ("page", "source", "list"),
}
"""The scripts of each template, in the order in which they run."""


def embedded(value: Json) -> str:
    """A document for a ``script`` element: ASCII, and nothing in it ends the element."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def visible(text: str) -> str:
    """``text`` with characters that nobody sees spelt out; tabs and ends of lines stay.

    Some turn the text around them (U+202E), so that it reads as what it is not.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in "\t\n" or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"<U+{ord(character):04X}>"


def _policy(style: str, script: str) -> str:
    """What the page may do."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@cache
def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
