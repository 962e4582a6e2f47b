"""Lists of numbers: filter, order and pages."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from enum import Enum
from operator import itemgetter
from typing import Annotated, Any

import strawberry

from gateway.execution import Info, Row
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind
from gateway.kit.paging import Keyset
from gateway.loaders import number_filters
from gateway.loaders import numbers as loader
from gateway.loaders.narrowing import NO_FILTER, Parent
from gateway.models.numbers import NumberKind, NumberStatus
from schema.connections import After, Before, First, Last
from schema.context import Context
from schema.enums import describe
from schema.inputs import BACKWARDS, given, number, numbers, values


class NumberOrderField(Enum):
    """By the column that it stands for."""

    MSISDN = "msisdn"
    EMPLOYEE = "employee_key"
    LABEL = "label_key"
    ACTIVATED_AT = "activated_at"
    UPDATED_AT = "updated_at"


class OrderDirection(Enum):
    ASC = "asc"
    DESC = "desc"


describe(
    NumberOrderField,
    "What numbers are ordered by.",
    MSISDN="Phone number.",
    EMPLOYEE="Employee's name.",
    LABEL="Label.",
    ACTIVATED_AT="Date of activation.",
    UPDATED_AT="Last change.",
)
describe(OrderDirection, "Direction of an order.", ASC="Smallest first.", DESC="Largest first.")


@strawberry.input(description="Order of numbers; ties by id.")
class NumberOrder:
    field: NumberOrderField = strawberry.field(default=NumberOrderField.MSISDN, description="By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which way.")

    def keyset(self) -> Keyset:
        return loader.ORDERS[self.field.value, self.direction is OrderDirection.DESC]


@strawberry.input(
    description="Options that are free now and turn paid. Fields narrow each other; a list means any of it, and holds "
    "at most 1,000."
)
class PromoFilter:
    option_ids: list[strawberry.ID] | None = strawberry.field(default=strawberry.UNSET, description="Options.")
    from_: date | None = strawberry.field(
        name="from",
        default=strawberry.UNSET,
        description="Turns paid on this day or later, in the company's time zone.",
    )
    to: date | None = strawberry.field(default=strawberry.UNSET, description="Turns paid on this day or earlier.")
    guarded: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="Whether a guard of their own has them disconnected before that. Those that go along with another "
        "option, which they require, have none.",
    )

    def criteria(self) -> number_filters.PromoFilter:
        """Raises `Refusal` at ("filter", "promo", …)."""
        since, until = given(self.from_), given(self.to)
        if since and until and since > until:
            raise Refusal(ErrorCode.INVALID, BACKWARDS(), ("filter", "promo", "to"))
        return number_filters.PromoFilter(
            option_ids=numbers(self.option_ids, Kind.OPTION, "filter", "promo", "optionIds"),
            since=since,
            until=until,
            guarded=given(self.guarded),
        )


@strawberry.input(
    description="Which numbers. Fields narrow each other; a list means any of it, and holds at most 1,000."
)
class NumberFilter:
    msisdn_prefix: str | None = strawberry.field(
        default=strawberry.UNSET, description="Beginning of the phone number, in any writing."
    )
    msisdn_suffix: str | None = strawberry.field(
        default=strawberry.UNSET, description="Last digits of the phone number, at least three."
    )
    search: str | None = strawberry.field(
        default=strawberry.UNSET, description="Words of the employee's name, the label or the phone number."
    )
    status: list[NumberStatus] | None = strawberry.field(default=strawberry.UNSET, description="States.")
    kind: list[NumberKind] | None = strawberry.field(default=strawberry.UNSET, description="Kinds.")
    tariff_ids: list[strawberry.ID] | None = strawberry.field(default=strawberry.UNSET, description="Tariffs.")
    option_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Has all of these options."
    )
    without_option_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Has none of these options."
    )
    department_ids: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Departments with all below them."
    )
    employee_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Employee.")
    unassigned: bool | None = strawberry.field(default=strawberry.UNSET, description="Has no employee.")
    updated_since: datetime | None = strawberry.field(
        default=strawberry.UNSET, description="Changed at or after this moment."
    )
    promo: PromoFilter | None = strawberry.field(
        default=strawberry.UNSET, description="Has an option that is free now and turns paid."
    )

    def criteria(self) -> number_filters.NumberFilter:
        """The same filter with the numbers in its ids. Raises `Refusal` at ("filter", …)."""
        return number_filters.NumberFilter(
            msisdn_prefix=given(self.msisdn_prefix),
            msisdn_suffix=given(self.msisdn_suffix),
            search=given(self.search),
            status=values(self.status, "filter", "status"),
            kind=values(self.kind, "filter", "kind"),
            tariff_ids=numbers(self.tariff_ids, Kind.TARIFF, "filter", "tariffIds"),
            option_ids=numbers(self.option_ids, Kind.OPTION, "filter", "optionIds"),
            without_option_ids=numbers(self.without_option_ids, Kind.OPTION, "filter", "withoutOptionIds"),
            department_ids=numbers(self.department_ids, Kind.DEPARTMENT, "filter", "departmentIds"),
            employee_id=number(self.employee_id, Kind.EMPLOYEE, "filter", "employeeId"),
            unassigned=given(self.unassigned),
            updated_since=given(self.updated_since),
            promo=promo.criteria() if (promo := given(self.promo)) else None,
        )


FilterArgument = Annotated[NumberFilter | None, strawberry.argument(description="Which numbers.")]
OrderArgument = Annotated[
    NumberOrder | None, strawberry.argument(description="In which order; by phone number unless said otherwise.")
]


def _pages(load: Callable[..., Awaitable[Sequence[Row]]], parent: Callable[[Row], int | Parent]) -> Any:
    """The resolver of the page of numbers below each row, which `parent` names for the loader."""

    async def resolve(
        rows: Sequence[Row],
        info: Info[Context],
        *,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: FilterArgument = None,
        order_by: OrderArgument = None,
    ) -> Sequence[Row]:
        return await load(
            info.context.read,
            [parent(row) for row in rows],
            info.context.page(first, after, last, before),
            order_by.keyset() if order_by else loader.BY_MSISDN,
            filter.criteria().conditions(info.context.principal) if filter else NO_FILTER,
            info.selection,
        )

    return resolve


load_company_numbers = _pages(loader.numbers_of_companies, itemgetter("id"))
load_department_numbers = _pages(loader.numbers_of_departments, lambda row: Parent(row["company_id"], row["id"]))
"""The numbers of a department and of all below it."""
