"""A folder of small protocols that share a library, and edits of it."""

from __future__ import annotations

import json
import random
from pathlib import Path

from prover.cache.store import Store
from prover.pipeline import run
from prover.render.json_parts import Json
from prover.render.json_report import render
from prover.verdict import Report, Request

LIBRARY = """\
// What the others share.
struct counter { spinlock_t lock; u64 value; };
struct counter one;
struct counter two;

void inc(struct counter *c)
{
\tu64 seen;
\tL1: spin_lock(&c->lock);
\tseen = c->value;
\tc->value = seen + 1;
\tL2: spin_unlock(&c->lock);
}

void dec(struct counter *c)
{
\tu64 seen;
\tspin_lock(&c->lock);
\tseen = c->value;
\tc->value = seen - 1;
\tspin_unlock(&c->lock);
}

void both(void)
{
\tspin_lock(&one.lock);
\tspin_lock(&two.lock);
\tone.value = 1;
\tspin_unlock(&two.lock);
\tspin_unlock(&one.lock);
}
"""

USER = """\
// Result: proved
models sc;
import "library.khp";

actor first
{{
\t{first};
}}

actor second
{{
\t{second};
}}

scenario together
{{
\trun first, second;
\tfinal {final};
\texpect proved;
}}

variant unlocked "without the lock" in together
{{
\tdrop inc.L1;
\tdrop inc.L2;
\texpect refuted final;
}}
"""

USERS = {
    "up": ("inc(&one)", "inc(&one)", "one.value == 2"),
    "down": ("inc(&one)", "dec(&one)", "one.value == 0"),
    "apart": ("inc(&two)", "both()", "one.value == 1"),
}
"""Calls of the two actors, and what holds at the end."""

LINES = (
    ("\tseen = c->value;", "\tseen = c->value;\n\tseen = c->value;"),
    ("\tc->value = seen + 1;", "\tc->value = seen + 2;"),
    ("\tc->value = seen - 1;", "\tc->value = 1;"),
    ("\tspin_lock(&c->lock);", "\tspin_lock(&one.lock);"),
    ("\tspin_lock(&one.lock);\n\tspin_lock(&two.lock);", "\tspin_lock(&two.lock);"),
    ("\tone.value = 1;", "\tone.value = 1; // twice\n\tone.value = 1;"),
    ("// What the others share.", "// What the others\n// share."),
    ("u64 value; };", "u64 value; u64 more; };"),
    ("expect proved;", "expect refuted final;"),
    ("one.value == 2", "one.value >= 1"),
    ("without the lock", "with no lock"),
    ("\tdrop inc.L2;\n", ""),
    ("struct counter two;", "struct counter two;\nstruct counter three;"),
    ("models sc;", "models sc, tso;"),
    ("inc(&one);", "dec(&one);"),
    ("actor second", "actor third { both(); }\n\nactor second"),
    ("void dec(", "void dec_again("),
)
"""What edits put in place of what, or the other way round."""


def write(folder: Path) -> None:
    """The folder as it is at first."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "library.khp").write_text(LIBRARY, encoding="utf-8")
    for name, (first, second, final) in USERS.items():
        text = USER.format(first=first, second=second, final=final)
        (folder / f"{name}.khp").write_text(text, encoding="utf-8")


def edit(folder: Path, rng: random.Random) -> str:
    """One edit of one file; says which."""
    while True:
        path = rng.choice(sorted(folder.glob("*.khp")))
        text = path.read_text(encoding="utf-8")
        old, new = rng.choice(LINES)[:: rng.choice((1, -1))]
        if old and old in text:
            path.write_text(text.replace(old, new, 1), encoding="utf-8")
            return f"{path.name}: {old!r} -> {new!r}"


def proved(folder: Path, store: Store | None, *, explain: bool = False) -> Report:
    """A run over the folder."""
    request = Request(files=(str(folder),), jobs=1, explain=explain)
    return run(request, lambda _: None, store)


def text_of(report: Report, *, seen: bool = True) -> str:
    """All that a report says, but for what it took.

    Unless executions are ``seen``, as those of ``proved(explain=False)`` are not where they are as
    expected, which one was found of several does not count.
    """
    return json.dumps(_told(json.loads(render(report)), seen=seen), indent=1)


def _told(value: Json, *, seen: bool) -> Json:
    if isinstance(value, list):
        return [_told(each, seen=seen) for each in value]
    if not isinstance(value, dict):
        return value
    found = {n: _told(each, seen=seen) for n, each in value.items() if n != "measured"}
    verdict = found.get("verdict")
    if not seen and found.get("as_expected") and isinstance(verdict, dict):
        found["verdict"] = {
            n: _named(each) if n == "witnesses" else each for n, each in verdict.items()
        }
    return found


def _named(witnesses: Json) -> Json:
    """What executions show, and under which model."""
    assert isinstance(witnesses, list)
    kept: list[Json] = []
    for each in witnesses:
        assert isinstance(each, dict)
        kept.append({name: each[name] for name in ("property", "message", "model")})
    return kept
