"""Whether the database can serve this release."""

import asyncio
from enum import StrEnum
from functools import cache

import asyncpg
from sqlalchemy import column, select, table

from gateway.db import Database
from gateway.kit.errors import DatabaseAway
from gateway.migrations import outgrown
from gateway.statements import Statement, Tenant

_REVISION = Statement(select(column("version_num")).select_from(table("alembic_version")))
_PATIENCE = 3
"""Seconds for the database to answer."""


class Obstacle(StrEnum):
    """What keeps a process from serving."""

    DRAINING = "draining"
    DATABASE = "database does not answer"
    MIGRATION = "database is not migrated to this release"


async def obstacle(db: Database) -> Obstacle | None:
    """What is wrong with the database. One that a later release has migrated is fine: releases overlap."""
    try:
        async with asyncio.timeout(_PATIENCE):
            (row,) = await db.fetch(Tenant(), _REVISION)
    except asyncpg.UndefinedTableError:
        return Obstacle.MIGRATION
    except (DatabaseAway, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return Obstacle.DATABASE
    return Obstacle.MIGRATION if row["version_num"] in _outgrown() else None


_outgrown = cache(outgrown)
