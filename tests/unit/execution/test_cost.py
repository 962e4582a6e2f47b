"""What an operation may cost is known before it runs: a point a value, lists as often as their arguments say."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.execution import Engine, Limits
from gateway.execution.cost import Advice
from gateway.execution.engine import Estimate
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Language
from tests.unit.execution.library import make_schema
from tests.unit.execution.library_context import LibraryContext


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(make_schema(), limits=Limits(cost=1_000))


def cost(engine: Engine, source: str, **variables: object) -> int:
    estimate = engine.estimate(engine.prepare(source), variables, None)
    assert isinstance(estimate, Estimate), estimate
    return estimate.cost


@pytest.mark.parametrize(
    ("source", "points"),
    [
        ("{ version }", 1),
        ("{ version again: version __typename }", 3),
        ("{ version version ...F } fragment F on Query { version }", 1),
        ("{ books(first: 10) { nodes { id title } } }", 1 + 10 * 3),
        ("{ books(first: 10) { totalCount nodes { id } } }", 1 + 1 + 10 * 2),
        ("{ books { nodes { id } } }", 1 + 50 * 2),
        ("{ books(first: null) { nodes { id } } }", 1 + 50 * 2),
        ("{ books(first: -5) { nodes { id } } }", 1),
        ("{ books(first: 10) { nodes { id } nodes { title } } }", 1 + 10 * 3),
        ("{ books(first: 10) { nodes { author { name } related { id } } } }", 1 + 10 * (1 + 2 + 50 * 2)),
        ("{ books(first: 10) { nodes { awards { __typename } } } }", 1 + 10 * (1 + 5 * 2)),
        ("{ books(first: 2) { nodes { id } } more: books(first: 3) { nodes { id } } }", 1 + 2 * 2 + 1 + 3 * 2),
        ("{ version @skip(if: true) }", 0),
        ('{ node(id: "x") { id ... on Book { title } ... on Author { name } } }', 1 + 2),
        ("mutation { rename(number: 1) { id } touch(number: 2) }", 100 + 2 + 100 + 1),
        ("{ __schema { queryType { name } } }", 40 * (1 + 1 + 1)),
    ],
)
def test_a_value_is_a_point(engine: Engine, source: str, points: int) -> None:
    assert cost(engine, source) == points


@pytest.mark.parametrize(
    ("variables", "points"), [({}, 1 + 3 * 2), ({"n": 7}, 1 + 7 * 2), ({"n": None}, 1 + 50 * 2), ({"n": 0}, 1)]
)
def test_variables_and_their_defaults_size_pages(engine: Engine, variables: dict[str, object], points: int) -> None:
    assert cost(engine, "query ($n: Int = 3) { books(first: $n) { nodes { id } } }", **variables) == points


@pytest.mark.parametrize(("shown", "points"), [(True, 1 + 1 + 50 * 2), (False, 1)])
def test_what_variables_leave_out_is_free(engine: Engine, shown: bool, points: int) -> None:
    source = "query ($s: Boolean!) { version ...F @include(if: $s) } fragment F on Query { books { nodes { id } } }"

    assert cost(engine, source, s=shown) == points


async def refused(engine: Engine, source: str, **variables: object) -> Any:
    context = LibraryContext()
    result = await engine.execute(source, variables, None, context)
    assert not result.executed
    assert context.charged == [0]
    assert isinstance(result.errors[0].original_error, GatewayError)
    return result.errors[0].original_error


async def test_a_refusal_names_the_dearest_list_and_a_size_that_fits(engine: Engine) -> None:
    source = """
      query ($n: Int) { version shelf: books(first: $n) { nodes { id title } } few: books(first: 9) { nodes { id } } }
    """

    error = await refused(engine, source, n=900)

    assert error.code is GatewayErrorCode.TOO_COSTLY
    assert error.extensions == {
        "limit": "cost",
        "requested": 1 + 1 + 900 * 3 + 1 + 9 * 2,
        "maximum": 1_000,
        "field": ("shelf",),
        "argument": "first",
        "fitting": 326,
    }
    assert error.message.render(Language.EN) == (
        "The request may cost 2,721 points, more than 1,000. "
        "The dearest field is shelf; with first: 326 the request fits."
    )
    assert error.message.render(Language.RU) == (
        "Запрос может стоить 2\N{NO-BREAK SPACE}721 балл, больше 1\N{NO-BREAK SPACE}000. "
        "Дороже всего поле shelf; с first: 326 запрос уложится."
    )
    assert cost(engine, source, n=326) <= 1_000 < cost(engine, source, n=327)


async def test_of_nested_pages_the_one_is_named_that_costs_most_by_itself(engine: Engine) -> None:
    estimate = engine.estimate(engine.prepare("{ books(first: 90) { nodes { related(first: 60) { id } } } }"), {}, None)

    assert isinstance(estimate, Estimate)
    assert estimate.advice == Advice(("books", "nodes", "related"), "first", 5)


async def test_no_size_is_named_that_would_not_fit_where_the_points_go_beyond_the_largest_count(engine: Engine) -> None:
    related = "related(first: 1000) { related(first: 1000) { related(first: 1000) { id } } }"

    error = await refused(engine, f"{{ books(first: 1000) {{ nodes {{ {related} }} }} }}")

    assert (error.extensions["requested"], error.extensions["fitting"]) == (2**31 - 1, None)


async def test_where_no_page_would_fit_only_the_field_is_named(engine: Engine) -> None:
    aliases = " ".join(f"a{n}: title" for n in range(60))

    error = await refused(
        engine, f"{{ a: books(first: 40) {{ nodes {{ {aliases} }} }} b: books(first: 40) {{ nodes {{ {aliases} }} }} }}"
    )

    assert error.extensions["fitting"] is None
    assert error.message.render(Language.EN).endswith(
        "The dearest field is a: ask for fewer rows there and for fewer fields of each."
    )


async def test_an_operation_is_charged_before_it_runs_and_each_event_again(engine: Engine) -> None:
    context, renewed = LibraryContext(), LibraryContext()

    async def renew() -> LibraryContext:
        return renewed

    await engine.execute("{ version }", {}, None, context)
    await engine.execute("{ nothing }", {}, None, context)
    stream = await engine.subscribe("subscription { arrivals(count: 2) { id title } }", {}, None, context, renew)
    answers = [answer.cost async for answer in stream]  # type: ignore[union-attr]  # it is not refused

    assert context.charged == [1, 0, 3]
    assert renewed.charged == [3, 3]
    assert answers == [3, 3]
