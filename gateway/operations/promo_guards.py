"""Guarding promotional options: disconnected by themselves before they turn paid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import NOTHING_TO_DO, closed
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.options import CONNECT_FIRST, FREE_UNTIL, NOT_CONNECTED, unknown_option
from gateway.operations.state import Connected, NumberState

AHEAD = timedelta(hours=3)
"""How long before its promotion ends an option is disconnected: the operator's systems may be away for a while."""

PAID_ALREADY = Text(
    en="“{option}” is paid already: {fee}. There is nothing to guard.",
    ru="Опция «{option}» уже платная: {fee}. Отключать её до начала оплаты уже поздно.",
)
DISCONNECT_NOW = Text(en="Disconnect it now if nobody needs it.", ru="Если она не нужна, отключите её сейчас.")
GUARDED_ALREADY = Text(
    en="“{option}” is to be disconnected on {day} already, before it turns paid.",
    ru="Опция «{option}» и так отключится {day}, до начала оплаты.",
)
ALL_GUARDED = Text(
    en="All options of the number that are free until a day are guarded already.",
    ru="Все бесплатные до срока опции номера уже под защитой: они отключатся до начала оплаты.",
)
NOTHING_FREE = Text(
    en="No option of the number is free until a day and still to turn paid.",
    ru="На номере нет бесплатных до срока опций, которые станут платными.",
)
DISCONNECTED_ON = Text(
    en="“{option}” is disconnected by itself on {day}, before it costs {fee}. Its promotion does not come back.",
    ru="Опция «{option}» сама отключится {day}, до того как будет стоить {fee}. Акция по ней не вернётся.",
)
DISCONNECTED_AT_ONCE = Text(
    en="“{option}” is disconnected at once: its promotion ends in less than {hours} hours, and does not come back.",
    ru="Опция «{option}» отключится сразу: её акция закончится меньше чем через {hours} "
    "{hours:час|часа|часов} и не вернётся.",
)
GOES_ALONG = Text(
    en="“{other}” works only together with “{option}”, and is disconnected with it.",
    ru="Опция «{other}» работает только вместе с «{option}» и отключится вместе с ней.",
)
EVERY = Text(en="every option that is free until a day", ru="каждая опция, бесплатная до срока")
NOT_GUARDED = Text(
    en="“{option}” is not guarded: nothing disconnects it before it turns paid.",
    ru="Опция «{option}» не отключается перед тем, как стать платной.",
)
NOTHING_GUARDED = Text(
    en="No option of the number is to be disconnected before it turns paid.",
    ru="На номере нет опций, которые отключатся до начала оплаты.",
)


@dataclass(frozen=True, slots=True)
class PromoGuardSet(Operation):
    """Has an option that is free until a day, or each that is, disconnected in time. Costs nothing by itself.

    What works only together with it is disconnected too: a guard that something else holds up would guard nothing.
    """

    option_id: int | None = None

    kind: ClassVar[Action] = Action.PROMO_GUARD_SET
    also: ClassVar[tuple[Action, ...]] = (Action.OPTION_DISCONNECT,)
    field: ClassVar[str] = "promoGuardSet"
    summary: ClassVar[Text] = Text(
        en="To be disconnected from {msisdn} before turning paid: {option}",
        ru="На номере {msisdn} до начала оплаты отключится: {option}",
    )
    provisioned: ClassVar[bool] = False

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusal := self._obstacle(state, catalogue, moment):
            return Outcome(state, refusals=(refusal,))
        guarded = {
            option_id: connected._replace(disconnects_at=ends_at - AHEAD)
            for option_id, connected in state.options.items()
            if self.option_id in (None, option_id) and (ends_at := _turns_paid_at(connected, moment))
        }
        warnings = tuple(_announced(guarded, state, catalogue, moment))
        return Outcome(replace(state, options={**state.options, **guarded}), warnings=warnings)

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if self.option_id is not None:
            yield from unknown_option(self.option_id, catalogue, (self.field, "optionId"))

    def _obstacle(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Refusal | None:
        field = (self.field, "optionId")
        if refusal := closed(state):
            return refusal
        if self.option_id is None:
            if any(_turns_paid_at(connected, moment) for connected in state.options.values()):
                return None
            text = ALL_GUARDED if _guarded(state) else NOTHING_FREE
            return Refusal(ErrorCode.ALREADY_DONE, text(), field, hint=NOTHING_TO_DO())
        option, connected = catalogue.options.get(self.option_id), state.options.get(self.option_id)
        if option is None:
            return next(unknown_option(self.option_id, catalogue, field))
        if connected is None:
            message, hint = NOT_CONNECTED(option=option.name), CONNECT_FIRST(option=option.name)
            return Refusal(ErrorCode.NOT_AVAILABLE, message, field, hint=hint)
        if connected.disconnects_at:
            message = GUARDED_ALREADY(option=option.name, day=wording.day(connected.disconnects_at, state.time_zone))
            return Refusal(ErrorCode.ALREADY_DONE, message, field, hint=NOTHING_TO_DO())
        if not _turns_paid_at(connected, moment):
            message = PAID_ALREADY(option=option.name, fee=wording.fee(option))
            return Refusal(ErrorCode.NOT_AVAILABLE, message, field, hint=DISCONNECT_NOW())
        return None

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return tuple(PromoGuardClear(each) for each in _guarded(after) if each not in _guarded(before))

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"option": _name(self.option_id, catalogue)}


