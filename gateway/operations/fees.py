"""Fees of a number: which are taken while it is blocked, and which rest."""

from collections.abc import Iterator, Mapping

from gateway.models.catalogue import FeePeriod
from gateway.models.numbers import NumberStatus
from gateway.operations.catalogue import Catalogue, Item, monthly_fee
from gateway.operations.state import NumberState

RESTING: Mapping[str, frozenset[str]] = {NumberStatus.BLOCKED: frozenset({FeePeriod.DAILY})}
"""Fees of which periods are not taken in a status: of a blocked number those of a month go on, those of a day rest."""


def monthly(item: Item, status: str, fee_kopecks: int | None = None) -> int:
    """What an item of a number in this status costs in an average month, kopecks; at this fee instead of today's."""
    if item.fee_period in RESTING.get(status, ()):
        return 0
    return item.monthly_fee_kopecks if fee_kopecks is None else monthly_fee(fee_kopecks, item.fee_period)


def resting(state: NumberState, catalogue: Catalogue, status: str) -> list[Item]:
    """What the number pays for of which the fee would rest in this status."""
    return [item for item in _paid(state, catalogue) if not monthly(item, status)]


def going_on(state: NumberState, catalogue: Catalogue, status: str) -> list[Item]:
    """What the number pays for of which the fee would go on in this status."""
    return [item for item in _paid(state, catalogue) if monthly(item, status)]


def _paid(state: NumberState, catalogue: Catalogue) -> Iterator[Item]:
    items: list[Item] = [catalogue.tariffs[state.tariff_id], *(catalogue.options[each] for each in state.options)]
    return (item for item in items if item.monthly_fee_kopecks)
