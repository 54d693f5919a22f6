"""C functions with guards, and what runs them: as the compiler has them, and written out."""

from __future__ import annotations

from random import Random
from typing import Final

PRELUDE: Final = r"""
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#define EBUSY 16
#define __cleanup(f) __attribute__((cleanup(f)))
struct box { struct box *next; int m, s, r, v; };
static struct box boxes[3];
static unsigned seed, left;
static int trace_at, trace[4000];
static void say(int what, int which)
{
	if (trace_at < 3998) { trace[trace_at++] = what; trace[trace_at++] = which; }
}
static int number(int most)
{
	if (!left) return 0;
	left--;
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % most;
}
static bool cond(void) { return number(2); }
static int of(void *p) { return ((char *)p - (char *)boxes) / sizeof(int); }
static void note(int k) { say(1, k); }
static void mutex_lock(int *l) { say(2, of(l)); }
static void mutex_unlock(int *l) { say(3, of(l)); }
static bool mutex_trylock(int *l) { bool had = cond(); say(4 + had, of(l)); return had; }
static int mutex_lock_interruptible(int *l) { return mutex_trylock(l) ? 0 : -4; }
static void rcu_read_lock(void) { say(6, 0); }
static void rcu_read_unlock(void) { say(7, 0); }
static int saves;
static unsigned long saved(int *l) { say(8, of(l)); return ++saves; }
#define spin_lock_irqsave(l, f) do { f = saved(l); } while (0)
static void spin_unlock_irqrestore(int *l, unsigned long f) { say(9, of(l)); say(10, f); }
static struct box *pick(int k) { say(11, k); return cond() ? &boxes[k % 3] : NULL; }
static void kfree(struct box *b) { say(12, of(b)); }
static void keep(struct box *b) { say(13, b ? of(b) : -1); }
#define __free(n)
"""

MACROS: Final = r"""
#undef __free
#define CLASS(n, v) class_##n v __cleanup(end_##n) = begin_##n
#define JOIN(a, b) a##b
#define UNIQUE(a, b) JOIN(a, b)
#define guard(n) CLASS(n, UNIQUE(guard_, __COUNTER__))
typedef int *class_mutex;
static void end_mutex(class_mutex *p) { if (*p) mutex_unlock(*p); }
static class_mutex begin_mutex(int *l) { mutex_lock(l); return l; }
typedef int *class_mutex_try;
static void end_mutex_try(class_mutex_try *p) { end_mutex(p); }
static class_mutex_try begin_mutex_try(int *l) { return mutex_trylock(l) ? l : NULL; }
typedef int *class_mutex_intr;
static void end_mutex_intr(class_mutex_intr *p) { end_mutex(p); }
static class_mutex_intr begin_mutex_intr(int *l) { return mutex_lock_interruptible(l) ? NULL : l; }
typedef int class_rcu;
static void end_rcu(class_rcu *p) { rcu_read_unlock(); }
static class_rcu begin_rcu(void) { rcu_read_lock(); return 1; }
typedef struct { int *lock; unsigned long flags; } class_spinlock_irqsave;
static void end_spinlock_irqsave(class_spinlock_irqsave *p)
{
	spin_unlock_irqrestore(p->lock, p->flags);
}
static class_spinlock_irqsave begin_spinlock_irqsave(int *l)
{
	class_spinlock_irqsave c = { l, saved(l) };
	return c;
}
#define had_mutex(p) 1
#define had_rcu(p) 1
#define had_spinlock_irqsave(p) 1
#define had_mutex_try(p) (*(p) != NULL)
#define had_mutex_intr(p) (*(p) != NULL)
#define SCOPED(n, label, args...) \
	for (CLASS(n, scope)(args); had_##n(&scope); ({ goto label; })) \
		if (0) { label: break; } else
#define scoped_guard(n, args...) SCOPED(n, UNIQUE(label_, __COUNTER__), args)
#define COND(n, fail, label, args...) \
	for (CLASS(n, scope)(args); true; ({ goto label; })) \
		if (!had_##n(&scope)) { fail; label: break; } else
#define scoped_cond_guard(n, fail, args...) COND(n, fail, UNIQUE(label_, __COUNTER__), args)
#define ACQUIRE(n, v) CLASS(n, v)
#define ACQUIRE_ERR(n, v) (had_##n(v) ? 0 : -EBUSY)
static void end_free(struct box **p) { if (*p) kfree(*p); }
#define __free(n) __cleanup(end_free)
#define no_free_ptr(p) ({ struct box *was = (p); (p) = NULL; was; })
#define return_ptr(p) return no_free_ptr(p)
#define retain_and_null_ptr(p) ((void)no_free_ptr(p))
"""

MAIN: Final = r"""
int main(void)
{
	static int first[4000];
	for (unsigned run = 1; run <= 300; run++) {
		int at = 0;
		for (int k = 0; k < NUMBER; k++) {
			for (int way = 0; way < 2; way++) {
				for (int i = 0; i < 3; i++) { boxes[i].next = &boxes[(i + 1) % 3]; boxes[i].v = i; }
				seed = run; left = 40; trace_at = 0; saves = 0;
				struct box *given = functions[k][way](&boxes[0], &boxes[1], 5);
				say(99, given ? of(given) : -1);
				if (!way) {
					for (at = 0; at < trace_at; at++) first[at] = trace[at];
					continue;
				}
				bool same = at == trace_at;
				for (int i = 0; same && i < at; i++) same = first[i] == trace[i];
				if (!same) { printf("%d %u\n", k, run); return 1; }
			}
		}
	}
	return 0;
}
"""

