"""Whether the database can serve this release."""

import socket

import asyncpg
import pytest

from gateway.db import Database
from gateway.services.readiness import Obstacle, obstacle


@pytest.mark.parametrize(("revision", "expected"), [("0001", Obstacle.MIGRATION), ("0009_of_a_later_release", None)])
async def test_older_tables_keep_a_process_back_and_newer_ones_do_not(
    database: Database, owner_connection: asyncpg.Connection, revision: str, expected: Obstacle | None
) -> None:
    head = await owner_connection.fetchval("SELECT version_num FROM alembic_version")
    assert await obstacle(database) is None
    await owner_connection.execute("UPDATE alembic_version SET version_num = $1", revision)
    try:
        assert await obstacle(database) is expected
    finally:
        await owner_connection.execute("UPDATE alembic_version SET version_num = $1", head)


async def test_a_database_that_does_not_answer_keeps_a_process_back() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert await obstacle(Database(f"postgresql://nobody@127.0.0.1:{port}/nothing")) is Obstacle.DATABASE


async def test_a_connection_in_the_wrong_state_keeps_a_process_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fetch(*_: object) -> None:
        raise asyncpg.InterfaceError("another operation is in progress")

    monkeypatch.setattr(database, "fetch", fetch)

    assert await obstacle(database) is Obstacle.DATABASE
