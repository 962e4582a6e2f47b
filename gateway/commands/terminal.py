"""What the commands share: the terminal they write to, the database they work on, and why they do not."""

import asyncio
import contextlib
import os
from collections.abc import Iterator

import asyncpg
from rich.console import Console

from gateway.db import Database
from gateway.embedded import Embedded
from gateway.kit.errors import DatabaseAway
from gateway.kit.texts import Language
from gateway.services.companies import FoundCompany, find_companies
from gateway.settings import Settings

_OLDEST_POSTGRESQL = 15

console = Console(highlight=False, soft_wrap=True)


class Refused(Exception):
    """Why a command does not do what it was asked for, in one line."""


def language() -> Language:
    """The language of whoever sits at the terminal."""
    variables = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return Language.RU if next(filter(None, variables), "").startswith("ru") else Language.EN


@contextlib.contextmanager
def connectable(settings: Settings) -> Iterator[str]:
    """The owner's address of a database that answers: the one of the settings, or the embedded one while it is used."""
    if settings.database_url is None:
        with Embedded(settings.data_dir) as embedded:
            try:
                yield embedded.dsn()
            except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, DatabaseAway) as error:
                raise Refused(f"PostgreSQL broke down: {embedded.crash() or error}") from error
    else:
        asyncio.run(_check(settings))
        yield settings.database_url


async def _check(settings: Settings) -> None:
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=settings.connect_timeout)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Refused(f"cannot connect to GATEWAY_DATABASE_URL: {str(error) or 'no answer'}") from None
    version = connection.get_server_version().major
    await connection.close()
    if version < _OLDEST_POSTGRESQL:
        raise Refused(f"GATEWAY_DATABASE_URL is PostgreSQL {version}: {_OLDEST_POSTGRESQL} or newer is needed")


async def find_company(db: Database, inn: str) -> FoundCompany:
    """The company that a command names. Raises `Refused`."""
    for company in await find_companies(db, inn):
        return company
    raise Refused(f"there is no company with the INN {inn}")
