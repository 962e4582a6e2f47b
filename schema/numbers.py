"""Numbers with their SIM cards: what is set on them, who uses them, what they may change to."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, batched, column, computed, keyed
from gateway.kit.errors import InvalidValue, Refusal
from gateway.kit.identifiers import parse_iccid
from gateway.kit.ids import Kind
from gateway.loaders.companies import COMPANIES
from gateway.loaders.departments import DEPARTMENTS
from gateway.loaders.employees import EMPLOYEES
from gateway.loaders.numbers import NUMBERS, numbers_by
from gateway.loaders.offers import STATE
from gateway.models.numbers import DORMANT_AFTER, NumberKind, NumberStatus, SimKind
from schema.connections import ConnectionOf, EdgeOf
from schema.context import Context
from schema.inputs import given
from schema.journal import JournalEntryConnection, load_number_journal
from schema.node import Node, global_id, register
from schema.options import ConnectedOption, OptionConnection, load_available_options, load_connected_options
from schema.references import by_column, by_id, found, numbers_or_refusals
from schema.scalars import PhoneNumber
from schema.settings import (
    Forwarding,
    ServiceBan,
    SpendingLimit,
    load_bans,
    load_forwardings,
    load_spending_limit,
)
from schema.tariffs import AvailableTariffConnection, Tariff, load_available_tariffs, load_tariff

if TYPE_CHECKING:
    from schema.companies import Company
    from schema.departments import Department
    from schema.employees import Employee


_PAST_DORMANCY = (NumberStatus.DORMANT, NumberStatus.CLOSED)


def dormant_at(row: Row) -> datetime | None:
    """When the 90 days are over; None where they are over already, or count no more."""
    if row["status"] in _PAST_DORMANCY:
        return None
    since: datetime = row["last_charged_at"] or row["activated_at"]
    return since + DORMANT_AFTER


@strawberry.type(description="A corporate phone number with its SIM card.")
class Number(Node):
    __place__ = ("company_id", "department_id")
    id: strawberry.ID = global_id(Kind.NUMBER, Action.NUMBER_READ)
    msisdn: PhoneNumber = column("Phone number.", Action.NUMBER_READ)
    iccid: str | None = column("Number of the SIM card.", Action.NUMBER_READ)
    sim_kind: SimKind = column("Kind of its SIM.", Action.NUMBER_READ)
    kind: NumberKind = column("What it is used in.", Action.NUMBER_READ)
    status: NumberStatus = column("State.", Action.NUMBER_READ)
    label: str | None = column("The company's own label.", Action.NUMBER_READ)
    company: Annotated["Company", strawberry.lazy("schema.companies")] = batched(
        by_column(COMPANIES, "company_id"), "Whose it is.", Action.COMPANY_READ, needs=("company_id",)
    )
    employee: Annotated["Employee", strawberry.lazy("schema.employees")] | None = batched(
        by_column(EMPLOYEES, "employee_id", "employee"),
        "Who uses it.",
        Action.EMPLOYEE_READ,
        needs=("employee_id",),
        brings="employee",
    )
    department: Annotated["Department", strawberry.lazy("schema.departments")] | None = batched(
        by_column(DEPARTMENTS, "department_id", "department"),
        "Department.",
        Action.DEPARTMENT_READ,
        needs=("department_id",),
        brings="department",
    )
    tariff: Tariff = batched(load_tariff, "Current tariff.", Action.TARIFF_READ, needs=("tariff_id",))
    available_tariffs: AvailableTariffConnection = batched(
        load_available_tariffs,
        "Tariffs it may change to, with the price of the change.",
        Action.TARIFF_READ,
        needs=STATE,
    )
    options: list[ConnectedOption] = batched(
        load_connected_options, "Connected options.", Action.OPTION_READ, needs=("id", "option_ids")
    )
    available_options: OptionConnection = batched(
        load_available_options, "Options it may connect now.", Action.OPTION_READ, needs=STATE
    )
    forwardings: list[Forwarding] = batched(load_forwardings, "Call forwarding.", Action.NUMBER_READ, needs=("id",))
    bans: list[ServiceBan] = batched(load_bans, "Banned kinds of communication.", Action.NUMBER_READ, needs=("id",))
    spending_limit: SpendingLimit | None = batched(
        load_spending_limit,
        "How much the company pays in a month, beyond which the limit's rule takes over.",
        Action.NUMBER_READ,
        needs=("id",),
    )
    activated_at: datetime = column("When it came into service.", Action.NUMBER_READ)
    last_charged_at: datetime | None = column("Last charge; the 90-day clock counts from here.", Action.NUMBER_READ)
    dormant_at: datetime | None = computed(
        dormant_at,
        "When it will be blocked for lack of charges.",
        Action.NUMBER_READ,
        needs=("status", "last_charged_at", "activated_at"),
    )
    updated_at: datetime = column("Last change of anything above.", Action.NUMBER_READ)
    journal: JournalEntryConnection = batched(
        load_number_journal,
        "What was done to it, newest first.",
        Action.JOURNAL_READ,
        needs=("company_id", "id"),
    )


@strawberry.type(description="A row with its cursor.")
class NumberEdge(EdgeOf[Number]): ...


@strawberry.type(description="A page of numbers.")
class NumberConnection(ConnectionOf[Number, NumberEdge]): ...


@strawberry.input(description="How a number is found.", one_of=True)
class NumberBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Global id.")
    msisdn: PhoneNumber | None = strawberry.field(default=strawberry.UNSET, description="Phone number.")
    iccid: str | None = strawberry.field(default=strawberry.UNSET, description="Number of the SIM card.")


async def find_numbers(
    rows: Sequence[None],
    info: Info[Context],
    *,
    by: Annotated[Sequence[NumberBy], strawberry.argument(description="How it is found.")],
) -> Sequence[Row | Exception | None]:
    """Numbers by one of their keys: one statement for each kind of key, however many aliases there are."""
    read, columns = info.context.read, info.selection.columns
    ids = numbers_or_refusals([given(each.id) for each in by], Kind.NUMBER, "by", "id")
    answers = await found(ids, partial(read.rows, NUMBERS, columns=columns))
    if None in ids:
        for key, values in (
            ("msisdn", [given(each.msisdn) for each in by]),
            ("iccid", [_iccid_or_refusal(given(each.iccid)) for each in by]),
        ):
            others = await found(values, partial(numbers_by, read, key, columns=columns))
            answers = [one or other for one, other in zip(answers, others, strict=True)]
    return answers


def _iccid_or_refusal(text: str | None) -> str | Refusal | None:
    try:
        return None if text is None else parse_iccid(text)
    except InvalidValue as error:
        return error.refusal("by", "iccid")


@strawberry.type
class NumberQuery:
    number: Number | None = keyed(find_numbers, "One number.", Action.NUMBER_READ)


register(Kind.NUMBER)(by_id(NUMBERS))
