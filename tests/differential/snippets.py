"""Statements of random programs: for every primitive, ways to use it.

Arguments follow from a primitive's signature; locks, sections and lifetimes come as the pairs
they are used in, mostly closed as they should be, and at times not.
"""

from __future__ import annotations

from dsl.primitives import PRIMITIVES
from tests.differential.draft import CLOSERS, LOCKS, OPENERS, TARGETS, Draft, block, call


def snippet(draft: Draft, name: str, depth: int) -> str:
    """A statement that uses a primitive."""
    draft.size += 1
    match PRIMITIVES[name].group:
        case "access":
            return _access(draft, name, depth)
        case "atomic" | "bitop":
            return _counter(draft, name, depth)
        case "barrier":
            store = f"WRITE_ONCE({draft.variable()}, 1);"
            return f"{call(name)}; {store}" if draft.random.random() < 0.5 else f"{call(name)};"
        case "lock":
            return _lock(draft, name, depth)
        case "rcu":
            return _rcu(draft, name, depth)
        case "context":
            return _context(draft, name, depth)
        case "memory":
            return _memory(draft, name, depth)
        case _:
            return _check(draft, name, depth)


def body(draft: Draft, depth: int) -> str:
    """What stands inside a section or branch: now and then the next primitive to be used."""
    if depth >= 2:
        return ""
    chance = draft.random.random()
    if draft.wanted and chance < 0.45:
        return snippet(draft, draft.wanted.pop(), depth + 1)
    if draft.room() and chance < 0.9:
        return fill(draft, depth + 1)
    return ""


def fill(draft: Draft, depth: int) -> str:
    """Any small statement."""
    random = draft.random
    draft.size += 1
    one, two = draft.variable(), draft.variable()
    makers = (
        (6, lambda: f"WRITE_ONCE({one}, {random.randint(1, 2)});"),
        (4, lambda: f"{draft.use('r')} = READ_ONCE({one});"),
        (3, lambda: f"{one} = {two} + 1;"),
        (3, lambda: f"if (READ_ONCE({one}) == {random.randint(0, 2)}) {block(body(draft, depth))}"),
        (2, lambda: f"assert(READ_ONCE({one}) != {random.randint(1, 3)});"),
        (2, lambda: f"assume(READ_ONCE({one}) == {random.randint(0, 1)});"),
        (2, lambda: f"choose {{ {one} = 1; }} or {{ {body(draft, depth)} }}"),
        (1, lambda: f"{one} = choose(0, 1);"),
        (
            1,
            lambda: (
                f"while (READ_ONCE({one}) == {random.randint(0, 1)}) {block(body(draft, depth))}"
            ),
        ),
        (1, lambda: f"for (int i = 0; i < {random.randint(1, 3)}; i++) {two} = 1;"),
        (1, lambda: _word(draft, depth)),
        (1, lambda: _pointer(draft)),
    )
    return random.choices([make for _, make in makers], [weight for weight, _ in makers])[0]()


def _word(draft: Draft, depth: int) -> str:
    """Something with the word that is two locations."""
    draft.use("w")
    return draft.random.choice(
        (
            "w = none;",
            "w = table(&t2);",
            "clear(&w);",
            "WRITE_ONCE(w.low, 0);",
            f"if (READ_ONCE(w) == none) {block(body(draft, depth))}",
            block("pmd_t q = w;", "if (q.low & 1)", through(draft, "q")),
        )
    )


def through(draft: Draft, word: str) -> str:
    """A look at the table that a word points at."""
    draft.use("r")
    return block(f"struct table *t = (struct table *){word};", "r = t->v;")


def _pointer(draft: Draft) -> str:
    """Something with the pointer."""
    draft.use("p")
    local = draft.local()
    look = f"if ({local}) {draft.use('r')} = {local}->v;"
    return draft.random.choice(
        (
            "p = NULL;",
            "p = &u;",
            block(f"struct obj *{local} = READ_ONCE(p);", look),
            block(f"struct obj *{local} = p;", f"{local}->v = 2;"),
            block("struct obj *q = p;", "free(q);"),
        )
    )


