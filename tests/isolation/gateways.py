"""The gateway over one world of rows: whole, or with one of its two fences taken away."""

import asyncio
import contextlib
import re
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import asyncpg
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from authz.principal import Principal
from gateway.db import Database
from gateway.execution import Engine
from gateway.kit.errors import GatewayErrorCode
from gateway.kit.texts import Language
from gateway.loaders.catalogue import CatalogueCache
from gateway.models.journal import Channel
from gateway.services.updates import Updates
from gateway.statements import Statement, Tenant
from gateway.transport.answers import present_all
from schema.context import Context
from tests.isolation.callers import Caller, deceived
from tests.isolation.operations import Operation
from tests.isolation.patches import OWN, Patch


class Fences(Enum):
    """What keeps the companies apart."""

    BOTH = "both"
    ROWS = "row-level security alone: the gateway takes every caller for the owner of every company"
    SCOPE = "the scope in SQL alone: the database shows the gateway every row"
    NONE = "neither"


@dataclass(frozen=True)
class Answer:
    """What a caller gets: the data, and all of it as text; and how often the gateway ran which statement for it."""

    data: Any
    text: str
    statements: Counter[str]


_statements: ContextVar[Counter[str]] = ContextVar("statements")
_THIS_YEAR = re.compile(rf'"{datetime.now(UTC).year}-\d\d-\d\dT[\d:.+]+"')
"""Moments at which the gateway noted something: the rows of patches hold others."""
_OF_CONNECTIONS = re.compile(r"set_config|pg_catalog|^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)|^show ")


class WatchedDatabase(Database):
    """Counts statements for whoever asks. Without the fence of rows it connects as their owner."""

    def __init__(self, dsn: str, fences: Fences) -> None:
        super().__init__(dsn, readers=4, writers=2)
        self._fences = fences
        if fences in (Fences.SCOPE, Fences.NONE):
            self._server_settings["role"] = "none"

    async def fetch(self, tenant: Tenant, statement: Statement, **parameters: object) -> list[asyncpg.Record]:
        _count(statement.sql)
        return await super().fetch(self._true(tenant), statement, **parameters)

    @contextlib.asynccontextmanager
    async def transaction(self, tenant: Tenant) -> AsyncIterator[AsyncSession]:
        async with super().transaction(self._true(tenant)) as session:
            yield session

    def _true(self, tenant: Tenant) -> Tenant:
        """Whom row-level security takes the caller for, whatever the gateway believes."""
        if self._fences is Fences.ROWS:
            return Tenant(tuple(company for company in tenant.companies if company == OWN.company_id))
        return tenant

    async def _connect(self, **settings: str) -> Any:
        connection = await super()._connect(**settings)
        if not settings:  # for transactions; those for reads say whose the session is along with the statement
            connection.add_query_logger(lambda record: _count(record.query))
        return connection


def _count(statement: str) -> None:
    counter = _statements.get(None)
    if counter is not None and not _OF_CONNECTIONS.search(statement):
        counter[statement] += 1


@dataclass(frozen=True)
class Gateway:
    """Asked in process, without HTTP. `dsn` is the address of its database for the owner."""

    dsn: str
    db: WatchedDatabase
    catalogue: CatalogueCache
    updates: Updates
    engine: Engine
    fences: Fences
    _principals: dict[Caller, Principal | None] = field(default_factory=dict)

    @classmethod
    @contextlib.asynccontextmanager
    async def over(cls, dsn: str, engine: Engine, fences: Fences = Fences.BOTH) -> "AsyncIterator[Gateway]":
        db = WatchedDatabase(dsn, fences)
        await db.open()
        catalogue = CatalogueCache(db)
        await catalogue.open()
        try:
            yield cls(dsn, db, catalogue, Updates(db), engine, fences)
        finally:
            await catalogue.close()
            await db.close()

    async def principal(self, caller: Caller) -> Principal | None:
        """Whom the gateway takes the caller for, found out once."""
        if caller not in self._principals:
            principal = await caller.principal(self.db)
            deceiving = self.fences in (Fences.ROWS, Fences.NONE)
            self._principals[caller] = deceived(principal) if deceiving else principal
        return self._principals[caller]

    async def ask(self, caller: Caller, principal: Principal | None, operation: Operation) -> Answer:
        counter: Counter[str] = Counter()
        token = _statements.set(counter)
        context = Context(
            principal=principal and replace(principal),  # what is remembered of a principal must not tell asks apart
            language=Language.EN,
            channel=Channel.PORTAL,
            correlation_id="correlation",
            db=self.db,
            catalogue=self.catalogue.current(),
            updates=self.updates,
            engine=self.engine,
            session_id=caller.id if caller.kind == "administrator" else None,
        )
        result = await self.engine.execute(operation.document, operation.variables, None, context)
        _statements.reset(token)
        assert self.engine.prepare(operation.document).errors == [], operation
        answer = {"data": result.data, "errors": present_all(result.errors, Language.EN, "correlation")}
        text = _THIS_YEAR.sub('"now"', orjson.dumps(answer).decode())
        return Answer(orjson.loads(text)["data"], text, counter)

    async def ask_all(self, caller: Caller, operations: Sequence[Operation], at_once: int = 4) -> list[Answer]:
        """The answers to operations, so many of them at a time."""
        principal = await self.principal(caller)
        turns = asyncio.Semaphore(at_once)

        async def ask(operation: Operation) -> Answer:
            async with turns:
                return await self.ask(caller, principal, operation)

        return list(await asyncio.gather(*map(ask, operations)))


_CURSOR = re.compile(r'"1[\w-]{4}([\w-]{4,})"')


def readable(text: str) -> str:
    """A text with what its cursors say."""
    packed = [found[1] for found in _CURSOR.finditer(text)]
    return text + "".join(b64decode(each[: len(each) // 4 * 4], b"-_").decode(errors="replace") for each in packed)


def cursors(answers: Sequence[Answer]) -> list[str]:
    """A cursor of each order in these answers."""
    found = {match[0].strip('"') for answer in answers for match in _CURSOR.finditer(answer.text)}
    return list({each[:5]: each for each in sorted(found)}.values())


def leaks(blind_to: Sequence[Patch], operations: Sequence[Operation], answers: Sequence[Answer]) -> list[str]:
    """What these answers tell of patches that the caller must not see, or of the gateway's insides."""
    found = []
    for operation, answer in zip(operations, answers, strict=True):
        text, said = readable(answer.text), readable(orjson.dumps(operation.variables).decode())
        traces = [trace for patch in blind_to for trace in patch.traces.findall(text)]
        traces += [each for patch in blind_to for each in patch.numerals if each in text and each not in said]
        if traces or f'"{GatewayErrorCode.INTERNAL}"' in answer.text:  # an enum of the schema names it, too
            found.append(f"{traces} in {operation}\n{answer.text[:2000]}")
    return found


def differences(operations: Sequence[Operation], answers: Sequence[Answer], others: Sequence[Answer]) -> list[str]:
    """Where answers differ, if only in the statements that they took."""
    return [
        f"{operation}\n{one.text[:2000]}\n{other.text[:2000]}\n{one.statements - other.statements}"
        for operation, one, other in zip(operations, answers, others, strict=True)
        if (one.text, one.statements) != (other.text, other.statements)
    ]
