"""Results of bulk changes as files: what became of each number, for those who may see it."""

import asyncio
import csv
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from authz.principal import Principal
from gateway.kit.texts import Language
from gateway.operations.labels import LabelSet
from gateway.operations.options import OptionConnect
from gateway.services import bulk_results
from gateway.services.bulk_results import COLUMNS, read_result
from gateway.services.bulk_targets import Target
from gateway.services.uploads import store_upload
from gateway.sheets.reader import open_sheet
from gateway.transport import connections
from gateway.transport.downloads import DownloadEndpoint
from schema.bulk_changes import RESULT_ADDRESS
from tests.factories.files import Files, SlowReader
from tests.services.bulk import Bulk
from tests.services.fleet import ADMINISTRATOR, BRANCH_NUMBER, COMPANY, FOREIGNER, MANAGER, NUMBER
from tests.unit.operations.catalogues import PLAIN

PEOPLE = {"anna": ADMINISTRATOR, "boris": MANAGER, "clara": FOREIGNER}


def served(bulk: Bulk, files: Files) -> Starlette:
    endpoint = DownloadEndpoint(bulk.database, files.operations, files.connections)
    return Starlette(routes=[Route(RESULT_ADDRESS, endpoint, methods=["GET"])])


async def get(
    bulk: Bulk, address: str, key: str | None = "anna", files: Files | None = None, **more: str
) -> httpx.Response:
    app = served(bulk, files or Files(bulk.database, PEOPLE))
    headers = {"Accept-Language": "ru"} | ({"Authorization": f"Bearer {key}"} if key else {}) | more
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        return await client.get(f"/bulk-changes/{address}", headers=headers)


async def read(bulk: Bulk, change_id: int, principal: Principal) -> list[list[Any]]:
    pages = read_result(bulk.database, principal, COMPANY, change_id, Language.EN)
    return [row async for page in pages for row in page]


async def test_each_number_has_its_row_in_the_order_of_phone_numbers(
    bulk: Bulk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_results, "_AT_ONCE", 4)
    await bulk.connection.execute("UPDATE numbers SET status = 'BLOCKED' WHERE id = $1", NUMBER)
    change_id = await bulk.done(OptionConnect(PLAIN))

    rows = await read(bulk, change_id, ADMINISTRATOR)

    assert [row[0] for row in rows] == [f"+79260000{each}" for each in range(101, 111)]
    assert [row[2] for row in rows] == ["REFUSED", *["APPLIED"] * 9]


async def test_who_sees_a_branch_gets_its_numbers_alone(bulk: Bulk) -> None:
    change_id = await bulk.done(LabelSet("x"))

    assert [row[1] for row in await read(bulk, change_id, MANAGER)] == [f"num_{BRANCH_NUMBER}"]


