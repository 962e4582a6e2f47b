"""Strawberry as its documentation says: its own ASGI app, DataLoaders, parse and validation caches, orjson."""

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import asyncpg
import orjson
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types import Info

from gateway.models.numbers import NumberStatus

T = TypeVar("T")
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Asked: TypeAlias = Info["Loaders", None]

_COMPANIES = "SELECT id, name, inn FROM companies WHERE id = ANY($1)"
_NUMBERS = """
    SELECT id, msisdn, status, label, employee_id, department_id, tariff_id FROM numbers WHERE id = ANY($1)
"""
_NUMBERS_OF = """
    SELECT id, msisdn, status, label, employee_id, department_id, tariff_id FROM numbers
    WHERE company_id = $1 ORDER BY msisdn, id LIMIT $2
"""
_EMPLOYEES = "SELECT id, name FROM employees WHERE id = ANY($1)"
_DEPARTMENTS = "SELECT id, name FROM departments WHERE id = ANY($1)"
_TARIFFS = "SELECT id, code, name, monthly_fee_kopecks FROM tariffs_today WHERE id = ANY($1)"
_OPTIONS = """
    SELECT number_id, code, name, fee_kopecks FROM connected_options JOIN options_today ON id = option_id
    WHERE number_id = ANY($1) ORDER BY number_id, option_id
"""

strawberry.enum(NumberStatus)


@strawberry.type
class Money:
    amount: str

    @classmethod
    def of(cls, kopecks: int) -> "Money":
        return cls(amount=f"{kopecks / 100:.2f}")


@strawberry.type
class Employee:
    name: str


@strawberry.type
class Department:
    name: str


@strawberry.type
class Tariff:
    code: str
    name: str
    monthly_fee: Money


@strawberry.type
class Option:
    code: str
    name: str
    fee: Money


@strawberry.type
class ConnectedOption:
    option: Option


@strawberry.type
class Number:
    key: strawberry.Private[int]
    employee_id: strawberry.Private[int | None]
    department_id: strawberry.Private[int | None]
    tariff_id: strawberry.Private[int]
    id: strawberry.ID
    msisdn: str
    status: NumberStatus
    label: str | None

    @strawberry.field
    async def employee(self, info: Asked) -> Employee | None:
        return await info.context.employees.load(self.employee_id) if self.employee_id else None

    @strawberry.field
    async def department(self, info: Asked) -> Department | None:
        return await info.context.departments.load(self.department_id) if self.department_id else None

    @strawberry.field
    async def tariff(self, info: Asked) -> Tariff | None:
        return await info.context.tariffs.load(self.tariff_id)

    @strawberry.field
    async def options(self, info: Asked) -> list[ConnectedOption]:
        return await info.context.options.load(self.key)


@strawberry.type
class NumberConnection:
    nodes: list[Number]


@strawberry.type
class Company:
    key: strawberry.Private[int]
    name: str
    inn: str

    @strawberry.field
    async def numbers(self, info: Asked, first: int) -> NumberConnection:
        rows = await info.context.pool.fetch(_NUMBERS_OF, self.key, first)
        return NumberConnection(nodes=[_number(row) for row in rows])


@strawberry.input
class ById:
    id: strawberry.ID


@strawberry.type
class Query:
    @strawberry.field
    async def company(self, info: Asked, by: ById) -> Company | None:
        return await info.context.companies.load(int(by.id[4:]))

    @strawberry.field
    async def number(self, info: Asked, by: ById) -> Number | None:
        return await info.context.numbers.load(int(by.id[4:]))


def _company(row: asyncpg.Record) -> Company:
    return Company(key=row["id"], name=row["name"], inn=row["inn"])


def _number(row: asyncpg.Record) -> Number:
    return Number(
        key=row["id"],
        employee_id=row["employee_id"],
        department_id=row["department_id"],
        tariff_id=row["tariff_id"],
        id=strawberry.ID(f"num_{row['id']}"),
        msisdn=f"+{row['msisdn']}",
        status=NumberStatus[row["status"]],
        label=row["label"],
    )


def _tariff(row: asyncpg.Record) -> Tariff:
    return Tariff(code=row["code"], name=row["name"], monthly_fee=Money.of(row["monthly_fee_kopecks"]))


def _by_id(pool: Pool, statement: str, shape: Callable[[asyncpg.Record], T]) -> DataLoader[int, T | None]:
    async def load(ids: Sequence[int]) -> list[T | None]:
        found = {row["id"]: shape(row) for row in await pool.fetch(statement, ids)}
        return [found.get(each) for each in ids]

    return DataLoader(load)


def _options(pool: Pool) -> DataLoader[int, list[ConnectedOption]]:
    async def load(ids: Sequence[int]) -> list[list[ConnectedOption]]:
        found: dict[int, list[ConnectedOption]] = {each: [] for each in ids}
        for row in await pool.fetch(_OPTIONS, ids):
            option = Option(code=row["code"], name=row["name"], fee=Money.of(row["fee_kopecks"]))
            found[row["number_id"]].append(ConnectedOption(option=option))
        return [found[each] for each in ids]

    return DataLoader(load)


@dataclass
class Loaders:
    """What one request reads with."""

    pool: Pool
    companies: DataLoader[int, Company | None]
    numbers: DataLoader[int, Number | None]
    employees: DataLoader[int, Employee | None]
    departments: DataLoader[int, Department | None]
    tariffs: DataLoader[int, Tariff | None]
    options: DataLoader[int, list[ConnectedOption]]


class Endpoint(GraphQL[Loaders, None]):
    """The stock endpoint, with DataLoaders made for each request and answers written by orjson."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Loaders:
        pool = request.app.state.pool
        return Loaders(
            pool,
            _by_id(pool, _COMPANIES, _company),
            _by_id(pool, _NUMBERS, _number),
            _by_id(pool, _EMPLOYEES, lambda row: Employee(name=row["name"])),
            _by_id(pool, _DEPARTMENTS, lambda row: Department(name=row["name"])),
            _by_id(pool, _TARIFFS, _tariff),
            _options(pool),
        )

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


async def _keep(_: asyncpg.Connection) -> None:
    """Nothing to reset: no request leaves anything behind on its connection."""


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["PEER_DSN"], min_size=10, max_size=10, reset=_keep) as pool:
        app.state.pool = pool
        yield


schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
app = Starlette(lifespan=_lifespan, routes=[Route("/graphql", Endpoint(schema, graphql_ide=None))])
