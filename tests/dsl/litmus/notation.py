"""Trees of litmus tests in brackets, without spans, for comparing; and as C again."""

from __future__ import annotations

from dsl.litmus import syntax as s


def expr(e: s.Expr) -> str:
    match e:
        case s.Number(value=value):
            return str(value)
        case s.Name(name=name):
            return name
        case s.AddressOf(name=name):
            return f"(& {name})"
        case s.Deref(pointer=pointer):
            return f"(* {expr(pointer)})"
        case s.Unary(op=op, operand=operand):
            return f"({op} {expr(operand)})"
        case s.Binary(op=op, left=left, right=right):
            return f"({op} {expr(left)} {expr(right)})"
        case s.Conditional(condition=c, then=a, otherwise=b):
            return f"(? {expr(c)} {expr(a)} {expr(b)})"
        case s.Call(name=name, arguments=arguments, tags=tags):
            tagged = name + "".join(f"{{{tag}}}" for tag in tags)
            return f"({' '.join([tagged, *map(expr, arguments)])})"


def stmt(found: s.Stmt) -> str:
    match found:
        case s.Declare(name=name, value=None):
            return f"[int {name}]"
        case s.Declare(name=name, value=value):
            assert value is not None
            return f"[int {name} {expr(value)}]"
        case s.Assign(target=target, value=value):
            return f"[= {expr(target)} {expr(value)}]"
        case s.Evaluate(value=value):
            return f"[{expr(value)}]"
        case s.If(condition=c, then=then, otherwise=otherwise):
            return f"[if {expr(c)} {stmt(then)} {stmt(otherwise)}]"
        case s.Block(body=body):
            return "{" + " ".join(map(stmt, body)) + "}"


def place(found: s.FinalRegister | s.FinalLocation) -> str:
    if isinstance(found, s.FinalRegister):
        return f"{found.process}:{found.name}"
    return f"[{found.name}]"


def condition(found: s.Condition) -> str:
    match found:
        case s.Equal(left=left, value=int() | str() as value):
            return f"{place(left)}={value}"
        case s.Equal(left=left, value=s.FinalRegister() | s.FinalLocation() as value):
            return f"{place(left)}={place(value)}"
        case s.Conjunction(parts=parts):
            return "(" + " ".join(["and", *map(condition, parts)]) + ")"
        case s.Disjunction(parts=parts):
            return "(" + " ".join(["or", *map(condition, parts)]) + ")"
        case s.Negation(inner=inner):
            return f"(not {condition(inner)})"
        case _:
            raise AssertionError(found)


def c(e: s.Expr) -> str:
    """An expression as C, every part in brackets."""
    match e:
        case s.Number(value=value):
            return f"({value})"
        case s.Name(name=name):
            return name
        case s.AddressOf(name=name):
            return f"(&{name})"
        case s.Deref(pointer=pointer):
            return f"(*{c(pointer)})"
        case s.Unary(op=op, operand=operand):
            return f"({op} {c(operand)})"
        case s.Binary(op=op, left=left, right=right):
            return f"({c(left)} {op} {c(right)})"
        case s.Conditional(condition=asked, then=a, otherwise=b):
            return f"({c(asked)} ? {c(a)} : {c(b)})"
        case s.Call(name=name, arguments=arguments):
            return f"{name}({', '.join(map(c, arguments))})"
