"""What the rooms of the demo make: rows of one table, ready for COPY, and the moments and ids in them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from typing import NamedTuple

from sqlmodel import SQLModel

Row = tuple[object, ...]


class Batch(NamedTuple):
    """Rows of a table, each with a value per column."""

    table: type[SQLModel]
    columns: tuple[str, ...]
    rows: Iterable[Row]


@dataclass(frozen=True)
class Ids:
    """The next ids of the tables of companies' data, unique over all companies."""

    departments: Iterator[int] = field(default_factory=lambda: count(1))
    employees: Iterator[int] = field(default_factory=lambda: count(1))
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    journal: Iterator[int] = field(default_factory=lambda: count(1))


@dataclass(frozen=True)
class Calendar:
    """Moments counted from the first second of the day of filling, UTC."""

    today: date

    @cached_property
    def midnight(self) -> datetime:
        return datetime.combine(self.today, time(), UTC)

    def days_ago(self, days: float) -> datetime:
        """So many days before today; a negative number is in the future."""
        return self.midnight - timedelta(seconds=round(days * 86_400))

    def new_year(self, years_ago: int = 0) -> date:
        """The first of January of this year or an earlier one."""
        return date(self.today.year - years_ago, 1, 1)

    def next_month(self) -> date:
        """The first day of the next month."""
        return (self.today.replace(day=1) + timedelta(days=32)).replace(day=1)
