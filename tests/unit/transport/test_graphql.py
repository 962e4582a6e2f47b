"""GraphQL over HTTP: what is taken, what is refused, and how both are answered."""

import gzip
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from gateway.kit.errors import DatabaseAway
from gateway.transport.graphql import GraphQLEndpoint
from gateway.transport.requests import LARGEST_BODY
from tests.unit.execution.library_context import LibraryContext
from tests.unit.transport.desk import Desk, client

JSON = {"content-type": "application/json"}
QUERY = '{"query": "{ version }"}'
STRANGER = {"authorization": ""}
ANNA = {"cookie": "theme=dark; gateway_session=anna"}
LONG = '{"query": "{ books(first: %d) { nodes { id } } }"}'


@pytest.fixture(scope="module")
async def desk() -> AsyncIterator[httpx.AsyncClient]:
    async with client(GraphQLEndpoint(Desk().operations)) as http:
        yield http


async def post(desk: httpx.AsyncClient, body: str | bytes = QUERY, **headers: str) -> httpx.Response:
    return await desk.post(
        "/graphql", content=body, headers=JSON | {k.replace("_", "-"): v for k, v in headers.items()}
    )


async def as_anna(desk: httpx.AsyncClient, method: str, path: str = "/graphql", **headers: str) -> httpx.Response:
    """With a cookie, and without the key."""
    request = desk.build_request(method, path, content=QUERY if method == "POST" else None)
    del request.headers["authorization"]
    request.headers.update(
        ANNA | (JSON if method == "POST" else {}) | {k.replace("_", "-"): v for k, v in headers.items()}
    )
    return await desk.send(request)


def code(response: httpx.Response) -> Any:
    return response.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("application/graphql-response+json", "application/graphql-response+json; charset=utf-8"),
        (
            "application/graphql-response+json; charset=utf-8, application/json;q=0.9",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("application/graphql-response+json;q=0.5, application/json", "application/json; charset=utf-8"),
    ],
)
async def test_answers_come_in_the_media_type_that_is_wanted(desk: httpx.AsyncClient, accept: str, media: str) -> None:
    response = await post(desk, accept=accept)

    assert (response.status_code, response.headers["content-type"]) == (200, media)
    assert response.json() == {"data": {"version": "1.0"}}
    assert response.headers["cache-control"] == "no-store"
    assert len(response.headers["x-correlation-id"]) == 32


@pytest.mark.parametrize("accept", ["text/html", "application/jsonfoo", "application/json; charset=koi8-r", "text/*"])
async def test_no_other_media_type_is_answered(desk: httpx.AsyncClient, accept: str) -> None:
    response = await post(desk, accept=accept)

    assert (response.status_code, code(response)) == (406, "BAD_REQUEST")
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/jsonfoo", "application/graphql", "application/json; charset=utf-16"],
)
async def test_no_other_media_type_is_taken(desk: httpx.AsyncClient, content_type: str) -> None:
    response = await post(desk, content_type=content_type)

    assert (response.status_code, code(response)) == (415, "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"1",
        b'"a"',
        b"[1]",
        b'[{"query": "{ version }"}]',
        b"\xff\xfe",
        b"{}",
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": "{ version }", "variables": []}',
        b'{"query": "{ version }", "variables": "{}"}',
        b'{"query": "{ version }", "operationName": 1}',
        b'{"query": "{ version }", "extensions": "a"}',
    ],
)
async def test_a_malformed_request_is_refused(desk: httpx.AsyncClient, body: bytes) -> None:
    response = await post(desk, body)

    assert (response.status_code, code(response), "data" in response.json()) == (400, "BAD_REQUEST", False)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"query": "{"}', "Syntax Error: Expected Name, found <EOF>."),
        ('{"query": "{ nothing }"}', "Cannot query field 'nothing' on type 'Query'."),
        (
            '{"query": "query A { version } query B { version }"}',
            "Must provide operation name if query contains multiple operations.",
        ),
        ('{"query": "query A { version }", "operationName": "B"}', "Unknown operation named 'B'."),
        (
            '{"query": "query ($n: ID!) { book(by: {id: $n}) { id } }", "variables": {"n": null}}',
            "Variable '$n' has invalid value: Expected value of non-null type 'ID!' not to be None.",
        ),
        (
            '{"query": "subscription { arrivals { id } }"}',
            "A subscription needs a stream: send it to /graphql/stream, or over a WebSocket to /graphql.",
        ),
    ],
)
async def test_what_is_not_executed_has_no_data(desk: httpx.AsyncClient, body: str, message: str) -> None:
    modern = await post(desk, body, accept="application/graphql-response+json")
    old = await post(desk, body, accept="application/json")

    assert (modern.status_code, old.status_code) == (400, 200)
    for response in (modern, old):
        assert "data" not in response.json()
        assert [error["message"] for error in response.json()["errors"]] == [message]


async def test_an_operation_is_chosen_by_its_name(desk: httpx.AsyncClient) -> None:
    response = await post(desk, '{"query": "query A { a: version } query B { b: version }", "operationName": "B"}')

    assert response.json() == {"data": {"b": "1.0"}}


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_has_at_most_100_kilobytes(desk: httpx.AsyncClient, chunked: bool) -> None:
    async def parts(body: str) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000].encode()

    full = QUERY.ljust(LARGEST_BODY)
    for body, status in ((full, 200), (full + " ", 413)):
        response = await desk.post("/graphql", content=parts(body) if chunked else body, headers=JSON)
        assert response.status_code == status


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
async def test_other_methods_are_refused(desk: httpx.AsyncClient, method: str) -> None:
    response = await desk.request(method, "/graphql")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, POST")


