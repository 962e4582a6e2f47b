"""What an operator's machines ask a process: does it live, may it be sent requests, how is it."""

import ipaddress
from collections.abc import Callable
from secrets import compare_digest

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from gateway.db import Database
from gateway.services.readiness import Obstacle, obstacle
from gateway.settings import Settings
from gateway.telemetry import meters, metrics

_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""What proxies add to a request that they pass on."""


class HealthEndpoints:
    """`/healthz`, `/readyz` and `/metrics`; `leaving` says whether the process is about to end."""

    def __init__(self, db: Database, settings: Settings, leaving: Callable[[], bool]) -> None:
        self._db = db
        self._leaving = leaving
        token = settings.metrics_token
        self._metrics_token = token.get_secret_value() if token else None
        self.routes = [
            Route("/healthz", self._live),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
        ]

    async def _live(self, _: Request) -> Response:
        """200 as long as the process answers at all."""
        return JSONResponse({"status": "ok"})

    async def _ready(self, _: Request) -> Response:
        """503 with the reason when requests had better go to another process."""
        found = Obstacle.DRAINING if self._leaving() else await obstacle(self._db)
        if found is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": found}, 503)

    async def _metrics(self, request: Request) -> Response:
        """Prometheus' text form: with the token where one is set, else from this machine only."""
        if not self._may_measure(request):
            return PlainTextResponse("metrics are read from this machine, or with GATEWAY_METRICS_TOKEN\n", 403)
        return Response(metrics.exposition(), media_type=meters.CONTENT_TYPE)

    def _may_measure(self, request: Request) -> bool:
        if self._metrics_token is None:
            sent_on = any(header in request.headers for header in _FORWARDED)  # by a proxy of this machine
            return request.client is not None and _is_loopback(request.client.host) and not sent_on
        given = request.headers.get("authorization", "")
        return compare_digest(given.encode(), f"Bearer {self._metrics_token}".encode())


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
