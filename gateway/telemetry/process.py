"""What a process shows while it runs: its traces go to a collector, and what no request shows is measured."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TypeAlias

import psutil

from gateway.telemetry import meters, traces
from gateway.telemetry.metrics import LOOP_LAG_SECONDS, MEMORY_BYTES, METERS, POOL_CONNECTIONS

Pools: TypeAlias = Mapping[str, tuple[int, int]]
"""For each pool how many of its connections are busy, and how many there may be."""

_INTERVAL = 0.25


@asynccontextmanager
async def observing(service: str, pools: Callable[[], Pools], otlp_url: str | None) -> AsyncIterator[None]:
    """Watches the process while the block lasts."""
    if otlp_url is not None:
        traces.start(otlp_url, service)
    sampling = asyncio.create_task(_sample(pools))
    try:
        yield
    finally:
        sampling.cancel()
        await asyncio.gather(sampling, return_exceptions=True)
        meters.leave(METERS)
        await asyncio.to_thread(traces.stop)


async def _sample(pools: Callable[[], Pools]) -> None:
    process = psutil.Process()
    while True:
        begun = perf_counter()
        await asyncio.sleep(_INTERVAL)
        LOOP_LAG_SECONDS.observe(max(0.0, perf_counter() - begun - _INTERVAL))
        MEMORY_BYTES.set(process.memory_info().rss)
        for pool, (busy, size) in pools().items():
            POOL_CONNECTIONS.set(busy, pool, "busy")
            POOL_CONNECTIONS.set(size - busy, pool, "free")
        meters.leave(METERS)
