"""A document has exactly the errors that graphql-core's own `validate` finds, in the same order.

`make long-test` tries 5,000 of each schema. What differs is printed with its seed, which alone makes it again.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

import graphql
import pytest
import strawberry
from graphql import GraphQLError, GraphQLSchema, GraphQLSyntaxError, parse
from hypothesis import given

from gateway.execution.definitions import Definitions
from gateway.execution.validation import RULES, validate
from schema.root import build_schema
from tests.factories.hostile import FAMILIES
from tests.factories.operations import Operations, Values
from tests.schema.test_equality import OPERATIONS, VALUES, examples, seeds
from tests.unit.execution import refused
from tests.unit.execution.library import make_schema
from tests.unit.execution.test_equality import VALUES as LIBRARY_VALUES

NAME = re.compile(r"[A-Za-z_]\w*")
WORDS = "a F1 v1 x Query Mutation String Int on true null skip include defer stream deprecated __typename __schema"
ODD = (
    "query Main { __typename }",
    "fragment F1 on Query { __typename ...F1 }",
    "subscription { __typename more: __typename }",
    "query Twice($a: Int, $a: Int) { a(a: {b: 1, b: 2}, a: null) a(a: null) { a } b(a: [{c: $a}]) }",
    "type Book @deprecated { id(id: ID! = 1, id: ID): ID @deprecated @deprecated }",
    "extend schema @x { query: Query }",
    "directive @skip(if: Int @x, if: Int) repeatable on FIELD | FIELD",
)
"""Definitions with what random operations rarely hold."""


class Documents:
    """Documents for a schema; the same one for the same seed."""

    def __init__(self, schema: strawberry.Schema, values: Values) -> None:
        self.schema = Definitions(schema).schema
        self._good = Operations(self.schema, values, depth=4, size=4)
        self.checked: Counter[bool] = Counter()
        """How many of them, by whether they have errors."""

    def make(self, seed: int) -> str:
        """A good one, or one in which some names stand in the place of others and some definitions are odd."""
        random = Random(seed)
        good = self._good.make(seed).source
        damage = random.choice([0, 0.005, 0.02, 0.1])
        names = NAME.findall(good + self._good.make(seed + 1).source + WORDS)
        damaged = NAME.sub(lambda name: random.choice(names) if random.random() < damage else name[0], good)
        return "\n".join([damaged, *random.sample(ODD, random.choice([0, 0, 0, 1, 3]))])

    def check(self, seed: int) -> None:
        try:
            errors = compare(self.schema, self.make(seed), 100, f"seed {seed}")
        except GraphQLSyntaxError:
            return
        self.checked[bool(errors)] += 1


def compare(schema: GraphQLSchema, source: str, most: int = 10, name: str = "") -> list[GraphQLError]:
    """The errors of a document that can be parsed."""
    document = parse(source, experimental_fragment_arguments=True)
    errors = validate(schema, document, max_errors=most)
    wanted = graphql.validate(schema, document, RULES, most, hide_suggestions=True)
    assert all_of(errors) == all_of(wanted), f"{name}: {source}"
    return errors


def all_of(errors: list[GraphQLError]) -> list[Any]:
    return [(type(e), e.message, e.positions, e.nodes, repr(e.original_error), e.extensions) for e in errors]


def made(schema: strawberry.Schema, values: Values) -> Iterator[Documents]:
    documents = Documents(schema, values)
    yield documents
    checked = documents.checked
    assert min(checked[True], checked[False]) >= checked.total() * 0.2


@pytest.fixture(scope="module")
def library() -> Iterator[Documents]:
    yield from made(make_schema(), LIBRARY_VALUES)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Documents]:
    yield from made(build_schema(), VALUES)


@examples(OPERATIONS // 2)
@given(seed=seeds)
def test_a_document_for_the_library_has_the_errors_that_graphql_core_finds(library: Documents, seed: int) -> None:
    library.check(seed)


@examples(OPERATIONS // 2)
@given(seed=seeds)
def test_a_document_for_the_gateway_has_the_errors_that_graphql_core_finds(gateway: Documents, seed: int) -> None:
    gateway.check(seed)


@pytest.mark.parametrize("rule", refused.RULES)
def test_each_rule_finds_what_it_finds_for_graphql_core(rule: str) -> None:
    for source in refused.RULES[rule]:
        compare(refused.SCHEMA, source)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hostile_document_has_the_errors_that_graphql_core_finds(gateway: Documents, family: str) -> None:
    for room in (200, 3_000):
        with contextlib.suppress(GraphQLSyntaxError):
            compare(gateway.schema, FAMILIES[family](room))


def nested(times: int, inner: str) -> str:
    return "{ ... " * times + inner + " }" * times


@pytest.mark.parametrize(
    ("source", "last"),
    [
        (nested(198, "{ version }"), None),
        (nested(198, "{ nothing }"), "Cannot query field 'nothing' on type 'Query'."),
        (f"{nested(99, '{ ...F }')} fragment F on Query {nested(99, '{ version }')}", None),
        (f"{nested(199, '{ ...F }')} fragment F on Query {nested(99, '{ version }')}", "Validation aborted."),
        (f"{{ {' '.join('abcdefghij')} }}", "Cannot query field 'j' on type 'Query'."),
        (
            f"{{ {' '.join('abcdefghijklm')} }}",
            "Too many validation errors, error limit reached. Validation aborted.",
        ),
        (
            "{ book(by: {isbn: null}) { title } }",
            "Expected value of type 'Isbn', found null. Field 'isbn' of type 'Maybe[Isbn]' cannot be explicitly set to "
            "null. Use 'Maybe[Isbn | None]' if you need to allow null values.",
        ),
    ],
)
def test_validation_ends_where_graphql_core_ends_it(library: Documents, source: str, last: str | None) -> None:
    errors = compare(library.schema, source)

    assert (errors[-1].message if errors else None) == last
