"""The catalogue: fees that compare, rules that go both ways, and what a tariff does not allow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.kit.rows import Shared
from gateway.operations.catalogue import monthly_fee, requirements_first
from tests.unit.operations.catalogues import (
    BASIC,
    BUSINESS,
    BUSINESS_ADD_ON,
    BUSINESS_ONLY,
    DAILY,
    OLD,
    PLAIN,
    RIVAL,
    catalogue,
)


@pytest.mark.parametrize(
    ("fee", "period", "monthly"),
    [(30_000, "MONTHLY", 30_000), (1_000, "DAILY", 30_438), (16, "DAILY", 487), (8, "DAILY", 244), (0, "DAILY", 0)],
)
def test_a_daily_fee_is_taken_on_30_4375_days_of_an_average_month(fee: int, period: str, monthly: int) -> None:
    assert monthly_fee(fee, period) == monthly


@given(st.integers(0, 10**12))
def test_a_monthly_fee_of_days_is_within_half_a_kopeck(fee: int) -> None:
    assert abs(monthly_fee(fee, "DAILY") * 16 - fee * 487) <= 8


def test_items_are_rows_for_answers_and_attributes_for_rules() -> None:
    item = catalogue().tariffs[DAILY]

    assert isinstance(item, Shared)
    assert (item["monthly_fee_kopecks"], item.monthly_fee_kopecks) == (30_438, 30_438)
    assert {item: "found by identity"}[item] == "found by identity"
    with pytest.raises(AttributeError):
        item.fee_kopecks = 0  # type: ignore[misc]  # what is tried
    with pytest.raises(TypeError):
        item["fee_kopecks"] = 0


def test_an_exclusion_holds_from_both_sides_and_a_requirement_from_one() -> None:
    options = catalogue().options

    assert options[RIVAL].excludes == (options[PLAIN],)
    assert options[PLAIN]["excludes"] == (options[RIVAL],)
    assert options[BUSINESS_ADD_ON]["requires"] == (options[BUSINESS_ONLY],)
    assert options[BUSINESS_ONLY].requires == ()


def test_a_pair_of_tariffs_has_its_own_price_or_that_of_the_target() -> None:
    items = catalogue()

    assert items.switch_fee(BUSINESS, items.tariffs[BASIC]) == 9_900
    assert items.switch_fee(OLD, items.tariffs[BASIC]) == 0
    assert items.switch_fee(OLD, items.tariffs[BUSINESS]) == 15_000


def test_a_tariff_loses_what_it_does_not_allow_with_what_requires_it() -> None:
    items = catalogue()
    connected = [BUSINESS_ADD_ON, PLAIN, BUSINESS_ONLY]

    assert [each.id for each in items.lost_options(connected, items.tariffs[BASIC])] == [
        BUSINESS_ONLY,
        BUSINESS_ADD_ON,
    ]
    assert items.lost_options(connected, items.tariffs[OLD]) == ()


@given(st.permutations(sorted(catalogue().options)))
def test_requirements_come_first_whatever_the_order_was(order: list[int]) -> None:
    options = catalogue().options
    ordered = requirements_first(options[each] for each in order)

    assert sorted(each.id for each in ordered) == sorted(order)
    for place, each in enumerate(ordered):
        assert set(each.requires) <= set(ordered[:place])
