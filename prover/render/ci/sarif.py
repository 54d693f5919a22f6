"""What is not as expected as SARIF 2.1.0, for code scanning and for editors.

A refutation has its execution as a code flow: a thread flow for each thread, with the order of
execution over all of them.  What is as expected, refuted or not, is no result.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from dsl.codes import CODES
from dsl.diagnostic import Diagnostic
from dsl.primitives import PROPERTIES
from dsl.source import Span
from prover.execution.witness import Moment, Witness
from prover.render.ci.cases import (
    Finding,
    Place,
    files_of,
    findings,
    is_own,
    named,
    path_of,
    place,
    place_of_error,
    range_of,
    way_to,
)
from prover.render.json_parts import Json
from prover.render.letters import printable
from prover.render.witness_rows import shortened, shown_rows, source_text
from prover.render.witness_table import explained, title_of
from prover.verdict import (
    EXIT_BUG,
    EXIT_USAGE,
    FileReport,
    Refuted,
    Report,
    exit_code,
    name_of,
)
from prover.version import VERSION

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"

ROOT: Final = "%SRCROOT%"
"""What relative paths are relative to, as GitHub calls it."""

IMPORTS: Final = "IMPORTS"
"""What names of imports are relative to: one of several folders, which is not said."""

VERDICTS: Final = {
    "proved": "no execution violates anything, where the file expects a violation",
    "bounded": "nothing is violated as far as loops were unrolled, which is not all of them",
    "vacuous": "nothing was checked, as no execution gets there",
    "unknown": "there is no answer within the limits",
    "broken": "prove contradicts itself, which is a bug in it",
}


@dataclass(frozen=True, slots=True)
class _Result:
    """A result before it is written; ``key`` is the same when lines move."""

    rule: str
    text: str
    file: FileReport
    place: Place
    key: tuple[str, ...]
    flows: tuple[Json, ...] = ()


def render(report: Report) -> str:
    """The log, with one run."""
    results = [result for file in files_of(report) for result in _results(file)]
    rules = sorted({result.rule for result in results})
    seen = Counter[tuple[str, ...]]()
    written: list[Json] = []
    for result in results:
        written.append(_written(result, rules.index(result.rule), seen[result.key]))
        seen[result.key] += 1
    code = exit_code(report)
    driver: Json = {"name": "prove", "version": VERSION, "rules": [_rule(name) for name in rules]}
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {"executionSuccessful": code not in (EXIT_USAGE, EXIT_BUG), "exitCode": code}
        ],
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "Where prove was started."}},
            IMPORTS: {"description": {"text": "Where the file's imports are looked for."}},
        },
        "results": written,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str) -> Json:
    text = {**CODES, **VERDICTS, **PROPERTIES}.get(name, name)
    return {
        "id": name,
        "shortDescription": {"text": printable(text.strip().splitlines()[0])},
        "fullDescription": {"text": printable(" ".join(text.split()))},
        "defaultConfiguration": {"level": "error"},
    }


def _results(file: FileReport) -> Iterator[_Result]:
    for diagnostic in file.diagnostics:
        yield _error(diagnostic, file)
    for finding in findings(file):
        yield _finding(finding)


def _error(diagnostic: Diagnostic, file: FileReport) -> _Result:
    text = diagnostic.message
    primary = diagnostic.primary
    if primary is not None and not is_own(primary.span, file):
        text += f" (at {named(primary.span, file)})"
    text += f"\nhint: {diagnostic.hint}" if diagnostic.hint else ""
    at = place_of_error(diagnostic, file)
    return _Result(diagnostic.code, text, file, at, (file.name, diagnostic.code, text))


def _finding(finding: Finding) -> _Result:
    verdict = finding.outcome.verdict
    rule = name_of(verdict)
    lines = [f"{finding.name}: {finding.found} ({finding.scope})"]
    flows: list[Json] = []
    if isinstance(verdict, Refuted):
        rule = verdict.witness.property
        for witness in (verdict.witness, *verdict.others):
            lines.append(
                f"{witness.property}: {'; '.join((*explained(witness), *witness.because))}"
            )
            flows += _flows(witness, finding.file)
    else:
        lines += finding.text
    key = (finding.file.name, finding.name, finding.scope, rule)
    return _Result(rule, "\n".join(lines), finding.file, finding.place, key, tuple(flows))


def _written(result: _Result, rule: int, before: int) -> Json:
    """A result; ``before`` are those with the same key."""
    key = json.dumps([*result.key, before]).encode("ascii")
    written: dict[str, Json] = {
        "ruleId": result.rule,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": _ascii(result.text)},
        "locations": [{"physicalLocation": _physical(result.file, result.place)}],
        "partialFingerprints": {"proveResult/v1": hashlib.sha256(key).hexdigest()},
    }
    if result.flows:
        written["codeFlows"] = list(result.flows)
    return written


def _physical(file: FileReport, at: Place) -> dict[str, Json]:
    """A place in the file.  A path is bytes to the system, and so it is to a URI."""
    path = path_of(file)
    if path.startswith("/"):
        return {"artifactLocation": {"uri": f"file://{_uri(path)}"}, "region": _region(at)}
    return _relative(path, ROOT, at)


def _step(moment: Moment, file: FileReport) -> dict[str, Json]:
    """Where a step is, or the call in the file that leads there; in an import if no call does."""
    spans = way_to(moment)
    at = range_of(moment.span, file)
    if at is not None and not any(is_own(span, file) for span in spans):
        return _relative(moment.span.file, IMPORTS, at)
    return _physical(file, place(spans, file))


def _relative(path: str, base: str, at: Place) -> dict[str, Json]:
    return {"artifactLocation": {"uri": _uri(path), "uriBaseId": base}, "region": _region(at)}


def _uri(path: str) -> str:
    return quote(os.fsencode(path), safe="/")


def _region(at: Place) -> Json:
    return {
        "startLine": at.line,
        "startColumn": at.column,
        "endLine": at.end_line,
        "endColumn": at.end_column,
    }


def _flows(witness: Witness, file: FileReport) -> list[Json]:
    """The execution, if it has steps: those that the table shows."""
    rows = shown_rows(witness, file.sources, full=False)
    steps: dict[int, list[Json]] = {}
    for order, row in enumerate(rows, 1):
        moment = row.moment
        title = title_of(witness.columns[moment.thread], moment.thread)
        said = shortened(source_text(moment, file.sources))
        facts = f" [{', '.join(row.facts())}]" if row.facts() else ""
        text = f"{order}. {title}: {said}{facts}{_elsewhere(moment.span, file)}"
        steps.setdefault(moment.thread, []).append(
            {
                "executionOrder": order,
                "importance": "essential" if moment.bad else "important",
                "location": {
                    "physicalLocation": _step(moment, file),
                    "message": {"text": _ascii(text)},
                },
            }
        )
    if not steps:
        return []
    threads: list[Json] = [
        {"id": printable(title_of(witness.columns[thread], thread)), "locations": own}
        for thread, own in sorted(steps.items())
    ]
    text = f"an execution that ends in {witness.property}"
    return [{"message": {"text": text}, "threadFlows": threads}]


def _elsewhere(span: Span, file: FileReport) -> str:
    """Where a step is that is not in the file itself, which only shows how it got there."""
    return f" (at {named(span, file)})" if span.file and not is_own(span, file) else ""


def _ascii(text: str) -> str:
    """Lines of printable ASCII."""
    return "\n".join(map(printable, text.split("\n")))
