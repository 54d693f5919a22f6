"""The fields of one struct of a C file, as they are declared.

::

    struct thing {
        spinlock_t lock;
        struct page __rcu *pages[4], *spare;
        unsigned int dirty : 1;                 a bit field: marked
        int (*probe)(struct thing *);           a pointer to a function: marked
        union { u8 pinned; u16 all; };          pinned, all: in one union
        struct { int count; } list;             list, of a struct without a name
        DECLARE_BITMAP(map, 128);               unsigned long map[128 / 64]
        THING_FIELDS(extra);                    extra: of a type that is not known
    };

There is no preprocessor: what is not followed is passed over, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dsl.frozen import replace
from dsl.paste.cursor import INT_WORDS, PLAIN_TYPES, STORAGE, TAGS, is_kernel_type, partners
from dsl.paste.field_of import FieldOf, Fields, text_of
from dsl.paste.tokens import Token
from dsl.paste.tree import TypeUse

_DEPTH: Final = 8
"""So deep are structs without a name looked into."""
_MOST: Final = 4
"""Stars in a row, or dimensions of an array."""
_GROUPS: Final = {
    "struct_group": 1,
    "struct_group_attr": 2,
    "struct_group_tagged": 2,
    "__struct_group": 3,
}
"""Macros around fields: how many arguments stand before those."""
_ATTRIBUTE: Final = re.compile(r"_\w*|[A-Z][A-Z0-9_]*|\w*aligned\w*")
_KNOWN_WORDS: Final = TAGS | INT_WORDS | PLAIN_TYPES
_TYPEOF: Final = frozenset({"typeof", "__typeof__", "typeof_unqual"})
_FLOATS: Final = frozenset({"float", "double"})


def fields_of(file: str, tokens: tuple[Token, ...], *, union: bool) -> Fields:
    """The fields between the braces of a struct; raises a refusal where no bracket matches."""
    reader = _Reader(tokens, partners(file, tokens))
    return reader.fields(0, len(tokens), union, _DEPTH)


def declared(file: str, tokens: tuple[Token, ...]) -> FieldOf | None:
    """The first name that a declaration declares."""
    reader = _Reader(tokens, partners(file, tokens))
    return next(reader.declaration(0, len(tokens), _DEPTH), None)


@dataclass(frozen=True, slots=True)
class _Base:
    """What stands before the declarators: a type, or why there is none."""

    words: str
    type: TypeUse | None
    inside: Fields | None = None
    wrong: tuple[str, str] | None = None


class _Reader:
    """Reads declarations between two places; ``_unions`` counts those without a name."""

    def __init__(self, tokens: tuple[Token, ...], partner: dict[int, int]) -> None:
        self._tokens = tokens
        self._partner = partner
        self._unions = 0

    def fields(self, at: int, end: int, union: bool, depth: int) -> Fields:
        """What is declared between two places, by name."""
        found = Fields()
        for one in self._members(at, end, union, depth):
            found.members.setdefault(one.name, one)
        return found

    def _members(self, at: int, end: int, union: bool, depth: int) -> Iterator[FieldOf]:
        number, self._unions = self._unions, self._unions + union
        start = at
        while at <= end:
            if at == end or self._tokens[at].text == ";":
                for one in self.declaration(start, at, depth):
                    if not union:
                        yield one
                        continue
                    place = (number, self._alternative(start, at, one))
                    yield replace(one, unions=(place, *one.unions))
                start = at + 1
            at = self._behind(at, end) if at < end else end + 1

    def _alternative(self, start: int, end: int, one: FieldOf) -> int:
        """What of a union a field is in: itself, or a struct without a name."""
        opened = self._opened(self._marks(start, end), end)
        if opened is not None and one.start < self._tokens[self._partner[opened]].start:
            return self._tokens[opened].start
        return one.start

    def declaration(self, at: int, end: int, depth: int) -> Iterator[FieldOf]:
        """What one declaration declares, its semicolon left out."""
        if at >= end or depth <= 0:
            return
        if self._tokens[at].text.isupper() and self._called_next(at + 1, end):
            at += 1
        before = _GROUPS.get(self._tokens[at].text)
        if before is not None and self._is(at + 1, end, "("):
            first = at + 2
            while before and first < self._partner[at + 1]:
                before -= self._tokens[first].text == ","
                first = self._behind(first, end)
            yield from self._members(first, self._partner[at + 1], union=False, depth=depth - 1)
            return
        if self._is_macro(at, end):
            yield from self._macro(at)
            at = self._partner[at + 1] + 1
        begin = at
        at = self._marks(at, end)
        opened = self._opened(at, end)
        if opened is not None:
            yield from self._aggregate(at, opened, end, depth)
        elif at < end:
            yield from self._plain(begin, at, end)

    # --- structs in structs -------------------------------------------------------

    def _opened(self, at: int, end: int) -> int | None:
        """Where the brace is, if a struct is declared here and not only named."""
        if at >= end or self._tokens[at].text not in TAGS:
            return None
        at += 1
        while at < end and (self._tokens[at].kind == "name" or self._tokens[at].text == "("):
            at = self._behind(at, end)
        return at if self._is(at, end, "{") else None

    def _aggregate(self, at: int, opened: int, end: int, depth: int) -> Iterator[FieldOf]:
        """``struct { ... } name;``, or without a name the fields themselves."""
        first, closed = self._tokens[at], self._partner[opened]
        kind, union = first.text, first.text == "union"
        tag = next((t.text for t in self._tokens[at + 1 : opened] if _is_tag(t)), "")
        if self._unnamed(closed + 1, end):
            if kind != "enum" and not tag:
                yield from self._members(opened + 1, closed, union, depth - 1)
            return
        place = (first.start, first.end)
        if tag:
            base = _Base(f"{kind} {tag}", TypeUse((kind, tag), 0, *place))
        elif kind == "enum":
            base = _Base("enum { ... }", TypeUse(("unsigned", "int"), 0, *place))
        else:
            inside = self.fields(opened + 1, closed, union, depth - 1)
            inside.place = place
            base = _Base(f"{kind} {{ ... }}", None, inside)
        yield from self._declarators(closed + 1, end, base)

    def _unnamed(self, at: int, end: int) -> bool:
        """Whether nothing but attributes stand here: `__packed`."""
        while at < end:
            text = self._tokens[at].text
            if not (text.startswith("__") or text.isupper() or "aligned" in text):
                return False
            at = self._group(at, end)
        return True

    # --- what has one word for a type ---------------------------------------------

    def _plain(self, begin: int, at: int, end: int) -> Iterator[FieldOf]:
        while self._is_word(at, end):
            # What was no type but a macro.
            at = self._marks(at + 1, end)
        words, behind = self._type(at, end)
        if not words:
            return
        shown = " ".join(words)
        used = TypeUse(words, 0, self._tokens[at].start, self._tokens[behind - 1].end)
        base = _Base(shown, used)
        if words[0] in _TYPEOF:
            shown = text_of(self._tokens[at:behind])
            base = _Base(shown, None, wrong=("unsupported", "`typeof`: write the type out"))
        elif words[-1] in _FLOATS:
            base = _Base(shown, None, wrong=("unsupported", f"there is no type `{words[-1]}`"))
        elif any(token.text == "volatile" for token in self._tokens[begin:behind]):
            what = "there is no `volatile`: plain accesses are not marked ones"
            base = _Base(f"volatile {shown}", used, wrong=("unsupported", what))
        yield from self._declarators(behind, end, base)

    def _type(self, at: int, end: int) -> tuple[tuple[str, ...], int]:
        """The words of a type without stars, and where they end."""
        text = self._tokens[at].text if at < end else ""
        if text in TAGS:
            at += 1
            while at + 1 < end and not _is_tag(self._tokens[at]):
                at = self._behind(at, end)
            named = at < end and self._tokens[at].kind == "name"
            return ((text, self._tokens[at].text), at + 1) if named else ((), at)
        if text in _TYPEOF:
            return (text,), self._group(at, end)
        if text in INT_WORDS:
            words: list[str] = []
            while at < end and self._tokens[at].text in INT_WORDS | STORAGE:
                if self._tokens[at].text in INT_WORDS:
                    words.append(self._tokens[at].text)
                at += 1
            if self._is(at, end, "double"):
                return (*words, "double"), at + 1
            return tuple(words), at
        named = at < end and self._tokens[at].kind == "name"
        return ((text,), at + 1) if named else ((), at)

    def _is_word(self, at: int, end: int) -> bool:
        """Whether what could be a type is a macro before one: a type and a name follow."""
        if at + 1 >= end or self._tokens[at].kind != "name":
            return False
        text, then = self._tokens[at].text, self._tokens[at + 1]
        if text in _KNOWN_WORDS | _TYPEOF or then.kind != "name":
            return False
        if then.text in _KNOWN_WORDS:
            return True
        last = self._tokens[at + 2] if at + 2 < end else None
        if last is None or _ATTRIBUTE.fullmatch(then.text):
            return False
        return last.text == "*" or (last.kind == "name" and not _ATTRIBUTE.fullmatch(last.text))

    # --- macros -------------------------------------------------------------------

    def _called_next(self, at: int, end: int) -> bool:
        return at < end and self._tokens[at].kind == "name" and self._is(at + 1, end, "(")

    def _is_macro(self, at: int, end: int) -> bool:
        """Whether ``NAME(`` stands here, and no type of ``name (*f)(void)``."""
        text = self._tokens[at].text
        name = self._tokens[at].kind == "name" and text not in _KNOWN_WORDS | _TYPEOF
        return name and self._is(at + 1, end, "(") and not self._is(at + 2, end, "*")

    def _macro(self, at: int) -> Iterator[FieldOf]:
        """What a macro declares: those of its arguments that are names, their type not known."""
        name, closed = self._tokens[at].text, self._partner[at + 1]
        place = (self._tokens[at].start, self._tokens[closed].end)
        text = text_of(self._tokens[at : closed + 1])
        parts = [*_split(self._tokens[at + 2 : closed])]
        match name, parts:
            case "DECLARE_BITMAP", ([one], bits):
                used = TypeUse(("unsigned", "long"), 0, *place)
                lengths = (("bits", *(token.text for token in bits)),)
                yield FieldOf(one.text, text, *place, used, lengths=lengths)
            case "DECLARE_FLEX_ARRAY", (kind, [one]) if one.kind == "name":
                made = declared("", (*kind, one))
                if made is not None:
                    yield replace(made, text=text, lengths=((),))
            case _ if not name.startswith("__"):
                wrong = ("unsupported", f"`{name}()` declares it")
                for part in parts:
                    if len(part) == 1 and part[0].kind == "name":
                        yield FieldOf(part[0].text, text, *place, wrong=wrong)
            case _:
                pass

    # --- declarators --------------------------------------------------------------

    def _declarators(self, at: int, end: int, base: _Base) -> Iterator[FieldOf]:
        """``*a, b[2], c : 1``, each with the type before it."""
        start = at
        while at <= end:
            if at == end or self._tokens[at].text == ",":
                yield from self._declarator(start, at, base)
                start = at + 1
            at = self._behind(at, end) if at < end else end + 1

    def _declarator(self, at: int, end: int, base: _Base) -> Iterator[FieldOf]:
        if at >= end:
            return
        part = self._tokens[at:end]
        shown, place = f"{base.words} {text_of(part)}", (part[0].start, part[-1].end)
        stars, names, bits = 0, list[int](), False
        while at < end:
            token = self._tokens[at]
            if token.text == "(" and not names:
                yield from self._called(at, end, shown, place)
                return
            if token.text == "*":
                stars, names = stars + 1, []
            elif token.text == ":":
                bits = True
                break
            elif token.kind == "name" and token.text not in STORAGE:
                names.append(at)
            at = self._behind(at, end)
        if not names:
            return
        chosen = self._chosen(names, end)
        lengths: list[tuple[str, ...]] = []
        at = chosen + 1
        while self._is(at, end, "["):
            lengths.append(tuple(t.text for t in self._tokens[at + 1 : self._partner[at]]))
            at = self._partner[at] + 1
        used, wrong = base.type, base.wrong
        if bits:
            wrong = ("bit-field", "there are no bit-fields")
        if max(stars, len(lengths)) > _MOST or (used and used.words == ("void",) and not stars):
            used, wrong = None, ("bad-type", "a type that is none")
        if used and used.words == ("void",) and any(t.text == "__iomem" for t in part):
            # The address of a device's registers, mostly with an offset added.
            used, stars = None, 0
        name = self._tokens[chosen].text
        yield FieldOf(name, shown, *place, used, stars, tuple(lengths), base.inside, wrong)

    def _chosen(self, names: list[int], end: int) -> int:
        """Which of some words is the name: the others are attributes."""
        alone = [at for at in names if not self._is(at + 1, end, "(")] or names
        likely = [at for at in alone if not _ATTRIBUTE.fullmatch(self._tokens[at].text)]
        return (likely or alone)[0]

    def _called(self, at: int, end: int, shown: str, place: tuple[int, int]) -> Iterator[FieldOf]:
        """``(*name)(...)``, ``(*name[2])(...)``: a pointer to a function."""
        inner = self._tokens[at + 1 : self._partner[at]]
        name = next((t for t in inner if _is_tag(t) and t.text not in STORAGE), None)
        if name is not None:
            wrong = ("bad-type", "a type in parentheses")
            if self._is(self._partner[at] + 1, end, "("):
                wrong = ("function-pointer", "a pointer to a function")
            yield FieldOf(name.text, shown, *place, wrong=wrong)

    # --- places -------------------------------------------------------------------

    def _is(self, at: int, end: int, text: str) -> bool:
        return at < end and self._tokens[at].text == text

    def _behind(self, at: int, end: int) -> int:
        """Behind a token, or behind the bracket that closes it."""
        return min(self._partner[at] + 1 if self._tokens[at].kind == "open" else at + 1, end)

    def _group(self, at: int, end: int) -> int:
        """Behind a word, with its arguments."""
        return self._behind(at + 1, end) if self._is(at + 1, end, "(") else at + 1

    def _marks(self, at: int, end: int) -> int:
        """Behind the annotations before a type."""
        while at + 1 < end and self._tokens[at].kind == "name":
            text = self._tokens[at].text
            annotation = text.startswith("__") and not is_kernel_type(text)
            if text in _KNOWN_WORDS | _TYPEOF or not (text in STORAGE or annotation):
                break
            at = self._group(at, end)
        return at


def _is_tag(token: Token) -> bool:
    return token.kind == "name" and not token.text.startswith("__")


def _split(tokens: tuple[Token, ...]) -> Iterator[list[Token]]:
    """What stands between the commas."""
    part: list[Token] = []
    for token in tokens:
        if token.text == ",":
            yield part
            part = []
        else:
            part.append(token)
    yield part
