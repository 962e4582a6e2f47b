"""What numbers may choose from: the options and tariffs that connecting or changing would not refuse.

Asked here without the reasons, which take twenty times longer to give.
"""

from collections.abc import Hashable, Sequence

from gateway.kit.rows import Shared
from gateway.operations.catalogue import Catalogue, OptionItem, TariffItem
from gateway.operations.obstacles import out_of_service
from gateway.operations.state import NumberState


def available_options(states: Sequence[NumberState], catalogue: Catalogue) -> list[Sequence[OptionItem]]:
    """For each number the options that it may connect now, in the catalogue's order. Numbers alike share a list."""
    alike = {_likeness(state): state for state in states}
    offers = {likeness: _options(state, catalogue) for likeness, state in alike.items()}
    return [offers[_likeness(state)] for state in states]


def available_tariffs(states: Sequence[NumberState], catalogue: Catalogue) -> list[Sequence[Shared]]:
    """For each number the tariffs that it may change to, in the order of the catalogue: rows of `tariff_id`,
    `tariff`, `switch_fee_kopecks` and `loses_options`. Numbers alike share a list.
    """
    alike = {_likeness(state): state for state in states}
    offers = {likeness: _tariffs(state, catalogue) for likeness, state in alike.items()}
    return [offers[_likeness(state)] for state in states]


def _options(state: NumberState, catalogue: Catalogue) -> list[OptionItem]:
    if out_of_service(state):
        return []
    connected = state.options
    return [
        option
        for option in catalogue.options.values()
        if option.id not in connected
        and option.sold_to(state.kind, state.region)
        and option.sold_with(state.tariff_id)
        and option.combines_with(connected)
        and option.services.isdisjoint(state.bans)
    ]


def _tariffs(state: NumberState, catalogue: Catalogue) -> list[Shared]:
    if out_of_service(state):
        return []
    return [
        _change(state, tariff, catalogue)
        for tariff in catalogue.tariffs.values()
        if tariff.id != state.tariff_id and tariff.sold_to(state.kind, state.region)
    ]


def _change(state: NumberState, tariff: TariffItem, catalogue: Catalogue) -> Shared:
    return Shared(
        tariff_id=tariff.id,
        tariff=tariff,
        switch_fee_kopecks=catalogue.switch_fee(state.tariff_id, tariff),
        loses_options=catalogue.lost_options(state.options, tariff),
    )


def _likeness(state: NumberState) -> Hashable:
    """What obstacles depend on."""
    options, bans = frozenset(state.options), frozenset(state.bans)
    return state.company_status, state.status, state.kind, state.region, state.tariff_id, options, bans
