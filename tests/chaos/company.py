"""Somebody who asks for one bulk change after another, whatever happens to the database meanwhile."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import asyncpg
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.exc import DBAPIError

from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.kit.errors import DatabaseAway, Refusal
from gateway.models import metadata
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.operations.operation import Operation
from gateway.services import bulk_changes, bulk_steps
from gateway.services.bulk_targets import Target
from gateway.statements import Statement, Tenant
from tests.services.bulk import CATALOGUE, origin_of

T = TypeVar("T")

_CHANGES = metadata.tables["bulk_changes"]
_FIND = Statement(
    select(_CHANGES.c.status, _CHANGES.c.plan_hash).where(_CHANGES.c.id == bindparam("change_id", type_=BigInteger))
)
_MOST_TOGETHER = 150


class Customer:
    """A company that changes all of its numbers again and again, each turn by another operation."""

    def __init__(
        self, db: Database, company_id: int, number_ids: list[int], seed: int, operation: Callable[[int], Operation]
    ) -> None:
        self._db, self._company_id, self._number_ids, self._operation = db, company_id, number_ids, operation
        self._random = random.Random(seed)
        self._principal = Principal("system", 0, "chaos", (Grant(0, company_id, "owner"),))
        self.cancelled: dict[int, float] = {}
        """When changes were cancelled."""
        self.paused: set[int] = set()

    async def ask(self, over: asyncio.Event) -> None:
        """One change after another, until it is over and the last one has ended."""
        turn = 0
        while not over.is_set():
            turn += 1
            together = turn % 4 == 0
            change_id = await self._plan(turn, together=together)
            row = await self._until(change_id, "PLANNED")
            key = f"apply {change_id}"
            await persist(partial(self._apply, change_id, row["plan_hash"], key))
            match self._random.randrange(6):
                case 0:
                    await asyncio.sleep(self._random.uniform(0, 0.5))
                    await self._step(bulk_steps.cancel, change_id)
                    self.cancelled[change_id] = time.time()
                case 1:
                    self.paused.add(change_id)
                    await self._step(bulk_steps.pause, change_id)
                    await self._step(bulk_steps.resume, change_id)
            await self._until(change_id, "FINISHED", "CANCELLED")

    async def _plan(self, turn: int, *, together: bool) -> int:
        some = min(_MOST_TOGETHER, len(self._number_ids) // 2)
        ids = self._random.sample(self._number_ids, some) if together else self._number_ids
        return await persist(
            lambda: bulk_changes.plan(
                self._db,
                self._principal,
                self._company_id,
                Target(ids=ids),
                [self._operation(turn)],
                catalogue=CATALOGUE,
                on_error=BulkErrorPolicy.REJECT_ALL if together else BulkErrorPolicy.SKIP_FAILED,
                origin=origin_of(self._principal),
                idempotency_key=f"plan {turn}",
            )
        )

    async def _apply(self, change_id: int, plan_hash: str, key: str) -> None:
        await bulk_steps.apply(
            self._db,
            self._principal,
            change_id,
            plan_hash,
            catalogue=CATALOGUE,
            session_id=None,
            origin=origin_of(self._principal),
            idempotency_key=key,
        )

    async def _step(self, step: Callable[..., Awaitable[None]], change_id: int) -> None:
        """One that may come too late."""
        key = f"{step.__name__} {change_id}"
        with suppress(Refusal):
            await persist(
                lambda: step(
                    self._db, self._principal, change_id, origin=origin_of(self._principal), idempotency_key=key
                )
            )

    async def _until(self, change_id: int, *statuses: str) -> asyncpg.Record:
        while True:
            [row] = await persist(lambda: self._db.fetch(Tenant((self._company_id,)), _FIND, change_id=change_id))
            if row["status"] in statuses:
                return row
            assert row["status"] != "FAILED"
            await asyncio.sleep(0.05)


async def persist(act: Callable[[], Awaitable[T]]) -> T:
    """What it gives as soon as the database is there to do it; what was done already is repeated by its key."""
    while True:
        try:
            return await act()
        except (DatabaseAway, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError):
            await asyncio.sleep(0.1)
