"""When a key was last used."""

from datetime import UTC, datetime

import asyncpg
import pytest

from authz.roles import BuiltInRole
from gateway.db import Database
from gateway.services import api_keys
from gateway.services.principals import Principals
from tests.services.fleet import COMPANY
from tests.services.holders import ADMINISTRATOR, ROLES, origin, person

pytestmark = pytest.mark.usefixtures("proven_holders")


async def enter(database: Database, secret: str) -> None:
    """Looks the key up, in a process that has not seen it before."""
    assert await Principals(database).by_key(secret) is not None


async def test_use_is_noted_at_most_once_a_minute(database: Database, owner_connection: asyncpg.Connection) -> None:
    maker = await person(database, ADMINISTRATOR)
    roles = (ROLES[BuiltInRole.REPORTING],)
    made = await api_keys.create(
        database, maker, COMPANY, "Exports", roles, session_id=ADMINISTRATOR, origin=origin(maker)
    )

    async def used_at() -> datetime | None:
        noted: datetime | None = await owner_connection.fetchval("SELECT last_used_at FROM api_keys WHERE id = 100")
        return noted

    started = datetime.now(UTC)
    await enter(database, made.secret)
    first = await used_at()
    assert first is not None
    assert started <= first <= datetime.now(UTC)

    await enter(database, made.secret)
    assert await used_at() == first

    await owner_connection.execute("UPDATE api_keys SET last_used_at = last_used_at - interval '61 s' WHERE id = 100")
    await enter(database, made.secret)
    assert (await used_at() or started) >= first
