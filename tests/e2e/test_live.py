"""Following changes through several processes: what one does the others tell, and access that ends ends all streams."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway.services.principals import hash_token
from tests.e2e.gateways import LOG_IN, ask, gateway
from tests.services.fleet import COMPANY, NUMBER, insert
from tests.services.people import BORIS, EMAIL, PASSWORD, arrange_people

KEY = "gw_live_key_of_an_integration"
FOLLOW = "subscription ($id: ID!) { numberChanged(companyId: $id) { id label } }"
LABEL = """
mutation ($id: ID!, $label: String!) {
  numberChange(input: { numberId: $id, change: { labelSet: { label: $label } } }) { userErrors { code } }
}
"""
REVOKE = "mutation ($id: ID!) { sessionRevoke(id: $id) { userErrors { code } } }"
WITHIN = 1.0
"""Seconds in which whatever was taken away is gone everywhere."""
STOPS_WITHIN = 10.0
"""Seconds for a server that is told to stop: less than it gives responses that have begun."""
COME_BACK = (1001, 1012)
"""Close codes after which clients try another server."""


@pytest.fixture(autouse=True)
async def _people(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await arrange_people(owner_connection)
    key = {"company_id": COMPANY, "id": 1, "name": "Reports", "prefix": "gw_live", "secret_hash": hash_token(KEY)}
    await insert(owner_connection, "api_keys", key)
    await insert(owner_connection, "grants", {"company_id": COMPANY, "api_key_id": 1, "role": "reporting"})


@pytest.fixture
async def anna() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=30) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, address: str, login: str = EMAIL) -> str:
    """The id of the session."""
    opened = await ask(client, address, LOG_IN, login=login, password=PASSWORD)
    return next(str(each["id"]) for each in opened["data"]["login"]["viewer"]["sessions"] if each["current"])


class Socket:
    """A page that follows the numbers of the company over a WebSocket."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, stack: AsyncExitStack, client: httpx.AsyncClient, address: str, key: str = "") -> "Socket":
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {key}"} if key else None}
        url = address.replace("http:", "ws:") + "/graphql"
        connection = await stack.enter_async_context(
            connect(url, subprotocols=["graphql-transport-ws"], origin=address, additional_headers={"Cookie": cookies})  # type: ignore[arg-type, list-item]  # texts are what its own types are made of
        )
        asked = {"query": FOLLOW, "variables": {"id": f"com_{COMPANY}"}}
        for message in (
            init,
            {"type": "subscribe", "id": "1", "payload": asked},
            {"type": "ping"},
        ):
            await connection.send(json.dumps(message))
        socket = cls(connection)
        assert [(await socket.hear())["type"] for _ in range(2)] == ["connection_ack", "pong"]
        return socket

    async def hear(self) -> Any:
        return json.loads(await self._connection.recv())

    async def closed(self) -> int | None:
        """The code with which the connection is closed, whatever is heard before."""
        try:
            while True:
                await self._connection.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


class Stream:
    """The same as an event stream."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    @classmethod
    async def open(cls, stack: AsyncExitStack, client: httpx.AsyncClient, address: str) -> "Stream":
        asked = {"query": FOLLOW, "variables": {"id": f"com_{COMPANY}"}}
        headers = {"accept": "text/event-stream"}
        response = await stack.enter_async_context(
            client.stream("POST", f"{address}/graphql/stream", json=asked, headers=headers)
        )
        assert response.status_code == 200
        return cls(response)

    async def hear(self) -> Any:
        async for line in self._lines:
            if line.startswith("data: {"):
                return json.loads(line.removeprefix("data: "))
        return None

    async def closed(self) -> None:
        """Returns when the stream has ended as it should."""
        async for _ in self._lines:
            pass


async def test_three_processes_tell_each_other_of_changes_and_of_access_that_ends(
    dsn: str, tmp_path: Path, anna: httpx.AsyncClient, owner_connection: asyncpg.Connection
) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(60), AsyncExitStack() as stack:
        log = stack.enter_context((tmp_path / "log").open("w+"))
        annas_phone, boris, nobody = [await stack.enter_async_context(httpx.AsyncClient(timeout=30)) for _ in range(3)]
        addresses = [stack.enter_context(gateway(dsn, log, tmp_path)) for _ in range(2)]
        last = stack.enter_context(ExitStack())
        addresses.append(last.enter_context(gateway(dsn, log, tmp_path)))
        await sign_in(anna, addresses[0])
        session = await sign_in(annas_phone, addresses[1])
        await sign_in(boris, addresses[2], "boris@example.com")
        stays, stream = await Socket.open(stack, anna, addresses[2]), await Stream.open(stack, anna, addresses[2])
        sockets = [await Socket.open(stack, annas_phone, address) for address in addresses]
        streams = [await Stream.open(stack, annas_phone, address) for address in addresses]
        integrations = [await Socket.open(stack, nobody, address, KEY) for address in addresses]
        auditors = [await Socket.open(stack, boris, address) for address in addresses]

        await ask(anna, addresses[0], LABEL, id=f"num_{NUMBER}", label="On the road")
        told = [(await each.hear())["payload"]["data"] for each in (stays, *sockets, *integrations, *auditors)]
        streamed = [(await each.hear())["data"] for each in (stream, *streams)]

        since = loop.time()
        await ask(anna, addresses[2], REVOKE, id=session)
        codes = await asyncio.gather(*(each.closed() for each in sockets))
        await asyncio.gather(*(each.closed() for each in streams))
        session_took = loop.time() - since

        since = loop.time()
        await owner_connection.execute("DELETE FROM grants WHERE administrator_id = $1", BORIS)
        refused = [await each.hear() for each in auditors]
        role_took = loop.time() - since

        since = loop.time()
        await owner_connection.execute("UPDATE api_keys SET revoked_at = now()")
        key_codes = await asyncio.gather(*(each.closed() for each in integrations))
        key_took = loop.time() - since

        await ask(anna, addresses[0], LABEL, id=f"num_{NUMBER}", label="Home again")
        kept = await stays.hear()

        since = loop.time()
        last.close()
        stop_took = loop.time() - since
        code = await stays.closed()
        await stream.closed()
        log.seek(0)
        logged = log.read()

    event = {"numberChanged": {"id": f"num_{NUMBER}", "label": "On the road"}}
    assert (told, streamed) == ([event] * 10, [event] * 4)
    assert (codes, key_codes) == ([4401] * 3, [4401] * 3)
    assert [(message["type"], message["payload"][0]["extensions"]["reason"]) for message in refused] == [
        ("error", "NOT_FOUND")
    ] * 3
    assert kept["payload"]["data"]["numberChanged"]["label"] == "Home again"
    assert max(session_took, role_took, key_took) < WITHIN
    assert code in COME_BACK
    assert stop_took < STOPS_WITHIN
    assert "Traceback" not in logged
