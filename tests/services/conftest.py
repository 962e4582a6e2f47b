"""What tests of services stand on: bulk changes of people whose roles are in the database, browsers, and a clock."""

import asyncpg
import pytest

from gateway.db import Database
from gateway.services import visits
from tests.services.authenticator import Clock
from tests.services.bulk import Bulk
from tests.services.fleet import BRANCH, COMPANY, arrange, insert
from tests.services.people import Browser


@pytest.fixture
async def bulk(database: Database, owner_connection: asyncpg.Connection, clean_tables: None) -> Bulk:
    """Anna is an administrator, Boris the manager of the branch, Olga an owner; all have just proved who they are."""
    await arrange(owner_connection)
    for id, role, department_id in ((5, "administrator", None), (6, "manager", BRANCH), (9, "owner", None)):
        await insert(owner_connection, "administrators", {"id": id, "name": f"Person {id}", "language": "EN"})
        grant = {"company_id": COMPANY, "administrator_id": id, "role": role, "department_id": department_id}
        await insert(owner_connection, "grants", grant)
        await owner_connection.execute(
            "INSERT INTO sessions (id, administrator_id, token_hash, device, ip, expires_at, stepped_up_at) "
            "VALUES ($1::bigint, $1, $1::text::bytea, '', '', now() + interval '1 hour', now())",
            id,
        )
    return Bulk(database, owner_connection)


@pytest.fixture
def browser(database: Database, people: None, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Where people sign in; refusals do not take their time."""
    monkeypatch.setattr(visits, "_REFUSED_AFTER", 0.001)
    return Browser(database)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of authenticator apps, which stands still."""
    clock = Clock()
    monkeypatch.setattr("gateway.services.second_factors.time.time", clock.time)
    return clock
