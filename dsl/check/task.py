"""``current``: the task that runs, handed on from each actor to the functions that use it.

An actor says which task it is by a local of that name; a function that uses ``current``, or calls
one that does, has it as a parameter that is not written.  What no actor calls (callbacks of RCU and
IPIs) runs in no task of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from dsl import syntax as s
from dsl.check.context import Body
from dsl.check.world import CURRENT, Signature, World
from dsl.diagnostic import Label
from dsl.frozen import Frozen, fields_of, replace
from dsl.source import Span
from dsl.types import PointerType, StructType

TASK = "task_struct"


class _Uses(Frozen, frozen=True):
    """What a function's text has of ``current``: whether it uses it, what it calls."""

    directly: bool
    called: frozenset[str]


def hand_on(world: World) -> None:
    """Gives the parameter to the functions that need it."""
    if CURRENT in world.ordinary or TASK not in world.structs:
        return
    task = PointerType(StructType(TASK))
    for name in needing({name: f.decl for name, f in world.functions.items()}):
        world.functions[name] = replace(world.functions[name], task=task)


def handed(world: World) -> frozenset[str]:
    """The functions that have it."""
    return frozenset(n for n, signature in world.functions.items() if signature.task is not None)


def hint(world: World) -> str:
    """What to do where there is no ``current``."""
    if TASK not in world.structs:
        return 'write `import "kernel/sched.khp";`'
    return "say which task it is: `struct task_struct *current = &its_task;`"


def refuse_without(body: Body, callee: Signature, span: Span) -> None:
    """Report a call of what uses ``current`` from where there is none."""
    if not body.scope.find(CURRENT)[0]:
        message = f"`{callee.name}()` uses `current`, and there is none here"
        declared = (Label(callee.decl.name.span, "declared here"),)
        body.report.fail("unknown-name", message, span, hint(body.world), declared)


def needing(functions: Mapping[str, s.FunctionDecl]) -> list[str]:
    """The functions that use ``current`` without declaring it, or call one that does."""
    uses = {name: _uses(decl) for name, decl in functions.items() if not _declares(decl)}
    found = {name for name, use in uses.items() if use.directly}
    while True:
        more = {n for n, use in uses.items() if n not in found and use.called & found}
        if not more:
            return [name for name in functions if name in found]
        found |= more


def _declares(decl: s.FunctionDecl) -> bool:
    """Whether a function has a parameter or a local of that name."""
    return any(
        isinstance(part, s.Parameter | s.Declarator) and part.name.text == CURRENT
        for part in _parts((decl.parameters, decl.body))
    )


def _uses(decl: s.FunctionDecl) -> _Uses:
    directly, called = False, set[str]()
    for part in _parts(decl.body):
        match part:
            case s.Ident(name):
                directly = directly or name == CURRENT
            case s.Call(callee) | s.ForEach(callee):
                called.add(callee.text)
            case _:
                pass
    return _Uses(directly, frozenset(called))


def _parts(node: object) -> Iterator[Frozen]:
    """All parts of a piece of syntax, itself included."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            waiting.extend(cast("tuple[object, ...]", one))
        elif isinstance(one, Frozen) and not isinstance(one, Span | s.Name | s.TypeName):
            yield one
            waiting.extend(getattr(one, name) for name in fields_of(type(one)))
