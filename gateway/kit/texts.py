"""Messages for people, in English and Russian, with named placeholders and plurals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Self, TypeAlias


class Language(StrEnum):
    """A language of messages; the value is its BCP 47 tag."""

    EN = "en"
    RU = "ru"


Value: TypeAlias = "str | int | Decimal | Text | Message"

_PLURAL_FORMS = {Language.EN: 2, Language.RU: 3}
_INNER_QUOTES = str.maketrans("«»", "„“")
_THOUSANDS = {Language.EN: ",", Language.RU: "\N{NO-BREAK SPACE}"}


@dataclass(frozen=True, slots=True)
class _Segment:
    literal: str
    name: str | None
    grouped: bool
    forms: tuple[str, ...]

    def render(self, language: Language, values: Mapping[str, Value]) -> str:
        if self.name is None:
            return self.literal
        value = values[self.name]
        if isinstance(value, Text | Message):
            return self.literal + value.render(language)
        if isinstance(value, int) and self.forms:
            return self.literal + self.forms[_plural_form(language, value)]
        if isinstance(value, int) and self.grouped:
            return self.literal + f"{value:,}".replace(",", _THOUSANDS[language])
        if self.literal.endswith("«") and "«" in str(value):  # quotes inside of quotes
            value = str(value).translate(_INNER_QUOTES)
        return f"{self.literal}{value}"


@dataclass(frozen=True)
class Text:
    """
    A message in all languages.

    ``{name}`` is the value, ``{name:,}`` an integer in groups of three digits, and ``{name:form|form}`` the form of a
    word that goes with an integer: one|many in English, one|few|many in Russian. Both languages use the same names.

    >>> FOUND = Text(en="{n} {n:number|numbers}", ru="{n} {n:номер|номера|номеров}")
    >>> FOUND(n=5).render(Language.RU)
    '5 номеров'
    """

    en: str
    ru: str
    names: frozenset[str] = field(init=False, repr=False, compare=False)
    counts: frozenset[str] = field(init=False, repr=False, compare=False)
    _segments: Mapping[Language, tuple[_Segment, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        segments = {Language.EN: _segments(Language.EN, self.en), Language.RU: _segments(Language.RU, self.ru)}
        names = {
            language: frozenset(part.name for part in parts if part.name is not None)
            for language, parts in segments.items()
        }
        if names[Language.EN] != names[Language.RU]:
            raise ValueError(f"placeholders differ between the languages of {self!r}")
        counts = frozenset(
            part.name
            for parts in segments.values()
            for part in parts
            if part.name is not None and (part.forms or part.grouped)
        )
        object.__setattr__(self, "names", names[Language.EN])
        object.__setattr__(self, "counts", counts)
        object.__setattr__(self, "_segments", segments)

    def __call__(self, **values: Value) -> "Message":
        """Bind the values, so that the message can be rendered later, in the language of whoever reads it."""
        return Message(self, values)

    def render(self, language: Language, **values: Value) -> str:
        return Message(self, values).render(language)


@dataclass(frozen=True, slots=True)
class Message:
    """A text with its values. A value may be a text or message itself; it is rendered in the same language."""

    text: Text
    values: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.values.keys() != self.text.names:
            raise TypeError(f"{self.text!r} wants values for {sorted(self.text.names)}, not {sorted(self.values)}")
        for name in self.text.counts:
            if not isinstance(self.values[name], int):
                raise TypeError(f"{self.text!r} wants an integer for {name}, not {self.values[name]!r}")

    def __hash__(self) -> int:
        return hash((self.text, frozenset(self.values.items())))

    def render(self, language: Language) -> str:
        return "".join(part.render(language, self.values) for part in self.text._segments[language])


class Described(StrEnum):
    """An enum of which each member has a line for people: `NAME = "value", "in English", "in Russian"`."""

    _value_: str
    description: Text

    def __new__(cls, value: str, en: str, ru: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.description = Text(en=en, ru=ru)
        return member


def _segments(language: Language, template: str) -> tuple[_Segment, ...]:
    segments = []
    for literal, name, specification, conversion in Formatter().parse(template):
        if name is None:
            segments.append(_Segment(literal, None, grouped=False, forms=()))
            continue
        forms = tuple(specification.split("|")) if specification and specification != "," else ()
        if not name.isidentifier() or conversion or (forms and len(forms) != _PLURAL_FORMS[language]):
            raise ValueError(f"a wrong placeholder, or a wrong number of plural forms, in {template!r} ({language})")
        segments.append(_Segment(literal, name, grouped=specification == ",", forms=forms))
    return tuple(segments)


def _plural_form(language: Language, count: int) -> int:
    """Index of the plural form, after the cardinal rules of Unicode's CLDR."""
    if language is Language.EN:
        return 0 if count == 1 else 1
    ones, teens = abs(count) % 10, abs(count) % 100
    if ones == 1 and teens != 11:
        return 0
    return 1 if 2 <= ones <= 4 and not 12 <= teens <= 14 else 2


def is_line(text: str, longest: int) -> bool:
    """Whether a text that somebody gave is a single line: 1 to `longest` printable characters."""
    return 1 <= len(text) <= longest and text.isprintable()


def excerpt(given: str, length: int = 40) -> str:
    """What a caller has sent, short and printable enough to stand in a message."""
    shown = given[:length]
    if not shown.isprintable():
        shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in shown)
    return shown + "…" if len(given) > length else shown


_PREFERENCE = re.compile(
    r"\s*(?P<tag>\*|[a-z]{1,8})(?:-[a-z0-9]{1,8}){0,8}\s*(?:;\s*q\s*=\s*(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?",
    re.ASCII | re.IGNORECASE,
)


def negotiate(accept_language: str) -> Language:
    """The language that an Accept-Language header prefers among ours; English when it names none or is malformed."""
    best, best_quality = Language.EN, 0.0
    for part in accept_language.split(","):
        if (preference := _PREFERENCE.fullmatch(part)) is None:
            continue
        tag = preference["tag"].lower()
        language = Language.EN if tag == "*" else next((each for each in Language if each == tag), None)
        quality = float(preference["quality"] or 1)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best
