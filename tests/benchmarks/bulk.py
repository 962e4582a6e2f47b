"""`make bench-bulk`: 100,000 numbers changed, and changed back, by three workers, while somebody reads."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import uvloop
from rich.console import Console
from sqlalchemy import BigInteger, bindparam, select

from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.loaders.catalogue import read_tables, today
from gateway.loaders.number_filters import NumberFilter
from gateway.models import metadata
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.models.journal import Channel
from gateway.operations.catalogue import Catalogue
from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect
from gateway.services import bulk_changes, bulk_steps
from gateway.services.bulk_targets import Target
from gateway.services.journal import Origin
from gateway.statements import Statement, Tenant
from tests.benchmarks.agreement import body
from tests.benchmarks.data import Cluster, cluster
from tests.benchmarks.load import Load, load, request
from tests.benchmarks.questions import questions
from tests.benchmarks.report import processor
from tests.benchmarks.servers import Server, running, watched

WORKERS = 3
_WINDOW = 0.5  # seconds
_QUIET_WINDOWS = 20
_PAGE, _REPORT = Path(__file__).parent / "bulk.md", Path("docs") / "bulk-benchmark.md"
_CHANGES = metadata.tables["bulk_changes"]
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gateway worker'"
_FIND = Statement(select(_CHANGES).where(_CHANGES.c.id == bindparam("change_id", type_=BigInteger)))


@dataclass
class Stretch:
    """What a change took from one state to another, seconds, and what readers saw meanwhile."""

    seconds: float = 0
    numbers: int = 0
    times: list[float] = field(default_factory=list)

    def percentile(self, percent: int) -> float:
        return Load(1, sorted(self.times)).percentile(percent)


class Bench:
    """One company's staff: somebody who asks for bulk changes, and somebody who reads pages all the time."""

    def __init__(self, database: Cluster, db: Database, server: Server, workers: Sequence[psutil.Process]) -> None:
        [question] = [each for each in questions(database.companies) if each.name == "Q2"]
        self._requests = [request(each.key, body(server, question, each)) for each in question.requests]
        self._db, self._server, self._workers = db, server, workers
        self._company = database.companies[0].id
        self._principal = Principal("system", 0, "benchmark", (Grant(0, self._company, "owner"),))
        self._origin = Origin.of(self._principal, Channel.OFFICE, None)
        self.peak_mb = 0.0

    async def quiet(self) -> Stretch:
        return Stretch(times=[each for _ in range(_QUIET_WINDOWS) for each in await self._read()])

    async def plan(self, operation: Operation, catalogue: Catalogue) -> tuple[int, Stretch]:
        change_id = await bulk_changes.plan(
            self._db,
            self._principal,
            self._company,
            Target(filter=NumberFilter()),
            [operation],
            catalogue=catalogue,
            on_error=BulkErrorPolicy.SKIP_FAILED,
            origin=self._origin,
        )
        return change_id, await self._until(change_id, "PLANNED")

    async def take_back(self, earlier_id: int) -> tuple[int, Stretch]:
        change_id = await bulk_changes.undo(self._db, self._principal, earlier_id, origin=self._origin)
        return change_id, await self._until(change_id, "PLANNED")

    async def apply(self, change_id: int, catalogue: Catalogue) -> Stretch:
        begun = time.perf_counter()
        plan_hash = (await self._row(change_id))["plan_hash"]
        await bulk_steps.apply(
            self._db,
            self._principal,
            change_id,
            plan_hash,
            catalogue=catalogue,
            session_id=None,
            origin=self._origin,
        )
        return await self._until(change_id, "FINISHED", begun)

    async def _until(self, change_id: int, status: str, begun: float | None = None) -> Stretch:
        stretch, begun, over = Stretch(), begun or time.perf_counter(), asyncio.Event()
        reading = asyncio.create_task(self._read_on(stretch, over))
        while (row := await self._row(change_id))["status"] != status:
            if row["status"] == "FAILED":
                raise RuntimeError(f"it can't be planned: {row['failure']}")
            self.peak_mb = max(self.peak_mb, *(each.memory_info().rss / 1e6 for each in self._processes))
            await asyncio.sleep(0.1)
        stretch.seconds = time.perf_counter() - begun
        stretch.numbers = row["applied_count"] if status == "FINISHED" else row["item_count"]
        over.set()
        await reading
        return stretch

    @property
    def _processes(self) -> list[psutil.Process]:
        return [self._server.process, *self._workers]

    async def _row(self, change_id: int) -> dict[str, Any]:
        [row] = await self._db.fetch(Tenant((self._company,)), _FIND, change_id=change_id)
        return dict(row)

    async def _read_on(self, stretch: Stretch, over: asyncio.Event) -> None:
        while not over.is_set():
            seen = await self._read()
            if not over.is_set():
                stretch.times += seen

    async def _read(self) -> Sequence[float]:
        return (await load(self._server.port, self._requests, _WINDOW, connections=1)).times


