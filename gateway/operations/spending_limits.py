"""Setting and removing the spending limit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text
from gateway.models.numbers import LimitRule
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import NOTHING_TO_DO, closed
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import Limited, NumberState

RULES = {
    LimitRule.STOP: Text(en="then paid services stop", ru="сверх него платные услуги отключаются"),
    LimitRule.EMPLOYEE_PAYS: Text(en="then the employee pays", ru="сверх него платит сотрудник"),
    LimitRule.NOTIFY: Text(en="then a notice is sent", ru="сверх него приходит уведомление"),
}
"""What happens beyond a limit, in words."""

A_MONTH = Text(en="{amount} a month, {rule}", ru="{amount} в месяц, {rule}")
NONE = Text(en="none", ru="нет")
NEGATIVE = Text(en="A limit is not below zero.", ru="Лимит не может быть меньше нуля.")
SAME_LIMIT = Text(en="The limit is like that already: {limit}.", ru="Лимит уже такой: {limit}.")
SPENT = {
    LimitRule.STOP: Text(
        en="{spent} is spent this month already: paid services stop at once.",
        ru="В этом месяце уже израсходовано {spent}: платные услуги отключатся сразу.",
    ),
    LimitRule.EMPLOYEE_PAYS: Text(
        en="{spent} is spent this month already: the employee pays from now on.",
        ru="В этом месяце уже израсходовано {spent}: дальше сразу платит сотрудник.",
    ),
    LimitRule.NOTIFY: Text(
        en="{spent} is spent this month already: more than the limit.",
        ru="В этом месяце уже израсходовано {spent}: больше лимита.",
    ),
}
"""What a limit means that lies below what was spent."""

NOBODY_PAYS = Text(
    en="Nobody could pay beyond the limit: the number has no employee.",
    ru="Сверх лимита платить некому: номер не закреплён за сотрудником.",
)
GIVE_FIRST = Text(
    en="Give the number to an employee first, or choose another rule.",
    ru="Сначала закрепите номер за сотрудником или выберите другое правило.",
)


@dataclass(frozen=True, slots=True)
class SpendingLimitSet(Operation):
    """Sets what the company pays for the number in a month, kopecks; None removes the limit, whatever the rule.

    What was spent this month counts on under a changed limit, and under one that is set again.
    """

    amount_kopecks: int | None
    rule: LimitRule = LimitRule.NOTIFY

    kind: ClassVar[Action] = Action.SPENDING_LIMIT_SET
    field: ClassVar[str] = "spendingLimitSet"
    summary: ClassVar[Text] = Text(
        en="Spending limit of {msisdn}: {limit}", ru="Лимит расходов номера {msisdn}: {limit}"
    )

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        if refusals := tuple(self._obstacles(state, catalogue, moment)):
            return Outcome(state, refusals=refusals)
        return Outcome(replace(state, limit=self._limit()), warnings=tuple(self._warnings(state)))

    def _warnings(self, state: NumberState) -> Iterator[Message]:
        spent = state.around.spent.get(state.id, 0)
        if self.amount_kopecks is not None and self.amount_kopecks < spent:
            yield SPENT[self.rule](spent=wording.money(spent))

    def _limit(self) -> Limited | None:
        return None if self.amount_kopecks is None else Limited(self.amount_kopecks, self.rule)

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if self.amount_kopecks is not None and self.amount_kopecks < 0:
            yield Refusal(ErrorCode.INVALID, NEGATIVE(), (self.field, "amount"))

    def _obstacles(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        field, limit = (self.field, "amount"), self._limit()
        if refusal := closed(state):
            yield refusal
        elif limit == state.limit:
            message = SAME_LIMIT(limit=_words(limit))
            yield Refusal(ErrorCode.ALREADY_DONE, message, field, hint=NOTHING_TO_DO())
        else:
            yield from self.wrong(catalogue, moment)
            if limit is not None and limit.rule == LimitRule.EMPLOYEE_PAYS and state.employee_id is None:
                yield Refusal(ErrorCode.CONFLICT, NOBODY_PAYS(), (self.field, "rule"), hint=GIVE_FIRST())

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        if before.limit is None:
            return (SpendingLimitSet(None),)
        return (SpendingLimitSet(before.limit.amount_kopecks, LimitRule(before.limit.rule)),)

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        return {"limit": wording.in_both_languages(_words(self._limit()))}


def _words(limit: Limited | None) -> Message:
    if limit is None:
        return NONE()
    return A_MONTH(amount=wording.money(limit.amount_kopecks), rule=RULES[LimitRule(limit.rule)])
