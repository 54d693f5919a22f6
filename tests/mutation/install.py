"""A mutant in the process at hand: one function's code is another, or one value of a module."""

from __future__ import annotations

import ast
import gc
import sys
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tests.mutation.measured import ROOT
from tests.mutation.mutants import Mutant


def install(module: ModuleType, mutant: Mutant) -> None:
    """Puts a mutant into the loaded module, wherever what it changes has been imported to."""
    replace_code(module, mutant)
    compute_again(module, mutant.tree)


def replace_code(module: ModuleType, mutant: Mutant) -> None:
    """Gives the function that a mutant changes its code.  Raises where it needs another closure."""
    if not mutant.owner:
        return
    code = compile(mutant.tree, str(module.__file__), "exec")
    inner = _code_of(code, mutant.owner.split("."))
    owner: Any = module
    for part in mutant.owner.split("."):
        owner = vars(owner)[part]
    for function in _functions(owner):
        function.__code__ = inner


def _functions(owner: Any) -> list[Any]:
    """The functions behind a name: of a property, a static method, a wrapper."""
    for inside in ("__wrapped__", "__func__", "fget", "func"):
        if getattr(owner, inside, None) is not None:
            owner = getattr(owner, inside)
    code = owner.__code__
    # dataclass(slots=True) makes its class twice: methods are shared, but be sure.
    same = [f for f in gc.get_referrers(code) if getattr(f, "__code__", None) is code]
    return same or [owner]


def _code_of(code: CodeType, path: list[str]) -> CodeType:
    """The code of a function or method."""
    for name in path:
        code = next(c for c in code.co_consts if isinstance(c, CodeType) and c.co_name == name)
    return code


def compute_again(module: ModuleType, tree: ast.Module) -> None:
    """Values of a module as with this text, and those of the modules that are made with them.

    A table of functions is another one whenever it is made again.
    """
    todo, done = [(module, tree)], {module.__name__}
    while todo:
        one, text = todo.pop()
        for other in _compute(one, text):
            file = Path(getattr(other, "__file__", None) or "-")
            if other.__name__ not in done and file.is_relative_to(ROOT):
                done.add(other.__name__)
                todo.append((other, ast.parse(file.read_text(encoding="utf-8"))))


def _compute(module: ModuleType, tree: ast.Module) -> list[ModuleType]:
    """The modules that have a value of this one which is another now."""
    found: dict[str, ModuleType] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        space = dict(vars(module))
        exec(compile(ast.Module([statement], []), "mutant", "exec"), space)  # noqa: S102
        for target in (node for each in targets for node in ast.walk(each)):
            if isinstance(target, ast.Name):
                _replace(module, target.id, space[target.id], found)
    return [other for _, other in sorted(found.items()) if other is not module]


def _replace(module: ModuleType, name: str, new: object, found: dict[str, ModuleType]) -> None:
    """Gives a module a value, and whoever has it from there; ``found`` gets them."""
    old = vars(module).get(name, new)
    if new == old or isinstance(old, type):
        return
    for where, other in list(sys.modules.items()):
        if getattr(other, name, None) is old:
            setattr(other, name, new)
            found[where] = other
        elif module in vars(other).values():
            found[where] = other
    setattr(module, name, new)


__all__ = ["compute_again", "install", "replace_code"]
