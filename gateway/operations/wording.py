"""How days, amounts and lists read inside messages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.kit.texts import Language, Message, Text, Value
from gateway.models.catalogue import FeePeriod
from gateway.operations.catalogue import Item

_DAY = Text(en="{year}-{month}-{day}", ru="{day}.{month}.{year}")
_MONEY = Text(en="{sign}₽{roubles:,}.{kopecks}", ru="{sign}{roubles:,},{kopecks}\N{NO-BREAK SPACE}₽")
_FEE = {
    FeePeriod.MONTHLY: Text(en="{fee} a month", ru="{fee} в месяц"),
    FeePeriod.DAILY: Text(en="{fee} a day", ru="{fee} в день"),
}
_NAME = Text(en="“{name}”", ru="«{name}»")
_ITSELF = Text(en="{value}", ru="{value}")
_LIST = Text(en="{first}, {rest}", ru="{first}, {rest}")

_zone = lru_cache(maxsize=256)(ZoneInfo)


def day(moment: datetime, time_zone: str) -> Message:
    """The day of a moment where the company is."""
    there = moment.astimezone(_zone(time_zone))
    return _DAY(year=str(there.year), month=f"{there.month:02}", day=f"{there.day:02}")


def money(kopecks: int) -> Message:
    roubles, rest = divmod(abs(kopecks), 100)
    return _MONEY(sign="−" if kopecks < 0 else "", roubles=roubles, kopecks=f"{rest:02}")


def fee(item: Item) -> Message:
    """The fee of one period with its period."""
    return _FEE[FeePeriod(item.fee_period)](fee=money(item.fee_kopecks))


def listed(values: Sequence[Value]) -> Value:
    """One value or more, set apart by commas."""
    first, *rest = values
    return _LIST(first=first, rest=listed(rest)) if rest else first


def in_both_languages(value: Value) -> Mapping[str, str]:
    """A name of something built in, as the journal keeps it."""
    return {language.value: _ITSELF.render(language, value=value) for language in Language}


def names(items: Sequence[Item]) -> Value:
    """The names of catalogue items, in quotation marks."""
    return listed([_NAME(name=item.name) for item in items])
