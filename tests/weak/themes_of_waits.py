"""Random tiny protocols about who waits: awaits, locks and grace periods that may never be over."""

from __future__ import annotations

from tests.weak.drafts import Draft


def _await(d: Draft, word: str) -> str:
    """Waits for a word to have some value."""
    value = d.one("1", "1", "2")
    return d.one(
        f"smp_cond_load_acquire(&{word}, VAL);",
        f"while (READ_ONCE({word}) != {value}) cpu_relax();",
        f"smp_cond_load_relaxed(&{word}, VAL == {value});",
        f"smp_cond_load_acquire(&{word}, VAL != 0);",
    )


def sleepers(d: Draft) -> str:
    """Who waits looks before whether it has to, who wakes whether somebody waits."""
    first = [
        d.store("x", "1"),
        d.one("smp_mb();", d.fence()),
        f"if (!READ_ONCE(y)) {_await(d, 'z')}",
    ]
    second = [
        d.store("y", "1"),
        d.one("smp_mb();", d.fence()),
        f"if (READ_ONCE(x)) {{ {d.store('z', d.one('1', '1', '1', '2'))} }}",
    ]
    for parts in (first, second):
        if d.random.random() < 0.2:
            d.random.shuffle(parts)
    third = [d.one(d.store("z", "2"), d.store("y", "2"), _await(d, "z"))]
    threads = [" ".join(first), " ".join(second)]
    return d.program(
        "int x; int y; int z;\n", [*threads, *(third if d.random.random() < 0.3 else [])]
    )


def holders(d: Draft) -> str:
    """Locks that are taken in one order or another, and waits for others with them held."""
    head = 'int x; int y; spinlock_t l class("l"); spinlock_t k class("k"); struct mutex m;\n'

    def taking() -> str:
        name, kind = d.random.choice((("l", "spin"), ("k", "spin"), ("m", "mutex")))
        other = ("k" if name == "l" else "l") if kind == "spin" else "l"
        nested = f"spin_lock(&{other}); {d.store('y', '1')} spin_unlock(&{other});"
        inside = d.one(d.store("x", "1"), nested, nested, _await(d, d.one("x", "y")))
        tail = d.maybe(d.store(d.one("x", "y"), "2"), 0.3)
        if d.random.random() < 0.2:
            return f"if ({kind}_trylock(&{name})) {{ {inside} {kind}_unlock(&{name}); }} {tail}"
        return f"{kind}_lock(&{name}); {inside} {kind}_unlock(&{name}); {tail}"

    def step() -> str:
        return d.one(taking(), taking(), _await(d, "x"), d.store("y", "1"), "synchronize_rcu();")

    second = d.one("", "rcu_read_lock(); {} rcu_read_unlock();")
    inner = f"{step()} {d.maybe(d.store('x', '1'), 0.4)}"
    return d.program(head, [f"{step()} {step()}", second.format(inner) if second else inner])
