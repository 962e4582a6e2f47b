"""Whatever is sent, nobody gets a server error, and strangers learn nothing of the schema.

`HOSTILE=10000 pytest tests/schema/test_hostile.py` sends more; `python -m tests.benchmarks.hostile` measures the CPU.
"""

import os
import re
from collections.abc import AsyncIterator
from random import Random

import httpx
import orjson
import pytest

from authz.principal import Grant, Principal
from gateway.transport.answers import INTERNAL
from schema.context import INVALID_DOCUMENT
from tests.factories.endpoint import endpoint
from tests.factories.hostile import FAMILIES, LARGEST, Hostile, body
from tests.factories.register import Register
from tests.schema.test_equality import VALUES

OWNER_KEY = Principal("api_key", 1, "Everything", (Grant(5, 1, "owner"),))
REQUESTS = int(os.environ.get("HOSTILE", "200"))
SEED = int(os.environ.get("SEED", Random().randrange(10**9)))
WRONG = {
    "a field": "{ company(by: {id: 1}) { nam } }",
    "a root field": "{ numberz }",
    "an argument": "{ companies(frist: 1) { totalCount } }",
    "an input field": "{ companies(filter: {serch: 1}) { totalCount } }",
    "an enum value": "{ companies(filter: {status: ACTIV}) { totalCount } }",
    "a type": "{ node(id: 1) { ... on Numbr { id } } }",
    "a type of a variable": "query ($v: NumberFiltr) { companies { totalCount } }",
    "a directive": "{ __typename @skp(if: true) }",
    "a missing argument": "{ company { name } }",
    "a missing selection": "{ companies }",
    "a selection of a leaf": "{ companies { totalCount { x } } }",
    "a missing input field": "mutation { login(input: {}) { viewer { name } } }",
}


@pytest.fixture(scope="module")
async def stranger(register: Register) -> AsyncIterator[httpx.AsyncClient]:
    async with endpoint(register, None) as client:
        yield client


@pytest.fixture(scope="module")
async def reporter(register: Register) -> AsyncIterator[httpx.AsyncClient]:
    async with endpoint(register, OWNER_KEY) as client:
        yield client


async def check(client: httpx.AsyncClient, kind: str, sent: bytes) -> None:
    answer = await client.post("/graphql", content=sent)
    told = f"SEED={SEED}, {kind}: {sent[:2_000]!r} gave {answer.text[:2_000]}"
    assert answer.status_code < 500, told
    for error in orjson.loads(answer.content).get("errors", ()):
        assert error["extensions"]["code"] not in ("INTERNAL", "TIMEOUT"), told
        assert INTERNAL.en[:20] not in error["message"], told


@pytest.mark.parametrize("name", FAMILIES)
async def test_documents_made_to_take_long_are_the_callers_fault(
    reporter: httpx.AsyncClient, stranger: httpx.AsyncClient, name: str
) -> None:
    for room in (200, 3_000, LARGEST):
        await check(reporter, name, body(FAMILIES[name](room)))
        await check(stranger, name, body(FAMILIES[name](room)))


async def test_random_damage_is_the_callers_fault(register: Register, reporter: httpx.AsyncClient) -> None:
    hostile = Hostile(register.engine.definitions.schema, VALUES)

    for seed in range(SEED, SEED + REQUESTS):
        await check(reporter, *hostile.make(seed))


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
async def test_nothing_is_suggested_and_strangers_learn_nothing(
    reporter: httpx.AsyncClient, stranger: httpx.AsyncClient, document: str
) -> None:
    known = (await reporter.post("/graphql", content=body(document))).json()
    unknown = (await stranger.post("/graphql", content=body(document))).json()

    assert "did you mean" not in known["errors"][0]["message"].replace("Did you mean 'companies { ... }'?", "").lower()
    assert known["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "BAD_INPUT")
    (error,) = unknown["errors"]
    assert error["extensions"]["code"] == "INVALID_DOCUMENT"
    assert error.keys() == {"message", "extensions"}
    assert re.findall(r"[‘'\"“]", error["message"]) == []


@pytest.mark.parametrize("document", WRONG.values(), ids=WRONG)
async def test_faults_are_told_in_russian_and_to_strangers_no_more_than_in_english(
    reporter: httpx.AsyncClient, stranger: httpx.AsyncClient, document: str
) -> None:
    asked, language = body(document), {"accept-language": "ru"}

    (known, *_) = (await reporter.post("/graphql", content=asked, headers=language)).json()["errors"]
    (unknown,) = (await stranger.post("/graphql", content=asked, headers=language)).json()["errors"]

    assert re.search(r"[а-я]{2,} [а-я]{2,}", known["message"])
    assert unknown["message"] == INVALID_DOCUMENT.ru
    assert unknown.keys() == {"message", "extensions"}


async def test_variables_teach_strangers_nothing(stranger: httpx.AsyncClient) -> None:
    document = "mutation ($i: LoginInput!) { login(input: $i) { viewer { name } } }"

    (error,) = (await stranger.post("/graphql", content=body(document, {"i": {"logn": 1}}))).json()["errors"]

    assert error["extensions"]["code"] == "INVALID_DOCUMENT"
    assert "logn" not in error["message"]


async def test_strangers_are_told_which_value_they_mistyped(stranger: httpx.AsyncClient) -> None:
    document = """mutation ($i: AccessApplicationInput!) {
      accessApplicationSubmit(input: $i) { userErrors { code } }
    }"""
    given = {"inn": "7707083894", "office": "Moscow", "email": "a@b.example", "phone": "1", "signatory": "Anna", "x": 1}

    errors = (await stranger.post("/graphql", content=body(document, {"i": given}))).json()["errors"]

    told = [(each["extensions"]["code"], each["extensions"]["field"]) for each in errors]
    assert told == [("BAD_INPUT", ["i", "inn"]), ("BAD_INPUT", ["i", "phone"])]
    assert "7707083894” is not an INN" in errors[0]["message"]
    assert "AccessApplicationInput" not in str(errors)
