"""SRCU in the skeleton: readers told apart by their indexes, and what waits for them.

A reader's index is a number of its own, its token, plus what its start reads from the domain:
0, but so the index depends on that read, as in the kernel's model.  ``!v:N`` says that the
thread's reader with token N is open.
"""

from __future__ import annotations

from dsl.frozen import replace
from prover.execution import skeleton as sk
from prover.execution.construct.draft import Draft
from prover.execution.construct.strand import Strand
from prover.execution.terms import Term
from prover.graph import ir

UNBALANCED = "srcu-unbalanced"


def enter(strand: Strand, instr: ir.SrcuEnter) -> None:
    """srcu_read_lock(), srcu_down_read(): the register gets the index."""
    draft = strand.draft
    address = strand.value(instr.address)
    draft.readers += 1
    token = draft.readers
    event = strand.here(sk.SrcuStart(address, instr.anybody, token), instr.origin)
    seen = draft.read(event, address, "whole")
    strand.env[instr.reg] = draft.operation("+", (), (seen, draft.constant(token)))
    if not instr.anybody:
        strand.readers.append((event, token, address))
        strand.env[f"!v:{token}"] = draft.constant(1)


def leave(strand: Strand, instr: ir.SrcuLeave) -> None:
    """srcu_read_unlock(), srcu_up_read(): the reader with the index is over."""
    draft = strand.draft
    terms = draft.terms
    address, index = strand.value(instr.address), strand.value(instr.index)
    number = draft.reserve()
    if instr.anybody:
        # Which readers there are is known once all threads are built.
        action = sk.SrcuEnd(address, True, index, ())
        strand.fill(number, action, strand.guard, instr.origin)
        draft.read(number, address, "whole")
        strand.guard = draft.outcome(number, "ok")
        return
    closes: list[tuple[int, Term]] = []
    for event, token, domain in strand.readers:
        name = f"!v:{token}"
        same = terms.both(draft.equal(index, draft.constant(token)), draft.equal(address, domain))
        ends = terms.both(strand.get(name), same)
        if terms.known(ends) != 0:
            closes.append((event, ends))
            strand.env[name] = terms.both(strand.get(name), terms.invert(same))
    bad = terms.invert(terms.either(*(ends for _, ends in closes)))
    action = sk.SrcuEnd(address, False, index, tuple(closes))
    check = sk.LocalCheck(UNBALANCED, bad, "")
    strand.fill(number, action, strand.guard, instr.origin, (check,))
    draft.read(number, address, "whole")
    strand.guard = draft.outcome(number, "ok")


def inside(strand: Strand, domain: Term) -> sk.LocalCheck:
    """The check of a wait for the readers of a domain that the thread itself is in none."""
    draft = strand.draft
    own = (
        draft.terms.both(strand.get(f"!v:{token}"), draft.equal(domain, address))
        for _, token, address in strand.readers
    )
    return sk.LocalCheck("self-deadlock", draft.terms.either(*own), "")


def look(strand: Strand, domain: Term, origin: ir.Origin, order: str = "plain") -> None:
    """The domain is in use: it must be there, and set up."""
    event = strand.here(sk.Access("srcu-look", order, domain), origin)
    strand.draft.read(event, domain, "whole")


def match_readers(draft: Draft) -> None:
    """Finds, for each srcu_up_read(), the readers that it may end, and who else may end them."""
    _match(draft)
    ends = [
        (event, event.action)
        for event in draft.events
        if event is not None and isinstance(event.action, sk.SrcuEnd) and event.action.anybody
    ]
    for event, action in ends:
        rivals: list[tuple[int, Term]] = []
        for other, rival in ends:
            both = [
                draft.terms.both(mine, theirs)
                for start, mine in action.closes
                for reader, theirs in rival.closes
                if start == reader and other.number != event.number
            ]
            same = draft.terms.either(*both)
            if draft.terms.known(same) != 0:
                rivals.append((other.number, same))
        changed = replace(action, rivals=tuple(rivals))
        draft.events[event.number] = replace(event, action=changed)


def _match(draft: Draft) -> None:
    """Finds, for each srcu_up_read(), the readers that it may end."""
    starts = [
        (event.number, event.action)
        for event in draft.events
        if event is not None and isinstance(event.action, sk.SrcuStart) and event.action.anybody
    ]
    terms = draft.terms
    for event in list(draft.events):
        if event is None or not isinstance(event.action, sk.SrcuEnd) or not event.action.anybody:
            continue
        closes: list[tuple[int, Term]] = []
        for start, reader in starts:
            same = terms.both(
                draft.equal(event.action.index, draft.constant(reader.token)),
                draft.equal(event.action.address, reader.address),
            )
            if terms.known(same) != 0:
                closes.append((start, same))
        bad = terms.invert(terms.either(*(when for _, when in closes)))
        check = sk.LocalCheck(UNBALANCED, bad, "")
        draft.events[event.number] = replace(
            event,
            action=replace(event.action, closes=tuple(closes)),
            checks=() if terms.known(bad) == 0 else (check,),
        )
