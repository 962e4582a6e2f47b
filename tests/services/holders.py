"""Who holds what in the two companies of the fleet, as rows; and another process that hears of changes."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import asyncpg
import pytest

from authz.principal import Principal
from authz.roles import BuiltInRole
from gateway.db import Database
from gateway.kit.errors import Refusal, Refusals
from gateway.models.access import built_in_role_id
from gateway.models.journal import Channel
from gateway.services.journal import Origin
from gateway.services.principals import Principals, load_administrator
from tests.services.fleet import BRANCH, COMPANY, OTHER_COMPANY, arrange, insert

OWNER, ADMINISTRATOR, MANAGER, AUDITOR, NOBODY, FOREIGN_OWNER, FOREIGN_AUDITOR = range(1, 8)
SUB_BRANCH = 13
OWN_ROLE, FOREIGN_ROLE = 21, 22
KEY, FOREIGN_KEY = 31, 32
OWNER_GRANT, ADMINISTRATOR_GRANT, MANAGER_GRANT, AUDITOR_GRANT, FOREIGN_GRANT, KEY_GRANT = range(41, 47)
NAMES = {
    OWNER: "Olga",
    ADMINISTRATOR: "Anna",
    MANAGER: "Maria",
    AUDITOR: "Audrey",
    NOBODY: "Nobody",
    FOREIGN_OWNER: "Fedor",
    FOREIGN_AUDITOR: "Foma",
}
ROLES = {role: built_in_role_id(role) for role in BuiltInRole}

_ROWS = "SELECT * FROM %I ORDER BY 1, 2"


async def settle(connection: asyncpg.Connection) -> None:
    """The fleet and its people. The company's own role 21 allows number:read and denies option:connect."""
    await arrange(connection)
    sub_branch = {"name": "Sub-branch", "parent_id": BRANCH, "ancestor_ids": [BRANCH, SUB_BRANCH]}
    await insert(
        connection,
        "departments",
        {"company_id": COMPANY, "id": SUB_BRANCH, "path": ["Branch", "Sub-branch"], **sub_branch},
    )
    people = [
        {"id": id, "name": name, "email": f"{name.lower()}@company.example", "language": "EN"}
        for id, name in NAMES.items()
    ]
    await insert(connection, "administrators", *people)
    await insert(
        connection,
        "roles",
        {
            "company_id": COMPANY,
            "id": OWN_ROLE,
            "name": "Reader",
            "allows": ["number:read"],
            "denies": ["option:connect"],
        },
        {"company_id": OTHER_COMPANY, "id": FOREIGN_ROLE, "name": "Canary", "allows": ["number:read"], "denies": []},
    )
    await insert(
        connection,
        "api_keys",
        {"company_id": COMPANY, "id": KEY, "name": "Reports", "prefix": "gw_live_abcd", "secret_hash": b"1"},
        {"company_id": OTHER_COMPANY, "id": FOREIGN_KEY, "name": "Canary", "prefix": "gw_live_", "secret_hash": b"2"},
    )
    for name in ("administrators", "grants", "roles", "api_keys"):
        await connection.execute(
            await connection.fetchval("SELECT format('ALTER SEQUENCE %I RESTART WITH 100', $1::text)", f"{name}_id_seq")
        )
    await grant(connection, OWNER_GRANT, OWNER, role="owner")
    await grant(connection, ADMINISTRATOR_GRANT, ADMINISTRATOR, role="administrator")
    await grant(connection, MANAGER_GRANT, MANAGER, role="manager", department_id=BRANCH)
    await grant(connection, AUDITOR_GRANT, AUDITOR, role="auditor")
    await grant(connection, FOREIGN_GRANT, FOREIGN_OWNER, role="owner", company_id=OTHER_COMPANY)
    await grant(connection, 47, FOREIGN_AUDITOR, role="auditor", company_id=OTHER_COMPANY)
    await grant(connection, KEY_GRANT, None, api_key_id=KEY, role="reporting")


async def prove(connection: asyncpg.Connection) -> None:
    """Gives everybody a session, by their own number, in which they have just proved who they are."""
    await connection.execute(
        "INSERT INTO sessions (id, administrator_id, token_hash, device, ip, expires_at, stepped_up_at) "
        "SELECT id, id, id::text::bytea, '', '', now() + interval '1 hour', now() FROM administrators"
    )
    await connection.execute("SELECT setval('sessions_id_seq', 100)")


async def grant(
    connection: asyncpg.Connection,
    grant_id: int,
    administrator_id: int | None,
    *,
    role: str | None = None,
    role_id: int | None = None,
    department_id: int | None = None,
    api_key_id: int | None = None,
    company_id: int = COMPANY,
) -> None:
    """A grant that is simply there."""
    row = {
        "company_id": company_id,
        "id": grant_id,
        "administrator_id": administrator_id,
        "api_key_id": api_key_id,
        "role": role,
        "role_id": role_id,
        "department_id": department_id,
    }
    await insert(connection, "grants", row)


async def own_role(
    connection: asyncpg.Connection, role_id: int, allows: Sequence[str], denies: Sequence[str] = ()
) -> int:
    """A role of the company that is simply there."""
    row = {"company_id": COMPANY, "id": role_id, "name": f"Role {role_id}", "allows": allows, "denies": denies}
    await insert(connection, "roles", row)
    return role_id


async def person(database: Database, administrator_id: int) -> Principal:
    """What they hold now."""
    return await load_administrator(database, administrator_id, NAMES.get(administrator_id, "Somebody"))


def origin(principal: Principal) -> Origin:
    return Origin.of(principal, Channel.PORTAL, "c0ffee")


async def refused(attempt: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Codes and fields of the refusals that it raises."""
    with pytest.raises((Refusal, Refusals)) as told:
        await attempt
    refusals = told.value.refusals if isinstance(told.value, Refusals) else (told.value,)
    return [(each.code, each.field) for each in refusals if isinstance(each, Refusal)]


async def everything(connection: asyncpg.Connection) -> list[Any]:
    """All rows that say who may do what, and the journal: what a refusal must leave as it is."""
    tables = ("administrators", "roles", "grants", "api_keys", "journal_entries", "journal_heads")
    statements = [await connection.fetchval("SELECT format($1::text, $2::text)", _ROWS, name) for name in tables]
    return [[tuple(row) for row in await connection.fetch(statement)] for statement in statements]


async def journal(connection: asyncpg.Connection, company_id: int = COMPANY) -> list[dict[str, Any]]:
    """The journal's lines, oldest first."""
    lines = await connection.fetch(
        """SELECT actor_name, action, subject, before, after, details FROM journal_entries
           WHERE company_id = $1 ORDER BY id""",
        company_id,
    )
    json_columns = ("before", "after", "details")
    return [
        {name: json.loads(value) if name in json_columns and value else value for name, value in line.items()}
        for line in lines
    ]


class Process:
    """Another process on the same database, as far as it knows principals."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.principals = Principals(database)
        self._heard = asyncio.Event()

    async def open(self) -> None:
        await self._database.open()
        await self.principals.open()
        await self._database.listen("access", lambda _: self._heard.set())

    async def hears(self) -> None:
        """Waits for the notice of a change, which must come within a second."""
        async with asyncio.timeout(1):
            await self._heard.wait()
        self._heard.clear()


@contextlib.asynccontextmanager
async def another_process(dsn: str) -> AsyncIterator[Process]:
    database = Database(dsn)
    process = Process(database)
    try:
        await process.open()
        yield process
    finally:
        await database.close()
