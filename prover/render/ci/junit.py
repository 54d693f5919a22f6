"""A run as JUnit XML: a suite for each file, a test case for each obligation.

ASCII, and without times, so that equal runs give equal bytes.
"""

from __future__ import annotations

from collections import Counter
from xml.etree import ElementTree as ET

from prover.render.ci.cases import (
    case_name,
    details,
    errors_of,
    files_of,
    found_in,
    notes_of,
    state_of,
)
from prover.render.letters import printable
from prover.render.table import certificate_of
from prover.verdict import FileReport, Outcome, Report, name_of


def render(report: Report) -> str:
    """The document."""
    suites = [_suite(file) for file in files_of(report)]
    root = ET.Element("testsuites", {"name": "prove"})
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in suites)))
    root.extend(suites)
    ET.indent(root)
    body = ET.tostring(root, encoding="us-ascii", xml_declaration=False).decode("ascii")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suite(file: FileReport) -> ET.Element:
    """One file.  Diagnostics, of which there may be no end, are one test case."""
    name = printable(file.name)
    states = Counter(state_of(outcome) for outcome in file.outcomes)
    broken = bool(file.diagnostics)
    suite = ET.Element(
        "testsuite",
        {
            "name": name,
            "tests": str(len(file.outcomes) + broken),
            "failures": str(states["failure"]),
            "errors": str(states["error"] + broken),
            "skipped": "0",
        },
    )
    if broken:
        case = ET.SubElement(suite, "testcase", {"classname": name, "name": "(the file)"})
        first = file.diagnostics[0]
        _trouble(case, "error", (first.code, printable(first.message)), errors_of(file))
    for outcome in file.outcomes:
        _case(suite, outcome, file)
    notes = notes_of(file)
    if notes:
        ET.SubElement(suite, "system-out").text = "".join(f"note: {note}\n" for note in notes)
    return suite


def _case(suite: ET.Element, outcome: Outcome, file: FileReport) -> None:
    """One obligation."""
    names = {"classname": printable(file.name), "name": case_name(outcome)}
    case = ET.SubElement(suite, "testcase", names)
    if outcome.certificate is not None:
        said = {"name": "certificate", "value": printable(certificate_of(outcome))}
        ET.SubElement(ET.SubElement(case, "properties"), "property", said)
    state = state_of(outcome)
    if state != "pass":
        why = name_of(outcome.verdict), found_in(outcome)
        _trouble(case, state, why, details(outcome, file))


def _trouble(case: ET.Element, tag: str, said: tuple[str, str], lines: tuple[str, ...]) -> None:
    """Why a test case does not pass: its kind, in a line, and in full."""
    kind, message = said
    trouble = ET.SubElement(case, tag, {"type": printable(kind), "message": message})
    trouble.text = "\n".join((message, *lines)) + "\n"
