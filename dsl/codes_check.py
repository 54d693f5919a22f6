"""What each diagnostic of the checker means, with an example and a remedy."""

from __future__ import annotations

_NAMES = {
    "ambiguous-name": """
Two words have a named value of this name, and nothing around it tells which is meant:
        (void)(none == none);
Compare with, or assign to, something of the word's type: `pmd == none`.
""",
    "duplicate-name": """
A name is declared twice, or listed twice where each can stand once:
        int x; int x;
        run walker, walker;
Rename or remove one.  Functions, objects, pools, actors, configs, enum members,
typedefs and words share one name space; struct and enum tags have their own.  A word's values
may have the names of other things, but not those of functions.
""",
    "duplicate-label": """
A function has two labels of one name:
        out: a(); out: b();
Labels are jumped to, and variants name statements by them: give each its own name.
""",
    "duplicate-case": """
A switch has two cases of one value, or two defaults:
        case 1: a(); case 1: b();
Remove one, or give both values to one case.
""",
    "reserved-name": """
The name means something in the language: a primitive, a built-in type, `NULL`, `choose`, or,
for the value of a word, `any` and `before` in transitions:
        static void spin_lock(spinlock_t *l) { ... }
Leave the declaration out, or give it another name.
""",
    "unknown-name": """
Nothing of this name is declared in the file or its imports:
        run wlaker;
Correct the spelling, declare it, or import the file that does.
""",
    "unknown-field": """
The struct has no field, or the word no half, of this name:
        m.pmdp = none;
Correct the spelling; halves are declared by `split low, high;` in the word.
""",
    "unknown-type": """
No such struct, enum, typedef or word is declared:
        struct pagetable *p;
Correct the spelling, declare it, or import the file that does.
""",
    "unknown-label": """
The function has no label of this name; a `goto` or a variant asks for it:
        variant v in s { drop retract.snyc; }
Correct the spelling, or put the label before the statement.
""",
    "unknown-property": """
No property of this name is checked:
        expect refuted use-after-fre;
Correct the spelling; the reference lists all properties.
""",
    "any-number": """
A scenario of any number of actors, or for ever, asks what has no answer there:
        scenario s { run walker *; forever; final m.nr == 0; }
It has no end, so no `final`; its loops are not cut, so no `bound`; it is decided under `sc`
alone; and `forall_actors()` and `ghost int walker.x` need a number of walkers.
""",
    "unknown-model": """
No memory model of this name:
        models scc;
The names are sc, tso and lkmm.
""",
    "unknown-variant": """
The file has no variant of the name that was asked for.
Correct the spelling, or declare `variant name in scenario { ... }`.
""",
    "not-a-function": """
What is called is a local, an object or another thing that is no function:
        int f = 1; f(1);
Call a function, a primitive, or a named value of a word.
""",
    "not-an-iterator": """
A block follows a call of something that is no block macro:
        lock(&m) { ... }
End the call with `;`, or declare `iterator lock(...) { ... yield; ... }`.
""",
    "iterator-call": """
A block macro is used without a block:
        vma_interval_tree_foreach(&vma, mapping);
Let the block follow: `vma_interval_tree_foreach(&vma, mapping) { ... }`.
""",
}

