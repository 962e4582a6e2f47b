"""Banning kinds of communication, and what a ban makes useless."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.phones import e164, is_foreign
from gateway.kit.texts import Message, Text
from gateway.models.numbers import ServiceKind
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue, OptionItem
from gateway.operations.obstacles import NOTHING_TO_DO, closed
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import Banned, NumberState

SERVICES = {
    ServiceKind.INTERNATIONAL_CALLS: Text(en="calls abroad", ru="звонки за рубеж"),
    ServiceKind.ROAMING: Text(en="roaming", ru="роуминг"),
    ServiceKind.PREMIUM_SMS: Text(en="paid short numbers", ru="платные короткие номера"),
    ServiceKind.CONTENT: Text(en="content subscriptions", ru="контент-подписки"),
    ServiceKind.DATA: Text(en="mobile data", ru="мобильный интернет"),
}
"""Kinds of communication in words."""

ALREADY_BANNED = Text(en="Banned since {day}: {service}.", ru="Запрет действует с {day}: {service}.")
NOT_BANNED = Text(en="Not banned: {service}.", ru="Не запрещено: {service}.")
USELESS = Text(
    en="“{option}” will be of no use, and its fee of {fee} is taken all the same. Disconnect it to save that.",
    ru="Опция «{option}» станет бесполезной, а плата {fee} останется. Отключите её, чтобы не платить.",
)
USELESS_FROM = Text(
    en="“{option}” will be of no use, and its fee of {fee} becomes due on {day} all the same. Disconnect it to save "
    "that.",
    ru="Опция «{option}» станет бесполезной, а с {day} за неё начнёт списываться {fee}. Отключите её, чтобы не "
    "платить.",
)
STOPS_FORWARDING = Text(
    en="Calls will no longer be forwarded to {target}, which is abroad.",
    ru="Вызовы перестанут переадресовываться на {target}: это номер за рубежом.",
)
BANNED = Text(
    en="“{option}” is of no use while this is banned: {service}, since {day}.",
    ru="Опция «{option}» бесполезна, пока действует запрет: {service}, с {day}.",
)
LIFT_FIRST = Text(en="Lift the ban first: {service}.", ru="Сначала снимите запрет: {service}.")


@dataclass(frozen=True, slots=True)
class _Ban(Operation):
    """What both operations on a ban share."""

    service: ServiceKind

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusal := closed(state) or self._done(state):
            return Outcome(state, refusals=(refusal,))
        return self._outcome(state, catalogue, moment)

    @abstractmethod
    def _done(self, state: NumberState) -> Refusal | None: ...

    @abstractmethod
    def _outcome(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome: ...

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"service": wording.in_both_languages(SERVICES[self.service])}


@dataclass(frozen=True, slots=True)
class BanSet(_Ban):
    """Bans a kind of communication, for nothing. Options that it makes useless stay, with their fees: named first."""

    kind: ClassVar[Action] = Action.BAN_SET
    field: ClassVar[str] = "banSet"
    summary: ClassVar[Text] = Text(en="Banned on {msisdn}: {service}", ru="На номере {msisdn} запрещено: {service}")

    def _done(self, state: NumberState) -> Refusal | None:
        if (ban := state.bans.get(self.service)) is None:
            return None
        message = ALREADY_BANNED(service=SERVICES[self.service], day=wording.day(ban.since, state.time_zone))
        return Refusal(ErrorCode.ALREADY_DONE, message, (self.field, "kind"), hint=NOTHING_TO_DO())

    def _outcome(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        after = replace(state, bans={**state.bans, self.service: Banned(moment)})
        return Outcome(after, warnings=tuple(_losses(self.service, state, catalogue, moment)))

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (BanLift(self.service),)


@dataclass(frozen=True, slots=True)
class BanLift(_Ban):
    """Lifts a ban, for nothing."""

    kind: ClassVar[Action] = Action.BAN_LIFT
    field: ClassVar[str] = "banLift"
    summary: ClassVar[Text] = Text(
        en="Ban lifted on {msisdn}: {service}", ru="На номере {msisdn} снят запрет: {service}"
    )

    def _done(self, state: NumberState) -> Refusal | None:
        if self.service in state.bans:
            return None
        message = NOT_BANNED(service=SERVICES[self.service])
        return Refusal(ErrorCode.ALREADY_DONE, message, (self.field, "kind"), hint=NOTHING_TO_DO())

    def _outcome(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        return Outcome(replace(state, bans={kind: ban for kind, ban in state.bans.items() if kind != self.service}))

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (BanSet(self.service),)


def banned(option: OptionItem, state: NumberState, field: Sequence[str]) -> Iterator[Refusal]:
    """Why connecting an option would be paying for what the number's bans forbid."""
    for kind in ServiceKind:
        if kind in option.services and kind in state.bans:
            service, day = SERVICES[kind], wording.day(state.bans[kind].since, state.time_zone)
            message = BANNED(option=option.name, service=service, day=day)
            yield Refusal(ErrorCode.CONFLICT, message, field, hint=LIFT_FIRST(service=service))


def _losses(service: ServiceKind, state: NumberState, catalogue: Catalogue, moment: datetime) -> Iterator[Message]:
    for option_id, connected in sorted(state.options.items()):
        option, free_until = catalogue.options[option_id], connected.promo_ends_at
        if service not in option.services or not option.fee_kopecks or connected.disconnects_at:
            continue
        if free_until is not None and free_until > moment:
            day = wording.day(free_until, state.time_zone)
            yield USELESS_FROM(option=option.name, fee=wording.fee(option), day=day)
        else:
            yield USELESS(option=option.name, fee=wording.fee(option))
    if service is ServiceKind.INTERNATIONAL_CALLS:
        for target in sorted({each.target for each in state.forwardings.values() if is_foreign(each.target)}):
            yield STOPS_FORWARDING(target=e164(target))
