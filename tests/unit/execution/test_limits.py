"""Documents that are too large are refused before anything takes long over them, and told which limit they pass."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, parse

from gateway.execution import Engine, Limits, documents
from gateway.kit.errors import GatewayError, GatewayErrorCode
from tests.unit.execution.library import make_schema
from tests.unit.execution.library_context import LibraryContext

LIMITS = Limits(
    operations=2,
    fragments=200,
    variables=2,
    arguments=2,
    depth=3,
    fields=10,
    root_fields=4,
    aliases=3,
    directives=2,
    merges=5,
)


def exceeded(source: str, limits: Limits = LIMITS) -> Any:
    """The limit with what was asked for; None for a document within all of them."""
    try:
        limits.check(parse(source))
    except GraphQLError as error:
        cause = error.original_error
    else:
        return None
    assert isinstance(cause, GatewayError)
    assert cause.code is GatewayErrorCode.TOO_COSTLY
    return cause.extensions["limit"], cause.extensions["requested"], cause.extensions["maximum"]


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("query A { a } query B { a }", None),
        ("query A { a } query B { a } query C { a }", ("operations", 3, 2)),
        ("query ($a: A, $b: A) { a }", None),
        ("query ($a: A, $b: A, $c: A) { a }", ("variables", 3, 2)),
        ("{ a { b(c: 1, d: 2) } }", None),
        ("{ a { b(c: 1, d: 2, d: 3) } }", ("arguments", 3, 2)),
        ("{ a }" + " fragment F on A { b }" * 2, None),
        ("{ a { b { c } } }", None),
        ("{ a { b { ... { c { d } } } } }", ("depth", 4, 3)),
        ("{ a { ...F } } fragment F on A { b { ...G } } fragment G on B { c { d } }", ("depth", 4, 3)),
        ("{ a { b c d e f } g { h i j } }", None),
        ("{ a { b c d e f } g { h i j k } }", ("fields", 11, 10)),
        ("{ a { ...F } b { ...F } c { ...F } } fragment F on A { d e f }", ("fields", 12, 10)),
        ("{ a b c d }", None),
        ("{ a ... { b ...F } } fragment F on Query { c d e }", ("root_fields", 5, 4)),
        ("{ a: z { b: z } c: z }", None),
        ("{ a: z { ...F } b: z { ...F } } fragment F on A { c: z }", ("aliases", 4, 3)),
        ("{ a @x b @x }", None),
        ("query ($v: Int @x) @x { a { ...F @x } } fragment F on A @x { b }", ("directives", 4, 2)),
        ("{ a a a }", None),
        ("{ a a a a }", ("merges", 6, 5)),
        ("{ a { b } a { b } a { b } }", ("merges", 6, 5)),
        ("{ ...F ...F ...F a } fragment F on Query { a }", None),
        ("{ a } fragment F on A { a a a a }", ("merges", 6, 5)),
    ],
)
def test_each_limit_counts_through_fragments(source: str, limit: object) -> None:
    assert exceeded(source) == limit


def test_fragments_that_double_are_counted_without_being_walked() -> None:
    fragments = "".join(f"fragment F{n} on A {{ ...F{n + 1} ...F{n + 1} }} " for n in range(150))

    limit = exceeded(f"{{ ...F0 }} {fragments} fragment F150 on A {{ a }}")

    assert limit == ("fields", 2**31 - 1, 10)


@pytest.mark.parametrize(
    "source",
    [
        "{ ...A } fragment A on Query { a { ...A } }",
        "{ a } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...F0 } " + "".join(f"fragment F{n} on A {{ ...F{n + 1} }} " for n in range(2_000)),
    ],
)
def test_fragments_without_an_end_are_refused(source: str) -> None:
    with pytest.raises(GraphQLError, match=r"within itself|nested too deeply"):
        LIMITS.check(parse(source))


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ("{ version version version }", {"limit": "tokens", "maximum": 4}),
        ("# a\n# b\n# c\n{ version }", {"limit": "comments", "maximum": 2}),
        ("{ version }" + " " * 50, {"limit": "characters", "maximum": 50}),
        ("{ version " * 3, {"limit": "tokens", "maximum": 4}),
        ("{ a(b: [[", {"limit": "tokens", "maximum": 4}),
    ],
)
async def test_what_takes_long_to_parse_is_not_parsed_to_its_end(source: str, limit: object) -> None:
    engine = Engine(make_schema(), limits=Limits(tokens=4, comments=2, characters=50))

    result = await engine.execute(source, {}, None, LibraryContext())

    assert not result.executed
    (error,) = result.errors
    assert isinstance(error.original_error, GatewayError)
    assert (error.original_error.code, error.original_error.extensions) == (GatewayErrorCode.TOO_COSTLY, limit)


def test_what_is_nested_too_deeply_to_be_parsed_is_not_called_too_long() -> None:
    (error,) = Engine(make_schema()).prepare("{ a(b: " + "[" * 201).errors

    assert error.original_error is None
    assert error.message == "Syntax Error: Document is nested too deeply. Parsing aborted."


@pytest.mark.parametrize(
    ("source", "fits"),
    [
        ('{ version book(by: {id: "1"}) { title genre number id } }', True),
        ('{ version book(by: {id: "1"}) { title genre number id borrowings } }', False),
        ("{ search { __typename ... on Book { title genre } } }", True),
        ("{ search { __typename ... on Book { title genre } ... on Author { name } } }", False),
        ("{ search { ... on Book { title genre number } } }", True),
        ("{ search { ... on Book { title genre number id } } }", False),
        ("query A { version } query B { search { __typename ... on Book { title } } }", True),
        ("query A { search { __typename } } query B { search { __typename } }", False),
    ],
)
def test_fields_count_for_each_type_that_an_object_may_have(source: str, fits: bool) -> None:
    engine = Engine(make_schema(), limits=Limits(typed_fields=6))

    errors = engine.prepare(source).errors

    causes = [error.original_error for error in errors]
    told = [(cause.code, cause.extensions) for cause in causes if isinstance(cause, GatewayError)]
    limit = {"limit": "typed_fields", "maximum": 6}
    assert (told, len(errors)) == (([], 0) if fits else ([(GatewayErrorCode.TOO_COSTLY, limit)], 1))


async def test_the_longest_document_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(make_schema())
    prepared = engine.prepare("{ version }" + " " * (engine.limits.characters - 11))
    monkeypatch.delattr(documents, "parse")

    result = await engine.execute(prepared, {}, None, LibraryContext())

    assert result.data == {"version": "1.0"}
