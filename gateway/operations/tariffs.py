"""Changing the tariff."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue, OptionItem, TariffItem, requirements_first
from gateway.operations.obstacles import NOTHING_TO_DO, not_offered, out_of_service
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.options import OptionConnect
from gateway.operations.state import NumberState

NO_TARIFF = Text(
    en="There is no such tariff. Take its id from “tariffs”, or from the number's “availableTariffs”.",
    ru="Такого тарифа нет. Возьмите его идентификатор из «tariffs» или из «availableTariffs» номера.",
)
SAME_TARIFF = Text(en="The number is on “{tariff}” already.", ru="Номер уже на тарифе «{tariff}».")
LOSES_OPTIONS = Text(
    en="“{tariff}” does not allow {options}: {count:it is|they are} disconnected with the change.",
    ru="Тариф «{tariff}» несовместим с {count:опцией|опциями|опциями} {options}: при переходе "
    "{count:она отключится|они отключатся|они отключатся}.",
)
LOST = Text(en="; disconnected with that: {options}", ru="; при этом отключены: {options}")
PROMOTION_LOST = Text(
    en="The promotion of “{option}”, free until {day}, ends with the change and does not come back.",
    ru="Акция по опции «{option}» (бесплатно до {day}) при переходе закончится и не вернётся.",
)
NO_WAY_BACK = Text(
    en="“{tariff}” is no longer sold: there is no way back to it and its price.",
    ru="Тариф «{tariff}» больше не подключается: вернуться на него и на его цену будет нельзя.",
)


@dataclass(frozen=True, slots=True)
class TariffChange(Operation):
    """Changes the tariff for the price of the pair from→to; options that it does not allow are disconnected."""

    tariff_id: int

    kind: ClassVar[Action] = Action.TARIFF_CHANGE
    field: ClassVar[str] = "tariffChange"
    summary: ClassVar[Text] = Text(
        en="Tariff of {msisdn} changed from “{from}” to “{to}”{lost}",
        ru="Тариф номера {msisdn} изменён с «{from}» на «{to}»{lost}",
    )

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self.obstacles(state, catalogue)):
            return Outcome(state, refusals=refusals)
        former, tariff = catalogue.tariffs[state.tariff_id], catalogue.tariffs[self.tariff_id]
        lost = catalogue.lost_options(state.options, tariff)
        kept = state.without_options(option.id for option in lost) if lost else state
        return Outcome(
            replace(kept, tariff_id=tariff.id),
            catalogue.switch_fee(former.id, tariff),
            tariff.monthly_fee_kopecks
            - former.monthly_fee_kopecks
            - sum(option.monthly_fee_kopecks for option in lost),
            tuple(_losses(state, former, tariff, lost, moment)),
        )

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if self.tariff_id not in catalogue.tariffs:
            yield Refusal(ErrorCode.NOT_FOUND, NO_TARIFF(), (self.field, "tariffId"))

    def obstacles(self, state: NumberState, catalogue: Catalogue) -> Iterator[Refusal]:
        """Why it can't be changed to now, all that can be told at once; nothing when it can."""
        field = (self.field, "tariffId")
        tariff = catalogue.tariffs.get(self.tariff_id)
        if tariff is None:
            yield Refusal(ErrorCode.NOT_FOUND, NO_TARIFF(), field)
        elif tariff.id == state.tariff_id:
            yield Refusal(ErrorCode.ALREADY_DONE, SAME_TARIFF(tariff=tariff.name), field, hint=NOTHING_TO_DO())
        elif refusal := out_of_service(state):
            yield refusal
        else:
            yield from not_offered(tariff, state.kind, state.region, field)

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        lost = requirements_first(catalogue.options[each] for each in before.options.keys() - after.options.keys())
        return (TariffChange(before.tariff_id), *(OptionConnect(option.id) for option in lost))

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        tariff = catalogue.tariffs[self.tariff_id]
        lost = catalogue.lost_options(before.options, tariff)
        return {
            "from": catalogue.tariffs[before.tariff_id].name,
            "to": tariff.name,
            "lost": wording.in_both_languages(LOST(options=wording.names(lost))) if lost else "",
        }


def _losses(
    state: NumberState, former: TariffItem, tariff: TariffItem, lost: tuple[OptionItem, ...], moment: datetime
) -> Iterator[Message]:
    if lost:
        yield LOSES_OPTIONS(tariff=tariff.name, options=wording.names(lost), count=len(lost))
    for option in lost:
        promo_ends_at = state.options[option.id].promo_ends_at
        if promo_ends_at is not None and promo_ends_at > moment:
            yield PROMOTION_LOST(option=option.name, day=wording.day(promo_ends_at, state.time_zone))
    if former.archived:
        yield NO_WAY_BACK(tariff=former.name)
