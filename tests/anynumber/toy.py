"""A protocol as text decided with an engine that says what it is told to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.check import check
from dsl.files import library_root
from dsl.imports import load_text
from dsl.protocol import Protocol
from dsl.source import Span
from prover.parametric.invariant import Endless, Safe, Suspect, View
from prover.parametric.system import Infinite, Refused, Shared, System, Violated
from prover.pipeline.anynumber.decide import decide_any_number
from prover.pipeline.anynumber.engine import Confirmed, Engine, Opinion
from prover.pipeline.decision import Decision
from prover.pipeline.limits import Limits
from prover.verdict import Obligation

LOCK = """
models lkmm;
spinlock_t lock;
int inside;
actor walker {
	spin_lock(&lock);
	inside++;
	assert(inside == 1, "one at a time");
	inside--;
	spin_unlock(&lock);
}
actor fault { int x = 1; assert(x == 1, "one"); }
scenario s { run walker *, fault; forever; }
"""
"""One at a time, whoever comes."""

BROKEN = LOCK.replace("spin_lock(&lock);", "").replace("spin_unlock(&lock);", "")
"""Nobody asks for the lock."""

LATER = """
models sc;
int flag;
actor waiter { while (!READ_ONCE(flag)) cpu_relax(); WRITE_ONCE(flag, 0); }
actor setter { WRITE_ONCE(flag, 1); }
scenario s { run waiter *, setter; forever; }
"""
"""A waiter may find that the setter has ended; but it begins again."""

CROSSED = """
models sc;
spinlock_t a, b;
actor one { spin_lock(&a); spin_lock(&b); spin_unlock(&b); spin_unlock(&a); }
actor two { spin_lock(&b); spin_lock(&a); spin_unlock(&a); spin_unlock(&b); }
scenario s { run one *, two *; forever; }
"""
"""Two locks in both orders."""


@dataclass(frozen=True)
class Views:
    """An invariant of so many views."""

    size: int = 2

    def shared(self) -> Iterator[Shared]:
        yield (0,)

    def views(self, _shared: Shared) -> Iterator[View]:
        yield (0, 0), (0, 0)
        yield (0, 1), (0, 0)


class Nothing:
    """A system that nobody looks into."""


def protocol_of(text: str) -> Protocol:
    from pathlib import Path

    return check(load_text("t.khp", text, Path.cwd(), (library_root(),)))


def suspect(text: str, what: str, *actors: tuple[str, int], name: str = "assert") -> Suspect:
    at = text.index(what)
    return Suspect(Violated((name,), Span("t.khp", at, at + len(what))), actors, ())


def decided(
    text: str,
    answers: list[Safe | Suspect | Endless],
    *,
    opinions: tuple[Opinion, ...] = (Confirmed("checker"),),
    raises: Refused | Infinite | None = None,
    timeout: float = 60.0,
) -> Decision:
    """What comes of a scenario ``s``; ``answers`` are the search's, size by size."""

    def system(_protocol: Protocol, _obligation: Obligation) -> System:
        if raises is not None:
            raise raises
        return Nothing()  # type: ignore[return-value]

    engine = Engine(
        system,
        lambda _system, size, _seconds: answers[min(size, len(answers)) - 1],
        {said.by: lambda _s, _i, _t, said=said: said for said in opinions},  # type: ignore[misc]
    )
    limits = Limits(timeout, 2048, 8)
    return decide_any_number(protocol_of(text), Obligation("s", "", (), "sc"), None, limits, engine)
