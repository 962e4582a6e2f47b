"""Long answers leave in pieces, and who does not read those that are there gets no more of them."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest
from starlette.types import Message

from gateway.transport import responses
from gateway.transport.requests import JSON, Request
from gateway.transport.responses import Response, respond

LONG = orjson.dumps("x" * 600_000)


class Reader:
    """Takes what is sent when it reads."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.reads = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message["type"] == "http.response.body":
            await self.reads.wait()

    def answer(self, name: str | None) -> asyncio.Task[None]:
        async def receive() -> Message:
            raise AssertionError

        request = Request.of({"type": "http", "headers": []}, receive)
        return asyncio.create_task(respond(self.send, request, Response(200, LONG, JSON, reader=name)))

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])


@pytest.fixture(autouse=True)
def _little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "_MOST_UNREAD", 2 * len(LONG))


async def test_who_has_too_much_to_read_gets_no_more() -> None:
    slow, other, third, late = Reader(), Reader(), Reader(), Reader()
    holding = [slow.answer("anna"), slow.answer("anna")]
    third.reads.set()
    other.reads.set()
    await asyncio.sleep(0)

    await third.answer("anna")
    await other.answer("boris")

    assert (third.status, other.status, other.body) == (429, 200, LONG)
    (error,) = orjson.loads(third.body)["errors"]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert error["message"] == (
        "1,200,004 bytes of other answers are still to be read. Read them first, or ask for less at a time."
    )
    slow.reads.set()
    await asyncio.gather(*holding)
    late.reads.set()
    await late.answer("anna")
    assert (late.status, late.body) == (200, LONG)
    assert not responses._unread


async def test_what_nobody_reads_is_given_back_when_its_request_ends() -> None:
    reader = Reader()
    answering = reader.answer("anna")
    await asyncio.sleep(0)
    assert responses._unread == {"anna": len(LONG)}

    answering.cancel()
    await asyncio.wait([answering])

    assert not responses._unread


async def test_the_pieces_of_a_long_answer_are_the_answer() -> None:
    reader = Reader()
    reader.reads.set()

    await reader.answer("anna")

    sent: list[Any] = [(len(message["body"]), message["more_body"]) for message in reader.sent[1:]]
    assert sent == [(250_000, True), (250_000, True), (100_002, False)]
    assert reader.body == LONG