_TYPES = {
    "type-mismatch": """
A value does not have the type that is needed, and C converts it only with a cast or not at all:
        struct folio *f = &table;
Numbers convert into each other, NULL and 0 into any pointer; words and pointers need a cast.
""",
    "bad-cast": """
There is no such cast: pointers do not become other pointers or numbers:
        struct mm *m = (struct mm *)vma;
Casts go between numbers, from a word to its bits or its object, and from bits to a word;
`container_of()` goes from a field to its struct.
""",
    "bad-operand": """
The operator does not take what stands beside it:
        x = -pointer;   y = number->field;
Use a value of the right kind; the message names the one that is there.
""",
    "bad-argument": """
A primitive is given what it does not take:
        atomic_inc(&m.nr_ptes);     (nr_ptes is an int)
Pass what the message asks for: the address of an atomic_t, of a lock, the name of a pool.
""",
    "argument-count": """
A call has too few or too many arguments:
        spin_lock();
Give as many as the declaration has parameters.
""",
    "pointer-arithmetic": """
Pointers are not computed with, also not by an index:
        p = p + 1;   x = p[1];
Name the element: `&object.array[1]`.
""",
    "struct-value": """
A struct or an array is used as one value:
        a = b;          (both are structs)
Copy the fields, or pass a pointer.
""",
    "opaque-value": """
Locks, atomic counters and RCU heads are touched by their primitives only:
        n = page->refcount;
Write `refcount_read(&page->refcount)`; pass locks by address.
""",
    "half-of-value": """
The half of a word is taken from a value, not from a place:
        x = READ_ONCE(*pmdp).low;
Assign the word to a local first, or read the half: `READ_ONCE(pmdp->low)`.
""",
    "local-aggregate": """
A local or a parameter is a struct, an array, a lock or an atomic:
        struct mm local;
Declare a global object and use its address, or a local for each field.
""",
    "void-type": """
Something that must have a value is declared void:
        struct s { void x; };
Give it a type.
""",
    "recursive-type": """
A struct contains itself, or a typedef refers to itself:
        struct s { struct s next; };
Use a pointer: `struct s *next;`.
""",
    "not-a-place": """
A value stands where a place is needed (to assign it, or take its address):
        f() = 1;   READ_ONCE(1);
Name a local, an object, a field, an element, or what a pointer points at.
""",
    "not-constant": """
A value must be known before anything runs:
        int a[n];   case x:   spin_lock_nested(&l, depth)
Use numbers, enum members, addresses of objects and named values of words.
""",
    "constant-range": """
A constant is outside of what its place allows:
        struct s { int a[65]; };   x << 40   run a * 65;
The message names the limits.
""",
    "choose-range": """
`choose()` has no range, or an empty one:
        int n = choose();
Give the range, `choose(0, 3)`; bools, small enums and bytes need none.
""",
    "config-use": """
A config is used other than in a comparison with one of its values:
        if (PAE) ...
Write `PAE == on`.
""",
    "postfix-value": """
The value of `x++` or `x--` is used:
        y = x++;
Step in a statement of its own, or write `++x` where the new value is meant.
""",
    "not-supported": """
The construct is not part of the language:
        handler = &function;
Call functions by name; call_rcu() and smp_call_function() take a name, too.
""",
}

_FUNCTIONS = {
    "local-address": """
The address of a local is kept, not just lent to a function:
        int *p = &n;
Pass `&n` as an argument, or make n a global object.
""",
    "out-parameter": """
A parameter that some call gives the address of a local is assigned, stored or computed with:
        static void f(int *out) { out = other; }     ...     f(&n);
Only dereference it, compare it with NULL, or pass it on.
""",
    "not-a-local": """
A primitive keeps something in a local of the caller, and is given another place:
        spin_lock_irqsave(&l, m.flags);
Declare `unsigned long flags;` in the function and pass it.
""",
    "recursion": """
A function calls itself, directly, through others, or by its own RCU callback:
        static void f(void) { f(); }
Functions are put in place of their calls; use a loop.
""",
    "missing-return": """
A function with a result can reach its end without `return`:
        static int f(int x) { if (x) return 1; }
End every path with `return value;`.
""",
    "return-value": """
A `return` does not fit the function: a value where there is none, none where one is needed,
or one of the wrong type:
        static void f(void) { return 1; }
Change the `return`, or the type of the function.
""",
    "outside-loop": """
A `break` or `continue` stands in no loop (`break`: no switch either):
        static void f(void) { break; }
Use `return` or `goto`.
""",
    "misplaced-yield": """
An iterator needs one `yield`, and nothing else can have one:
        iterator each(int n) { }
Write `yield;` once, where the block of the use runs.
""",
    "too-large": """
A limit is exceeded: the size of a file, of a function with all calls and block macros in
place, the number of configurations, locations, actors or expectations.
Limits keep every run short; the message names this one.  Split the protocol.
""",
    "index-used": """
Something looks at the index of an SRCU reader, or computes with it:
        int idx = srcu_read_lock(&ss);
        if (idx == 0) ...
Which number it is says nothing.  It is kept in an int, passed on, and given to
srcu_read_unlock() or srcu_up_read() of the same domain.
""",
    "not-decided-yet": """
The kernel has it, and this version does not decide it:
        raw_spinlock_t l;   percpu_down_read(&sem);
It is refused rather than passed over.  Model it by what it is made of, or leave it out.
What the library has (seqcount_t, struct completion, wait_queue_head_t) is to be imported:
        import "kernel/seqlock.khp";
""",
}

