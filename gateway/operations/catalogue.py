"""The operator's catalogue as rules and answers see it: the items of one day, with the rules between them resolved."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from fractions import Fraction
from functools import cached_property
from hashlib import sha256

import orjson

from gateway.kit.rows import Shared
from gateway.models.catalogue import FeePeriod

AVERAGE_MONTH = Fraction("30.4375")
"""Days of an average month, a twelfth of 365.25: what makes daily and monthly fees comparable."""


def monthly_fee(fee_kopecks: int, period: str) -> int:
    """The fee of an average month, kopecks, halves rounded up."""
    return fee_kopecks if period == FeePeriod.MONTHLY else int(fee_kopecks * AVERAGE_MONTH + Fraction(1, 2))


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class _Entry(Shared):
    """Attributes for the rules, and the same as columns of a row for the answers."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fragments", {})
        dict.update(self, {each.name: getattr(self, each.name) for each in fields(self)})


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Package(_Entry):
    """A quantity that a fee includes; `amount` is in the unit, None is unlimited."""

    unit: str
    amount: int | None


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Item(_Entry):
    """What tariffs and options share. `region` None is everywhere, empty `kinds` every kind of number."""

    id: int
    code: str
    name: str
    description: str = ""
    region: str | None = None
    kinds: frozenset[str] = frozenset()
    fee_kopecks: int
    fee_period: str = FeePeriod.MONTHLY
    archived: bool = False
    monthly_fee_kopecks: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "monthly_fee_kopecks", monthly_fee(self.fee_kopecks, self.fee_period))
        super().__post_init__()

    def sold_to(self, kind: str, region: str) -> bool:
        """Whether it can be had for a number of this kind in a company of this region."""
        return not self.archived and (not self.kinds or kind in self.kinds) and self.region in (None, region)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.code}>"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TariffItem(Item):
    """A tariff; `switch_fee_kopecks` is the price of changing to it where no pair has a price of its own."""

    switch_fee_kopecks: int = 0
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OptionItem(Item):
    """An option; empty `tariff_ids` is every tariff, `services` are what it is of no use without.

    The catalogue resolves `requires` and `excludes`.
    """

    theme: str
    connection_fee_kopecks: int = 0
    promo_days: int | None = None
    tariff_ids: frozenset[int] = frozenset()
    services: frozenset[str] = frozenset()
    requires: tuple["OptionItem", ...] = field(default=(), init=False)
    excludes: tuple["OptionItem", ...] = field(default=(), init=False)

    def sold_with(self, tariff_id: int) -> bool:
        return not self.tariff_ids or tariff_id in self.tariff_ids

    def combines_with(self, option_ids: Container[int]) -> bool:
        """Whether all that it requires is among these options, and nothing that it excludes."""
        return (not self.requires or all(each.id in option_ids for each in self.requires)) and not (
            self.excludes and any(each.id in option_ids for each in self.excludes)
        )

    def _resolve(self, column: str, others: Iterable["OptionItem"]) -> None:
        ordered = tuple(sorted(others, key=lambda other: other.id))
        object.__setattr__(self, column, ordered)
        dict.__setitem__(self, column, ordered)


class Catalogue:
    """All tariffs and options of a day with that day's prices; never changes.

    `switch_fees` are kopecks by (from, to) tariff; `requires` pairs an option with one that it needs, `excludes` two
    that can't be together. Rules about options that are not in the catalogue do nothing.
    """

    def __init__(
        self,
        day: date,
        tariffs: Iterable[TariffItem],
        options: Iterable[OptionItem],
        *,
        switch_fees: Mapping[tuple[int, int], int] | None = None,
        requires: Iterable[tuple[int, int]] = (),
        excludes: Iterable[tuple[int, int]] = (),
    ) -> None:
        self.day = day
        self.tariffs: Mapping[int, TariffItem] = {item.id: item for item in tariffs}
        self.options: Mapping[int, OptionItem] = {item.id: item for item in options}
        self._switch_fees = switch_fees or {}
        needed: dict[int, set[OptionItem]] = {option_id: set() for option_id in self.options}
        barred: dict[int, set[OptionItem]] = {option_id: set() for option_id in self.options}
        for one, other in requires:
            if one in self.options and other in self.options:
                needed[one].add(self.options[other])
        for one, other in excludes:
            if one in self.options and other in self.options:
                barred[one].add(self.options[other])
                barred[other].add(self.options[one])
        for option in self.options.values():
            option._resolve("requires", needed[option.id])
            option._resolve("excludes", barred[option.id])

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that rules and prices depend on: what a change would cost, and whether it is allowed at all."""
        items = [
            [getattr(item, name) for name in ("id", "fee_kopecks", "fee_period", "region", "archived")]
            + [sorted(item.kinds)]
            for item in (*self.tariffs.values(), *self.options.values())
        ]
        tariffs = [[tariff.id, tariff.switch_fee_kopecks] for tariff in self.tariffs.values()]
        options = [
            [option.id, option.connection_fee_kopecks, option.promo_days]
            + [sorted(ids) for ids in (option.tariff_ids, option.services)]
            + [[other.id for other in others] for others in (option.requires, option.excludes)]
            for option in self.options.values()
        ]
        pairs = [[*pair, fee] for pair, fee in sorted(self._switch_fees.items())]
        return sha256(orjson.dumps([items, tariffs, options, pairs])).hexdigest()

    @cached_property
    def requirements(self) -> Sequence[tuple[int, int]]:
        """All pairs of options of which the first requires the second, directly or through others."""
        return [
            (other.id, option.id)
            for option in self.options.values()
            for other in self.with_dependents(option.id, self.options)
            if other is not option
        ]

    def switch_fee(self, from_tariff_id: int, to: TariffItem) -> int:
        """The one-off price of changing between two tariffs, kopecks."""
        return self._switch_fees.get((from_tariff_id, to.id), to.switch_fee_kopecks)

    def lost_options(self, option_ids: Iterable[int], to: TariffItem) -> tuple[OptionItem, ...]:
        """Which of these options a tariff does not allow, with those that require such ones; requirements first."""
        connected = [self.options[option_id] for option_id in option_ids]
        lost = {option for option in connected if not option.sold_with(to.id)}
        return _with_dependents(lost, connected) if lost else ()

    def with_dependents(self, option_id: int, option_ids: Iterable[int]) -> tuple[OptionItem, ...]:
        """An option, and which of these require it, directly or through others; requirements first."""
        return _with_dependents({self.options[option_id]}, [self.options[each] for each in option_ids])


def _with_dependents(options: set[OptionItem], connected: Sequence[OptionItem]) -> tuple[OptionItem, ...]:
    together = set(options)
    while more := {each for each in connected if each not in together and not together.isdisjoint(each.requires)}:
        together |= more
    return requirements_first(together)


def requirements_first(options: Iterable[OptionItem]) -> tuple[OptionItem, ...]:
    """The same options in an order in which they can be connected one by one."""
    waiting = dict.fromkeys(sorted(options, key=lambda option: option.id))
    ordered: list[OptionItem] = []

    def place(option: OptionItem) -> None:
        if option in waiting:
            del waiting[option]
            for required in option.requires:
                place(required)
            ordered.append(option)

    while waiting:
        place(next(iter(waiting)))
    return tuple(ordered)
