"""Keys of integrations: never more than their maker holds, a secret seen once, rotation with an overlap."""

import asyncio
import hashlib
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from authz.actions import Action
from authz.roles import BuiltInRole
from authz.scope import holds
from gateway.db import Database
from gateway.kit.texts import Language
from gateway.services import api_keys
from gateway.services.api_keys import NewSecret
from gateway.services.principals import Principals
from gateway.services.summaries import summary
from tests.services.fleet import BRANCH, COMPANY, HEADQUARTERS, OTHER_COMPANY
from tests.services.holders import (
    ADMINISTRATOR,
    AUDITOR,
    FOREIGN_KEY,
    FOREIGN_ROLE,
    KEY,
    MANAGER,
    NOBODY,
    OWNER,
    ROLES,
    SUB_BRANCH,
    another_process,
    everything,
    grant,
    journal,
    origin,
    own_role,
    person,
    refused,
)

REPORTING = ROLES[BuiltInRole.REPORTING]
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.usefixtures("proven_holders")


async def create(
    database: Database,
    by: int = ADMINISTRATOR,
    *roles: int,
    name: str = "Exports",
    company_id: int = COMPANY,
    **more: Any,
) -> NewSecret:
    maker = await person(database, by)
    more.setdefault("session_id", by)
    return await api_keys.create(database, maker, company_id, name, roles or (REPORTING,), origin=origin(maker), **more)


async def rotate(
    database: Database, key_id: int, overlap: timedelta = HOUR, by: int = ADMINISTRATOR, **more: Any
) -> NewSecret:
    caller = await person(database, by)
    more.setdefault("session_id", by)
    return await api_keys.rotate(database, caller, key_id, overlap, origin=origin(caller), **more)


async def revoke(database: Database, key_id: int, by: int = ADMINISTRATOR) -> None:
    caller = await person(database, by)
    await api_keys.revoke(database, caller, key_id, origin=origin(caller))


async def enters(database: Database, secret: str) -> bool:
    return await Principals(database).by_key(secret) is not None


async def known_to(connection: asyncpg.Connection, key_id: int) -> list[int]:
    known: list[int] = await connection.fetchval("SELECT known_to FROM api_keys WHERE id = $1", key_id)
    return known