async def test_a_query_may_stand_in_the_address(desk: httpx.AsyncClient) -> None:
    query = "query A($n: Int) { books(first: $n) { nodes { title } } } query B { version }"
    params = {"query": query, "operationName": "A"}

    response = await desk.get("/graphql", params=params | {"variables": '{"n": 1}', "extensions": "{}"})

    assert (response.status_code, response.json()) == (200, {"data": {"books": {"nodes": [{"title": "Book 1"}]}}})


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 400),
        ({"query": "{ version }", "variables": "{"}, 400),
        ({"query": "{ version }", "variables": "[]"}, 400),
        ({"query": "{ version }", "extensions": "1"}, 400),
        ({"query": "mutation { touch(number: 1) }"}, 405),
        ({"query": "query A { version } mutation B { touch(number: 1) }", "operationName": "B"}, 405),
        ({"query": "subscription { arrivals { id } }"}, 405),
    ],
)
async def test_an_address_only_reads(desk: httpx.AsyncClient, params: dict[str, str], status: int) -> None:
    response = await desk.get("/graphql", params=params)

    assert (response.status_code, response.headers.get("allow")) == (status, "POST" if status == 405 else None)
    assert code(response) == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 200),
        ("POST", {"sec-fetch-site": "same-origin"}, 200),
        ("POST", {"sec-fetch-site": "cross-site"}, 403),
        ("POST", {"content-type": "text/plain"}, 415),
        ("GET", {}, 403),
        ("GET", {"sec-fetch-site": "same-origin"}, 200),
        ("GET", {"sec-fetch-site": "same-site"}, 403),
        ("GET", {"sec-fetch-site": "none"}, 403),
        ("GET", {"x-requested-with": "fetch"}, 200),
        ("GET", {"apollo-require-preflight": "true"}, 200),
        ("GET", {"sec-fetch-site": "cross-site", "x-requested-with": "fetch"}, 403),
        ("GET", {"sec-fetch-site": "cross-site", "authorization": "Bearer secret"}, 200),
    ],
)
async def test_other_sites_can_not_use_a_session(
    desk: httpx.AsyncClient, method: str, headers: dict[str, str], status: int
) -> None:
    response = await as_anna(desk, method, "/graphql?query={version}", **headers)

    assert response.status_code == status


async def test_strangers_learn_nothing_of_the_schema_and_wrong_keys_nothing_at_all(desk: httpx.AsyncClient) -> None:
    schema = '{"query": "{ __schema { queryType { name } } }"}'

    stranger = await as_anna(desk, "GET", "/graphql?query={__typename __schema{queryType{name}}}", cookie="a=b")
    wrong = await post(desk, schema, authorization="Bearer other")
    right = await post(desk, schema)

    assert (stranger.status_code, code(stranger)) == (401, "UNAUTHENTICATED")
    assert (wrong.status_code, code(wrong), wrong.headers["www-authenticate"]) == (401, "UNAUTHENTICATED", "Bearer")
    assert right.json() == {"data": {"__schema": {"queryType": {"name": "Query"}}}}


async def test_faults_are_told_in_the_language_of_the_caller(desk: httpx.AsyncClient) -> None:
    russian = await post(desk, "[]", accept_language="ru-RU,ru;q=0.9,en;q=0.8")
    english = await post(desk, "[]", accept_language="de")

    assert russian.json()["errors"][0]["message"].startswith("Тело запроса должно быть одним JSON-объектом")
    assert english.json()["errors"][0]["message"].startswith("The body must be one JSON object")


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("gzip, deflate, br", "gzip"),
        ("br;q=1.0, gzip;q=0.8", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("br, gzip; q=0.000, *", None),
        ("identity", None),
    ],
)
async def test_long_answers_are_packed_for_whoever_takes_it(
    desk: httpx.AsyncClient, accepted: str, coding: str | None
) -> None:
    headers = JSON | {"accept-encoding": accepted}
    async with desk.stream("POST", "/graphql", content=LONG % 300, headers=headers) as response:
        raw = b"".join([part async for part in response.aiter_raw()])

    assert response.headers.get("content-encoding") == coding
    assert int(response.headers["content-length"]) == len(raw)
    assert (gzip.decompress(raw) if coding else raw).startswith(b'{"data":{"books":{"nodes":[{"id":"book_1"}')


async def test_very_long_answers_are_packed_too_and_short_ones_never(desk: httpx.AsyncClient) -> None:
    long = await post(desk, LONG % 5_000, accept_encoding="gzip")
    short = await post(desk, accept_encoding="gzip")

    assert long.headers["content-encoding"] == "gzip"
    assert len(long.json()["data"]["books"]["nodes"]) == 5_000
    assert "content-encoding" not in short.headers


@pytest.mark.parametrize(
    ("document", "status", "data"),
    [
        ('{ book(by: {id: "book_1"}) { id } }', 503, {"book": None}),
        ('mutation { touch(number: 1) book(by: {id: "book_1"}) { id } }', 200, {"touch": True, "book": None}),
        ('mutation { book(by: {id: "book_1"}) { id } }', 200, {"book": None}),
    ],
)
async def test_only_what_changes_nothing_is_to_be_sent_again_when_the_database_is_away(
    desk: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, document: str, status: int, data: dict[str, Any]
) -> None:
    def lost(*_: object) -> None:
        raise DatabaseAway

    monkeypatch.setattr(LibraryContext, "called", lost)

    response = await post(desk, orjson.dumps({"query": document}))

    assert (response.status_code, code(response), response.json()["data"]) == (status, "UNAVAILABLE", data)
    assert response.headers.get("retry-after") == ("5" if status == 503 else None)
