"""The engine's door: documents, operations, variables, refusals, guards, subscriptions."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationType

from gateway.execution import Engine, Limits, Result
from gateway.kit.errors import GatewayError
from gateway.kit.texts import Language
from tests.unit.execution.library import Action, make_schema
from tests.unit.execution.library_context import LibraryContext


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(make_schema())


async def run(
    engine: Engine, source: str, variables: dict[str, object] | None = None, context: LibraryContext | None = None
) -> Result:
    return await engine.execute(source, variables, None, context or LibraryContext())


def errors_of(result: Result) -> list[tuple[str, Any]]:
    return [(error.message, error.path) for error in result.errors]


async def test_levels_arguments_abstract_types_and_aliases(engine: Engine) -> None:
    result = await run(
        engine,
        """query ($n: Int, $by: BookBy!) {
          version
          books(first: $n) { totalCount nodes { id author { name } related(first: 1) { id } borrowings(year: 3) } }
          search { __typename ... on Book { title } ... on Node { id } }
          one: book(by: {id: "4"}) { title genre note }
          two: book(by: $by) { isbn price { amount currency } }
        }""",
        {"n": 1, "by": {"isbn": "x6"}},
    )

    assert result == Result(
        {
            "version": "1.0",
            "books": {
                "totalCount": 200,
                "nodes": [
                    {
                        "id": "book_1",
                        "author": {"name": "Author 1"},
                        "related": [{"id": "book_2"}],
                        "borrowings": 4,
                    }
                ],
            },
            "search": [{"__typename": "Book", "title": "Book 4", "id": "book_4"}],
            "one": {"title": "Book 4", "genre": "POETRY", "note": None},
            "two": {"isbn": "isbn-6", "price": {"amount": "6", "currency": "EUR"}},
        }
    )


async def test_a_null_where_none_may_be_empties_the_nearest_nullable_parent(engine: Engine) -> None:
    result = await run(engine, '{ book(by: {id: "7"}) { id title } version }')

    assert result.data == {"book": None, "version": "1.0"}
    assert errors_of(result) == [("Cannot return null for non-nullable field Book.title.", ["book", "title"])]


async def test_a_failing_mutation_that_may_not_be_null_stops_the_later_ones(engine: Engine) -> None:
    context = LibraryContext()

    result = await run(
        engine,
        "mutation { a: rename(number: 1) { id } b: strictRename(number: -1) { id } c: rename(number: 2) { id } }",
        context=context,
    )

    assert result.data is None
    assert errors_of(result) == [("no such book", ["b"])]
    assert context.log == ["rename 1 None", "rename -1 None"]


@pytest.mark.parametrize("fatal", ["strictTouch(number: -1)", "strictTouch(number: 0)", "touchAll(count: 3) { id }"])
async def test_a_failing_leaf_or_list_of_a_mutation_stops_the_later_ones(engine: Engine, fatal: str) -> None:
    context = LibraryContext()

    result = await run(
        engine, f"mutation {{ touch(number: 0) fatal: {fatal} late: touch(number: 1) }}", context=context
    )

    assert result.data is None
    assert result.errors[0].path == ["touch"]
    assert result.errors[-1].path is not None
    assert result.errors[-1].path[0] == "fatal"
    assert "touch 1" not in context.log


async def test_one_exception_may_stand_in_many_places(engine: Engine) -> None:
    refusal = ValueError("shared")
    context = LibraryContext(frozenset({Action.PRICE_READ}))
    context.permit = lambda requirement, rows, place: [refusal] * len(rows)  # type: ignore[method-assign]  # for all

    for _ in range(3):
        result = await run(engine, "{ books(first: 30) { nodes { price { amount } } } }", context=context)

    assert [error.message for error in result.errors] == ["shared"] * 30
    assert refusal.__traceback__ is None  # raising it again and again would grow it


async def test_a_restricted_field_is_refused_row_by_row(engine: Engine) -> None:
    context = LibraryContext(frozenset({Action.PRICE_READ}))

    result = await run(engine, "{ books(first: 3) { nodes { price { amount } borrowable } } }", context=context)

    assert result.data is None
    assert errors_of(result)[-1] == ("needs price:read", ["books", "nodes", 0, "borrowable"])
    result = await run(engine, "{ books(first: 3) { nodes { price { amount } } } }", context=context)
    assert result.data == {"books": {"nodes": [{"price": None}, {"price": None}, {"price": None}]}}
    assert errors_of(result) == [
        ("needs price:read", ["books", "nodes", 0, "price"]),
        ("needs price:read", ["books", "nodes", 1, "price"]),
        ("no price for book 3", ["books", "nodes", 2, "price"]),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "{ books { nodes { ...F } } } fragment F on Book { cost }",
        "{ books { ...N } } fragment N on BookConnection { nodes { ...F } } fragment F on Book { cost }",
        '{ node(id: "book_1") { ... on Book { cost } } }',
        '{ node(id: "book_1") { ...F } } fragment F on Book { cost }',
        "{ ... { books { nodes { ... @skip(if: false) { cost } } } } }",
    ],
)
async def test_no_fragment_leads_around_a_requirement(engine: Engine, source: str) -> None:
    context = LibraryContext(frozenset({Action.PRICE_READ}))

    result = await run(engine, source, context=context)

    assert result.errors[0].message == "needs price:read"


async def test_one_document_serves_all_values_of_its_flags(engine: Engine) -> None:
    source = "query ($a: Boolean!, $b: Boolean = true) { version @skip(if: $a) books @include(if: $b) { totalCount } }"

    answers = [(await run(engine, source, {"a": a, "b": b})).data for a in (False, True) for b in (False, True)]

    count = {"books": {"totalCount": 200}}
    assert answers == [{"version": "1.0"}, {"version": "1.0", **count}, {}, count]
    assert (await run(engine, source, {"a": True})).data == count


async def test_a_keyed_argument_that_is_not_given_is_none(engine: Engine) -> None:
    result = await run(engine, "{ book(by: {id: 4}) { a: borrowings b: borrowings(year: 3) } }")

    assert result.data == {"book": {"a": 4, "b": 7}}


async def test_a_refused_document_is_not_executed(engine: Engine) -> None:
    result = await run(engine, "{ book { titel } }")

    assert result.executed is False
    assert [error.message for error in result.errors] == [
        "Cannot query field 'titel' on type 'Book'.",
        "Argument 'Query.book(by:)' of type 'BookBy!' is required, but it was not provided.",
    ]
    assert (await run(engine, "{ book(")).errors[0].message == "Syntax Error: Expected Name, found <EOF>."


ONE_OF = (
    "Within OneOf Input Object type 'BookBy', exactly one field must be specified, "
    "and the value for that field must be non-null."
)


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ({"id": None}, f"Variable '$by' has invalid value at .id: {ONE_OF}"),
        ({}, f"Variable '$by' has invalid value: {ONE_OF}"),
        ({"id": {}}, "Variable '$by' has invalid value at .id: ID cannot represent value: {}"),
    ],
)
async def test_bad_variables_are_refused(engine: Engine, by: object, message: str) -> None:
    result = await run(engine, "query ($by: BookBy!) { book(by: $by) { id } }", {"by": by})

    assert result.executed is False
    assert [error.message for error in result.errors] == [message]


async def test_the_kind_of_operation_is_known_before_execution(engine: Engine) -> None:
    prepared = engine.prepare("query A { version } mutation B { rename(number: 1) { id } }")

    assert prepared.operation("B").type is OperationType.MUTATION
    assert engine.prepare(prepared.source) is prepared
    assert errors_of(await engine.execute(prepared, None, "C", LibraryContext())) == [
        ("Unknown operation named 'C'.", None)
    ]
    assert errors_of(await engine.execute(prepared, None, None, LibraryContext())) == [
        ("Must provide operation name if query contains multiple operations.", None)
    ]


async def test_too_many_tokens_are_refused() -> None:
    small = Engine(make_schema(), limits=Limits(tokens=10))

    result = await run(small, "{ " + "version " * 10 + "}")

    (error,) = result.errors
    assert isinstance(error.original_error, GatewayError)
    assert error.original_error.message.render(Language.RU) == (
        "В документе больше 10 лексем. "
        "Передавайте списки и объекты переменными или разделите его на несколько запросов."
    )


async def test_a_subscription_answers_each_event_with_a_fresh_context(engine: Engine) -> None:
    contexts = [LibraryContext(), LibraryContext(frozenset({Action.PRICE_READ}))]

    async def renew() -> LibraryContext:
        return contexts.pop(0)

    stream = await engine.subscribe(
        "subscription { arrivals(count: 3, failAt: 3) { title price { amount } } }", {}, None, LibraryContext(), renew
    )

    assert not isinstance(stream, Result)
    assert (await anext(stream)).data == {"arrivals": {"title": "Book 1", "price": {"amount": "1"}}}
    refused = await anext(stream)
    assert refused.data == {"arrivals": {"title": "Book 2", "price": None}}
    assert errors_of(refused) == [("needs price:read", ["arrivals", "price"])]
    with pytest.raises(ValueError, match="the stream broke"):
        await anext(stream)


async def test_a_subscription_is_refused_before_it_starts(engine: Engine) -> None:
    async def renew() -> LibraryContext:
        return LibraryContext()

    refused = await engine.subscribe(
        "subscription { arrivals { id } }", {}, None, LibraryContext(frozenset({Action.BOOK_READ})), renew
    )

    assert isinstance(refused, Result)
    assert errors_of(refused) == [("needs book:read", ["arrivals"])]
    not_executed = await engine.execute("subscription { arrivals { id } }", {}, None, LibraryContext())
    assert not_executed.executed is False
