"""A number as operations see it: everything that they read and change, loaded at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from gateway.models.numbers import SimKind


class Connected(NamedTuple):
    """A connected option, free of its fee until `promo_ends_at`; `journal_id` is the line that connected it.

    It is disconnected by itself at `disconnects_at`, as the line `guard_journal_id` asked for.
    """

    connected_at: datetime
    promo_ends_at: datetime | None = None
    journal_id: int | None = None
    disconnects_at: datetime | None = None
    guard_journal_id: int | None = None


class Forwarded(NamedTuple):
    """Where calls go, and when that ends by itself."""

    target: str
    until: datetime | None = None


class Banned(NamedTuple):
    """Since when a kind of communication is banned."""

    since: datetime


class Limited(NamedTuple):
    """What the company pays in a month, kopecks, and a `LimitRule` for what lies beyond."""

    amount_kopecks: int
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What operations name beside the number: as much of its company as they need and the caller may see.

    Names of employees and departments go by id. `forwardings` are targets by condition by phone number, of numbers that
    forwarded calls may reach. `spent` are kopecks of this month by id of the number. `sims` are ids of the numbers, of
    any company, that SIM cards are taken by.
    """

    employees: Mapping[int, str] = field(default_factory=dict)
    departments: Mapping[int, str] = field(default_factory=dict)
    forwardings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    spent: Mapping[int, int] = field(default_factory=dict)
    sims: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberState:
    """A number with its settings. Options and used promotions go by option id, forwardings by condition, bans by kind.

    `region`, `time_zone` and `company_status` are the company's; operations change neither them nor `msisdn` and
    `kind`. A promotion is given to a number once: `used_promotions` are those that it had and gave up.
    `block_reason` and `blocked_until` are set only while the number is BLOCKED. `around` is no part of the number, and
    `updated_at`, its last change where it was loaded, is none of what can be changed.
    """

    company_id: int
    id: int
    msisdn: str
    kind: str
    region: str
    time_zone: str
    company_status: str
    status: str
    iccid: str | None = None
    sim_kind: str = SimKind.PHYSICAL
    block_reason: str | None = None
    blocked_until: datetime | None = None
    label: str | None
    employee_id: int | None
    department_id: int | None
    tariff_id: int
    options: Mapping[int, Connected]
    forwardings: Mapping[str, Forwarded]
    bans: Mapping[str, Banned]
    limit: Limited | None
    used_promotions: frozenset[int]
    updated_at: datetime | None = field(default=None, compare=False)
    around: Surroundings = field(default=Surroundings(), repr=False, compare=False)

    def with_option(self, option_id: int, connected: Connected) -> "NumberState":
        return replace(self, options={**self.options, option_id: connected})

    def without_options(self, option_ids: Iterable[int]) -> "NumberState":
        kept = dict(self.options)
        gone = {option_id: kept.pop(option_id) for option_id in option_ids}
        used = {option_id for option_id, connected in gone.items() if connected.promo_ends_at is not None}
        return replace(self, options=kept, used_promotions=self.used_promotions | used)
