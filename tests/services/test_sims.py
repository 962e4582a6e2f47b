"""SIM cards: one number each over all companies, and the sessions that end with a card."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusals
from gateway.kit.texts import Language
from gateway.models.numbers import SimKind
from gateway.operations.sims import SimReplace
from gateway.services.numbers import Done, change, preview
from tests.services.fleet import (
    ADMINISTRATOR,
    AUDITOR,
    COMPANY,
    FOREIGN_NUMBER,
    MANAGER,
    NUMBER,
    ORIGIN,
    OTHER_COMPANY,
    arrange,
    insert,
)
from tests.unit.operations.catalogues import catalogue

CATALOGUE = catalogue()
CARD, OTHER_CARD, THIRD_CARD = "897010000000000012", "897010000000000029", "897010000000000037"
OWNER_OF_101, STRANGER = 61, 62


@pytest.fixture(autouse=True)
async def _fleet(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await arrange(owner_connection)
    await owner_connection.execute("UPDATE numbers SET iccid = $1 WHERE id = $2", OTHER_CARD, FOREIGN_NUMBER)
    for administrator_id, phone in ((OWNER_OF_101, "79260000101"), (STRANGER, "79260000999")):
        await insert(
            owner_connection, "administrators", {"id": administrator_id, "name": "A", "phone": phone, "language": "EN"}
        )
        session = {"administrator_id": administrator_id, "device": "Firefox", "ip": "127.0.0.1"}
        expires_at = datetime.now(UTC) + timedelta(hours=1)
        await insert(
            owner_connection, "sessions", session | {"token_hash": bytes([administrator_id]), "expires_at": expires_at}
        )
    grant = {"company_id": COMPANY, "administrator_id": OWNER_OF_101, "role": "auditor"}
    await insert(owner_connection, "grants", grant)


async def replace_sim(database: Database, operation: SimReplace, number_id: int = NUMBER, **options: Any) -> Done:
    return await change(database, ADMINISTRATOR, number_id, operation, catalogue=CATALOGUE, origin=ORIGIN, **options)


async def signed_in(connection: asyncpg.Connection) -> list[int]:
    rows = await connection.fetch("SELECT administrator_id FROM sessions WHERE revoked_at IS NULL ORDER BY 1")
    return [row["administrator_id"] for row in rows]


async def test_a_number_goes_onto_another_sim_and_whoever_signs_in_with_it_is_signed_out(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await replace_sim(database, SimReplace(CARD, SimKind.ESIM))

    (row,) = await owner_connection.fetch("SELECT iccid, sim_kind FROM numbers WHERE id = $1", NUMBER)
    assert tuple(row) == (CARD, "ESIM")
    assert await signed_in(owner_connection) == [STRANGER]
    (line,) = await owner_connection.fetch("SELECT action, before, after FROM journal_entries")
    assert tuple(line) == (
        "sim:replace",
        '{"iccid": null, "simKind": "PHYSICAL"}',
        f'{{"iccid": "{CARD}", "simKind": "ESIM"}}',
    )


async def test_another_company_that_took_over_the_number_signs_nobody_out(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE grants SET company_id = $1", OTHER_COMPANY)

    await replace_sim(database, SimReplace(CARD))

    assert await signed_in(owner_connection) == [OWNER_OF_101, STRANGER]


async def test_a_company_that_has_only_invited_somebody_does_not_sign_them_out(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    invitation = {"company_id": COMPANY, "administrator_id": OWNER_OF_101, "name": "A", "inviter": "B"}
    await insert(owner_connection, "invitations", invitation)

    await replace_sim(database, SimReplace(CARD))

    assert await signed_in(owner_connection) == [OWNER_OF_101, STRANGER]


async def test_a_card_of_another_company_is_taken_without_a_word_of_whose(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    with pytest.raises(Refusals) as told:
        await replace_sim(database, SimReplace(OTHER_CARD))

    (refusal,) = told.value.refusals
    assert (refusal.code, refusal.field) == (ErrorCode.CONFLICT, ("change", "simReplace", "iccid"))
    assert refusal.message.render(Language.EN) == "This SIM card is in use already. Take another one."
    assert await signed_in(owner_connection) == [OWNER_OF_101, STRANGER]
    outcome = await preview(database, ADMINISTRATOR, NUMBER, SimReplace(OTHER_CARD), catalogue=CATALOGUE)
    assert [each.code for each in outcome.refusals] == [ErrorCode.CONFLICT]


async def test_whether_a_card_is_taken_is_told_only_to_those_who_may_put_it_in(database: Database) -> None:
    taken, free = [
        await preview(database, AUDITOR, NUMBER, SimReplace(card), catalogue=CATALOGUE) for card in (OTHER_CARD, CARD)
    ]

    assert [each.code for each in taken.refusals] == [ErrorCode.FORBIDDEN, ErrorCode.FORBIDDEN]
    assert [each.code for each in free.refusals] == [ErrorCode.FORBIDDEN, ErrorCode.FORBIDDEN]


async def test_a_card_of_a_number_that_was_given_back_is_free(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE numbers SET status = 'CLOSED' WHERE id = $1", FOREIGN_NUMBER)

    assert (await replace_sim(database, SimReplace(OTHER_CARD))).number_id == NUMBER


async def test_of_many_who_want_one_card_one_gets_it(database: Database, owner_connection: asyncpg.Connection) -> None:
    attempts = [replace_sim(database, SimReplace(THIRD_CARD), number_id) for number_id in range(101, 109)]

    results = await asyncio.gather(*attempts, return_exceptions=True)

    assert sum(isinstance(result, Done) for result in results) == 1
    assert await owner_connection.fetchval("SELECT count(*) FROM numbers WHERE iccid = $1", THIRD_CARD) == 1


async def test_a_manager_may_not(database: Database) -> None:
    outcome = await preview(database, MANAGER, 102, SimReplace(CARD), catalogue=CATALOGUE)

    assert [each.code for each in outcome.refusals] == [ErrorCode.FORBIDDEN]
