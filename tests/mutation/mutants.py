"""Mutants of a module: one small change each, in a fixed order."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from random import Random

FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.BitXor: ast.BitOr,
}
NAMES = {
    "any": "all",
    "all": "any",
    "min": "max",
    "max": "min",
    "conj": "disj",
    "disj": "conj",
    "both": "either",
    "either": "both",
    "TRUE": "FALSE",
    "FALSE": "TRUE",
}
"""Functions and constants that are easily taken for each other."""

WIDTH = 60
"""So much of the text of a change is in its name."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change.  ``owner`` is the function or method it is in, "" for the module itself.

    ``name`` does not depend on lines: it stays the same while the rest of the module changes.
    """

    name: str
    owner: str
    lines: range
    tree: ast.Module


@dataclass(frozen=True, slots=True)
class _Change:
    """What to do at a node: its index in the walk over the tree, and a number."""

    index: int
    number: int
    owner: str
    lines: range
    text: str


def names(source: str) -> list[str]:
    """The name of every mutant of a module."""
    return _named(_changes(ast.parse(source)))


def sample(source: str, seed: int, most: int) -> list[Mutant]:
    """At most so many mutants of a module, the same for the same seed, in the order of its text."""
    tree = ast.parse(source)
    changes = _changes(tree)
    named = _named(changes)
    chosen = sorted(Random(seed).sample(range(len(changes)), min(most, len(changes))))
    return [_mutant(tree, changes[i], named[i]) for i in chosen]


def some(source: str, wanted: Container[str]) -> list[Mutant]:
    """The mutants of a module that have such names, in the order of its text."""
    tree = ast.parse(source)
    changes = _changes(tree)
    both = zip(changes, _named(changes), strict=True)
    return [_mutant(tree, change, name) for change, name in both if name in wanted]


def _named(changes: list[_Change]) -> list[str]:
    """Names that tell the changes apart."""
    seen: Counter[tuple[str, str]] = Counter()
    found: list[str] = []
    for change in changes:
        key = (change.owner, change.text)
        seen[key] += 1
        again = f" ({seen[key]})" if seen[key] > 1 else ""
        found.append(f"{change.owner or 'module'}: {change.text}{again}")
    return found


def _mutant(tree: ast.Module, change: _Change, name: str) -> Mutant:
    changed = copy.deepcopy(tree)
    _apply(list(ast.walk(changed))[change.index], change.number)
    return Mutant(name, change.owner, change.lines, ast.fix_missing_locations(changed))


def _changes(tree: ast.Module) -> list[_Change]:
    """Every change, in the order of the text."""
    owners = dict(_owners(tree, ""))
    skipped = {id(n) for node in ast.walk(tree) for n in _skipped(node)}
    found: list[_Change] = []
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in skipped:
            continue
        for number, (place, after) in enumerate(_at(node)):
            first, last = getattr(place, "lineno", 1), getattr(place, "end_lineno", 1)
            text = f"{_short(place)} -> {after}"
            found.append(
                _Change(index, number, owners.get(id(node), ""), range(first, last + 1), text)
            )
    found.sort(key=lambda c: (c.lines.start, c.lines.stop, c.text, c.index, c.number))
    return found


def _owners(node: ast.AST, owner: str) -> Iterator[tuple[int, str]]:
    """The outermost function or method of every node in one."""
    for child in ast.iter_child_nodes(node):
        inside = owner.endswith("()")
        if isinstance(child, ast.ClassDef) and not inside:
            yield from _owners(child, f"{owner}{child.name}.")
        elif isinstance(child, ast.FunctionDef) and not inside:
            name = f"{owner}{child.name}()"
            yield from ((id(n), name[:-2]) for n in ast.walk(child))
            yield from _owners(child, name)
        else:
            yield from _owners(child, owner)


def _skipped(node: ast.AST) -> Iterator[ast.AST]:
    """What is left as it is: types, asserts, and what a class or a ``def`` is made with once."""
    match node:
        case ast.AnnAssign(annotation=annotation):
            yield from ast.walk(annotation)
        case ast.arg(annotation=ast.expr() as annotation):
            yield from ast.walk(annotation)
        case ast.FunctionDef(returns=returns, decorator_list=decorators):
            for part in (*decorators, *([returns] if returns else [])):
                yield from ast.walk(part)
        case ast.arguments(defaults=defaults, kw_defaults=others):
            for default in (*defaults, *others):
                yield from () if default is None else ast.walk(default)
        case ast.ClassDef(decorator_list=decorators, keywords=keywords, body=body):
            plain = [s for s in body if not isinstance(s, ast.FunctionDef | ast.ClassDef)]
            for outside in (*decorators, *keywords, *plain):
                yield from ast.walk(outside)
        case ast.Assert():
            yield from ast.walk(node)
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            yield from ast.walk(node)
        case _:
            pass


def _short(node: ast.AST) -> str:
    """The first line of a node's text."""
    text = ast.unparse(node).splitlines()[0]
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."


