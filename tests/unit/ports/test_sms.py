"""Short messages, handed over to a real HTTP server."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.ports.sms import ConsoleSms, HttpSms, SmsRefusedError


class Aggregator:
    """Takes one request per connection and answers with a status."""

    def __init__(self, status: str) -> None:
        self.status, self.headers = status, ""
        self.body: object = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.headers = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(self.headers.partition("content-length: ")[2].partition("\r\n")[0])
        self.body = json.loads(await reader.readexactly(length))
        writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()


@asynccontextmanager
async def serving(aggregator: Aggregator) -> AsyncIterator[str]:
    async with await asyncio.start_server(aggregator.answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/sms"


async def test_a_message_is_posted_with_the_token() -> None:
    aggregator = Aggregator("202 Accepted")
    async with serving(aggregator) as url:
        sms = HttpSms(url, "secret")
        await sms.send("79261234567", "123456 — код")

    assert aggregator.body == {"to": "+79261234567", "text": "123456 — код"}
    assert aggregator.headers.startswith("post /sms http/1.1")
    assert "authorization: bearer secret" in aggregator.headers
    assert "secret" not in repr(sms)


@pytest.mark.parametrize("status", ["500 Oops", "403 Forbidden", "302 Found"])
async def test_any_other_answer_is_an_error(status: str) -> None:
    async with serving(Aggregator(status)) as url:
        with pytest.raises(SmsRefusedError, match=f"HTTP {status[:3]}"):
            await HttpSms(url).send("79261234567", "123456")


async def test_a_server_that_is_not_there_is_an_os_error() -> None:
    with pytest.raises(OSError, match="ConnectError"):
        await HttpSms("http://127.0.0.1:1/sms").send("79261234567", "123456")


async def test_a_console_shows_messages() -> None:
    console = io.StringIO()

    await ConsoleSms(console).send("79261234567", "123456")

    assert console.getvalue() == "SMS to +79261234567: 123456\n"
