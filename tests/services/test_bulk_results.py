"""Results of bulk changes as files: what became of each number, for those who may see it."""

from typing import Any

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
from gateway.services.principals import Identity, Principals
from gateway.sheets.reader import open_sheet
from gateway.transport.downloads import DownloadEndpoint
from schema.bulk_changes import RESULT_ADDRESS
from tests.services.bulk import Bulk
from tests.services.fleet import ADMINISTRATOR, BRANCH_NUMBER, COMPANY, FOREIGNER, MANAGER, NUMBER
from tests.unit.operations.catalogues import PLAIN

PEOPLE = {"anna": ADMINISTRATOR, "boris": MANAGER, "clara": FOREIGNER}


class KnownPeople(Principals):
    def __init__(self) -> None:
        pass

    async def by_key(self, secret: str) -> Identity | None:
        return Identity(PEOPLE[secret], None, None, None)


async def get(bulk: Bulk, address: str, key: str | None = "anna") -> httpx.Response:
    endpoint = DownloadEndpoint(bulk.database, KnownPeople())
    app = Starlette(routes=[Route(RESULT_ADDRESS, endpoint.bulk_result)])
    headers = {"Accept-Language": "ru"} | ({"Authorization": f"Bearer {key}"} if key else {})
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

    assert [row[0] for row in rows] == [f"79260000{each}" for each in range(101, 111)]
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
    assert table[1][:5] == ["79260000101", "num_101", "APPLIED", "0", "0"]
    assert answer.headers["content-disposition"] == f'attachment; filename="blk_{change_id}.xlsx"'


async def test_errors_are_in_the_language_of_the_reader(bulk: Bulk) -> None:
    await bulk.connection.execute("UPDATE numbers SET status = 'BLOCKED' WHERE id = $1", NUMBER)
    change_id = await bulk.plan(OptionConnect(PLAIN), target=[NUMBER])

    answer = await get(bulk, f"blk_{change_id}/result.jsonl")

    (line,) = map(orjson.loads, answer.content.splitlines())
    assert (line["state"], line["code"], line["oneOff"]) == ("REFUSED", "NOT_AVAILABLE", "0.00")
    assert line["message"] == "Номер заблокирован."


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
