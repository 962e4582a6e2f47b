"""The operator's catalogue, out of tariffs.csv and options.csv, and which options fit together."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files
from random import Random

from gateway.demo.batches import Batch, Calendar, Row
from gateway.models import catalogue as models
from gateway.operations.catalogue import Catalogue, Item, OptionItem, TariffItem, requirements_first

_SWITCH_FEES_IN_ROUBLES = {
    ("OFFICE_XL", "OFFICE_S"): 150,
    ("OFFICE_L", "OFFICE_S"): 100,
    ("OFFICE_S", "OFFICE_L"): 0,
    ("OFFICE_M", "OFFICE_L"): 0,
    ("OFFICE_L", "OFFICE_XL"): 0,
    ("OFFICE_OLD", "OFFICE_L"): 0,
    ("OFFICE_OLD", "PER_SECOND"): 0,
    ("DIRECTOR", "PER_SECOND"): 500,
    ("COURIER_PLUS", "COURIER"): 90,
    ("MODEM_100", "MODEM_MAX"): 0,
    ("MODEM_MAX", "MODEM_20"): 250,
    ("SENSOR", "TRACKER"): 10,
}
_PACKAGES = {
    "minutes": (models.AllowanceUnit.SECONDS, 60),
    "sms": (models.AllowanceUnit.SMS, 1),
    "mms": (models.AllowanceUnit.MMS, 1),
    "megabytes": (models.AllowanceUnit.BYTES, 1_048_576),
}
_BUNDLES = 60


def _read(file: str) -> list[dict[str, str]]:
    lines = files(__package__).joinpath(file).read_text("utf-8").splitlines()
    return list(csv.DictReader(lines, delimiter=";"))


_TARIFFS, _OPTIONS = _read("tariffs.csv"), _read("options.csv")
_TARIFF_IDS = {line["code"]: number for number, line in enumerate(_TARIFFS, 1)}
_OPTION_IDS = {line["code"]: number for number, line in enumerate(_OPTIONS, 1)}


def catalogue(today: date) -> Catalogue:
    """All items with today's prices."""
    return Catalogue(
        today,
        [
            TariffItem(
                id=number,
                code=line["code"],
                name=line["name"],
                description=line["description"],
                region=line["region"] or None,
                kinds=frozenset(_listed(line["kinds"])),
                fee_kopecks=_kopecks(line["fee"]),
                fee_period=line["period"],
                archived=bool(line["archived"]),
                switch_fee_kopecks=_kopecks(line["switch_fee"]),
            )
            for number, line in enumerate(_TARIFFS, 1)
        ],
        [
            OptionItem(
                id=number,
                code=line["code"],
                name=line["name"],
                description=line["description"],
                region=line["region"] or None,
                kinds=frozenset(_listed(line["kinds"])),
                fee_kopecks=_kopecks(line["fee"]),
                fee_period=line["period"],
                archived=bool(line["archived"]),
                theme=line["theme"],
                connection_fee_kopecks=_kopecks(line["connection_fee"]),
                promo_days=int(line["promo_days"]) if line["promo_days"] else None,
                tariff_ids=frozenset(_TARIFF_IDS[code] for code in _listed(line["only_for"])),
                services=frozenset(_listed(line["services"])),
            )
            for number, line in enumerate(_OPTIONS, 1)
        ],
        switch_fees={(before, after): fee for before, after, fee in _switch_fees()},
        requires=_pairs("requires"),
        excludes=_pairs("excludes"),
    )


