"""Money: integer kopecks in rows, decimals of roubles in inputs and answers."""

from decimal import Context, Decimal, Inexact, InvalidOperation

from gateway.kit.errors import ErrorCode, InvalidValue
from gateway.kit.texts import Text, excerpt

NO_AMOUNT = Text(
    en="“{given}” is not an amount. Write roubles with at most two decimals: 1250 or 1250.50.",
    ru="«{given}» — не сумма. Напишите рубли, не больше двух знаков после точки: 1250 или 1250.50.",
)
TOO_MUCH = Text(
    en="The amount is too large; at most 92,233,720,368,547,758.07 can be kept.",
    ru="Сумма слишком велика; можно хранить не больше 92 233 720 368 547 758,07.",
)

_LARGEST = Decimal(2**63 - 1).scaleb(-2)
_KOPECK = Decimal("0.01")
_EXACT = Context(prec=40, traps=[Inexact, InvalidOperation])


def to_kopecks(amount: Decimal) -> int:
    """Kopecks of roubles. Raises `InvalidValue` for more than two decimals, infinities and more than 64 bits."""
    if not amount.is_finite():
        raise InvalidValue(NO_AMOUNT(given=str(amount)))
    if abs(amount) > _LARGEST:
        raise InvalidValue(TOO_MUCH(), ErrorCode.TOO_LARGE)
    try:
        return int(_EXACT.scaleb(_EXACT.quantize(amount, _KOPECK), 2))
    except Inexact:
        raise InvalidValue(NO_AMOUNT(given=excerpt(str(amount)))) from None


def to_decimal(kopecks: int) -> Decimal:
    """Roubles with exactly two decimals."""
    return Decimal(kopecks).scaleb(-2)
