"""How a worker goes from one piece of work to the next."""

import asyncio

import pytest

from gateway import worker


@pytest.mark.parametrize(("took", "rests"), [(0.25, 0.25), (20, 1.0)])
async def test_rests_after_a_piece_as_long_as_it_took_but_not_for_long(
    monkeypatch: pytest.MonkeyPatch, took: float, rests: float
) -> None:
    clock, rested = 0.0, list[float]()

    async def work() -> bool:
        nonlocal clock
        clock += took
        if clock > 2 * took:
            raise asyncio.CancelledError  # somebody ends it
        return True

    async def sleep(seconds: float) -> None:
        rested.append(seconds)

    monkeypatch.setattr(worker, "perf_counter", lambda: clock)
    monkeypatch.setattr(asyncio, "sleep", sleep)

    with pytest.raises(asyncio.CancelledError):
        await worker._go_on(work, asyncio.Event(), longest_rest=worker._LONGEST_REST)

    assert rested == [rests, rests]
