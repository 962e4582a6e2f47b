"""What is set on the companies' numbers: options, forwardings, bans, spending limits."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from gateway.demo.batches import Batch, Calendar, Row
from gateway.demo.catalogue import Option, Tariff, bundles
from gateway.demo.numbers import NumberRow
from gateway.models.catalogue import OptionTheme
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
)

# A ban against a theme of which an option is connected would be a contradiction.
_BANNED_THEMES = {
    ServiceKind.INTERNATIONAL_CALLS: OptionTheme.CALLS,
    ServiceKind.ROAMING: OptionTheme.ROAMING,
    ServiceKind.PREMIUM_SMS: OptionTheme.MESSAGES,
    ServiceKind.CONTENT: OptionTheme.ADDITIONAL,
    ServiceKind.DATA: OptionTheme.INTERNET,
}
_CONDITIONS = (
    (ForwardingCondition.ALWAYS,),
    (ForwardingCondition.BUSY,),
    (ForwardingCondition.NO_ANSWER,),
    (ForwardingCondition.UNREACHABLE,),
    (ForwardingCondition.BUSY, ForwardingCondition.NO_ANSWER),
)
_LIMITS_IN_ROUBLES = (300, 500, 700, 1_000, 1_500, 2_000, 3_000)


class ConnectedRow(NamedTuple):
    """A row of `connected_options`."""

    company_id: int
    number_id: int
    option_id: int
    connected_at: datetime
    promo_ends_at: datetime | None
    journal_id: int | None = None


@dataclass
class Chunk:
    """Numbers of one company with everything that is set on them."""

    numbers: list[NumberRow] = field(default_factory=list)
    connected: list[ConnectedRow] = field(default_factory=list)
    forwardings: list[Row] = field(default_factory=list)
    bans: list[Row] = field(default_factory=list)
    limits: list[Row] = field(default_factory=list)

    def batches(self) -> Iterator[Batch]:
        yield Batch(Number, NumberRow._fields, self.numbers)
        yield Batch(ConnectedOption, ConnectedRow._fields, self.connected)
        yield Batch(Forwarding, ("company_id", "number_id", "condition", "target", "until"), self.forwardings)
        yield Batch(ServiceBan, ("company_id", "number_id", "kind", "since"), self.bans)
        columns = ("company_id", "number_id", "amount_kopecks", "rule", "spent_kopecks")
        yield Batch(SpendingLimit, columns, self.limits)


class Settings:
    """Sets things on the numbers of a company, one number after the other."""

    def __init__(self, region: str, calendar: Calendar, random: Random) -> None:
        self._region = region
        self._calendar = calendar
        self._random = random
        self._earlier: list[str] = []

    def add(self, number: NumberRow, tariff: Tariff, chunk: Chunk) -> None:
        """Puts the number into the chunk with its settings; one that was given back has none."""
        chunk.numbers.append(number)
        if number.status is NumberStatus.CLOSED:
            return
        random = self._random
        options = random.choice(bundles(tariff, number.kind, self._region))
        chunk.connected += [self._connected(number, option) for option in options]
        if random.random() < 0.12:
            self._ban(number, {option.theme for option in options}, chunk)
        if number.kind is NumberKind.VOICE:
            if self._earlier and random.random() < 0.06:
                self._forward(number, chunk)
            if number.employee_id and random.random() < 0.18:
                self._limit(number, chunk)
            if number.status is NumberStatus.ACTIVE:
                self._earlier.append(number.msisdn)

    def _connected(self, number: NumberRow, option: Option) -> ConnectedRow:
        """Nearly half of the promotions end within a week from today."""
        random = self._random
        days = option.promo_days
        if days is None:
            ago = random.uniform(0, 700)
        else:
            phase = random.random()
            if phase < 0.45:
                ago = days - random.uniform(1, 7)
            else:
                ago = random.uniform(days, days + 400) if phase < 0.75 else random.uniform(0, days)
        connected_at = max(self._calendar.days_ago(ago), number.activated_at)
        promo_ends_at = None if days is None else connected_at + timedelta(days)
        return ConnectedRow(number.company_id, number.id, option.id, connected_at, promo_ends_at)

    def _ban(self, number: NumberRow, themes: set[str], chunk: Chunk) -> None:
        kinds = [kind for kind, theme in _BANNED_THEMES.items() if theme not in themes]
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
