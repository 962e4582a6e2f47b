"""The history of the tables: `migrate()` brings a database to the newest revision."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_ONE_AT_A_TIME = 7_046_029_254_386_353_131  # the advisory lock that processes starting together queue for


async def migrate(dsn: str) -> None:
    """Upgrades the database at `dsn`, whose user owns the tables, in one transaction; a second caller waits.

    Raises OSError, asyncpg.PostgresError or sqlalchemy.exc.DBAPIError.
    """
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool
    )
    async with engine.begin() as connection:
        await connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        await connection.run_sync(_upgrade)


def outgrown() -> frozenset[str]:
    """The revisions that this release needs to be upgraded first; what a later release brings is none of them."""
    revisions = [each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()]
    return frozenset(revisions[1:])


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
