"""Labels and jumps, also those that block macros make."""

from __future__ import annotations

from dsl import protocol as p
from dsl import syntax as s
from dsl.check.context import Around, Body
from dsl.check.report import did_you_mean
from dsl.diagnostic import Label
from dsl.source import Span


def define(body: Body, label: s.Name) -> str:
    """Enter a label and give its final name; labels of a block macro are fresh in each use."""
    name = _final(body, label.text)
    if name in body.jumps.labels:
        body.report.error(
            "duplicate-label",
            f"label `{label.text}` is there twice",
            label.span,
            "a label names one statement of a function",
            (Label(body.jumps.labels[name], "first here"),),
        )
    body.jumps.labels.setdefault(name, label.span)
    if body.frame is None:
        body.jumps.written[label.text] = None
    return name


def goto(body: Body, label: s.Name, span: Span) -> p.Stmt:
    """A jump to a label anywhere in the function, or in the same block macro."""
    name = _final(body, label.text)
    body.jumps.gotos.append((name, label))
    return p.Goto(name, span)


def _final(body: Body, label: str) -> str:
    return label if body.frame is None else f"{body.frame.prefix}.{label}"


def leave(body: Body, span: Span) -> p.Stmt:
    """``break``: out of the innermost loop, switch or block macro."""
    if not body.around:
        return body.report.fail("outside-loop", "`break` outside of a loop or switch", span)
    innermost = body.around[-1]
    return p.Break(span) if innermost.kind != "block" else _jump(innermost, innermost.end, span)


def resume(body: Body, span: Span) -> p.Stmt:
    """``continue``: on with the innermost loop or block macro."""
    for around in reversed(body.around):
        match around.kind:
            case "loop":
                return p.Continue(span)
            case "block":
                return _jump(around, around.after, span)
            case _:
                continue
    return body.report.fail("outside-loop", "`continue` outside of a loop", span)


def _jump(around: Around, label: str, span: Span) -> p.Stmt:
    around.jumped.add(label)
    return p.Goto(label, span)


def resolve_gotos(body: Body) -> None:
    """Report gotos to labels that are not there; after the whole function."""
    for name, written in body.jumps.gotos:
        if name in body.jumps.labels:
            continue
        prefix = name.removesuffix(written.text)
        near = [
            known.removeprefix(prefix)
            for known in body.jumps.labels
            if known.startswith(prefix) and "." not in known.removeprefix(prefix)
        ]
        body.report.error(
            "unknown-label",
            f"no label `{written.text}` in `{body.name}`",
            written.span,
            did_you_mean(written.text, near),
        )
