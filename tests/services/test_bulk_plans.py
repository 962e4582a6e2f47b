"""Plans of bulk changes: which numbers, what it does to each, and a hash over all that decides."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from authz.principal import Grant
from gateway.kit.errors import ErrorCode, Refusals
from gateway.kit.phones import sought_msisdn
from gateway.loaders.number_filters import NumberFilter
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.models.numbers import BlockReason, ForwardingCondition, ServiceKind
from gateway.operations.assignments import Assign
from gateway.operations.bans import BanSet
from gateway.operations.blocks import Block, Unblock
from gateway.operations.forwardings import ForwardingSet
from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.operations.promo_guards import PromoGuardSet
from gateway.operations.spending_limits import SpendingLimitSet
from gateway.operations.tariffs import TariffChange
from gateway.services import bulk_plans, bulk_targets, bulk_thresholds, uploads
from gateway.services.bulk_plans import make_plan
from gateway.services.bulk_targets import Target
from gateway.services.numbers import change
from tests.services.bulk import CATALOGUE, EVERY, Bulk, origin_of
from tests.services.fleet import (
    ADMINISTRATOR,
    BRANCH,
    BRANCH_NUMBER,
    COMPANY,
    HEADQUARTERS,
    MANAGER,
    NUMBER,
    ORIGIN,
    OWNER,
    insert,
)
from tests.unit.operations.catalogues import ADD_ON, BASIC, BUSINESS, BUSINESS_ONLY, PLAIN, RIVAL


async def test_a_plan_prices_each_number_and_changes_none(bulk: Bulk) -> None:
    change_id = await bulk.plan(OptionConnect(PLAIN), OptionConnect(ADD_ON), comment="Couriers")

    row = await bulk.row(change_id)
    assert (row["status"], row["item_count"], row["comment"]) == ("PLANNED", 10, "Couriers")
    assert (row["one_off_kopecks"], row["monthly_kopecks"]) == (50_000, 120_000)
    assert {(item["one_off_kopecks"], item["monthly_kopecks"]) for item in await bulk.items(change_id)} == {
        (5_000, 12_000)
    }
    assert json.loads(row["irreversible"])[0]["en"] == "₽50.00 taken at once is not paid back. (10 numbers)"
    assert await bulk.connection.fetchval("SELECT count(*) FROM connected_options") == 0


async def test_numbers_that_refuse_are_counted_by_code_and_cost_nothing(bulk: Bulk) -> None:
    await change(bulk.database, ADMINISTRATOR, NUMBER, OptionConnect(PLAIN), catalogue=CATALOGUE, origin=ORIGIN)

    change_id = await bulk.plan(OptionConnect(PLAIN))

    row = await bulk.row(change_id)
    [refused] = json.loads(row["refused"])
    assert (refused["code"], refused["count"], row["refused_count"]) == ("ALREADY_DONE", 1, 1)
    assert row["one_off_kopecks"] == 9 * 5_000
    assert {id for id, code in (await bulk.errors(change_id)).items() if code} == {NUMBER}


async def test_what_is_wrong_for_every_number_is_refused_before_it_is_planned(bulk: Bulk) -> None:
    past = datetime(2026, 1, 1, tzinfo=UTC)
    operations = (
        *(LabelSet(""), OptionConnect(99), OptionDisconnect(99), PromoGuardSet(99), TariffChange(99), Assign()),
        *(ForwardingSet(ForwardingCondition.BUSY, "78091234567"), Block(BlockReason.LOST, past), SpendingLimitSet(-1)),
        Unblock("x" * 1_001),
    )

    with pytest.raises(Refusals) as refused:
        await bulk.ask(*operations)

    assert [(each.code, each.field) for each in refused.value.refusals] == [
        (ErrorCode.INVALID, ("changes", "0", "labelSet", "label")),
        (ErrorCode.NOT_FOUND, ("changes", "1", "optionConnect", "optionId")),
        (ErrorCode.NOT_FOUND, ("changes", "2", "optionDisconnect", "optionId")),
        (ErrorCode.NOT_FOUND, ("changes", "3", "promoGuardSet", "optionId")),
        (ErrorCode.NOT_FOUND, ("changes", "4", "tariffChange", "tariffId")),
        (ErrorCode.REQUIRED, ("changes", "5", "assign")),
        (ErrorCode.NOT_AVAILABLE, ("changes", "6", "forwardingSet", "target")),
        (ErrorCode.INVALID, ("changes", "7", "block", "until")),
        (ErrorCode.INVALID, ("changes", "8", "spendingLimitSet", "amount")),
        (ErrorCode.TOO_LARGE, ("changes", "9", "unblock", "comment")),
    ]
    assert await bulk.connection.fetchval("SELECT count(*) FROM bulk_changes") == 0


async def test_a_filter_means_what_it_means_in_lists(bulk: Bulk) -> None:
    await bulk.connection.execute("UPDATE numbers SET label = 'Courier' WHERE id IN (103, 105)")

    change_id = await bulk.plan(
        LabelSet("Driver"), target=Target(filter=NumberFilter(search="cour", status=["ACTIVE"]))
    )

    assert list(await bulk.errors(change_id)) == [103, 105]


async def test_a_manager_plans_for_the_numbers_of_the_department_only(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("Mine"), principal=MANAGER)

    assert list(await bulk.errors(change_id)) == [BRANCH_NUMBER]
    [refused] = json.loads((await bulk.row(change_id))["refused"])
    assert (refused["code"], refused["count"]) == ("NOT_FOUND", 9)


async def test_a_manager_of_two_departments_goes_on_seeing_a_plan_over_both(bulk: Bulk) -> None:
    """Not where both hang: nothing is granted to the manager there."""
    above = {"company_id": COMPANY, "id": 99, "name": "Above", "ancestor_ids": [99], "path": ["Above"]}
    await insert(bulk.connection, "departments", above)
    await bulk.connection.execute("UPDATE departments SET ancestor_ids = 99 || ancestor_ids WHERE id <> 99")
    await bulk.connection.execute("UPDATE numbers SET department_id = $1 WHERE id = $2", HEADQUARTERS, NUMBER)
    held = {"company_id": COMPANY, "id": 98, "administrator_id": MANAGER.id, "role": "manager"}
    await insert(bulk.connection, "grants", held | {"department_id": HEADQUARTERS})
    both = replace(MANAGER, grants=(*MANAGER.grants, Grant(98, COMPANY, "manager", frozenset({HEADQUARTERS}))))

    change_id = await bulk.plan(LabelSet("Ours"), principal=both)
    inside = await bulk.plan(LabelSet("Ours"), principal=OWNER, target=[NUMBER, BRANCH_NUMBER])

    assert list(await bulk.errors(change_id)) == [NUMBER, BRANCH_NUMBER]
    assert (await bulk.row(change_id))["department_id"] == min(HEADQUARTERS, BRANCH)
    assert (await bulk.row(inside))["department_id"] == 99


@pytest.mark.parametrize("missing", ["bulk_change:plan", "number:change", "label:set"])
async def test_a_number_where_a_right_is_missing_is_refused(bulk: Bulk, missing: str) -> None:
    held = {"number:read", "bulk_change:plan", "number:change", "label:set"} - {missing}
    await insert(bulk.connection, "administrators", {"id": 7, "name": "Vera", "language": "EN"})
    await insert(bulk.connection, "roles", {"company_id": COMPANY, "id": 1, "name": "Own", "allows": sorted(held)})
    grant = {"company_id": COMPANY, "administrator_id": 7, "role": None, "role_id": 1, "department_id": None}
    there = grant | {"role": "manager", "role_id": None, "department_id": BRANCH}
    await insert(bulk.connection, "grants", grant, there)

    change_id = await bulk.plan(LabelSet("Ours"), principal=replace(MANAGER, id=7, name="Vera"))

    fields = {tuple(json.loads(each["error"])["field"]) for each in await bulk.items(change_id) if each["error"]}
    assert fields == ({()} if missing == "bulk_change:plan" else {("changes", "0", "labelSet")})
    codes = await bulk.errors(change_id)
    assert codes.pop(BRANCH_NUMBER) is None
    assert set(codes.values()) == {"FORBIDDEN"}


async def test_a_refusal_names_which_of_the_changes_it_is_of(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"), OptionConnect(PLAIN), OptionConnect(RIVAL), target=[NUMBER])

    [item] = await bulk.items(change_id)
    refused = json.loads(item["error"])
    assert (refused["code"], refused["field"]) == ("CONFLICT", ["changes", "2", "optionConnect", "optionId"])


async def test_a_list_counts_each_phone_number_once_and_tells_what_it_does_not_know(bulk: Bulk) -> None:
    content = "Имя;Номер телефона\nA;8 926 000-01-01\nB;+79260000101\nC;79260000201\nD;79269999999\nE;none\n"
    upload_id = await uploads.store_upload(
        bulk.database, ADMINISTRATOR, COMPANY, name="list.csv", content=content.encode()
    )

    # One number twice, one of another company, one of nobody.
    change_id = await bulk.plan(LabelSet("Listed"), target=Target(upload_id=upload_id))

    assert list(await bulk.errors(change_id)) == [NUMBER]
    refused = {each["code"]: each for each in json.loads((await bulk.row(change_id))["refused"])}
    assert {code: each["count"] for code, each in refused.items()} == {"NOT_FOUND": 2, "INVALID": 1}
    assert "+79260000201, +79269999999" in refused["NOT_FOUND"]["message"]["en"]
    assert refused["INVALID"]["message"]["ru"].endswith(": 6 (none)")


async def test_no_connection_waits_while_a_list_is_read(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []

    def look(cell: str) -> str:
        held.append(bulk.database.pools()["writers"][0])
        return sought_msisdn(cell)

    monkeypatch.setattr(bulk_targets, "sought_msisdn", look)
    content = b"phone\n79260000101\n+44 20 7946 0000\n"
    upload_id = await uploads.store_upload(bulk.database, ADMINISTRATOR, COMPANY, name="list.csv", content=content)

    change_id = await bulk.plan(LabelSet("Listed"), target=Target(upload_id=upload_id))

    assert held == [0, 0]
    [refused] = json.loads((await bulk.row(change_id))["refused"])
    assert (refused["code"], refused["count"]) == ("NOT_FOUND", 1)
    assert refused["message"]["en"].endswith(": +442079460000")


async def test_a_list_has_so_many_rows_at_most(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_targets, "MOST_LISTED", 2)
    content = b"phone\n79260000101\n79260000102\n"
    upload_id = await uploads.store_upload(bulk.database, ADMINISTRATOR, COMPANY, name="list.csv", content=content)

    row = await bulk.row(await bulk.plan(LabelSet("x"), target=Target(upload_id=upload_id)))

    assert (row["status"], json.loads(row["failure"])["code"]) == ("FAILED", "TOO_LARGE")


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"PK\x03\x04", "INVALID", "The file is damaged."),
        (b"M", "INVALID", "The file holds no phone numbers."),
        (b"phone\n", "INVALID", "The file holds no phone numbers."),
        (b"phone\n79269999999\n", "NOT_FOUND", "The target holds no number"),
    ],
    ids=["no table", "no list", "an empty list", "nobody's"],
)
async def test_a_plan_that_cannot_be_made_fails_and_says_why(bulk: Bulk, content: bytes, code: str, words: str) -> None:
    upload_id = await uploads.store_upload(bulk.database, ADMINISTRATOR, COMPANY, name="x", content=content)

    change_id = await bulk.plan(LabelSet("x"), target=Target(upload_id=upload_id))

    row = await bulk.row(change_id)
    failure = json.loads(row["failure"])
    assert (row["status"], failure["code"], row["plan_hash"]) == ("FAILED", code, None)
    assert words in failure["message"]["en"]
    assert await bulk.items(change_id) == []


async def test_all_or_none_is_for_so_many_numbers_at_most(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_plans, "MOST_REJECTED_TOGETHER", 9)

    change_id = await bulk.plan(LabelSet("x"), on_error=BulkErrorPolicy.REJECT_ALL)

    assert json.loads((await bulk.row(change_id))["failure"])["code"] == "TOO_LARGE"


async def test_the_hash_changes_with_all_that_decides_and_with_nothing_else(bulk: Bulk) -> None:
    async def hashed(*operations: Operation, **options: Any) -> str:
        return str((await bulk.row(await bulk.plan(*operations, **options)))["plan_hash"])

    first = await hashed(LabelSet("a"))

    assert await hashed(LabelSet("a"), comment="other words") == first
    others = [
        await hashed(LabelSet("b")),
        await hashed(LabelSet("a"), target=EVERY[1:]),
        await hashed(LabelSet("a"), on_error=BulkErrorPolicy.REJECT_ALL),
    ]
    await bulk.connection.execute("UPDATE numbers SET updated_at = now() WHERE id = 105")
    others.append(await hashed(LabelSet("a")))
    assert len({first, *others}) == 5


@pytest.mark.parametrize(
    ("number_count", "kopecks", "reason"),
    [
        (9, None, "It changes 10 numbers; above 9 a second person decides."),
        (
            None,
            149_999,
            "What gets dearer adds up to ₽1,500.00, one-off and monthly; above ₽1,499.99 a second person decides.",
        ),
        (10, 150_000, None),
    ],
)
async def test_above_a_threshold_a_second_person_decides(
    bulk: Bulk, number_count: int | None, kopecks: int | None, reason: str | None
) -> None:
    await bulk_thresholds.set_threshold(
        bulk.database, OWNER, COMPANY, number_count, kopecks, session_id=OWNER.id, origin=origin_of(OWNER)
    )

    row = await bulk.row(await bulk.plan(OptionConnect(PLAIN)))

    assert row["status"] == ("AWAITING_APPROVAL" if reason else "PLANNED")
    assert (row["approval_reason"] and json.loads(row["approval_reason"])["en"]) == reason


@pytest.mark.parametrize(("kopecks", "status"), [(24_899, "AWAITING_APPROVAL"), (24_900, "PLANNED")])
async def test_what_gets_cheaper_does_not_make_up_for_what_gets_dearer(bulk: Bulk, kopecks: int, status: str) -> None:
    await bulk.connection.execute("UPDATE numbers SET tariff_id = $1 WHERE id = $2", BUSINESS, NUMBER)
    await bulk_thresholds.set_threshold(
        bulk.database, OWNER, COMPANY, None, kopecks, session_id=OWNER.id, origin=origin_of(OWNER)
    )

    row = await bulk.row(await bulk.plan(TariffChange(BASIC), OptionConnect(PLAIN), target=[NUMBER]))

    assert (row["one_off_kopecks"], row["monthly_kopecks"]) == (9_900 + 5_000, 10_000 - 60_000)
    assert row["status"] == status


async def test_warnings_tell_for_how_many_numbers_they_are(bulk: Bulk) -> None:
    await bulk.connection.execute("UPDATE numbers SET tariff_id = $1 WHERE id = $2", BUSINESS, NUMBER)
    await change(bulk.database, ADMINISTRATOR, NUMBER, OptionConnect(BUSINESS_ONLY), catalogue=CATALOGUE, origin=ORIGIN)

    row = await bulk.row(await bulk.plan(TariffChange(BASIC)))

    [warning] = json.loads(row["warnings"])
    assert warning["en"].endswith("disconnected with the change. (1 number)")
    assert json.loads(row["refused"])[0]["code"] == "ALREADY_DONE"


async def test_only_one_worker_plans_a_change(bulk: Bulk) -> None:
    change_id = await bulk.plan(BanSet(ServiceKind.DATA))

    assert not await make_plan(bulk.database, COMPANY, change_id, catalogue=CATALOGUE)
