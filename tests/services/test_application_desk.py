"""`gateway admin …`: what the operator's staff sees of applications for access, and does with them."""

import asyncio
import getpass
from functools import partial

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.commands.terminal import Refused
from gateway.db import Database
from gateway.services import applications
from tests.services.holders import OWNER_GRANT, journal, settle
from tests.services.people import Browser
from tests.services.test_applications import asked

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
async def _people(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await settle(owner_connection)
    await owner_connection.execute("DELETE FROM grants WHERE id = $1", OWNER_GRANT)


async def admin(dsn: str, *arguments: str, **variables: str) -> Result:
    environment = {"GATEWAY_DATABASE_URL": dsn} | variables
    return await asyncio.to_thread(partial(RUNNER.invoke, app, ["admin", *arguments], env=environment))


async def test_an_application_goes_over_the_desk(
    dsn: str, database: Database, owner_connection: asyncpg.Connection
) -> None:
    await applications.submit(Browser(database).visit, asked())

    listed = await admin(dsn, "applications")
    early = await admin(dsn, "approve", "1")
    steps = [await admin(dsn, *step) for step in (("review", "1"), ("verify-signatory", "1"), ("approve", "1"))]
    approved = await admin(dsn, "applications", "--status", "APPROVED")

    assert "vera@company.example" in listed.stdout
    assert "The signatory's right to sign is not verified." in listed.stdout
    assert isinstance(early.exception, Refused)
    assert str(early.exception) == (
        "The review of this application has not begun. Begin it first: gateway admin review 1."
    )
    assert [(step.exit_code, step.stdout.splitlines()[-1]) for step in steps] == [
        (0, "The review of application 1 is yours. Look at the papers, then: gateway admin verify-signatory 1"),
        (0, "Noted: the signatory of application 1 may sign. Next: gateway admin approve 1"),
        (0, "Application 1 is approved: the applicant is the company's owner"),
    ]
    assert "Vera Pavlovna" in approved.stdout
    assert {line["actor_name"] for line in await journal(owner_connection)} == {getpass.getuser()}


async def test_the_desk_speaks_the_language_of_the_terminal(dsn: str, database: Database) -> None:
    await applications.submit(Browser(database).visit, asked())

    early = await admin(dsn, "approve", "1", LC_ALL="ru_RU.UTF-8")
    begun = await admin(dsn, "review", "1", LC_ALL="ru_RU.UTF-8")
    again = await admin(dsn, "review", "1", LC_ALL="ru_RU.UTF-8")

    assert str(early.exception) == (
        "Рассмотрение этой заявки ещё не начато. Сначала начните его: gateway admin review 1."
    )
    assert begun.stdout == (
        "Рассмотрение заявки 1 за вами. Проверьте документы, затем: gateway admin verify-signatory 1\n"
    )
    assert str(again.exception) == (
        "Рассмотрение этой заявки уже начато. Дальше: gateway admin verify-signatory 1, затем approve 1; или reject 1."
    )


async def test_an_application_is_refused_with_a_reason(dsn: str, database: Database) -> None:
    reference = await applications.submit(Browser(database).visit, asked())

    result = await admin(dsn, "reject", "1", "--reason", "Not a customer")

    followed = await applications.follow(database, reference)
    assert result.exit_code == 0
    assert followed is not None
    assert (followed["status"], followed["reason"]) == ("REJECTED", "Not a customer")
