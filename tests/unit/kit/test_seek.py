"""Keyset pages in SQL: one text per shape, the same rows as in memory."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select
from sqlalchemy.dialects import postgresql

from gateway.kit.paging import Keyset, Page, Shape
from gateway.kit.seek import seek

numbers = Table("numbers", MetaData(), Column("id", Integer, primary_key=True), Column("label", String))
UP = Keyset("label up", {"label": str, "id": int})
DOWN = Keyset("label down", {"label": str, "id": int}, descending=True)
ALONE = Keyset("id", {"id": int})


def text(keyset: Keyset, shape: Shape) -> str:
    statement = seek(select(numbers.c.id), keyset, {"id": numbers.c.id, "label": numbers.c.label}, shape)
    return " ".join(str(statement.compile(dialect=postgresql.dialect())).split())  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped


@pytest.mark.parametrize(
    ("keyset", "shape", "tail"),
    [
        (UP, Shape(False, False), "ORDER BY numbers.label ASC, numbers.id ASC LIMIT %(page_rows)s::BIGINT"),
        (UP, Shape(True, False), "ORDER BY numbers.label DESC, numbers.id DESC LIMIT %(page_rows)s::BIGINT"),
        (
            UP,
            Shape(False, True),
            "WHERE (numbers.label, numbers.id) > (%(seek_label)s::VARCHAR, %(seek_id)s::BIGINT) "
            "ORDER BY numbers.label ASC, numbers.id ASC LIMIT %(page_rows)s::BIGINT",
        ),
        (
            DOWN,
            Shape(False, True),
            "WHERE (numbers.label, numbers.id) < (%(seek_label)s::VARCHAR, %(seek_id)s::BIGINT) "
            "ORDER BY numbers.label DESC, numbers.id DESC LIMIT %(page_rows)s::BIGINT",
        ),
        (
            DOWN,
            Shape(True, True),
            "WHERE (numbers.label, numbers.id) > (%(seek_label)s::VARCHAR, %(seek_id)s::BIGINT) "
            "ORDER BY numbers.label ASC, numbers.id ASC LIMIT %(page_rows)s::BIGINT",
        ),
    ],
)
def test_texts(keyset: Keyset, shape: Shape, tail: str) -> None:
    assert text(keyset, shape).removeprefix("SELECT numbers.id FROM numbers ") == tail


@given(
    labels=st.lists(st.sampled_from(["", "a", "b", "я", "a\nb"]), max_size=30),
    keyset=st.sampled_from([UP, DOWN, ALONE]),
    size=st.integers(1, 10),
    backward=st.booleans(),
    place=st.integers(0, 30),
)
def test_sql_finds_the_rows_that_memory_finds(
    labels: list[str], keyset: Keyset, size: int, backward: bool, place: int
) -> None:
    rows: list[dict[str, Any]] = [{"id": number, "label": label} for number, label in enumerate(labels)]
    rows.sort(key=lambda row: [row[name] for name in keyset.columns], reverse=keyset.descending)
    page = Page(size, backward, keyset.cursor(rows[place]) if place < len(rows) else None)
    statement = seek(select(numbers), keyset, {"id": numbers.c.id, "label": numbers.c.label}, page.shape)

    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        numbers.metadata.create_all(connection)
        if rows:
            connection.execute(numbers.insert(), rows)
        fetched = [dict(row) for row in connection.execute(statement, keyset.parameters(page)).mappings()]
    engine.dispose()

    assert page.slice(fetched) == keyset.take(rows, page)
