"""Random programs about one question: in which life of a slot was a word whole?

``generate_lives(seed)`` is a function of its seed.  One actor updates a split word in a slot,
frees it and takes it again; another reads the halves and uses what it has read.
"""

from __future__ import annotations

from random import Random

from tests.differential.generator import ACTORS, Generated

HEAD = """models sc;
struct page { int value; };
word entry_t { split low, high; present 0x1; none = 0; table(struct page *) = 0x67; }
struct page X at 0x100001000; struct page Y at 0x200002000; struct page Z at 0x200001000;
struct dir { entry_t entry; };
pool struct dir dirs[1] zeroed;
struct dir *p; entry_t other; struct mutex m; int r;
"""

ENDS = """
WRITE_ONCE(p, NULL); free(d);
mutex_lock(&m); WRITE_ONCE(p, NULL); free(d); mutex_unlock(&m);
mutex_lock(&m); WRITE_ONCE(p, NULL); mutex_unlock(&m); free(d);
"""

USES = """
r = READ_ONCE(((struct page *)e)->value);
xchg(&other, e);
"""


def _lines(text: str) -> list[str]:
    return text.strip().split("\n")


def _life(random: Random) -> str:
    """One life of the slot but for its end."""
    steps = [
        f"xchg(&d->entry, table(&{random.choice('XYZ')}));" for _ in range(random.randint(1, 2))
    ]
    if random.random() < 0.7:
        steps.insert(random.randint(0, len(steps)), "WRITE_ONCE(p, d);")
    return " ".join(("d = alloc(dirs);", *steps))


def generate_lives(seed: int) -> Generated:
    """The program of a seed."""
    random = Random(f"lives {seed}")
    lives = [_life(random) for _ in range(2)]
    owner = f"struct dir *d; {lives[0]} {random.choice(_lines(ENDS))} {lives[1]}"
    look = "struct dir *d = READ_ONCE(p);"
    halves = "if (d) { e.low = READ_ONCE(d->entry.low); e.high = READ_ONCE(d->entry.high); }"
    use = f"if (e.low & 1) {{ {random.choice(_lines(USES))} }}"
    reader = f"entry_t e = none; mutex_lock(&m); {look} {halves} mutex_unlock(&m); {use}"
    actors = ACTORS[:2]
    bodies = (f"{{ {owner} }}", f"{{ {reader} }}")
    lines = [HEAD.strip(), *(f"actor {a} {body}" for a, body in zip(actors, bodies, strict=True))]
    lines.append(f'scenario s {{ run {", ".join(actors)}; final r != 77777 : "probe"; }}')
    return Generated(seed, "\n".join(lines) + "\n", 1, ("r",))
