"""The compiled execution answers random operations exactly as graphql-core does: data, errors, paths, effects.

`OPERATIONS=10000 pytest tests/unit/execution/test_equality.py` tries more of them, at some 200 a second.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random

import orjson
import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, parse

from gateway.execution import Engine, fallback
from gateway.execution.documents import Syntax
from tests.factories.operations import Operations, Sent
from tests.factories.oracle import Oracle, answer
from tests.unit.execution.library import Action, LibraryContext, make_schema

VALUES = {
    "Isbn": lambda random: f"x{random.randrange(10)}",
    "Decimal": lambda random: random.choice(["1.50", "0", "-3"]),
    "Query.node(id:)": lambda random: random.choice(["book_5", "author_4", "x_1", "book_7"]),
    "Query.books(first:)": lambda random: random.choice([0, 1, 3, 12, 40, 6000]),
    "Query.looseBooks(first:)": lambda random: random.choice([0, 1, 3, 12]),
}
CHUNK = 250
OPERATIONS = int(os.environ.get("OPERATIONS", "1000"))


class Laboratory:
    """The engine and its oracle over two copies of the library."""

    def __init__(self) -> None:
        self.engine = Engine(make_schema())
        self.oracle = Oracle(make_schema())
        self.operations = Operations(self.engine.definitions.schema, VALUES, depth=3, size=4)

    async def compare(self, seed: int) -> None:
        closed = frozenset({Action.PRICE_READ, Action.AUTHOR_READ} if Random(seed).random() < 0.25 else ())
        await self.compare_sent(self.operations.make(seed), closed, f"seed {seed}")

    async def compare_sent(self, sent: Sent, closed: frozenset[Action], name: str) -> None:
        context, other = LibraryContext(closed, waits=True), LibraryContext(closed)
        prepared = self.engine.prepare(sent.source)
        fallbacks = self.engine.stats.fallbacks

        got = await self.engine.execute(prepared, sent.variables, sent.operation_name, context)
        wanted = await self.oracle.execute(prepared, sent, other)

        told = f"{name}: {sent.source}\n{sent.variables}"
        data, errors = answer(got)
        if self.engine.stats.fallbacks == fallbacks:
            assert (data, errors) == answer(wanted), told
        assert data == answer(wanted)[0], told
        assert context.log == other.log, told
        if got.executed and not errors:
            await self.compare_fallback(sent, closed, data, told)

    async def compare_fallback(self, sent: Sent, closed: frozenset[Action], data: bytes, told: str) -> None:
        """graphql-core over batches; where there are errors it may find other ones first."""
        prepared = self.engine.prepare(sent.source)
        operation = prepared.operation(sent.operation_name)
        context = LibraryContext(closed, waits=True)
        restricted = context.restricted(operation.requirements)
        syntax = Syntax(parse(sent.source))
        result = await fallback.execute(
            self.engine.definitions, syntax, operation.name, sent.variables, context, restricted
        )
        assert (orjson.dumps(result.data), result.errors) == (data, None), told


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    made = Laboratory()
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
            await laboratory.compare_sent(Sent(source, {}, None), frozenset(), name)


# graphql-core drops coroutines when a sibling's error empties their object; it runs the flags that are null
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("start", range(0, OPERATIONS, CHUNK))
async def test_random_operations_answer_like_graphql_core(laboratory: Laboratory, start: int) -> None:
    for seed in range(start, start + CHUNK):
        await laboratory.compare(seed)
