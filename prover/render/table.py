"""A report as text: one line per verdict, witnesses where they matter, the sum last."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import TypeAlias, assert_never

from prover.execution.witness import Witness
from prover.render.letters import printable
from prover.render.livelock import counted_livelocks, liveness_lines
from prover.render.witness_table import shown_by, witness_table
from prover.verdict import (
    AnyNumber,
    Bounded,
    Broken,
    Certificate,
    FileReport,
    Outcome,
    Proved,
    Refuted,
    Report,
    Unknown,
    Vacuous,
    Verdict,
    is_settled,
    name_of,
)

WIDTH = 79
TAIL = 48
"""The widest line, and the column where it says what the verdict means."""

Configuration: TypeAlias = tuple[tuple[str, str], ...]

Shown: TypeAlias = dict[tuple[str, ...], str]
"""Which verdict a table was printed for: by its scenario and its lines."""

COLORS = {"proved": "32", "refuted": "31", "broken": "31"}
"""ANSI colours of verdicts; the others are yellow."""


def render_report(
    report: Report, verbose: bool, quiet: bool, color: bool, *, full: bool = False
) -> str:
    """The whole report.  The first line of each file names its models and configs.

    ``full`` shows every step of a witness.

    Files found below a folder have a line each, and what was not expected below it; more of them
    is ``verbose``.
    """
    lines: list[str] = []
    for folder, files in groupby(report.files, key=lambda file: "" if verbose else file.folder):
        if folder:
            lines.extend(_folder(folder, list(files), quiet=quiet, color=color, full=full))
            continue
        for file in files:
            if file.outcomes:
                lines.extend(_file(file, verbose=verbose, quiet=quiet, color=color, full=full))
    lines.extend(liveness_lines(report, verbose=verbose))
    lines.append(_summary(report))
    return "\n".join(lines) + "\n"


def _file(file: FileReport, *, verbose: bool, quiet: bool, color: bool, full: bool) -> list[str]:
    """One file's part."""
    lines = [_title(file)]
    shown: Shown = {}
    for group in groups_of(file.outcomes):
        outcome = group[0]
        if quiet and is_settled(outcome):
            continue
        lines.extend(_line(group, file.outcomes, color=color))
        if verbose or not outcome.as_expected:
            lines.extend(_details(group, file, shown, verbose=verbose, full=full))
    if verbose:
        notes = dict.fromkeys(n for o in file.outcomes for n in o.notes)
        lines.extend(f"  note: {note}" for note in notes)
    return lines


def _folder(
    folder: str, files: Sequence[FileReport], *, quiet: bool, color: bool, full: bool
) -> Iterator[str]:
    """The part of the files found below a folder."""
    models = _models([outcome for file in files for outcome in file.outcomes])
    yield f"{printable(folder)}: {', '.join(models)}" if models else f"{printable(folder)}:"
    for file in files:
        wrong = [group for group in groups_of(file.outcomes) if not is_settled(group[0])]
        if not (file.outcomes or file.diagnostics) or (quiet and not (wrong or file.diagnostics)):
            continue
        yield _brief(file, folder, good=not wrong, color=color)
        shown: Shown = {}
        for group in wrong:
            yield from _line(group, file.outcomes, color=color)
            yield from _details(group, file, shown, verbose=False, full=full)
    idle = sum(not (file.outcomes or file.diagnostics) for file in files)
    if idle and not quiet:
        yield f"  {counted(idle, 'file')} with nothing to prove, checked"


def _brief(file: FileReport, folder: str, *, good: bool, color: bool) -> str:
    """A file in a line: whether all is as expected, and what was found how often."""
    name = printable(str(PurePath(file.name).relative_to(folder)))
    word = "error" if file.diagnostics else "ok" if good else "NOT ok"
    if file.diagnostics:
        tail = counted(len(file.diagnostics), "error")
    else:
        tail = counts_of([name_of(outcome.verdict) for outcome in file.outcomes])
    head = f"  {word:<8} {name}"
    # What the verdicts are stays on the line, however long the name is.
    line = f"{head:<{TAIL}}{tail}" if len(head) < TAIL else f"{head} {tail}"
    if color:
        line = line.replace(word, f"\x1b[{'32' if word == 'ok' else '31'}m{word}\x1b[0m", 1)
    return line


def counts_of(verdicts: Sequence[str]) -> str:
    """``proved 12, refuted 5``: how often there is each verdict."""
    found = Counter(verdicts)
    first = [name for name in ("proved", "refuted") if name in found]
    names = [*first, *sorted(found.keys() - set(first))]
    return ", ".join(f"{name} {found[name]}" for name in names)


