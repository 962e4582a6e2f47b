"""`gateway journal verify`: what it prints and with which exit code."""

import asyncio
from functools import partial

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.db import Database
from tests.services.test_journal import tamper, write

RUNNER = CliRunner()
pytestmark = pytest.mark.usefixtures("fleet")


async def verify(dsn: str, *arguments: str) -> Result:
    command = partial(RUNNER.invoke, app, ["journal", "verify", *arguments], env={"GATEWAY_DATABASE_URL": dsn})
    return await asyncio.to_thread(command)


async def test_whole_journals_are_told_with_the_end_of_their_chains(
    dsn: str, database: Database, owner_connection: asyncpg.Connection
) -> None:
    await write(database, "label:set", "ban:set")
    end = await owner_connection.fetchval("SELECT encode(hash, 'hex') FROM journal_heads WHERE company_id = 1")

    result = await verify(dsn)

    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            f"7700000001  2 lines, whole, the chain ends with {end}",
            f"7700000002  0 lines, whole, the chain ends with {'00' * 32}",
        ],
    )


async def test_a_tampered_journal_is_told_line_by_line(
    dsn: str, database: Database, owner_connection: asyncpg.Connection
) -> None:
    await write(database, "label:set", "ban:set", "ban:lift")
    await tamper(owner_connection, "UPDATE journal_entries SET actor_name = 'Nobody' WHERE id = 2")

    tampered, other = await verify(dsn, "--company", "7700000001"), await verify(dsn, "--company", "7700000002")

    assert tampered.exit_code == 1
    assert tampered.stdout.splitlines()[0].startswith("7700000001  3 lines, faults: 1, the chain ends with ")
    assert tampered.stdout.splitlines()[1:] == ["  jrn_2 says something else than when it was written"]
    assert other.exit_code == 0


async def test_an_unknown_company_is_told(dsn: str) -> None:
    result = await verify(dsn, "--company", "7700000009")

    assert str(result.exception) == "there is no company with the INN 7700000009"
