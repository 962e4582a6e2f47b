"""The rows of a library, with something wrong in some of them, and what resolves its fields."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NewType

import strawberry

from gateway.execution import Info, OfType, Shared

Isbn = NewType("Isbn", str)
Anything = NewType("Anything", object)
Mark = NewType("Mark", str)


def parse_isbn(value: object) -> Isbn:
    if not isinstance(value, str):
        raise TypeError("an Isbn is a string")
    return Isbn(value)


SCALARS: dict[object, Any] = {
    Isbn: strawberry.scalar(name="Isbn", description="A book's number.", serialize=str, parse_value=parse_isbn),
    Mark: strawberry.scalar(name="Mark", description="A mark.", serialize=lambda value: f"<{value}>"),
    Anything: strawberry.scalar(name="Anything", description="Any JSON value.", serialize=lambda value: value),
}


@strawberry.enum(description="Kinds of books.")
class Genre(Enum):
    NOVEL = strawberry.enum_value("novel", description="Long prose.")
    POETRY = strawberry.enum_value("poetry", description="Verse.")
    ESSAY = strawberry.enum_value("essay", description="Short prose.")


Row = dict[str, Any]
PUBLISHERS = [
    Shared(
        id=index, name=f"Publisher {index}", founded=1900 + index, city=None if index % 2 else "Riga", broken=index == 3
    )
    for index in range(4)
]
AWARDS = [Shared(name=f"Award {index}", year=None if index == 2 else 2000 + index) for index in range(3)]


def book_row(number: int) -> Row:
    """A book by its number; of twenty, number 3, 5, 7 and 9 have something wrong with them."""
    return {
        "id": number,
        "title": None if number % 20 == 7 else f"Book {number}",
        "isbn": f"isbn-{number}",
        "genre": ["novel", Genre.POETRY, "essay", "unknown"][number % 4 if number % 20 == 9 else number % 3],
        "pages": 2**40 if number % 20 == 5 else number * 10,
        "rating": [number / 4, float("inf"), 7, "8.5"][number % 4 if number > 10 else 0],
        "mark": None if number % 20 in (5, 12) else LookupError("no mark") if number % 20 == 9 else f"m{number}",
        "available": number % 2 if number > 10 else number % 2 == 0,
        "note": None if number % 3 else {"any": ["json", number]},
        "added_at": datetime(2024, 1, 1 + number % 28, tzinfo=UTC),
        "price": number * 100,
        "author_id": number % 6,
        "publisher": PUBLISHERS[number % 4],
        "tags": None if number % 20 == 9 else [f"tag {n}" for n in range(number % 4)],
        "grid": [[1, None], [], None] if number % 20 == 5 else [[number, number], [number]],
        "awards": [AWARDS[n % 3] if n % 4 else None for n in range(number % 5)],
        "strict_awards": [AWARDS[n % 3] if n % 4 or number % 20 != 3 else None for n in range(number % 5)],
        "shelf": number % 3,
        "chapters": tuple({"title": f"Chapter {n}", "pages": n if n < 4 else None} for n in range(number % 6)),
        "index": "text" if number % 20 == 9 else [[{"title": "A", "pages": 1}], [], [{"title": "B", "pages": 2}] * 2],
        "seen": [OfType("Author", author_row(1)), OfType("Publisher", PUBLISHERS[0])][: number % 3],
    }


def author_row(number: int) -> Row:
    return {
        "id": number,
        "name": f"Author {number}",
        "born": None if number % 2 else 1900 + number,
        "shelf": number % 3,
    }


def book_id(row: Row) -> str:
    return f"book_{row['id']}"


def author_id(row: Row) -> str:
    return f"author_{row['id']}"


def book_price(row: Row) -> Row | None:
    if row["id"] % 20 == 3:
        raise ValueError(f"no price for book {row['id']}")
    return None if row["id"] % 20 == 2 else {"amount": Decimal(row["price"]) / 100, "currency": "EUR"}


def reciprocal(row: Row) -> float:
    number: int = row["id"]
    return 1 / (number % 5)


def always_fails(row: Any) -> str:
    raise ValueError("always fails")


async def load_author(rows: Sequence[Row], info: Info) -> Sequence[Row | Exception | None]:
    authors = {number: author_row(number) for number in range(6)}
    info.context.called("author", rows, info)
    await info.context.wait()
    return [
        LookupError(f"no author {row['author_id']}") if row["author_id"] == 5 else authors[row["author_id"]]
        for row in rows
    ]


async def load_coauthor(rows: Sequence[Row], info: Info) -> Sequence[Row | Exception | None]:
    authors = {number: author_row(number) for number in range(6)}
    await info.context.wait()
    return [None if row["author_id"] in (1, 2) else authors[row["author_id"]] for row in rows]


def load_publisher(rows: Sequence[Row], info: Info) -> Sequence[Shared]:
    """Needs no I/O, so it is not asynchronous."""
    return [row["publisher"] for row in rows]


async def load_related(
    rows: Sequence[Row],
    info: Info,
    *,
    first: Annotated[int, strawberry.argument(description="At most so many.")] = 2,
    genre: Annotated[Genre | None, strawberry.argument(description="Of that kind.")] = None,
) -> Sequence[list[Row]]:
    await info.context.wait()
    if first < 0:
        raise ValueError("first must not be negative")
    found = [[book_row(row["id"] + n) for n in range(1, 1 + min(first, 4))] for row in rows]
    return [[b for b in books if genre is None or b["genre"] in (genre, genre.value)] for books in found]


async def load_books_of(rows: Sequence[Row], info: Info) -> Sequence[list[Row | Exception | None] | None]:
    info.context.called("books of", rows, info)
    return [
        None
        if row["id"] == 4
        else [book_row(n) if n % 4 else (None if n else KeyError("lost")) for n in range(row["id"])]
        for row in rows
    ]


async def load_borrowings(
    rows: Sequence[Row], info: Info, *, year: Annotated[Sequence[int | None], strawberry.argument(description="Year.")]
) -> Sequence[int | Exception | None]:
    return [
        ValueError(f"no such year {wanted}") if (wanted or 0) < 0 else row["id"] + (wanted or 0)
        for row, wanted in zip(rows, year, strict=True)
    ]


async def load_successor(
    rows: Sequence[Row], info: Info, *, step: Annotated[Sequence[int], strawberry.argument(description="How far.")]
) -> Sequence[Row | None]:
    info.context.called("successor", rows, info)
    await info.context.wait()
    return [book_row(row["id"] + by) if by >= 0 else None for row, by in zip(rows, step, strict=True)]


async def load_shelves(rows: Sequence[Row], info: Info) -> Sequence[list[list[Row | None] | None]]:
    await info.context.wait()
    return [[[book_row(row["id"])], None if row["id"] % 20 == 5 else [], [book_row(1), book_row(2)]] for row in rows]


async def load_borrowable(rows: Sequence[Row], info: Info) -> Sequence[object]:
    return ["maybe" if row["id"] % 20 == 5 else row["id"] % 2 == 0 for row in rows]


async def load_neighbours(rows: Sequence[Row], info: Info) -> Sequence[list[OfType | Row | None]]:
    return [
        [
            OfType("Book", book_row(row["id"] + 1)),
            OfType("Author", author_row(row["id"] % 6)),
            *([None] if row["id"] % 3 == 0 else []),
            *([OfType("Publisher", PUBLISHERS[1])] if row["id"] % 3 == 1 else []),
            *([book_row(1)] if row["id"] % 20 == 5 else []),
            *([OfType("Money", {})] if row["id"] % 20 == 9 else []),
        ]
        for row in rows
    ]
