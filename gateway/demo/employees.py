"""The staff of the companies."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from gateway.demo import people
from gateway.demo.batches import Batch, Row
from gateway.demo.departments import Place
from gateway.models.employees import Employee

_COLUMNS = (
    *("company_id", "id", "name", "position", "personnel_number", "email", "extra_phone", "birth_date"),
    "department_id",
)


class Post(NamedTuple):
    """An employee and the department that they work in."""

    employee_id: int
    department: Place


def posts(departments: list[Place], count: int, random: Random, ids: Iterator[int]) -> list[Post]:
    """Who works where: `count` employees of a company."""
    drawn = random.choices(departments, [place.weight for place in departments], k=count)
    return [Post(next(ids), place) for place in drawn]


def staff(posts: list[Post], domain: str, random: Random) -> Batch:
    """The employees' rows."""
    return Batch(Employee, _COLUMNS, _rows(posts, domain, random))


def _rows(posts: list[Post], domain: str, random: Random) -> Iterator[Row]:
    mailboxes: Counter[str] = Counter()
    for number, (employee_id, place) in enumerate(posts, 1):
        person = people.draw(random)
        mailboxes[person.mailbox] += 1
        namesake = mailboxes[person.mailbox]
        yield (
            place.company_id,
            employee_id,
            person.name,
            random.choice(place.positions),
            f"{number:06}",
            f"{person.mailbox}{namesake if namesake > 1 else ''}@{domain}" if random.random() < 0.85 else None,
            f"7976{random.randrange(10_000_000):07}" if random.random() < 0.2 else None,
            date(1962, 1, 1) + timedelta(days=random.randrange(42 * 365)) if random.random() < 0.6 else None,
            place.id,
        )
