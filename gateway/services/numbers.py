"""Changes of one number: what one would cost and break, and the change itself."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import insert

from authz.actions import Action
from authz.principal import Principal
from authz.scope import holds
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Message, Text
from gateway.models import metadata
from gateway.models.changes import NumberChangeStatus
from gateway.operations import registry, wording
from gateway.operations.catalogue import Catalogue
from gateway.operations.operation import Operation, Outcome
from gateway.operations.state import NumberState
from gateway.ports.bss import Bss
from gateway.services import giving, orders, states
from gateway.services.batches import Values
from gateway.services.effects import carry_out, step
from gateway.services.idempotency import Answer, once
from gateway.services.journal import Origin
from gateway.services.orders import NewOrder, Placed
from gateway.services.running import Run
from gateway.services.surroundings import surround
from gateway.statements import Statement, Tenant

NO_NUMBER = Text(en="There is no such number, or not for you.", ru="Такого номера нет, или он вам недоступен.")
FORBIDDEN = Text(
    en="Your roles do not allow this for this number: {what}",
    ru="Для этого номера ваши роли не дают права: {what}",
)
FORBIDDEN_THERE = Text(
    en="Your roles do not allow this in the department that the number would go to: {what}",
    ru="В подразделении, куда перешёл бы номер, ваши роли не дают права: {what}",
)
ASK_FOR_ROLE = Text(
    en="Ask an owner or administrator of the company for a role with {action}.",
    ru="Попросите у владельца или администратора компании роль с действием {action}.",
)
ONE_OFF_CHANGED = Text(
    en="The one-off price is {actual} now, not {expected}.", ru="Разовая плата сейчас {actual}, а не {expected}."
)
MONTHLY_CHANGED = Text(
    en="The difference of an average month is {actual} now, not {expected}.",
    ru="Разница за средний месяц сейчас {actual}, а не {expected}.",
)
LOOK_AGAIN = Text(
    en="Look at the price again, and send the change with the new one.",
    ru="Посмотрите цену ещё раз и отправьте изменение с новой.",
)

_CHANGES = metadata.tables["number_changes"]
_RECORDED = Values(
    _CHANGES,
    (
        "company_id",
        "number_id",
        "operation",
        "parameters",
        "one_off_kopecks",
        "monthly_kopecks",
        "status",
        "journal_id",
    ),
)
_RECORD = Statement(insert(_CHANGES).values(_RECORDED.binds).returning(_CHANGES.c.id))


@dataclass(frozen=True, slots=True)
class Done:
    """A change: id of its row, and what it cost in kopecks; of its line in the journal once it is applied."""

    company_id: int
    number_id: int
    change_id: int
    journal_id: int | None
    one_off_kopecks: int
    monthly_kopecks: int


async def preview(
    db: Database, principal: Principal, number_id: int, operation: Operation, *, catalogue: Catalogue
) -> Outcome:
    """What a change would do and cost now, and all that speaks against it, missing rights included.

    Raises `Refusal` NOT_FOUND for a number that the caller may not see. Fields of refusals begin at the mutation's
    input: ("change", "optionConnect", "optionId").
    """
    within, moment = partial(db.fetch, Tenant(principal.companies)), datetime.now(UTC)
    [state] = await surround(within, principal, [await _find(within, principal, number_id)], [operation], moment)
    outcome = operation.check(state, catalogue, moment)
    missing = (*missing_rights(principal, state, operation), *missing_there(principal, state, operation, outcome))
    return replace(outcome, refusals=tuple(refusal.under("change") for refusal in (*missing, *outcome.refusals)))


async def change(
    db: Database,
    principal: Principal,
    number_id: int,
    operation: Operation,
    *,
    catalogue: Catalogue,
    origin: Origin,
    bss: Bss | None = None,
    expected_one_off: int | None = None,
    expected_monthly: int | None = None,
    idempotency_key: str | None = None,
) -> Done:
    """Changes a number and writes it to the journal, in one transaction. Expected prices are in kopecks.

    With a system of the operator it is placed as an order in that transaction, sent after it, and settled in another
    one; an answer that is late leaves it PENDING.
    Raises `Refusal` or `Refusals`; then nothing was changed. First NOT_FOUND for a number that the caller may not see,
    then FORBIDDEN, then what the operation says, then PRICE_CHANGED where the price is another than expected.
    """
    through = bss if operation.provisioned else None
    placed: list[Placed] = []
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        state = await _find(within, principal, number_id, lock=True)
        if missing := tuple(missing_rights(principal, state, operation)):
            raise Refusals([refusal.under("change") for refusal in missing])
        moment = datetime.now(UTC)

        async def act() -> Answer:
            if through and await orders.waiting(within, state.company_id, [state.id]):
                raise orders.pending_change()
            [before] = await surround(within, principal, [state], [operation], moment)
            outcome = operation.check(before, catalogue, moment)
            if outcome.refusals:
                raise Refusals([refusal.under("change") for refusal in outcome.refusals])
            if missing := tuple(missing_there(principal, before, operation, outcome)):
                raise Refusals([refusal.under("change") for refusal in missing])
            if surprises := tuple(_surprises(outcome, expected_one_off, expected_monthly)):
                raise Refusals(surprises)
            made = step(before, operation, outcome, catalogue)
            if through is None:
                [journal_id] = await carry_out(within, before.company_id, origin, moment, [made])
                return asdict(await _record(within, before, operation, outcome, journal_id))
            done = await _record(within, before, operation, outcome)
            order = NewOrder(steps=[made], change_id=done.change_id)
            placed.extend(await orders.place(within, before.company_id, origin, moment, [order]))
            return asdict(done)

        request = {
            "numberChange": encode(Kind.NUMBER, number_id),
            operation.kind.value: registry.parameters(operation),
            "expectedOneOff": expected_one_off,
            "expectedMonthly": expected_monthly,
        }
        answer = await once(
            within, idempotency_key, act, company_id=state.company_id, origin=origin, request=request, moment=moment
        )
    if through and placed:
        await orders.send(db, through, placed)
    return Done(**answer)


async def _find(run: Run, principal: Principal, number_id: int, *, lock: bool = False) -> NumberState:
    """A number that the caller may see. One of another company, or of nobody, costs the same statements."""
    for state in await states.load(run, principal.companies, [number_id], lock=lock):
        if holds(principal, Action.NUMBER_READ, state.company_id, state.department_id):
            return state
    raise Refusal(ErrorCode.NOT_FOUND, NO_NUMBER(), ("numberId",))


def missing_rights(principal: Principal, state: NumberState, operation: Operation) -> Iterator[Refusal]:
    """What the caller would have to hold where the number stands; fields begin at the change input."""
    for action in (Action.NUMBER_CHANGE, operation.kind, *operation.also):
        if not holds(principal, action, state.company_id, state.department_id):
            message, hint = (
                FORBIDDEN(what=action.description),
                _way_out(principal, action, state.company_id, state.department_id),
            )
            yield Refusal(ErrorCode.FORBIDDEN, message, (operation.field,), hint=hint)


def missing_there(
    principal: Principal, before: NumberState, operation: Operation, outcome: Outcome
) -> Iterator[Refusal]:
    """Nobody moves a number to where they could not move it from: it would be out of their reach at once."""
    department_id = outcome.after.department_id
    if department_id != before.department_id and not holds(principal, operation.kind, before.company_id, department_id):
        message = FORBIDDEN_THERE(what=operation.kind.description)
        hint = _way_out(principal, operation.kind, before.company_id, department_id)
        yield Refusal(ErrorCode.FORBIDDEN, message, (operation.field,), hint=hint)


def _way_out(principal: Principal, action: Action, company_id: int, department_id: int | None) -> Message:
    return giving.denial(principal, action, company_id, (department_id,)) or ASK_FOR_ROLE(action=action.value)


def _surprises(outcome: Outcome, expected_one_off: int | None, expected_monthly: int | None) -> Iterator[Refusal]:
    for field, text, actual, expected in (
        ("expectedOneOff", ONE_OFF_CHANGED, outcome.one_off_kopecks, expected_one_off),
        ("expectedMonthly", MONTHLY_CHANGED, outcome.monthly_kopecks, expected_monthly),
    ):
        if expected not in (None, actual):
            message = text(actual=wording.money(actual), expected=wording.money(expected))
            yield Refusal(ErrorCode.PRICE_CHANGED, message, (field,), hint=LOOK_AGAIN())


async def _record(
    run: Run, before: NumberState, operation: Operation, outcome: Outcome, journal_id: int | None = None
) -> Done:
    """The row of a change, which is pending as long as it has no line in the journal."""
    recorded = {
        "company_id": before.company_id,
        "number_id": before.id,
        "operation": operation.kind.value,
        "parameters": registry.parameters(operation),
        "one_off_kopecks": outcome.one_off_kopecks,
        "monthly_kopecks": outcome.monthly_kopecks,
        "status": NumberChangeStatus.APPLIED if journal_id else NumberChangeStatus.PENDING,
        "journal_id": journal_id,
    }
    change_id = (await run(_RECORD, **_RECORDED.parameters(recorded)))[0]["id"]
    prices = outcome.one_off_kopecks, outcome.monthly_kopecks
    return Done(before.company_id, before.id, change_id, journal_id, *prices)
