"""Runs of bulk changes: what was planned is done once, by whoever is allowed to, and can be taken back."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import asyncpg
import pytest

from gateway.kit.errors import ErrorCode, Refusal
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.models.numbers import ServiceKind
from gateway.operations.bans import BanLift, BanSet
from gateway.operations.labels import LabelSet
from gateway.operations.options import OptionConnect
from gateway.services import bulk_changes, bulk_chunks, bulk_runs, bulk_steps, states
from gateway.services.bulk_items import end_items
from gateway.services.bulk_runs import finish, run_chunk
from gateway.services.effects import Step, carry_out
from gateway.services.journal import Origin
from gateway.services.journal_verification import verify
from gateway.services.numbers import change
from gateway.services.running import Run
from gateway.statements import Tenant
from tests.services.bulk import CATALOGUE, EVERY, Bulk
from tests.services.fleet import ADMINISTRATOR, BRANCH_NUMBER, COMPANY, MANAGER, NUMBER, ORIGIN
from tests.unit.operations.catalogues import ADD_ON, PLAIN


async def labels(bulk: Bulk) -> list[str | None]:
    rows = await bulk.connection.fetch("SELECT label FROM numbers WHERE company_id = 1 ORDER BY id")
    return [row["label"] for row in rows]


async def relabel(bulk: Bulk, number_id: int, label: str) -> None:
    await change(bulk.database, ADMINISTRATOR, number_id, LabelSet(label), catalogue=CATALOGUE, origin=ORIGIN)


async def test_what_was_planned_is_done_once_by_any_number_of_workers(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_runs, "CHUNK", 2)
    change_id = await bulk.plan(OptionConnect(PLAIN), OptionConnect(ADD_ON))
    await bulk.apply(change_id)

    chunks = await asyncio.gather(*(bulk.work(change_id) for _ in range(3)))

    assert sum(chunks) >= 5
    await bulk.work(change_id)
    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("FINISHED", {"APPLIED": 10})
    assert await bulk.connection.fetchval("SELECT count(*) FROM connected_options") == 20
    lines = await bulk.connection.fetch(
        "SELECT number_id, action FROM journal_entries WHERE bulk_change_id = $1 AND number_id IS NOT NULL", change_id
    )
    assert sorted(line["number_id"] for line in lines) == sorted([*EVERY, *EVERY])
    steps = await bulk.connection.fetch("SELECT action, after FROM journal_entries WHERE number_id IS NULL ORDER BY id")
    assert [each["action"] for each in steps] == ["bulk_change:plan", "bulk_change:apply", "bulk_change:finish"]
    assert steps[-1]["after"] == '{"failed": 0, "status": "FINISHED", "applied": 10, "skipped": 0}'
    assert not (await verify(bulk.database, COMPANY)).faults


async def test_undoing_leaves_every_number_as_it_was(bulk: Bulk) -> None:
    await relabel(bulk, NUMBER, "before")
    run = partial(bulk.database.fetch, Tenant((COMPANY,)))
    before = await states.load(run, [COMPANY], EVERY)
    change_id = await bulk.done(LabelSet("after"), OptionConnect(PLAIN))

    undo = await bulk.make(await bulk_changes.undo(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))
    await bulk.apply(undo)
    await bulk.work(undo)

    assert await bulk.counts(undo) == {"APPLIED": 10}
    assert await states.load(run, [COMPANY], EVERY) == before
    assert (await bulk.row(undo))["undo_of"] == change_id


async def test_undoing_leaves_alone_what_others_changed_since(bulk: Bulk) -> None:
    change_id = await bulk.done(LabelSet("after"))
    await relabel(bulk, NUMBER, "theirs")

    undo = await bulk.make(await bulk_changes.undo(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))
    await bulk.apply(undo)
    await bulk.work(undo)
    again = await bulk.make(await bulk_changes.retry(bulk.database, ADMINISTRATOR, undo, origin=ORIGIN))

    assert await labels(bulk) == ["theirs", *[None] * 9]
    assert (await bulk.errors(undo))[NUMBER] == "CONFLICT"
    assert await bulk.errors(again) == {NUMBER: "CONFLICT"}


async def test_undoing_passes_over_what_somebody_took_back_already(bulk: Bulk) -> None:
    change_id = await bulk.done(BanSet(ServiceKind.PREMIUM_SMS), LabelSet("after"))
    lift = BanLift(ServiceKind.PREMIUM_SMS)
    for number_id in (NUMBER, BRANCH_NUMBER):
        await change(bulk.database, ADMINISTRATOR, number_id, lift, catalogue=CATALOGUE, origin=ORIGIN)
    await relabel(bulk, BRANCH_NUMBER, "theirs")

    undo = await bulk.make(await bulk_changes.undo(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))
    await bulk.apply(undo)
    await bulk.work(undo)
    again = await bulk.make(await bulk_changes.undo(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))

    assert {label for label in await labels(bulk) if label} == {"theirs"}
    assert {id: code for id, code in (await bulk.errors(undo)).items() if code} == {BRANCH_NUMBER: "CONFLICT"}
    left = await bulk.connection.fetch("SELECT number_id FROM service_bans")
    assert [row["number_id"] for row in left] == []
    assert await bulk.errors(again) == dict.fromkeys(EVERY, "ALREADY_DONE") | {BRANCH_NUMBER: "CONFLICT"}


async def test_what_is_so_already_is_passed_over_and_the_rest_is_done_and_undone(bulk: Bulk) -> None:
    await relabel(bulk, NUMBER, "here")
    await change(bulk.database, ADMINISTRATOR, BRANCH_NUMBER, OptionConnect(PLAIN), catalogue=CATALOGUE, origin=ORIGIN)
    both = (LabelSet("here"), OptionConnect(PLAIN))
    await bulk.done(*both, target=[103])

    change_id = await bulk.done(*both, target=[NUMBER, BRANCH_NUMBER, 103])

    assert await bulk.errors(change_id) == {NUMBER: None, BRANCH_NUMBER: None, 103: "ALREADY_DONE"}
    row, items = await bulk.row(change_id), await bulk.items(change_id)
    assert (row["one_off_kopecks"], row["monthly_kopecks"]) == (5_000, 10_000)
    assert [(item["state"], item["one_off_kopecks"]) for item in items] == [
        ("APPLIED", 5_000),
        ("APPLIED", 0),
        ("REFUSED", 0),
    ]
    lines = await bulk.connection.fetch(
        "SELECT number_id, action FROM journal_entries WHERE bulk_change_id = $1 AND number_id IS NOT NULL ORDER BY 1",
        change_id,
    )
    assert [tuple(line) for line in lines] == [(NUMBER, "option:connect"), (BRANCH_NUMBER, "label:set")]

    undo = await bulk.make(await bulk_changes.undo(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))
    await bulk.apply(undo)
    await bulk.work(undo)

    assert await bulk.counts(undo) == {"APPLIED": 2}
    assert (await labels(bulk))[:3] == ["here", None, "here"]
    connected = await bulk.connection.fetch("SELECT number_id FROM connected_options ORDER BY 1")
    assert [each["number_id"] for each in connected] == [BRANCH_NUMBER, 103]


async def test_a_retry_is_for_what_was_not_done(bulk: Bulk) -> None:
    change_id = await bulk.plan(OptionConnect(PLAIN))
    await bulk.apply(change_id)
    await relabel(bulk, NUMBER, "in between")
    await bulk.work(change_id)
    assert (await bulk.errors(change_id))[NUMBER] == "PLAN_DRIFTED"
    assert "bulkChangeRetry" in (await bulk.items(change_id))[0]["error"]

    again = await bulk.make(await bulk_changes.retry(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))
    await bulk.apply(again)
    await bulk.work(again)

    assert (await bulk.counts(again), list(await bulk.errors(again))) == ({"APPLIED": 1}, [NUMBER])
    with pytest.raises(Refusal) as refused:
        await bulk_changes.retry(bulk.database, ADMINISTRATOR, again, origin=ORIGIN)
    assert refused.value.code == ErrorCode.NOT_AVAILABLE


async def test_rights_are_those_of_the_author_when_an_item_is_done(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"), principal=MANAGER, target=[BRANCH_NUMBER])
    await bulk.apply(change_id, MANAGER)
    await bulk.connection.execute("DELETE FROM grants WHERE administrator_id = 6")

    await bulk.work(change_id)

    assert await bulk.errors(change_id) == {BRANCH_NUMBER: "FORBIDDEN"}
    assert await labels(bulk) == [None] * 10


async def test_another_price_than_planned_fails_the_item(bulk: Bulk) -> None:
    change_id = await bulk.plan(OptionConnect(PLAIN), target=[NUMBER])
    await bulk.apply(change_id)
    await bulk.connection.execute("UPDATE bulk_items SET one_off_kopecks = 1")

    await bulk.work(change_id)

    assert await bulk.errors(change_id) == {NUMBER: "PRICE_CHANGED"}


@pytest.mark.parametrize(("spoilt", "expected"), [(False, ["x"] * 10), (True, ["in between", *[None] * 9])])
async def test_all_or_none(bulk: Bulk, spoilt: bool, expected: list[str | None]) -> None:
    change_id = await bulk.plan(LabelSet("x"), on_error=BulkErrorPolicy.REJECT_ALL)
    await bulk.apply(change_id)
    if spoilt:
        await relabel(bulk, NUMBER, "in between")

    assert await bulk.work(change_id) == 1

    assert await labels(bulk) == expected
    assert await bulk.counts(change_id) == ({"FAILED": 1, "SKIPPED": 9} if spoilt else {"APPLIED": 10})
    assert await bulk.status(change_id) == "FINISHED"


async def test_what_is_paused_stays_where_it_is_and_goes_on(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_runs, "CHUNK", 4)
    change_id = await bulk.plan(LabelSet("x"))
    await bulk.apply(change_id)
    await run_chunk(bulk.database, COMPANY, change_id, catalogue=CATALOGUE)
    await bulk_steps.pause(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)

    assert await bulk.work(change_id) == 0
    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("PAUSED", {"APPLIED": 4, "PENDING": 6})

    await bulk_steps.resume(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)
    assert (await bulk.row(change_id))["ended_before"] == 4
    await bulk.work(change_id)
    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("FINISHED", {"APPLIED": 10})


async def test_a_chunk_under_way_ends_all_the_same_and_with_the_last_one_a_paused_change_is_finished(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def pause_meanwhile(*given: Any) -> None:
        await bulk_steps.pause(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)
        await end_items(*given)

    monkeypatch.setattr(bulk_runs, "CHUNK", 5)
    monkeypatch.setattr(bulk_chunks, "end_items", pause_meanwhile)
    change_id = await bulk.plan(LabelSet("x"))
    await bulk.apply(change_id)

    assert await bulk.work(change_id) == 1
    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("PAUSED", {"APPLIED": 5, "PENDING": 5})

    await bulk_steps.resume(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)
    assert await run_chunk(bulk.database, COMPANY, change_id, catalogue=CATALOGUE)
    with pytest.raises(Refusal) as refused:
        await bulk_steps.pause(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)
    assert refused.value.code == ErrorCode.CONFLICT
    assert await bulk.work(change_id) == 0
    row = await bulk.row(change_id)
    assert (row["status"], row["finished_at"] is None) == ("FINISHED", False)


async def test_what_is_cancelled_stops_and_what_is_done_stays(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_runs, "CHUNK", 4)
    change_id = await bulk.plan(LabelSet("x"))
    await bulk.apply(change_id)
    await run_chunk(bulk.database, COMPANY, change_id, catalogue=CATALOGUE)
    await bulk_steps.cancel(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)

    assert await bulk.work(change_id) == 0

    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("CANCELLED", {"APPLIED": 4, "SKIPPED": 6})
    assert (await labels(bulk)).count("x") == 4


async def test_nobody_ends_a_change_while_a_chunk_of_it_is_under_way(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"))
    await bulk.apply(change_id)
    await bulk_steps.cancel(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)
    async with bulk.connection.transaction():
        await bulk.connection.execute("SELECT FROM bulk_changes WHERE id = $1 FOR KEY SHARE", change_id)
        assert not await finish(bulk.database, COMPANY, change_id)

    assert await finish(bulk.database, COMPANY, change_id)
    assert await bulk.counts(change_id) == {"SKIPPED": 10}


async def test_a_change_that_is_cancelled_while_it_is_planned_gets_no_plan(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_id = await bulk.ask(LabelSet("x"))
    await bulk_steps.cancel(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)

    with pytest.raises(AssertionError):
        await bulk.make(change_id)

    assert await finish(bulk.database, COMPANY, change_id)
    assert (await bulk.status(change_id), await bulk.items(change_id)) == ("CANCELLED", [])


@pytest.mark.parametrize(
    ("on_error", "errors", "expected"),
    [
        (BulkErrorPolicy.SKIP_FAILED, {105: "INTERNAL"}, ["x"] * 4 + [None] + ["x"] * 5),
        (BulkErrorPolicy.REJECT_ALL, dict.fromkeys(EVERY, "INTERNAL"), [None] * 10),
    ],
)
async def test_an_item_at_which_the_gateway_fails_stops_nobody_but_who_wants_all_or_none(
    bulk: Bulk,
    monkeypatch: pytest.MonkeyPatch,
    on_error: BulkErrorPolicy,
    errors: dict[int, str],
    expected: list[str | None],
) -> None:
    async def fail(run: Run, company_id: int, origin: Origin, moment: datetime, steps: Sequence[Step]) -> list[int]:
        done = await carry_out(run, company_id, origin, moment, steps)
        if any(each.after.id == 105 for each in steps):
            raise KeyError("a defect, after everything was written")
        return done

    monkeypatch.setattr(bulk_chunks, "carry_out", fail)
    change_id = await bulk.done(LabelSet("x"), on_error=on_error)

    assert {id: code for id, code in (await bulk.errors(change_id)).items() if code} == errors
    assert await labels(bulk) == [*expected]
    assert await bulk.status(change_id) == "FINISHED"
    assert len(await bulk.counts(change_id)) == len({*expected})
    lines = "SELECT count(*) FROM journal_entries WHERE number_id IS NOT NULL"
    assert await bulk.connection.fetchval(lines) == expected.count("x")


async def test_what_passes_is_tried_again_and_fails_nothing(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> list[int]:
        raise asyncpg.DeadlockDetectedError

    change_id = await bulk.plan(LabelSet("x"))
    await bulk.apply(change_id)
    monkeypatch.setattr(bulk_chunks, "carry_out", fail)
    with pytest.raises(asyncpg.DeadlockDetectedError):
        await bulk.work(change_id)
    monkeypatch.undo()
    await bulk.work(change_id)

    assert await bulk.counts(change_id) == {"APPLIED": 10}
