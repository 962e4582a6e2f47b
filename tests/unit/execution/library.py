"""A library as a schema: every kind of field, type and failure that the engine must get right, over made-up rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway.execution import PUBLIC, Info, OfType, batched, column, computed, keyed, streamed
from tests.unit.execution.library_rows import (
    PUBLISHERS,
    SCALARS,
    Anything,
    Genre,
    Isbn,
    Mark,
    Row,
    always_fails,
    author_id,
    author_row,
    book_id,
    book_price,
    book_row,
    load_author,
    load_books_of,
    load_borrowable,
    load_borrowings,
    load_coauthor,
    load_neighbours,
    load_publisher,
    load_related,
    load_shelves,
    load_successor,
    reciprocal,
)


class Action(Enum):
    """What readers of the library may do."""

    BOOK_READ = "book:read"
    PRICE_READ = "price:read"
    AUTHOR_READ = "author:read"
    BOOK_WRITE = "book:write"


@strawberry.input(description="How a book is found.", one_of=True)
class BookBy:
    id: strawberry.ID | None = strawberry.field(description="Global id.", default=strawberry.UNSET)
    isbn: strawberry.Maybe[Isbn] = strawberry.field(description="Number of the book.")


@strawberry.input(description="Which books.")
class BookFilter:
    genre: list[Genre] | None = strawberry.field(description="Kinds.", default=None)
    text: str | None = strawberry.field(description="Words of the title.", default=None)
    cheaper_than: Decimal | None = strawberry.field(description="Highest price.", default=strawberry.UNSET)
    both: list[BookFilter] | None = strawberry.field(description="All of these.", default=None)
    limit: int = strawberry.field(description="At most so many.", default=7)


@strawberry.interface(description="Something with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Global id.")


@strawberry.type(description="An amount of money.")
class Money:
    amount: Decimal = column("How much.", PUBLIC)
    currency: str = column("Of which currency.", PUBLIC)


@strawberry.type(description="A prize.")
class Award:
    name: str = column("Name.", PUBLIC)
    year: int = column("When.", PUBLIC)


@strawberry.type(description="A part of a book.")
class Chapter:
    title: str = column("Title.", PUBLIC)
    pages: int = column("Number of pages.", PUBLIC)


@strawberry.type(description="A house that publishes books.")
class Publisher(Node):
    id: strawberry.ID = computed(lambda row: f"publisher_{row['id']}", "Global id.", PUBLIC, needs=("id",))
    name: str = column("Name.", PUBLIC)
    founded: int = column("Year.", PUBLIC)
    city: str | None = column("City.", PUBLIC)
    strict_city: str = column("City.", PUBLIC, name="city")


@strawberry.type(description="A writer.")
class Author(Node):
    id: strawberry.ID = computed(author_id, "Global id.", Action.AUTHOR_READ, needs=("id",))
    name: str = column("Name.", Action.AUTHOR_READ)
    born: int | None = column("Year of birth.", Action.AUTHOR_READ)
    strict_born: int = column("Year of birth.", Action.AUTHOR_READ, name="born")
    books: list[Annotated[Book, strawberry.lazy("tests.unit.execution.library")] | None] | None = batched(
        load_books_of, "Books.", Action.BOOK_READ, needs=("id",)
    )


@strawberry.type(description="A book.")
class Book(Node):
    __place__ = ("shelf",)
    id: strawberry.ID = computed(book_id, "Global id.", Action.BOOK_READ, needs=("id",))
    title: str = column("Title.", Action.BOOK_READ)
    subtitle: str | None = column("Title, if any.", Action.BOOK_READ, name="title")
    isbn: Isbn = column("Number.", Action.BOOK_READ)
    genre: Genre = column("Kind.", Action.BOOK_READ)
    optional_genre: Genre | None = column("Kind.", Action.BOOK_READ, name="genre")
    pages: int = column("Number of pages.", Action.BOOK_READ)
    optional_pages: int | None = column("Number of pages.", Action.BOOK_READ, name="pages")
    rating: float = column("Rating.", Action.BOOK_READ)
    reciprocal: float | None = computed(reciprocal, "Something that fails.", Action.BOOK_READ, needs=("id",))
    optional_rating: float | None = column("Rating.", Action.BOOK_READ, name="rating")
    mark: Mark = column("Mark.", Action.BOOK_READ)
    optional_mark: Mark | None = column("Mark.", Action.BOOK_READ, name="mark")
    available: bool = column("On the shelf.", Action.BOOK_READ)
    note: Anything | None = column("Anything.", Action.BOOK_READ)
    added_at: datetime = column("When it came.", Action.BOOK_READ)
    price: Money | None = computed(book_price, "Price.", Action.PRICE_READ, needs=("id", "price"))
    strict_price: Money = computed(book_price, "Price.", Action.PRICE_READ, needs=("id", "price"))
    cost: int = column("Price in cents.", Action.PRICE_READ, name="price")
    tags: list[str] | None = column("Tags.", Action.BOOK_READ)
    strict_tags: list[str] = column("Tags.", Action.BOOK_READ, name="tags")
    grid: list[list[int]] | None = column("Numbers.", Action.BOOK_READ)
    loose_grid: list[list[int | None] | None] = column("Numbers.", Action.BOOK_READ, name="grid")
    awards: list[Award | None] = column("Prizes.", Action.BOOK_READ)
    strict_awards: list[Award] | None = column("Prizes.", Action.BOOK_READ)
    chapters: list[Chapter] = column("Parts.", Action.BOOK_READ)
    loose_chapters: list[Chapter | None] | None = column("Parts.", Action.BOOK_READ, name="chapters")
    author: Author | None = batched(load_author, "Writer.", Action.AUTHOR_READ, needs=("author_id",))
    strict_author: Author = batched(load_author, "Writer.", Action.AUTHOR_READ, needs=("author_id",))
    coauthor: Author = batched(load_coauthor, "Second writer.", Action.AUTHOR_READ, needs=("author_id",))
    publisher: Publisher = batched(load_publisher, "Publisher.", Action.BOOK_READ, needs=("publisher",))
    imprint: Publisher = column("Publisher.", Action.BOOK_READ, name="publisher")
    related: list[Annotated[Book, strawberry.lazy("tests.unit.execution.library")]] = batched(
        load_related, "Similar books.", Action.BOOK_READ, needs=("id",)
    )
    neighbours: list[Node | None] = batched(load_neighbours, "Beside it.", Action.BOOK_READ, needs=("id",))
    strict_neighbours: list[Node] | None = batched(load_neighbours, "Beside it.", Action.BOOK_READ, needs=("id",))
    borrowings: int | None = keyed(load_borrowings, "How often borrowed.", Action.BOOK_READ, needs=("id",))
    number: strawberry.ID = column("Number.", Action.BOOK_READ, name="id")
    index: list[list[Chapter | None] | None] | None = column("Chapters by letter.", Action.BOOK_READ)
    strict_index: list[list[Chapter]] = column("Chapters by letter.", Action.BOOK_READ, name="index")
    seen: list[Annotated[Author | Publisher, strawberry.union("Seen", description="Who saw it.")]] = column(
        "Who saw it.", Action.BOOK_READ
    )
    successor: Annotated[Book, strawberry.lazy("tests.unit.execution.library")] | None = keyed(
        load_successor, "A later book.", Action.BOOK_READ, needs=("id",)
    )
    shelves: list[list[Annotated[Book, strawberry.lazy("tests.unit.execution.library")]]] = batched(
        load_shelves, "Books beside it.", Action.BOOK_READ, needs=("id",)
    )
    borrowable: bool = batched(load_borrowable, "Can be borrowed.", Action.PRICE_READ, needs=("id",))


Hit = Annotated[Book | Author | Publisher, strawberry.union("Hit", description="Something found.")]


@strawberry.type(description="A page of books.")
class BookConnection:
    nodes: list[Book] = column("Books.", Action.BOOK_READ)
    first: Book | None = column("The first one.", Action.BOOK_READ)
    total_count: int = column("How many in all.", PUBLIC)


async def load_page(
    rows: Sequence[None],
    info: Info,
    *,
    first: Annotated[int | None, strawberry.argument(description="At most so many.")] = None,
    filter: Annotated[BookFilter | None, strawberry.argument(description="Which books.")] = None,
) -> Sequence[Row]:
    info.context.called("page", rows, info)
    wanted = 3 if first is None else first
    if wanted > 5000:
        raise ValueError("at most 5000")
    if filter is not None:
        wanted = min(wanted, filter.limit)
    page: Row = {"nodes": [book_row(n) for n in range(1, wanted + 1)], "total_count": 200}
    page["first"] = page["nodes"][0] if page["nodes"] else None
    return [page] * len(rows)


async def find_books(
    rows: Sequence[None],
    info: Info,
    *,
    by: Annotated[Sequence[BookBy], strawberry.argument(description="How it is found.")],
) -> Sequence[Row | Exception | None]:
    await info.context.wait()
    info.context.called("book", rows, info)
    texts = [key.isbn.value if key.isbn else str(key.id) for key in by]
    return [
        ValueError(f"bad key {t}") if not t[-1:].isdigit() else book_row(int(t[-1])) if t != "0" else None
        for t in texts
    ]


async def find_node(
    rows: Sequence[None], info: Info, *, id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")]
) -> Sequence[OfType | None]:
    info.context.called("node", rows, info)
    kind, _, number = id.partition("_")
    found = {"book": ("Book", book_row), "author": ("Author", author_row)}.get(kind)
    return [OfType(found[0], found[1](int(number or 1))) if found else None] * len(rows)


async def find_anything(
    rows: Sequence[None],
    info: Info,
    *,
    text: Annotated[str | None, strawberry.argument(description="What.")] = strawberry.UNSET,
    genres: Annotated[list[Genre] | None, strawberry.argument(description="Of which kinds.")] = None,
) -> Sequence[list[OfType]]:
    hits = [OfType("Book", book_row(4)), OfType("Author", author_row(2)), OfType("Publisher", PUBLISHERS[0])]
    return [hits[: 1 if text is strawberry.UNSET else 2 if text is None else 3]] * len(rows)


async def too_few(rows: Sequence[None], info: Info) -> Sequence[str]:
    return []


async def fail(rows: Sequence[None], info: Info) -> Sequence[str]:
    raise ValueError("the whole level fails")


@strawberry.type(description="What never works.")
class Broken:
    failing: str | None = batched(fail, "Always fails.", PUBLIC)
    strict_failing: str = batched(fail, "Always fails.", PUBLIC)
    failing_leaf: str | None = computed(always_fails, "Always fails.", PUBLIC)
    too_few: str | None = batched(too_few, "Answers nothing at all.", PUBLIC)
    works: str = computed(lambda _row: "yes", "Works.", PUBLIC)


@strawberry.type(description="What can be read.")
class Query:
    version: str = computed(lambda _row: "1.0", "Version.", PUBLIC)
    book: Book | None = keyed(find_books, "One book.", Action.BOOK_READ)
    books: BookConnection = batched(load_page, "Books.", Action.BOOK_READ)
    loose_books: BookConnection | None = batched(load_page, "Books.", Action.BOOK_READ)
    node: Node | None = batched(find_node, "Any object.", PUBLIC)
    search: list[Hit] = batched(find_anything, "What is found.", PUBLIC)
    broken: Broken | None = computed(lambda _row: {}, "What never works.", PUBLIC)
    strict_broken: Broken = computed(lambda _row: {}, "What never works.", PUBLIC)


async def rename_book(
    rows: Sequence[None],
    info: Info,
    *,
    number: Annotated[int, strawberry.argument(description="Which.")],
    title: Annotated[str | None, strawberry.argument(description="New title.")] = None,
) -> Sequence[Row | None]:
    info.context.log.append(f"rename {number} {title}")
    if number < 0:
        raise ValueError("no such book")
    return [{**book_row(number), "title": title} if number else None]


async def touch_one(
    rows: Sequence[None], info: Info, *, number: Annotated[int, strawberry.argument(description="Which.")]
) -> Sequence[object]:
    info.context.log.append(f"touch {number}")
    return [None if number < 0 else ValueError("too old") if number == 0 else number == 1 or "maybe"]


async def touch_each(
    rows: Sequence[None], info: Info, *, count: Annotated[int, strawberry.argument(description="How many.")]
) -> Sequence[object]:
    info.context.log.append(f"touch all {count}")
    return [[book_row(number) if number != 2 else None for number in range(count)] if count >= 0 else None]


@strawberry.type(description="What can be changed.")
class Mutation:
    touch: bool | None = batched(touch_one, "Touches.", Action.BOOK_WRITE)
    strict_touch: bool = batched(touch_one, "Touches.", Action.BOOK_WRITE)
    touch_all: list[Book] = batched(touch_each, "Touches all.", Action.BOOK_WRITE)
    rename: Book | None = batched(rename_book, "Renames a book.", Action.BOOK_WRITE)
    strict_rename: Book = batched(rename_book, "Renames a book.", Action.BOOK_WRITE)
    book: Book | None = keyed(find_books, "Touches a book.", Action.BOOK_WRITE)


async def arrivals(
    info: Info,
    *,
    count: Annotated[int, strawberry.argument(description="How many.")] = 2,
    fail_at: Annotated[int | None, strawberry.argument(description="Breaks there.")] = None,
    stays: Annotated[bool, strawberry.argument(description="Waits for more.")] = False,
) -> AsyncIterator[Row]:
    for number in range(1, count + 1):
        if number == fail_at:
            raise ValueError("the stream broke")
        yield book_row(number)
    if stays:
        await asyncio.Event().wait()


@strawberry.type(description="What can be followed.")
class Subscription:
    arrivals: Book = streamed(arrivals, "Books that arrive.", Action.BOOK_READ)


def make_schema() -> strawberry.Schema:
    return strawberry.Schema(
        Query,
        Mutation,
        Subscription,
        types=[Author, Publisher, Award],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
