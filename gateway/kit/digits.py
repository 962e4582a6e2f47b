"""Digits as people write them: any script, with spaces, dashes and invisible characters between."""

import re
import unicodedata

from gateway.kit.texts import Text

# Spaces, dashes (and the minus sign), invisible characters such as the marks that address books put around numbers.
_SEPARATORS = frozenset({"Zs", "Pd", "Cf"})
_MORE_SEPARATORS = frozenset("\t\r\n−")
_LONGEST = 100

_ROUNDED = re.compile(r"\d[.,]?\d*E\+\d+", re.IGNORECASE)
ROUNDED = Text(
    en="A spreadsheet has rounded this number to “{given}” and its digits are lost. "
    "Format the column as text and enter it anew.",
    ru="Таблица округлила номер до «{given}», его цифры утеряны. "
    "Задайте столбцу текстовый формат и введите номер заново.",
)


def bare(text: str) -> str:
    """The text with Unicode digits as ASCII, without separators; other characters stay. Empty when far too long."""
    if text.isascii() and text.isdigit():
        return text
    if len(text) > _LONGEST:
        return ""
    return "".join(
        str(unicodedata.decimal(character, character))
        for character in text
        if character not in _MORE_SEPARATORS and unicodedata.category(character) not in _SEPARATORS
    )


def rounded(text: str) -> bool:
    """Whether a spreadsheet has turned a long number into 7.92612E+10."""
    return _ROUNDED.fullmatch(text.strip()) is not None