class Bundles:
    """Sets of options that numbers may have together."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._options = list(catalogue.options.values())
        self._known: dict[tuple[int, str, str], list[tuple[OptionItem, ...]]] = {}

    def fitting(self, tariff: TariffItem, kind: str, region: str) -> list[tuple[OptionItem, ...]]:
        """Some sets, each within all rules and requirements first, for a number of this kind with this tariff."""
        key = tariff.id, kind, region
        if key not in self._known:
            random = Random(f"options {key}")
            options = [
                option for option in self._options if sold_to(option, kind, region) and option.sold_with(tariff.id)
            ]
            self._known[key] = [requirements_first(_bundle(options, random)) for _ in range(_BUNDLES)]
        return self._known[key]


def sold_to(item: Item, kind: str, region: str) -> bool:
    return (not item.kinds or kind in item.kinds) and item.region in (None, region)


def _bundle(options: list[OptionItem], random: Random) -> set[OptionItem]:
    bundle: set[OptionItem] = set()
    for option in random.sample(options, random.choice((0, 1, 2, 3, 3, 4, 5, 6))):
        wanted = {option, *option.requires}
        if wanted <= {*options} and not any(other in bundle | wanted for one in wanted for other in one.excludes):
            bundle |= wanted
    return bundle


def batches(catalogue: Catalogue, calendar: Calendar) -> Iterator[Batch]:
    """The rows of the catalogue, with earlier and future prices."""
    card = ("id", "code", "name", "description", "region", "kinds", "fee_period", "archived")
    yield Batch(
        models.Tariff,
        (*card, "switch_fee_kopecks"),
        [(*_card(item), item.switch_fee_kopecks) for item in catalogue.tariffs.values()],
    )
    yield Batch(models.TariffPrice, ("tariff_id", "valid_from", "fee_kopecks"), _tariff_prices(calendar))
    yield Batch(models.TariffPackage, ("tariff_id", "unit", "amount"), _packages())
    yield Batch(models.TariffSwitchFee, ("from_tariff_id", "to_tariff_id", "fee_kopecks"), _switch_fees())
    yield Batch(
        models.Option,
        (*card, "theme", "promo_days", "services"),
        [(*_card(item), item.theme, item.promo_days, sorted(item.services)) for item in catalogue.options.values()],
    )
    columns = ("option_id", "valid_from", "connection_fee_kopecks", "fee_kopecks")
    yield Batch(models.OptionPrice, columns, _option_prices(calendar))
    yield Batch(models.OptionRule, ("id", "option_id", "kind", "other_option_id", "tariff_id"), _rules())


def _card(item: Item) -> Row:
    return (
        item.id,
        item.code,
        item.name,
        item.description,
        item.region,
        sorted(item.kinds),
        item.fee_period,
        item.archived,
    )


def _tariff_prices(calendar: Calendar) -> list[Row]:
    rows: list[Row] = []
    for number, line in enumerate(_TARIFFS, 1):
        present = calendar.new_year(0 if line["earlier_fee"] else 3)
        fees = {
            calendar.new_year(3): line["earlier_fee"],
            present: line["fee"],
            calendar.next_month(): line["future_fee"],
        }
        rows += [(number, valid_from, _kopecks(fee)) for valid_from, fee in fees.items() if fee]
    return rows


def _option_prices(calendar: Calendar) -> list[Row]:
    return [
        (number, valid_from, _kopecks(line["connection_fee"]), _kopecks(fee))
        for number, line in enumerate(_OPTIONS, 1)
        for valid_from, fee in ((calendar.new_year(3), line["fee"]), (calendar.next_month(), line["future_fee"]))
        if fee
    ]


def _packages() -> list[Row]:
    return [
        (number, unit, None if line[column] == "unlimited" else int(line[column]) * size)
        for number, line in enumerate(_TARIFFS, 1)
        for column, (unit, size) in _PACKAGES.items()
        if line[column]
    ]


def _switch_fees() -> list[tuple[int, int, int]]:
    return [
        (_TARIFF_IDS[before], _TARIFF_IDS[after], fee * 100) for (before, after), fee in _SWITCH_FEES_IN_ROUBLES.items()
    ]


def _pairs(column: str) -> list[tuple[int, int]]:
    return [(number, _OPTION_IDS[code]) for number, line in enumerate(_OPTIONS, 1) for code in _listed(line[column])]


def _rules() -> list[Row]:
    kinds = models.OptionRuleKind
    rules: list[Row] = [(one, kinds.REQUIRES, another, None) for one, another in _pairs("requires")]
    rules += [(one, kinds.EXCLUDES, another, None) for one, another in _pairs("excludes")]
    rules += [
        (number, kinds.ONLY_FOR_TARIFF, None, _TARIFF_IDS[code])
        for number, line in enumerate(_OPTIONS, 1)
        for code in _listed(line["only_for"])
    ]
    return [(number, *rule) for number, rule in enumerate(rules, 1)]


def _listed(text: str) -> list[str]:
    return text.split(",") if text else []


def _kopecks(roubles: str) -> int:
    return int(Decimal(roubles) * 100)