@contextlib.contextmanager
def workers(dsn: str) -> Iterator[list[psutil.Process]]:
    command = [sys.executable, "-m", "gateway", "worker"]
    settings = {"GATEWAY_DATABASE_URL": dsn, "GATEWAY_LOG_LEVEL": "warning"}
    processes = [subprocess.Popen(command, env=os.environ | settings) for _ in range(WORKERS)]
    try:
        yield [psutil.Process(each.pid) for each in processes]
    finally:
        for each in processes:
            each.terminate()
            each.wait()


@contextlib.asynccontextmanager
async def _bench() -> AsyncIterator[tuple[Bench, Database, Stretch]]:
    """The bench, once the quiet before the workers was measured."""
    async with cluster() as database:
        db = Database(database.dsn)
        await db.open()
        with running(watched(database.dsn)) as server:
            quiet = await Bench(database, db, server, []).quiet()
            with workers(database.dsn) as processes:
                await _connected(database.dsn)
                yield Bench(database, db, server, processes), db, quiet
        await db.close()


async def _connected(dsn: str) -> None:
    """Waits until all workers read and listen."""
    owner = await asyncpg.connect(dsn)
    while await owner.fetchval(_CONNECTIONS) < 2 * WORKERS:  # noqa: ASYNC110 -- they tell nobody else
        await asyncio.sleep(0.1)
    await owner.close()


def _free_option(catalogue: Catalogue) -> OptionConnect:
    """An option that nothing in the catalogue is in the way of."""
    return next(
        OptionConnect(each.id)
        for each in catalogue.options.values()
        if not (each.archived or each.requires or each.excludes or each.tariff_ids or each.kinds or each.region)
    )


async def main() -> None:
    """Measures, and writes the page into docs/."""
    log = Console(highlight=False)
    async with _bench() as (bench, db, quiet):
        catalogue = (await read_tables(db)).on(today())
        label, planned = await bench.plan(LabelSet(f"{datetime.now(UTC):%d.%m. %H:%M:%S}"), catalogue)
        stretches = {"quiet": quiet, "a label, planned": planned}
        stretches["the label, applied"] = await bench.apply(label, catalogue)
        option, stretches["an option, planned"] = await bench.plan(_free_option(catalogue), catalogue)
        stretches["the option, applied"] = await bench.apply(option, catalogue)
        undo, stretches["taken back, planned"] = await bench.take_back(option)
        stretches["taken back, applied"] = await bench.apply(undo, catalogue)
    rows = [_row(name, stretch) for name, stretch in stretches.items()]
    page = _PAGE.read_text(encoding="utf-8").format(
        rows="\n".join(rows),
        date=datetime.now(UTC).date(),
        cpu=processor(),
        cores=psutil.cpu_count(),
        workers=WORKERS,
        peak=bench.peak_mb,
        load=psutil.getloadavg()[2],
    )
    _REPORT.write_text(page, encoding="utf-8")
    log.print(page, markup=False, soft_wrap=True)


def _row(name: str, stretch: Stretch) -> str:
    done = (f"{stretch.numbers:,}", f"{stretch.seconds:.1f}") if stretch.numbers else ("", "")
    return f"| {name} | {' | '.join(done)} | {stretch.percentile(50):.1f} | {stretch.percentile(95):.1f} |"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Whatever ends it, the processes are stopped.
    uvloop.run(main())
