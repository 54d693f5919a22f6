"""Common mistakes, each recognised where the parser stopped.

A rule takes the site and gives a diagnostic if it knows the mistake.  The
first rule that does wins, so the order of :data:`HINTS` matters.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from dsl.diagnostic import Diagnostic, Label
from dsl.frozen import Frozen
from dsl.scan import Token
from dsl.source import Source, Span
from dsl.syntax_definers import declaring_macro, sparse_mark


class Site(Frozen, frozen=True):
    """The place of a mistake.

    ``before`` are the texts of up to three tokens before it, ``after`` of two
    behind it, ``tokens`` all that precede it in its declaration.
    """

    source: Source
    here: Span
    previous: Span
    kind: str
    word: str
    expected: frozenset[str]
    before: tuple[str, ...]
    after: tuple[str, ...]
    tokens: tuple[Token, ...]

    def back(self, count: int = 1) -> str:
        """The text of the token ``count`` places before, or nothing."""
        return self.before[-count] if count <= len(self.before) else ""

    @property
    def at_statement(self) -> bool:
        """Whether a statement could begin here."""
        return "return" in self.expected

    @property
    def at_top(self) -> bool:
        """Whether a declaration could begin here."""
        return "typedef" in self.expected

    @property
    def after_operand(self) -> bool:
        """Whether an operator could stand here."""
        return "%" in self.expected

    @property
    def new_line(self) -> bool:
        """Whether the previous token is on a line above."""
        return "\n" in self.source.text[self.previous.end : self.here.start]

    def open_brackets(self) -> list[Token]:
        """The brackets that are open here, outermost first."""
        return _open_and_suspect(self)[0]

    def say(self, code: str, message: str, label: str, hint: str) -> Diagnostic:
        """A diagnostic about the token here."""
        return Diagnostic(code, message, Label(self.here, label), hint=hint)


_CLOSER = {"{": "}", "(": ")", "[": "]"}
_BRACKET_CODE = {"{": "missing-brace", "(": "missing-parenthesis", "[": "missing-bracket"}
_ASSIGN = frozenset("= += -= *= /= %= &= |= ^= <<= >>=".split())
BUILTIN_TYPES = frozenset(
    "bool char const enum int long short signed struct unsigned void"
    " u8 u16 u32 u64 s8 s16 s32 s64".split()
)
_TYPE_KINDS = frozenset("struct enum INT_WORD BUILTIN void TYPE_NAME".split())
_TOP_WORDS = (
    "actor config enum final ghost import invariant iterator lock_order models pool scenario"
    " struct transition typedef update variant word"
).split()


def _open_and_suspect(site: Site) -> tuple[list[Token], Token | None]:
    """The open brackets, and a ``{`` whose ``}`` is indented unlike it, if there is one."""
    text = site.source.text
    stack: list[Token] = []
    suspect: Token | None = None
    for token in site.tokens:
        if token.kind == "open":
            stack.append(token)
        elif token.kind == "close" and stack:
            opener = stack.pop()
            alone = not text[text.rfind("\n", 0, token.start) + 1 : token.start].strip()
            if alone and suspect is None and _indent(text, opener) != _indent(text, token):
                suspect = opener
    return stack, suspect


def _indent(text: str, token: Token) -> str:
    start = text.rfind("\n", 0, token.start) + 1
    line = text[start : token.end]
    return line[: len(line) - len(line.lstrip())]


def _unclosed(site: Site) -> Diagnostic | None:
    if site.kind != "$END":
        return None
    stack, suspect = _open_and_suspect(site)
    if not stack:
        return None
    token = stack[-1]
    if suspect is not None and site.source.text[suspect.start] == "{":
        token = suspect
    mark = site.source.text[token.start]
    return _not_closed(site, token, f"`{mark}` is never closed")


def _not_closed(site: Site, token: Token, message: str) -> Diagnostic:
    mark = site.source.text[token.start]
    span = Span(site.source.name, token.start, token.end)
    hint = f"add the `{_CLOSER[mark]}`"
    return Diagnostic(_BRACKET_CODE[mark], message, Label(span, "opened here"), hint=hint)


def _unclosed_before(site: Site) -> Diagnostic | None:
    """``if (x {`` and ``f(x;``: a statement goes on before its brackets are closed."""
    brackets = site.open_brackets()
    if not brackets:
        return None
    mark = site.source.text[brackets[-1].start]
    if mark == "{" or _CLOSER[mark] not in site.expected:
        return None
    if site.kind in ("{", "}", ";", ")", "]") or (site.new_line and site.kind != "STRING"):
        return _not_closed(site, brackets[-1], f"`{mark}` is not closed before `{site.word}`")
    return None


def _extra_bracket(site: Site) -> Diagnostic | None:
    if site.kind not in ("}", ")", "]"):
        return None
    brackets = site.open_brackets()
    if site.kind == "}" and not brackets:
        return site.say("extra-brace", "`}` closes nothing", "no `{` for it", "take it out")
    if site.kind in (")", "]") and (
        not brackets or _CLOSER[site.source.text[brackets[-1].start]] != site.kind
    ):
        message = f"`{site.word}` closes nothing"
        return site.say("extra-bracket", message, "nothing to close", "take it out")
    return None


def _missing_semicolon(site: Site) -> Diagnostic | None:
    # Where a statement may begin a `;` is an empty one: none is missing.
    if ";" not in site.expected or "return" in site.expected or not site.before:
        return None
    if not (site.new_line or site.kind in ("}", "$END")):
        return None
    if site.back() == ")" and site.kind == "{":
        return None
    return Diagnostic(
        "missing-semicolon",
        f"there is no `;` after `{site.back()}`",
        Label(site.previous, "`;` expected after this"),
        hint="end it with `;`",
    )


def _top_level(site: Site) -> Diagnostic | None:
    if not site.at_top or "}" in site.expected:
        return None
    if site.kind == ";":
        hint = "take it out: `}` ends a function and an actor"
        return site.say("extra-semicolon", "a `;` on its own", "nothing to end", hint)
    near = get_close_matches(site.word, _TOP_WORDS, 1, 0.75)
    if near and site.word not in _TOP_WORDS:
        message = f"`{site.word}` begins no declaration"
        return site.say("syntax", message, "not known", f"did you mean `{near[0]}`?")
    if site.kind in ("run", "forever", "init", "bound", "expect"):
        hint = "put it into `scenario name { ... }`"
        return site.say(
            "misplaced-item", f"`{site.word}` belongs into a scenario", "not here", hint
        )
    if site.kind in ("drop", "replace", "move", "exchange"):
        hint = "put it into `variant name in scenario { ... }`"
        return site.say("misplaced-item", f"`{site.word}` belongs into a variant", "not here", hint)
    if site.kind == "NAME" and site.after and (_is_name(site.after[0]) or site.after[0] == "*"):
        return _unknown_type(site.here, site.word)
    hint = "put it into a function or an actor"
    message = f"`{site.word}` begins no declaration"
    return site.say("statement-outside", message, "no declaration", hint)


def _is_name(text: str) -> bool:
    return text[:1].isalpha() or text[:1] == "_"


def _unknown_type(span: Span, name: str) -> Diagnostic:
    return Diagnostic(
        "unknown-type",
        f"`{name}` is not a type",
        Label(span, "not a type"),
        hint=f"write `struct {name}` or `enum {name}`; a typedef's name ends in _t",
    )


def _name_after_name(site: Site) -> Diagnostic | None:
    """``folio f;`` in a body, and words of other languages between operands."""
    if site.kind not in ("NAME", "or") or not site.after_operand:
        return None
    other = {"and": "&&", "or": "||", "not": "!", "is": "==", "xor": "^"}.get(site.word)
    if other:
        return site.say("syntax", f"`{site.word}` is no operator", "a name", f"write `{other}`")
    if _is_name(site.back()) and site.back(2) in ("", ";", "{", "}", ")", ":"):
        return _unknown_type(site.previous, site.back())
    return None


def _field_type(site: Site) -> Diagnostic | None:
    wants_type = "BUILTIN" in site.expected and "NUMBER" not in site.expected
    if wants_type and site.kind == "NAME" and not site.at_top:
        return _unknown_type(site.here, site.word)
    return None


def _statement_word(site: Site) -> Diagnostic | None:
    """Words that begin a statement elsewhere; here the parser may have read them as a name."""
    if site.at_statement:
        return _no_statement(site, site.here, site.word)
    if site.back(2) in ("", ";", "{", "}", ")", ":"):
        return _no_statement(site, site.previous, site.back())
    return None


def _no_statement(site: Site, span: Span, word: str) -> Diagnostic | None:
    def say(code: str, message: str, label: str, hint: str) -> Diagnostic:
        return Diagnostic(code, message, Label(span, label), hint=hint)

    if not site.open_brackets():
        return None
    match word:
        case "else":
            hint = "an `if` with several statements needs braces around them"
            return say("else-without-if", "this `else` has no `if`", "no `if` before", hint)
        case "case" | "default":
            hint = "put it into `switch (value) { ... }`"
            message = f"`{word}` outside a switch"
            return say("case-outside-switch", message, "in no switch", hint)
        case "static":
            hint = "declare it outside the function"
            return say("unsupported", "a local cannot be static", "not here", hint)
        case "typedef":
            hint = "declare it outside the function"
            return say("unsupported", "a typedef inside a function", "not here", hint)
        case _:
            return None


def _comma(site: Site) -> Diagnostic | None:
    if site.kind != "," or not (site.expected & {";", ")"}):
        return None
    brackets = site.open_brackets()
    inside = bool(brackets) and site.source.text[brackets[-1].start] == "("
    if site.after_operand or inside:
        hint = "write two statements"
        return site.say("comma-operator", "there is no comma operator", "not an operator", hint)
    return None


def _call(site: Site) -> Diagnostic | None:
    if site.kind == "(" and site.after_operand:
        hint = "name the function; use `switch` or `if` to choose among several"
        message = "only a function's name can be called"
        return site.say("function-pointer", message, "a call of a value", hint)
    return None


def _assignment(site: Site) -> Diagnostic | None:
    ends = ";" in site.expected or ")" in site.expected
    if site.kind in _ASSIGN and (site.after_operand or ends):
        message = f"what stands before `{site.word}` cannot be assigned to"
        hint = "write `==` to compare, or parentheses around the assignment"
        return site.say("assignment-target", message, "not after a value", hint)
    return None


def _braces(site: Site) -> Diagnostic | None:
    if site.kind != "{":
        return None
    if "NUMBER" in site.expected and not site.at_statement:
        if site.back() == "(":
            hint = "write a function"
            return site.say("unsupported", "a block is not a value", "a block", hint)
        message = "braces are a value only where a variable is declared"
        hint = "assign the fields one by one"
        return site.say("compound-literal", message, "not a value here", hint)
    if site.expected == frozenset({"NAME"}) and site.back() in ("struct", "enum"):
        message = f"this {site.back()} has no name"
        return site.say(
            "anonymous-type", message, "a name expected", f"write `{site.back()} name {{`"
        )
    return None


def _function_head(site: Site) -> Diagnostic | None:
    if site.kind == ";" and site.expected == frozenset({"{"}) and site.back() == ")":
        message = "functions are not declared ahead of their definition"
        hint = "leave the line out: a function may be called before it is defined"
        return site.say("prototype", message, "`{` expected", hint)
    if site.kind == "[" and site.expected == frozenset({",", ")"}):
        message = "a parameter cannot be an array"
        return site.say("array-parameter", message, "an array", "pass a pointer")
    nameless = "NAME" in site.expected and site.expected <= {"NAME", "*", "const", "INT_WORD"}
    if nameless and site.kind in (",", ")"):
        message = "this parameter has no name"
        return site.say("unnamed-parameter", message, "a name expected", "give it a name")
    return None


def _type_name(site: Site) -> Diagnostic | None:
    if site.expected == frozenset({"TYPE_NAME"}) and site.kind == "NAME":
        what = "word" if site.back() == "word" else "typedef"
        message = f"the name of a {what} ends in _t"
        return site.say("typedef-name", message, "no _t", f"call it `{site.word}_t`")
    if site.kind == "TYPE_NAME" and "NAME" in site.expected and "NUMBER" not in site.expected:
        message = f"`{site.word}` ends in _t, as only the names of types do"
        hint = f"call it `{site.word[:-2]}`"
        return site.say("type-like-name", message, "looks like a type", hint)
    return None


def _misplaced_type(site: Site) -> Diagnostic | None:
    hint = "a cast is written `(type)value`; names of variables do not end in _t"
    message = "a type where a value should stand"
    if site.kind in _TYPE_KINDS and "NUMBER" in site.expected and not site.at_statement:
        return site.say("misplaced-type", message, "a type", hint)
    if site.kind == "NAME" and site.back() in ("struct", "enum") and site.after_operand:
        return Diagnostic("misplaced-type", message, Label(site.previous, "a type"), hint=hint)
    return None


def _two_types(site: Site) -> Diagnostic | None:
    """``unsigned bool b``: the second type was read as the name."""
    two = site.back() in BUILTIN_TYPES and site.back(2) in BUILTIN_TYPES
    if site.kind == "NAME" and two and "[" in site.expected:
        message = f"`{site.back(2)} {site.back()}` is not a type"
        hint = "write one type, such as `unsigned int` or `u32`"
        return Diagnostic("bad-type", message, Label(site.previous, "a second type"), hint=hint)
    return None


def _string(site: Site) -> Diagnostic | None:
    if site.expected == frozenset({"STRING"}):
        message = f"a string should stand here, not `{site.word}`"
        return site.say("syntax", message, "expected a string", 'write it in quotes: "..."')
    return None


def _marks(site: Site) -> Diagnostic | None:
    """Single marks that C or another language would take here."""
    if site.kind == ":" and {";", ","} <= site.expected and "NUMBER" not in site.expected:
        hint = "use a field of its own, or masks"
        return site.say("bit-field", "there are no bit-fields", "a bit-field", hint)
    if site.kind == "STRING" and site.back().endswith('"'):
        return site.say("syntax", "strings are not joined", "a second string", "write one string")
    if site.kind == ":" and site.back() == "?":
        return site.say(
            "syntax", "`?:` needs a middle value", "nothing before", "write `a ? a : b`"
        )
    if site.kind == ">" and site.back() == "=":
        return site.say("syntax", "`=>` is no operator", "no operator", "write `>=` or `->`")
    if site.kind == "[" and "." in site.expected and site.back() in ("{", ","):
        hint = "give the elements in order"
        return site.say("syntax", "elements are not named by index", "an index", hint)
    if site.kind == "." and site.after[:1] == (".",):
        return site.say("syntax", "`...` is not part of the language", "here", "list each one")
    return None


HINTS: tuple[Callable[[Site], Diagnostic | None], ...] = (
    _unclosed,
    lambda site: declaring_macro(site.source, site.here),
    lambda site: sparse_mark(site.source, site.previous),
    _extra_bracket,
    _statement_word,
    _two_types,
    _name_after_name,
    _top_level,
    _braces,
    _function_head,
    _type_name,
    _string,
    _unclosed_before,
    _missing_semicolon,
    _marks,
    _comma,
    _call,
    _assignment,
    _misplaced_type,
    _field_type,
)
