"""The compiled execution answers random operations exactly as graphql-core does: data, errors, paths, effects.

`make long-test` tries 10,000 of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

from tests.factories.operations import Sent
from tests.factories.oracle import Laboratory
from tests.unit.execution.library import Action, make_schema
from tests.unit.execution.library_context import LibraryContext

VALUES = {
    "Isbn": lambda random: f"x{random.randrange(10)}",
    "Decimal": lambda random: random.choice(["1.50", "0", "-3"]),
    "Query.node(id:)": lambda random: random.choice(["book_5", "author_4", "x_1", "book_7"]),
    "Query.books(first:)": lambda random: random.choice([0, 1, 3, 12, 40, 6000]),
    "Query.looseBooks(first:)": lambda random: random.choice([0, 1, 3, 12]),
}
CHUNK = 250
OPERATIONS = int(os.environ.get("OPERATIONS", "250"))


async def compare(laboratory: Laboratory, sent: Sent, name: str, closed: frozenset[Action] = frozenset()) -> None:
    await laboratory.compare(sent, lambda waits: LibraryContext(closed, waits=waits), name)


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    made = Laboratory(make_schema, VALUES, depth=3, size=4)
    yield made
    stats = made.engine.stats
    assert stats.fallbacks < stats.operations * 0.05  # flags that are null, nothing else
    assert stats.faulty < stats.operations * 0.8


@pytest.mark.parametrize("number", range(1, 41))
async def test_every_field_of_every_kind_of_row_answers_like_graphql_core(laboratory: Laboratory, number: int) -> None:
    book = laboratory.engine.definitions.schema.type_map["Book"]
    assert isinstance(book, GraphQLObjectType)
    for name, field in book.fields.items():
        if is_leaf_type(get_named_type(field.type)):
            source = f"mutation {{ rename(number: {number}, title: null) {{ {name} }} }}"
            await compare(laboratory, Sent(source, {}, None), name)


# graphql-core drops coroutines when a sibling's error empties their object; it runs the flags that are null
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("start", range(0, OPERATIONS, CHUNK))
async def test_random_operations_answer_like_graphql_core(laboratory: Laboratory, start: int) -> None:
    for seed in range(start, start + CHUNK):
        closed = frozenset({Action.PRICE_READ, Action.AUTHOR_READ} if Random(seed).random() < 0.25 else ())
        await compare(laboratory, laboratory.operations.make(seed), f"seed {seed}", closed)
