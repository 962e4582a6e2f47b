"""Who the customers are: a holding of two companies, an unrelated one, and in large demos many small ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from gateway.demo import people
from gateway.demo.batches import Batch, Calendar, Row
from gateway.demo.departments import BAKERY, LOGISTICS, OFFICE, Unit, with_branches
from gateway.demo.words import words
from gateway.models.companies import Company, CompanyStatus

HEAD, SUBSIDIARY, OTHER = 1, 2, 3
"""Ids of the holding's two companies and of the foreign one."""

_SMALL_COMPANY = 1_000


class _Region(NamedTuple):
    """The code of a region in taxpayer numbers, its IANA time zone, and an address there."""

    code: str
    time_zone: str
    address: str


_REGIONS = {
    "Москва": _Region("77", "Europe/Moscow", "101000, г. Москва, ул. Привокзальная"),
    "Свердловская область": _Region("66", "Asia/Yekaterinburg", "620000, г. Екатеринбург, ул. Заводская"),
    "Республика Татарстан": _Region("16", "Europe/Moscow", "420000, г. Казань, ул. Пристанская"),
    "Новосибирская область": _Region("54", "Asia/Novosibirsk", "630000, г. Новосибирск, ул. Элеваторная"),
}
_BEGINNINGS, _ENDINGS = words("company_beginnings"), words("company_endings")


_COLUMNS = (
    *("id", "name", "inn", "kpp", "ogrn", "legal_address", "contract_number", "region", "time_zone", "status"),
    *("parent_id", "manager_name", "manager_phone", "manager_email", "updated_at"),
)


@dataclass(frozen=True)
class Customer:
    """A company as the demo fills it: its card, how many numbers it has, its mail domain and its departments."""

    id: int
    name: str
    region: str
    numbers: int
    domain: str
    units: tuple[Unit, ...]
    parent_id: int | None = None

    @property
    def time_zone(self) -> str:
        return _REGIONS[self.region].time_zone

    def random(self, purpose: str) -> Random:
        """The source of what is drawn for this company, the same every time."""
        return Random(f"{purpose} of company {self.id}")


def customers(numbers: int) -> Iterator[Customer]:
    """
    All companies, with `numbers` numbers among them: half in the head of the holding, a fifth in its subsidiary,
    the rest in the foreign company and in small ones of about a thousand numbers each.
    """
    head, subsidiary = numbers // 2, numbers // 5
    yield Customer(HEAD, "АО «Северный тракт»", "Москва", head, "demo.example", with_branches(LOGISTICS, numbers=head))
    yield Customer(
        SUBSIDIARY,
        "ООО «Северный тракт — Урал»",
        "Свердловская область",
        subsidiary,
        "demo.example",
        with_branches(LOGISTICS, numbers=subsidiary),
        HEAD,
    )
    rest = numbers - head - subsidiary
    companies = max(rest // _SMALL_COMPANY, 1)
    for index in range(companies):
        share = rest // companies + (index < rest % companies)
        if index == 0:
            yield Customer(OTHER, "ООО «Волжские пекарни»", "Республика Татарстан", share, "other.example", BAKERY)
        else:
            yield _small_company(OTHER + index, share)


def _small_company(company_id: int, numbers: int) -> Customer:
    beginning, ending = (
        _BEGINNINGS[company_id % len(_BEGINNINGS)],
        _ENDINGS[company_id // len(_BEGINNINGS) % len(_ENDINGS)],
    )
    region = list(_REGIONS)[company_id % len(_REGIONS)]
    return Customer(company_id, f"ООО «{beginning}{ending}»", region, numbers, f"company-{company_id}.example", OFFICE)


def cards(companies: Iterable[Customer], calendar: Calendar) -> Batch:
    """The companies' own rows."""
    rows: list[Row] = []
    for company in companies:
        random = company.random("card")
        region = _REGIONS[company.region]
        # No tax office has the number 98, so these taxpayer numbers are nobody's.
        office = f"{region.code}98"
        manager = people.draw(random)
        year = random.randrange(2008, 2024)
        rows.append((
            company.id,
            company.name,
            inn(f"{office}{company.id:05}"),
            f"{office}01001",
            ogrn(f"1{year % 100:02}{region.code}{company.id:07}"),
            f"{region.address}, д. {random.randrange(1, 90)}, офис {random.randrange(1, 500)}",
            f"{region.code}-{company.id:05}/{year}",
            company.region,
            company.time_zone,
            CompanyStatus.ACTIVE,
            company.parent_id,
            manager.name,
            f"797699{random.randrange(100_000):05}",
            f"{manager.mailbox}@operator.example",
            calendar.days_ago(random.uniform(1, 300)),
        ))  # fmt: skip
    return Batch(Company, _COLUMNS, rows)


def inn(digits: str) -> str:
    """A company's taxpayer number from its first nine digits."""
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    check = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 % 10
    return f"{digits}{check}"


def ogrn(digits: str) -> str:
    """A company's state registration number from its first twelve digits."""
    return f"{digits}{int(digits) % 11 % 10}"
