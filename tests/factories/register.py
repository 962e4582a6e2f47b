"""The register of register.sql: who reads it, and a schema over it that counts statements."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from graphql import GraphQLError

from authz.enforcer import Effect, Rule, extended
from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.execution import Engine, Limits
from gateway.kit.texts import Language
from gateway.loaders.catalogue import CatalogueCache
from gateway.models.journal import Channel
from gateway.services.updates import Updates
from gateway.statements import Statement, Tenant
from schema.context import Context
from schema.root import build_schema

SQL = Path(__file__).with_suffix(".sql").read_text("utf-8")

WIDE = Limits(cost=10**9)
"""Tests of other things ask for everything at once."""
SIZE = 5_000
"""Numbers of company 1; their ids are 1 to SIZE."""

OWNER = Principal("administrator", 1, "Owner of both", (Grant(1, 1, "owner"), Grant(2, 2, "owner")))
MANAGER = Principal("administrator", 2, "Manager of North", (Grant(3, 1, "manager", frozenset({2, 3})),))
"""Holds department 2 and the one below, 3, of company 1."""
FOREIGN_OWNER = Principal("administrator", 3, "Canary", (Grant(4, 3, "owner"),))
MIXED = Principal(
    "administrator",
    4,
    "Auditor of the head, manager of the other",
    (Grant(6, 1, "auditor"), Grant(7, 2, "manager", frozenset({5}))),
)
REPORTING = Principal("api_key", 1, "Reports", (Grant(5, 1, "reporting"),))
WITHOUT_EMPLOYEES = Principal(
    "administrator",
    1,
    "May read numbers only",
    (Grant(1, 1, "own"),),
    extended(frozenset({Rule("own", "number:read", Effect.ALLOW), Rule("own", "company:read", Effect.ALLOW)})),
)


class CountingDatabase(Database):
    """Remembers the statements that ran."""

    statements: list[str]

    async def fetch(self, tenant: Tenant, statement: Statement, **parameters: object) -> list[asyncpg.Record]:
        self.statements.append(statement.sql)
        return await super().fetch(tenant, statement, **parameters)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller gets: the data, and the causes of the errors by path."""

    data: Any
    errors: list[GraphQLError] = field(default_factory=list)

    @property
    def causes(self) -> list[Any]:
        return [_cause(error) for error in self.errors]


def _cause(error: GraphQLError) -> Exception:
    cause = error.original_error
    return error if cause is None else _cause(cause) if isinstance(cause, GraphQLError) else cause


@dataclass(frozen=True, slots=True)
class Register:
    """A schema over the register."""

    db: CountingDatabase
    connection: asyncpg.Connection
    catalogue: CatalogueCache
    updates: Updates
    engine: Engine

    @classmethod
    async def open(cls, dsn: str) -> "Register":
        connection = await asyncpg.connect(dsn)
        await connection.execute(SQL)
        db = CountingDatabase(dsn)
        db.statements = []
        await db.open()
        catalogue = CatalogueCache(db)
        await catalogue.open()
        updates = Updates(db)
        await updates.open()
        return cls(db, connection, catalogue, updates, Engine(build_schema(), limits=WIDE))

    async def close(self) -> None:
        await self.catalogue.close()
        await self.db.close()
        await self.connection.close()

    async def execute(self, sql: str, *parameters: object) -> None:
        """Changes rows as their owner, whom no row-level security binds."""
        await self.connection.execute(sql, *parameters)

    async def ask(
        self,
        source: str,
        variables: Mapping[str, object] | None = None,
        *,
        by: Principal | None = OWNER,
        language: Language = Language.EN,
        session_id: int | None = None,
    ) -> Answer:
        """The answer to an operation; afterwards `db.statements` are those that it took."""
        context = self.context(by, language=language, session_id=session_id)
        self.db.statements.clear()
        result = await self.engine.execute(source, variables, None, context)
        return Answer(orjson.loads(orjson.dumps(result.data)), result.errors)

    def context(self, by: Principal | None = OWNER, **more: Any) -> Context:
        """What a request of theirs carries."""
        return Context(
            principal=by,
            language=more.pop("language", Language.EN),
            channel=Channel.PORTAL,
            correlation_id="test",
            db=self.db,
            catalogue=self.catalogue.current(),
            updates=self.updates,
            engine=self.engine,
            **more,
        )

    async def data(self, source: str, variables: Mapping[str, object] | None = None, **options: Any) -> Any:
        """The data of an answer that has no errors."""
        answer = await self.ask(source, variables, **options)
        assert not answer.errors, answer.causes
        return answer.data
