"""Days and amounts inside messages."""

from datetime import UTC, datetime

import pytest

from gateway.kit.texts import Language
from gateway.operations import wording


@pytest.mark.parametrize(
    ("kopecks", "en", "ru"),
    [
        (123_456_789, "₽1,234,567.89", "1 234 567,89 ₽"),
        (5, "₽0.05", "0,05 ₽"),
        (0, "₽0.00", "0,00 ₽"),
        (-1_250, "−₽12.50", "−12,50 ₽"),
        (-5, "−₽0.05", "−0,05 ₽"),
    ],
)
def test_amounts(kopecks: int, en: str, ru: str) -> None:
    assert wording.money(kopecks).render(Language.EN) == en
    assert wording.money(kopecks).render(Language.RU).replace("\N{NO-BREAK SPACE}", " ") == ru


def test_a_day_is_that_of_the_company() -> None:
    moment = datetime(2026, 12, 31, 20, tzinfo=UTC)

    assert wording.day(moment, "Europe/Moscow").render(Language.EN) == "2026-12-31"
    assert wording.day(moment, "Asia/Vladivostok").render(Language.RU) == "01.01.2027"
