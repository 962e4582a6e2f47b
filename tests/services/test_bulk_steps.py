"""Steps of bulk changes: who may take them, in which state, and that a repeat takes them once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from authz.principal import Grant, Principal
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language
from gateway.loaders.number_filters import NumberFilter
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.operations.labels import LabelSet
from gateway.services import bulk_changes, bulk_steps, bulk_thresholds
from gateway.services.bulk_targets import Target
from gateway.services.numbers import change
from tests.services.bulk import CATALOGUE, EVERY, Bulk, origin_of
from tests.services.fleet import (
    ADMINISTRATOR,
    AUDITOR,
    BRANCH,
    BRANCH_NUMBER,
    COMPANY,
    FOREIGNER,
    MANAGER,
    NUMBER,
    ORIGIN,
    OWNER,
    insert,
)

OWNERS_KEY = Principal("api_key", 9, "Key", (Grant(9, COMPANY, "owner"),))
LOCAL_APPROVER = Principal(
    "administrator", 6, "Boris", (Grant(2, COMPANY, "approver", frozenset({BRANCH})), Grant(3, COMPANY, "auditor"))
)
Step = Callable[..., Awaitable[Any]]


async def refused(attempt: Awaitable[Any]) -> tuple[ErrorCode, tuple[str, ...]]:
    with pytest.raises(Refusal) as told:
        await attempt
    return told.value.code, told.value.field


async def take(bulk: Bulk, step: Step, change_id: int, principal: Principal = ADMINISTRATOR, **options: Any) -> None:
    if step is bulk_steps.approve:
        options["session_id"] = principal.id
    await step(bulk.database, principal, change_id, origin=origin_of(principal), **options)


async def waiting(bulk: Bulk, **options: Any) -> int:
    """A change that waits for a second person."""
    await bulk_thresholds.set_threshold(
        bulk.database, OWNER, COMPANY, 0, None, session_id=OWNER.id, origin=origin_of(OWNER)
    )
    return await bulk.plan(LabelSet("x"), **options)


@pytest.mark.parametrize(
    ("principal", "code"),
    [
        (ADMINISTRATOR, ErrorCode.FORBIDDEN),
        (OWNERS_KEY, ErrorCode.FORBIDDEN),
        (LOCAL_APPROVER, ErrorCode.FORBIDDEN),
        (MANAGER, ErrorCode.NOT_FOUND),
        (FOREIGNER, ErrorCode.NOT_FOUND),
    ],
    ids=["the author", "a key", "who may not for every number", "of one department", "a stranger"],
)
@pytest.mark.parametrize("step", [bulk_steps.approve, bulk_steps.reject])
async def test_who_may_not_decide(bulk: Bulk, principal: Principal, code: ErrorCode, step: Step) -> None:
    change_id = await waiting(bulk)
    await bulk.connection.execute("INSERT INTO administrators (id, name, language) VALUES (8, 'Clara', 'EN')")
    await bulk.connection.execute(
        "INSERT INTO sessions (id, administrator_id, token_hash, device, ip, expires_at, stepped_up_at) "
        "VALUES (8, 8, '8', '', '', now() + interval '1 hour', now())"
    )

    assert await refused(take(bulk, step, change_id, principal)) == (code, ("id",))
    assert await bulk.status(change_id) == "AWAITING_APPROVAL"


async def test_who_may_decide_for_a_department_decides_on_its_numbers(bulk: Bulk) -> None:
    change_id = await waiting(bulk, target=[BRANCH_NUMBER])

    await take(bulk, bulk_steps.approve, change_id, LOCAL_APPROVER, comment="Go")

    row = await bulk.row(change_id)
    assert (row["status"], row["decided_by_id"], row["decision_comment"]) == ("PLANNED", 6, "Go")


async def test_nobody_who_has_had_the_secret_of_a_key_decides_on_what_it_planned(bulk: Bulk) -> None:
    key = {"company_id": COMPANY, "id": 9, "name": "Key", "prefix": "gw", "secret_hash": b"9", "known_to": [5, 9]}
    await insert(bulk.connection, "api_keys", key)
    await insert(bulk.connection, "grants", {"company_id": COMPANY, "api_key_id": 9, "role": "owner"})
    change_id = await waiting(bulk, principal=OWNERS_KEY, target=[BRANCH_NUMBER])

    for step in (bulk_steps.approve, bulk_steps.reject):
        with pytest.raises(Refusal) as told:
            await take(bulk, step, change_id, OWNER)
        assert (told.value.code, told.value.field) == (ErrorCode.FORBIDDEN, ("id",))
        assert told.value.message.render(Language.EN) == "A key planned this change, and you have had its secret."
        assert told.value.hint is not None
        assert told.value.hint.render(Language.RU) == (
            "Попросите согласующего или владельца, который не создавал этот ключ и не обновлял его секрет."
        )
    await take(bulk, bulk_steps.approve, change_id, LOCAL_APPROVER)
    assert await bulk.status(change_id) == "PLANNED"


async def test_what_was_rejected_is_over(bulk: Bulk) -> None:
    change_id = await waiting(bulk)
    await take(bulk, bulk_steps.reject, change_id, OWNER)

    assert await refused(bulk.apply(change_id)) == (ErrorCode.CONFLICT, ("id",))
    assert await refused(take(bulk, bulk_steps.cancel, change_id)) == (ErrorCode.CONFLICT, ("id",))
    assert await refused(take(bulk, bulk_steps.reject, change_id, OWNER)) == (ErrorCode.ALREADY_DONE, ("id",))


@pytest.mark.parametrize("step", [bulk_steps.pause, bulk_steps.resume, bulk_steps.cancel])
@pytest.mark.parametrize(
    ("principal", "code"),
    [(MANAGER, ErrorCode.NOT_FOUND), (AUDITOR, ErrorCode.FORBIDDEN), (FOREIGNER, ErrorCode.NOT_FOUND)],
    ids=["beyond the department", "reads only", "a stranger"],
)
async def test_who_may_not_steer(bulk: Bulk, step: Step, principal: Principal, code: ErrorCode) -> None:
    change_id = await bulk.plan(LabelSet("x"))
    await bulk.apply(change_id)

    assert await refused(take(bulk, step, change_id, principal)) == (code, ("id",))
    assert await bulk.status(change_id) == "RUNNING"


async def test_a_refused_step_names_the_states_in_which_it_can_be_done(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"))

    for step, english, russian in (
        (bulk_steps.pause, "It can be done in: running, scheduled.", "выполняется, ждёт назначенного времени."),
        (bulk_changes.undo, "It can be done in: finished, cancelled.", "завершено, прекращено."),
    ):
        with pytest.raises(Refusal) as refusal:
            await take(bulk, step, change_id)
        assert refusal.value.hint is not None
        assert refusal.value.hint.render(Language.EN) == english
        assert refusal.value.hint.render(Language.RU) == f"Это можно сделать, когда оно: {russian}"


@pytest.mark.parametrize("step", [bulk_changes.retry, bulk_changes.undo])
async def test_what_runs_is_neither_tried_again_nor_undone(bulk: Bulk, step: Step) -> None:
    change_id = await bulk.plan(LabelSet("x"))

    assert await refused(take(bulk, step, change_id)) == (ErrorCode.CONFLICT, ("id",))
    assert await refused(take(bulk, step, change_id, AUDITOR)) == (ErrorCode.FORBIDDEN, ("id",))
    assert await refused(take(bulk, step, change_id, FOREIGNER)) == (ErrorCode.NOT_FOUND, ("id",))


async def test_applying_wants_the_plan_that_was_seen_and_a_world_that_fits(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"))
    drifted = (ErrorCode.PLAN_DRIFTED, ("planHash",))

    assert await refused(bulk.apply(change_id, plan_hash="0")) == drifted
    await bulk.connection.execute("UPDATE bulk_changes SET catalogue_hash = 'earlier prices'")
    assert await refused(bulk.apply(change_id)) == drifted
    await bulk.connection.execute("UPDATE bulk_changes SET catalogue_hash = $1", CATALOGUE.fingerprint)
    await change(bulk.database, ADMINISTRATOR, NUMBER, LabelSet("y"), catalogue=CATALOGUE, origin=ORIGIN)
    assert await refused(bulk.apply(change_id)) == drifted
    assert await bulk.status(change_id) == "PLANNED"


async def test_what_needs_no_step_is_told_what_to_do_instead(bulk: Bulk) -> None:
    async def told(attempt: Awaitable[Any]) -> list[str]:
        with pytest.raises(Refusal) as refusal:
            await attempt
        texts = [refusal.value.message, refusal.value.hint]
        return [text.render(Language.RU) for text in texts if text]

    change_id = await bulk.plan(LabelSet("x"))
    approving = await told(take(bulk, bulk_steps.approve, change_id))
    await bulk.apply(change_id)
    applying = await told(bulk.apply(change_id))
    await bulk.work(change_id)
    cancelling = await told(take(bulk, bulk_steps.cancel, change_id))

    assert approving == ["Согласование не нужно.", "Примените план: bulkChangeApply."]
    assert applying == ["Изменение уже выполняется.", "Как далеко оно продвинулось, показывает progress."]
    assert cancelling == [
        "Этого нельзя сделать с массовым изменением в таком состоянии: завершено.",
        "Это можно сделать, когда оно: составляется план, спланировано, ждёт решения второго лица, ждёт назначенного "
        "времени, выполняется, приостановлено.",
    ]


@pytest.mark.parametrize(
    ("drifted", "told"),
    [
        ([101], "1 of its numbers was changed after the plan was made: +79260000101"),
        (
            EVERY,
            "10 of its numbers were changed after the plan was made: "
            "+79260000101, +79260000102, +79260000103, +79260000104, +79260000105, …",
        ),
    ],
)
async def test_a_plan_that_drifted_names_numbers_and_can_be_made_anew(
    bulk: Bulk, drifted: Sequence[int], told: str
) -> None:
    change_id = await bulk.plan(LabelSet("x"))
    for number_id in drifted:
        await change(bulk.database, ADMINISTRATOR, number_id, LabelSet("y"), catalogue=CATALOGUE, origin=ORIGIN)

    with pytest.raises(Refusal) as refusal:
        await bulk.apply(change_id)

    assert refusal.value.message.render(Language.EN) == told
    assert str(refusal.value.hint and refusal.value.hint.render(Language.EN)).startswith(
        "Plan anew: bulkChangeCancel, then bulkChangeRetry with its id"
    )
    await take(bulk, bulk_steps.cancel, change_id)
    await bulk.work(change_id)
    again = await bulk.make(await bulk_changes.retry(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN))
    await bulk.apply(again)
    assert await bulk.status(again) == "RUNNING"


async def test_all_or_none_is_not_begun_when_one_is_refused_and_nothing_when_all_are(bulk: Bulk) -> None:
    await change(bulk.database, ADMINISTRATOR, NUMBER, LabelSet("x"), catalogue=CATALOGUE, origin=ORIGIN)

    together = await bulk.plan(LabelSet("x"), on_error=BulkErrorPolicy.REJECT_ALL)
    useless = await bulk.plan(LabelSet("x"), target=[NUMBER])

    assert await refused(bulk.apply(together)) == (ErrorCode.CONFLICT, ("id",))
    assert await refused(bulk.apply(useless)) == (ErrorCode.NOT_AVAILABLE, ("id",))


async def test_a_manager_applies_what_is_within_reach_only(bulk: Bulk) -> None:
    own = await bulk.plan(LabelSet("x"), target=[BRANCH_NUMBER])
    others = await bulk.plan(LabelSet("x"), target=EVERY)

    await bulk.apply(own, MANAGER)

    assert await bulk.status(own) == "RUNNING"
    assert await refused(bulk.apply(others, MANAGER)) == (ErrorCode.NOT_FOUND, ("id",))


async def test_what_is_scheduled_can_be_held_and_waits_on(bulk: Bulk) -> None:
    moment = datetime.now(UTC) + timedelta(hours=1)
    change_id = await bulk.plan(LabelSet("x"))

    assert await refused(bulk.apply(change_id, scheduled_at=datetime.now(UTC))) == (ErrorCode.INVALID, ("scheduledAt",))
    await bulk.apply(change_id, scheduled_at=moment)
    await take(bulk, bulk_steps.pause, change_id)
    held = await bulk.status(change_id)
    await take(bulk, bulk_steps.resume, change_id)

    row = await bulk.row(change_id)
    assert (held, row["status"], row["scheduled_at"]) == ("PAUSED", "SCHEDULED", moment)
    lines = await bulk.connection.fetch(
        "SELECT action, before ->> 'status' AS before, after ->> 'status' AS after FROM journal_entries "
        "WHERE before IS NOT NULL ORDER BY id"
    )
    assert [tuple(line) for line in lines] == [
        ("bulk_change:apply", "PLANNED", "SCHEDULED"),
        ("bulk_change:pause", "SCHEDULED", "PAUSED"),
        ("bulk_change:resume", "PAUSED", "SCHEDULED"),
    ]


async def test_a_repeated_key_takes_a_step_once_and_another_input_is_refused(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"))
    for _ in range(3):
        await bulk.apply(change_id, idempotency_key="k")
    undone = await bulk.done(LabelSet("y"), target=[NUMBER])

    ids = {
        await bulk_changes.undo(bulk.database, ADMINISTRATOR, undone, origin=ORIGIN, idempotency_key="u")
        for _ in range(3)
    }

    assert len(ids) == 1
    mismatch = (ErrorCode.IDEMPOTENCY_MISMATCH, ("idempotencyKey",))
    assert await refused(take(bulk, bulk_steps.cancel, change_id, idempotency_key="k")) == mismatch


async def test_comments_have_an_end(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"))

    too_long = (ErrorCode.TOO_LARGE, ("comment",))
    assert await refused(take(bulk, bulk_steps.cancel, change_id, comment="x" * 1_001)) == too_long
    assert await refused(bulk.ask(LabelSet("x"), comment="x" * 1_001)) == too_long
    assert await refused(take(bulk, bulk_changes.undo, change_id, comment="x" * 1_001)) == too_long


async def test_what_no_text_can_hold_is_refused_before_it_is_kept(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"))

    bad_comment = (ErrorCode.INVALID, ("comment",))
    assert await refused(take(bulk, bulk_steps.cancel, change_id, comment="\0")) == bad_comment
    assert await refused(bulk.ask(LabelSet("x"), comment="\0")) == bad_comment
    assert await refused(bulk.ask(LabelSet("x"), LabelSet("\0"))) == (ErrorCode.INVALID, ("changes", "1"))
    searched = Target(filter=NumberFilter(search="a\0"))
    assert await refused(bulk.ask(LabelSet("x"), target=searched)) == (
        ErrorCode.INVALID,
        ("target", "filter", "search"),
    )


async def test_thresholds_are_set_by_owners(bulk: Bulk) -> None:
    async def threshold(principal: Principal, count: int | None, kopecks: int | None) -> Any:
        origin = origin_of(principal)
        return await bulk_thresholds.set_threshold(
            bulk.database, principal, COMPANY, count, kopecks, session_id=principal.id, origin=origin
        )

    assert await refused(threshold(ADMINISTRATOR, 1, None)) == (ErrorCode.NOT_FOUND, ("companyId",))
    assert await refused(threshold(OWNER, -1, None)) == (ErrorCode.INVALID, ("numberCount",))
    assert await refused(threshold(OWNER, None, -1)) == (ErrorCode.INVALID, ("amount",))
    for _ in range(2):
        assert dict(await threshold(OWNER, 5, None)) == {"company_id": COMPANY, "number_count": 5, "kopecks": None}
    lines = await bulk.connection.fetch("SELECT before, after FROM journal_entries")
    assert [tuple(line) for line in lines] == [
        ('{"kopecks": null, "numberCount": null}', '{"kopecks": null, "numberCount": 5}')
    ]
    await bulk.connection.execute("UPDATE sessions SET stepped_up_at = now() - interval '16 minutes'")
    assert await refused(threshold(OWNER, None, None)) == (ErrorCode.STEP_UP_REQUIRED, ())
