"""The companies' phone numbers, a few thousand at a time."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import NamedTuple, TypeVar

from gateway.demo.batches import Calendar
from gateway.demo.catalogue import sold_to
from gateway.demo.companies import Customer
from gateway.demo.departments import Place
from gateway.demo.employees import Post
from gateway.models.catalogue import FeePeriod
from gateway.models.numbers import NumberKind, NumberStatus
from gateway.operations.catalogue import Catalogue, TariffItem

# No operator has been given the codes from 972 on, so these numbers are nobody's.
_FIRST_MSISDN = 79_721_000_000
_GAPS = 3
_ICCID_PREFIX = "8970175"
_KINDS = {NumberKind.VOICE: 72, NumberKind.MODEM: 12, NumberKind.IOT: 16}
_STATUSES = {
    NumberStatus.ACTIVE: 86,
    NumberStatus.BLOCKED: 5,
    NumberStatus.SUSPENDED: 3,
    NumberStatus.DORMANT: 3,
    NumberStatus.CLOSED: 3,
}
_LABELS = {
    NumberKind.VOICE: (
        *("KAS-{n:04}", "Курьер № {n}", "ТП/{m}-{n}", "касса {m}", "Дежурный телефон, смена {m}", "#водитель_{n}"),
        *("Резерв", "{plate}", "Горячая линия {m}", "vip"),
    ),
    NumberKind.MODEM: (
        *("Роутер, склад {m}", "Камера въезд-{m}", "MODEM_{n:04}", "планшет {m}/{n}", "wi-fi «Переговорная {m}»"),
    ),
    NumberKind.IOT: (
        *("{plate} тягач", "{plate} прицеп", "Терминал 00{n:06}", "Счётчик № {n}-{m}", "GPS.{m}.{n}", "t-{n:04}"),
        *("Шлагбаум {m}", "ДАТЧИК-{m}/{n}"),
    ),
}
_LABELLED = {NumberKind.VOICE: 0.35, NumberKind.MODEM: 0.7, NumberKind.IOT: 0.9}
_DOUBLED = str.maketrans("0123456789", "0246813579")
_PLATE_LETTERS = "АВЕКМНОРСТУХ"

T = TypeVar("T")
_Weighted = tuple[list[T], list[int]]


class NumberRow(NamedTuple):
    """A row of `numbers`, without the columns that the database keeps."""

    company_id: int
    id: int
    msisdn: str
    iccid: str | None
    kind: NumberKind
    status: NumberStatus
    label: str | None
    employee_id: int | None
    department_id: int | None
    tariff_id: int
    activated_at: datetime
    last_charged_at: datetime | None
    updated_at: datetime


class Fleet:
    """The numbers of one company. What is drawn are days before today, so that only the dates move from day to day."""

    def __init__(
        self, company: Customer, departments: list[Place], posts: list[Post], catalogue: Catalogue, calendar: Calendar
    ) -> None:
        self._company = company
        self._departments = [place.id for place in departments]
        self._posts = posts
        self._calendar = calendar
        self._random = company.random("numbers")
        self._kinds = _cumulated(_KINDS)
        self._statuses = _cumulated(_STATUSES)
        self._tariffs = {
            kind: _cumulated(
                {
                    tariff: 1 if tariff.archived else 4
                    for tariff in catalogue.tariffs.values()
                    if sold_to(tariff, kind, company.region)
                }
            )
            for kind in NumberKind
        }

    def numbers(self, ids: Iterator[int]) -> Iterator[tuple[NumberRow, TariffItem]]:
        """All of them with their tariffs. The first is a phone in service, with the lowest digits."""
        count = self._company.numbers
        first_id = next(ids)
        first_msisdn = _FIRST_MSISDN + _GAPS * (first_id - 1)
        before = self._number(first_id, first_msisdn, NumberKind.VOICE, NumberStatus.ACTIVE)
        yield before
        for place in self._random.sample(range(1, _GAPS * count), count - 1):
            kind = self._draw(self._kinds)
            status = self._draw(self._statuses)
            number, tariff = self._number(next(ids), first_msisdn + place, kind, status)
            if _issued_anew(number, before[0]):
                number = number._replace(msisdn=before[0].msisdn)
            before = number, tariff
            yield before

    def _number(
        self, number_id: int, msisdn: int, kind: NumberKind, status: NumberStatus
    ) -> tuple[NumberRow, TariffItem]:
        random, days_ago = self._random, self._calendar.days_ago
        tariff = self._draw(self._tariffs[kind])
        closed = status is NumberStatus.CLOSED
        post = None if closed else self._post(kind)
        department_id = post.department.id if post else None
        if not closed and post is None and random.random() < 0.85:
            department_id = random.choice(self._departments)
        age = _age(status, random)
        silence = _silence(status, tariff, random)
        return NumberRow(
            self._company.id,
            number_id,
            str(msisdn),
            iccid(f"{_ICCID_PREFIX}{number_id:012}") if random.random() < 0.98 else None,
            kind,
            status,
            _label(kind, random) if random.random() < _LABELLED[kind] else None,
            post.employee_id if post else None,
            department_id,
            tariff.id,
            days_ago(age),
            days_ago(silence) if silence < age else None,
            days_ago(random.uniform(0, min(age, silence if closed else 400))),
        ), tariff  # fmt: skip

    def _post(self, kind: NumberKind) -> Post | None:
        """Phones belong to people, modems every other time, machines never."""
        assigned = {NumberKind.VOICE: 0.92, NumberKind.MODEM: 0.5, NumberKind.IOT: 0}[kind]
        return self._random.choice(self._posts) if self._random.random() < assigned else None

    def _draw(self, choices: _Weighted[T]) -> T:
        return self._random.choices(choices[0], cum_weights=choices[1])[0]


def iccid(digits: str) -> str:
    """The number of a SIM card from all its digits but the last, which is their Luhn check digit."""
    doubled = digits[-1::-2].translate(_DOUBLED)
    return f"{digits}{-sum(map(int, doubled + digits[-2::-2])) % 10}"


def _cumulated(weights: Mapping[T, int]) -> _Weighted[T]:
    return list(weights), list(accumulate(weights.values()))


def _issued_anew(number: NumberRow, another: NumberRow) -> bool:
    """Whether a number was given back before `another` came into service, so that they may be the same digits."""
    return (
        number.status is NumberStatus.CLOSED
        and another.status is not NumberStatus.CLOSED
        and number.last_charged_at is not None
        and number.last_charged_at < another.activated_at
    )


def _age(status: NumberStatus, random: Random) -> float:
    """Days since a number came into service."""
    if status in (NumberStatus.DORMANT, NumberStatus.CLOSED):
        return random.uniform(400, 2500)
    return random.uniform(1, 30) if random.random() < 0.04 else random.uniform(30, 2000)


def _silence(status: NumberStatus, tariff: TariffItem, random: Random) -> float:
    """Days since the last charge of a number: without a fee some come near the 90 days after which they are blocked."""
    if status is NumberStatus.DORMANT:
        return random.uniform(90, 390)
    if status is NumberStatus.CLOSED:
        return random.uniform(10, 390)
    if status is not NumberStatus.ACTIVE:
        return random.uniform(1, 89)
    if tariff.fee_kopecks == 0:
        return random.uniform(80, 89.9) if random.random() < 0.4 else random.uniform(0, 80)
    return random.uniform(0, 1 if tariff.fee_period == FeePeriod.DAILY else 31)


def _label(kind: NumberKind, random: Random) -> str:
    a, b, c = random.choices(_PLATE_LETTERS, k=3)
    return random.choice(_LABELS[kind]).format(
        n=random.randrange(1, 10_000), m=random.randrange(1, 40), plate=f"{a}{random.randrange(1, 1000):03}{b}{c}77"
    )
