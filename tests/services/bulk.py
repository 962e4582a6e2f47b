"""Bulk changes as tests make them: what somebody asks for, and workers that do it."""

import json
from collections.abc import Sequence
from typing import Any

import asyncpg

from authz.principal import Principal
from gateway.db import Database
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.models.journal import Channel
from gateway.operations.operation import Operation
from gateway.ports.bss import Bss
from gateway.services import bulk_changes, bulk_steps
from gateway.services.bulk_plans import make_plan
from gateway.services.bulk_runs import finish, run_chunk
from gateway.services.bulk_targets import Target
from gateway.services.journal import Origin
from tests.services.fleet import ADMINISTRATOR, COMPANY, LAST_NUMBER, NUMBER
from tests.unit.operations.catalogues import catalogue

CATALOGUE = catalogue()
EVERY = tuple(range(NUMBER, LAST_NUMBER + 1))


def origin_of(principal: Principal) -> Origin:
    return Origin.of(principal, Channel.PORTAL, "c0ffee")


class Bulk:
    """One database, seen by people who ask and by a worker that does, through the operator's system if there is one."""

    bss: Bss | None = None

    def __init__(self, database: Database, connection: asyncpg.Connection) -> None:
        self.database, self.connection = database, connection

    async def ask(
        self,
        *operations: Operation,
        principal: Principal = ADMINISTRATOR,
        target: Target | Sequence[int] = EVERY,
        on_error: BulkErrorPolicy = BulkErrorPolicy.SKIP_FAILED,
        **options: Any,
    ) -> int:
        """Records a bulk change, not yet planned."""
        wanted = target if isinstance(target, Target) else Target(ids=list(target))
        return await bulk_changes.plan(
            self.database,
            principal,
            COMPANY,
            wanted,
            operations,
            catalogue=CATALOGUE,
            on_error=on_error,
            origin=origin_of(principal),
            **options,
        )

    async def plan(self, *operations: Operation, **options: Any) -> int:
        """A planned bulk change."""
        return await self.make(await self.ask(*operations, **options))

    async def make(self, change_id: int) -> int:
        """Plans what was recorded."""
        assert await make_plan(self.database, COMPANY, change_id, catalogue=CATALOGUE)
        return change_id

    async def apply(self, change_id: int, principal: Principal = ADMINISTRATOR, **options: Any) -> None:
        options.setdefault("plan_hash", (await self.row(change_id))["plan_hash"])
        await bulk_steps.apply(
            self.database,
            principal,
            change_id,
            catalogue=CATALOGUE,
            session_id=principal.id,
            origin=origin_of(principal),
            **options,
        )

    async def work(self, change_id: int) -> int:
        """Runs a change to its end, as one worker; how many chunks there were."""
        chunks = 0
        while await run_chunk(self.database, COMPANY, change_id, catalogue=CATALOGUE, bss=self.bss):
            chunks += 1
        await finish(self.database, COMPANY, change_id)
        return chunks

    async def done(self, *operations: Operation, **options: Any) -> int:
        """A change that was planned, applied and run."""
        change_id = await self.plan(*operations, **options)
        await self.apply(change_id)
        await self.work(change_id)
        return change_id

    async def row(self, change_id: int) -> asyncpg.Record:
        [row] = await self.connection.fetch("SELECT * FROM bulk_changes WHERE id = $1", change_id)
        return row

    async def status(self, change_id: int) -> str:
        return str((await self.row(change_id))["status"])

    async def errors(self, change_id: int) -> dict[int, str | None]:
        """Why each number was refused or failed, by its id."""
        return {
            item["number_id"]: item["error"] and json.loads(item["error"])["code"]
            for item in await self.items(change_id)
        }

    async def counts(self, change_id: int) -> dict[str, int]:
        """The counters that are not zero, after a look that they are those of the items."""
        row = await self.row(change_id)
        states = {
            each["state"]: each["count"]
            for each in await self.connection.fetch(
                "SELECT state, count(*) FROM bulk_items WHERE bulk_change_id = $1 GROUP BY state", change_id
            )
        }
        counters = {name: row[f"{name.lower()}_count"] for name in ("REFUSED", "APPLIED", "FAILED", "SKIPPED")}
        assert counters == {name: states.get(name, 0) for name in counters}
        assert row["item_count"] == sum(states.values())
        return states

    async def items(self, change_id: int) -> list[asyncpg.Record]:
        return await self.connection.fetch(
            "SELECT * FROM bulk_items WHERE bulk_change_id = $1 ORDER BY msisdn", change_id
        )
