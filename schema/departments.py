"""Departments of a company, as a tree."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, batched, column
from gateway.kit.ids import Kind
from gateway.loaders.departments import DEPARTMENTS, departments_pages
from schema.connections import COUNT, After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.inputs import number
from schema.node import Node, global_id, register
from schema.number_pages import load_department_numbers
from schema.numbers import NumberConnection
from schema.promotions import PromoDayConnection, load_department_promo_calendar
from schema.references import by_column, by_id


@strawberry.type(description="A department of a company.")
class Department(Node):
    __place__ = ("company_id", "id")
    id: strawberry.ID = global_id(Kind.DEPARTMENT, Action.DEPARTMENT_READ)
    name: str = column("Name.", Action.DEPARTMENT_READ)
    cost_centre: str | None = column("Cost centre code.", Action.DEPARTMENT_READ)
    parent: Annotated["Department", strawberry.lazy("schema.departments")] | None = batched(
        by_column(DEPARTMENTS, "parent_id"), "The department above.", Action.DEPARTMENT_READ, needs=("parent_id",)
    )
    path: list[str] = column("From the top down to this one.", Action.DEPARTMENT_READ)
    numbers: NumberConnection = batched(
        load_department_numbers,
        "Numbers of this department and all below.",
        Action.NUMBER_READ,
        needs=("company_id", "id"),
    )
    promo_calendar: PromoDayConnection = batched(
        load_department_promo_calendar,
        "What is free now and turns paid on the numbers of this department and all below, by day.",
        Action.NUMBER_READ,
        needs=("company_id", "id"),
        cost=COUNT,
    )


@strawberry.type(description="A row with its cursor.")
class DepartmentEdge(EdgeOf[Department]): ...


@strawberry.type(description="A page of departments.")
class DepartmentConnection(ConnectionOf[Department, DepartmentEdge]): ...


async def load_departments(
    rows: Sequence[Row],
    info: Info[Context],
    *,
    first: First = None,
    after: After = None,
    parent_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Only the departments right below this one.")
    ] = None,
) -> Sequence[Row]:
    """The page of each company's departments."""
    context, parent = info.context, number(parent_id, Kind.DEPARTMENT, "parentId")
    ids = [row["id"] for row in rows]
    return await departments_pages(context.read, ids, context.page(first, after), parent, info.selection)


register(Kind.DEPARTMENT)(by_id(DEPARTMENTS))
