"""Companies as commands name them."""

import pytest

from gateway.db import Database
from gateway.services.companies import FoundCompany, find_companies

pytestmark = pytest.mark.usefixtures("fleet")


@pytest.mark.parametrize(
    ("inn", "ids"), [("7700000002", [2]), (None, [1, 2]), ("7700000009", [])], ids=["one", "all", "unknown"]
)
async def test_companies_are_found_by_inn(database: Database, inn: str | None, ids: list[int]) -> None:
    assert await find_companies(database, inn) == [
        FoundCompany(each, f"Company {each}", f"770000000{each}") for each in ids
    ]
