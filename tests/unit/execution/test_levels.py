"""How a plan runs: one call for a level, merged aliases, distinct objects once, siblings together, turns for others."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from gateway.execution import Engine, Result
from tests.unit.execution.library import Action, make_schema
from tests.unit.execution.library_context import LibraryContext
from tests.unit.execution.library_rows import AWARDS, PUBLISHERS


@pytest.fixture
def engine() -> Engine:
    return Engine(make_schema())


async def run(engine: Engine, source: str, context: LibraryContext | None = None) -> Result:
    return await engine.execute(source, {}, None, context or LibraryContext())


async def test_a_level_is_one_call_and_each_distinct_object_is_made_once(engine: Engine) -> None:
    context = LibraryContext()

    result = await run(engine, "{ books(first: 2) { nodes { related(first: 2) { author { name } } } } }", context)

    assert context.calls == [("page", 1), ("author", 4)]
    assert result.data is not None
    one, other = result.data["books"]["nodes"]
    assert one["related"][1]["author"] is other["related"][0]["author"]
    assert one["related"][1]["author"] == {"name": "Author 3"}


async def test_aliases_of_a_keyed_field_share_one_call_and_equal_selections_one_level(engine: Engine) -> None:
    context = LibraryContext()

    result = await run(
        engine,
        """{ a: book(by: {id: 1}) { title author { name } } b: book(by: {id: 2}) { title author { name } }
             c: book(by: {id: 4}) { id } d: book(by: {id: "x"}) { id } }""",
        context,
    )

    assert [error.message for error in result.errors] == ["bad key x"]
    assert result.data == {
        "a": {"title": "Book 1", "author": {"name": "Author 1"}},
        "b": {"title": "Book 2", "author": {"name": "Author 2"}},
        "c": {"id": "book_4"},
        "d": None,
    }
    assert context.calls == [("book", 4), ("author", 2)]


async def test_keyed_fields_below_the_root_are_called_for_rows_times_aliases(engine: Engine) -> None:
    context = LibraryContext()

    result = await run(
        engine, "{ books(first: 2) { nodes { a: successor(step: 1) { id } b: successor(step: 2) { id } } } }", context
    )

    assert context.calls[1:] == [("successor", 4)]
    assert result.data == {
        "books": {
            "nodes": [
                {"a": {"id": "book_2"}, "b": {"id": "book_3"}},
                {"a": {"id": "book_3"}, "b": {"id": "book_4"}},
            ]
        }
    }


async def test_equal_selections_with_different_arguments_stay_apart(engine: Engine) -> None:
    result = await run(
        engine,
        """{ a: book(by: {id: 1}) { successor(step: 1) { id } related(first: 1) { id } }
             b: book(by: {id: 1}) { successor(step: 2) { id } related(first: 2) { id } } }""",
    )

    assert result.data == {
        "a": {"successor": {"id": "book_2"}, "related": [{"id": "book_2"}]},
        "b": {"successor": {"id": "book_3"}, "related": [{"id": "book_2"}, {"id": "book_3"}]},
    }


async def test_a_resolver_with_too_few_values_is_an_error_at_all_its_places(engine: Engine) -> None:
    result = await run(engine, "{ broken { tooFew works } }")

    assert result.data == {"broken": {"tooFew": None, "works": "yes"}}
    assert [error.message for error in result.errors] == ["Broken.tooFew answered 0 values for 1 rows"]


async def test_mutations_run_one_after_another_even_when_keyed(engine: Engine) -> None:
    context = LibraryContext()

    await run(engine, "mutation { a: book(by: {id: 1}) { author { id } } b: book(by: {id: 2}) { id } }", context)

    assert context.calls == [("book", 1), ("author", 1), ("book", 1)]


class Meeting(LibraryContext):
    """Resolvers wait until two of them do."""

    def __init__(self) -> None:
        super().__init__()
        self.barrier = asyncio.Barrier(2)

    async def wait(self) -> None:
        await self.barrier.wait()


async def test_siblings_that_wait_run_together(engine: Engine) -> None:
    source = '{ node(id: "book_1") { ... on Book { author { name } successor(step: 1) { id } publisher { id } } } }'

    async with asyncio.timeout(10):
        result = await run(engine, source, Meeting())

    assert orjson.loads(orjson.dumps(result.data)) == {
        "node": {"author": {"name": "Author 1"}, "successor": {"id": "book_2"}, "publisher": {"id": "publisher_1"}}
    }


async def test_refused_rows_never_reach_the_resolver(engine: Engine) -> None:
    context = LibraryContext(frozenset({Action.AUTHOR_READ}))

    result = await run(engine, "{ books(first: 4) { nodes { author { __typename } } } }", context)

    assert context.calls == [("page", 1), ("author", 1)]
    assert result.data == {
        "books": {"nodes": [{"author": None}, {"author": None}, {"author": {"__typename": "Author"}}, {"author": None}]}
    }
    assert [(e.message, e.path) for e in result.errors] == [
        ("needs author:read", ["books", "nodes", index, "author"]) for index in (0, 1, 3)
    ]


async def test_the_selection_tells_columns_children_and_types(engine: Engine) -> None:
    context = LibraryContext()

    await run(
        engine,
        """{ books { totalCount nodes { id cost price { amount } author { name born } borrowings } }
             node(id: "book_1") { id ... on Book { title publisher { name } } ... on Author { born } } }""",
        context,
    )

    page = context.selections["page"]
    assert page.columns == {"total_count", "nodes"}
    assert page.has("totalCount")
    assert not page.has("first")
    assert page.at("nodes").columns == {"id", "price", "author_id"}
    assert page.at("nodes", "author").columns == {"name", "born"}
    assert page.at("first", "author").columns == frozenset()
    assert context.selections["author"] == page.at("nodes", "author")
    node = context.selections["node"]
    assert node.of_type("Book").columns == {"id", "title", "publisher"}
    assert node.of_type("Author").columns == {"id", "born"}
    assert node.columns == {"id", "title", "publisher", "born"}
    assert (node.of_type("Author") | node.of_type("Book")).fields == node.fields


async def test_a_restricted_caller_needs_the_columns_that_say_where_a_row_stands(engine: Engine) -> None:
    context = LibraryContext(frozenset({Action.PRICE_READ}))

    await run(engine, "{ books { nodes { id cost } first { id } } }", context)

    assert context.selections["page"].at("nodes").columns == {"id", "price", "shelf"}
    assert context.selections["page"].at("first").columns == {"id"}


async def test_aliases_of_a_keyed_field_are_told_the_selection_of_all(engine: Engine) -> None:
    context = LibraryContext()

    await run(engine, "{ a: book(by: {id: 1}) { title } b: book(by: {id: 2}) { isbn } }", context)

    assert context.selections["book"].columns == {"title", "isbn"}


async def test_the_serialised_form_of_a_shared_row_is_kept_on_the_row(engine: Engine) -> None:
    for row in PUBLISHERS:
        row.fragments.clear()

    first = await run(engine, "{ books(first: 8) { nodes { publisher { name founded } imprint { founded name } } } }")
    kept = [dict(row.fragments) for row in PUBLISHERS]
    again = await run(engine, "query Again { books(first: 8) { nodes { id publisher { name founded } } } }")

    assert [len(fragments) for fragments in kept] == [2, 2, 2, 2]
    assert [dict(row.fragments) for row in PUBLISHERS] == kept
    assert orjson.loads(orjson.dumps(again.data))["books"]["nodes"][4] == {
        "id": "book_5",
        "publisher": {"name": "Publisher 1", "founded": 1901},
    }
    assert orjson.loads(orjson.dumps(first.data))["books"]["nodes"][0]["imprint"] == {
        "founded": 1901,
        "name": "Publisher 1",
    }


async def test_the_forms_of_a_shared_row_are_bounded_and_errors_are_not_kept(engine: Engine) -> None:
    for row in AWARDS:
        row.fragments.clear()

    for number in range(150):
        await run(engine, f"{{ books(first: 4) {{ nodes {{ awards {{ a{number}: name }} }} }} }}")
    await run(engine, "{ books(first: 4) { nodes { awards { year } } } }")

    assert len(AWARDS[1].fragments) == 51
    assert len(AWARDS[2].fragments) == 50


async def test_two_engines_may_answer_the_same_shared_rows(engine: Engine) -> None:
    for row in PUBLISHERS:
        row.fragments.clear()
    answers = [
        await run(each, f"{{ books(first: 1) {{ nodes {{ publisher {{ {selected} }} }} }} }}")
        for each, selected in ((engine, "name"), (Engine(make_schema()), "founded"))
    ]

    assert [orjson.loads(orjson.dumps(a.data))["books"]["nodes"][0]["publisher"] for a in answers] == [
        {"name": "Publisher 1"},
        {"founded": 1901},
    ]


async def test_a_long_level_gives_others_a_turn(engine: Engine) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    result = await run(engine, "{ books(first: 5000) { nodes { id isbn } } }")
    counted, turns = turns, 0
    faulty = await run(engine, "{ books(first: 5000) { nodes { id optionalPages } } }")
    counting.cancel()

    assert not result.errors
    assert counted >= 5  # a turn after every thousand rows
    assert len(faulty.errors) == 250
    assert turns >= 15  # and after every five hundred objects of the pass that finds the errors


async def test_introspection_beside_data_is_left_to_graphql_core(engine: Engine) -> None:
    result = await run(engine, '{ __type(name: "Money") { fields { name } } version }')

    assert result.data == {"__type": {"fields": [{"name": "amount"}, {"name": "currency"}]}, "version": "1.0"}
    assert (engine.stats.operations, engine.stats.fallbacks) == (1, 1)
    await run(engine, "{ __typename version }")
    assert (engine.stats.operations, engine.stats.fallbacks) == (2, 1)
