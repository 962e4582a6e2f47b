"""Connecting and disconnecting an option."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text
from gateway.operations import wording
from gateway.operations.bans import banned
from gateway.operations.catalogue import Catalogue, OptionItem
from gateway.operations.fees import monthly
from gateway.operations.obstacles import NOTHING_TO_DO, closed, not_offered, out_of_service
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import Connected, NumberState

NO_OPTION = Text(
    en="There is no such option. Take its id from “options”, or from the number's “availableOptions”.",
    ru="Такой опции нет. Возьмите её идентификатор из «options» или из «availableOptions» номера.",
)
ALREADY_CONNECTED = Text(
    en="“{option}” has been connected since {day}.", ru="Опция «{option}» уже подключена: с {day}."
)
OTHER_TARIFF = Text(
    en="“{option}” is not sold with the tariff “{tariff}”.", ru="Опция «{option}» не подключается на тарифе «{tariff}»."
)
CHANGE_TARIFF = Text(
    en="Change the tariff first, to one of: {tariffs}.", ru="Сначала смените тариф на один из этих: {tariffs}."
)
REQUIRES = Text(
    en="“{option}” works only together with “{required}”.", ru="Опция «{option}» работает только вместе с «{required}»."
)
CONNECT_FIRST = Text(en="Connect “{option}” first.", ru="Сначала подключите «{option}».")
EXCLUDES = Text(
    en="“{option}” cannot be combined with “{other}”, which has been connected since {day}.",
    ru="Опция «{option}» несовместима с «{other}», подключённой с {day}.",
)
DISCONNECT_FIRST = Text(en="Disconnect “{option}” first.", ru="Сначала отключите «{option}».")
FREE_UNTIL = Text(
    en="“{option}” is free of its fee until {day}; from then on it costs {fee}.",
    ru="Опция «{option}» бесплатна до {day}, затем стоит {fee}.",
)
PROMOTION_WAS_USED = Text(
    en="The promotion of “{option}” was used on this number before: its fee of {fee} is taken from the first day.",
    ru="Акция по опции «{option}» на этом номере уже использована: плата {fee} берётся с первого дня.",
)
DISCONNECTED_WITH = Text(
    en="“{required}” is disconnected on {day}, before it turns paid, and “{option}” with it.",
    ru="Опция «{required}» отключится {day}, до начала оплаты, и вместе с ней опция «{option}».",
)
NOT_CONNECTED = Text(en="“{option}” is not connected.", ru="Опция «{option}» не подключена.")
REQUIRED_BY = Text(
    en="“{other}” works only together with “{option}”.", ru="Опция «{other}» работает только вместе с «{option}»."
)
PROMOTION_ENDS = Text(
    en="The promotion of “{option}”, free until {day}, ends with this and does not come back.",
    ru="Акция по опции «{option}» (бесплатно до {day}) закончится и не вернётся при повторном подключении.",
)
NO_WAY_BACK = Text(
    en="“{option}” is no longer sold: it cannot be connected again.",
    ru="Опция «{option}» больше не продаётся: подключить её снова будет нельзя.",
)
CONNECTING_AGAIN = Text(
    en="Connecting “{option}” again will cost {price}.",
    ru="Повторное подключение опции «{option}» будет стоить {price}.",
)

_TARIFFS_NAMED = 3


@dataclass(frozen=True, slots=True)
class OptionConnect(Operation):
    """Connects an option for its connection fee; where it has a promotion that the number never had, the fee waits."""

    option_id: int

    kind: ClassVar[Action] = Action.OPTION_CONNECT
    field: ClassVar[str] = "optionConnect"
    summary: ClassVar[Text] = Text(
        en="Option “{option}” connected to {msisdn}", ru="На номер {msisdn} подключена опция «{option}»"
    )

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self.obstacles(state, catalogue)):
            return Outcome(state, refusals=refusals)
        option = catalogue.options[self.option_id]
        promo_ends_at = None
        warnings: tuple[Message, ...] = ()
        if option.promo_days and option.id in state.used_promotions:
            warnings = (PROMOTION_WAS_USED(option=option.name, fee=wording.fee(option)),)
        elif option.promo_days:
            promo_ends_at = moment + timedelta(days=option.promo_days)
            day = wording.day(promo_ends_at, state.time_zone)
            warnings = (FREE_UNTIL(option=option.name, day=day, fee=wording.fee(option)),)
        return Outcome(
            state.with_option(option.id, Connected(moment, promo_ends_at)),
            option.connection_fee_kopecks,
            option.monthly_fee_kopecks,
            (*warnings, *_disconnected_with(option, state)),
        )

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        yield from unknown_option(self.option_id, catalogue, (self.field, "optionId"))

    def obstacles(self, state: NumberState, catalogue: Catalogue) -> Iterator[Refusal]:
        """Why it can't be connected now, all that can be told at once; nothing when it can."""
        field = (self.field, "optionId")
        option = catalogue.options.get(self.option_id)
        if option is None:
            yield from unknown_option(self.option_id, catalogue, field)
            return
        if connected := state.options.get(option.id):
            day = wording.day(connected.connected_at, state.time_zone)
            message = ALREADY_CONNECTED(option=option.name, day=day)
            yield Refusal(ErrorCode.ALREADY_DONE, message, field, hint=NOTHING_TO_DO())
            return
        if refusal := out_of_service(state):
            yield refusal
            return
        yield from not_offered(option, state.kind, state.region, field)
        if not option.sold_with(state.tariff_id):
            yield _other_tariff(option, state, catalogue)
        for required in option.requires:
            if required.id not in state.options:
                message = REQUIRES(option=option.name, required=required.name)
                yield Refusal(ErrorCode.CONFLICT, message, field, hint=CONNECT_FIRST(option=required.name))
        for other in option.excludes:
            if connected := state.options.get(other.id):
                day = wording.day(connected.connected_at, state.time_zone)
                message = EXCLUDES(option=option.name, other=other.name, day=day)
                yield Refusal(ErrorCode.CONFLICT, message, field, hint=DISCONNECT_FIRST(option=other.name))
        yield from banned(option, state, field)

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (OptionDisconnect(self.option_id),)

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"option": catalogue.options[self.option_id].name}


