"""A worker's health over HTTP: the endpoints of the web application that are for machines, on a port of their own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.applications import Starlette

from gateway.db import Database
from gateway.settings import Settings
from gateway.transport.health import HealthEndpoints
from gateway.transport.protocol import HttpProtocol


class _Server(uvicorn.Server):
    """Leaves signals to the worker."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def answering(db: Database, settings: Settings, port: int) -> AsyncIterator[None]:
    """Answers /healthz, /readyz and /metrics while the block lasts."""
    config = uvicorn.Config(
        Starlette(routes=HealthEndpoints(db, settings, lambda: False).routes),
        settings.host,
        port,
        http=HttpProtocol,
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await serving
