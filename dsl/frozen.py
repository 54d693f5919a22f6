"""Frozen classes that cost little to declare: of them are the forms that every run reads.

There are some 170, and a run that parses declares them all.  As dataclasses, whose methods are
source that is compiled each time, that alone took 80 ms; as structs of msgspec it takes two.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import field as field  # noqa: PLC0414 - for those that declare

if TYPE_CHECKING:
    # What may be changed, and to what, is checked by this one.
    from dataclasses import replace as replace  # noqa: PLC0414 - for those that change
else:
    from msgspec.structs import replace as replace  # noqa: PLC0414


class Frozen(msgspec.Struct, frozen=True):
    """A value made of fields.  Equal are those of one class with equal fields."""


def fields_of(kind: type[Frozen] | Frozen) -> tuple[str, ...]:
    """The names of the fields, in order."""
    return kind.__struct_fields__


def parts_of(value: object) -> tuple[str, ...] | None:
    """The names of the fields of one of these, or of a dataclass; None of what is neither."""
    if isinstance(value, Frozen):
        return fields_of(value)
    return tuple([each.name for each in fields(value)]) if is_dataclass(value) else None
