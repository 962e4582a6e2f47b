"""A worker: everything put together for one process that does what waits, and nothing else."""

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from time import perf_counter

import structlog

from gateway.db import Database
from gateway.jobs import Jobs
from gateway.kit.garbage import spare_collector
from gateway.loaders.catalogue import CatalogueCache
from gateway.settings import Settings
from gateway.telemetry.logs import configure_logs
from gateway.telemetry.process import observing
from gateway.upstream import operator_system

_LOOK_EVERY = 1.0
"""Seconds after which a worker looks for work that nobody has told it of: what others have lost."""
_IDLE_TIMEOUT = 3.0
"""Seconds after which PostgreSQL takes back what a worker has claimed that stands still."""
_SHORTEST_DELAY, _LONGEST_DELAY = 0.1, 1.0
_NICENESS = 10
"""How far a worker stands back behind web processes of the same machine: people wait for those."""
_LONGEST_REST = 1.0
"""Seconds that a worker rests at most after a piece of a bulk change; otherwise as long as the piece took. Half of the
work is PostgreSQL's, which does not stand back: so others find a processor free in between.
"""

log = structlog.get_logger(__name__)


def run_worker(settings: Settings) -> None:
    """Works until SIGTERM, SIGINT or the end of the process that began it; what is under way is rolled back then."""
    configure_logs(settings.log_level)
    os.nice(_NICENESS)
    with contextlib.suppress(asyncio.CancelledError, KeyboardInterrupt):
        asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    if (parent := multiprocessing.parent_process()) is not None:
        loop.add_reader(parent.sentinel, task.cancel)
    db = Database(
        str(settings.database_url),
        readers=2,
        writers=2,  # a bulk change, and beside it what is due by the clock
        statement_timeout=settings.statement_timeout,
        idle_timeout=_IDLE_TIMEOUT,
        connect_timeout=settings.connect_timeout,
        application_name="gateway worker",
    )
    catalogue, bss = CatalogueCache(db), operator_system(settings)
    try:
        async with observing("gateway worker", db.pools, settings.otlp_url), _answering(db, settings):
            await db.open()
            await catalogue.open()
            spare_collector()
            await _work(db, Jobs(db, catalogue, bss))
    finally:
        if bss is not None:
            await bss.close()
        await catalogue.close()
        await db.close()


@contextlib.asynccontextmanager
async def _answering(db: Database, settings: Settings) -> AsyncIterator[None]:
    """Answers questions about the worker's health while the block lasts, where a port is set for them."""
    if settings.health_port is None:
        yield
        return
    from gateway.transport.health_server import answering  # an eighth of what a worker would import

    async with answering(db, settings, settings.health_port):
        yield


async def _work(db: Database, jobs: Jobs) -> None:
    news = asyncio.Event()

    def hear(notice: str | None) -> None:
        if notice is None or notice.startswith("bulk_changes:"):
            news.set()

    await db.listen("updates", hear)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_go_on(jobs.turn, news, longest_rest=_LONGEST_REST))
        tasks.create_task(_go_on(jobs.tick, asyncio.Event(), longest_rest=0))


async def _go_on(work: Callable[[], Awaitable[bool]], news: asyncio.Event, *, longest_rest: float) -> None:
    """One piece of work after another, with a rest after each; what goes wrong is tried again, later each time."""
    delay = _SHORTEST_DELAY
    while True:
        news.clear()
        begun = perf_counter()
        try:
            busy = await work()
        except Exception:
            log.warning("worker.failed", retry_in=delay, exc_info=True)
            await asyncio.sleep(delay)
            delay = min(2 * delay, _LONGEST_DELAY)
            continue
        delay = _SHORTEST_DELAY
        if busy:
            await asyncio.sleep(min(perf_counter() - begun, longest_rest))
        else:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY):
                    await news.wait()


@contextlib.contextmanager
def beside(settings: Settings) -> Iterator[None]:
    """A worker in a process of its own while the block lasts; one that ends before is begun again."""
    over = threading.Event()
    spawning = multiprocessing.get_context("spawn")

    def keep() -> None:
        while not over.is_set():
            process = spawning.Process(target=run_worker, args=(settings,), name="gateway worker")
            process.start()
            while process.is_alive() and not over.wait(0.2):
                pass
            process.terminate()
            process.join()
            over.wait(_SHORTEST_DELAY)

    keeping = threading.Thread(target=keep, name="gateway worker")
    keeping.start()
    try:
        yield
    finally:
        over.set()
        keeping.join()
