"""What the gateway's own documents cost: long exports pass, everything about everybody does not; estimates say so."""

from dataclasses import replace

import pytest
from graphql import get_introspection_query

from gateway.execution import Engine, Limits
from gateway.execution.engine import Estimate
from gateway.kit.errors import GatewayError, GatewayErrorCode, Refusal
from gateway.kit.texts import Language
from gateway.services import trusted_documents
from gateway.services.budgets import Budgets, Rate
from gateway.services.trusted_documents import TrustedDocuments
from schema.context import CHARACTER, REQUEST
from schema.root import build_schema
from tests.benchmarks.questions import full_page
from tests.factories.endpoint import endpoint
from tests.factories.hostile import body
from tests.factories.register import REPORTING, Register

FREE = Rate(burst=10_000_000, per_second=1_000)
ABUSE = "query ($n: Int) { companies(first: $n) { nodes { numbers(first: 1000) { nodes { id } } } } }"
ESTIMATE = """
query ($document: String!, $variables: JSON, $name: String) {
  estimateCost(document: $document, variables: $variables, operationName: $name) { cost maximum available advice }
}
"""


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(build_schema(), limits=Limits(request=REQUEST))


def cost(engine: Engine, document: str, variables: dict[str, object]) -> int:
    estimate = engine.estimate(engine.prepare(document), variables, None)
    assert isinstance(estimate, Estimate), estimate
    return estimate.cost


def test_an_export_of_ten_thousand_numbers_passes(engine: Engine) -> None:
    assert cost(engine, full_page("Export"), {"id": "com_1", "n": 10_000}) < engine.limits.cost / 2


def test_tools_may_introspect(engine: Engine) -> None:
    document = get_introspection_query(specified_by_url=True, input_value_deprecation=True)

    assert cost(engine, document, {}) < engine.limits.cost


@pytest.mark.parametrize(
    ("document", "calendars"),
    [
        ('{ company(by: {id: "com_1"}) { promoCalendar(first: 3) { nodes { day } } } }', 1),
        ('{ nodes(ids: ["dep_1", "dep_2"]) { ... on Department { promoCalendar(first: 3) { nodes { day } } } } }', 2),
    ],
)
def test_a_calendar_of_promotions_costs_as_much_as_a_count(engine: Engine, document: str, calendars: int) -> None:
    assert cost(engine, document, {}) == REQUEST + calendars * (1 + 1_000 + 3 * 2)


def test_all_numbers_of_all_companies_do_not(engine: Engine) -> None:
    assert cost(engine, ABUSE, {"n": 1_000}) > engine.limits.cost


@pytest.mark.parametrize(
    ("companies", "language", "advice"),
    [
        (1_000, Language.EN, "The dearest field is companies.nodes.numbers; with first: 498 the request fits."),
        (1_000, Language.RU, "Дороже всего поле companies.nodes.numbers; с first: 498 запрос уложится."),
        (10, Language.EN, None),
    ],
)
async def test_an_estimate_names_what_would_fit(
    register: Register, engine: Engine, companies: int, language: Language, advice: str | None
) -> None:
    asked = {"document": ABUSE, "variables": {"n": companies}}
    context = replace(register.context(language=language), engine=engine)

    result = await register.engine.execute(ESTIMATE, asked, None, context)

    assert result.data == {
        "estimateCost": {
            "cost": 100 + 1 + companies * (1 + 1 + 1_000 * 2),
            "maximum": 1_000_000,
            "available": 1_000_000,
            "advice": advice,
        }
    }


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        ("{ nothing }", None, "The document cannot be run: Cannot query field 'nothing' on type 'Query'."),
        ("{", None, "The document cannot be run: Syntax Error: Expected Name, found <EOF>."),
        (ABUSE, {"n": "x"}, "The document cannot be run: Variable '$n' has invalid value"),
        (ABUSE, [1], "The variables must be one JSON object with a value by name."),
        (
            "{" + "a: viewer { name } " * 151 + "}",
            None,
            "The document cannot be run: An operation begins with 151 fields",
        ),
    ],
)
async def test_an_estimate_tells_why_a_document_cannot_be_run(
    register: Register, document: str, variables: object, message: str
) -> None:
    answer = await register.ask(ESTIMATE, {"document": document, "variables": variables})

    (refusal,) = answer.causes
    assert isinstance(refusal, Refusal)
    assert refusal.message.render(Language.EN).startswith(message)


async def test_the_reason_is_told_in_russian(register: Register) -> None:
    answer = await register.ask(ESTIMATE, {"document": "{ nothing }"})

    (refusal,) = answer.causes
    assert isinstance(refusal, Refusal)
    told = "Документ нельзя выполнить: У типа «Query» нет поля «nothing». Проверьте имя по схеме."
    assert refusal.message.render(Language.RU) == told


async def test_strangers_get_no_estimates(register: Register) -> None:
    answer = await register.ask(ESTIMATE, {"document": "{ nothing }"}, by=None)

    (error,) = answer.causes
    assert isinstance(error, GatewayError)
    assert error.code is GatewayErrorCode.UNAUTHENTICATED


async def test_where_only_trusted_documents_run_no_other_is_priced(register: Register) -> None:
    known, unknown = "{ viewer { name } }", "{ viewer { language } }"
    await trusted_documents.register(register.db, "portal", "1", [known])
    context = replace(register.context(), documents=TrustedDocuments(register.db, only=True))

    priced, refused = [
        await register.engine.execute(ESTIMATE, {"document": document}, None, context) for document in (known, unknown)
    ]

    assert priced.errors == []
    (error,) = refused.errors
    assert isinstance(error.original_error, GatewayError)
    assert error.original_error.code is GatewayErrorCode.DOCUMENT_NOT_TRUSTED


async def test_too_costly_names_the_same_numbers_as_the_answer(register: Register) -> None:
    async with endpoint(register, REPORTING, Budgets(register.db, FREE, FREE)) as client:
        answer = (await client.post("/graphql", json={"query": ABUSE, "variables": {"n": 1_000}})).json()

    (error,), cost = answer["errors"], answer["extensions"]["cost"]
    assert error["extensions"]["code"] == "TOO_COSTLY"
    told = error["extensions"]["requested"], error["extensions"]["maximum"]
    assert told == (cost["requested"] - CHARACTER * len(ABUSE), cost["maximum"]) == (2_002_101, 1_000_000)


async def test_answers_tell_what_they_cost_and_who_spent_too_much_has_to_wait(register: Register) -> None:
    rate = Rate(burst=1_380, per_second=1)
    document = "{ viewer { name } }"
    new = 30 * len(document)
    async with endpoint(register, REPORTING, Budgets(register.db, rate, rate)) as client:
        answers = [await client.post("/graphql", content=body(document)) for _ in range(8)]

    *answered, refused = answers
    assert [answer.json()["extensions"]["cost"] for answer in answered[:2]] == [
        {"requested": new + 102, "maximum": 1_000_000, "available": 1_380 - new - 102, "perSecond": 1},
        {"requested": 102, "maximum": 1_000_000, "available": 1_380 - new - 204, "perSecond": 1},
    ]
    (error,) = refused.json()["errors"]
    assert {answer.status_code for answer in answered} == {200}
    assert (refused.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert int(refused.headers["retry-after"]) == error["extensions"]["retryAfter"] <= 6
    assert "data" not in refused.json()
