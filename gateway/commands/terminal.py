"""What the commands share: the terminal they write to, the database they work on, and why they do not."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from typing import Self

import asyncpg
from rich.console import Console

from gateway.db import Database
from gateway.embedded import Embedded
from gateway.kit.errors import DatabaseAway, Refusal, Refusals
from gateway.kit.texts import Language, Text, Value
from gateway.services.companies import FoundCompany, find_companies
from gateway.settings import Settings

_OLDEST_POSTGRESQL = 15
_NO_DATA = Text(
    en="there are no data here ({folder}): run this where `gateway demo` or `gateway serve` was started, or set "
    "GATEWAY_DATA_DIR or GATEWAY_DATABASE_URL",
    ru="здесь нет данных ({folder}): выполните команду там, где запускали `gateway demo` или `gateway serve`, либо "
    "задайте GATEWAY_DATA_DIR или GATEWAY_DATABASE_URL",
)
_BROKE_DOWN = Text(en="PostgreSQL broke down: {why}", ru="PostgreSQL аварийно остановился: {why}")
_CANNOT_CONNECT = Text(
    en="cannot connect to GATEWAY_DATABASE_URL: {why}", ru="не удаётся подключиться к GATEWAY_DATABASE_URL: {why}"
)
_NO_ANSWER = Text(en="no answer", ru="нет ответа")
_TOO_OLD = Text(
    en="GATEWAY_DATABASE_URL is PostgreSQL {version}: {oldest} or newer is needed",
    ru="в GATEWAY_DATABASE_URL — PostgreSQL {version}, а нужен {oldest} или новее",
)
_NO_COMPANY = Text(en="there is no company with the INN {inn}", ru="компании с ИНН {inn} нет")

console = Console(highlight=False, soft_wrap=True)


class Refused(Exception):
    """Why a command does not do what it was asked for, in one line."""

    @classmethod
    def because(cls, text: Text, **values: Value) -> Self:
        return cls(said(text, **values))


def language() -> Language:
    """The language of whoever sits at the terminal."""
    variables = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return Language.RU if next(filter(None, variables), "").startswith("ru") else Language.EN


def said(text: Text, **values: Value) -> str:
    """A text in the language of the terminal."""
    return text.render(language(), **values)


def told(refused: Refusal | Refusals) -> str:
    """What business refusals say, with the ways out."""
    refusals = [refused] if isinstance(refused, Refusal) else refused.refusals
    messages = (message for each in refusals for message in (each.message, each.hint) if message is not None)
    return " ".join(message.render(language()) for message in messages)


@contextlib.contextmanager
def connectable(settings: Settings, *, makes: bool = False) -> Iterator[str]:
    """The owner's address of a database that answers: the one of the settings, or the embedded one while it is used.

    Only a command that `makes` data starts an embedded one where there is none.
    """
    if settings.database_url is None:
        if not makes and not (settings.data_dir / "postgres").exists():
            raise Refused.because(_NO_DATA, folder=str(settings.data_dir.absolute()))
        with Embedded(settings.data_dir) as embedded:
            try:
                yield embedded.dsn()
            except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, DatabaseAway) as error:
                raise Refused.because(_BROKE_DOWN, why=str(embedded.crash() or error)) from error
    else:
        asyncio.run(_check(settings))
        yield settings.database_url


async def _check(settings: Settings) -> None:
    try:
        connection = await asyncpg.connect(settings.database_url, timeout=settings.connect_timeout)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Refused.because(_CANNOT_CONNECT, why=str(error) or _NO_ANSWER) from None
    version = connection.get_server_version().major
    await connection.close()
    if version < _OLDEST_POSTGRESQL:
        raise Refused.because(_TOO_OLD, version=version, oldest=_OLDEST_POSTGRESQL)


async def find_company(db: Database, inn: str) -> FoundCompany:
    """The company that a command names. Raises `Refused`."""
    for company in await find_companies(db, inn):
        return company
    raise Refused.because(_NO_COMPANY, inn=inn)
