"""Following a bulk change: what comes, how often, to whom, and when it ends."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest

from authz.principal import Grant, Principal
from gateway.execution import Result
from gateway.jobs import Jobs
from gateway.kit.errors import ErrorCode, Refusal
from gateway.services import bulk_runs
from schema import bulk_change_updates
from schema.context import Context
from tests.factories.register import FOREIGN_OWNER, Register

OWNER = Principal("system", 0, "nightly", (Grant(0, 97, "owner"),))
FOLLOW = """subscription ($id: ID!) { bulkChangeChanged(id: $id) {
  status resultUrl(format: CSV) progress { applied pending rate estimatedEndAt }
} }"""
PLAN = """mutation ($input: BulkChangePlanInput!) { bulkChangePlan(input: $input) { bulkChange { id } } }"""
APPLY = """mutation ($input: BulkChangeApplyInput!) { bulkChangeApply(input: $input) { userErrors { code } } }"""
NUMBERS = 6


@pytest.fixture(autouse=True)
async def _in_time() -> AsyncIterator[None]:
    async with asyncio.timeout(20):
        yield


@pytest.fixture
async def company(register: Register) -> Register:
    """Company 97 with six numbers, whose labels were never changed."""
    await register.execute(
        "INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status) VALUES"
        " (97, 'Followed', '9000000097', '97', 'Moscow', 'Europe/Moscow', 'ACTIVE') ON CONFLICT DO NOTHING"
    )
    await register.execute(
        "INSERT INTO numbers (company_id, id, msisdn, tariff_id, status, kind)"
        " SELECT 97, n, '792697' || n, 1, 'ACTIVE', 'VOICE' FROM generate_series(97001, 97006) n"
        " ON CONFLICT (company_id, id) DO UPDATE SET label = NULL"
    )
    return register


class Follower:
    """Somebody who asks for a bulk change and follows it; what they hold may change meanwhile."""

    def __init__(self, register: Register) -> None:
        self.register, self.principal, self.looks = register, OWNER, list[float]()
        self.jobs = Jobs(register.db, register.catalogue)

    async def renew(self) -> Context:
        self.looks.append(monotonic())
        return self.register.context(self.principal)

    async def plan(self) -> None:
        asked = {"companyId": "com_97", "changes": [{"labelSet": {"label": "x"}}], "target": {"filter": {}}}
        planned = await self.register.data(PLAN, {"input": asked}, by=OWNER)
        self.id = planned["bulkChangePlan"]["bulkChange"]["id"]

    async def apply(self) -> None:
        source = "query ($id: ID!) { bulkChange(id: $id) { plan { hash } } }"
        shown = await self.register.data(source, {"id": self.id}, by=OWNER)
        asked = {"id": self.id, "planHash": shown["bulkChange"]["plan"]["hash"]}
        answer = await self.register.data(APPLY, {"input": asked}, by=OWNER)
        assert answer["bulkChangeApply"]["userErrors"] == []

    async def follow(self) -> AsyncIterator[Result]:
        stream = await self.register.engine.subscribe(FOLLOW, {"id": self.id}, None, await self.renew(), self.renew)
        assert not isinstance(stream, Result)
        return stream

    async def work(self) -> None:
        while await self.jobs.turn():
            pass


def seen(result: Result) -> Any:
    assert result.data is not None, result.errors
    return result.data["bulkChangeChanged"]


async def test_a_change_is_followed_to_its_end_with_two_events_a_second_at_most(
    company: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_runs, "CHUNK", 1)
    follower = Follower(company)
    await follower.plan()
    stream = await follower.follow()
    first = seen(await anext(stream))
    await follower.work()
    planned = seen(await anext(stream))
    await follower.apply()

    [events, _] = await asyncio.gather(_rest(stream), follower.work())

    assert (first["status"], first["resultUrl"]) == ("PLANNING", f"/bulk-changes/{follower.id}/result.csv")
    assert (planned["status"], planned["progress"]["pending"]) == ("PLANNED", NUMBERS)
    assert events[-1][1]["status"] == "FINISHED"
    assert events[-1][1]["progress"] == {"applied": NUMBERS, "pending": 0, "rate": None, "estimatedEndAt": None}
    assert all(after - before >= 0.5 for (before, _), (after, _) in pairwise(events))


async def _rest(stream: AsyncIterator[Result]) -> list[tuple[float, Any]]:
    return [(monotonic(), seen(result)) async for result in stream]


async def test_nobody_looks_when_other_changes_move(company: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_change_updates, "_PAUSE", 0)
    follower, other = Follower(company), Follower(company)
    await follower.plan()
    await other.plan()
    stream = await follower.follow()
    await anext(stream)
    follower.looks.clear()
    touch = "UPDATE bulk_changes SET comment = 'x' WHERE id = "

    with company.updates.follow("bulk_changes", 97) as changes:
        event = asyncio.ensure_future(anext(stream))
        for _ in range(2):
            await company.execute(touch + other.id.removeprefix("blk_"))
            await anext(changes)
        await company.execute("SELECT 1")
        assert follower.looks == []
        await company.execute(touch + follower.id.removeprefix("blk_"))
        await event

    assert len(follower.looks) == 2  # one for the row, one for its answer
    await stream.aclose()  # type: ignore[attr-defined]  # a generator


async def test_rights_are_looked_at_twice_a_second_at_most(company: Register) -> None:
    follower = Follower(company)
    await follower.plan()
    stream = await follower.follow()
    await anext(stream)
    follower.looks = follower.looks[-1:]

    event = asyncio.ensure_future(anext(stream))
    with company.updates.follow_access() as changes:
        while len(follower.looks) < 4:
            await company.execute("SELECT pg_notify('access', '')")
            await anext(changes)
    event.cancel()

    assert all(after - before >= 0.5 for before, after in pairwise(follower.looks))


async def test_it_ends_when_the_right_is_gone(company: Register) -> None:
    follower = Follower(company)
    await follower.plan()
    stream = await follower.follow()
    await anext(stream)

    follower.principal = FOREIGN_OWNER
    await company.execute("SELECT pg_notify('access', '')")

    with pytest.raises(Refusal) as ended:
        await anext(stream)
    assert (ended.value.code, ended.value.field) == (ErrorCode.NOT_FOUND, ("id",))


async def test_a_change_of_others_does_not_exist(company: Register) -> None:
    follower = Follower(company)
    await follower.plan()
    follower.principal = FOREIGN_OWNER

    stream = await follower.follow()

    with pytest.raises(Refusal) as refused:
        await anext(stream)
    assert refused.value.code == ErrorCode.NOT_FOUND