def _at(node: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """What can be changed at a node, with what comes of it; :func:`_apply` numbers them alike."""
    match node:
        case ast.Compare(ops=[one]):
            yield node, FLIPPED[type(one)].__name__
        case ast.BoolOp(op=op):
            yield node, "and" if isinstance(op, ast.Or) else "or"
        case ast.If() | ast.While():
            yield node.test, "negated condition"
        case ast.IfExp():
            yield node, "negated condition"
        case ast.UnaryOp(op=ast.Not()):
            yield node, "without not"
        case ast.BinOp(op=op) if type(op) in OPERATORS:
            yield node, OPERATORS[type(op)].__name__
        case ast.Constant(value=bool(value)):
            yield node, str(not value)
        case ast.Constant(value=int(value)):
            yield node, str(value + 1)
        case ast.Name(id=name) if name in NAMES:
            yield node, NAMES[name]
        case ast.match_case(guard=ast.expr() as guard):
            yield guard, "negated guard"
        case ast.comprehension(ifs=ifs):
            for test in ifs:
                yield test, "no condition"
        case _:
            pass
    for _, body in _bodies(node):
        for statement in body:
            if _droppable(statement):
                yield statement, "dropped"


def _bodies(node: ast.AST) -> Iterator[tuple[str, list[ast.stmt]]]:
    """The blocks of statements of a function or of a statement in one."""
    if isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.While | ast.match_case | ast.With):
        yield "body", node.body
    if isinstance(node, ast.If | ast.For) and node.orelse:
        yield "orelse", node.orelse


def _droppable(statement: ast.stmt) -> bool:
    """Whether a statement can be left out: neither a docstring, nor what gives a name."""
    match statement:
        case ast.Expr(value=ast.Constant()):
            return False
        case ast.Expr() | ast.If() | ast.For() | ast.AugAssign() | ast.Continue() | ast.Break():
            return True
        case ast.Assign(targets=[ast.Subscript() | ast.Attribute()]):
            return True
        case _:
            return False


def _apply(node: ast.AST, number: int) -> None:
    """Makes change ``number`` of a node."""
    own = sum(1 for place, _ in _at(node) if not isinstance(place, ast.stmt))
    if number < own:
        _apply_own(node, number)
        return
    places = [
        (name, i)
        for name, body in _bodies(node)
        for i, statement in enumerate(body)
        if _droppable(statement)
    ]
    name, place = places[number - own]
    getattr(node, name)[place] = ast.Pass()


def _apply_own(node: ast.AST, number: int) -> None:
    """A change of the node itself."""
    match node:
        case ast.Compare(ops=[one]):
            node.ops = [FLIPPED[type(one)]()]
        case ast.BoolOp(op=op):
            node.op = ast.And() if isinstance(op, ast.Or) else ast.Or()
        case ast.If() | ast.While() | ast.IfExp():
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.UnaryOp():
            node.op = ast.Not()
            node.operand = ast.UnaryOp(ast.Not(), node.operand)
        case ast.BinOp(op=op):
            node.op = OPERATORS[type(op)]()
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = value + 1
        case ast.Name(id=name):
            node.id = NAMES[name]
        case ast.match_case(guard=ast.expr() as guard):
            node.guard = ast.UnaryOp(ast.Not(), guard)
        case ast.comprehension():
            node.ifs[number] = ast.Constant(True)
        case _:
            raise AssertionError(node)


__all__ = ["Mutant", "names", "sample", "some"]