@dataclass(frozen=True, slots=True)
class OptionDisconnect(Operation):
    """Disconnects an option. Nothing is paid back; what was free stays free until now only."""

    option_id: int

    kind: ClassVar[Action] = Action.OPTION_DISCONNECT
    field: ClassVar[str] = "optionDisconnect"
    summary: ClassVar[Text] = Text(
        en="Option “{option}” disconnected from {msisdn}", ru="На номере {msisdn} отключена опция «{option}»"
    )

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self._obstacles(state, catalogue)):
            return Outcome(state, refusals=refusals)
        option = catalogue.options[self.option_id]
        return Outcome(
            state.without_options((option.id,)),
            monthly_kopecks=-monthly(option, state.status),
            warnings=tuple(_losses(option, state, moment)),
        )

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        yield from unknown_option(self.option_id, catalogue, (self.field, "optionId"))

    def _obstacles(self, state: NumberState, catalogue: Catalogue) -> Iterator[Refusal]:
        field = (self.field, "optionId")
        option = catalogue.options.get(self.option_id)
        if option is None:
            yield from unknown_option(self.option_id, catalogue, field)
        elif option.id not in state.options:
            yield Refusal(ErrorCode.ALREADY_DONE, NOT_CONNECTED(option=option.name), field, hint=NOTHING_TO_DO())
        elif refusal := closed(state):
            yield refusal
        else:
            for other_id in state.options:
                other = catalogue.options[other_id]
                if option in other.requires:
                    message = REQUIRED_BY(option=option.name, other=other.name)
                    yield Refusal(ErrorCode.CONFLICT, message, field, hint=DISCONNECT_FIRST(option=other.name))

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (OptionConnect(self.option_id),)

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"option": catalogue.options[self.option_id].name}


def unknown_option(option_id: int, catalogue: Catalogue, field: Sequence[str]) -> Iterator[Refusal]:
    """Why no option is meant, of whatever number."""
    if option_id not in catalogue.options:
        yield Refusal(ErrorCode.NOT_FOUND, NO_OPTION(), field)


def _other_tariff(option: OptionItem, state: NumberState, catalogue: Catalogue) -> Refusal:
    tariff = catalogue.tariffs[state.tariff_id]
    sold_with = [catalogue.tariffs[each] for each in sorted(option.tariff_ids) if each in catalogue.tariffs]
    open_to = [each for each in sold_with if each.sold_to(state.kind, state.region)][:_TARIFFS_NAMED]
    return Refusal(
        ErrorCode.NOT_AVAILABLE,
        OTHER_TARIFF(option=option.name, tariff=tariff.name),
        (OptionConnect.field, "optionId"),
        hint=CHANGE_TARIFF(tariffs=wording.names(open_to)) if open_to else None,
    )


def _disconnected_with(option: OptionItem, state: NumberState) -> Iterator[Message]:
    for required in option.requires:
        if disconnects_at := state.options[required.id].disconnects_at:
            day = wording.day(disconnects_at, state.time_zone)
            yield DISCONNECTED_WITH(required=required.name, day=day, option=option.name)


def _losses(option: OptionItem, state: NumberState, moment: datetime) -> Iterator[Message]:
    promo_ends_at = state.options[option.id].promo_ends_at
    if promo_ends_at is not None and promo_ends_at > moment:
        yield PROMOTION_ENDS(option=option.name, day=wording.day(promo_ends_at, state.time_zone))
    if option.archived:
        yield NO_WAY_BACK(option=option.name)
    elif option.connection_fee_kopecks:
        yield CONNECTING_AGAIN(option=option.name, price=wording.money(option.connection_fee_kopecks))
