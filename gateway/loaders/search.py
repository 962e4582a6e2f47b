"""Words that people search for, as patterns over texts that the database has folded."""

from collections.abc import Sequence
from contextlib import suppress

from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.phones import parse_msisdn
from gateway.kit.texts import Text

LONGEST = 200
"""Characters of a search."""

TOO_LONG = Text(
    en="The search is longer than {longest} characters. Fewer words find more.",
    ru="Поисковый запрос длиннее {longest} символов. Чем меньше слов, тем больше найдётся.",
)

_ESCAPES = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


def fold(text: str) -> str:
    """As the database's function `fold`: lower case, ё as е."""
    return text.lower().replace("ё", "е")


def words(text: str, field: Sequence[str]) -> list[str]:
    """The folded words of a search. Raises `Refusal` TOO_LARGE at `field`."""
    if len(text) > LONGEST:
        raise Refusal(ErrorCode.TOO_LARGE, TOO_LONG(longest=LONGEST), field)
    return fold(text.replace("\0", " ")).split()


def patterns(text: str, field: Sequence[str]) -> list[str]:
    """A LIKE pattern for each word, wherever it stands in a folded text; a phone number in any writing is one word.

    Raises `Refusal` TOO_LARGE at `field`.
    """
    found = words(text, field)
    with suppress(InvalidValue):
        found = [parse_msisdn(text)]
    return [f"%{word.translate(_ESCAPES)}%" for word in found]


def beginning(text: str) -> str:
    """A LIKE pattern for texts that begin with these characters."""
    return f"{text.replace(chr(0), ' ').translate(_ESCAPES)}%"
