"""Budgets: nobody spends more than flows in, however many processes serve them, and hardly anybody waits for it."""

import asyncio
import sys

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Language
from gateway.services.budgets import Budgets, Rate
from tests.services.spending import SPENDER, TRICKLE

pytestmark = pytest.mark.usefixtures("clean_tables")

NONE = Rate(10_000, TRICKLE)


def process(database: Database, rate: Rate = NONE) -> Budgets:
    """The budgets as one process sees them."""
    return Budgets(database, rate, rate)


async def left(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT points FROM budgets"))


async def test_four_processes_spend_exactly_what_there_is(dsn: str) -> None:
    burst, points = 1_000_007, 211
    command = (sys.executable, "-m", "tests.services.spending", dsn, str(burst), str(points))
    pipe = asyncio.subprocess.PIPE
    processes = [await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe) for _ in range(4)]
    for each in processes:
        assert each.stdout is not None
        assert await each.stdout.readline() == b"ready\n"

    counts = [int(output) for output, _ in await asyncio.gather(*(each.communicate(b"\n") for each in processes))]

    assert sum(counts) == burst // points, counts
    assert all(counts), counts


async def test_a_slice_is_spent_without_asking_again(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.budgets._KEPT", 60)  # however slow the machine is
    budget = process(database).of(SPENDER, "")

    for _ in range(10):
        await budget.spend(10)

    assert await left(owner_connection) == 10_000 - 100  # one slice
    assert budget.available == 10_000 - 10 * 10


async def test_first_requests_that_come_together_take_one_slice(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.budgets._KEPT", 60)  # however slow the machine is
    budget = process(database).of(SPENDER, "")

    await asyncio.gather(*(budget.spend(10) for _ in range(5)))

    assert await left(owner_connection) == 10_000 - 100
    assert budget.available == 10_000 - 5 * 10


async def test_the_last_of_a_bucket_goes_to_whoever_needs_it(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    one, other = process(database).of(SPENDER, ""), process(database).of(SPENDER, "")
    await one.spend(9_500)

    await one.spend(10)
    await other.spend(480)
    await other.spend(10)

    assert await left(owner_connection) == 0


async def test_what_is_not_spent_goes_back(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = process(database).of(SPENDER, "")
    await budget.spend(10)

    monkeypatch.setattr("gateway.services.budgets._KEPT", 0)
    await budget.spend(10)

    assert await left(owner_connection) == 10_000 - 10 - 100
    assert budget.available == 10_000 - 20


async def test_a_refusal_tells_when_to_come_again(database: Database, owner_connection: asyncpg.Connection) -> None:
    budget = process(database, Rate(10_000, 100)).of(SPENDER, "")
    await budget.spend(9_900)

    with pytest.raises(GatewayError) as refused:
        await budget.spend(1_100)

    assert refused.value.code is GatewayErrorCode.RATE_LIMITED
    available, seconds = refused.value.extensions["available"], refused.value.extensions["retryAfter"]
    assert isinstance(available, int)
    assert 100 <= available < 1_000
    assert seconds == -(-(1_100 - available) // 100)
    assert refused.value.message.render(Language.EN) == (
        f"Too much was asked for in a short time: 1,100 points are needed, {available} are left. "
        f"Try again in {seconds} seconds."
    )
    assert refused.value.message.render(Language.RU).endswith(("секунд.", "секунды.", "секунду."))


async def test_points_flow_back_with_time_and_no_further_than_the_brim(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    rate = Rate(10_000, 100)
    await process(database, rate).of(SPENDER, "").spend(10_000)
    await owner_connection.execute("UPDATE budgets SET filled_at = filled_at - interval '1 minute'")

    await process(database, rate).of(SPENDER, "").spend(6_000)
    await owner_connection.execute("UPDATE budgets SET filled_at = filled_at - interval '1 day'")

    await process(database, rate).of(SPENDER, "").spend(10_000)
    with pytest.raises(GatewayError):
        await process(database, rate).of(SPENDER, "").spend(9_000)


async def test_strangers_share_the_budget_of_their_address_or_ipv6_network(database: Database) -> None:
    budgets = process(database)

    holders = [
        budgets.of(None, ip).holder
        for ip in ("192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "")
    ]

    assert holders == ["ip_192.0.2.1", "ip_192.0.2.1", *["ip_2001:db8::/64"] * 2, "ip_2001:db8:0:1::/64", "ip_"]
    assert budgets.of(SPENDER, "192.0.2.1").holder == "api_key_7"


async def test_old_buckets_are_swept_away(database: Database, owner_connection: asyncpg.Connection) -> None:
    await process(database).of(None, "192.0.2.1").spend(10)
    await owner_connection.execute("UPDATE budgets SET filled_at = filled_at - interval '2 days'")

    await process(database).of(None, "192.0.2.2").spend(10)

    assert await owner_connection.fetchval("SELECT array_agg(holder) FROM budgets") == ["ip_192.0.2.2"]


async def test_what_is_done_already_takes_all_there_is_before_it_is_refused(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    budget = process(database).of(SPENDER, "")
    await budget.spend(9_500)

    with pytest.raises(GatewayError) as refused:
        await budget.settle(900)

    assert refused.value.code is GatewayErrorCode.RATE_LIMITED
    assert await left(owner_connection) == budget.available == 0
