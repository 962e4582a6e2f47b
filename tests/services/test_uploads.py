"""Uploaded files: kept for a day, of a bounded size, used by the one who sent them, deleted by whoever may."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.models.journal import Channel
from gateway.operations.labels import LabelSet
from gateway.services import bulk_changes, uploads
from gateway.services.bulk_plans import make_plan
from gateway.services.bulk_targets import Target
from gateway.services.journal import Origin
from gateway.services.uploads import delete_upload, load_upload, store_upload
from tests.services.fleet import (
    ADMINISTRATOR,
    AUDITOR,
    BRANCH,
    COMPANY,
    FOREIGNER,
    MANAGER,
    ORIGIN,
    OTHER_COMPANY,
)
from tests.unit.operations.catalogues import catalogue

COLLEAGUE = Principal("administrator", 9, "Dmitri", (Grant(9, COMPANY, "owner"),))
KEY = Principal("api_key", ADMINISTRATOR.id, "Integration", (Grant(10, COMPANY, "administrator"),))
OF_BOTH = Principal("administrator", 5, "Anna Petrova", (Grant(1, COMPANY, "owner"), Grant(2, OTHER_COMPANY, "owner")))
pytestmark = pytest.mark.usefixtures("fleet")


async def store(database: Database, content: bytes = b";\xff", name: str = "реестр.csv") -> int:
    return await store_upload(database, ADMINISTRATOR, COMPANY, name=name, content=content)


async def test_what_is_stored_is_loaded(database: Database) -> None:
    upload_id = await store(database)

    assert await load_upload(database, ADMINISTRATOR, COMPANY, upload_id) == ("реестр.csv", b";\xff")


async def test_the_largest_file_is_kept_and_a_larger_one_refused(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 10)
    await store(database, b"x" * 10)

    with pytest.raises(Refusal) as refused:
        await store(database, b"x" * 11)

    assert (refused.value.code, refused.value.field) == (ErrorCode.TOO_LARGE, ("body",))
    assert await owner_connection.fetchval("SELECT array_agg(size) FROM uploads") == [10]


async def test_an_empty_file_is_refused(database: Database) -> None:
    with pytest.raises(Refusal) as refused:
        await store(database, b"")

    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("body",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n", "The file is PDF. Save it as XLSX or CSV."),
        (b'{"msisdn": "+79260000101"}\n', "The file is JSON. Save it as XLSX or CSV."),
        (bytes.fromhex("d0cf11e0a1b11ae1"), "The file is Excel 97–2003 (XLS). Save it as XLSX or CSV."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\r", "The file is not a table. Save the table as XLSX or CSV."),
    ],
)
async def test_what_is_no_table_is_refused_by_its_content(
    database: Database, owner_connection: asyncpg.Connection, content: bytes, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        await store(database, content, "list.csv")

    assert (refused.value.code, refused.value.field) == (ErrorCode.INVALID, ("body",))
    assert refused.value.message.render(Language.EN) == words
    assert await owner_connection.fetchval("SELECT count(*) FROM uploads") == 0


@pytest.mark.parametrize("content", [b"79260000101", "﻿Номер".encode("utf-16"), b"PK\x03\x04"])
async def test_whatever_may_be_a_table_is_kept(database: Database, content: bytes) -> None:
    assert (await load_upload(database, ADMINISTRATOR, COMPANY, await store(database, content)))[1] == content


async def test_a_name_may_be_anything(database: Database) -> None:
    upload_id = await store(database, name="a\0b" + "x" * 300)

    name, _ = await load_upload(database, ADMINISTRATOR, COMPANY, upload_id)
    assert name == "a\N{REPLACEMENT CHARACTER}b" + "x" * 197 + "…"


@pytest.mark.parametrize(
    "principal", [COLLEAGUE, KEY, replace(ADMINISTRATOR, kind="staff"), replace(ADMINISTRATOR, id=6)]
)
async def test_nobody_else_sees_it(database: Database, principal: Principal) -> None:
    upload_id = await store(database)

    with pytest.raises(Refusal) as refused:
        await load_upload(database, principal, COMPANY, upload_id)

    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_FOUND, ("uploadId",))


async def test_it_belongs_to_its_company(database: Database) -> None:
    upload_id = await store(database)

    with pytest.raises(Refusal, match="NOT_FOUND"):
        await load_upload(database, OF_BOTH, OTHER_COMPANY, upload_id)
    assert await load_upload(database, OF_BOTH, COMPANY, upload_id) == ("реестр.csv", b";\xff")


@pytest.mark.parametrize(("principal", "company_id"), [(ADMINISTRATOR, OTHER_COMPANY), (AUDITOR, COMPANY)])
async def test_who_may_neither_import_nor_plan_bulk_changes_may_not_upload(
    database: Database, owner_connection: asyncpg.Connection, principal: Principal, company_id: int
) -> None:
    with pytest.raises(Refusal) as refused:
        await store_upload(database, principal, company_id, name="a", content=b"x")

    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_FOUND, ("companyId",))
    assert await owner_connection.fetchval("SELECT count(*) FROM uploads") == 0


async def test_who_may_import_no_more_sees_no_file_any_more(database: Database) -> None:
    upload_id = await store(database)

    with pytest.raises(Refusal) as refused:
        await load_upload(database, replace(ADMINISTRATOR, grants=()), COMPANY, upload_id)

    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_FOUND, ("companyId",))


async def test_after_a_day_it_is_gone(database: Database, owner_connection: asyncpg.Connection) -> None:
    old, recent = await store(database), await store(database)
    foreign = await store_upload(database, FOREIGNER, OTHER_COMPANY, name="a", content=b"x")
    age = "UPDATE uploads SET created_at = now() - $2::interval WHERE id = ANY ($1)"
    await owner_connection.execute(age, [old, foreign], timedelta(hours=24, seconds=1))
    await owner_connection.execute(age, [recent], timedelta(hours=23))

    with pytest.raises(Refusal, match="NOT_FOUND"):
        await load_upload(database, ADMINISTRATOR, COMPANY, old)
    last = await store(database)

    ids = await owner_connection.fetchval("SELECT array_agg(id ORDER BY id) FROM uploads")
    assert ids == sorted([recent, foreign, last])


async def test_so_many_files_of_a_company_are_kept_and_no_more(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_UPLOADS", 3)
    oldest = await store(database)
    sent = [store(database) for _ in range(4)]

    told = await asyncio.gather(*sent, return_exceptions=True)

    refusals = [each for each in told if isinstance(each, Refusal)]
    assert [(each.code, each.field) for each in refusals] == [(ErrorCode.TOO_LARGE, ("companyId",))] * 2
    assert (
        refusals[0].message.render(Language.EN).startswith("3 files of the company are kept already. Each goes a day")
    )
    await store_upload(database, FOREIGNER, OTHER_COMPANY, name="a", content=b"x")
    await owner_connection.execute("UPDATE uploads SET created_at = now() - interval '25 hours' WHERE id = $1", oldest)
    await store(database)


async def test_nobody_takes_the_room_of_their_colleagues(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OF_ONE", 2)
    first, _ = await store(database), await store(database)

    with pytest.raises(Refusal) as refused:
        await store(database)

    assert (refused.value.code, refused.value.field) == (ErrorCode.TOO_LARGE, ("companyId",))
    assert refused.value.message.render(Language.EN).startswith("2 files of yours are kept already.")
    for principal in (COLLEAGUE, KEY):  # the key has the number of the one who has no room
        await store_upload(database, principal, COMPANY, name="a", content=b"x")
    await delete(database, COLLEAGUE, first)
    await store(database)


async def delete(database: Database, principal: Principal, upload_id: int) -> None:
    origin = Origin.of(principal, Channel.PORTAL, "c0ffee")
    await delete_upload(database, principal, upload_id, origin=origin)


async def kept(connection: asyncpg.Connection) -> list[int]:
    return [row["id"] for row in await connection.fetch("SELECT id FROM uploads ORDER BY id")]


async def test_who_may_do_so_in_the_whole_company_deletes_what_others_sent(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    stays, goes = await store(database), await store(database)

    await delete(database, COLLEAGUE, goes)

    assert await kept(owner_connection) == [stays]
    [line] = await owner_connection.fetch("SELECT * FROM journal_entries")
    assert (line["action"], line["subject"], line["actor_name"]) == ("upload:delete", f"upl_{goes}", "Dmitri")
    before = json.loads(line["before"])
    assert (before["name"], before["size"]) == ("реестр.csv", 2)
    assert json.loads(line["details"])["names"] == {"file": "реестр.csv", "sender": "Anna Petrova"}
    with pytest.raises(Refusal, match="NOT_FOUND"):
        await delete(database, COLLEAGUE, goes)


async def test_a_manager_deletes_their_own_file_only(database: Database, owner_connection: asyncpg.Connection) -> None:
    own = await store_upload(database, MANAGER, COMPANY, name="a", content=b"x")
    other = await store(database)

    with pytest.raises(Refusal) as refused:
        await delete(database, MANAGER, other)
    await delete(database, MANAGER, own)

    assert (refused.value.code, refused.value.field) == (ErrorCode.NOT_FOUND, ("id",))
    assert await kept(owner_connection) == [other]


READER = Principal("administrator", 9, "Dmitri", (Grant(9, COMPANY, "auditor"), Grant(10, OTHER_COMPANY, "owner")))


@pytest.mark.parametrize(
    ("principal", "code"),
    [
        (READER, ErrorCode.FORBIDDEN),
        (FOREIGNER, ErrorCode.NOT_FOUND),
        (replace(ADMINISTRATOR, grants=(Grant(1, COMPANY, "approver"),)), ErrorCode.NOT_FOUND),
        (replace(ADMINISTRATOR, id=6, grants=(Grant(1, COMPANY, "owner", frozenset({BRANCH})),)), ErrorCode.NOT_FOUND),
    ],
)
async def test_others_delete_none(
    database: Database, owner_connection: asyncpg.Connection, principal: Principal, code: ErrorCode
) -> None:
    upload_id = await store(database)

    with pytest.raises(Refusal) as refused:
        await delete(database, principal, upload_id)

    assert (refused.value.code, refused.value.field) == (code, ("id",))
    assert await kept(owner_connection) == [upload_id]


async def test_a_file_that_a_plan_is_made_of_stays_until_the_plan_is_there(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    upload_id, other = await store(database, b"79260000101\n"), await store(database)
    change_id = await bulk_changes.plan(
        database,
        ADMINISTRATOR,
        COMPANY,
        Target(upload_id=upload_id),
        [LabelSet("x")],
        catalogue=catalogue(),
        on_error=BulkErrorPolicy.SKIP_FAILED,
        origin=ORIGIN,
    )

    with pytest.raises(Refusal) as refused:
        await delete(database, COLLEAGUE, upload_id)
    await delete(database, COLLEAGUE, other)
    assert await make_plan(database, COMPANY, change_id, catalogue=catalogue())
    await delete(database, COLLEAGUE, upload_id)

    assert (refused.value.code, refused.value.field) == (ErrorCode.CONFLICT, ("id",))
    assert f"blk_{change_id}" in refused.value.message.render(Language.EN)
    assert await kept(owner_connection) == []


async def test_files_that_are_too_old_are_forgotten(database: Database, owner_connection: asyncpg.Connection) -> None:
    recent = await store(database)
    for principal, company_id in ((ADMINISTRATOR, COMPANY), (FOREIGNER, OTHER_COMPANY)):
        old = await store_upload(database, principal, company_id, name="a", content=b"x")
        await owner_connection.execute("UPDATE uploads SET created_at = now() - interval '25 hours' WHERE id = $1", old)

    await uploads.forget(database, [COMPANY], datetime.now(UTC))

    assert await kept(owner_connection) == [recent, old]
