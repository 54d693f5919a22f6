"""What a skeleton says of the structs that the C file defines: comments, and what is marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dsl.paste.edits import quoted
from dsl.paste.field_of import FieldOf, Fields
from dsl.paste.scopes import length_of
from dsl.paste.structs import StructOf, Structs
from dsl.paste.types import Cell, Record

LONGEST: Final = 8
"""So many elements an array has at most, whatever it has in C."""

_HINTS: Final = {
    "bit-field": "see that it need not wrap at its width, nor be stored with its neighbours' bits",
    "function-pointer": "call a function by its name",
    "preprocessor": "declare it as the configuration that is meant has it",
    "unknown-field": "declare it as a header or macro does",
}
_HINT: Final = "its type is made up, or not quite C's: see that it does"
_UNION: Final = "a union: what is stored in one field is not seen in the others"
_ONE: Final = "see that no other field is read than the one that was stored"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A field that the language does not have as it is: a mark, in the C file."""

    code: str
    what: str
    start: int
    end: int
    hint: str


class Noted:
    """The comments on structs and their fields; ``wrong`` is what they mark."""

    def __init__(self, file: str, structs: Structs, values: Mapping[str, int]) -> None:
        self._file = file
        self._structs = structs
        self._values = values
        self.wrong: list[Wrong] = []

    @staticmethod
    def ordered(record: Record) -> list[tuple[str, Cell]]:
        """The fields of a struct, in the order of the file."""
        there = record.declared.members if record.declared is not None else {}
        names = [name for name in there if name in record.fields]
        names += [name for name in record.fields if name not in there]
        return [(name, record.fields[name]) for name in names]

    def before(self, record: Record) -> str:
        """A comment before a struct: where it is from, and how much of it is left out."""
        fields = record.declared
        if fields is None:
            return "" if record.name else "// TODO: the kernel's name for it.\n"
        said = f"As in {quoted(self._file)}" if record.name else "Without a name in C"
        unused = sum(name not in record.fields for name in fields.members)
        if unused:
            said += f"; {unused} {'field is' if unused == 1 else 'fields are'} left out"
        return f"// {said}.\n"

    def behind(self, record: Record, name: str) -> str:
        """A comment behind a field, or nothing."""
        if record.declared is None:
            return ""
        member = record.declared.members.get(name)
        struct = self._structs.struct(record.name) if record.name else None
        if member is None:
            return self._missing(record.declared, struct, name)
        if member.wrong is not None:
            return self._mark(member, *member.wrong)
        if _shares(member, record):
            return self._mark(member, "unsupported", _UNION, "in a union: ", _ONE)
        under = struct.under.get(member.start, "") if struct is not None else ""
        if under and struct is not None and name in struct.hidden:
            what = f"another branch of an `#if` has `{quoted(name)}` too"
            return self._mark(member, "preprocessor", what, f"{under.strip()}: ")
        notes = [quoted(under)] if under else []
        lengths = [length_of(length, self._values) for length in member.lengths]
        guessed = member.inside is None and (member.type is None or member.type.words == ("void",))
        if guessed or any(length is None or length > LONGEST for length in lengths):
            notes.append(f"TODO: {quoted(member.text)}")
        return f"\t// {'; '.join(notes)}" if notes else ""

    def _mark(self, member: FieldOf, code: str, what: str, how: str = "", hint: str = "") -> str:
        hint = hint or _HINTS.get(code, _HINT)
        self.wrong.append(Wrong(code, what, member.start, member.end, hint))
        return f"\t// FIXME(new): {quoted(how + member.text)}"

    def _missing(self, fields: Fields, struct: StructOf | None, name: str) -> str:
        code, what = "unknown-field", f"the file's struct has no `{name}` that could be read"
        if struct is not None and name in struct.hidden:
            code, what = "preprocessor", f"`{name}` is in a branch of an `#if` that is left out"
        self.wrong.append(Wrong(code, what, *fields.place, _HINTS[code]))
        return f"\t// FIXME(new): {what}"


def _shares(member: FieldOf, record: Record) -> bool:
    """Whether another field that is used is in the same place."""
    fields = record.declared
    if fields is None or not member.unions:
        return False
    mine = dict(member.unions)
    others = (fields.members[name] for name in record.fields if name in fields.members)
    return any(mine.get(u, a) != a for other in others for u, a in other.unions)
