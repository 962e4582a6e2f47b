"""Blocking a number, and putting it into service again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text
from gateway.models.companies import CompanyStatus
from gateway.models.numbers import BlockReason, NumberStatus
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.fees import going_on, resting
from gateway.operations.obstacles import NOTHING_TO_DO, bad_end, closed, out_of_service
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import NumberState

REASONS = {
    BlockReason.VOLUNTARY: Text(en="by request", ru="по желанию"),
    BlockReason.LOST: Text(en="phone or SIM lost", ru="утеря телефона или SIM-карты"),
    BlockReason.EMPLOYEE_LEFT: Text(en="the employee left", ru="сотрудник уволился"),
}
"""Why a number is blocked, in words."""

BLOCKED_LIKE_THAT = Text(
    en="The number is blocked like that already: {block}.", ru="Номер уже так заблокирован: {block}."
)
REPLACES = Text(
    en="The number is blocked already: {block}. This takes the place of it.",
    ru="Номер уже заблокирован: {block}. Новая блокировка заменит эту.",
)
FOR_GOOD = Text(en="{reason}, until it is unblocked", ru="{reason}, до разблокировки")
FOR_A_TIME = Text(en="{reason}, until {day}", ru="{reason}, до {day}")
NOT_BLOCKED = Text(en="The number is not blocked.", ru="Номер не заблокирован.")
FEES_REST = Text(
    en="As long as the number is blocked, fees by the day are not taken: {items}.",
    ru="Пока номер заблокирован, посуточная плата не списывается: {items}.",
)
FEES_GO_ON = Text(
    en="Fees by the month are taken all the same: {items}.", ru="Ежемесячная плата продолжает списываться: {items}."
)
FEES_BEGIN = Text(en="Fees by the day are taken again: {items}.", ru="Посуточная плата снова списывается: {items}.")
WAS_LOST = Text(
    en="The number was blocked because its phone or SIM was lost: whoever has the SIM can use it again. "
    "Replace the SIM first.",
    ru="Номер заблокирован из-за утери телефона или SIM-карты: тот, у кого карта, снова сможет ею пользоваться. "
    "Сначала замените SIM-карту.",
)
TOO_LONG = Text(
    en="A comment has at most {longest} characters, not {length}.",
    ru="В комментарии не больше {longest} знаков, а не {length}.",
)
NULL_CHARACTER = Text(
    en="A text can't hold the character U+0000. Leave it out.", ru="В тексте не бывает символа U+0000. Уберите его."
)
LONGEST_COMMENT = 1_000

_BLOCKABLE = (NumberStatus.ACTIVE, NumberStatus.BLOCKED)


@dataclass(frozen=True, slots=True)
class Block(Operation):
    """Blocks a number, until a moment or until it is unblocked; a block with another reason or end takes its place.

    Meanwhile fees by the day rest, those by the month go on. What the operator has stopped is the operator's to put
    into service, and is not blocked on top.
    """

    reason: BlockReason
    until: datetime | None = None

    kind: ClassVar[Action] = Action.NUMBER_BLOCK
    field: ClassVar[str] = "block"
    summary: ClassVar[Text] = Text(en="Number {msisdn} blocked: {reason}", ru="Номер {msisdn} заблокирован: {reason}")

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self._obstacles(state, catalogue, moment)):
            return Outcome(state, refusals=refusals)
        after = replace(state, status=NumberStatus.BLOCKED, block_reason=self.reason, blocked_until=self.until)
        if state.status == NumberStatus.BLOCKED:
            return Outcome(after, warnings=(REPLACES(block=_words(state)),))
        resting_items = resting(state, catalogue, NumberStatus.BLOCKED)
        return Outcome(
            after,
            monthly_kopecks=-sum(item.monthly_fee_kopecks for item in resting_items),
            warnings=tuple(_fees(state, catalogue)),
        )

    def _obstacles(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if refusal := closed(state):
            yield refusal
        elif (state.status, state.block_reason, state.blocked_until) == (NumberStatus.BLOCKED, self.reason, self.until):
            message = BLOCKED_LIKE_THAT(block=_words(state))
            yield Refusal(ErrorCode.ALREADY_DONE, message, (self.field,), hint=NOTHING_TO_DO())
        elif state.status not in _BLOCKABLE and (refusal := out_of_service(_in_active_company(state))):
            yield refusal
        else:
            yield from self.wrong(catalogue, moment)

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        yield from bad_end(self.until, moment, (self.field, "until"))

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (_block(before),) if before.status == NumberStatus.BLOCKED else (Unblock(),)

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"reason": wording.in_both_languages(REASONS[self.reason])}


@dataclass(frozen=True, slots=True)
class Unblock(Operation):
    """Ends a block of the customer's; what the operator has stopped stays so. The comment stands in the journal."""

    comment: str | None = None

    kind: ClassVar[Action] = Action.NUMBER_UNBLOCK
    field: ClassVar[str] = "unblock"
    summary: ClassVar[Text] = Text(en="Number {msisdn} unblocked{comment}", ru="Номер {msisdn} разблокирован{comment}")

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self._obstacles(state, catalogue, moment)):
            return Outcome(state, refusals=refusals)
        rested = resting(state, catalogue, state.status)
        warnings = [FEES_BEGIN(items=wording.names(rested))] if rested else []
        if state.block_reason == BlockReason.LOST:
            warnings.append(WAS_LOST())
        return Outcome(
            replace(state, status=NumberStatus.ACTIVE, block_reason=None, blocked_until=None),
            monthly_kopecks=sum(item.monthly_fee_kopecks for item in rested),
            warnings=tuple(warnings),
        )

    def _obstacles(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if refusal := closed(state):
            yield refusal
        elif state.status == NumberStatus.ACTIVE:
            yield Refusal(ErrorCode.ALREADY_DONE, NOT_BLOCKED(), (self.field,), hint=NOTHING_TO_DO())
        elif refusal := out_of_service(replace(state, status=_without_block(state.status))):
            yield refusal
        else:
            yield from self.wrong(catalogue, moment)

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        yield from bad_comment(self.comment, (self.field, "comment"))

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (_block(before),)

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"comment": f": {self.comment}" if self.comment else ""}


