"""What is set on the companies' numbers: options, forwardings, bans, spending limits."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from gateway.demo.batches import Batch, Calendar, Row
from gateway.demo.catalogue import Bundles
from gateway.demo.companies import Customer
from gateway.demo.numbers import NumberRow
from gateway.models.numbers import (
    ConnectedOption,
    Forwarding,
    ForwardingCondition,
    LimitRule,
    Number,
    NumberKind,
    NumberStatus,
    ServiceBan,
    ServiceKind,
    SpendingLimit,
    UsedPromotion,
)
from gateway.operations.catalogue import OptionItem, TariffItem

_CONDITIONS = (
    (ForwardingCondition.ALWAYS,),
    (ForwardingCondition.BUSY,),
    (ForwardingCondition.NO_ANSWER,),
    (ForwardingCondition.UNREACHABLE,),
    (ForwardingCondition.BUSY, ForwardingCondition.NO_ANSWER),
)
_CHUNK = 5_000
_LIMITS_IN_ROUBLES = (300, 500, 700, 1_000, 1_500, 2_000, 3_000)


class ConnectedRow(NamedTuple):
    """A row of `connected_options`."""

    company_id: int
    number_id: int
    option_id: int
    connected_at: datetime
    promo_ends_at: datetime | None
    journal_id: int | None = None
    disconnects_at: datetime | None = None
    guard_journal_id: int | None = None


@dataclass
class Chunk:
    """Numbers of one company with everything that is set on them."""

    numbers: list[NumberRow] = field(default_factory=list)
    connected: list[ConnectedRow] = field(default_factory=list)
    used_promotions: list[tuple[int, int, int]] = field(default_factory=list)
    forwardings: list[Row] = field(default_factory=list)
    bans: list[Row] = field(default_factory=list)
    limits: list[Row] = field(default_factory=list)

    def batches(self) -> Iterator[Batch]:
        yield Batch(Number, NumberRow._fields, self.numbers)
        yield Batch(ConnectedOption, ConnectedRow._fields, self.connected)
        yield Batch(UsedPromotion, ("company_id", "number_id", "option_id"), self.used_promotions)
        yield Batch(Forwarding, ("company_id", "number_id", "condition", "target", "until"), self.forwardings)
        yield Batch(ServiceBan, ("company_id", "number_id", "kind", "since"), self.bans)
        columns = ("company_id", "number_id", "amount_kopecks", "rule", "spent_kopecks")
        yield Batch(SpendingLimit, columns, self.limits)


class Settings:
    """Sets things on the numbers of a company."""

    def __init__(self, company: Customer, bundles: Bundles, calendar: Calendar) -> None:
        self._region = company.region
        self._bundles = bundles
        self._calendar = calendar
        self._random = company.random("settings")
        self._earlier: list[str] = []

    def chunks(self, numbers: Iterator[tuple[NumberRow, TariffItem]]) -> Iterator[Chunk]:
        """All numbers with their settings; those that were given back have none."""
        while some := list(islice(numbers, _CHUNK)):
            chunk = Chunk()
            for number, tariff in some:
                chunk.numbers.append(number)
                if number.status is not NumberStatus.CLOSED:
                    self._set(number, tariff, chunk)
            yield chunk

    def _set(self, number: NumberRow, tariff: TariffItem, chunk: Chunk) -> None:
        random = self._random
        fitting = self._bundles.fitting(tariff, number.kind, self._region)
        options = random.choice(fitting)
        self._connect(number, options, chunk)
        if random.random() < 0.1:
            given_up = [option for option in random.choice(fitting) if option.promo_days and option not in options]
            chunk.used_promotions += [(number.company_id, number.id, option.id) for option in given_up]
        if random.random() < 0.12:
            self._ban(number, {service for option in options for service in option.services}, chunk)
        if number.kind is NumberKind.VOICE:
            if self._earlier and random.random() < 0.06:
                self._forward(number, chunk)
            if number.employee_id and random.random() < 0.18:
                self._limit(number, chunk)
            if number.status is NumberStatus.ACTIVE:
                self._earlier.append(number.msisdn)

    def _connect(self, number: NumberRow, options: tuple[OptionItem, ...], chunk: Chunk) -> None:
        """Each after the options that it requires."""
        moments: dict[OptionItem, datetime] = {}
        for option in options:
            earliest = max([number.activated_at, *(moments[required] for required in option.requires)])
            moments[option] = connected_at = max(self._calendar.days_ago(self._days_ago(option)), earliest)
            promo_ends_at = connected_at + timedelta(option.promo_days) if option.promo_days else None
            chunk.connected.append(ConnectedRow(number.company_id, number.id, option.id, connected_at, promo_ends_at))

    def _days_ago(self, option: OptionItem) -> float:
        """When an option was connected: nearly half of the promotions end within a week from today."""
        random, promo = self._random, option.promo_days
        if not promo:
            return random.uniform(0, 700)
        phase = random.random()
        if phase < 0.45:
            return promo - random.uniform(1, 7)
        return random.uniform(promo, promo + 400) if phase < 0.75 else random.uniform(0, promo)

    def _ban(self, number: NumberRow, used: set[str], chunk: Chunk) -> None:
        """A ban against something that a connected option is of no use without would be a contradiction."""
        kinds = [kind for kind in ServiceKind if kind not in used]
        for kind in self._random.sample(kinds, min(len(kinds), self._random.choice((1, 1, 2)))):
            since = max(self._calendar.days_ago(self._random.uniform(0, 500)), number.activated_at)
            chunk.bans.append((number.company_id, number.id, kind, since))

    def _forward(self, number: NumberRow, chunk: Chunk) -> None:
        """To an earlier number of the company, so that no loop comes about."""
        random = self._random
        until = self._calendar.days_ago(-random.uniform(1, 30)) if random.random() < 0.6 else None
        for condition in random.choice(_CONDITIONS):
            chunk.forwardings.append((number.company_id, number.id, condition, random.choice(self._earlier), until))

    def _limit(self, number: NumberRow, chunk: Chunk) -> None:
        random = self._random
        amount = random.choice(_LIMITS_IN_ROUBLES) * 100
        rule = random.choice(tuple(LimitRule))
        spent = round(amount * random.uniform(0, 1 if rule is LimitRule.STOP else 1.15))
        chunk.limits.append((number.company_id, number.id, amount, rule, spent))
