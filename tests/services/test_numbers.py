"""Changing a number: price, one transaction, one effect."""

import asyncio
import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusals
from gateway.kit.texts import Language
from gateway.models.numbers import ForwardingCondition, LimitRule
from gateway.operations.forwardings import ForwardingSet
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.operations.snapshots import snapshot
from gateway.operations.spending_limits import SpendingLimitSet
from gateway.operations.state import Connected
from gateway.operations.tariffs import TariffChange
from gateway.services.journal_verification import verify
from gateway.services.numbers import Done, preview
from tests.services.fleet import (
    ADMINISTRATOR,
    AUDITOR,
    BRANCH_NUMBER,
    COMPANY,
    FOREIGN_NUMBER,
    MANAGER,
    NUMBER,
    insert,
    make,
    number_now,
    rows,
)
from tests.services.holders import refused
from tests.unit.operations.catalogues import (
    ADD_ON,
    BASIC,
    BUSINESS,
    BUSINESS_ONLY,
    PLAIN,
    PROMO,
    RIVAL,
    catalogue,
)

CATALOGUE = catalogue()
pytestmark = pytest.mark.usefixtures("fleet")


async def test_a_change_is_made_charged_and_written_down(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    before = await number_now(database)
    started = datetime.now(UTC)

    done = await make(database, OptionConnect(PLAIN))

    after = await number_now(database)
    moment = after.options[PLAIN].connected_at
    assert started <= moment <= datetime.now(UTC)
    assert after.options == {PLAIN: Connected(moment, None, done.journal_id)}
    assert done == Done(COMPANY, NUMBER, done.change_id, done.journal_id, 5_000, 10_000)

    (recorded,) = await rows(owner_connection, "number_changes")
    assert dict(recorded) == {
        "created_at": recorded["created_at"],
        "company_id": COMPANY,
        "id": done.change_id,
        "number_id": NUMBER,
        "operation": "option:connect",
        "parameters": '{"option_id": 11}',
        "status": "APPLIED",
        "one_off_kopecks": 5_000,
        "monthly_kopecks": 10_000,
        "error": None,
        "journal_id": done.journal_id,
    }
    (line,) = await rows(owner_connection, "journal_entries")
    assert (line["id"], line["at"], line["action"], line["subject"], line["number_id"]) == (
        done.journal_id,
        moment,
        "option:connect",
        "num_101",
        NUMBER,
    )
    assert json.loads(line["details"]) == {
        "parameters": {"option_id": 11},
        "oneOffKopecks": 5_000,
        "monthlyKopecks": 10_000,
        "names": {"option": "Plain", "msisdn": "+79260000101"},
    }
    assert (snapshot(before)["options"], snapshot(after)["options"]) == (
        json.loads(line["before"])["options"],
        json.loads(line["after"])["options"],
    )


async def test_before_and_after_in_the_journal_are_the_rows_as_they_were(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    operations = [
        *(TariffChange(BUSINESS), OptionConnect(BUSINESS_ONLY), OptionConnect(PROMO), OptionConnect(PLAIN)),
        *(OptionConnect(ADD_ON), TariffChange(BASIC), OptionDisconnect(PROMO), OptionDisconnect(ADD_ON)),
    ]
    snapshots = [snapshot(await number_now(database))]
    for operation in operations:
        await make(database, operation)
        snapshots.append(snapshot(await number_now(database)))

    lines = await rows(owner_connection, "journal_entries")

    assert [line["action"] for line in lines] == [operation.kind for operation in operations]
    for line, before, after in zip(lines, snapshots, snapshots[1:], strict=False):
        changed = {name for name in before if before[name] != after[name]}
        assert json.loads(line["before"]) == {name: before[name] for name in changed}
        assert json.loads(line["after"]) == {name: after[name] for name in changed}
    assert snapshots[-1]["tariffId"] == "tar_1"
    assert (await verify(database, COMPANY)).faults == ()


async def test_a_used_promotion_is_remembered(database: Database) -> None:
    await make(database, OptionConnect(PROMO))
    await make(database, OptionDisconnect(PROMO))
    await make(database, OptionConnect(PROMO))

    state = await number_now(database)
    assert state.options[PROMO].promo_ends_at is None
    assert state.used_promotions == {PROMO}


async def test_a_refused_operation_changes_nothing(database: Database, owner_connection: asyncpg.Connection) -> None:
    before = await number_now(database)

    assert await refused(make(database, OptionConnect(ADD_ON))) == [
        (ErrorCode.CONFLICT, ("change", "optionConnect", "optionId"))
    ]

    assert await number_now(database) == before
    for table in ("journal_entries", "number_changes"):
        assert await rows(owner_connection, table) == []


@pytest.mark.parametrize(
    ("expectations", "expected"),
    [
        ({"expected_one_off": 5_000, "expected_monthly": 10_000}, []),
        ({"expected_one_off": 0}, [(ErrorCode.PRICE_CHANGED, ("expectedOneOff",))]),
        ({"expected_monthly": 9_999}, [(ErrorCode.PRICE_CHANGED, ("expectedMonthly",))]),
        (
            {"expected_one_off": 1, "expected_monthly": 1},
            [(ErrorCode.PRICE_CHANGED, ("expectedOneOff",)), (ErrorCode.PRICE_CHANGED, ("expectedMonthly",))],
        ),
    ],
)
async def test_a_change_is_made_at_the_expected_price_only(
    database: Database, expectations: dict[str, Any], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    attempt = make(database, OptionConnect(PLAIN), **expectations)

    if expected:
        assert await refused(attempt) == expected
        assert (await number_now(database)).options == {}
    else:
        assert (await attempt).one_off_kopecks == 5_000


async def test_both_prices_are_named(database: Database) -> None:
    with pytest.raises(Refusals) as told:
        await make(database, OptionConnect(PLAIN), expected_one_off=4_900)

    assert told.value.refusals[0].message.render(Language.EN) == "The one-off price is ₽50.00 now, not ₽49.00."


async def test_a_preview_tells_price_warnings_and_rights_and_changes_nothing(database: Database) -> None:
    before = await number_now(database)

    outcome = await preview(database, ADMINISTRATOR, NUMBER, OptionConnect(PROMO), catalogue=CATALOGUE)
    unequal = await preview(database, AUDITOR, NUMBER, OptionConnect(ADD_ON), catalogue=CATALOGUE)

    assert (outcome.one_off_kopecks, outcome.monthly_kopecks, len(outcome.warnings)) == (0, 15_219, 1)
    assert outcome.refusals == ()
    assert [(each.code, each.field) for each in unequal.refusals] == [
        (ErrorCode.FORBIDDEN, ("change", "optionConnect")),
        (ErrorCode.FORBIDDEN, ("change", "optionConnect")),
        (ErrorCode.CONFLICT, ("change", "optionConnect", "optionId")),
    ]
    assert await number_now(database) == before


async def test_a_preview_warns_of_a_limit_that_is_spent_already(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    spent = {"company_id": COMPANY, "number_id": NUMBER, "spent_kopecks": 99_800, "rule": "NOTIFY"}
    await insert(owner_connection, "spending_limits", spent)

    limit = SpendingLimitSet(500, LimitRule.STOP)
    outcome = await preview(database, ADMINISTRATOR, NUMBER, limit, catalogue=CATALOGUE)

    assert [each.render(Language.RU).replace("\xa0", " ") for each in outcome.warnings] == [
        "В этом месяце уже израсходовано 998,00 ₽: платные услуги отключатся сразу."
    ]


@pytest.mark.parametrize("there", ForwardingCondition)
@pytest.mark.parametrize("here", [each for each in ForwardingCondition if each != ForwardingCondition.ALWAYS])
async def test_a_preview_warns_of_every_ring_that_a_call_can_take(
    database: Database, here: ForwardingCondition, there: ForwardingCondition
) -> None:
    await make(database, ForwardingSet(there, f"79260000{NUMBER}"), BRANCH_NUMBER)

    back = ForwardingSet(here, f"79260000{BRANCH_NUMBER}")
    outcome = await preview(database, ADMINISTRATOR, NUMBER, back, catalogue=CATALOGUE)

    assert [each.render(Language.EN) for each in outcome.warnings] == [
        "+79260000102 forwards some of its calls to this number: a call may go round."
    ]


async def test_a_preview_knows_no_numbers_out_of_scope(database: Database) -> None:
    for principal, number_id in ((MANAGER, NUMBER), (ADMINISTRATOR, FOREIGN_NUMBER)):
        attempt = preview(database, principal, number_id, OptionConnect(PLAIN), catalogue=CATALOGUE)
        assert await refused(attempt) == [(ErrorCode.NOT_FOUND, ("numberId",))]


async def test_connecting_twice_at_once_has_one_effect(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    attempts = [make(database, OptionConnect(PLAIN)) for _ in range(8)]

    results = await asyncio.gather(*attempts, return_exceptions=True)

    assert sum(isinstance(result, Done) for result in results) == 1
    refusals = [each for result in results if isinstance(result, Refusals) for each in result.refusals]
    assert [each.code for each in refusals] == [ErrorCode.ALREADY_DONE] * 7
    assert len(await rows(owner_connection, "journal_entries")) == 1


async def test_options_that_exclude_each_other_never_meet(database: Database) -> None:
    attempts = [make(database, OptionConnect(option_id)) for option_id in (PLAIN, RIVAL) * 3]

    results = await asyncio.gather(*attempts, return_exceptions=True)

    assert sum(isinstance(result, Done) for result in results) == 1
    assert len((await number_now(database)).options) == 1


async def test_changes_of_many_numbers_at_once_make_one_journal(database: Database) -> None:
    await asyncio.gather(*(make(database, OptionConnect(PLAIN), number_id) for number_id in range(101, 111)))

    verification = await verify(database, COMPANY)
    assert (verification.lines, verification.faults) == (10, ())


async def test_a_repeated_change_gets_the_same_answer(database: Database, owner_connection: asyncpg.Connection) -> None:
    attempts = [make(database, OptionConnect(PLAIN), idempotency_key="order 1") for _ in range(5)]

    first, *others = await asyncio.gather(*attempts)

    assert others == [first] * 4
    assert await make(database, OptionConnect(PLAIN), idempotency_key="order 1") == first
    assert (
        len(await rows(owner_connection, "journal_entries")) == len(await rows(owner_connection, "number_changes")) == 1
    )


@pytest.mark.parametrize(
    "other",
    [
        {"operation": OptionConnect(PROMO)},
        {"operation": OptionDisconnect(PLAIN)},
        {"number_id": BRANCH_NUMBER},
        {"expected_one_off": 5_000},
    ],
)
async def test_a_key_is_for_one_input(database: Database, other: dict[str, Any]) -> None:
    await make(database, OptionConnect(PLAIN), idempotency_key="order 1")

    again: dict[str, Any] = {"operation": OptionConnect(PLAIN), "idempotency_key": "order 1"}
    attempt = make(database, **again | other)

    assert await refused(attempt) == [(ErrorCode.IDEMPOTENCY_MISMATCH, ("idempotencyKey",))]


async def test_a_refused_change_may_be_tried_again_under_its_key(database: Database) -> None:
    attempt = partial(make, database, OptionConnect(ADD_ON), idempotency_key="order 1")
    await refused(attempt())
    await make(database, OptionConnect(PLAIN))

    assert (await attempt()).monthly_kopecks == 2_000
