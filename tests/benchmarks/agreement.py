"""All servers must give the same answers, or the measurement means nothing."""

from collections.abc import Sequence
from typing import Any

import httpx
import orjson

from tests.benchmarks.questions import Question, Request
from tests.benchmarks.servers import Server

_AMOUNTS = ("monthlyFee", "fee")


def agree(servers: Sequence[Server], question: Question) -> None:
    """Asks all servers all requests of a question. Raises `RuntimeError` with the first difference."""
    for request in question.requests:
        expected: Any = None
        for server in servers:
            answer = ask(server, request.key, body(server, question, request))
            data = _shaped(answer["data"]) if server.plain else answer["data"]
            if expected is None:
                expected = data
            elif data != expected:
                where = _difference(expected, data)
                raise RuntimeError(f"{server.name} and {servers[0].name} answer {question.name} differently: {where}")


def ask(server: Server, key: str, body: bytes) -> Any:
    """The answer of a server to one request. Raises `RuntimeError` when it has errors."""
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    response = httpx.post(server.at("/graphql"), content=body, headers=headers, timeout=60)
    if response.status_code != 200 or "errors" in (answer := response.json()):
        raise RuntimeError(f"{server.name} fails: {response.text[:2_000]}")
    return answer


def body(server: Server, question: Question, request: Request) -> bytes:
    """The request as this server understands it."""
    if not server.plain:
        return orjson.dumps({"query": question.document, "variables": request.variables})
    variables = {name: _plain(value) for name, value in request.variables.items()}
    return orjson.dumps({"query": question.postgraphile, "variables": variables})


def _plain(value: object) -> object:
    return value.rpartition("_")[2] if isinstance(value, str) else value


def _shaped(value: Any) -> Any:
    """An answer with the values of columns, as the gateway's schema writes them."""
    if isinstance(value, list):
        return [_shaped(each) for each in value]
    if not isinstance(value, dict):
        return value
    shaped = {name: _shaped(each) for name, each in value.items()}
    if "id" in shaped:
        shaped |= {"id": f"num_{shaped['id']}", "msisdn": f"+{shaped['msisdn']}"}
    return shaped | {name: {"amount": f"{int(shaped[name]) / 100:.2f}"} for name in _AMOUNTS if name in shaped}


def _difference(expected: Any, given: Any, path: str = "data") -> str:
    """The first place where two answers differ."""
    if isinstance(expected, dict) and isinstance(given, dict) and expected.keys() == given.keys():
        pairs = [(f"{path}.{name}", expected[name], given[name]) for name in expected]
    elif isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        pairs = [(f"{path}[{index}]", *pair) for index, pair in enumerate(zip(expected, given, strict=True))]
    else:
        return f"{path} is {str(given)[:200]}, not {str(expected)[:200]}"
    return next(_difference(one, other, place) for place, one, other in pairs if one != other)
