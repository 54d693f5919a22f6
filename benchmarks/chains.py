"""Rings of RCU readers and grace periods: how the time to decide one grows with its length.

    python benchmarks/chains.py [MOST]

Process i of n reads x<i> and then writes x<i+1>; readers do so inside a read-side section, the
others with synchronize_rcu() in between.  With at least as many grace periods as readers not every
process can read what the one before it wrote (Never), with fewer they can (Sometimes): the RCU
law of "Frightening Small Children and Disconcerting Grown-ups" (ASPLOS 2018).
"""

from __future__ import annotations

import sys

from dsl.source import Source
from prover.litmus.batch import load_litmus_model
from prover.litmus.decide import LitmusModel, decide

MOST = 16


def ring(kinds: str) -> str:
    """The test for a ring: ``R`` a reader, ``G`` a grace period."""
    size = len(kinds)
    processes = []
    for number, kind in enumerate(kinds):
        own, after = f"x{number}", f"x{(number + 1) % size}"
        read, write = f"r0 = READ_ONCE(*{own});", f"WRITE_ONCE(*{after}, 1);"
        body = [read, "synchronize_rcu();", write]
        if kind == "R":
            body = ["rcu_read_lock();", read, write, "rcu_read_unlock();"]
        lines = "".join(f"\t{line}\n" for line in ["int r0;", *body])
        processes.append(f"P{number}(int *{own}, int *{after})\n{{\n{lines}}}\n")
    wanted = " /\\ ".join(f"{number}:r0=1" for number in range(size))
    return f"C ring-{kinds}\n{{}}\n{''.join(processes)}exists ({wanted})\n"


def timed(kinds: str, under: LitmusModel) -> tuple[str, float]:
    """The answer for a ring, and its CPU seconds."""
    decided = decide(Source(f"ring-{kinds}", ring(kinds)), under, 600.0, explain=False)
    return decided.observation or decided.why, decided.seconds


def main(arguments: list[str]) -> int:
    """Prints a line per length; 1 where an answer is not what the law says."""
    most = int(arguments[0]) if arguments else MOST
    under = load_litmus_model("lkmm")
    wrong = 0
    before: dict[int, float] = {}
    print("   n  readers = grace periods   one grace period fewer   T(n)/T(n/2)")
    for size in range(2, most + 1, 2):
        half = size // 2
        never, seconds = timed("RG" * half, under)
        sometimes, more = timed("RG" * (half - 1) + "RR", under)
        before[size] = seconds
        ratio = f"{seconds / before[half]:.1f}" if half in before else ""
        print(f"{size:>4}  {never:<11}{seconds:>9.3f} s   {sometimes:<11}{more:>9.3f} s   {ratio}")
        wrong += (never, sometimes) != ("Never", "Sometimes")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
