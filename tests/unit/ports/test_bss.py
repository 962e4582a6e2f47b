"""Orders over HTTP, to a real server: what its answers mean, how often it is asked, and when it is spared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.ports.bss import BssAnswer, BssOrder, HttpBss, Patience, Verdict
from tests.factories.operator import Operator, serving

UNKNOWN = BssAnswer(Verdict.UNKNOWN)
HASTY = Patience(first_pause=0.001, longest_pause=0.001, failures=1_000)


def order(key: str = "key 1", msisdn: str = "79260000101") -> BssOrder:
    return BssOrder(key, msisdn, [{"kind": "option:connect", "parameters": {"option_id": 11}}])


@asynccontextmanager
async def asking(operator: Operator, patience: Patience = HASTY, token: str | None = None) -> AsyncIterator[HttpBss]:
    async with serving(operator) as url:
        bss = HttpBss(url, token, patience)
        yield bss
        await bss.close()


async def test_an_order_is_posted_under_its_key_with_the_token() -> None:
    operator = Operator()
    async with asking(operator, token="secret") as bss:
        answers = await bss.carry_out([order(), order("key 2", "79260000102")])

    assert answers == [BssAnswer(Verdict.DONE)] * 2
    assert operator.requests == ["key 1", "key 2"]
    assert operator.ledger == {"+79260000101": order().operations, "+79260000102": order().operations}
    assert operator.token == "bearer secret"
    assert "secret" not in repr(bss)


async def test_a_refusal_is_for_good_and_has_a_reason() -> None:
    operator = Operator()
    operator.refusing.add("+79260000101")
    async with asking(operator) as bss:
        assert await bss.carry_out([order()]) == [BssAnswer(Verdict.REFUSED, "no such subscriber")]

    assert operator.requests == ["key 1"]


@pytest.mark.parametrize(
    ("status", "answer", "requests"),
    [
        *((status, BssAnswer(Verdict.REFUSED), 1) for status in (400, 404, 422)),
        *((status, UNKNOWN, 4) for status in (302, 401, 403, 408, 409, 425, 429, 500, 503)),
    ],
)
async def test_what_speaks_of_the_order_ends_it_and_anything_else_is_tried_again(
    status: int, answer: BssAnswer, requests: int
) -> None:
    operator = Operator()
    operator.status = status
    async with asking(operator) as bss:
        assert await bss.carry_out([order()]) == [answer]

    assert operator.requests == ["key 1"] * requests


async def test_a_system_that_is_not_there_leaves_it_open() -> None:
    bss = HttpBss("http://127.0.0.1:1/orders", patience=HASTY)

    assert await bss.carry_out([order()]) == [UNKNOWN]
    await bss.close()


async def test_no_more_than_so_many_are_under_way_at_once() -> None:
    operator = Operator()
    async with asking(operator, Patience(at_once=3)) as bss:
        answers = await bss.carry_out([order(f"key {each}") for each in range(30)])

    assert answers == [BssAnswer(Verdict.DONE)] * 30
    assert 1 < operator.busiest <= 3


async def test_a_call_ends_in_time_whatever_the_system_does() -> None:
    operator = Operator(faults=1)
    operator.random.choice = lambda choices: "overtaken"  # type: ignore[method-assign, assignment, return-value]  # slow
    async with asking(operator, Patience(total=0.01)) as bss:
        assert await bss.carry_out([order()]) == [UNKNOWN]


async def test_a_system_that_fails_is_spared_and_asked_again_after_a_rest() -> None:
    operator = Operator()
    operator.status = 503
    patience = Patience(first_pause=0, longest_pause=0, failures=3, rest=0.05)
    async with asking(operator, patience) as bss:
        assert await bss.carry_out([order()]) == [UNKNOWN]
        assert await bss.carry_out([order()]) == [UNKNOWN]
        asked = len(operator.requests)
        operator.status = None
        await asyncio.sleep(patience.rest)
        assert await bss.carry_out([order()]) == [BssAnswer(Verdict.DONE)]

    assert asked == patience.failures