# --- accesses and counters ----------------------------------------------------------------


def _access(draft: Draft, name: str, depth: int) -> str:
    """A read, write or exchange of a number, the pointer or the word."""
    random = draft.random
    weights = (0, 1, 0) if name.startswith("rcu") else (7, 2, 3)
    kind = random.choices(list(TARGETS), weights)[0]
    place = draft.use({"pointer": "p", "word": "w"}.get(kind) or draft.variable())
    type_name, values = TARGETS[kind]
    arguments: list[str] = []
    old = ""
    for parameter in PRIMITIVES[name].parameters:
        match parameter:
            case "lvalue":
                arguments.append(place)
            case "place":
                arguments.append(f"&{place}")
            case "old":
                old = draft.local()
                arguments.append(f"&{old}")
            case _:
                arguments.append(random.choice(values))
    made = call(name, *arguments)
    if old:
        start = f"{type_name} {old} = {random.choice(values)};"
        return block(start, f"if ({made}) {block(body(draft, depth))}")
    if PRIMITIVES[name].result == "void":
        return f"{made};"
    return _value(draft, made, kind, depth)


def _value(draft: Draft, made: str, kind: str, depth: int) -> str:
    """Something done with a value."""
    random = draft.random
    local = draft.local()
    if kind == "word":
        if random.random() < 0.5:
            return block(f"pmd_t {local} = {made};", f"if ({local}.low & 1)", through(draft, local))
        return f"if ({made} == none) {block(body(draft, depth))}"
    draft.use("r")
    if kind == "pointer":
        guard = f"if ({local}) " if random.random() < 0.8 else ""
        return block(f"struct obj *{local} = {made};", f"{guard}r = {local}->v;")
    if random.random() < 0.7:
        return f"r = {made};"
    return f"if ({made} == {random.randint(0, 2)}) {block(body(draft, depth))}"


def _counter(draft: Draft, name: str, depth: int) -> str:
    """An operation on a counter or on bits."""
    random = draft.random
    arguments: list[str] = []
    old = ""
    bits = PRIMITIVES[name].group == "bitop"
    for parameter in PRIMITIVES[name].parameters:
        match parameter:
            case "atomic":
                arguments.append("&" + draft.use("c" if name.startswith("refcount") else "n"))
            case "place":
                arguments.append("&" + draft.use("b"))
            case "old":
                old = draft.local()
                arguments.append(f"&{old}")
            case _:
                low = -1 if name == "atomic_add_negative" else 0 if bits else 1
                arguments.append(str(random.randint(low, 1 if bits else 2)))
    made = call(name, *arguments)
    result = PRIMITIVES[name].result
    if old:
        return block(f"int {old} = 0;", f"if ({made}) {block(body(draft, depth))}")
    if result == "void":
        return f"{made};"
    if random.random() < 0.65:
        return f"{draft.use('r')} = {made};"
    if result == "bool":
        return f"if ({made}) {block(body(draft, depth))}"
    return f"if ({made} == {random.randint(0, 2)}) {block(body(draft, depth))}"


# --- locks, sections, waits ---------------------------------------------------------------


def _lock(draft: Draft, name: str, depth: int) -> str:
    """A lock taken and let go, looked at, or set up."""
    name = CLOSERS.get(name, name)
    kind = PRIMITIVES[name].parameters[0].removeprefix("lock ")
    if name.endswith("_init") or name.startswith("init_"):
        return _set_up(draft, name, kind)
    if kind != "folio" and draft.random.random() < 0.15:
        draft.locks.add(kind)
        draft.use("p")
        local = draft.local()
        inner = _use_lock(draft, name, f"&{local}->{LOCKS[kind]}", depth)
        return block(f"struct obj *{local} = READ_ONCE(p);", f"if ({local})", block(inner))
    lock = LOCKS[kind]
    if kind == "spinlock" and draft.random.random() < 0.3:
        lock = "k"
    return _use_lock(draft, name, "&" + draft.use(lock), depth)


