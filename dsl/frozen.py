"""Classes that cost little to declare: of them are the forms that every run reads.

A run that proves something declares some 450.  As dataclasses, whose methods are source that is
compiled each time, that alone took a quarter of a second; as structs of msgspec it takes five
milliseconds.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import msgspec
from msgspec import field as field  # noqa: PLC0414 - for those that declare

if TYPE_CHECKING:
    # What may be changed, and to what, is checked by this one.
    from dataclasses import replace as replace  # noqa: PLC0414, TID251 - for those that change
else:

    def replace(value: object, /, **changes: object) -> object:
        """A copy of one of these, or of a dataclass, with some fields changed."""
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **changes)
        return dataclasses.replace(value, **changes)  # noqa: TID251 - this is the one that does


class Frozen(msgspec.Struct, frozen=True):
    """A value made of fields.  Equal are those of one class with equal fields."""


class Open(msgspec.Struct):
    """What has fields that change."""


def fields_of(kind: type[Frozen] | Frozen) -> tuple[str, ...]:
    """The names of the fields, in order."""
    return kind.__struct_fields__


def parts_of(value: object) -> tuple[str, ...] | None:
    """The names of the fields of one of these, or of a dataclass; None of what is neither."""
    if isinstance(value, Frozen):
        return fields_of(value)
    return (
        tuple([each.name for each in dataclasses.fields(value)])
        if dataclasses.is_dataclass(value)
        else None
    )
