"""Companies: the corporate customers, their card, and what hangs on them."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, batched, column, computed, keyed
from gateway.kit.ids import Kind
from gateway.loaders import companies as loader
from gateway.loaders.companies import COMPANIES
from gateway.models.companies import CompanyStatus
from schema.access import AdministratorConnection, ApiKey, Role, load_administrators, load_api_keys, load_roles
from schema.bulk_changes import (
    ApprovalThreshold,
    BulkChangeConnection,
    load_approval_thresholds,
    load_bulk_changes,
)
from schema.connections import COUNT, After, Before, ConnectionOf, EdgeOf, First, Last
from schema.context import Context
from schema.departments import DepartmentConnection, load_departments
from schema.employees import EmployeeConnection, load_employees
from schema.inputs import given
from schema.journal import JournalEntryConnection, load_company_journal
from schema.node import Node, global_id, register
from schema.number_pages import load_company_numbers
from schema.numbers import NumberConnection
from schema.promotions import PromoDayConnection, load_company_promo_calendar
from schema.references import by_column, by_id, found, numbers_or_refusals
from schema.scalars import Inn, PhoneNumber
from schema.uploads import Upload, load_uploads


@strawberry.type(description="A person to talk to.")
class ContactPerson:
    name: str = column("Name.", Action.COMPANY_READ, name="manager_name")
    phone: PhoneNumber | None = column("Phone.", Action.COMPANY_READ, name="manager_phone")
    email: str | None = column("E-mail.", Action.COMPANY_READ, name="manager_email")


def manager(row: Row) -> Row | None:
    return None if row["manager_name"] is None else row


async def load_subsidiaries(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    """The companies of each holding."""
    return await loader.subsidiaries(info.context.read, [row["id"] for row in rows], info.selection.columns)


@strawberry.type(description="A corporate customer.")
class Company(Node):
    __place__ = ("id",)
    id: strawberry.ID = global_id(Kind.COMPANY, Action.COMPANY_READ)
    name: str = column("Full name.", Action.COMPANY_READ)
    inn: Inn = column("Taxpayer number.", Action.COMPANY_READ)
    kpp: str | None = column("Tax registration reason code.", Action.COMPANY_READ)
    ogrn: str | None = column("State registration number.", Action.COMPANY_READ)
    legal_address: str | None = column("Legal address.", Action.COMPANY_READ)
    contract_number: str = column("Number of the contract.", Action.COMPANY_READ)
    region: str = column("Region of service.", Action.COMPANY_READ)
    time_zone: str = column("IANA time zone in which its days and months are counted.", Action.COMPANY_READ)
    status: CompanyStatus = column("State of the contract.", Action.COMPANY_READ)
    parent: Annotated["Company", strawberry.lazy("schema.companies")] | None = batched(
        by_column(COMPANIES, "parent_id"), "The holding company, if any.", Action.COMPANY_READ, needs=("parent_id",)
    )
    subsidiaries: list[Annotated["Company", strawberry.lazy("schema.companies")]] = batched(
        load_subsidiaries, "Companies of the holding.", Action.COMPANY_READ, needs=("id",)
    )
    manager: ContactPerson | None = computed(
        manager,
        "The operator's manager for this company.",
        Action.COMPANY_READ,
        needs=("manager_name", "manager_phone", "manager_email"),
    )
    numbers: NumberConnection = batched(
        load_company_numbers, "Its numbers that the caller may see.", Action.NUMBER_READ, needs=("id",)
    )
    promo_calendar: PromoDayConnection = batched(
        load_company_promo_calendar,
        "What is free now and turns paid on its numbers that the caller may see, by day.",
        Action.NUMBER_READ,
        needs=("id",),
        cost=COUNT,
    )
    departments: DepartmentConnection = batched(
        load_departments, "Its departments, parents before children.", Action.DEPARTMENT_READ, needs=("id",)
    )
    employees: EmployeeConnection = batched(
        load_employees, "Its employees, by name.", Action.EMPLOYEE_READ, needs=("id",)
    )
    administrators: AdministratorConnection = batched(
        load_administrators, "Its administrators.", Action.ADMINISTRATOR_READ, needs=("id",)
    )
    roles: list[Role] = batched(load_roles, "Built-in roles and the company's own.", Action.ROLE_READ, needs=("id",))
    api_keys: list[ApiKey] = batched(load_api_keys, "Its API keys.", Action.API_KEY_READ, needs=("id",))
    uploads: list[Upload] = batched(
        load_uploads,
        "Files sent to POST /uploads that are kept, at most 50, the oldest first; only the caller's own where the "
        "action is not held over the whole company.",
        Action.UPLOAD_READ,
        needs=("id",),
    )
    bulk_changes: BulkChangeConnection = batched(
        load_bulk_changes, "Its bulk changes, newest first.", Action.BULK_CHANGE_READ, needs=("id",)
    )
    approval_threshold: ApprovalThreshold | None = batched(
        load_approval_thresholds,
        "Above what its bulk changes wait for a second person; null when they never do.",
        Action.BULK_CHANGE_READ,
        needs=("id",),
    )
    journal: JournalEntryConnection = batched(
        load_company_journal,
        "Everything that was done, newest first, also through other channels.",
        Action.JOURNAL_READ,
        needs=("id",),
    )


@strawberry.type(description="A row with its cursor.")
class CompanyEdge(EdgeOf[Company]): ...


@strawberry.type(description="A page of companies.")
class CompanyConnection(ConnectionOf[Company, CompanyEdge]): ...


@strawberry.input(description="How a company is found.", one_of=True)
class CompanyBy:
    id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Global id.")
    inn: Inn | None = strawberry.field(default=strawberry.UNSET, description="Taxpayer number.")


@strawberry.input(description="Which companies.")
class CompanyFilter:
    search: str | None = strawberry.field(
        default=strawberry.UNSET, description="Part of the name, or the start of the INN."
    )
    status: CompanyStatus | None = strawberry.field(default=strawberry.UNSET, description="Status.")


async def find_companies(
    rows: Sequence[None],
    info: Info[Context],
    *,
    by: Annotated[Sequence[CompanyBy], strawberry.argument(description="How it is found.")],
) -> Sequence[Row | Exception | None]:
    """Companies by one of their keys: one statement for each kind of key, however many aliases there are."""
    read, columns = info.context.read, info.selection.columns
    ids = numbers_or_refusals([given(each.id) for each in by], Kind.COMPANY, "by", "id")
    by_id = await found(ids, partial(read.rows, COMPANIES, columns=columns))
    if None not in ids:
        return by_id
    by_inn = await read.rows(COMPANIES, [given(each.inn) for each in by], columns, "inn")
    return [one or other for one, other in zip(by_id, by_inn, strict=True)]


async def list_companies(
    rows: Sequence[None],
    info: Info[Context],
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[CompanyFilter | None, strawberry.argument(description="Which companies.")] = None,
) -> Sequence[Row]:
    """The companies that the caller sees."""
    wanted = filter or CompanyFilter()
    narrowed = loader.filter_of(given(wanted.search), given(wanted.status))
    page = info.context.page(first, after, last, before)
    return [await loader.companies_page(info.context.read, page, narrowed, info.selection)]


@strawberry.type
class CompanyQuery:
    company: Company | None = keyed(find_companies, "One company.", Action.COMPANY_READ)
    companies: CompanyConnection = batched(
        list_companies, "The companies that the caller may see, by name.", Action.COMPANY_READ
    )


register(Kind.COMPANY)(by_id(COMPANIES))
