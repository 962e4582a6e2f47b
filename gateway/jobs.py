"""What workers do: bulk changes, one piece after another and companies in turn, and what is due by the clock."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import NamedTuple

import structlog

from gateway.db import Database
from gateway.loaders.catalogue import CatalogueCache
from gateway.models.bulk_changes import BulkChangeStatus
from gateway.ports.bss import Bss
from gateway.services import idempotency, uploads
from gateway.services.bulk_plans import give_up, make_plan
from gateway.services.bulk_runs import DueChange, begin_scheduled, find_due, finish, run_chunk
from gateway.services.companies import find_companies
from gateway.services.endings import end_what_is_due
from gateway.services.orders import send_due
from gateway.telemetry import traces
from gateway.telemetry.metrics import JOB_SECONDS

MOST_TRIES = 5
"""How often a worker tries to make a plan that fails by a fault of ours."""

log = structlog.get_logger(__name__)


class _Timed(NamedTuple):
    """Something to do every so often; it answers whether there may be more of it right now."""

    name: str
    every: timedelta
    act: Callable[[], Awaitable[bool]]


class Jobs:
    """The work of one worker: bulk changes by `turn`, and by `tick` what is not to wait for a piece of them.

    Any number of workers may do it at once: what one is at, others pass by.
    """

    def __init__(self, db: Database, catalogue: CatalogueCache, bss: Bss | None = None) -> None:
        self._db, self._catalogue, self._bss = db, catalogue, bss
        self._turns = 0
        self._served: dict[tuple[int, int], int] = {}
        """When companies, and changes of them, had their last turn."""
        self._failures: Counter[tuple[int, int]] = Counter()
        """How often changes could not be planned."""
        self._timetable = (
            _Timed("endings", timedelta(seconds=15), self._end_what_is_due),
            _Timed("orders", timedelta(seconds=1), self._send_due_orders),
            _Timed("what is kept for a day", timedelta(hours=1), self._forget),
        )
        self._next = dict.fromkeys(self._timetable, datetime.min.replace(tzinfo=UTC))

    async def tick(self) -> bool:
        """Does what is due by the clock; False when nothing more is now."""
        moment = datetime.now(UTC)
        due = [timed for timed in self._timetable if self._next[timed] <= moment]
        more = False
        for timed in due:
            self._next[timed] = moment + timed.every
            if await _observed(timed.name, timed.act()):
                self._next[timed], more = moment, True
        return more

    async def turn(self) -> bool:
        """Does the next piece of a bulk change; False when there is none now."""
        due = await find_due(self._db)
        self._served = {key: self._served.get(key, 0) for each in due for key in _keys(each)}
        self._failures = Counter({key: self._failures[key] for key in self._served})
        for each in sorted(due, key=lambda each: [self._served[key] for key in _keys(each)]):
            self._turns += 1
            self._served |= dict.fromkeys(_keys(each), self._turns)
            if await self._move(each):
                return True
        return False

    async def _move(self, due: DueChange) -> bool:
        db, place, catalogue = self._db, (due.company_id, due.id), self._catalogue.current()
        match due.status:
            case BulkChangeStatus.PLANNING:
                return await self._plan(*place)
            case BulkChangeStatus.SCHEDULED:
                return await _observed("bulk begin", begin_scheduled(db, *place))
            case BulkChangeStatus.RUNNING if await _observed(
                "bulk chunk", run_chunk(db, *place, catalogue=catalogue, bss=self._bss)
            ):
                return True
            case _:
                return await _observed("bulk finish", finish(db, *place))

    async def _plan(self, company_id: int, change_id: int) -> bool:
        try:
            planning = make_plan(self._db, company_id, change_id, catalogue=self._catalogue.current())
            return await _observed("bulk plan", planning)
        except Exception:
            self._failures[company_id, change_id] += 1
            if self._failures[company_id, change_id] < MOST_TRIES:
                raise
            log.exception("bulk.given_up", company_id=company_id, bulk_change_id=change_id)
            await give_up(self._db, company_id, change_id, MOST_TRIES)
            return True

    async def _end_what_is_due(self) -> bool:
        return await end_what_is_due(self._db, catalogue=self._catalogue.current(), bss=self._bss) > 0

    async def _send_due_orders(self) -> bool:
        return self._bss is not None and await send_due(self._db, self._bss) > 0

    async def _forget(self) -> bool:
        companies, moment = [company.id for company in await find_companies(self._db)], datetime.now(UTC)
        await idempotency.forget(self._db, companies, moment)
        await uploads.forget(self._db, companies, moment)
        return False


async def _observed(job: str, work: Awaitable[bool]) -> bool:
    """What a piece of work answers, measured: done, idle where there was nothing to do, or failed."""
    begun, outcome = perf_counter(), "failed"
    try:
        with traces.span(f"job {job}"):
            done = await work
        outcome = "done" if done else "idle"
        return done
    finally:
        JOB_SECONDS.observe(perf_counter() - begun, job, outcome)


def _keys(due: DueChange) -> tuple[tuple[int, int], tuple[int, int]]:
    """A company, and a change of it."""
    return (due.company_id, 0), (due.company_id, due.id)
