"""Forwarding calls, and stopping that."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.phones import e164, is_foreign, is_premium
from gateway.kit.texts import Message, Text
from gateway.models.numbers import ForwardingCondition, NumberKind, ServiceKind
from gateway.operations import wording
from gateway.operations.bans import LIFT_FIRST, SERVICES
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import NOTHING_TO_DO, bad_end, closed, out_of_service
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import Forwarded, NumberState

CONDITIONS = {
    ForwardingCondition.ALWAYS: Text(en="always", ru="всегда"),
    ForwardingCondition.BUSY: Text(en="when busy", ru="если занято"),
    ForwardingCondition.NO_ANSWER: Text(en="when not answered", ru="если нет ответа"),
    ForwardingCondition.UNREACHABLE: Text(en="when out of reach", ru="если вне сети"),
}
"""When calls are forwarded, in words."""

ONLY_PHONES = Text(
    en="Only phones forward calls; this number is used in another kind of device.",
    ru="Переадресация есть только у телефонов, а этот номер стоит в другом устройстве.",
)
TO_ITSELF = Text(
    en="A number cannot forward calls to itself.", ru="Номер не может переадресовывать вызовы сам на себя."
)
PREMIUM = Text(
    en="Calls are not forwarded to {target}: calls there have a price of their own.",
    ru="На {target} вызовы не переадресуются: это платный номер.",
)
BANNED = Text(
    en="{target} is abroad, and this is banned on the number: {service}.",
    ru="{target} — номер за рубежом, а на этом номере запрещено: {service}.",
)
RING = Text(
    en="Calls forwarded to {target} come back: it forwards them, in turn, to this number.",
    ru="Вызовы вернутся по кругу: {target} сам переадресует их на этот номер.",
)
OTHER_TARGET = Text(en="Choose another number.", ru="Выберите другой номер.")
SAME_FORWARDING = Text(
    en="Calls are forwarded to {target} already: {condition}.", ru="Вызовы уже переадресуются на {target}: {condition}."
)
FOREIGN = Text(
    en="{target} is abroad: each forwarded call is charged to this number as a call abroad.",
    ru="{target} — номер за рубежом: каждый переадресованный вызов оплачивается с этого номера как международный.",
)
MAY_RING = Text(
    en="{target} forwards some of its calls to this number: a call may go round.",
    ru="{target} сам переадресует часть вызовов на этот номер: вызов может пойти по кругу.",
)
REPLACES = Text(
    en="Calls are no longer forwarded to {target}: {condition}.",
    ru="Вызовы больше не будут переадресовываться на {target}: {condition}.",
)
OVERRIDDEN = Text(
    en="As long as all calls are forwarded to {target}, this has no effect.",
    ru="Пока все вызовы переадресуются на {target}, это не действует.",
)
NOT_FORWARDED = Text(en="Calls are not forwarded.", ru="Вызовы не переадресуются.")
NOT_FORWARDED_THEN = Text(en="Calls are not forwarded: {condition}.", ru="Вызовы не переадресуются: {condition}.")


@dataclass(frozen=True, slots=True)
class ForwardingSet(Operation):
    """Forwards calls to a phone number (digits, without +), until a moment or for good. Costs nothing by itself.

    Numbers with a price of their own are refused, foreign ones warned of. What would surely go round for ever is
    refused, what may go round in some calls is warned of; as far as the caller sees the numbers in between.
    """

    condition: ForwardingCondition
    target: str
    until: datetime | None = None

    kind: ClassVar[Action] = Action.FORWARDING_SET
    field: ClassVar[str] = "forwardingSet"
    summary: ClassVar[Text] = Text(
        en="Calls of {msisdn} forwarded to {target}: {condition}",
        ru="Вызовы номера {msisdn} переадресуются на {target}: {condition}",
    )

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self._obstacles(state, catalogue, moment)):
            return Outcome(state, refusals=refusals)
        forwardings = {**state.forwardings, self.condition: Forwarded(self.target, self.until)}
        return Outcome(replace(state, forwardings=forwardings), warnings=tuple(self._warnings(state)))

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if is_premium(self.target):
            message, field = PREMIUM(target=e164(self.target)), (self.field, "target")
            yield Refusal(ErrorCode.NOT_AVAILABLE, message, field, hint=OTHER_TARGET())
        yield from bad_end(self.until, moment, (self.field, "until"))

    def _obstacles(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        field, target = (self.field, "target"), e164(self.target)
        if refusal := out_of_service(state):
            yield refusal
            return
        if state.forwardings.get(self.condition) == Forwarded(self.target, self.until):
            message = SAME_FORWARDING(target=target, condition=CONDITIONS[self.condition])
            yield Refusal(ErrorCode.ALREADY_DONE, message, (self.field, "condition"), hint=NOTHING_TO_DO())
            return
        if state.kind != NumberKind.VOICE:
            yield Refusal(ErrorCode.NOT_AVAILABLE, ONLY_PHONES(), (self.field,))
        if self.target == state.msisdn:
            yield Refusal(ErrorCode.INVALID, TO_ITSELF(), field, hint=OTHER_TARGET())
        elif is_foreign(self.target) and ServiceKind.INTERNATIONAL_CALLS in state.bans:
            service = SERVICES[ServiceKind.INTERNATIONAL_CALLS]
            message = BANNED(target=target, service=service)
            yield Refusal(ErrorCode.CONFLICT, message, field, hint=LIFT_FIRST(service=service))
        elif self.condition is ForwardingCondition.ALWAYS and self._returns(state, (ForwardingCondition.ALWAYS,)):
            yield Refusal(ErrorCode.CONFLICT, RING(target=target), field, hint=OTHER_TARGET())
        yield from self.wrong(catalogue, moment)

    def _warnings(self, state: NumberState) -> Iterator[Message]:
        target, present = e164(self.target), state.forwardings
        if (replaced := present.get(self.condition)) and replaced.target != self.target:
            yield REPLACES(target=e164(replaced.target), condition=CONDITIONS[self.condition])
        if self.condition is not ForwardingCondition.ALWAYS and (first := present.get(ForwardingCondition.ALWAYS)):
            yield OVERRIDDEN(target=e164(first.target))
        if is_foreign(self.target):
            yield FOREIGN(target=target)
        if self._returns(state, tuple(ForwardingCondition)):
            yield MAY_RING(target=target)

    def _returns(self, state: NumberState, conditions: tuple[ForwardingCondition, ...]) -> bool:
        """Whether forwardings on these conditions lead from the target back to the number."""
        reached, waiting = {self.target}, [self.target]
        while waiting:
            forwardings = state.around.forwardings.get(waiting.pop(), {})
            further = {forwardings[each] for each in conditions if each in forwardings} - reached
            if state.msisdn in further:
                return True
            reached |= further
            waiting += further
        return False

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        if (former := before.forwardings.get(self.condition)) is None:
            return (ForwardingClear(self.condition),)
        return (ForwardingSet(self.condition, *former),)

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        condition = wording.in_both_languages(CONDITIONS[self.condition])
        return {"target": e164(self.target), "condition": condition}


@dataclass(frozen=True, slots=True)
class ForwardingClear(Operation):
    """Stops forwarding calls on a condition, or on all."""

    condition: ForwardingCondition | None = None

    kind: ClassVar[Action] = Action.FORWARDING_CLEAR
    field: ClassVar[str] = "forwardingClear"
    summary: ClassVar[Text] = Text(
        en="Calls of {msisdn} no longer forwarded: {conditions}",
        ru="Вызовы номера {msisdn} больше не переадресуются: {conditions}",
    )

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        refusal = closed(state)
        if refusal is None and not self._stopped(state):
            condition = self.condition
            message = NOT_FORWARDED_THEN(condition=CONDITIONS[condition]) if condition else NOT_FORWARDED()
            refusal = Refusal(ErrorCode.ALREADY_DONE, message, (self.field, "condition"), hint=NOTHING_TO_DO())
        if refusal:
            return Outcome(state, refusals=(refusal,))
        stopped = self._stopped(state)
        kept = {each: forwarded for each, forwarded in state.forwardings.items() if each not in stopped}
        return Outcome(replace(state, forwardings=kept))

    def _stopped(self, state: NumberState) -> list[ForwardingCondition]:
        return [each for each in ForwardingCondition if each in state.forwardings and self.condition in (None, each)]

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return tuple(ForwardingSet(each, *before.forwardings[each]) for each in self._stopped(before))

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        stopped = wording.listed([CONDITIONS[each] for each in self._stopped(before)])
        return {"conditions": wording.in_both_languages(stopped)}
