"""Numbers that identify companies and SIM cards: INN, ICCID."""

import re

from gateway.kit.digits import ROUNDED, bare, rounded
from gateway.kit.errors import InvalidValue
from gateway.kit.texts import Text, excerpt

NO_INN = Text(
    en="“{given}” is not an INN: 10 digits for a company, 12 for a person, the last ones are check digits. "
    "Compare it with the certificate.",
    ru="«{given}» — не ИНН: 10 цифр у организации, 12 у человека, последние — контрольные. "
    "Сверьте его со свидетельством.",
)
NO_ICCID = Text(
    en="“{given}” is not the number of a SIM card: 18 to 20 digits that begin with 89. Copy it from the card.",
    ru="«{given}» — не номер SIM-карты: от 18 до 20 цифр, первые — 89. Перепишите его с карты.",
)
MISTYPED_ICCID = Text(
    en="“{given}” is mistyped: its check digit does not fit. Compare it with the SIM card.",
    ru="В номере «{given}» ошибка: не сходится контрольная цифра. Сверьте его с SIM-картой.",
)

_INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_ICCID = re.compile(r"(89[0-9]{16,18})F?")
_FULL_ICCID = 20
_DIGIT_SUMS_OF_DOUBLES = str.maketrans("0123456789", "0246813579")


def parse_inn(text: str) -> str:
    """A Russian taxpayer number: 10 digits (company) or 12 (person), check digits valid. Raises `InvalidValue`."""
    digits = bare(text)
    # No tax office has the code 00, and a row of zeros would pass the check digits.
    if digits.isdecimal() and not digits.startswith("00"):
        if len(digits) == 10 and _inn_check(digits[:9]) == digits[9]:
            return digits
        if len(digits) == 12 and _inn_check(digits[:10]) == digits[10] and _inn_check(digits[:11]) == digits[11]:
            return digits
    raise InvalidValue(NO_INN(given=excerpt(text)))


def parse_iccid(text: str) -> str:
    """
    The number of a SIM card, 18 to 20 digits. Raises `InvalidValue`.

    Registers hold it with or without its check digit, so 18 and 19 digits are taken as they are; 20 digits always have
    one, and it must fit. The filler F, which chips put after 19 digits, is dropped.
    """
    form = _ICCID.fullmatch(bare(text).upper())
    if form is None:
        raise InvalidValue((ROUNDED if rounded(text) else NO_ICCID)(given=excerpt(text)))
    digits = form[1]
    if len(digits) == _FULL_ICCID and not _luhn(digits):
        raise InvalidValue(MISTYPED_ICCID(given=excerpt(text)))
    return digits


def iccid_spellings(iccid: str) -> frozenset[str]:
    """How registers may hold the same card: with its check digit and without."""
    with_check = next(f"{iccid}{digit}" for digit in "0123456789" if _luhn(f"{iccid}{digit}"))
    return frozenset({iccid, with_check} | ({iccid[:-1]} if _luhn(iccid) else set()))


def _inn_check(digits: str) -> str:
    weights = _INN_WEIGHTS[-len(digits) :]
    return str(sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 % 10)


def _luhn(digits: str) -> bool:
    doubled = digits[-2::-2].translate(_DIGIT_SUMS_OF_DOUBLES)
    return (sum(map(int, digits[::-2])) + sum(map(int, doubled))) % 10 == 0