def _use_lock(draft: Draft, name: str, lock: str, depth: int) -> str:
    """One lock taken and let go, or looked at."""
    random = draft.random
    closer = OPENERS.get(name)
    if closer is None:
        made = call(name, lock)
        if random.random() < 0.7:
            return f"{draft.use('r')} = {made};"
        return f"if ({made}) {block(body(draft, depth))}"
    if name.endswith("_trylock"):
        taken = block(body(draft, depth), f"{call(closer, lock)};")
        return f"if ({call(name, lock)}) {taken}"
    more: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    before = ""
    match PRIMITIVES[name].parameters[1:]:
        case ("int",):
            more = (str(random.randint(0, 1)),)
        case ("flags",):
            flags = draft.local()
            before = f"unsigned long {flags};"
            more = back = (flags,)
        case _:
            pass
    start = f"{call(name, lock, *more)};"
    end = f"{call(closer, lock, *back)};"
    inner = body(draft, depth)
    chance = random.random()
    if chance < 0.04:
        end = ""
    elif chance < 0.07 and not back:
        start = ""
    return " ".join(part for part in (before, start, inner, end) if part)


def _set_up(draft: Draft, name: str, kind: str) -> str:
    """A lock of a fresh object set up, and used before or after."""
    random = draft.random
    draft.locks.add(kind)
    for used in ("objs", "p"):
        draft.use(used)
    local = draft.local()
    lock = f"&{local}->{LOCKS[kind]}"
    openers = [o for o in OPENERS if PRIMITIVES[o].parameters == (f"lock {kind}",)]
    opener = random.choice([o for o in openers if not o.endswith("_trylock")])
    parts = [f"{call(name, lock)};"]
    if random.random() < 0.6:
        used = f"{call(opener, lock)}; {call(OPENERS[opener], lock)};"
        parts.insert(random.random() < 0.8, used)
    if random.random() < 0.5:
        parts.append(f"{local}->v = 2; p = {local};")
    return block(f"struct obj *{local} = {call('alloc', 'objs')};", f"if ({local})", block(*parts))


def _rcu(draft: Draft, name: str, depth: int) -> str:
    """A reader, a grace period, or a callback."""
    random = draft.random
    if name in ("rcu_read_lock", "rcu_read_unlock"):
        inner = random.choice((_reader, body))(draft, depth)
        return _section(draft, "rcu_read_lock", inner)
    if name == "call_rcu":
        draft.use("u")
        number = len(draft.functions)
        does = random.choice(
            (
                "struct obj *o = container_of(h, struct obj, h); free(o);",
                f"WRITE_ONCE({draft.variable()}, {random.randint(1, 2)});",
                f"if (READ_ONCE({draft.variable()}) == 1) {draft.use('r')} = 7;",
            )
        )
        draft.functions.append(f"static void cb{number}(struct rcu_head *h) {{ {does} }}")
        return f"{_unpublish(draft)}{call(name, '&u.h', f'cb{number}')};"
    if name == "kfree_rcu":
        draft.use("u")
        return f"{_unpublish(draft)}{call(name, '&u', 'h')};"
    wait = f"{call(name)};"
    if random.random() < 0.5:
        return f"{_unpublish(draft)}{wait} free(&{draft.use('u')});"
    one = draft.variable()
    return f"WRITE_ONCE({one}, 1); {wait} {draft.use('r')} = READ_ONCE({draft.variable()});"


def _unpublish(draft: Draft) -> str:
    """The object taken out of the pointer, mostly."""
    if draft.random.random() < 0.6:
        draft.use("p")
        return "p = NULL; "
    return ""


