"""The schema as strangers' tools take it: linters, composition, and the clients that are written against it."""

from collections.abc import Callable
from typing import Any

Run = Callable[[str], Any]


def test_linters_find_nothing_in_the_schema(run: Run) -> None:
    assert run("lint.mjs") == {"rules": 15, "linter": [], "eslint": []}


def test_the_gateway_composes_with_another_subgraph_and_the_rules_of_access_survive(run: Run) -> None:
    assert run("composition.mjs") == {
        "errors": [],
        "company": ["join__implements", "join__type", "join__type"],
        "msisdn": ["requires"],
        "federation": [],
    }


def test_apollo_client_joins_pages_and_updates_objects_by_their_ids(run: Run) -> None:
    assert run("apollo.mjs") == {"joined": 4, "userErrors": [], "label": "By Apollo"}


def test_urql_is_answered_and_told_codes(run: Run) -> None:
    assert run("urql.mjs") == {"name": "Отчётность", "cached": [False, True], "codes": ["BAD_INPUT"]}


def test_relay_compiles_against_the_schema_and_pages_through_node(run: Run) -> None:
    assert run("relay.mjs") == {"company": "com_1", "edges": 4}
