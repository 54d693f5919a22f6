"""What each kernel primitive means, in a sentence for people, and where the kernel says so.

``docs/primitives.md`` is this table, and an editor shows it where a primitive is pointed at.
Verdicts do not come from it: meanings that count are in :mod:`dsl.interpreter` and
:mod:`prover.graph`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dsl.frozen import replace
from dsl.primitive_texts_contexts import Meaning, context_rows, row
from dsl.primitives import SIGNATURES, SYNONYMS

MODEL: Final = "tools/memory-model/Documentation/explanation.txt"
BARRIERS: Final = "Documentation/memory-barriers.txt"
ATOMIC: Final = "Documentation/atomic_t.txt"
BITOPS: Final = "Documentation/atomic_bitops.txt"
REFCOUNT: Final = "include/linux/refcount.h"


ORDERS: Final = {
    "": "Fully ordered: as if smp_mb() stood before and after it.",
    "_acquire": "What follows in the program comes after its read.",
    "_release": "What precedes in the program comes before its write.",
    "_relaxed": "It is one step, and orders nothing.",
}
"""What a suffix says of the order."""

_UNORDERED: Final = "It is one step, and orders nothing; smp_mb__before_atomic() and _after_ do."
_IF_DONE: Final = "Fully ordered where it writes; else it orders nothing."


def _rows() -> Iterator[tuple[str, Meaning]]:
    yield from _access()
    yield from _counters()
    yield from _conditional_counters()
    yield from _references()
    yield from _bits()
    yield from _barriers()
    yield from context_rows()


def _access() -> Iterator[tuple[str, Meaning]]:
    yield from row(
        MODEL,
        READ_ONCE="Reads a place once, as it stands; no data race. It orders nothing by itself: "
        "what depends on its value comes after it.",
        WRITE_ONCE="Stores once, whole; no data race. It orders nothing.",
        rcu_dereference="Reads a pointer as READ_ONCE() does: what goes through the pointer comes "
        "after the read. To be used in an RCU reader.",
        rcu_access_pointer="Reads a pointer to look at its value, as READ_ONCE() does.",
        rcu_assign_pointer="Stores a pointer; all that precedes in the program, such as setting up "
        "what it points at, comes before the store (release). A constant NULL orders nothing.",
        data_race="Reads a place by a plain access whose races are meant: none is reported, the "
        "verdict lists the place.",
    )
    yield from row(
        BARRIERS,
        smp_load_acquire="Reads; what follows in the program comes after the read.",
        smp_store_release="Stores; what precedes in the program comes before the store.",
        smp_store_mb="Stores as WRITE_ONCE() does, then smp_mb().",
        smp_cond_load_acquire="Reads until the condition holds for the value at hand, VAL, and "
        "gives it; what follows comes after that read. An await: it has no bound.",
        smp_cond_load_relaxed="Reads until the condition holds for the value at hand, VAL, and "
        "gives it; orders nothing. An await: it has no bound.",
    )
    exchanges = {
        "xchg": "Stores a value and gives the old one.",
        "cmpxchg": "Stores the new value if the place has the old one; gives what it had.",
        "try_cmpxchg": "Stores the new value if the place has the expected one, and is true; else "
        "false, and the local gets what the place had.",
    }
    for prefix in ("", "atomic_"):
        for name, text in exchanges.items():
            for suffix, order in ORDERS.items():
                fails = "" if name == "xchg" or suffix == "_relaxed" else _FAILS
                yield f"{prefix}{name}{suffix}", Meaning(f"{text} {order}{fails}", ATOMIC)


_FAILS: Final = " Where it stores nothing it orders nothing."


def _counters() -> Iterator[tuple[str, Meaning]]:
    yield from row(
        ATOMIC,
        atomic_read="Reads a counter as READ_ONCE() does.",
        atomic_read_acquire="Reads a counter; what follows in the program comes after the read.",
        atomic_cond_read_acquire="Reads a counter as smp_cond_load_acquire() does, until the "
        "condition holds for VAL.",
        atomic_cond_read_relaxed="Reads a counter as smp_cond_load_relaxed() does, until the "
        "condition holds for VAL.",
        atomic_set="Stores to a counter as WRITE_ONCE() does: no read-modify-write.",
        atomic_set_release="Stores to a counter; what precedes comes before the store.",
    )
    does = {
        "add": "Adds to the counter",
        "sub": "Subtracts from the counter",
        "inc": "Adds 1 to the counter",
        "dec": "Subtracts 1 from the counter",
        "and": "Ands the counter with a mask",
        "or": "Ors a mask into the counter",
        "xor": "Exclusive-ors the counter with a mask",
        "andnot": "Clears the bits of a mask in the counter",
    }
    for op, text in does.items():
        yield f"atomic_{op}", Meaning(f"{text}. {_UNORDERED}", ATOMIC)
        for suffix, order in ORDERS.items():
            fetch = f"{text} and gives the value from before. {order}"
            yield f"atomic_fetch_{op}{suffix}", Meaning(fetch, ATOMIC)
            if op in ("add", "sub", "inc", "dec"):
                new = f"{text} and gives the new value. {order}"
                yield f"atomic_{op}_return{suffix}", Meaning(new, ATOMIC)
    for suffix, order in ORDERS.items():
        text = f"Adds to the counter; whether it is then below zero. {order}"
        yield f"atomic_add_negative{suffix}", Meaning(text, ATOMIC)
    for op in ("inc", "dec", "sub"):
        text = f"{does[op]}; whether it is then zero. {ORDERS['']}"
        yield f"atomic_{op}_and_test", Meaning(text, ATOMIC)


def _conditional_counters() -> Iterator[tuple[str, Meaning]]:
    yield from row(
        ATOMIC,
        atomic_add_unless="Adds unless the counter has the value given; whether it did. "
        + _IF_DONE,
        atomic_fetch_add_unless="Adds unless the counter has the value given; gives the value "
        f"from before. {_IF_DONE}",
        atomic_inc_not_zero=f"Adds 1 unless the counter is zero; whether it did. {_IF_DONE}",
        atomic_inc_unless_negative="Adds 1 unless the counter is below zero; whether it did. "
        + _IF_DONE,
        atomic_dec_unless_positive="Subtracts 1 unless the counter is above zero; whether it did. "
        + _IF_DONE,
        atomic_dec_if_positive="Subtracts 1 if the counter is above zero; gives the value from "
        f"before less 1, also where nothing was done. {_IF_DONE}",
        atomic_dec_and_lock="Subtracts 1; if that makes zero, does so with the spinlock held, "
        "keeps the lock and is true.",
        atomic_dec_and_mutex_lock="Subtracts 1; if that makes zero, does so with the mutex held, "
        "keeps the mutex and is true. May sleep.",
    )


def _references() -> Iterator[tuple[str, Meaning]]:
    warns = "What the kernel would warn about and saturate is the violation `refcount`."
    put = "Orders as a release; where it is true, what follows comes after it."
    yield from row(
        REFCOUNT,
        refcount_read="Reads the count as READ_ONCE() does, as a number without a sign.",
        refcount_set="Stores to the count as WRITE_ONCE() does.",
        refcount_set_release="Stores to the count; what precedes comes before the store: for an "
        "object of a typesafe_by_rcu pool it is the last thing that is set.",
        refcount_inc=f"One reference more, on an object that has one. Orders nothing. {warns}",
        refcount_add=f"References more, on an object that has one. Orders nothing. {warns}",
        refcount_inc_not_zero=f"One reference more, if there is any; whether there was. {warns} "
        "Orders nothing, but a control dependency.",
        refcount_inc_not_zero_acquire="One reference more, if there is any; whether there was. "
        f"{warns} Where it is taken, what follows comes after it.",
        refcount_add_not_zero=f"References more, if there is any; whether there was. {warns} "
        "Orders nothing, but a control dependency.",
        refcount_add_not_zero_acquire="References more, if there is any; whether there was. "
        f"{warns} Where they are taken, what follows comes after it.",
        refcount_dec="One reference less, which must not be the last. Orders as a release. "
        + warns,
        refcount_dec_and_test=f"One reference less; whether it was the last. {put} {warns}",
        refcount_sub_and_test=f"References less; whether none is left. {put} {warns}",
        refcount_dec_if_one="Makes the last reference none; whether there was just one. Orders as "
        "a release.",
        refcount_dec_not_one="One reference less, unless it is the last; whether it was not. "
        f"Orders as a release. {warns}",
        refcount_dec_and_lock="One reference less; the last is put with the spinlock held, which "
        f"is kept where the call is true. {warns}",
        refcount_dec_and_mutex_lock="One reference less; the last is put with the mutex held, "
        f"which is kept where the call is true. May sleep. {warns}",
    )


def _bits() -> Iterator[tuple[str, Meaning]]:
    does = {"set": "Sets", "clear": "Clears", "change": "Flips"}
    for op, text in does.items():
        plain = "A plain read and a plain store: others may come between, and it is a data race."
        yield f"{op}_bit", Meaning(f"{text} a bit. {_UNORDERED}", BITOPS)
        yield f"__{op}_bit", Meaning(f"{text} a bit. {plain}", BITOPS)
        given = f"{text} a bit and gives whether it was set."
        yield f"test_and_{op}_bit", Meaning(f"{given} {ORDERS['']}", BITOPS)
        yield f"__test_and_{op}_bit", Meaning(f"{given} {plain}", BITOPS)
    yield from row(
        BITOPS,
        test_bit="Whether a bit is set: reads as READ_ONCE() does.",
        test_bit_acquire="Whether a bit is set; what follows comes after the read.",
        test_and_set_bit_lock="Sets a bit and gives whether it was set; where it was not, what "
        "follows comes after it, else it orders nothing.",
        clear_bit_unlock="Clears a bit in one step; what precedes comes before it.",
        __clear_bit_unlock="Clears a bit by a read and a store; what precedes comes before the "
        "store. For a bit lock whose other bits nobody changes.",
    )


def _barriers() -> Iterator[tuple[str, Meaning]]:
    yield from row(
        BARRIERS,
        smp_mb="Every access before it comes before every access after it.",
        smp_rmb="Reads before it come before reads after it.",
        smp_wmb="Stores before it come before stores after it.",
        barrier="Keeps the compiler from moving accesses over it; the processor still may.",
        smp_mb__before_atomic="smp_mb() before an atomic that orders nothing by itself.",
        smp_mb__after_atomic="smp_mb() after an atomic that orders nothing by itself.",
        smp_mb__after_spinlock="Right after a lock is taken: makes that a full barrier.",
        smp_mb__after_unlock_lock="After an unlock and the lock that follows it: the two are a "
        "full barrier.",
        smp_mb__after_srcu_read_unlock="After srcu_read_unlock(): a full barrier.",
    )


def _all() -> Iterator[tuple[str, Meaning]]:
    known = dict(_rows())
    for name in SIGNATURES:
        other = SYNONYMS.get(name, name)
        meaning = known[other]
        same = f"As {other}(). {meaning.text}"
        yield name, meaning if other == name else replace(meaning, text=same)


MEANINGS: Final[dict[str, Meaning]] = dict(_all())
"""The meaning of every primitive, by any of its names."""


def signature_text(name: str) -> str:
    """``bool try_cmpxchg(place, old, value)``, with the kinds of :mod:`dsl.primitives`."""
    known = SIGNATURES[name]
    return f"{known.result} {name}({', '.join(known.parameters)})"
