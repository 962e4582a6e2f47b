"""What operators see of a gateway: lines, metrics and traces of what was asked, and no secret in any of them."""

import asyncio
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import asyncpg
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families

from gateway.services.principals import hash_token
from tests.e2e.gateways import LOG_IN, gateway
from tests.e2e.test_commands import command
from tests.services.fleet import COMPANY, insert
from tests.services.people import EMAIL, PASSWORD, arrange_people

CANARY = "canary-5f2e"
API_KEY, WRONG_KEY, WRONG_PASSWORD, CODE, NAME = (
    f"{CANARY}-{what}" for what in ("key", "wrong", "pass", "code", "name")
)
NAMED = "query Card { viewer { name } }"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture(autouse=True)
async def _people(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await arrange_people(owner_connection)
    key = {"company_id": COMPANY, "id": 1, "name": "Reports", "prefix": "gw_", "secret_hash": hash_token(API_KEY)}
    await insert(owner_connection, "api_keys", key)
    await insert(owner_connection, "grants", {"company_id": COMPANY, "api_key_id": 1, "role": "reporting"})


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OpenTelemetry collector: its address, and the bodies that it was sent."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", bodies
        finally:
            server.shutdown()
            serving.join()


async def misuse(address: str) -> None:
    """Sends secrets wherever one can be put: right and wrong, in variables, documents, headers and cookies."""
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:

        async def post(query: str, headers: dict[str, str] | None = None, **variables: str) -> httpx.Response:
            return await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

        await post(LOG_IN, login=EMAIL, password=PASSWORD)
        await post(LOG_IN, login=f"{CANARY}@example.com", password=WRONG_PASSWORD, code=CODE)
        await post(
            f'mutation {{ login(input: {{login: "{EMAIL}", password: "{WRONG_PASSWORD}"}}) {{ viewer {{ name }} }} }}'
        )
        await post(NAMED, {"authorization": f"Bearer {API_KEY}", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
        await post(NAMED, {"authorization": f"Bearer {WRONG_KEY}"})
        await post(NAMED, {"cookie": f"gateway_session={CANARY}"})
        await post(f'{{ number(by: {{msisdn: "{CANARY}"}}) {{ id }} }}')
        await post("query ($id: ID!) { node(id: $id) { id } }", id=CANARY)
        await post(f"{{ {CANARY} ")
        await post("mutation ($id: ID!) { sessionRevoke(id: $id) { userErrors { code } } }", id=CANARY)
        await client.post("/graphql", content=f'{{"query": {CANARY}')
        await client.post("/uploads", content=CANARY, params={"name": NAME}, headers={"content-type": "text/csv"})


async def test_no_secret_is_in_logs_metrics_or_traces(
    dsn: str, tmp_path: Path, owner_connection: asyncpg.Connection
) -> None:
    with (tmp_path / "log").open("w+") as log, collector() as (otlp_url, bodies):
        with gateway(dsn, log, tmp_path, GATEWAY_OTLP_URL=otlp_url, GATEWAY_LOG_LEVEL="debug") as address:
            await misuse(address)
            await owner_connection.execute("ALTER TABLE tries RENAME TO away")  # now our side is at fault
            try:
                await misuse(address)
            finally:
                await owner_connection.execute("ALTER TABLE away RENAME TO tries")
            async with httpx.AsyncClient() as client:
                metrics = (await client.get(f"{address}/metrics")).text
        log.seek(0)
        lines = log.read()

    assert PASSWORD not in lines + metrics
    assert CANARY not in lines + metrics
    assert all(secret not in body for body in bodies for secret in (PASSWORD.encode(), CANARY.encode()))
    logged = [json.loads(line) for line in lines.splitlines()]
    card = next(each for each in logged if each.get("name") == "Card")
    assert card.pop("milliseconds") > 0
    assert len(card.pop("correlation_id")) == 32
    assert card | {"timestamp": ""} == {
        "event": "graphql.operation",
        "level": "info",
        "timestamp": "",
        "type": "query",
        "name": "Card",
        "document": hashlib.sha256(NAMED.encode()).hexdigest(),
        "principal": "api_key:1",
        "outcome": "ok",
        "cost": 102,
    }
    counted = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
    }
    assert counted["gateway_requests_total", "query", "ok"] == 4.0
    spans = [span for body in bodies for span in read_spans(body)]
    traced = [span for span in spans if span.trace_id.hex() == TRACE]
    assert {span.name for span in traced} == {"graphql", "postgresql"}
    whole = {span.span_id: span for span in traced if span.name == "graphql"}
    assert {span.parent_span_id.hex() for span in whole.values()} == {"b7ad6b7169203331"}
    assert all(span.parent_span_id in whole for span in traced if span.name == "postgresql")


async def test_a_worker_tells_of_itself(dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with command("worker", database_url=dsn, health_port=str(port)) as worker:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            ready = await _when_up(client, "/readyz")
            metrics = (await client.get("/metrics")).text
        worker.terminate()
        _, complaints = await asyncio.to_thread(worker.communicate, timeout=30)

    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert "gateway_memory_bytes" in metrics
    assert (worker.returncode, complaints) == (0, "")


async def _when_up(client: httpx.AsyncClient, path: str) -> httpx.Response:
    """The first answer; a minute is enough for a start."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await client.get(path)
            except httpx.TransportError:
                await asyncio.sleep(0.1)


def read_spans(body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body)
    return [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
