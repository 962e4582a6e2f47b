"""Giving a number to an employee or a department."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final, Literal, TypeAlias

from authz.actions import Action
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text
from gateway.models.numbers import LimitRule
from gateway.operations import wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import NOTHING_TO_DO, closed
from gateway.operations.operation import Name, Operation, Outcome
from gateway.operations.state import NumberState

Kept: TypeAlias = Literal["kept"]
KEPT: Final = "kept"
"""In place of an id: as it is now, which is something else than none."""

NOBODY_NAMED = Text(
    en="Name an employee or a department; null takes either away.",
    ru="Назовите сотрудника или подразделение; null снимает закрепление.",
)
NO_EMPLOYEE = Text(en="There is no such employee, or not for you.", ru="Такого сотрудника нет, или он вам недоступен.")
NO_DEPARTMENT = Text(
    en="There is no such department, or not for you.", ru="Такого подразделения нет, или оно вам недоступно."
)
SAME_OWNER = Text(en="The number is theirs already.", ru="Номер уже закреплён так.")
NOBODY_PAYS = Text(
    en="Beyond the spending limit the employee paid; without an employee paid services stop there.",
    ru="Сверх лимита расходов платил сотрудник; без сотрудника платные услуги на лимите отключатся.",
)
EMPLOYEE = Text(en="employee {name}", ru="сотрудник {name}")
DEPARTMENT = Text(en="department “{name}”", ru="подразделение «{name}»")
WITHOUT_EMPLOYEE = Text(en="no employee", ru="без сотрудника")
WITHOUT_DEPARTMENT = Text(en="no department", ru="без подразделения")


@dataclass(frozen=True, slots=True)
class Assign(Operation):
    """Gives a number to an employee, a department or both; None takes away, `KEPT` leaves as it is.

    Those who are named stand in the `around` of the state, if the caller sees them.
    """

    employee_id: int | Kept | None = KEPT
    department_id: int | Kept | None = KEPT

    kind: ClassVar[Action] = Action.NUMBER_ASSIGN
    field: ClassVar[str] = "assign"
    summary: ClassVar[Text] = Text(en="Owner of {msisdn}: {owner}", ru="Закрепление номера {msisdn}: {owner}")
    provisioned: ClassVar[bool] = False

    def check(self, state: NumberState, catalogue: Catalogue, moment: datetime) -> Outcome:
        after = replace(
            state,
            employee_id=state.employee_id if self.employee_id == KEPT else self.employee_id,
            department_id=state.department_id if self.department_id == KEPT else self.department_id,
        )
        if refusals := tuple(self._obstacles(state, after, catalogue, moment)):
            return Outcome(state, refusals=refusals)
        paid = state.employee_id is not None and state.limit is not None and state.limit.rule == LimitRule.EMPLOYEE_PAYS
        return Outcome(after, warnings=(NOBODY_PAYS(),) if paid and after.employee_id is None else ())

    def wrong(self, catalogue: Catalogue, moment: datetime) -> Iterator[Refusal]:
        if self.employee_id == self.department_id == KEPT:
            yield Refusal(ErrorCode.REQUIRED, NOBODY_NAMED(), (self.field,))

    def _obstacles(
        self, state: NumberState, after: NumberState, catalogue: Catalogue, moment: datetime
    ) -> Iterator[Refusal]:
        if refusal := closed(state):
            yield refusal
            return
        if wrong := tuple(self.wrong(catalogue, moment)):
            yield from wrong
            return
        unknown = [
            Refusal(ErrorCode.NOT_FOUND, text(), (self.field, field))
            for id, known, text, field in (
                (self.employee_id, state.around.employees, NO_EMPLOYEE, "employeeId"),
                (self.department_id, state.around.departments, NO_DEPARTMENT, "departmentId"),
            )
            if id not in (None, KEPT) and id not in known
        ]
        yield from unknown
        if after == state and not unknown:
            yield Refusal(ErrorCode.ALREADY_DONE, SAME_OWNER(), (self.field,), hint=NOTHING_TO_DO())

    def inverse(self, before: NumberState, after: NumberState, catalogue: Catalogue) -> tuple[Operation, ...]:
        return (
            Assign(
                KEPT if self.employee_id == KEPT else before.employee_id,
                KEPT if self.department_id == KEPT else before.department_id,
            ),
        )

    def names(self, before: NumberState, catalogue: Catalogue) -> Mapping[str, Name]:
        around = before.around
        named: list[Message] = []
        if self.employee_id is None:
            named.append(WITHOUT_EMPLOYEE())
        elif self.employee_id != KEPT:
            named.append(EMPLOYEE(name=around.employees[self.employee_id]))
        if self.department_id is None:
            named.append(WITHOUT_DEPARTMENT())
        elif self.department_id != KEPT:
            named.append(DEPARTMENT(name=around.departments[self.department_id]))
        return {"owner": wording.in_both_languages(wording.listed(named))}
