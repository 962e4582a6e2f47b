"""Databases with and without the rows that callers must not see, and gateways over them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
import pytest
from graphql import GraphQLSchema
from graphql import build_schema as read_schema

from gateway.embedded import Embedded
from gateway.execution import Engine, Limits
from schema.root import build_schema, print_schema
from tests.isolation.callers import CALLERS, FOREIGN_CLERK, FOREIGN_KEY, FOREIGN_OWNER, admit
from tests.isolation.gateways import Fences, Gateway, cursors
from tests.isolation.operations import Operation, Operations
from tests.isolation.patches import FOREIGN, INSIDE, LURED, LURED_INSIDE, OWN, PATCHES, arrange
from tests.isolation.samples import Samples

WORLDS = {
    "with all": PATCHES,
    "without companies": (OWN, INSIDE, LURED, LURED_INSIDE),
    "without departments": (OWN, LURED, LURED_INSIDE),
}
"""By name, which patches there are."""

OpenGateway = Callable[..., Awaitable[Gateway]]


@pytest.fixture(scope="session")
def printed() -> GraphQLSchema:
    """The schema as clients see it."""
    return read_schema(print_schema())


@pytest.fixture(scope="session")
async def open_gateway(postgres: Embedded, dsn: str, worker_id: str) -> AsyncIterator[OpenGateway]:
    """Opens the gateway over a world, each once; what changes rows takes a `copy` of its own."""
    engine = Engine(build_schema(), limits=Limits(cost=10**9))
    databases: dict[str, str] = {}
    gateways: dict[tuple[str, Fences], Gateway] = {}
    async with AsyncExitStack() as stack:

        async def open_gateway(world: str, fences: Fences = Fences.BOTH, copy: str = "to read") -> Gateway:
            name = f"{worker_id} {world} {copy}"
            if name not in databases:
                databases[name] = await make_world(postgres, name, world)
            if (name, fences) not in gateways:
                gateway = Gateway.over(databases[name], engine, fences)
                gateways[name, fences] = await stack.enter_async_context(gateway)
            return gateways[name, fences]

        yield open_gateway


async def make_world(postgres: Embedded, name: str, world: str) -> str:
    """The owner's address of a new database with the patches of a world, and all callers."""
    server = await asyncpg.connect(postgres.dsn())
    await server.execute(await server.fetchval("SELECT format('CREATE DATABASE %I TEMPLATE migrated', $1::text)", name))
    await server.close()
    connection = await asyncpg.connect(postgres.dsn(name))
    await arrange(connection, WORLDS[world])
    await admit(connection, *CALLERS)
    if FOREIGN in WORLDS[world]:
        await admit(connection, FOREIGN_OWNER, FOREIGN_KEY, FOREIGN_CLERK)
    await connection.execute("ANALYZE")
    await connection.close()
    return postgres.dsn(name)


@pytest.fixture(scope="session")
async def operations(printed: GraphQLSchema, open_gateway: OpenGateway) -> Operations:
    """All operations of the schema, with cursors of the foreign company's pages."""
    gateway, harvest = await open_gateway("with all"), list(Operations(printed, Samples()).reads())
    answers = await gateway.ask_all(FOREIGN_OWNER, harvest)
    return Operations(printed, Samples(cursors=cursors(answers)))


@pytest.fixture(scope="session")
def reads(operations: Operations) -> list[Operation]:
    return list(operations.reads())


@pytest.fixture(scope="session")
def changes(operations: Operations) -> list[Operation]:
    return list(operations.changes())
