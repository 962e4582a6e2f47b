"""Fields, their requirements in the printed schema, and what a schema must declare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, GraphQLString, build_schema

from gateway.execution import PUBLIC, Engine, Info, SchemaError, Shared, batched, check_schema, column, computed, keyed
from tests.unit.execution.library import Action, make_schema


def schema_of(**fields: Any) -> strawberry.Schema:
    types = {"__annotations__": dict.fromkeys(fields, str | None)}
    return strawberry.Schema(strawberry.type(type("Query", (), {**types, **fields}), description="Root."))


def test_a_requirement_stands_in_the_description_and_as_a_directive() -> None:
    printed = make_schema().as_str()

    assert '"""Name. Requires author:read."""\n  name: String! @requires(action: "author:read")' in printed
    assert '"""How much. Public."""\n  amount: Decimal! @public' in printed
    assert "directive @requires(action: String!) on FIELD_DEFINITION" in printed


def test_keyword_only_parameters_are_the_arguments() -> None:
    related = make_schema()._schema.type_map["Book"].fields["related"]  # type: ignore[attr-defined]  # an object type

    assert {name: (str(a.type), a.description) for name, a in related.args.items()} == {
        "first": ("Int!", "At most so many."),
        "genre": ("Genre", "Of that kind."),
    }
    assert related.args["first"].default_value == 2


def test_an_entry_of_a_keyed_argument_is_the_graphql_argument() -> None:
    book = make_schema()._schema.type_map["Query"].fields["book"]  # type: ignore[attr-defined]  # an object type

    assert str(book.args["by"].type) == "BookBy!"
    assert book.args["by"].description == "How it is found."


def test_a_field_without_requirement_fails_the_build() -> None:
    schema = schema_of(name=strawberry.field(description="Name."))

    with pytest.raises(SchemaError, match=r"^Query\.name has no requirement: declare it with column, computed"):
        Engine(schema)


def test_every_missing_description_is_named() -> None:
    schema = build_schema("""
        "Root." type Query { found(by: By): Colour }
        "How." input By { id: ID }
        "Colours." enum Colour { "Red." RED BLUE }
        scalar Odd
    """)

    with pytest.raises(SchemaError) as failure:
        check_schema(schema)

    assert str(failure.value).splitlines() == [
        "By.id has no description",
        "Colour.BLUE has no description",
        "Odd has no description",
        "Query.found has no description",
        "Query.found has no requirement: declare it with column, computed, batched, keyed or streamed",
        "Query.found(by:) has no description",
    ]


def test_a_plain_graphql_core_field_has_no_requirement() -> None:
    schema = GraphQLSchema(
        GraphQLObjectType("Query", {"a": GraphQLField(GraphQLString, description="A.")}, description="Root.")
    )

    with pytest.raises(SchemaError, match=r"Query\.a has no requirement"):
        check_schema(schema)


async def nullable_without_default(
    rows: Sequence[None], info: Info, *, size: Annotated[int | None, strawberry.argument(description="Size.")]
) -> Sequence[str]:
    return ["" for _ in rows]


async def keyed_with_default(
    rows: Sequence[None], info: Info, *, size: Annotated[Sequence[int], strawberry.argument(description="Size.")] = (1,)
) -> Sequence[str]:
    return ["" for _ in rows]


def test_a_nullable_argument_needs_a_default() -> None:
    with pytest.raises(SchemaError, match=r"Query\.a: the nullable argument size needs a default in Python"):
        Engine(schema_of(a=batched(nullable_without_default, "A.", PUBLIC)))


def test_a_keyed_argument_has_no_default() -> None:
    with pytest.raises(SchemaError, match=r"Query\.a: a keyed resolver has no default for size"):
        Engine(schema_of(a=keyed(keyed_with_default, "A.", PUBLIC)))


def test_a_requirement_is_an_enum_member() -> None:
    with pytest.raises(TypeError, match="is an action or PUBLIC, not 'book:read'"):
        column("Name.", "book:read")  # type: ignore[arg-type]  # the mistake under test


def test_a_field_is_no_resolver() -> None:
    field = column("Name.", PUBLIC)

    with pytest.raises(TypeError, match="the class body gave the function's name to a field above"):
        computed(field, "Name.", Action.BOOK_READ)


def test_a_shared_row_is_immutable_and_equal_to_itself_only() -> None:
    row = Shared(name="Riga")

    assert row["name"] == "Riga"
    assert row != Shared(name="Riga")
    assert {row: 1}[row] == 1
    for change in ("update", "pop", "clear", "setdefault", "popitem"):
        with pytest.raises(TypeError, match="immutable"):
            getattr(row, change)()
    with pytest.raises(TypeError, match="immutable"):
        row["name"] = "x"
