"""Random tiny protocols with ?: in them: what waits for its condition, and what need not."""

from __future__ import annotations

from tests.weak.drafts import Draft


def choices(d: Draft) -> str:
    """Loads, and stores of what is chosen by what was loaded, or in arms of an if on that."""
    head = "int x; int y; int z = 1;\n"

    def actor(mine: str, other: str) -> str:
        condition = d.one("p", "p", "!p", "p && q", "q && p", "p || q", "p == 1", "(p ? 1 : 0)")
        arms = d.one("1 : 2", "1 : 1", "p : 1", "q : 2", "true : false", "(q ? 1 : 2) : 3")
        use = d.one(
            f"WRITE_ONCE({other}, v);",
            f"WRITE_ONCE({other}, v);",
            f"WRITE_ONCE({other}, w + 1);",
            f"if (v == 1) WRITE_ONCE({other}, 1);",
            f"if (w) {{ WRITE_ONCE({other}, 1); }} else {{ WRITE_ONCE({other}, 2); }}",
            f"WRITE_ONCE(*(v == 1 ? &{other} : &z), 1);",
            f"WRITE_ONCE({other}, 1);",
            d.into(f"READ_ONCE(*(p ? &{other} : &z))"),
        )
        second = d.one(f"READ_ONCE({mine})", "READ_ONCE(z)", "1")
        early = d.one(
            f"int v = {condition} ? {arms}; int w = v;",
            f"int v = {condition} ? {arms}; int w = v == 1;",
            f"int w = {condition} ? {arms}; int v = q ? w : 4;",
        )
        return f"int p = READ_ONCE({mine}); int q = {second}; {d.into('p')} {early} {use}"

    return d.program(head, [actor("x", "y"), actor("y", "x")])
