"""A rolling restart: one process after the other is replaced, and nobody who asks meanwhile is refused."""

import asyncio
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import asyncpg
import httpx
import pytest

from gateway.services.principals import hash_token
from tests.e2e.gateways import gateway
from tests.services.fleet import COMPANY, arrange, insert

QUERY = {"query": "{ companies { nodes { numbers(first: 5) { nodes { msisdn } } } } }"}
HEADERS = {"authorization": "Bearer secret"}


@pytest.fixture(autouse=True)
async def _company(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await arrange(owner_connection)
    key = {"company_id": COMPANY, "id": 1, "name": "Reports", "prefix": "gw_", "secret_hash": hash_token("secret")}
    await insert(owner_connection, "api_keys", key)
    await insert(owner_connection, "grants", {"company_id": COMPANY, "api_key_id": 1, "role": "reporting"})


@dataclass
class Balancer:
    """Sends requests in turn to the processes whose /readyz said yes when it was last asked."""

    client: httpx.AsyncClient
    ready: list[str] = field(default_factory=list)
    said: dict[str, list[int]] = field(default_factory=dict)
    served: Counter[str] = field(default_factory=Counter)
    failures: list[object] = field(default_factory=list)

    async def watch(self, address: str, known: asyncio.Event) -> None:
        """Asks again and again, until the process is gone; `known` is set when it first says yes."""
        statuses = self.said.setdefault(address, [])
        while True:
            try:
                statuses.append((await self.client.get(f"{address}/readyz")).status_code)
            except httpx.TransportError:
                return
            if statuses[-1] == 200 and address not in self.ready:
                self.ready.append(address)
                known.set()
            if statuses[-1] != 200 and address in self.ready:
                self.ready.remove(address)
            await asyncio.sleep(0.05)

    async def load(self, over: asyncio.Event) -> None:
        """One client with one request after the other, and little time to think between them."""
        while not over.is_set():
            address = self.ready[self.served.total() % len(self.ready)]
            try:
                answer = await self.client.post(f"{address}/graphql", json=QUERY, headers=HEADERS)
                if answer.status_code != 200 or "errors" in answer.json():
                    self.failures.append(answer.text)
            except httpx.TransportError as error:
                self.failures.append(error)
            self.served[address] += 1
            await asyncio.sleep(0.01)


@pytest.mark.chaos
async def test_no_request_fails_while_two_processes_are_replaced(dsn: str, tmp_path: Path) -> None:
    over = asyncio.Event()
    with (tmp_path / "log").open("w+") as log:
        async with httpx.AsyncClient(timeout=30) as client, asyncio.TaskGroup() as tasks:
            balancer = Balancer(client)

            async def start() -> tuple[str, ExitStack]:
                address, process = await asyncio.to_thread(_start, dsn, log, tmp_path)
                known = asyncio.Event()
                tasks.create_task(balancer.watch(address, known))
                await known.wait()
                return address, process

            replaced = await asyncio.gather(start(), start())
            load = [tasks.create_task(balancer.load(over)) for _ in range(4)]
            replacing = []
            for _, process in replaced:
                replacing.append(await start())
                await asyncio.to_thread(process.close)
            over.set()
            await asyncio.gather(*load)
            for _, process in replacing:
                await asyncio.to_thread(process.close)

    assert balancer.failures == []
    for address, _ in replaced:
        assert balancer.said[address][0] == 200
        assert 503 in balancer.said[address]
    assert all(balancer.served[address] > 0 for address, _ in (*replaced, *replacing))


def _start(dsn: str, log: IO[str], folder: Path) -> tuple[str, ExitStack]:
    with ExitStack() as stack:
        address = stack.enter_context(gateway(dsn, log, folder, GATEWAY_DRAIN_TIME="1"))
        return address, stack.pop_all()