_PLACES: Final = ("&b->m", "&o->m", "&b->next->m", "&o->next->m", "&(b->m)")
_VALUES: Final = ("NULL", "b", "o", "b->next", "pick(2)", "cond() ? b : o")


def program(pairs: list[tuple[str, str]]) -> str:
    """A program that compares functions: each as f0, f1, ... with guards, as g0, g1, ... without.

    It prints the number of the first that differ, with the run in which they do.
    """
    written = "\n".join(without for _, without in pairs)
    given = "\n".join(guarded for guarded, _ in pairs)
    table = ", ".join(f"{{f{k}, g{k}}}" for k in range(len(pairs)))
    head = "static struct box *(*functions[][2])(struct box *, struct box *, int)"
    rest = f"#define NUMBER {len(pairs)}\n{head} = {{{table}}};\n"
    return f"{PRELUDE}{written}{MACROS}{given}{rest}{MAIN}"


class Writer:
    """Writes one function; ``loops`` says whether a break or continue has anything to leave."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.count = 0

    def function(self, name: str) -> str:
        """The text of a function."""
        before = "".join(f"\t{self._taken()}\n" for _ in range(self.random.randrange(3)))
        again = self.random.choice(("", "again: note(90);"))
        body = self.block(3, loops=False, again=bool(again))
        last = self.random.choice(_VALUES)
        return (
            f"struct box *{name}(struct box *b, struct box *o, int n)\n{{\n{before}{again}\n{body}\n"
            f"out:\n\tnote(91);\n\treturn {last};\n}}\n"
        )

    def block(self, depth: int, *, loops: bool, again: bool) -> str:
        """A block of a few statements."""
        inside = [
            self.statement(depth - 1, loops=loops, again=again)
            for _ in range(self.random.randrange(1, 5))
        ]
        return "{\n" + "\n".join(inside) + "\n}"

    def _name(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def _taken(self) -> str:
        """Something that is given back at the end of the block."""
        place = self.random.choice(_PLACES)
        match self.random.randrange(7):
            case 0 | 1:
                return f"guard(mutex)({place});"
            case 2:
                return "guard(rcu)();"
            case 3:
                return f"guard(spinlock_irqsave)({place.replace('m', 's')});"
            case 4:
                return f"guard(mutex_try)({place});"
            case 5:
                name = self._name("h")
                kind = self.random.choice(("mutex_try", "mutex_intr"))
                tested = f"if (ACQUIRE_ERR({kind}, &{name}))\n\t\treturn {self._value()};"
                return f"ACQUIRE({kind}, {name})({place});\n\t{tested}"
            case _:
                name = self._name("p")
                used = self.random.choice(
                    (
                        f"if (cond())\n\t\tkeep(no_free_ptr({name}));",
                        f"if (cond())\n\t\treturn no_free_ptr({name});",
                        f"if (cond())\n\t\treturn_ptr({name});",
                        f"if (cond())\n\t\tretain_and_null_ptr({name});",
                        f"{name} = pick(1);",
                    )
                )
                return f"struct box *{name} __free(kfree) = pick(3);\n\t{used}"

    def _value(self) -> str:
        return self.random.choice(_VALUES)

    def _jump(self, *, loops: bool, again: bool) -> str:
        ways = [f"return {self._value()};", f"return {self._value()};", "goto out;"]
        ways += ["break;", "continue;"] * 2 if loops else []
        ways += ["if (cond())\n\t\tgoto again;"] if again else []
        return self.random.choice(ways)

    def statement(self, depth: int, *, loops: bool, again: bool) -> str:
        """One statement."""
        if depth <= 0 or self.random.random() < 0.2:
            noted = f"note({self.random.randrange(80)});"
            return self.random.choice((noted, "b = o;", "b = b->next;", "o = cond() ? b : o;"))
        if self.random.random() < 0.3:
            return self._taken()
        place = self.random.choice(_PLACES)
        match self.random.randrange(8):
            case 0 | 1:
                return f"if (cond())\n\t{self._jump(loops=loops, again=again)}"
            case 2:
                then = self.branch(depth, loops=loops, again=again)
                return f"if (cond()) {then} else {self.branch(depth, loops=loops, again=again)}"
            case 3:
                kind = self.random.choice(("mutex", "spinlock_irqsave", "mutex_try", "mutex_intr"))
                return (
                    f"scoped_guard({kind}, {place})\n{self.branch(depth, loops=True, again=again)}"
                )
            case 4:
                fails = [f"return {self._value()}", "break", "continue", "note(70)", "goto out"]
                fail = self.random.choice(fails)
                body = self.branch(depth, loops=True, again=again)
                return f"scoped_cond_guard(mutex_try, {fail}, {place})\n{body}"
            case 5:
                body = self.branch(depth, loops=True, again=again)
                name = self._name("i")
                return f"for (int {name} = 0; {name} < 2; {name}++)\n{body}"
            case 6:
                return f"while (cond())\n{self.branch(depth, loops=True, again=again)}"
            case _:
                cases = "".join(
                    f"case {k}: {self.block(depth - 1, loops=loops, again=again)}\n"
                    + self.random.choice(("break;\n", ""))
                    for k in range(2)
                )
                last = f"default: {self.block(depth - 1, loops=loops, again=again)}"
                return f"switch (number(3)) {{\n{cases}{last}\n}}"

    def branch(self, depth: int, *, loops: bool, again: bool) -> str:
        """What may stand behind a condition."""
        if self.random.random() < 0.2:
            return f"\t{self._jump(loops=loops, again=again)}"
        if self.random.random() < 0.2:
            return self.statement(0, loops=loops, again=again)
        return self.block(depth - 1, loops=loops, again=again)
