"""The register in a database of its own, so that no other test empties it."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from gateway.embedded import Embedded
from tests.factories.register import Register


@pytest.fixture(scope="session")
async def register(postgres: Embedded, dsn: str, worker_id: str) -> AsyncIterator[Register]:
    """To read from only; tests that write do it in a company of their own."""
    name = f"{worker_id}_register"
    connection = await asyncpg.connect(postgres.dsn())
    clone = await connection.fetchval("SELECT format('CREATE DATABASE %I TEMPLATE migrated', $1::text)", name)
    await connection.execute(clone)
    await connection.close()
    register = await Register.open(postgres.dsn(name))
    yield register
    await register.close()