async def test_a_key_knows_everybody_who_was_shown_a_secret_of_it(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    made = await create(database, ADMINISTRATOR, ROLES[BuiltInRole.ADMINISTRATOR])
    assert await known_to(owner_connection, made.row["id"]) == [ADMINISTRATOR]

    await rotate(database, made.row["id"], by=OWNER)
    await rotate(database, made.row["id"], by=OWNER)
    assert await known_to(owner_connection, made.row["id"]) == [OWNER, ADMINISTRATOR]

    renewed = await rotate(database, made.row["id"], by=OWNER)
    identity = await Principals(database).by_key(renewed.secret)
    assert identity is not None
    maker = identity.principal
    through: dict[str, Any] = {"origin": origin(maker), "session_id": None}
    second = await api_keys.create(database, maker, COMPANY, "Second", (REPORTING,), **through)
    assert await known_to(owner_connection, second.row["id"]) == [OWNER, ADMINISTRATOR]
    await api_keys.rotate(database, maker, KEY, HOUR, **through)
    assert await known_to(owner_connection, KEY) == [OWNER, ADMINISTRATOR]


async def test_a_key_that_may_apply_bulk_changes_takes_a_fresh_proof(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    made = await create(database, ADMINISTRATOR, ROLES[BuiltInRole.ADMINISTRATOR])
    await owner_connection.execute("UPDATE sessions SET stepped_up_at = now() - interval '16 minutes'")
    before = await everything(owner_connection)

    attempt = create(database, ADMINISTRATOR, ROLES[BuiltInRole.ADMINISTRATOR], name="Another")
    assert await refused(attempt) == [("STEP_UP_REQUIRED", ())]
    assert await refused(rotate(database, made.row["id"])) == [("STEP_UP_REQUIRED", ())]
    assert await everything(owner_connection) == before
    assert (await create(database, name="Only reports")).secret


async def test_a_key_is_made_and_written_down_without_its_secret(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    ends = datetime(2126, 1, 1, tzinfo=UTC)
    made = await create(database, ADMINISTRATOR, REPORTING, department_id=BRANCH, expires_at=ends)

    assert re.fullmatch(r"gw_live_[\w-]{43}", made.secret)
    assert made.row == {
        "company_id": COMPANY,
        "id": 100,
        "name": "Exports",
        "prefix": made.secret[:12],
        "expires_at": ends,
        "last_used_at": None,
    }
    kept = await owner_connection.fetchval("SELECT secret_hash FROM api_keys WHERE id = 100")
    assert kept == hashlib.sha256(made.secret.encode()).digest()
    identity = await Principals(database).by_key(made.secret)
    assert identity is not None
    assert identity.expires_at == ends
    assert holds(identity.principal, Action.NUMBER_READ, COMPANY, SUB_BRANCH)
    assert not holds(identity.principal, Action.NUMBER_READ, COMPANY, HEADQUARTERS)
    (line,) = await journal(owner_connection)
    assert line["after"] == {
        "name": "Exports",
        "prefix": made.secret[:12],
        "expiresAt": ends.isoformat(),
        "roles": [f"rol_{REPORTING}"],
        "department": f"dep_{BRANCH}",
    }
    assert made.secret not in str(await everything(owner_connection))
    assert summary("api_key:create", line["details"], Language.RU) == (
        "Создан ключ API «Exports»: Отчётность, подразделение «Branch»"
    )


@pytest.mark.parametrize(
    ("by", "roles", "more", "code", "field"),
    [
        (AUDITOR, (REPORTING,), {}, "FORBIDDEN", ()),
        (MANAGER, (REPORTING,), {"department_id": BRANCH}, "FORBIDDEN", ()),
        (OWNER, (ROLES[BuiltInRole.OWNER],), {}, "NOT_AVAILABLE", ("roleIds",)),
        (OWNER, (REPORTING, FOREIGN_ROLE), {}, "NOT_FOUND", ("roleIds",)),
        (OWNER, (REPORTING, 999), {}, "NOT_FOUND", ("roleIds",)),
        (OWNER, (REPORTING,), {"department_id": 999}, "NOT_FOUND", ("departmentId",)),
        (OWNER, (REPORTING,), {"company_id": OTHER_COMPANY}, "NOT_FOUND", ("companyId",)),
        (OWNER, (REPORTING,), {"company_id": 999}, "NOT_FOUND", ("companyId",)),
        (OWNER, (REPORTING,), {"name": ""}, "INVALID", ("name",)),
        (OWNER, (REPORTING,), {"name": "reports"}, "CONFLICT", ("name",)),
        (OWNER, (REPORTING,), {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "INVALID", ("expiresAt",)),
        (OWNER, tuple(range(1, 22)), {}, "REQUIRED", ("roleIds",)),
    ],
)
async def test_a_key_that_is_refused_is_not_made(
    database: Database,
    owner_connection: asyncpg.Connection,
    by: int,
    roles: tuple[int, ...],
    more: dict[str, Any],
    code: str,
    field: tuple[str, ...],
) -> None:
    before = await everything(owner_connection)

    assert await refused(create(database, by, *roles, **more)) == [(code, field)]

    assert await everything(owner_connection) == before


async def test_a_key_gets_no_more_than_its_maker_holds(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    maker = await own_role(owner_connection, 61, ["department:read", "api_key:create", "number:read"])
    reader = await own_role(owner_connection, 62, ["number:read"])
    more = await own_role(owner_connection, 63, ["number:read", "billing:read"])
    kingmaker = await own_role(owner_connection, 64, ["owner:grant"])
    await grant(owner_connection, 71, NOBODY, role_id=maker, department_id=BRANCH)

    assert await refused(create(database, NOBODY, more, department_id=BRANCH)) == [("FORBIDDEN", ("roleIds",))]
    assert await refused(create(database, NOBODY, reader)) == [("FORBIDDEN", ())]
    assert await refused(create(database, ADMINISTRATOR, kingmaker)) == [("FORBIDDEN", ("roleIds",))]
    assert (await create(database, NOBODY, reader, department_id=SUB_BRANCH)).row["id"] == 100


async def test_the_old_secret_works_for_the_overlap(database: Database, owner_connection: asyncpg.Connection) -> None:
    first = await create(database)
    second = await rotate(database, 100)

    assert second.row["prefix"] == second.secret[:12] != first.secret[:12]
    now = datetime.now(UTC)
    old = await Principals(database).by_key(first.secret)
    assert old is not None
    assert old.expires_at is not None
    assert timedelta(minutes=59) < old.expires_at - now <= HOUR
    assert await enters(database, second.secret)

    await owner_connection.execute("UPDATE api_keys SET previous_until = now() WHERE id = 100")
    assert not await enters(database, first.secret)
    assert await enters(database, second.secret)
    lines = await journal(owner_connection)
    assert [line["action"] for line in lines] == ["api_key:create", "api_key:rotate"]
    assert summary("api_key:rotate", lines[1]["details"], Language.EN) == "API key “Exports” got a new secret"
    assert not {first.secret, second.secret} & {str(await everything(owner_connection))}


async def test_only_the_secret_before_the_last_rotation_overlaps(database: Database) -> None:
    first = await create(database)
    second = await rotate(database, 100)
    third = await rotate(database, 100)

    assert [await enters(database, each.secret) for each in (first, second, third)] == [False, True, True]


async def test_without_an_overlap_the_old_secret_ends_at_once(database: Database) -> None:
    first = await create(database)
    second = await rotate(database, 100, timedelta(0))

    assert [await enters(database, each.secret) for each in (first, second)] == [False, True]


async def test_no_secret_outlives_its_key(database: Database, owner_connection: asyncpg.Connection) -> None:
    first = await create(database, expires_at=datetime.now(UTC) + HOUR)
    second = await rotate(database, 100, timedelta(days=7))
    old = await Principals(database).by_key(first.secret)
    assert old is not None
    assert old.expires_at == second.row["expires_at"]

    await owner_connection.execute("UPDATE api_keys SET expires_at = now() WHERE id = 100")
    assert [await enters(database, each.secret) for each in (first, second)] == [False, False]
    assert await refused(rotate(database, 100)) == [("NOT_AVAILABLE", ("id",))]


async def test_a_revoked_key_and_its_old_secret_end_and_the_name_is_free(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    first = await create(database)
    second = await rotate(database, 100)

    await revoke(database, 100)

    assert [await enters(database, each.secret) for each in (first, second)] == [False, False]
    assert await refused(revoke(database, 100)) == [("NOT_FOUND", ("id",))]
    assert await refused(rotate(database, 100)) == [("NOT_FOUND", ("id",))]
    assert (await journal(owner_connection))[-1]["action"] == "api_key:revoke"
    assert (await create(database)).row["id"] == 101


@pytest.mark.parametrize(
    ("by", "key_id", "code"),
    [
        (AUDITOR, KEY, "FORBIDDEN"),
        (MANAGER, KEY, "NOT_FOUND"),
        (OWNER, FOREIGN_KEY, "NOT_FOUND"),
        (OWNER, 999, "NOT_FOUND"),
    ],
)
async def test_keys_of_others_stay(
    database: Database, owner_connection: asyncpg.Connection, by: int, key_id: int, code: str
) -> None:
    before = await everything(owner_connection)

    assert await refused(revoke(database, key_id, by)) == [(code, ("id",))]
    assert await refused(rotate(database, key_id, by=by)) == [(code, ("id",))]

    assert await everything(owner_connection) == before


async def test_nobody_gets_by_rotation_what_they_do_not_hold(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    janitor = await own_role(owner_connection, 61, ["api_key:read", "api_key:rotate", "number:read"])
    await grant(owner_connection, 71, NOBODY, role_id=janitor)

    assert await refused(rotate(database, KEY, by=NOBODY)) == [("FORBIDDEN", ("id",))]


@pytest.mark.parametrize("overlap", [timedelta(hours=-1), timedelta(days=7, hours=1)])
async def test_an_overlap_is_a_week_at_most(database: Database, overlap: timedelta) -> None:
    assert await refused(rotate(database, KEY, overlap)) == [("INVALID", ("overlapHours",))]


async def test_the_same_name_at_once_makes_one_key(database: Database) -> None:
    answers = await asyncio.gather(*(create(database) for _ in range(5)), return_exceptions=True)

    assert sum(isinstance(answer, NewSecret) for answer in answers) == 1


async def test_a_rotated_or_revoked_key_is_refused_in_every_process_within_a_second(
    database: Database, dsn: str
) -> None:
    old = (await create(database)).secret

    async with another_process(dsn) as other:
        assert await other.principals.by_key(old) is not None

        new = (await rotate(database, 100, timedelta(0))).secret
        await other.hears()
        assert await other.principals.by_key(old) is None
        assert await other.principals.by_key(new) is not None

        await revoke(database, 100)
        await other.hears()
        assert await other.principals.by_key(new) is None


async def test_a_repeat_makes_no_second_secret_and_shows_none(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    made = [await create(database, idempotency_key="k") for _ in range(2)]
    renewed = [await rotate(database, made[0].row["id"], idempotency_key="l") for _ in range(2)]

    assert [bool(each.secret) for each in (*made, *renewed)] == [True, False, True, False]
    assert made[0].row == made[1].row
    assert await enters(database, made[0].secret)  # a second renewal would have ended it
    assert await enters(database, renewed[0].secret)
    kept = await owner_connection.fetchval("SELECT string_agg(answer::text, ' ') FROM idempotency_keys")
    assert made[0].secret not in kept
    assert renewed[0].secret not in kept