_PROTOCOL = {
    "bad-address": """
A physical address is not that of a page, is taken, or the number of addresses is wrong:
        struct page_table A at 0x1001;
Addresses are multiples of 0x1000, not 0, and each is given once.
""",
    "bad-pool": """
A pool holds something that is no struct:
        pool int numbers[2];
Put it into a struct.
""",
    "bad-host": """
What an interrupt handler interrupts is another interrupt handler, or is not run:
        actor walker { ... }
        actor tick interrupts walker { ... }
        actor nmi interrupts tick { ... }
        scenario s { run tick; }
Name the actor on whose CPU it runs, and run that too: `run walker, tick;`.
""",
    "actor-state": """
Ghost state of each instance of an actor is named where no instance is meant, has its address
taken, is no number, or is an interrupt handler's:
        ghost int walker.seen;
        final walker.seen == 1;
It is named in the body of `walker`, and in claims: `forall_actors(walker, walker.seen == 1)`.
""",
    "bad-forall": """
`forall_actors()` is no part of a claim, has the same actor inside, or one that does not run:
        actor walker { assert(forall_actors(walker, x == 0)); }
        scenario s { run walker; final forall_actors(fault, fault.seen == 1); }
It stands in `final` and `invariant`; at the top level it is about those that a scenario runs.
""",
    "bad-initializer": """
An initial value does not fit its place:
        struct s o = { 1 };   spinlock_t l = 0;
Name the fields, `{ .f = 1 }`; list elements in order; leave locks out.
""",
    "bad-lock-class": """
`class("...")` is given to something that is no lock:
        int n class("n");
Remove it.
""",
    "bad-word": """
A named value of a word is ill-formed:
        word w_t { number(int *) = 1; }   word w_t { table(struct t *) = 0x1000; }
The argument is a pointer to a struct; beside its address only the low 12 bits are free.
""",
    "bad-condition": """
A `when` clause is more than comparisons of configs joined by && and ||:
        expect proved when x > 1;
Write `CONFIG == value` or `CONFIG != value`.
""",
    "never-holds": """
No configuration satisfies a `when` clause:
        expect proved when PAE == on && PAE == off;
Perhaps `||` is meant, or the file declares the config again without that value.
""",
    "bad-transition": """
A transition is about something that is no word, asks for something that is no lock, or
uses `before` where the old value has no object:
        none -> table holding before->ptl;
`before` exists only for old values with an argument, as `table(p)`.
""",
    "lock-order-circle": """
Declared orders of lock classes contradict each other, maybe by way of others:
        lock_order a.l -> b.l;
        lock_order b.l -> a.l;
A class is not before itself either.  `lock_order` says what is taken first; leave out what
is not so.
""",
    "impure-claim": """
A claim (`final`, `invariant`, the lock of a transition) does something instead of looking:
        final xchg(&m.n, 1) == 0;
Read the places.  Functions may be called if their body is one `return` without effects.
""",
    "nothing-runs": """
A scenario has no `run`:
        scenario s { expect proved; }
Write `run actor, actor * 2;`.
""",
    "expect-conflict": """
Two expectations match one obligation and say different things:
        expect proved;   expect refuted deadlock when PAE == on;
Narrow one with `when` or `under`, so that each obligation matches one.
""",
    "bad-move": """
A variant moves a statement to another function, next to itself, or into itself:
        move f.one after g.two;
Both labels belong to one function, and neither statement contains the other.
""",
    "bad-exchange": """
A variant exchanges functions of different signatures:
        exchange pte_free with pte_free_defer;
Both must have the same parameter types and the same result.
""",
}

_HEADER = {
    "bad-header": """
A line of the header, the comment that begins with `Result:`, is not what it should be:
        // Result: prooved
        // Fix: 6fa1066f (v6.12
The result is a verdict; Title, Fix, Bug, CVE, Files and Witness are each on a line of their own,
which goes on where the next is indented further.  docs/language.md has an example.
""",
    "header-result": """
The header's result is not what the scenarios of the file expect, as they stand:
        // Result: proved
        scenario s { run a; expect refuted deadlock; }
Put right what is wrong.  The worst that is expected must be named, others may be:
`Result: proved, refuted`.  Variants do not count.
""",
}

CHECK_CODES: dict[str, str] = {
    code: text.strip()
    for table in (_NAMES, _TYPES, _FUNCTIONS, _PROTOCOL, _HEADER)
    for code, text in table.items()
}
"""Code -> explanation, of every diagnostic of :mod:`dsl.check` and :mod:`dsl.variant`."""
