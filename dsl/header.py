"""The comment at the head of a protocol file: what the file claims to be, before any code.

A comment that begins with ``Result:`` is such a header; any other is just a comment::

    // Result: proved
    //
    // May a fault find a page table that khugepaged has freed?
    //
    // Title: mm/mremap: fix a race
    // Fix: 6fa1066fc5d0 (v6.12)
    // CVE: CVE-2024-50066
    //
    // No: ...
    //
    // What is left out: ...

Paragraphs are what empty lines divide.  The first is the result, the second the question; one
that begins with a key, such as ``Title:``, is what is known of the case, a line for each key,
continued by indentation; the others are prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Final, TypeVar

from dsl import syntax as s
from dsl.diagnostic import Diagnostic, Label
from dsl.frozen import Frozen, Open, field
from dsl.source import Source, Span

VERDICTS: Final = ("proved", "refuted", "bounded", "vacuous", "unknown")
"""What a result can be, as in ``expect``."""

KEYS: Final = ("Title", "Fix", "Bug", "CVE", "Files", "Witness")
"""What can be said of a case, each key once."""

WITNESSES: Final = ("published", "shorter than published", "own")
"""Where the execution comes from that a refutation shows."""

MODELLED: Final = "What is modelled:"
LEFT_OUT: Final = "What is left out:"

Part = TypeVar("Part")

_KEY = re.compile(r"(?P<key>[A-Za-z]+):(?=\s|$)\s*(?P<value>.*)")
_COMMIT = re.compile(r"(?P<id>[0-9a-f]{8,40})(?:\s+\((?P<note>[^()]*)\))?")
_LIKE_COMMIT = re.compile(r"(?=[0-9a-f]*[0-9])[0-9a-f]{6,}\b")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,}")
_COMMA = re.compile(r",\s*(?![^()]*\))")


class Commit(Frozen, frozen=True):
    """A commit of the kernel, and where it came in: ``6fa1066fc5d0 (v6.12)``.

    ``id`` is empty where there is none to name, and ``note`` says what there is instead.
    """

    id: str
    note: str


class Result(Frozen, frozen=True):
    """The verdicts that the scenarios as they stand have: each of these, and nothing worse."""

    verdicts: tuple[str, ...]
    span: Span


class Header(Frozen, frozen=True):
    """A header, read.  What it does not say is empty; ``prose`` are its other paragraphs."""

    result: Result
    question: str = ""
    title: str = ""
    fixes: tuple[Commit, ...] = ()
    bugs: tuple[Commit, ...] = ()
    cves: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    witness: str = ""
    prose: tuple[str, ...] = ()

    def says(self, opening: str) -> bool:
        """Whether some paragraph begins with these words."""
        return any(paragraph.startswith(opening) for paragraph in self.prose)


class Line(Frozen, frozen=True):
    """A line of a comment without its signs; ``indent`` is the column it began in."""

    text: str
    indent: int
    span: Span


def comment_lines(file: s.File, text: str) -> list[Line]:
    """The lines of the comment at the head of a file; its first empty line in the code ends it."""
    lines: list[Line] = []
    end = 0
    for comment in file.comments:
        between = text[end : comment.span.start]
        if between.strip() or (lines and between.count("\n") > 1):
            break
        end = comment.span.end
        lines.extend(_plain(comment))
    return lines


def _plain(comment: s.Comment) -> Iterator[Line]:
    if comment.text.startswith("//"):
        yield _line(comment, 2, comment.text[2:])
        return
    place = 2
    for line in comment.text.removeprefix("/*").removesuffix("*/").splitlines(keepends=True):
        inner = line.strip().removeprefix("*")
        yield _line(comment, place + line.find(inner), inner)
        place += len(line)


def _line(comment: s.Comment, place: int, text: str) -> Line:
    """The line that begins ``place`` characters into a comment."""
    plain = text.strip()
    blank = text[: len(text) - len(text.lstrip())]
    start = comment.span.start + place + len(blank)
    return Line(
        plain, len(f"//{blank}".expandtabs()), Span(comment.span.file, start, start + len(plain))
    )


def read_header(file: s.File, source: Source) -> tuple[Header | None, tuple[Diagnostic, ...]]:
    """The header of a file, None where it has none, and what is wrong with it."""
    paragraphs = list(_paragraphs(comment_lines(file, source.text)))
    if not paragraphs or not paragraphs[0][0].text.startswith("Result:"):
        return None, ()
    reader = _Reader()
    header = reader.read(paragraphs)
    return header, tuple(reader.found)


def _paragraphs(lines: Iterable[Line]) -> Iterator[list[Line]]:
    current: list[Line] = []
    for line in lines:
        if line.text:
            current.append(line)
        elif current:
            yield current
            current = []
    if current:
        yield current


def _text(lines: list[Line]) -> str:
    return " ".join(line.text for line in lines)


class _Reader(Open):
    """Reads paragraphs, and notes what is wrong with them."""

    found: list[Diagnostic] = field(default_factory=list[Diagnostic])
    values: dict[str, tuple[str, Span]] = field(default_factory=dict[str, tuple[str, Span]])

    def read(self, paragraphs: list[list[Line]]) -> Header:
        """The header that the paragraphs are."""
        first, *rest = paragraphs
        result = self._result(first[0])
        # The question may follow the result without an empty line.
        rest = [first[1:], *rest] if first[1:] else rest
        question = ""
        prose: list[str] = []
        for number, lines in enumerate(rest):
            if _key_of(lines[0]):
                self._keys(lines)
            elif number == 0 and lines[-1].text.endswith("?"):
                question = _text(lines)
            else:
                prose.append(_text(lines))
        return Header(
            result,
            question,
            self._value("Title"),
            self._each("Fix", self._commit),
            self._each("Bug", self._commit),
            self._each("CVE", self._cve),
            self._each("Files", lambda text, _: text),
            self._witness(),
            tuple(prose),
        )

    def _error(self, message: str, span: Span, hint: str) -> None:
        self.found.append(Diagnostic("bad-header", message, Label(span, ""), (), hint))

    def _result(self, line: Line) -> Result:
        given = line.text.removeprefix("Result:").strip()
        verdicts = tuple(dict.fromkeys(word.strip() for word in given.split(",")))
        for word in verdicts:
            if word not in VERDICTS:
                near = get_close_matches(word, VERDICTS, 1)
                hint = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(VERDICTS)}"
                self._error(f"`{_short(word)}` is no verdict", line.span, hint)
        return Result(tuple(v for v in verdicts if v in VERDICTS), line.span)

    def _keys(self, lines: list[Line]) -> None:
        """The values of one paragraph of keys."""
        margin = lines[0].indent
        name = ""
        for line in lines:
            key = _key_of(line)
            if not key and line.indent > margin:
                text, span = self.values[name]
                self.values[name] = (f"{text} {line.text}", span.to(line.span))
                continue
            match = _KEY.match(line.text)
            if not key:
                wrong = match["key"] if match else line.text.split()[0]
                near = get_close_matches(wrong, KEYS, 1)
                hint = f"did you mean `{near[0]}:`?" if near else f"keys are {', '.join(KEYS)}"
                if not match:
                    hint = "indent a line that goes on from the one before"
                self._error(f"`{_short(wrong)}` is no key of a header", line.span, hint)
                return
            assert match is not None
            name = key
            if name in self.values:
                self._error(f"`{name}:` is there twice", line.span, "join the two with a comma")
                return
            self.values[name] = (match["value"], line.span)

    def _value(self, key: str) -> str:
        if key not in self.values:
            return ""
        text, span = self.values[key]
        if not text.strip():
            self._error(f"`{key}:` says nothing", span, "leave the line out")
        return text.strip()

    def _each(self, key: str, read: Callable[[str, Span], Part]) -> tuple[Part, ...]:
        """The parts of a list, read one by one."""
        text = self._value(key)
        if not text:
            return ()
        span = self.values[key][1]
        return tuple(read(part.strip(), span) for part in _COMMA.split(text) if part)

    def _commit(self, text: str, span: Span) -> Commit:
        match = _COMMIT.fullmatch(text)
        if match:
            return Commit(match["id"], (match["note"] or "").strip())
        if _LIKE_COMMIT.match(text) or not _balanced(text):
            hint = "write `6fa1066fc5d0 (v6.12)`, several with commas between"
            self._error(f"`{_short(text)}` is no commit", span, hint)
        return Commit("", text)

    def _cve(self, text: str, span: Span) -> str:
        if not _CVE.fullmatch(text):
            hint = "write `CVE-2024-50066`, several with commas between"
            self._error(f"`{_short(text)}` is no CVE number", span, hint)
        return text

    def _witness(self) -> str:
        text = self._value("Witness")
        if text and re.sub(r"\s*[(;,:].*", "", text) not in WITNESSES:
            hint = f"one of {', '.join(WITNESSES)}; more may follow in brackets"
            self._error(f"`{_short(text)}` is no kind of witness", self.values["Witness"][1], hint)
        return text


def _key_of(line: Line) -> str:
    """The key that a line begins with, "" if it is none."""
    match = _KEY.match(line.text)
    return match["key"] if match and match["key"] in KEYS else ""


def _balanced(text: str) -> bool:
    return text.count("(") == text.count(")")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "..."
