"""What is asked of a bulk change before anybody plans it: its room, its points, and repeats."""

import asyncio

import pytest

from authz.principal import Principal
from gateway.kit.errors import ErrorCode, GatewayError, Refusal
from gateway.kit.texts import Language
from gateway.loaders.number_filters import NumberFilter
from gateway.operations.labels import LabelSet
from gateway.services import bulk_changes, bulk_steps
from gateway.services.budgets import Budgets, Rate
from gateway.services.bulk_targets import Target
from gateway.services.uploads import store_upload
from tests.services.bulk import Bulk, origin_of
from tests.services.fleet import ADMINISTRATOR, COMPANY, FOREIGNER, NUMBER, OWNER


@pytest.mark.parametrize(
    ("principal", "target", "code", "field"),
    [
        (FOREIGNER, Target(ids=[NUMBER]), ErrorCode.NOT_FOUND, ("companyId",)),
        (ADMINISTRATOR, Target(ids=list(range(10_001))), ErrorCode.TOO_LARGE, ("target", "ids")),
        (ADMINISTRATOR, Target(upload_id=77), ErrorCode.NOT_FOUND, ("target", "uploadId")),
        (
            ADMINISTRATOR,
            Target(filter=NumberFilter(msisdn_prefix="x")),
            ErrorCode.INVALID,
            ("target", "filter", "msisdnPrefix"),
        ),
    ],
)
async def test_what_cannot_be_asked_for_is_refused_at_once(
    bulk: Bulk, principal: Principal, target: Target, code: ErrorCode, field: tuple[str, ...]
) -> None:
    with pytest.raises(Refusal) as refused:
        await bulk.ask(LabelSet("x"), principal=principal, target=target)

    assert (refused.value.code, refused.value.field) == (code, field)


async def test_the_same_key_records_one_change(bulk: Bulk) -> None:
    ids = {await bulk.ask(LabelSet("x"), idempotency_key="k") for _ in range(3)}

    assert len(ids) == 1
    assert await bulk.connection.fetchval("SELECT count(*) FROM bulk_changes") == 1


async def test_so_many_changes_of_a_company_are_open_and_no_more(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    done = await bulk.done(LabelSet("done"))
    monkeypatch.setattr(bulk_changes, "MOST_OPEN", 3)
    first = await bulk.plan(LabelSet("x"))

    told = await asyncio.gather(*(bulk.ask(LabelSet("x")) for _ in range(5)), return_exceptions=True)

    refusals = [each for each in told if isinstance(each, Refusal)]
    assert [(each.code, each.field) for each in refusals] == [(ErrorCode.TOO_LARGE, ("companyId",))] * 3
    assert refusals[0].hint is not None
    assert refusals[0].hint.render(Language.EN).startswith("Apply, reject or cancel some of company.bulkChanges first.")
    origin = origin_of(ADMINISTRATOR)
    with pytest.raises(Refusal, match="TOO_LARGE"):
        await bulk_changes.undo(bulk.database, ADMINISTRATOR, done, origin=origin)
    await bulk_steps.cancel(bulk.database, ADMINISTRATOR, first, origin=origin)
    await bulk.work(first)
    await bulk_changes.undo(bulk.database, ADMINISTRATOR, done, origin=origin)
    assert await bulk.connection.fetchval("SELECT count(*) FROM bulk_changes") == 5


async def test_nobody_takes_the_room_of_their_colleagues_who_can_end_what_is_open(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_changes, "MOST_OF_ONE", 2)
    first = await bulk.plan(LabelSet("x"))

    told = await asyncio.gather(*(bulk.ask(LabelSet("x")) for _ in range(3)), return_exceptions=True)

    refusals = [each for each in told if isinstance(each, Refusal)]
    assert [(each.code, each.field) for each in refusals] == [(ErrorCode.TOO_LARGE, ("companyId",))] * 2
    assert refusals[0].message.render(Language.EN).startswith("2 bulk changes of yours have not ended yet")
    await bulk.ask(LabelSet("x"), principal=OWNER)
    await bulk_steps.cancel(bulk.database, OWNER, first, origin=origin_of(OWNER))
    await bulk.work(first)
    assert await bulk.status(first) == "CANCELLED"
    await bulk.ask(LabelSet("x"))


async def test_planning_costs_points_for_each_number(bulk: Bulk) -> None:
    rate = Rate(1_000, 0.001)
    budget = Budgets(bulk.database, rate, rate).of(ADMINISTRATOR, "")
    content = b"79260000101\n79260000102\n"
    upload = await store_upload(bulk.database, ADMINISTRATOR, COMPANY, name="a.csv", content=content)

    left = []
    for target in (
        Target(ids=[NUMBER]),
        Target(filter=NumberFilter()),
        Target(filter=NumberFilter(msisdn_suffix="0101")),
        Target(upload_id=upload),
    ):
        await bulk.ask(LabelSet("x"), target=target, budget=budget)
        left.append(budget.available)
    done = await bulk.done(LabelSet("x"))
    await bulk_changes.undo(bulk.database, ADMINISTRATOR, done, origin=origin_of(ADMINISTRATOR), budget=budget)
    with pytest.raises(GatewayError, match="RATE_LIMITED"):
        await bulk.ask(LabelSet("x"), target=list(range(10_000)), budget=budget)

    assert (left, budget.available) == ([995, 945, 940, 930], 880)


async def test_a_repeat_and_what_there_is_no_room_for_cost_no_points(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_changes, "MOST_OPEN", 1)
    rate = Rate(100, 0.001)
    budget = Budgets(bulk.database, rate, rate).of(ADMINISTRATOR, "")
    done = await bulk.done(LabelSet("done"))
    first = await bulk.ask(LabelSet("x"), budget=budget, idempotency_key="k")

    with pytest.raises(Refusal, match="TOO_LARGE"):
        await bulk.ask(LabelSet("y"), budget=budget)
    with pytest.raises(Refusal, match="TOO_LARGE"):
        await bulk_changes.undo(bulk.database, ADMINISTRATOR, done, origin=origin_of(ADMINISTRATOR), budget=budget)
    await budget.spend(50)
    again = await bulk.ask(LabelSet("x"), budget=budget, idempotency_key="k")

    assert (again, budget.available) == (first, 0)


async def test_a_repeat_is_answered_when_its_list_is_gone(bulk: Bulk) -> None:
    upload = await store_upload(bulk.database, ADMINISTRATOR, COMPANY, name="a.csv", content=b"79260000101\n")
    first = await bulk.ask(LabelSet("x"), target=Target(upload_id=upload), idempotency_key="k")
    await bulk.connection.execute("DELETE FROM uploads")

    assert await bulk.ask(LabelSet("x"), target=Target(upload_id=upload), idempotency_key="k") == first