def counted(number: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _title(file: FileReport) -> str:
    models = ", ".join(dict.fromkeys(o.obligation.model for o in file.outcomes))
    configs: dict[str, dict[str, None]] = {}
    for outcome in file.outcomes:
        for name, value in outcome.obligation.configuration:
            configs.setdefault(name, {})[value] = None
    parts = [models, *(f"{name}={'|'.join(values)}" for name, values in configs.items())]
    return f"{file.name}: {', '.join(parts)}"


def groups_of(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """Outcomes that differ in nothing but configuration and memory model, by their first.

    Each group has all of its models under all of its configurations.
    """
    alike: dict[tuple[object, ...], dict[Configuration, list[Outcome]]] = {}
    for outcome in outcomes:
        obligation = outcome.obligation
        key = (
            obligation.scenario,
            obligation.variant,
            summary_of(outcome.verdict),
            outcome.as_expected,
            _expectation(outcome),
            certificate_of(outcome),
        )
        configurations = alike.setdefault(key, {})
        configurations.setdefault(obligation.configuration, []).append(outcome)
    groups: dict[tuple[object, ...], list[Outcome]] = {}
    for same, configurations in alike.items():
        for own in configurations.values():
            groups.setdefault((same, _models(own)), []).extend(own)
    first = {id(outcome): index for index, outcome in enumerate(outcomes)}
    return sorted(groups.values(), key=lambda group: first[id(group[0])])


def _models(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    """The memory models of outcomes, each once."""
    return tuple(dict.fromkeys(o.obligation.model for o in outcomes))


def _configurations(outcomes: Sequence[Outcome]) -> list[Configuration]:
    """The configurations of outcomes, each once."""
    return list(dict.fromkeys(o.obligation.configuration for o in outcomes))


def plainest(group: list[Outcome]) -> Outcome:
    """The outcome to tell of a group: the one whose witness needs the least."""
    return min(
        group,
        key=lambda o: isinstance(o.verdict, Refuted) and o.verdict.witness.model != "sc",
    )


def _line(group: list[Outcome], everything: Sequence[Outcome], *, color: bool) -> list[str]:
    """One verdict's line: what it is about, what it is, and whether it was expected.

    What does not fit goes on below, in the column of what the verdict says.
    """
    outcome = plainest(group)
    about, models = _about(group, everything)
    tail = summary_of(outcome.verdict)
    if isinstance(outcome.verdict, Refuted) and not models:
        tail = ", ".join(map(_found, (outcome.verdict.witness, *outcome.verdict.others)))
    if not isinstance(outcome.verdict, Proved) or not outcome.as_expected:
        tail += "  " + _expectation(outcome)
    # As one word: its two are never on two lines.
    tail = tail.replace("(as expected)", "(as\x1fexpected)")
    said = [text.replace("\x1f", " ") for text in _wrapped(tail) or [""]]
    verdict = name_of(outcome.verdict).ljust(8)
    if isinstance(outcome.verdict, Proved | Bounded) and outcome.certificate is not None:
        said += _wrapped(certificate_of(outcome))
    lines = [f"{' ' * TAIL}{text}" for text in said]
    head = f"  {verdict} {about}"
    if len(head) < TAIL - 1:
        lines[0] = head.ljust(TAIL) + said[0]
    else:
        lines.insert(0, head)
    if color:
        code = COLORS.get(name_of(outcome.verdict), "33")
        lines[0] = lines[0].replace(verdict, f"\x1b[{code}m{verdict}\x1b[0m", 1)
    return [line.rstrip() for line in lines]


def _about(group: list[Outcome], everything: Sequence[Outcome]) -> tuple[str, tuple[str, ...]]:
    """What a verdict is about, in words, and its memory models where it is not that of all."""
    outcome = plainest(group)
    asked = [o for o in everything if _asks_the_same(o, outcome)]
    models = () if len(_models(group)) == len(_models(asked)) else _models(group)
    where = _where(_configurations(group), _configurations(asked))
    parts = (outcome.obligation.question, where, ", ".join(models))
    return "  ".join(part for part in parts if part), models


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH - TAIL, break_long_words=False, break_on_hyphens=False)


def certificate_of(outcome: Outcome) -> str:
    """What a second solver says of a verdict, in a few words; nothing where none was asked."""
    found = outcome.certificate
    match found:
        case None:
            return ""
        case Certificate(state="certified"):
            return f"certified by {found.by}"
        case Certificate(state="not certified"):
            return f"NOT CERTIFIED by {found.by}: {found.why}"
        case Certificate(state="no solver"):
            return "took no solver"
        case Certificate(state="replayed"):
            return "replayed without a solver"
        case _:
            return found.state


def _expectation(outcome: Outcome) -> str:
    """Whether the verdict was expected, in words."""
    if outcome.as_expected:
        return "(as expected)"
    expected = outcome.expected
    if expected is None:
        return "(NOT EXPECTED: nothing said, so proved)"
    words = [expected.verdict, ", ".join(expected.properties)]
    return f"(NOT EXPECTED: {' '.join(w for w in words if w)})"


def _asks_the_same(one: Outcome, two: Outcome) -> bool:
    """Whether two outcomes are about one scenario and variant."""
    a, b = one.obligation, two.obligation
    return (a.scenario, a.variant) == (b.scenario, b.variant)


def _found(witness: Witness) -> str:
    """A violated property; that only weak memory shows it, where no model is named beside it."""
    weak = witness.model != "sc" and shown_by(witness)
    return f"{witness.property} (weak memory only)" if weak else witness.property


def _where(own: list[Configuration], alike: list[Configuration]) -> str:
    """The configurations of a group, in as few words as say it: nothing if it is all of them."""
    if len(own) == len(alike):
        return ""
    fixed: list[str] = []
    for index, (name, value) in enumerate(own[0]):
        if all(c[index][1] == value for c in own) and any(c[index][1] != value for c in alike):
            fixed.append(f"{name}={value}")
    covered = [c for c in alike if all(f"{n}={v}" in fixed or _free(n, fixed) for n, v in c)]
    if fixed and len(covered) == len(own):
        return " ".join(fixed)
    return " or ".join(" ".join(f"{n}={v}" for n, v in c) for c in own)


def _free(name: str, fixed: list[str]) -> bool:
    return not any(text.startswith(f"{name}=") for text in fixed)


def summary_of(verdict: Verdict) -> str:
    """What a verdict says, in a few words."""
    match verdict:
        case Proved(number=number):
            return "all executions, loops complete" if number is None else any_number_of(number)
        case Bounded(bound=bound, late=late):
            said = f"no violation where loops go back at most {bound} times"
            return f"{said}; for {bound + 1}: {late}" if late else said
        case Refuted():
            return ", ".join(verdict.properties)
        case Vacuous(what=what):
            return what
        case Unknown(why=why):
            return why
        case Broken(what=what):
            return what
        case _:
            assert_never(verdict)


def any_number_of(number: AnyNumber) -> str:
    """What a proof for any number of actors is of."""
    single = [name if count == 1 else f"{name} * {count}" for name, count in number.others]
    one = "one " if number.many and number.others else ""
    parts = [f"any number of {', '.join(number.many)}"] if number.many else []
    parts += [f"{one if all(c == 1 for _, c in number.others) else ''}{', '.join(single)}"] * bool(
        single
    )
    parts += ["for ever"] * number.forever
    if number.pools:
        parts.append(f"pools: {', '.join(f'{name}[{length}]' for name, length in number.pools)}")
    return "; ".join([*parts, "sequential consistency", number.limited])


def _details(
    group: list[Outcome], file: FileReport, tables: Shown, *, verbose: bool, full: bool
) -> list[str]:
    """The witness of a refutation, or the loops of a bounded verdict.

    Of ``tables`` that verdicts on the same scenario have above it none is printed again.
    """
    again: list[str] = []
    lines: list[str] = []
    outcome = plainest(group)
    match outcome.verdict:
        case Refuted():
            shown = [outcome.verdict.witness, *(outcome.verdict.others if verbose else ())]
            # Of a plain interleaving that goes without saying, unless others were looked for.
            several = verbose and _models(file.outcomes) != ("sc",)
            about, _ = _about(group, file.outcomes)
            for witness in shown:
                table = witness_table(witness, file.sources, plainly=several, full=full)
                key = (outcome.obligation.scenario, *table)
                if key in tables:
                    again += _as_above(witness.property, tables[key])
                else:
                    tables[key] = about
                    lines.extend(["", *table])
            lines += [""] * bool(lines)
        case Bounded(loops=loops):
            for loop in loops:
                source = file.sources[loop.file]
                lines.append(f"    loop at {source.at(loop.start)} can go further")
        case _:
            pass
    return [*again, *lines]


def _as_above(name: str, about: str) -> list[str]:
    """That the table of a violated property is one that stands above already, and where."""
    said = f"{name}: as above, in {about}"
    first, later = " " * 4, " " * 6
    return textwrap.wrap(
        said, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False
    )


def certified_in(outcomes: Sequence[Outcome]) -> str:
    """How many proofs and bounds a second solver confirms; nothing where none was asked."""
    states = [o.certificate.state for o in outcomes if o.certificate is not None]
    by = next((o.certificate.by for o in outcomes if o.certificate is not None), "")
    good, missing, none = (
        sum(state == wanted for state in states)
        for wanted in ("certified", "not certified", "no solver")
    )
    said = f"{good} of {counted(good + missing, 'claim')} certified by {by}"
    return (f"{said}, {none} took no solver" if none else said) if by else ""


def _summary(report: Report) -> str:
    """The last line."""
    outcomes = [o for file in report.files for o in file.outcomes]
    wrong = sum(not o.as_expected for o in outcomes)
    broken = sum(bool(file.diagnostics) for file in report.files)
    proved = sum(bool(file.outcomes) for file in report.files)
    where = f" in {counted(proved, 'file')}" if any(file.folder for file in report.files) else ""
    text = f"{counted(len(outcomes), 'obligation')}{where}: {len(outcomes) - wrong} as expected"
    if wrong:
        text += f", {wrong} NOT as expected"
    text += f"; {said}" if (said := certified_in(outcomes)) else ""
    text += f"; {said}" if (said := counted_livelocks(report)) else ""
    if broken:
        text += f"; {counted(broken, 'file')} with errors"
    return text