async def test_the_file_can_be_sent_back_as_a_list_of_phone_numbers(bulk: Bulk) -> None:
    change_id = await bulk.done(LabelSet("x"))

    answer = await get(bulk, f"blk_{change_id}/result.xlsx")

    async with open_sheet(answer.content) as rows:
        table = [cells async for _, cells in rows]
    assert table[0] == [column.title.ru for column in COLUMNS]
    assert table[1][:5] == ["+79260000101", "num_101", "APPLIED", "0", "0"]
    assert answer.headers["content-disposition"] == f'attachment; filename="blk_{change_id}.xlsx"'


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_a_result_is_the_target_of_another_change(bulk: Bulk, format: str) -> None:
    change_id = await bulk.done(LabelSet("x"), target=[NUMBER, BRANCH_NUMBER])
    answer = await get(bulk, f"blk_{change_id}/result.{format}")
    upload_id = await store_upload(bulk.database, ADMINISTRATOR, COMPANY, name="a", content=answer.content)

    again = await bulk.plan(LabelSet("y"), target=Target(upload_id=upload_id))

    assert await bulk.errors(again) == {NUMBER: None, BRANCH_NUMBER: None}
    assert (await bulk.row(again))["refused"] == "[]"


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x.example", "a")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1"])
async def test_no_spreadsheet_takes_what_somebody_wrote_for_a_formula(bulk: Bulk, text: str) -> None:
    change_id = await bulk.done(LabelSet("x"), target=[NUMBER])
    error = {"code": "CONFLICT", "message": {"en": text, "ru": text}, "hint": None}
    await bulk.connection.execute("UPDATE bulk_items SET error = $1", orjson.dumps(error).decode())

    plain = await get(bulk, f"blk_{change_id}/result.csv")
    book = await get(bulk, f"blk_{change_id}/result.xlsx")

    [_, row] = csv.reader(plain.content.decode("utf-8-sig").splitlines())
    with zipfile.ZipFile(BytesIO(book.content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert row[6] == f"'{text}"
    assert (f">{escape(text)}</t>" in sheet, "<f>" in sheet) == (True, False)


async def test_errors_are_in_the_language_of_the_reader(bulk: Bulk) -> None:
    await bulk.connection.execute("UPDATE numbers SET status = 'BLOCKED' WHERE id = $1", NUMBER)
    change_id = await bulk.plan(OptionConnect(PLAIN), target=[NUMBER])

    answer = await get(bulk, f"blk_{change_id}/result.jsonl")

    (line,) = map(orjson.loads, answer.content.splitlines())
    assert (line["state"], line["code"], line["oneOff"]) == ("REFUSED", "NOT_AVAILABLE", "0.00")
    assert (line["msisdn"], line["message"]) == ("+79260000101", "Номер заблокирован.")


@pytest.mark.parametrize(
    ("address", "key", "status", "code"),
    [
        ("blk_{id}/result.csv", None, 401, "UNAUTHENTICATED"),
        ("blk_{id}/result.csv", "clara", 404, "BAD_INPUT"),
        ("blk_999/result.csv", "anna", 404, "BAD_INPUT"),
        ("num_1/result.csv", "anna", 400, "BAD_INPUT"),
        ("blk_{id}/result.pdf", "anna", 404, "BAD_REQUEST"),
    ],
)
async def test_what_is_not_there_or_not_for_the_caller(
    bulk: Bulk, address: str, key: str | None, status: int, code: str
) -> None:
    change_id = await bulk.plan(LabelSet("x"))

    answer = await get(bulk, address.format(id=change_id), key)

    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)


async def test_a_file_costs_as_many_points_as_it_has_values(bulk: Bulk) -> None:
    change_id, files = await bulk.plan(LabelSet("x")), Files(bulk.database, PEOPLE)

    await get(bulk, f"blk_{change_id}/result.csv", files=files)

    assert files.purse.spent == [100 + 10 * len(COLUMNS)]


async def test_whose_budget_is_spent_gets_no_file(bulk: Bulk) -> None:
    change_id = await bulk.plan(LabelSet("x"))

    answer = await get(bulk, f"blk_{change_id}/result.csv", files=Files(bulk.database, PEOPLE, points=179))

    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_a_file_is_one_of_the_open_connections(bulk: Bulk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_OF_A_PRINCIPAL", 1)
    change_id, files = await bulk.plan(LabelSet("x")), Files(bulk.database, PEOPLE)

    async with files.connections.keep(await files.operations.caller({"authorization": "Bearer anna"}, "")):
        refused = await get(bulk, f"blk_{change_id}/result.csv", files=files)
    taken = await get(bulk, f"blk_{change_id}/result.csv", files=files)

    assert (refused.status_code, taken.status_code) == (429, 200)
    assert files.purse.spent == [100 + 10 * len(COLUMNS)]


async def test_who_asks_for_the_head_alone_is_sent_no_file_and_pays_for_none(bulk: Bulk) -> None:
    change_id, files = await bulk.plan(LabelSet("x")), Files(bulk.database, PEOPLE)
    reader = SlowReader(served(bulk, files), f"/bulk-changes/blk_{change_id}/result.csv", "anna", method="HEAD")

    start, *parts = [part async for part in rest(reader)]

    assert (start["status"], dict(start["headers"])[b"content-type"]) == (200, b"text/csv; charset=utf-8")
    assert parts == [{"type": "http.response.body", "body": b""}]
    assert files.purse.spent == [100]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"x-requested-with": "portal"}, 200),
    ],
)
async def test_no_page_of_another_site_has_a_browser_get_files(
    bulk: Bulk, headers: dict[str, str], status: int
) -> None:
    change_id = await bulk.plan(LabelSet("x"))

    answer = await get(bulk, f"blk_{change_id}/result.csv", None, None, cookie="gateway_session=anna", **headers)

    assert answer.status_code == status


@pytest.mark.parametrize("loses", ["access", "a role", "nothing"])
async def test_a_file_has_no_end_when_access_ends_before_it(
    bulk: Bulk, loses: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_results, "_AT_ONCE", 1)
    change_id, files = await bulk.plan(LabelSet("x")), Files(bulk.database, PEOPLE)
    reader = SlowReader(served(bulk, files), f"/bulk-changes/blk_{change_id}/result.jsonl", "anna")
    async with asyncio.timeout(10):
        start, first = await reader.part(), await reader.part()

        if loses == "access":
            del files.people["anna"]
            files.tell_of_access()
            await reader.done
        elif loses == "a role":
            files.people["anna"] = MANAGER
        parts = [part async for part in rest(reader)]

    assert (start["status"], first["more_body"]) == (200, True)
    if loses == "nothing":
        assert (len(parts), parts[-1]) == (10, {"type": "http.response.body", "body": b""})
    else:
        assert len(parts) <= 3
        assert all(part["more_body"] for part in parts)


async def rest(reader: SlowReader) -> AsyncIterator[Any]:
    while (part := await reader.part()) is not None:
        yield part
