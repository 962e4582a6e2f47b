"""Resetting lost second factors: by those who hold as much wherever the person holds anything, else by the staff."""

import asyncio
import getpass
from functools import partial
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from authz.principal import Grant, Principal
from gateway.cli import app
from gateway.commands.terminal import Refused
from gateway.db import Database
from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.services import visits
from gateway.services.login_codes import request_code, reset_password
from gateway.services.passwords import hash_password
from gateway.services.second_factor_resets import BODY, OF_COMPANY, reset, reset_by_staff
from gateway.services.sessions import SignedIn, sign_in
from gateway.services.summaries import summary
from tests.services.fleet import COMPANY, HEADQUARTERS, OTHER_COMPANY, insert
from tests.services.holders import (
    ADMINISTRATOR,
    AUDITOR,
    FOREIGN_OWNER,
    KEY,
    MANAGER,
    NOBODY,
    OWNER,
    another_process,
    grant,
    journal,
    own_role,
    person,
    refused,
)
from tests.services.people import OTHER_PASSWORD, PASSWORD, Browser, code_of

pytestmark = pytest.mark.usefixtures("proven_holders")

FORBIDDEN = [("FORBIDDEN", ("administratorId",))]


@pytest.fixture(autouse=True)
async def _protected(
    proven_holders: None, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody has an app, a passkey, a recovery code and a password."""
    monkeypatch.setattr(visits, "_REFUSED_AFTER", 0.001)
    for kind in ("TOTP", "PASSKEY"):
        await owner_connection.execute(
            "INSERT INTO second_factors (administrator_id, kind, name, created_at, confirmed_at) "
            "SELECT id, $1, 'Mine', now(), now() FROM administrators",
            kind,
        )
    await owner_connection.execute(
        "INSERT INTO recovery_codes (administrator_id, code_hash) SELECT id, '1' FROM administrators"
    )
    await owner_connection.execute(
        "INSERT INTO credentials (administrator_id, password_hash) SELECT id, $1 FROM administrators",
        await hash_password(PASSWORD),
    )


async def attempt(database: Database, by: int, whom: int, browser: Browser | None = None, **more: Any) -> None:
    more.setdefault("session_id", by)
    await reset((browser or Browser(database)).visit, await person(database, by), whom, **more)


async def left(connection: asyncpg.Connection, administrator_id: int) -> list[int]:
    """How many second factors, recovery codes, passwords and open sessions there are."""
    statements = (
        "SELECT count(*) FROM second_factors WHERE administrator_id = $1",
        "SELECT count(*) FROM recovery_codes WHERE administrator_id = $1",
        "SELECT count(*) FROM credentials WHERE administrator_id = $1",
        "SELECT count(*) FROM sessions WHERE administrator_id = $1 AND revoked_at IS NULL",
    )
    return [await connection.fetchval(statement, administrator_id) for statement in statements]


UNTOUCHED, ENDED = [2, 1, 1, 1], [0, 0, 0, 0]


async def test_all_by_which_the_person_signs_in_ends_and_is_written_down(
    database: Database, owner_connection: asyncpg.Connection, dsn: str
) -> None:
    token = "maria"
    await owner_connection.execute(
        "UPDATE sessions SET token_hash = sha256($1::text::bytea) WHERE id = $2", token, MANAGER
    )
    async with another_process(dsn) as process:
        assert await process.principals.by_session(token) is not None
        await attempt(database, OWNER, MANAGER)
        await process.hears()
        assert await process.principals.by_session(token) is None

    assert await left(owner_connection, MANAGER) == ENDED
    assert await left(owner_connection, OWNER) == await left(owner_connection, AUDITOR) == UNTOUCHED
    [line] = await journal(owner_connection)
    assert (line["actor_name"], line["action"], line["subject"]) == ("Olga", "second_factor:reset", f"adm_{MANAGER}")
    assert line["before"] == {"secondFactors": [{"kind": "TOTP", "name": "Mine"}, {"kind": "PASSKEY", "name": "Mine"}]}
    assert line["details"]["ended_sessions"] == 1
    assert [summary(line["action"], line["details"], language) for language in Language] == [
        "All second factors, the password and the sessions of Maria were ended",
        "Maria: завершены все вторые факторы, пароль и сеансы",
    ]


async def test_the_person_is_told_everywhere_and_signs_in_by_a_code_only(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE administrators SET phone = '79260000009' WHERE id = $1", MANAGER)
    browser = Browser(database)

    await attempt(database, OWNER, MANAGER, browser)

    text = (
        "Olga of Company 1 reset your second factor, password and sessions in the corporate gateway. Sign in by a "
        "one-time code. You did not ask for this? Tell an owner at once.\n"
    )
    assert await browser.received() == (
        f"e-mail to maria@company.example: Your second factor was reset\n  {text}SMS to +79260000009: {text}"
    )
    by_password = await asyncio.gather(
        sign_in(browser.visit, "maria@company.example", PASSWORD), return_exceptions=True
    )
    await request_code(browser.visit, "maria@company.example")
    opened = await reset_password(browser.visit, "maria@company.example", await browser.code(), OTHER_PASSWORD)
    assert [code_of(each) for each in by_password if isinstance(each, Exception)] == [ErrorCode.BAD_CREDENTIALS]
    assert isinstance(opened, SignedIn)


def test_a_message_is_of_three_parts_at_most() -> None:
    for language in Language:
        who = OF_COMPANY.render(language, name="Ы" * 30, company="Ы" * 40)
        assert len(BODY.render(language, who=who)) <= 4 * 67


@pytest.mark.parametrize("whom", [OWNER, ADMINISTRATOR, MANAGER])
async def test_who_may_not_or_holds_less_resets_nothing(
    database: Database, owner_connection: asyncpg.Connection, whom: int
) -> None:
    """Who may reset holds less than the whole of what those three hold."""
    await own_role(owner_connection, 50, ["administrator:read", "second_factor:reset"])
    await grant(owner_connection, 50, NOBODY, role_id=50)

    assert await refused(attempt(database, NOBODY, whom)) == FORBIDDEN
    assert await refused(attempt(database, ADMINISTRATOR, AUDITOR)) == FORBIDDEN
    assert await left(owner_connection, whom) == UNTOUCHED
    assert await journal(owner_connection) == []


async def test_who_holds_as_much_resets_also_the_factor_of_a_peer(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 50, NOBODY, role="owner")

    await attempt(database, NOBODY, OWNER)

    assert await left(owner_connection, OWNER) == ENDED


async def test_holding_as_much_in_a_department_is_not_enough(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await own_role(owner_connection, 50, ["number:read", "second_factor:reset"])
    await own_role(owner_connection, 51, ["number:read"])
    await own_role(owner_connection, 52, ["administrator:read"])
    await grant(owner_connection, 50, NOBODY, role_id=50, department_id=HEADQUARTERS)
    await grant(owner_connection, 52, NOBODY, role_id=52)
    await insert(owner_connection, "administrators", {"id": 60, "name": "Xenia", "language": "EN"})
    await grant(owner_connection, 51, 60, role_id=51, department_id=HEADQUARTERS)

    assert await refused(attempt(database, NOBODY, 60)) == FORBIDDEN


async def test_nobody_resets_their_own_and_no_key_does(database: Database) -> None:
    key = Principal("api_key", KEY, "Key", (Grant(1, COMPANY, "owner"),))

    assert await refused(attempt(database, OWNER, OWNER)) == FORBIDDEN
    assert await refused(reset(Browser(database).visit, key, MANAGER, session_id=None)) == [("FORBIDDEN", ())]


async def test_it_takes_a_fresh_proof(database: Database, owner_connection: asyncpg.Connection) -> None:
    await owner_connection.execute("UPDATE sessions SET stepped_up_at = now() - interval '1 hour'")

    assert await refused(attempt(database, OWNER, MANAGER)) == [("STEP_UP_REQUIRED", ())]
    assert await left(owner_connection, MANAGER) == UNTOUCHED


@pytest.mark.parametrize("whom", [FOREIGN_OWNER, NOBODY, 99])
async def test_who_is_not_seen_is_not_there(
    database: Database, owner_connection: asyncpg.Connection, whom: int
) -> None:
    assert await refused(attempt(database, OWNER, whom)) == [("NOT_FOUND", ("administratorId",))]
    assert await left(owner_connection, FOREIGN_OWNER) == UNTOUCHED


async def test_who_holds_a_role_elsewhere_is_reset_by_who_holds_as_much_there_too(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 50, MANAGER, role="auditor", company_id=OTHER_COMPANY)

    alone = await refused(attempt(database, OWNER, MANAGER))
    await grant(owner_connection, 51, OWNER, role="administrator", company_id=OTHER_COMPANY)
    without_the_action = await refused(attempt(database, OWNER, MANAGER))
    untouched = await left(owner_connection, MANAGER)
    await grant(owner_connection, 52, OWNER, role="owner", company_id=OTHER_COMPANY)
    await attempt(database, OWNER, MANAGER)

    assert (alone, without_the_action, untouched) == (FORBIDDEN, FORBIDDEN, UNTOUCHED)
    assert await left(owner_connection, MANAGER) == ENDED
    for company_id in (COMPANY, OTHER_COMPANY):
        assert [line["action"] for line in await journal(owner_connection, company_id)] == ["second_factor:reset"]


async def test_of_who_was_invited_and_has_not_accepted_nothing_is_told(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 50, FOREIGN_OWNER, role="auditor")
    await grant(owner_connection, 51, NOBODY, role="auditor")
    await owner_connection.execute("DELETE FROM second_factors WHERE administrator_id = $1", NOBODY)
    invited = {"company_id": COMPANY, "administrator_id": FOREIGN_OWNER, "name": "Vera", "inviter": "Olga"}
    await insert(owner_connection, "invitations", invited)

    nothing_told = [("NOT_AVAILABLE", ("administratorId",))]
    assert await refused(attempt(database, OWNER, FOREIGN_OWNER)) == nothing_told
    assert await refused(attempt(database, OWNER, NOBODY)) == nothing_told
    assert await left(owner_connection, FOREIGN_OWNER) == UNTOUCHED


async def test_a_repeat_ends_nothing_that_was_added_since(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    browser = Browser(database)
    await attempt(database, OWNER, MANAGER, browser, idempotency_key="k")
    await owner_connection.execute(
        "INSERT INTO second_factors (administrator_id, kind, name, created_at, confirmed_at) "
        "VALUES ($1, 'TOTP', 'New', now(), now())",
        MANAGER,
    )

    await attempt(database, OWNER, MANAGER, browser, idempotency_key="k")

    assert await left(owner_connection, MANAGER) == [1, 0, 0, 0]
    assert (await browser.received()).count("e-mail to") == 1


async def test_a_role_that_is_given_elsewhere_at_the_same_time_counts(
    database: Database, owner_connection: asyncpg.Connection, dsn: str
) -> None:
    giving = await asyncpg.connect(dsn)
    transaction = giving.transaction()
    await transaction.start()
    await grant(giving, 50, MANAGER, role="auditor", company_id=OTHER_COMPANY)

    resetting = asyncio.create_task(refused(attempt(database, OWNER, MANAGER)))
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    async with asyncio.timeout(10):
        while not await owner_connection.fetchval(waiting):
            pass
    await transaction.commit()
    await giving.close()

    assert await resetting == FORBIDDEN
    assert await left(owner_connection, MANAGER) == UNTOUCHED


async def test_the_staff_resets_anybody_after_looking_at_papers(
    dsn: str, database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 50, OWNER, role="auditor", company_id=OTHER_COMPANY)
    run = partial(CliRunner().invoke, app, env={"GATEWAY_DATABASE_URL": dsn})
    command = ["admin", "reset-second-factor", "olga@company.example", "--papers", "Passport, order of appointment"]

    first, second = [await asyncio.to_thread(run, command) for _ in range(2)]

    assert first.exit_code == 0
    assert isinstance(second.exception, Refused)
    assert str(second.exception) == "This person has no second factor."
    assert await left(owner_connection, OWNER) == ENDED
    for company_id in (COMPANY, OTHER_COMPANY):
        [line] = await journal(owner_connection, company_id)
        assert (line["actor_name"], line["action"]) == (getpass.getuser(), "second_factor:reset")
        assert line["details"]["papers"] == "Passport, order of appointment"


async def test_the_staff_names_who_and_what_was_seen(database: Database, owner_connection: asyncpg.Connection) -> None:
    browser = Browser(database)

    for nothing in (" ", "Passport\0"):
        assert await refused(reset_by_staff(browser.visit, "clerk", "olga@company.example", nothing)) == [
            ("REQUIRED", ("papers",))
        ]
    assert await refused(reset_by_staff(browser.visit, "clerk", "nobody@canary.example", "x")) == [
        ("NOT_FOUND", ("login",))
    ]
    await reset_by_staff(browser.visit, "clerk", "olga@company.example", "Passport")
    assert await left(owner_connection, OWNER) == ENDED
    assert "The operator's office reset your second factor" in await browser.received()
