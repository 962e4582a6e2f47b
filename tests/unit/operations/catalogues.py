"""A small catalogue with every rule in it, and numbers to try them on."""

from datetime import UTC, date, datetime
from typing import Any

from gateway.models.catalogue import FeePeriod, OptionTheme
from gateway.operations.catalogue import Catalogue, OptionItem, TariffItem
from gateway.operations.state import Connected, NumberState

NOW = datetime(2026, 3, 30, 21, 30, tzinfo=UTC)
"""Half past midnight of 31 March in Moscow."""

EARLIER = datetime(2026, 1, 15, 9, tzinfo=UTC)

BASIC, BUSINESS, DAILY, OLD, MACHINE, SOUTHERN = range(1, 7)
PLAIN, PROMO, ADD_ON, RIVAL, BUSINESS_ONLY, ARCHIVED, FOR_MACHINES, NORTHERN, BUSINESS_ADD_ON, HOPELESS = range(11, 21)


def tariff(tariff_id: int, name: str, fee: int, **columns: Any) -> TariffItem:
    return TariffItem(id=tariff_id, code=f"T{tariff_id}", name=name, fee_kopecks=fee, **columns)


def option(option_id: int, name: str, fee: int, connection_fee: int = 0, **columns: Any) -> OptionItem:
    return OptionItem(
        id=option_id,
        code=f"O{option_id}",
        name=name,
        fee_kopecks=fee,
        connection_fee_kopecks=connection_fee,
        theme=OptionTheme.ADDITIONAL,
        **columns,
    )


def catalogue() -> Catalogue:
    return Catalogue(
        date(2026, 3, 31),
        [
            tariff(BASIC, "Basic", 30_000),
            tariff(BUSINESS, "Business", 90_000, switch_fee_kopecks=15_000),
            tariff(DAILY, "Daily", 1_000, fee_period=FeePeriod.DAILY),
            tariff(OLD, "Old", 20_000, archived=True),
            tariff(MACHINE, "Machine", 5_000, kinds=frozenset({"IOT", "MODEM"})),
            tariff(SOUTHERN, "Southern", 25_000, region="South"),
        ],
        [
            option(PLAIN, "Plain", 10_000, 5_000),
            option(PROMO, "Promo", 500, fee_period=FeePeriod.DAILY, promo_days=30, services=frozenset({"DATA"})),
            option(ADD_ON, "Add-on", 2_000),
            option(RIVAL, "Rival", 3_000),
            option(BUSINESS_ONLY, "Business only", 7_000, 1_000, tariff_ids=frozenset({BUSINESS, OLD})),
            option(ARCHIVED, "Archived", 4_000, archived=True),
            option(FOR_MACHINES, "For machines", 1_500, kinds=frozenset({"IOT"})),
            option(NORTHERN, "Northern", 1_200, region="North"),
            option(BUSINESS_ADD_ON, "Business add-on", 600),
            option(HOPELESS, "Hopeless", 100, archived=True, region="North", kinds=frozenset({"IOT"})),
        ],
        switch_fees={(BUSINESS, BASIC): 9_900},
        requires=[(ADD_ON, PLAIN), (BUSINESS_ADD_ON, BUSINESS_ONLY)],
        excludes=[(RIVAL, PLAIN)],
    )


def number(*options: int, tariff_id: int = BASIC, **columns: Any) -> NumberState:
    state = NumberState(
        company_id=1,
        id=7,
        msisdn="79261234567",
        kind="VOICE",
        region="Moscow",
        time_zone="Europe/Moscow",
        company_status="ACTIVE",
        status="ACTIVE",
        label=None,
        employee_id=None,
        department_id=None,
        tariff_id=tariff_id,
        options={option_id: Connected(EARLIER) for option_id in options},
        forwardings={},
        bans={},
        limit=None,
        used_promotions=frozenset(),
    )
    return NumberState(**{name: getattr(state, name) for name in NumberState.__slots__} | columns)
