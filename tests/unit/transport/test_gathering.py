"""Head and body of an answer leave together, and nothing is lost when a connection ends."""

from __future__ import annotations

import asyncio
from typing import cast

from gateway.transport.gathering import Gathering


class Wire:
    """A transport that notes what is done with it."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.lost = False

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.lost = True
        self.done.append("closed")

    def is_closing(self) -> bool:
        return self.lost


def over(wire: Wire) -> Gathering:
    return Gathering(cast(asyncio.Transport, wire))


async def test_what_is_written_in_one_turn_is_sent_at_once() -> None:
    wire = Wire()
    transport = over(wire)

    transport.write(b"head ")
    transport.write(b"body")
    assert wire.done == []
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)

    assert wire.done == [b"head body", b"next"]


async def test_what_waits_is_sent_before_the_connection_is_closed() -> None:
    wire = Wire()
    transport = over(wire)

    transport.write(b"last")
    transport.close()
    await asyncio.sleep(0)

    assert wire.done == [b"last", "closed"]


async def test_nothing_is_sent_over_a_connection_that_is_lost() -> None:
    wire = Wire()
    transport = over(wire)

    transport.write(b"too late")
    wire.lost = True
    await asyncio.sleep(0)

    assert wire.done == []
    assert transport.is_closing()
