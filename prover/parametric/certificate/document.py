"""Certificates as text: written, and read strictly, whoever wrote them.

A line of JSON for what the certificate is about, then one for each shared state::

    {"schema":"prove-certificate", ..., "locals":["", "walker 3 ..."], "states":144, "views":15204}
    {"shared":[0,2,1],"views":[[[0,0],[[[1],"3"],[[2],"1"]]], ...]}

Local states, values and regions are the numbers of their keys in the first line, and a view is its
labels, its local states but the last, and the last ones of all such views: a set of bits in
hexadecimal, the lowest of which stands for the last local state but one (0 where there is none).
Equal invariants are equal bytes, however their system numbers what it finds.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from dsl.diagnostic import Diagnostic, DiagnosticError
from prover.parametric.certificate.table import Row, Rows, Table, bits, canonical
from prover.parametric.system import IDLE, Label, Shared, System
from prover.version import VERSION

SCHEMA: Final = "prove-certificate"
SCHEMA_VERSION: Final = 1

MAX_LINE: Final = 16 << 20
"""How long a line may be, in bytes."""

MAX_SIZE: Final = 256 << 20
"""How long a document may be, unpacked."""

MAX_ROWS: Final = 1 << 21
"""How many rows a document may have: what takes memory when it is read."""

_DIGITS: Final = frozenset("0123456789abcdef")

MAX_REGIONS: Final = 62
"""How many regions: labels are numbers of 64 bits in other programs that read them."""

Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=1 << 32)]
Group: TypeAlias = tuple[list[Annotated[int, msgspec.Meta(ge=0)]], list[tuple[list[Number], str]]]


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The program that wrote a certificate."""

    name: str
    version: str