@dataclass(frozen=True, slots=True)
class PromoGuardClear(Operation):
    """Lets an option, or each that was to be disconnected in time, turn paid."""

    option_id: int | None = None

    kind: ClassVar[Action] = Action.PROMO_GUARD_CLEAR
    field: ClassVar[str] = "promoGuardClear"
    summary: ClassVar[Text] = Text(
        en="No longer to be disconnected from {msisdn} before turning paid: {option}",
        ru="На номере {msisdn} больше не отключится до начала оплаты: {option}",
    )
    provisioned: ClassVar[bool] = False

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusal := self._obstacle(state, catalogue):
            return Outcome(state, refusals=(refusal,))
        freed = {
            each: state.options[each]._replace(disconnects_at=None, guard_journal_id=None)
            for each in _guarded(state)
            if self.option_id in (None, each)
        }
        warnings = tuple(_will_be_paid(freed, state, catalogue))
        return Outcome(replace(state, options={**state.options, **freed}), warnings=warnings)

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if self.option_id is not None:
            yield from unknown_option(self.option_id, catalogue, (self.field, "optionId"))

    def _obstacle(self, state: NumberState, catalogue: Catalogue) -> Refusal | None:
        field = (self.field, "optionId")
        if refusal := closed(state):
            return refusal
        if self.option_id is None:
            if _guarded(state):
                return None
            return Refusal(ErrorCode.ALREADY_DONE, NOTHING_GUARDED(), field, hint=NOTHING_TO_DO())
        option = catalogue.options.get(self.option_id)
        if option is None:
            return next(unknown_option(self.option_id, catalogue, field))
        if option.id not in _guarded(state):
            return Refusal(ErrorCode.ALREADY_DONE, NOT_GUARDED(option=option.name), field, hint=NOTHING_TO_DO())
        return None

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return tuple(PromoGuardSet(each) for each in _guarded(before) if each not in _guarded(after))

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"option": _name(self.option_id, catalogue)}


def _turns_paid_at(connected: Connected, moment: datetime) -> datetime | None:
    """When it turns paid; None where it is paid already, or is not going to be."""
    ends_at = connected.promo_ends_at
    return ends_at if ends_at and ends_at > moment and connected.disconnects_at is None else None


def _guarded(state: NumberState) -> list[int]:
    return sorted(option_id for option_id, connected in state.options.items() if connected.disconnects_at)


def _name(option_id: int | None, catalogue: Catalogue) -> Name:
    named = EVERY() if option_id is None else wording.names([catalogue.options[option_id]])
    return wording.in_both_languages(named)


def _announced(
    guarded: Mapping[int, Connected], state: NumberState, catalogue: Catalogue, moment: datetime
) -> Iterator[Message]:
    for option_id, connected in sorted(guarded.items()):
        option, *others = catalogue.with_dependents(option_id, state.options)
        if connected.disconnects_at and connected.disconnects_at > moment:
            day = wording.day(connected.disconnects_at, state.time_zone)
            yield DISCONNECTED_ON(option=option.name, day=day, fee=wording.fee(option))
        else:
            yield DISCONNECTED_AT_ONCE(option=option.name, hours=AHEAD // timedelta(hours=1))
        for other in others:
            if other.id not in guarded:
                yield GOES_ALONG(other=other.name, option=option.name)


def _will_be_paid(freed: Mapping[int, Connected], state: NumberState, catalogue: Catalogue) -> Iterator[Message]:
    for option_id, connected in sorted(freed.items()):
        option = catalogue.options[option_id]
        if connected.promo_ends_at:
            day = wording.day(connected.promo_ends_at, state.time_zone)
            yield FREE_UNTIL(option=option.name, day=day, fee=wording.fee(option))
