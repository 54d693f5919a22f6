"""The actors and scenarios of a skeleton: who calls the functions, beside whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dsl.check.world import CURRENT
from dsl.paste.control import nodes
from dsl.paste.declare import Declarations
from dsl.paste.member import Member
from dsl.paste.tree import Block, ExprStmt, If, Return

_MOST_TWICE: Final = 40
"""So many statements may run for a scenario in which each function runs twice."""


class Actors:
    """Writes them; ``tasked`` are the members that run in a task of their own."""

    def __init__(self, declarations: Declarations, tasked: frozenset[str]) -> None:
        self._declarations = declarations
        self._tasked = tasked
        self._tasks = 0

    def alone(self, member: Member) -> str:
        """One function beside itself."""
        names = self._declarations.names
        scenario = names.fresh("two_callers")
        if member.name not in self._tasked:
            actor = names.fresh("caller")
            call = member.call(self._declarations)
            return f"\nactor {actor} {{ {call} }}\n" + _scenario(scenario, [f"{actor} * 2"])
        actors = [names.fresh(f"caller_{n}") for n in range(2)]
        text = "".join(self._with_task(actor, member) for actor in actors)
        return text + _scenario(scenario, actors)

    def beside(self, members: Sequence[Member], weight: int) -> str:
        """Functions beside each other; each twice where they are small enough."""
        names = self._declarations.names
        scenario, twice = names.fresh("side_by_side"), ""
        if weight * len(members) <= _MOST_TWICE:
            twice = names.fresh("each_twice")
        text, once, both = "", list[str](), list[str]()
        for member in members:
            actor = names.fresh(f"{member.name}_caller")
            once.append(actor)
            if member.name not in self._tasked:
                call = member.call(self._declarations)
                text += f"\nactor {actor} {{ {call} }}\n"
                both.append(f"{actor} * 2")
                continue
            text += self._with_task(actor, member)
            both.append(actor)
            if twice:
                both.append(names.fresh(f"{member.name}_other"))
                text += self._with_task(both[-1], member)
        text += _scenario(scenario, once)
        return text + (_scenario(twice, both) if twice else "")

    def _with_task(self, actor: str, member: Member) -> str:
        call = member.call(self._declarations)
        task = f"struct task_struct *{CURRENT} = {self._task()};"
        return f"\nactor {actor} {{\n{task}\n\n{call}\n}}\n"

    def _task(self) -> str:
        """A task of its own, which is part of a thread's where there are such."""
        d, number = self._declarations, self._tasks
        self._tasks += 1
        if "kthread" in d.world.closed:
            return f"&{d.another('struct kthread', f'thread_{number}')}.task"
        return f"&{d.another('struct task_struct', f'task_{number}')}"


def weight(bodies: Sequence[Block]) -> int:
    """About how many statements they have."""
    return sum(isinstance(node, ExprStmt | If | Return) for body in bodies for node in nodes(body))


def _scenario(name: str, run: Sequence[str]) -> str:
    return f"\nscenario {name} {{\nrun {', '.join(run)};\nexpect proved;\n}}\n"
