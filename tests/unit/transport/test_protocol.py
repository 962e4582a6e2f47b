"""Headers end soon and are short, and an answer is read: else the connection is closed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import orjson
import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from gateway.transport import protocol
from gateway.transport.protocol import LARGEST_HEAD, HttpProtocol, WebSocketProtocol
from gateway.transport.requests import remembered

PIECE = bytes(1_000_000)
HEAD = b"POST / HTTP/1.1\r\nhost: gateway.example\r\n"
Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo:
    """Answers with what was sent, or at /pieces with 20 MB."""

    def __init__(self) -> None:
        self.asked = 0
        self.over = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "text": "hello"})
            with suppress(OSError):  # of a client that has gone
                for _ in range(20 if scope["path"] == "/pieces" else 0):
                    await send({"type": "websocket.send", "bytes": PIECE})
                await send({"type": "websocket.close"})
            self.over.set()
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(20 if scope["path"] == "/pieces" else 0):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
        await send({"type": "http.response.body", "body": body})
        self.over.set()


@pytest.fixture
async def echo(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Echo, int]]:
    monkeypatch.setattr(protocol, "HEAD_WITHIN", 0.2)
    monkeypatch.setattr(protocol, "READ_WITHIN", 0.2)
    app = Echo()
    config, state = Config(app, ws=WebSocketProtocol, log_config=None), ServerState()
    server = await asyncio.get_running_loop().create_server(lambda: HttpProtocol(config, state, {}), "127.0.0.1", 0)
    async with server:
        yield app, server.sockets[0].getsockname()[1]


async def opened(echo: tuple[Echo, int]) -> Wire:
    return await asyncio.open_connection("127.0.0.1", echo[1])


async def exchange(wire: Wire, *parts: bytes) -> tuple[bytes, bytes]:
    """The head and the body of an answer after which the connection is closed."""
    for part in parts:
        wire[1].write(part)
        await wire[1].drain()
    head, _, body = (await wire[0].read()).partition(b"\r\n\r\n")
    wire[1].close()
    return head, body


@pytest.mark.parametrize("begin", [b"GET /", b"GET / HTTP/1.1\r\naccept: ", b"GET / HTTP/1.1\r\na: b\r\nc: "])
async def test_headers_without_end_are_refused(echo: tuple[Echo, int], begin: bytes) -> None:
    head, body = await exchange(await opened(echo), begin.ljust(LARGEST_HEAD, b"x"))

    assert head.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    (error,) = orjson.loads(body)["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert error["message"] == (
        "Address and headers have more than 32,000 bytes. Send long documents with POST, and fewer cookies."
    )
    assert echo[0].asked == 0


async def test_the_headers_of_a_later_request_are_refused_alike(echo: tuple[Echo, int]) -> None:
    wire = await opened(echo)
    wire[1].write(HEAD + b"content-length: 2\r\n\r\nhi")
    assert b"hi" in await wire[0].readuntil(b"0\r\n\r\n")

    head, _ = await exchange(wire, HEAD, b"x: ".ljust(LARGEST_HEAD, b"x"))

    assert head.startswith(b"HTTP/1.1 431 ")
    assert echo[0].asked == 1


async def test_long_bodies_behind_long_headers_pass(echo: tuple[Echo, int]) -> None:
    cookie = b"cookie: ".ljust(LARGEST_HEAD - 200, b"x")
    length, sent = b"\r\nconnection: close\r\ncontent-length: 300000\r\n\r\n", b"y" * 300_000

    head, body = await exchange(await opened(echo), HEAD, cookie + length + sent[:100_000], sent[100_000:])

    assert head.startswith(b"HTTP/1.1 200 ")
    assert sent in body


@pytest.mark.parametrize("sent", [HEAD, b"G"])
async def test_headers_that_do_not_come_are_waited_for_no_longer(echo: tuple[Echo, int], sent: bytes) -> None:
    head, body = await exchange(await opened(echo), sent)

    assert head.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    (error,) = orjson.loads(body)["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


async def test_who_connects_and_sends_nothing_is_not_answered(echo: tuple[Echo, int]) -> None:
    assert await exchange(await opened(echo)) == (b"", b"")


UPGRADE = (
    b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
    b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@pytest.mark.parametrize("more", [b"", UPGRADE])
async def test_who_does_not_read_an_answer_is_not_waited_for(echo: tuple[Echo, int], more: bytes) -> None:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)  # the system reads ahead, up to many megabytes
        client.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(client, ("127.0.0.1", echo[1]))
        await loop.sock_sendall(client, b"GET /pieces HTTP/1.1\r\nhost: gateway.example\r\n" + more + b"\r\n")
        async with asyncio.timeout(10):
            await echo[0].over.wait()


async def test_who_reads_gets_all(echo: tuple[Echo, int]) -> None:
    _, body = await exchange(await opened(echo), b"GET /pieces HTTP/1.1\r\nconnection: close\r\n\r\n")

    assert len(body) > 20 * len(PIECE)


async def test_a_connection_that_becomes_a_websocket_is_left_to_it(echo: tuple[Echo, int]) -> None:
    async with connect(f"ws://127.0.0.1:{echo[1]}/") as wire:
        assert await wire.recv() == "hello"


def test_what_long_headers_mean_is_not_kept() -> None:
    asked = []

    @remembered
    def length(header: str) -> int:
        asked.append(header)
        return len(header)

    assert [length("short"), length("short"), length("long" * 100), length("long" * 100)] == [5, 5, 400, 400]
    assert asked == ["short", "long" * 100, "long" * 100]
