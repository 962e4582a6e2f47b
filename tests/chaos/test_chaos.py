"""Bulk changes while workers are killed and frozen, the database is stopped and the operator's system loses its way.

Every item is done once, none is lost, and journal, counters and the operator's ledger tell the same.
"""

import asyncio
import contextlib
import json
import os
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from gateway import embedded, worker
from gateway.db import Database
from gateway.embedded import Embedded
from gateway.migrations import migrate
from gateway.operations.labels import LabelSet
from gateway.operations.spending_limits import SpendingLimitSet
from gateway.services.journal_verification import verify
from gateway.settings import Settings
from tests.chaos.company import Customer
from tests.chaos.takeovers import Fault, Takeovers, percentile_99, spread
from tests.chaos.workers import Worker, workers
from tests.factories.operator import Operator, serving
from tests.services.fleet import COMPANY, OTHER_COMPANY, arrange

FROZEN = worker._IDLE_TIMEOUT + 1.5
"""Seconds, longer than PostgreSQL waits for a worker that stands still."""
UPSTREAM_FAULTS = 0.3
PATIENCE = 1_200
NEXT_CHUNK = 1.0
"""Seconds after which no chunk of a cancelled change begins."""

NOT_AS_COUNTED = """
SELECT id FROM bulk_changes c, LATERAL (
  SELECT count(*), count(*) FILTER (WHERE state = 'APPLIED') AS applied,
         count(*) FILTER (WHERE state = 'SKIPPED') AS skipped
  FROM bulk_items WHERE bulk_change_id = c.id
) i
WHERE (item_count, applied_count, skipped_count, failed_count + refused_count)
      IS DISTINCT FROM (i.count, i.applied, i.skipped, 0)
   OR i.count <> i.applied + i.skipped OR (i.skipped > 0 AND status <> 'CANCELLED')
   OR (on_error = 'REJECT_ALL' AND applied_count NOT IN (0, item_count))
"""
NOT_WRITTEN_ONCE = """
SELECT i.bulk_change_id, i.number_id FROM bulk_items i LEFT JOIN journal_entries e
  ON e.company_id = i.company_id AND e.bulk_change_id = i.bulk_change_id AND e.number_id = i.number_id
GROUP BY i.bulk_change_id, i.number_id, i.state HAVING count(e.id) <> (i.state = 'APPLIED')::int
"""
NOT_ONE_AFTER_ANOTHER = """
SELECT n.id FROM numbers n LEFT JOIN spending_limits s ON s.company_id = n.company_id AND s.number_id = n.id JOIN (
  SELECT number_id, before, after, lag(after) OVER w AS last, lead(id) OVER w IS NULL AS newest
  FROM (
    SELECT company_id, number_id, id,
           coalesce(before->>'label', before#>>'{spendingLimit,amountKopecks}') AS before,
           coalesce(after->>'label', after#>>'{spendingLimit,amountKopecks}') AS after
    FROM journal_entries WHERE number_id IS NOT NULL
  ) e WINDOW w AS (PARTITION BY company_id, number_id ORDER BY id)
) e ON e.number_id = n.id
WHERE e.before IS DISTINCT FROM e.last
   OR (e.newest AND e.after IS DISTINCT FROM coalesce(n.label, s.amount_kopecks::text))
"""
SENT = """
SELECT '+' || n.msisdn AS msisdn,
       jsonb_agg(jsonb_build_object('kind', e.action, 'parameters', e.details->'parameters') ORDER BY e.id) AS orders
FROM journal_entries e JOIN numbers n ON n.company_id = e.company_id AND n.id = e.number_id
WHERE e.action = 'spending_limit:set' GROUP BY n.msisdn
"""


@dataclass(frozen=True, slots=True)
class Scale:
    kills: int
    freezes: int
    stops: int
    numbers: int
    workers: int
    takeover: float | None = None
    """Seconds in which 99 of 100 claims are to be taken over, where there are enough of them to tell."""


class Chaos:
    def __init__(self, scale: Scale, seed: int, folder: Path, everybody: list[Worker]) -> None:
        self._random, self._folder, self._everybody = random.Random(seed), folder, everybody
        self._kinds = ["kill"] * scale.kills + ["freeze"] * scale.freezes + ["stop"] * scale.stops
        self._random.shuffle(self._kinds)
        self._frozen: asyncio.Task[None] | None = None
        self.faults: list[Fault] = []
        self.outages: list[float] = []
        """Seconds in which there was no database."""

    async def happen(self) -> None:
        for kind in self._kinds:
            await asyncio.sleep(self._random.uniform(0, 0.5))
            match kind:
                case "kill":
                    victim = await self._strike(kind)
                    victim.kill()
                    victim.start()
                case "freeze":
                    await self._thawed()  # one at a time: what it holds, others wait for as long as PostgreSQL does
                    victim = await self._strike(kind)
                    self._frozen = asyncio.create_task(victim.freeze(FROZEN))
                case "stop":
                    await self._thawed()
                    await self._settled()
                    await self._strike(kind)
                    await asyncio.to_thread(self._restart_database)
                    self.outages.append(time.time() - self.faults[-1].at)
        await self._thawed()
        await self._settled()

    async def _strike(self, kind: str) -> Worker:
        """Somebody who is in the midst of a chunk, or of sending orders."""
        sending = self._random.random() < 0.5
        while not (busy := [each for each in self._everybody if each.busy(sending=sending) and not each.frozen]):  # noqa: ASYNC110 -- processes tell it by shared values
            await asyncio.sleep(0.001)
        victim = self._random.choice(busy)
        self.faults.append(Fault(kind, time.time(), self._everybody if kind == "stop" else [victim]))
        return victim

    async def _thawed(self) -> None:
        if self._frozen is not None:
            await self._frozen

    async def _settled(self) -> None:
        """Until everybody is at work again after the last fault: a stop is not to hit somebody who is starting."""
        since = self.faults[-1].at if self.faults else 0
        while not all(each.claimed_at.value > since for each in self._everybody):  # noqa: ASYNC110 -- processes tell it by shared values
            await asyncio.sleep(0.05)

    def _restart_database(self) -> None:
        cluster = self._folder / "postgres"
        restart = ("pg_ctl", "restart", "-D", cluster, "-m", "immediate", "-w", "-l", cluster / "log")
        embedded._run(embedded._account(cluster), *restart)


