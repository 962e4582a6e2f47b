"""Employees of a company."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, batched, column
from gateway.kit.ids import Kind
from gateway.loaders.departments import DEPARTMENTS
from gateway.loaders.employees import EMPLOYEES, employees_pages, filter_of
from gateway.loaders.numbers import numbers_of_employees
from schema.connections import After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.departments import Department
from schema.inputs import number
from schema.node import Node, global_id, register
from schema.numbers import Number
from schema.references import by_column, by_id
from schema.scalars import PhoneNumber


async def load_numbers(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    """The numbers that each employee uses."""
    return await numbers_of_employees(info.context.read, [row["id"] for row in rows], info.selection.columns)


@strawberry.type(description="An employee of a company.")
class Employee(Node):
    __place__ = ("company_id", "department_id")
    id: strawberry.ID = global_id(Kind.EMPLOYEE, Action.EMPLOYEE_READ)
    name: str = column("Full name.", Action.EMPLOYEE_READ)
    position: str | None = column("Position.", Action.EMPLOYEE_READ)
    personnel_number: str | None = column("Personnel number.", Action.EMPLOYEE_READ)
    email: str | None = column("Work e-mail.", Action.EMPLOYEE_READ)
    extra_phone: PhoneNumber | None = column("Another phone.", Action.EMPLOYEE_READ)
    birth_date: date | None = column("Birth date; personal data.", Action.EMPLOYEE_READ_PERSONAL)
    department: Department | None = batched(
        by_column(DEPARTMENTS, "department_id"), "Department.", Action.DEPARTMENT_READ, needs=("department_id",)
    )
    numbers: list[Number] = batched(load_numbers, "Numbers that the employee uses.", Action.NUMBER_READ, needs=("id",))


@strawberry.type(description="A row with its cursor.")
class EmployeeEdge(EdgeOf[Employee]): ...


@strawberry.type(description="A page of employees.")
class EmployeeConnection(ConnectionOf[Employee, EmployeeEdge]): ...


async def load_employees(
    rows: Sequence[Row],
    info: Info[Context],
    *,
    first: First = None,
    after: After = None,
    search: Annotated[str | None, strawberry.argument(description="Words of the name.")] = None,
    department_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Only of this department and those below.")
    ] = None,
) -> Sequence[Row]:
    """The page of each company's employees."""
    context, department = info.context, number(department_id, Kind.DEPARTMENT, "departmentId")
    ids, narrowed = [row["id"] for row in rows], filter_of(search, department)
    return await employees_pages(context.read, ids, context.page(first, after), narrowed, info.selection)


register(Kind.EMPLOYEE)(by_id(EMPLOYEES))
