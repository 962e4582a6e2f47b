"""The operator's catalogue, out of tariffs.csv and options.csv, and which options fit together."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from random import Random

from gateway.demo.batches import Batch, Calendar, Row
from gateway.models import catalogue as models

_SWITCH_FEES = {
    ("OFFICE_XL", "OFFICE_S"): 150,
    ("OFFICE_L", "OFFICE_S"): 100,
    ("OFFICE_S", "OFFICE_M"): 0,
    ("OFFICE_M", "OFFICE_L"): 0,
    ("OFFICE_OLD", "OFFICE_M"): 0,
    ("OFFICE_OLD", "OFFICE_L"): 0,
    ("FIELD_OLD", "CREW_DAY"): 0,
    ("DIRECTOR", "PER_SECOND"): 500,
    ("COURIER_PLUS", "COURIER"): 90,
    ("MODEM_OLD", "MODEM_20"): 0,
    ("MODEM_MAX", "MODEM_20"): 250,
    ("SENSOR_OLD", "SENSOR"): 0,
}
_PACKAGES = {
    "minutes": (models.AllowanceUnit.SECONDS, 60),
    "sms": (models.AllowanceUnit.SMS, 1),
    "mms": (models.AllowanceUnit.MMS, 1),
    "megabytes": (models.AllowanceUnit.BYTES, 1_048_576),
}
_BUNDLES = 60


@dataclass(frozen=True, eq=False)
class Tariff:
    """A tariff: empty `kinds` is every kind of number, no `region` everywhere."""

    id: int
    code: str
    region: str
    kinds: frozenset[str]
    archived: bool
    daily: bool
    free: bool

    def sold_to(self, kind: str, region: str) -> bool:
        return (not self.kinds or kind in self.kinds) and self.region in ("", region)


@dataclass(frozen=True, eq=False)
class Option(Tariff):
    """An option with its rules, by code; empty `only_for` is every tariff."""

    theme: str
    promo_days: int | None
    requires: frozenset[str]
    excludes: frozenset[str]
    only_for: frozenset[str]


def _read(file: str) -> list[dict[str, str]]:
    lines = files(__package__).joinpath(file).read_text("utf-8").splitlines()
    return list(csv.DictReader(lines, delimiter=";"))


def _codes(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(",")))


_TARIFFS, _OPTIONS = _read("tariffs.csv"), _read("options.csv")


def _item(number: int, line: dict[str, str]) -> Tariff:
    return Tariff(
        id=number,
        code=line["code"],
        region=line["region"],
        kinds=_codes(line["kinds"]),
        archived=bool(line["archived"]),
        daily=line["period"] == models.FeePeriod.DAILY,
        free=line["fee"] == "0",
    )


TARIFFS = tuple(_item(number, line) for number, line in enumerate(_TARIFFS, 1))
OPTIONS = tuple(
    Option(
        **vars(_item(number, line)),
        theme=line["theme"],
        promo_days=int(line["promo_days"]) if line["promo_days"] else None,
        requires=_codes(line["requires"]),
        excludes=_codes(line["excludes"]),
        only_for=_codes(line["only_for"]),
    )
    for number, line in enumerate(_OPTIONS, 1)
)
_TARIFF_IDS = {tariff.code: tariff.id for tariff in TARIFFS}
_BY_CODE = {option.code: option for option in OPTIONS}


@cache
def bundles(tariff: Tariff, kind: str, region: str) -> list[tuple[Option, ...]]:
    """Sets of options, each within all rules, that a number of this kind may have on this tariff."""
    random = Random(f"bundles {tariff.code} {kind} {region}")
    fitting = [
        option
        for option in OPTIONS
        if option.sold_to(kind, region) and (not option.only_for or tariff.code in option.only_for)
    ]
    return [tuple(_bundle(fitting, random)) for _ in range(_BUNDLES)] if fitting else [()]


def _bundle(fitting: list[Option], random: Random) -> list[Option]:
    bundle: list[Option] = []
    for option in random.sample(fitting, min(len(fitting), random.choice((0, 1, 2, 3, 3, 4, 5, 6)))):
        wanted = [required for required in fitting if required.code in option.requires] + [option]
        if option.requires <= {each.code for each in wanted}:
            new = [each for each in wanted if each not in bundle]
            if not any(_clash(one, another) for one in new for another in bundle + new):
                bundle += new
    return bundle


def _clash(one: Option, another: Option) -> bool:
    return one.code in another.excludes or another.code in one.excludes


def batches(calendar: Calendar) -> Iterator[Batch]:
    """The rows of the catalogue. Prices are effective from days around today: earlier, present, future."""
    yield Batch(
        models.Tariff,
        ("id", "code", "name", "description", "region", "kinds", "fee_period", "archived", "switch_fee_kopecks"),
        [(*_card(tariff, line), _kopecks(line["switch_fee"])) for tariff, line in zip(TARIFFS, _TARIFFS, strict=True)],
    )
    yield Batch(models.TariffPrice, ("tariff_id", "valid_from", "fee_kopecks"), _tariff_prices(calendar))
    yield Batch(models.TariffPackage, ("tariff_id", "unit", "amount"), _packages())
    yield Batch(
        models.TariffSwitchFee,
        ("from_tariff_id", "to_tariff_id", "fee_kopecks"),
        [(_TARIFF_IDS[before], _TARIFF_IDS[after], fee * 100) for (before, after), fee in _SWITCH_FEES.items()],
    )
    yield Batch(
        models.Option,
        ("id", "code", "name", "description", "region", "kinds", "fee_period", "archived", "theme", "promo_days"),
        [
            (*_card(option, line), option.theme, option.promo_days)
            for option, line in zip(OPTIONS, _OPTIONS, strict=True)
        ],
    )
    yield Batch(
        models.OptionPrice,
        ("option_id", "valid_from", "connection_fee_kopecks", "fee_kopecks"),
        [
            (option.id, valid_from, _kopecks(line["connection_fee"]), _kopecks(fee))
            for option, line in zip(OPTIONS, _OPTIONS, strict=True)
            for valid_from, fee in ((calendar.new_year(3), line["fee"]), (calendar.next_month(), line["future_fee"]))
            if fee
        ],
    )
    yield Batch(models.OptionRule, ("id", "option_id", "kind", "other_option_id", "tariff_id"), _rules())


def _card(item: Tariff, line: dict[str, str]) -> Row:
    return (
        item.id,
        item.code,
        line["name"],
        line["description"],
        item.region or None,
        sorted(item.kinds),
        line["period"],
        item.archived,
    )


def _tariff_prices(calendar: Calendar) -> list[Row]:
    rows: list[Row] = []
    for tariff, line in zip(TARIFFS, _TARIFFS, strict=True):
        present = calendar.new_year(0 if line["earlier_fee"] else 3)
        fees = {
            calendar.new_year(3): line["earlier_fee"],
            present: line["fee"],
            calendar.next_month(): line["future_fee"],
        }
        rows += [(tariff.id, valid_from, _kopecks(fee)) for valid_from, fee in fees.items() if fee]
    return rows


def _packages() -> list[Row]:
    return [
        (tariff.id, unit, None if line[column] == "unlimited" else int(line[column]) * size)
        for tariff, line in zip(TARIFFS, _TARIFFS, strict=True)
        for column, (unit, size) in _PACKAGES.items()
        if line[column]
    ]


def _rules() -> list[Row]:
    kinds = models.OptionRuleKind
    rules: list[Row] = []
    for option in OPTIONS:
        rules += [(option.id, kinds.REQUIRES, _BY_CODE[code].id, None) for code in sorted(option.requires)]
        rules += [(option.id, kinds.EXCLUDES, _BY_CODE[code].id, None) for code in sorted(option.excludes)]
        rules += [(option.id, kinds.ONLY_FOR_TARIFF, None, _TARIFF_IDS[code]) for code in sorted(option.only_for)]
    return [(number, *rule) for number, rule in enumerate(rules, 1)]


def _kopecks(roubles: str) -> int:
    return int(Decimal(roubles) * 100)
