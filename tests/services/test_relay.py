"""Messages between processes: whole, in order, answered by whoever holds what they are about, and by nobody else."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.db import Database
from gateway.services import relay
from gateway.services.relay import Relay


@pytest.fixture
async def processes(dsn: str) -> AsyncIterator[tuple[Relay, Relay]]:
    databases = [Database(dsn) for _ in range(2)]
    one, two = (Relay(database) for database in databases)
    await one.open()
    await two.open()
    yield one, two
    for database in databases:
        await database.close()


async def test_the_process_that_holds_it_answers(processes: tuple[Relay, Relay]) -> None:
    one, two = processes
    heard: dict[str, list[bytes]] = {"a": [], "b": []}

    def hold(name: str, message: bytes) -> str:
        heard[name].append(message)
        return f"{name}{len(message)}"

    long = bytes(range(256)) * 400
    with one.hold("a", lambda message: hold("a", message)), two.hold("b", lambda message: hold("b", message)):
        answers = await asyncio.gather(
            two.ask("a", long), two.ask("a", b"short"), one.ask("b", b"x"), one.ask("a", b"own")
        )

    assert list(answers) == ["a102400", "a5", "b1", "a3"]
    assert sorted(heard["a"]) == sorted([long, b"short", b"own"])
    assert heard["b"] == [b"x"]


async def test_what_nobody_holds_has_no_answer(processes: tuple[Relay, Relay], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "_ANSWER_WITHIN", 0.05)
    one, two = processes

    with one.hold("a", lambda _: "here"):
        assert two.holds("a") is False
        assert one.holds("a") is True
    assert await two.ask("a", b"gone") is None
    assert await two.ask("never", b"there") is None
