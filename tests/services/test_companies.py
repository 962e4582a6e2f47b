"""Companies as commands name them."""

import asyncpg
import pytest

from gateway.db import Database
from gateway.services.companies import FoundCompany, find_companies
from tests.services.fleet import arrange


@pytest.fixture(autouse=True)
async def _fleet(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await arrange(owner_connection)


@pytest.mark.parametrize(
    ("inn", "ids"), [("7700000002", [2]), (None, [1, 2]), ("7700000009", [])], ids=["one", "all", "unknown"]
)
async def test_companies_are_found_by_inn(database: Database, inn: str | None, ids: list[int]) -> None:
    assert await find_companies(database, inn) == [
        FoundCompany(each, f"Company {each}", f"770000000{each}") for each in ids
    ]