def bad_comment(comment: str | None, field: tuple[str, ...]) -> Iterator[Refusal]:
    """Why a comment can't be kept."""
    length = len(comment or "")
    if length > LONGEST_COMMENT:
        yield Refusal(ErrorCode.TOO_LARGE, TOO_LONG(longest=LONGEST_COMMENT, length=length), field)
    elif "\0" in (comment or ""):
        yield Refusal(ErrorCode.INVALID, NULL_CHARACTER(), field)


def _block(state: NumberState) -> Block:
    """The block that a number has."""
    return Block(BlockReason(state.block_reason or BlockReason.VOLUNTARY), state.blocked_until)


def _words(state: NumberState) -> Message:
    """The block that a number has, in words."""
    block = _block(state)
    if block.until is None:
        return FOR_GOOD(reason=REASONS[block.reason])
    return FOR_A_TIME(reason=REASONS[block.reason], day=wording.day(block.until, state.time_zone))


def _in_active_company(state: NumberState) -> NumberState:
    """Blocking stays possible while the company's service is stopped."""
    return replace(state, company_status=CompanyStatus.ACTIVE)


def _without_block(status: str) -> str:
    return NumberStatus.ACTIVE if status == NumberStatus.BLOCKED else status


def _fees(state: NumberState, catalogue: Catalogue) -> Iterator[Message]:
    if items := resting(state, catalogue, NumberStatus.BLOCKED):
        yield FEES_REST(items=wording.names(items))
    if items := going_on(state, catalogue, NumberStatus.BLOCKED):
        yield FEES_GO_ON(items=wording.names(items))
