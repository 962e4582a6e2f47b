"""What numbers may choose from: the options and tariffs that connecting or changing would not refuse."""

from collections.abc import Hashable, Sequence

from gateway.execution.rows import Shared
from gateway.operations.catalogue import Catalogue, OptionItem, TariffItem
from gateway.operations.options import OptionConnect
from gateway.operations.state import NumberState
from gateway.operations.tariffs import TariffChange


def available_options(states: Sequence[NumberState], catalogue: Catalogue) -> list[Sequence[OptionItem]]:
    """For each number the options that it may connect now, in the catalogue's order. Numbers alike share a list."""
    known: dict[Hashable, list[OptionItem]] = {}
    for likeness, state in {_likeness(state): state for state in states}.items():
        known[likeness] = [
            option
            for option in catalogue.options.values()
            if next(OptionConnect(option.id).obstacles(state, catalogue), None) is None
        ]
    return [known[_likeness(state)] for state in states]


def available_tariffs(states: Sequence[NumberState], catalogue: Catalogue) -> list[Sequence[Shared]]:
    """For each number the tariffs that it may change to, in the order of the catalogue: rows of `tariff_id`,
    `tariff`, `switch_fee_kopecks` and `loses_options`. Numbers alike share a list.
    """
    known: dict[Hashable, list[Shared]] = {}
    for likeness, state in {_likeness(state): state for state in states}.items():
        known[likeness] = [
            _change(state, tariff, catalogue)
            for tariff in catalogue.tariffs.values()
            if next(TariffChange(tariff.id).obstacles(state, catalogue), None) is None
        ]
    return [known[_likeness(state)] for state in states]


def _change(state: NumberState, tariff: TariffItem, catalogue: Catalogue) -> Shared:
    return Shared(
        tariff_id=tariff.id,
        tariff=tariff,
        switch_fee_kopecks=catalogue.switch_fee(state.tariff_id, tariff),
        loses_options=catalogue.lost_options(state.options, tariff),
    )


def _likeness(state: NumberState) -> Hashable:
    """What obstacles depend on."""
    options = frozenset(state.options)
    return state.company_status, state.status, state.kind, state.region, state.tariff_id, options
