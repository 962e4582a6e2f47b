"""What graphql-core tells in English, in the caller's language as well."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from string import Formatter
from typing import TypeAlias

from gateway.execution import document_texts as documents
from gateway.execution import value_texts as values
from gateway.kit.texts import Message, Text

Pattern: TypeAlias = tuple[Text, re.Pattern[str]]

MESSAGES: Sequence[Text] = (
    *documents.DOCUMENTS,
    *documents.OPERATIONS,
    *documents.FIELDS,
    *documents.FRAGMENTS,
    *documents.DIRECTIVES,
    *values.ARGUMENTS,
    *values.VARIABLES,
    *values.VALUES,
)
PARTS: Mapping[str, Sequence[Text]] = {
    "problem": (*documents.SYNTAX, *values.VALUES),
    **dict.fromkeys(("token", "wanted", "character"), documents.TOKENS),
    "subscription": documents.SUBSCRIPTIONS,
    **dict.fromkeys(("reason", "further"), documents.CONFLICTS),
    "location": documents.LOCATIONS,
    "where": values.PLACES,
    "error": values.CAUSES,
}
"""What may stand for a placeholder that is a text itself."""

_AS_IT_IS = Text(en="{message}", ru="{message}")
_SHAPES: Mapping[str, str] = {
    **dict.fromkeys(
        ("value", "found", "problem", "token", "escape", "mark", "operation_name", "further", "other", "names"), ".*"
    ),
    **dict.fromkeys(("operation", "most", "given"), r"\w*"),
    **dict.fromkeys(("wanted", "place", "url"), r"\S*"),
    "character": r"'.*'|\S*",
    "location": r"[\w ]*",
    "subscription": r"Anonymous Subscription|Subscription '\w*'",
    "where": r"(?: at \S*)?",
}
"""What stands for a placeholder; most are names in quotes."""
_SHORTEST = {"key", "error", "reason", "spread"}
"""Placeholders for anything up to the first place where the text goes on."""


@lru_cache(maxsize=16)  # an answer may hold the same one at each of its rows; others are long
def worded(message: str) -> Message:
    """A message of graphql-core, to be rendered in any language; in English it stays the same, word for word.

    One that is not known is the same in all languages.
    """
    return _matched(message, chain(_PATTERNS.get(_first_word(message), ()), _PATTERNS[""]))


def _matched(message: str, patterns: Iterable[Pattern]) -> Message:
    for text, pattern in patterns:
        if found := pattern.fullmatch(message):
            parts = found.groupdict().items()
            return text(**{name: _matched(part, _PARTS[name]) if name in _PARTS else part for name, part in parts})
    return _AS_IT_IS(message=message)


def _first_word(message: str) -> str:
    return message.partition(" ")[0]


def _compiled(texts: Iterable[Text]) -> list[Pattern]:
    return [(text, re.compile("".join(_pieces(text)), re.DOTALL)) for text in texts]


def _pieces(text: Text) -> Iterator[str]:
    """A regular expression for the English text, in pieces.

    Callers may have sent the values, however long and full of quotes. Nothing is tried twice: names end at a quote, and
    what precedes the rest of a text is atomic.
    """
    before, named = "", set[str]()
    for literal, name, _, _ in Formatter().parse(text.en):
        yield f"(?>{before}{re.escape(literal)})"
        shape = ".*?" if name in _SHORTEST else _SHAPES.get(name or "", "[^']*")
        before = "" if name is None else f"(?P={name})" if name in named else f"(?P<{name}>{shape})"
        named.add(name or "")
    yield before


def _indexed(texts: Iterable[Text]) -> Mapping[str, list[Pattern]]:
    """By the first word; under an empty one those that begin with a placeholder."""
    patterns: dict[str, list[Pattern]] = {"": []}
    for text, pattern in _compiled(texts):
        word = _first_word(text.en)
        patterns.setdefault("" if "{" in word else word, []).append((text, pattern))
    return patterns


_PATTERNS = _indexed(MESSAGES)
_PARTS = {name: _compiled(texts) for name, texts in PARTS.items()}
