"""Whether the tables are as docs/deployment.md says that a database sharded by company can take them."""

import re
from pathlib import Path

import asyncpg
import pytest

from gateway.models import metadata

PAGE = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text("utf-8")
_UNIQUE = """
    SELECT i.indrelid::regclass::text AS "table", i.indexrelid::regclass::text AS name,
           ARRAY(SELECT attname::text FROM pg_attribute
                 WHERE attrelid = i.indrelid AND attnum = ANY (i.indkey) ORDER BY attnum) AS columns
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
    WHERE i.indisunique AND t.relnamespace = 'public'::regnamespace
"""
_REFERENCES = """
    SELECT conrelid::regclass::text AS "table", confrelid::regclass::text AS other,
           ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey)) AS columns,
           ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY (confkey)) AS others
    FROM pg_constraint WHERE contype = 'f'
"""


def listed(title: str) -> set[str]:
    """The names in the paragraph of the page that begins with this title."""
    found = re.search(rf"^\*\*{title}\*\*(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return set(re.findall(r"`(\w+)`", found[1]))


DISTRIBUTED, REFERENCE, STRICT = listed("Distributed"), listed("Reference"), listed("In the way")


def test_the_page_tells_of_every_table_once() -> None:
    assert set(metadata.tables) == DISTRIBUTED | REFERENCE
    assert not DISTRIBUTED & REFERENCE


@pytest.mark.parametrize("name", sorted(DISTRIBUTED))
def test_keys_of_distributed_tables_begin_with_the_company(name: str) -> None:
    assert next(iter(metadata.tables[name].primary_key.columns)).name == "company_id"


@pytest.mark.parametrize("name", sorted(REFERENCE))
def test_reference_tables_belong_to_no_company(name: str) -> None:
    assert "company_id" not in metadata.tables[name].columns


async def test_what_is_unique_beyond_a_company_is_what_the_page_says(owner_connection: asyncpg.Connection) -> None:
    rows = await owner_connection.fetch(_UNIQUE)

    assert {row["name"] for row in rows if row["table"] in DISTRIBUTED and "company_id" not in row["columns"]} == STRICT


async def test_references_stay_within_a_company_or_lead_to_reference_tables(
    owner_connection: asyncpg.Connection,
) -> None:
    for row in await owner_connection.fetch(_REFERENCES):
        if row["other"] in DISTRIBUTED:
            assert row["table"] in DISTRIBUTED, dict(row)
            assert "company_id" in row["columns"], dict(row)
            assert "company_id" in row["others"], dict(row)
        else:
            assert row["other"] in REFERENCE, dict(row)