def _reader(draft: Draft, depth: int) -> str:
    """A look through the pointer; two looks at the numbers."""
    draft.use("r")
    if draft.random.random() < 0.6:
        draft.use("p")
        local = draft.local()
        return block(f"struct obj *{local} = rcu_dereference(p);", f"if ({local}) r = {local}->v;")
    return (
        "r = READ_ONCE(y); if (READ_ONCE(x) == 0 && r) r = 9;"
        if draft.use("x") + draft.use("y")
        else ""
    )


def _section(draft: Draft, opener: str, inner: str) -> str:
    """A section, mostly closed."""
    start, end = f"{call(opener)};", f"{call(OPENERS[opener])};"
    chance = draft.random.random()
    if chance < 0.04:
        end = ""
    elif chance < 0.07:
        start = ""
    return " ".join(part for part in (start, inner, end) if part)


def _context(draft: Draft, name: str, depth: int) -> str:
    """A region with interrupts, softirqs or preemption off, or an IPI."""
    random = draft.random
    name = CLOSERS.get(name, name)
    if name == "local_irq_save":
        flags = draft.local()
        start = f"unsigned long {flags}; {call(name, flags)};"
        return f"{start} {body(draft, depth)} {call('local_irq_restore', flags)};"
    if name in OPENERS:
        inner = random.choice((_reader, body))(draft, depth)
        return _section(draft, name, inner)
    if name == "irqs_disabled":
        return f"{draft.use('r')} = {call(name)};"
    if name == "might_sleep":
        return f"{call(name)};"
    number = len(draft.functions)
    does = random.choice(
        (
            "",
            f"WRITE_ONCE({draft.variable()}, {random.randint(1, 2)});",
            f"{draft.use('r')} = READ_ONCE({draft.variable()});",
            f"spin_lock(&{draft.use('l')}); {draft.variable()} = 2; spin_unlock(&l);",
        )
    )
    draft.functions.append(f"static void h{number}(void) {{ {does} }}")
    wait = random.choice(("true", "true", "false"))
    targets = random.choice(((), (), ("one",), ("two",)))
    one = draft.variable()
    return f"WRITE_ONCE({one}, 1); {call(name, f'h{number}', wait, *targets)}; {body(draft, depth)}"


def _memory(draft: Draft, name: str, depth: int) -> str:
    """A life begun or ended."""
    random = draft.random
    draft.use("p")
    local = draft.local()
    if name == "alloc":
        draft.use("objs")
        made = f"struct obj *{local} = {call(name, 'objs')};"
        write = f"{local}->v = {random.randint(1, 2)};" if random.random() < 0.8 else ""
        ends = (
            f"p = {local};",
            f"{call('free', local)};",
            f"{body(draft, depth)} free({local});",
        )
        return block(made, f"if ({local})", block(write, random.choice(ends)))
    if random.random() < 0.3:
        draft.use("u")
        return f"{call(name, '&u')};"
    how = random.choice(("xchg(&p, NULL)", "xchg(&p, NULL)", "READ_ONCE(p)"))
    wait = random.choice(("", "", "synchronize_rcu();"))
    return block(f"struct obj *{local} = {how};", wait, f"{call(name, local)};")


def _check(draft: Draft, name: str, depth: int) -> str:
    """A condition that is claimed, or only looked at."""
    one = draft.variable()
    number = draft.random.randint(0, 2)
    if name == "BUG":
        return f"if (READ_ONCE({one}) == {number + 1}) {call(name)};"
    if name in ("assert", "assume"):
        op = "==" if name == "assume" and number else "!="
        return f"{call(name, f'READ_ONCE({one}) {op} {number}')};"
    made = call(name, f"READ_ONCE({one}) == {number + 1}")
    if PRIMITIVES[name].result == "void":
        return f"{made};"
    return f"if ({made}) {block(body(draft, depth))}"
