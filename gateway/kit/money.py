"""Money: integer kopecks in rows, decimals with two digits in answers, any usual writing in."""

import re
from decimal import Context, Decimal, Inexact, InvalidOperation

from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.texts import Text, excerpt

NO_AMOUNT = Text(
    en="“{given}” is not an amount. Write roubles with at most two decimals: 1250, 1250.5 or 1 250,50.",
    ru="«{given}» — не сумма. Напишите рубли, не больше двух знаков после запятой: 1250, 1250.5 или 1 250,50.",
)
TOO_MUCH = Text(
    en="The amount is too large; at most 92,233,720,368,547,758.07 can be kept.",
    ru="Сумма слишком велика; можно хранить не больше 92 233 720 368 547 758,07.",
)

_LARGEST = 2**63 - 1
_KOPECK = Decimal("0.01")
_EXACT = Context(prec=40, traps=[Inexact, InvalidOperation])
# Groups of three digits may be set apart by a space, also a no-break or thin one.
_AMOUNT = re.compile(
    r"(?P<sign>[-−+]?)\s?(?P<roubles>[0-9]{1,3}(?:[ \u00a0\u2009\u202f][0-9]{3})+|[0-9]{1,30})"
    r"(?:[.,](?P<kopecks>[0-9]{1,2}))?\s*(?:₽|руб\.?|р\.|RUB)?",
    re.IGNORECASE,
)


def parse_kopecks(text: str) -> int:
    """Kopecks of an amount as people write it, "1 234,50 ₽" or "-1234.5". Raises `InvalidValue`."""
    form = _AMOUNT.fullmatch(text.strip())
    if form is None:
        raise InvalidValue(NO_AMOUNT(given=excerpt(text)))
    roubles = "".join(character for character in form["roubles"] if character.isdecimal())
    kopecks = int(roubles) * 100 + int((form["kopecks"] or "").ljust(2, "0"))
    return _bounded(-kopecks if form["sign"] in ("-", "−") else kopecks)


def to_kopecks(amount: Decimal) -> int:
    """Kopecks of roubles. Raises `InvalidValue` for more than two decimals, infinities and more than 64 bits."""
    if not amount.is_finite():
        raise InvalidValue(NO_AMOUNT(given=str(amount)))
    if abs(amount) > _LARGEST:
        raise InvalidValue(TOO_MUCH(), ErrorCode.TOO_LARGE)
    try:
        return _bounded(int(_EXACT.scaleb(_EXACT.quantize(amount, _KOPECK), 2)))
    except Inexact:
        raise InvalidValue(NO_AMOUNT(given=excerpt(str(amount)))) from None


def to_decimal(kopecks: int) -> Decimal:
    """Roubles with exactly two decimals."""
    return Decimal(kopecks).scaleb(-2)


def _bounded(kopecks: int) -> int:
    if abs(kopecks) > _LARGEST:
        raise InvalidValue(TOO_MUCH(), ErrorCode.TOO_LARGE)
    return kopecks
