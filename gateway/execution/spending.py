"""What a request has paid for and what it finds: how long a list is, is often known only when it is there."""

from dataclasses import dataclass
from typing import Any

from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text

TOO_MUCH_FOUND = Text(
    en="More was found than a request of {maximum:,} points may hold: {field} has too many values. Ask for them of "
    "fewer objects at a time.",
    ru="Найдено больше, чем вмещает запрос на {maximum:,} {maximum:балл|балла|баллов}: слишком много значений в "
    "{field}. Запрашивайте их у меньшего числа объектов за раз.",
)


class Overrun(BaseException):
    """The answer would have more values than its caller may have: no error of one field, which handlers would take."""

    def __init__(self, refusal: Exception) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(slots=True)
class Spending:
    """The points of the values that a request finds, beside those that were charged before it ran."""

    context: Any
    paid: int
    maximum: int
    found: int = 0

    def take(self, points: int, field: str) -> None:
        """Counts values found at a field of the schema. Raises `Overrun` when no request may have so many."""
        found = self.found + points
        if found > self.maximum:
            message = TOO_MUCH_FOUND(maximum=self.maximum, field=field)
            extensions = {"limit": "cost", "requested": found, "maximum": self.maximum, "field": [field]}
            raise Overrun(GatewayError(GatewayErrorCode.TOO_COSTLY, message, extensions=extensions))
        self.found = found

    @property
    def owing(self) -> bool:
        """Whether more was found than is paid for."""
        return self.found > self.paid

    async def pay(self) -> None:
        """Charges what is owing, if anything. Raises `Overrun` with what `settle` raises."""
        if self.owing:
            more, self.paid = self.found - self.paid, self.found
            try:
                await self.context.settle(more)
            except Exception as refusal:
                raise Overrun(refusal) from refusal