@pytest.mark.parametrize(
    "scale",
    [
        pytest.param(Scale(kills=3, freezes=1, stops=1, numbers=300, workers=3), id="short"),
        pytest.param(
            Scale(kills=200, freezes=50, stops=20, numbers=3_000, workers=4, takeover=10),
            marks=pytest.mark.chaos,
            id="long",
        ),
    ],
)
async def test_whatever_happens_each_item_is_done_once(scale: Scale) -> None:
    seed = int(os.environ.get("SEED", random.randrange(2**32)))
    print(f"SEED={seed}")
    over, operator = asyncio.Event(), Operator(UPSTREAM_FAULTS, seed)
    async with contextlib.AsyncExitStack() as uses:
        folder = Path(uses.enter_context(tempfile.TemporaryDirectory()))  # pytest's own may be shut to PostgreSQL
        dsn = uses.enter_context(Embedded(folder)).dsn()
        await migrate(dsn)
        owner = await asyncpg.connect(dsn)
        await arrange(owner)
        await owner.execute(
            """INSERT INTO numbers (company_id, id, msisdn, kind, status, tariff_id)
               SELECT 1 + n % 2, 1000 + n, 79270000000 + n, 'VOICE', 'ACTIVE', 1 FROM generate_series(1, $1) n""",
            2 * scale.numbers,
        )
        await owner.close()
        db = Database(dsn)
        ids = range(1_001, 1_001 + 2 * scale.numbers)
        customers = [
            Customer(db, COMPANY, [*ids[1::2]], seed, lambda turn: LabelSet(f"turn {turn}")),
            Customer(db, OTHER_COMPANY, [*ids[: scale.numbers // 2 : 2]], seed, SpendingLimitSet),
        ]
        settings = Settings(database_url=dsn, bss_url=await uses.enter_async_context(serving(operator)))
        everybody = uses.enter_context(workers(settings, folder, scale.workers, chunk=50))
        chaos = Chaos(scale, seed, folder, everybody)
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
            for customer in customers:
                group.create_task(customer.ask(over))
            await chaos.happen()
            over.set()
        assert all(each.process.is_alive() for each in everybody)

        await _compare(db, dsn, operator)
        await db.close()
        paused = {change_id for customer in customers for change_id in customer.paused}
        takeovers = Takeovers(chaos.faults, everybody, paused)
    items = sum(len(claim.ids) for claim in takeovers.claims if claim.done and claim.change_id)
    print(f"{scale}: {items:,} items, {len(operator.keys):,} by {len(operator.requests):,} requests of the operator")
    seconds: dict[tuple[str, str], list[float]] = {}
    print(f"PostgreSQL was away {spread(sorted(chaos.outages))}")
    for kind in ("kill", "freeze", "stop"):
        for what in ("chunks", "orders"):
            seconds[kind, what] = takeovers.after(kind, orders=what == "orders")
            print(f"{kind}: {what} taken over {spread(seconds[kind, what])}")
    cancelled = {change_id: at for customer in customers for change_id, at in customer.cancelled.items()}
    late = [claim.began - cancelled[claim.change_id] for claim in takeovers.claims if claim.change_id in cancelled]
    print(f"{len(cancelled)} cancelled; the last chunk began {max(late, default=0):+.2f} s after")
    assert max(late, default=0) < NEXT_CHUNK
    assert scale.takeover is None or all(percentile_99(each) < scale.takeover for each in seconds.values())


async def _compare(db: Database, dsn: str, operator: Operator) -> None:
    owner = await asyncpg.connect(dsn)
    for question in (NOT_AS_COUNTED, NOT_WRITTEN_ONCE, NOT_ONE_AFTER_ANOTHER):
        assert await owner.fetch(question) == []
    await operator.settle()
    sent = {row["msisdn"]: json.loads(row["orders"]) for row in await owner.fetch(SENT)}
    assert sent == operator.ledger
    assert sum(map(len, sent.values())) == len(operator.keys)
    await owner.close()
    for company_id in (COMPANY, OTHER_COMPANY):
        assert not (await verify(db, company_id)).faults
