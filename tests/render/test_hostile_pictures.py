"""Whatever a protocol says stands in pictures as text: no format reads anything into it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dsl.frozen import replace
from prover.execution.scene import Edge, Hold, LockScene, Scene
from prover.execution.witness import Call, Column, Moment, Touch, Witness
from prover.render import dot, mermaid, svg
from prover.render.letters import printable
from tests.render.hand_made import at, source, use_after_free

TEXTS = (
    "<script>alert(1)</script>",
    "</text></svg><svg onload='x'>",
    "]]> <![CDATA[ <!-- -- -->",
    "&lt;b&gt; &amp; &#65; &unknown;",
    "a\x01b\x1b[31mc\x7f \ufffe \ud800",
    "\u202eturned\u2066 caf\u00e9 \U0001f4a3",
    'quote " and \\" and \\N \\G \\l \\',
    "#59; #quot; ; # end",
    "end",
    "%%{init: {'theme': 'dark'}}%%",
    "wrap: nowrap: as T0->>T1: hi",
    "$$x^2$$ `code` {a} | b",
    "line\nbreak\ttab\r\nnext",
    "x" * 300,
)


def hostile(text: str) -> tuple[Witness, tuple[str, ...]]:
    """A witness that has ``text`` wherever the author of a protocol can bring one in, and more."""
    lines = (f"f({text.replace(chr(10), ' ')})", "g()")
    call = Call(text, at(1, lines), 1)
    scene = Scene((), (LockScene(text, "spinlock", (Hold(0, "exclusive"),), ()),), (), (), ())
    witness = Witness(
        property="assert",
        message=text,
        model="sc",
        columns=(Column(text, "actor"), Column(text, "callback")),
        moments=(
            Moment(0, "store", at(1, lines), (call,), (Touch(text, text, text),), text, False),
            Moment(1, "load", at(2, lines), (call,), (Touch(text, "", text),), text, True),
        ),
        explanation=(text, text),
        because=(text,),
        schedule=(),
        scenes=(scene, scene, scene),
        edges=(Edge("rf", 0, 1, text), Edge(text, 1, 0)),
    )
    return witness, lines


@pytest.mark.parametrize("text", TEXTS)
def test_svg_is_well_formed_and_shows_it(text: str) -> None:
    witness, lines = hostile(text)
    for drawn in (
        svg.standalone(witness, source(lines=lines)),
        svg.fragment(witness, source(lines=lines), 'p"<&'),
    ):
        assert drawn.isascii()
        root = ET.fromstring(drawn)  # noqa: S314 - our own output
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert names <= {
            *("svg", "style", "title", "desc", "defs", "marker", "path"),
            *("rect", "line", "circle", "g", "text"),
        }
        attributes = {name for element in root.iter() for name in element.attrib}
        assert not [name for name in attributes if name.startswith("on")]
        shown = "".join("".join(e.itertext()) for e in root.iter() if e.tag.endswith("text"))
        for word in printable(text).split():
            assert word in shown.replace("\n", "") or len(word) > 40


@pytest.mark.parametrize("text", TEXTS)
def test_svg_keeps_text_inside_its_box(text: str) -> None:
    witness, lines = hostile(text)
    root = ET.fromstring(svg.standalone(witness, source(lines=lines)))  # noqa: S314
    width = int(root.get("width", "0"))
    for step in root.iter("{http://www.w3.org/2000/svg}g"):
        if step.get("class") == "step":
            box, *texts = list(step)
            right = int(box.get("x", "0")) + int(box.get("width", "0"))
            assert right <= width
            for line in texts:
                assert int(line.get("x", "0")) + 7.2 * len(line.text or "") <= right


MERMAID_LINE = re.compile(
    r"""sequenceDiagram
    |\ \ participant\ T\d+\ as\ LABEL
    |\ \ Note\ over\ T\d+(,T\d+)?:\ LABEL
    |\ \ T\d+--?>>T\d+:\ LABEL
    |\ \ (de)?activate\ T\d+
    |\ \ rect\ rgba\([\d., ]+\)
    |\ \ end
    """.replace("LABEL", r"(?!(no)?wrap:)([\w\ .,:='()\[\]+*/!?|^-]|\#\d+;|<br/>)+"),
    re.VERBOSE | re.ASCII,
)
"""All that the writer may write: labels without a character that means something to Mermaid."""


@pytest.mark.parametrize("text", TEXTS)
def test_mermaid_labels_hold_nothing_that_mermaid_reads(text: str) -> None:
    witness, lines = hostile(text)
    drawn = mermaid.render(witness, source(lines=lines))
    wrong = [line for line in drawn.splitlines() if not MERMAID_LINE.fullmatch(line)]
    assert wrong == []


def test_mermaid_activations_are_balanced() -> None:
    lines = mermaid.render(use_after_free(), source()).splitlines()
    opened: dict[str, int] = {}
    for line in lines:
        word, _, thread = line.strip().partition(" ")
        if word in {"activate", "deactivate"}:
            opened[thread] = opened.get(thread, 0) + (1 if word == "activate" else -1)
            assert opened[thread] >= 0
    assert opened == {"T0": 0, "T1": 0}


DOT_STRING = re.compile(r'"(?:[^"\\]|\\["\\l])*"')


@pytest.mark.parametrize("text", TEXTS)
def test_dot_strings_end_where_they_should(text: str) -> None:
    witness, lines = hostile(text)
    drawn = dot.render(witness, source(lines=lines))
    outside = DOT_STRING.sub("S", drawn)
    assert re.fullmatch(r"[\w\s{}\[\];,=#>-]*", outside, re.ASCII), outside


@pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz (dot) is not installed")
@pytest.mark.parametrize("text", TEXTS)
def test_graphviz_reads_and_shows_it(text: str) -> None:
    witness, lines = hostile(text)
    drawn = dot.render(witness, source(lines=lines))
    done = subprocess.run(["dot", "-Tsvg"], input=drawn, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    root = ET.fromstring(done.stdout)  # noqa: S314 - made from our own output
    shown = "".join("".join(e.itertext()) for e in root.iter() if e.tag.endswith("text"))
    assert shown.count("".join(printable(text).split())[:30]) or shown.replace("\xa0", "").replace(
        " ", ""
    ).count("".join(printable(text).split())[:30])


PAGE = """<!doctype html><meta charset="utf-8"><body><script src="{script}"></script>
<pre id="told"></pre><script>
const texts = {texts};
mermaid.initialize({{startOnLoad: false}});
(async () => {{
  const told = [];
  for (const [n, text] of texts.entries()) {{
    try {{
      const drawn = await mermaid.render('d' + n, text);
      const holder = document.createElement('div');
      holder.innerHTML = drawn.svg;
      told.push([...holder.querySelectorAll('text')].map(t => t.textContent).join('\\n'));
    }} catch (error) {{ told.push('ERROR ' + error); }}
  }}
  document.getElementById('told').textContent = 'TOLD' + btoa(unescape(encodeURIComponent(
    JSON.stringify(told)))) + 'END';
}})();
</script>"""


@pytest.mark.skipif(
    not os.environ.get("MERMAID_JS") or shutil.which("chromium") is None,
    reason="needs chromium, and MERMAID_JS as the path of mermaid.min.js",
)
def test_mermaid_reads_and_shows_it(tmp_path: Path) -> None:
    import base64

    drawn: list[str] = []
    for text in TEXTS:
        witness, lines = hostile(text)
        drawn.append(mermaid.render(witness, source(lines=lines)))
    drawn.append(mermaid.render(replace(use_after_free(), scenes=()), source()))
    page = tmp_path / "page.html"
    script = Path(os.environ["MERMAID_JS"]).resolve().as_uri()
    texts = json.dumps(drawn).replace("<", "\\u003c")
    page.write_text(PAGE.format(script=script, texts=texts), encoding="utf-8")
    done = subprocess.run(
        [
            *("chromium", "--headless", "--no-sandbox", "--disable-gpu"),
            *("--allow-file-access-from-files", "--virtual-time-budget=60000", "--dump-dom"),
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    told = re.search(r"TOLD([\w+/=]+)END", done.stdout)
    assert told is not None
    shown = json.loads(base64.b64decode(told[1]))
    for text, what in zip((*TEXTS, "use-after-free"), shown, strict=True):
        assert not what.startswith("ERROR"), what
        flat = "".join(what.split())
        assert "".join(printable(text).split())[:30] in flat
