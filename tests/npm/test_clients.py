"""Audits and clients that strangers wrote: GraphQL over HTTP, WebSockets and server-sent events."""

from collections.abc import Callable
from typing import Any

Run = Callable[[str], Any]

NAMED = [{"data": {"b": "Query"}}]
CHANGED: list[Any] = [{"data": {"numberChange": {"userErrors": []}}}]


def test_all_audits_of_graphql_over_http_are_passed(run: Run) -> None:
    audits = run("audits.mjs")

    assert [audit for audit in audits if audit["status"] != "ok"] == []
    assert len(audits) == 61


def test_graphql_ws_is_answered_and_every_violation_has_its_code(run: Run) -> None:
    assert run("websocket.mjs") == {
        "query": NAMED,
        "schema": {"data": {"__schema": {"subscriptionType": {"name": "Subscription"}}}},
        "mutation": CHANGED,
        "subscription": [True, True],
        "invalid": ["BAD_REQUEST"],
        "foreign": ["NOT_FOUND"],
        "closes": {
            "no protocol": 4406,
            "legacy protocol": "Server sent no subprotocol",
            "no JSON": 4400,
            "no message": 4400,
            "no id": 4400,
            "no query": 4400,
            "not acknowledged": 4401,
            "initialised twice": 4429,
            "the same id twice": 4409,
            "nothing at all": 4408,
            "wrong key": 4403,
            "too long": 1009,
            "another site": "Unexpected server response: 403",
            "as it should be": 1000,
        },
    }


def test_graphql_sse_is_answered_on_a_stream_for_each_and_on_one_for_all(run: Run) -> None:
    found = {"query": NAMED, "mutation": CHANGED, "subscription": [True, True], "again": CHANGED, "wrong": 401}

    assert run("event_stream.mjs") == {"each": found, "one": found}
