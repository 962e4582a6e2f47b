"""Who may sign in and what they hold: administrators, API keys, grants, roles, sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column
from gateway.kit.ids import Kind
from gateway.loaders import access as loader
from gateway.loaders import roles
from gateway.loaders.access import ADMINISTRATORS, API_KEYS, GRANTS
from gateway.loaders.companies import COMPANIES
from gateway.loaders.departments import DEPARTMENTS
from schema.connections import After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.departments import Department
from schema.node import Node, global_id, register
from schema.references import by_column, by_id
from schema.scalars import PhoneNumber

if TYPE_CHECKING:
    from schema.companies import Company


@strawberry.type(description="A set of actions.")
class Role(Node):
    id: strawberry.ID = global_id(Kind.ROLE, PUBLIC)
    name: str = column("Name.", PUBLIC)
    built_in: bool = column("Made by the company, or built in.", PUBLIC)
    allows: list[str] = column("Allowed actions, noun:verb.", PUBLIC)
    denies: list[str] = column("Denied actions; a deny beats an allow.", PUBLIC)


async def load_role(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    """The role of each grant."""
    context = info.context
    return await roles.roles_of_grants(context.read, rows, info.selection.columns, context.language)


@strawberry.type(description="A role held over a part of a company.")
class Grant(Node):
    id: strawberry.ID = global_id(Kind.GRANT, PUBLIC)
    role: Role = batched(load_role, "Role.", PUBLIC, needs=("role", "role_id"))
    company: Annotated["Company", strawberry.lazy("schema.companies")] = batched(
        by_column(COMPANIES, "company_id"), "Company.", Action.COMPANY_READ, needs=("company_id",)
    )
    department: Department | None = batched(
        by_column(DEPARTMENTS, "department_id"),
        "Only this department and below; null for all.",
        Action.DEPARTMENT_READ,
        needs=("department_id",),
    )


async def load_administrator_grants(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    ids = [row["id"] for row in rows]
    return await loader.grants_of_administrators(info.context.read, ids, info.selection.columns)


async def load_api_key_grants(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    ids = [row["id"] for row in rows]
    return await loader.grants_of_api_keys(info.context.read, ids, info.selection.columns)


@strawberry.type(description="A corporate administrator.")
class Administrator(Node):
    id: strawberry.ID = global_id(Kind.ADMINISTRATOR, PUBLIC)
    name: str = column("Name.", PUBLIC)
    email: str | None = column("E-mail.", PUBLIC)
    phone: PhoneNumber | None = column("Phone.", PUBLIC)
    grants: list[Grant] = batched(load_administrator_grants, "What they hold.", PUBLIC, needs=("id",))
    last_login_at: datetime | None = column("Last log-in.", PUBLIC)
    locked_until: datetime | None = column("Locked until.", PUBLIC)


@strawberry.type(description="A row with its cursor.")
class AdministratorEdge(EdgeOf[Administrator]): ...


@strawberry.type(description="A page of administrators.")
class AdministratorConnection(ConnectionOf[Administrator, AdministratorEdge]): ...


@strawberry.type(description="A key of an integration.")
class ApiKey(Node):
    id: strawberry.ID = global_id(Kind.API_KEY, PUBLIC)
    name: str = column("Name.", PUBLIC)
    prefix: str = column("Visible beginning.", PUBLIC)
    grants: list[Grant] = batched(load_api_key_grants, "What it holds.", PUBLIC, needs=("id",))
    expires_at: datetime | None = column("Ends.", PUBLIC)
    last_used_at: datetime | None = column("Last used.", PUBLIC)


def is_current(rows: Sequence[Row], info: Info[Context]) -> Sequence[bool]:
    return [row["id"] == info.context.session_id for row in rows]


@strawberry.type(description="A signed-in browser.")
class Session(Node):
    id: strawberry.ID = global_id(Kind.SESSION, PUBLIC)
    device: str = column("Browser and system.", PUBLIC)
    ip: str = column("Address it was opened from.", PUBLIC)
    created_at: datetime = column("Opened.", PUBLIC)
    last_used_at: datetime = column("Last used.", PUBLIC)
    current: bool = batched(is_current, "This very one.", PUBLIC, needs=("id",))


async def load_administrators(
    rows: Sequence[Row], info: Info[Context], *, first: First = None, after: After = None
) -> Sequence[Row]:
    """The page of each company's administrators."""
    context, ids = info.context, [row["id"] for row in rows]
    return await loader.administrators_pages(context.read, ids, context.page(first, after), info.selection)


async def load_roles(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    """The roles of each company."""
    context, ids = info.context, [row["id"] for row in rows]
    return await roles.roles_of_companies(context.read, ids, info.selection.columns, context.language)


async def load_api_keys(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    """The keys of each company."""
    ids = [row["id"] for row in rows]
    return await loader.api_keys_of_companies(info.context.read, ids, info.selection.columns)


@register(Kind.ROLE)
async def read_roles(context: Context, ids: Sequence[int], columns: frozenset[str]) -> Sequence[Row | None]:
    return await roles.roles_by_id(context.read, ids, columns, context.language)


@register(Kind.SESSION)
async def read_sessions(context: Context, ids: Sequence[int], columns: frozenset[str]) -> Sequence[Row | None]:
    return await loader.OWN_SESSIONS.by_id(context.read, ids, columns)


register(Kind.ADMINISTRATOR)(by_id(ADMINISTRATORS))
register(Kind.API_KEY)(by_id(API_KEYS))
register(Kind.GRANT)(by_id(GRANTS))
