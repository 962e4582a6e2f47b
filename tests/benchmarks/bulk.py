"""`make bench-bulk`: an option connected to 100,000 numbers and taken back by three workers, while others read."""

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

import psutil
import uvloop
from rich.console import Console
from sqlalchemy import BigInteger, bindparam, select

from authz.principal import Grant, Principal
from gateway.db import Database, Statement, Tenant
from gateway.loaders.catalogue import read_tables, today
from gateway.loaders.number_filters import NumberFilter
from gateway.models import metadata
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.models.journal import Channel
from gateway.operations.catalogue import Catalogue
from gateway.operations.options import OptionConnect
from gateway.services import bulk_changes, bulk_steps
from gateway.services.bulk_targets import Target
from gateway.services.journal import Origin
from tests.benchmarks.agreement import body
from tests.benchmarks.data import Cluster, cluster
from tests.benchmarks.load import Load, load, request
from tests.benchmarks.questions import questions
from tests.benchmarks.report import processor
from tests.benchmarks.servers import Server, running, watched

WORKERS = 3
_WINDOW = 2.0  # seconds
_QUIET_WINDOWS = 5
_PAGE, _REPORT = Path(__file__).parent / "bulk.md", Path("docs") / "bulk-benchmark.md"
_CHANGES = metadata.tables["bulk_changes"]
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
        stretch = Stretch()
        for _ in range(_QUIET_WINDOWS):
            await self._read(stretch)
        return stretch

    async def connect(self, catalogue: Catalogue) -> tuple[int, Stretch]:
        """Plans an option that nothing is in the way of."""
        option = next(
            each
            for each in catalogue.options.values()
            if not (each.archived or each.requires or each.excludes or each.tariff_ids or each.kinds or each.region)
        )
        change_id = await bulk_changes.plan(
            self._db,
            self._principal,
            self._company,
            Target(filter=NumberFilter()),
            [OptionConnect(option.id)],
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
        stretch, begun = Stretch(), begun or time.perf_counter()
        reading = asyncio.create_task(self._read_on(stretch))
        while (row := await self._row(change_id))["status"] != status:
            if row["status"] == "FAILED":
                raise RuntimeError(f"it can't be planned: {row['failure']}")
            self.peak_mb = max(self.peak_mb, *(each.memory_info().rss / 1e6 for each in self._processes))
            await asyncio.sleep(0.1)
        stretch.seconds = time.perf_counter() - begun
        stretch.numbers = row["applied_count"] if status == "FINISHED" else row["item_count"]
        reading.cancel()
        await asyncio.wait([reading])
        return stretch

    @property
    def _processes(self) -> list[psutil.Process]:
        return [self._server.process, *self._workers]

    async def _row(self, change_id: int) -> dict[str, Any]:
        [row] = await self._db.fetch(Tenant((self._company,)), _FIND, change_id=change_id)
        return dict(row)

    async def _read_on(self, stretch: Stretch) -> None:
        while True:
            await self._read(stretch)

    async def _read(self, stretch: Stretch) -> None:
        stretch.times += (await load(self._server.port, self._requests, _WINDOW, connections=1)).times


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
                yield Bench(database, db, server, processes), db, quiet
        await db.close()


async def main() -> None:
    """Measures, and writes the page into docs/."""
    log = Console(highlight=False)
    async with _bench() as (bench, db, quiet):
        catalogue = (await read_tables(db)).on(today())
        stretches = {"quiet": quiet}
        first, stretches["an option, planned"] = await bench.connect(catalogue)
        stretches["applied"] = await bench.apply(first, catalogue)
        second, stretches["taken back, planned"] = await bench.take_back(first)
        stretches["taken back, applied"] = await bench.apply(second, catalogue)
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
    log.print(page)


def _row(name: str, stretch: Stretch) -> str:
    done = (f"{stretch.numbers:,}", f"{stretch.seconds:.1f}") if stretch.numbers else ("", "")
    return f"| {name} | {' | '.join(done)} | {stretch.percentile(50):.1f} | {stretch.percentile(95):.1f} |"


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # Whatever ends it, the processes are stopped.
    uvloop.run(main())