class SourceSum(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that was read, and the sum of its text (``dsl.source.sum_of``)."""

    file: str
    sha256: str


class Variable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A shared variable and the keys of its values."""

    name: str
    values: list[str]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is proved: the scenario, variant ("": none) and configuration of a file."""

    file: str
    sources: list[SourceSum]
    scenario: str
    variant: str
    config: dict[str, str]


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line."""

    schema: str
    version: int
    tool: Tool
    about: About
    model: Literal["sc"]
    size: Literal[1, 2, 3]
    variables: list[Variable]
    regions: list[str]
    locals: list[str]
    states: Number
    views: Number


class Kind(msgspec.Struct, frozen=True):
    """What the first line of any document must have."""

    schema: str
    version: int


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One shared state: its views by their labels."""

    shared: list[Number]
    views: list[Group]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a document holds: a table in numbers of its own, which ``header`` explains."""

    header: Header
    table: Table


class NotCertificate(Exception):
    """A document that is refused: why."""


def written(system: System, table: Table, about: About) -> Iterator[bytes]:
    """The lines of a certificate."""
    names = system.variables()
    values = [{shared[k] for shared in table.rows} for k in range(len(names))]
    value_keys = [_by_key(each, partial(system.value_key, k)) for k, each in enumerate(values)]
    there = set[int]().union(*(table.locals(shared) for shared in table.rows)) - {IDLE}
    locals_ = {IDLE: 0} | {each: k + 1 for each, k in _by_key(there, system.local_key).items()}
    every = 0
    for rows in table.rows.values():
        for label in {label for row in rows for label in row.labels}:
            every |= label
    regions = _by_key(set(bits(every)), system.region_key)
    inside = renumbered(table, locals_, value_keys, regions)
    yield _line(
        Header(
            SCHEMA,
            SCHEMA_VERSION,
            Tool("prove", VERSION),
            about,
            "sc",
            _size(table.size),
            [
                Variable(name, [system.value_key(k, value) for value in value_keys[k]])
                for k, name in enumerate(names)
            ],
            [system.region_key(region) for region in regions],
            [system.local_key(local) for local in locals_],
            len(inside.rows),
            len(inside),
        )
    )
    for shared in inside.shared():
        groups: dict[tuple[Label, ...], list[tuple[list[Number], str]]] = {}
        for row, mask in sorted(inside.rows[shared].items()):
            lowest = row.locals[-1] if row.locals else 0
            groups.setdefault(row.labels, []).append((list(row.locals), f"{mask >> lowest:x}"))
        yield _line(State(list(shared), [(list(k), rows) for k, rows in sorted(groups.items())]))


def packed(lines: Iterable[bytes], name: str) -> bytes:
    """The bytes of the file called ``name``: compressed if it ends in ``.gz``."""
    whole = b"".join(lines)
    return gzip.compress(whole, 6, mtime=0) if name.endswith(".gz") else whole


def read(content: bytes, name: str) -> Certificate:
    """The certificate in the file called ``name``.  Raises DiagnosticError."""
    try:
        return _certificate(_lines(content, name))
    except (NotCertificate, msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        why = str(error).encode("ascii", "backslashreplace").decode()[:200]
        raise DiagnosticError(
            (
                Diagnostic(
                    "certificate-broken",
                    f"{name} is no certificate: {why}",
                    None,
                    hint="make it again with `prove FILE --emit certificate=PATH`",
                ),
            )
        ) from None


def renumbered(
    table: Table,
    locals_: Mapping[int, int],
    values: Sequence[Mapping[int, int]],
    regions: Mapping[int, int],
) -> Table:
    """A table in other numbers."""
    labels: dict[Label, Label] = {}

    def label(old: Label) -> Label:
        if old not in labels:
            labels[old] = sum(1 << regions[region] for region in bits(old))
        return labels[old]

    found: dict[Shared, Rows] = {}
    for shared, rows in table.rows.items():
        after: dict[Row, int] = {}
        for (members, of), mask in rows.items():
            first, named = tuple(locals_[each] for each in members), tuple(map(label, of))
            for last in bits(mask):
                *others, one = (view := canonical(((*first, locals_[last]), named)))[0]
                row = Row(tuple(others), view[1])
                after[row] = after.get(row, 0) | 1 << one
        found[tuple(values[k][value] for k, value in enumerate(shared))] = after
    return Table(table.size, found)


def schema() -> str:
    """The JSON schema of a line."""
    return (Path(__file__).parent / "certificate.schema.json").read_text(encoding="utf-8")


def _by_key(numbers: AbstractSet[int], key: Callable[[int], str]) -> dict[int, int]:
    """Places of numbers in the order of their keys."""
    return {number: place for place, number in enumerate(sorted(numbers, key=key))}


def _line(part: Header | State) -> bytes:
    return msgspec.json.encode(part) + b"\n"


def _size(size: int) -> Literal[1, 2, 3]:
    match size:
        case 1 | 2 | 3:
            return size
        case _:
            raise ValueError(size)


# --- reading


def _lines(content: bytes, name: str) -> Iterator[bytes]:
    """The lines of a file, as far as they are asked for."""
    plain = BytesIO(content)
    file = gzip.GzipFile(fileobj=plain) if name.endswith(".gz") else plain
    size = 0
    try:
        while line := file.readline(MAX_LINE + 1):
            size += len(line)
            if len(line) > MAX_LINE:
                raise NotCertificate(f"it has a line of more than {MAX_LINE >> 20} MiB")
            if size > MAX_SIZE:
                raise NotCertificate(f"it is longer than {MAX_SIZE >> 20} MiB")
            yield line
    except (OSError, EOFError, zlib.error) as error:
        raise NotCertificate(f"it cannot be unpacked: {error}") from None


def _certificate(lines: Iterator[bytes]) -> Certificate:
    header = _header(next(lines, b""))
    counts = [len(variable.values) for variable in header.variables]
    rows: dict[Shared, Rows] = {}
    count, last = 0, None
    for line in lines:
        state = msgspec.json.decode(line, type=State)
        shared = tuple(state.shared)
        if len(shared) != len(counts) or any(a >= b for a, b in zip(shared, counts, strict=True)):
            raise NotCertificate("a shared state has a value that is not listed")
        if last is not None and shared <= last:
            raise NotCertificate("its shared states are not in order")
        last = shared
        count += sum(len(group[1]) for group in state.views)
        if count > MAX_ROWS:
            raise NotCertificate(f"it has more than {MAX_ROWS} rows")
        rows[shared] = _rows(state, header)
    table = Table(header.size, rows)
    if len(rows) != header.states or len(table) != header.views:
        raise NotCertificate("it has not as many shared states or views as it says: it was cut off")
    return Certificate(header, table)


def _header(line: bytes) -> Header:
    try:
        kind = msgspec.json.decode(line, type=Kind)
    except msgspec.MsgspecError:
        raise NotCertificate(f"its first line is not that of a `{SCHEMA}`") from None
    if kind.schema != SCHEMA:
        raise NotCertificate(f"its schema is `{kind.schema[:40]}`, not `{SCHEMA}`")
    if kind.version != SCHEMA_VERSION:
        raise NotCertificate(
            f"its version is {kind.version}; this release reads version {SCHEMA_VERSION}"
        )
    header = msgspec.json.decode(line, type=Header)
    lists = [header.locals, header.regions, *(each.values for each in header.variables)]
    if any(len(set(each)) < len(each) for each in lists):
        raise NotCertificate("something is listed twice in its first line")
    if not header.locals or len(header.regions) > MAX_REGIONS:
        raise NotCertificate(f"it has no local states, or more than {MAX_REGIONS} regions")
    return header


def _rows(state: State, header: Header) -> Rows:
    rows: dict[Row, int] = {}
    size, number = header.size, len(header.locals)
    for labels, group in state.views:
        if len(labels) != size * (size - 1) or any(each >> len(header.regions) for each in labels):
            raise NotCertificate("a view has a label of regions that are not listed")
        for members, digits in group:
            row = Row(tuple(members), tuple(labels))
            if len(members) != size - 1 or list(members) != sorted(members):
                raise NotCertificate("a view's local states are not in order")
            if not digits or len(digits) > number or set(digits) - _DIGITS or digits[0] == "0":
                raise NotCertificate("a set of local states is none in hexadecimal")
            # They are in order: the last is the largest, and no set begins beyond the list.
            lowest = members[-1] if members else 0
            if lowest >= number or (mask := int(digits, 16) << lowest) >> number:
                raise NotCertificate("a view has a local state that is not listed")
            if row in rows:
                raise NotCertificate("a view stands twice in it")
            rows[row] = mask
    return rows
