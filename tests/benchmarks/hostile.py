"""`python -m tests.benchmarks.hostile [REQUESTS]`: the CPU of requests that mean no good, by kind; none may take 50 ms.

Each is sent as the first request with its document: parsed, validated, priced, planned and, where all of that lets it
pass, executed over a few made-up rows. What more rows would cost is what its points are for. What is no request yet, a
head of 10 MB, is sent over a connection; that time is the client's as well.
"""

import asyncio
import contextlib
import sys
from collections.abc import Mapping
from statistics import median
from time import process_time
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.execution import Engine
from gateway.kit.garbage import spare_collector
from gateway.transport.protocol import HttpProtocol
from schema.root import build_schema
from tests.factories.hostile import FAMILIES, LARGEST, Hostile, body
from tests.factories.made_up import MadeUpContext, make_up
from tests.schema.test_equality import LEAVES, VALUES

SIZES = tuple(round(LARGEST / 1.25**step) for step in range(40))
"""How long the documents of a family are: the worst of them stands just below some limit, nobody knows where."""


async def cost(engine: Engine, asked: Mapping[str, Any]) -> tuple[float, str]:
    """Milliseconds of CPU, and what became of the request."""
    began = process_time()
    result = await engine.execute(asked["query"], asked["variables"], asked["operationName"], MadeUpContext(1))
    took = 1000 * (process_time() - began)
    return took, "executed" if result.executed else result.errors[0].message.splitlines()[0][:70]


async def worst(engine: Engine, requests: list[bytes]) -> tuple[list[float], str]:
    """The CPU of each request, the least of three tries, and what became of the one that took longest."""
    found = []
    for sent in requests:
        with contextlib.suppress(orjson.JSONDecodeError):  # such a request comes no further
            asked = orjson.loads(sent)
            # each time a document that the engine has not seen
            tries = [await cost(engine, asked | {"query": "," * turn + asked["query"]}) for turn in range(3)]
            found.append(min(tries))
    return [took for took, _ in found], max(found)[1]


async def main(requests: int) -> None:
    engine = Engine(make_up(build_schema(), LEAVES))
    hostile = Hostile(engine.definitions.schema, VALUES)
    kinds: dict[str, list[bytes]] = {name: [body(make(room)) for room in SIZES] for name, make in FAMILIES.items()}
    for seed in range(requests):
        name, sent = hostile.make(seed)
        kinds.setdefault(name, []).append(sent)
    spare_collector()
    measured = {name: await worst(engine, bodies) for name, bodies in kinds.items()}
    show(measured | {name: await head(sent) for name, sent in HEADS.items()})


HEADS: Mapping[str, bytes] = {
    "a long header": b"GET / HTTP/1.1\r\naccept: " + b"x" * 10_000_000,
    "a long address": b"GET /" + b"x" * 10_000_000,
    "headers without end": b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 2_000_000,
}
"""What comes before a request is one."""


async def head(sent: bytes) -> tuple[list[float], str]:
    """The CPU of a process that is sent this over a connection, as it comes."""

    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("this is no request")

    config, state = Config(nothing, log_config=None), ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: HttpProtocol(config, state, {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        began = process_time()
        with contextlib.suppress(ConnectionError):
            writer.write(sent)
            await writer.drain()
        outcome = b""
        with contextlib.suppress(ConnectionError):
            outcome = await reader.readline()
        took = 1000 * (process_time() - began)
        writer.close()
    return [took], outcome.decode().strip() or "closed"


def show(measured: Mapping[str, tuple[list[float], str]]) -> None:
    table = Table("kind", "requests", "median ms", "worst ms", "the worst one")
    for name, (times, outcome) in sorted(measured.items(), key=lambda item: -max(item[1][0])):
        table.add_row(name, str(len(times)), f"{median(times):.1f}", f"{max(times):.1f}", outcome)
    Console(width=150).print(table)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000))
