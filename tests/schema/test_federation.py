"""The gateway as a subgraph: what a router may compose, and which objects it may have."""

from dataclasses import replace
from functools import reduce
from typing import Any

import pytest
from graphql import GraphQLUnionType, build_schema

from authz.principal import Principal
from gateway.execution.engine import Estimate
from gateway.kit.errors import GatewayErrorCode
from gateway.kit.texts import Language
from schema.federation import subgraph
from schema.node import LOADS
from tests.factories.register import FOREIGN_OWNER, MANAGER, MIXED, OWNER, REPORTING, WITHOUT_EMPLOYEES, Register

ENTITIES = """
query ($of: [_Any!]!) { _entities(representations: $of) { __typename ... on Node { id } ... on Number { msisdn } } }
"""
DEEP: list[Any] = reduce(lambda inner, _: [inner], range(1_000), [])
"""Nested as deep as JSON may be: too deep to be shown as it is."""
KINDS = {"num": "Number", "emp": "Employee", "dep": "Department", "com": "Company", "tar": "Tariff", "key": "ApiKey"}


def represent(*ids: str) -> dict[str, Any]:
    return {"of": [{"__typename": KINDS[id[:3]], "id": id} for id in ids]}


async def test_objects_come_in_the_order_of_their_representations_with_a_statement_a_type(register: Register) -> None:
    newcomer = replace(OWNER)  # whose card of the company nobody has kept yet

    data = await register.data(ENTITIES, represent("num_3", "com_2", "num_1", "num_3", "tar_1"), by=newcomer)

    assert data["_entities"] == [
        {"__typename": "Number", "id": "num_3", "msisdn": "+79260000003"},
        {"__typename": "Company", "id": "com_2"},
        {"__typename": "Number", "id": "num_1", "msisdn": "+79260000001"},
        {"__typename": "Number", "id": "num_3", "msisdn": "+79260000003"},
        {"__typename": "Tariff", "id": "tar_1"},
    ]
    assert len(register.db.statements) == 2  # tariffs stand in memory


@pytest.mark.parametrize("caller", [OWNER, MANAGER, FOREIGN_OWNER, MIXED, REPORTING, WITHOUT_EMPLOYEES, None])
async def test_a_caller_is_given_what_node_gives(register: Register, caller: Principal | None) -> None:
    ids = ["num_1", "num_5", "num_6001", "emp_1", "dep_2", "com_1", "com_3", "tar_1", "key_1", "num_999999"]
    fields = "__typename ... on Number { msisdn employee { id } } ... on Employee { name email } ... on Company { inn }"

    entities = await register.ask(
        f"query ($of: [_Any!]!) {{ found: _entities(representations: $of) {{ {fields} }} }}", represent(*ids), by=caller
    )
    nodes = await register.ask(
        f"query ($of: [ID!]!) {{ found: nodes(ids: $of) {{ {fields} }} }}", {"of": ids}, by=caller
    )

    assert entities.data == nodes.data
    assert [(error.path, str(error.message)) for error in entities.errors] == [
        (error.path, str(error.message)) for error in nodes.errors
    ]


@pytest.mark.parametrize(
    ("representation", "complaint"),
    [
        ("num_1", "“num_1” represents no object. Send “__typename”, a type with a global id, and “id”."),
        ({"__typename": "Money", "id": "num_1"}, None),
        ({"__typename": "Number"}, None),
        ({"__typename": "Number", "id": 1}, None),
        (DEEP, None),
        (
            {"__typename": "Number", "id": "emp_1"},
            "emp_1 is an id of type Employee; here one of type Number is wanted, which looks like num_123.",
        ),
    ],
)
async def test_what_represents_no_object_is_refused(
    register: Register, representation: object, complaint: str | None
) -> None:
    answer = await register.ask(ENTITIES, {"of": [representation]})

    (cause,) = answer.causes
    assert answer.data is None
    assert cause.field == ("representations",)
    message = cause.message.render(Language.EN)
    assert (
        message == complaint
        if complaint
        else message.endswith("represents no object. Send “__typename”, a type with a global id, and “id”.")
    )


async def test_a_page_of_another_subgraph_is_taken_and_no_more(register: Register) -> None:
    page = await register.data(ENTITIES, represent(*(f"num_{each}" for each in range(1, 1_001))))
    more = await register.ask(ENTITIES, represent(*["num_1"] * 1_001))

    assert len(page["_entities"]) == 1_000
    (cause,) = more.causes
    assert cause.message.render(Language.EN) == (
        "1,001 representations are too many for one field; ask for at most 1,000."
    )


async def test_the_schema_is_shown_to_no_stranger(register: Register) -> None:
    shown = await register.data("{ _service { sdl } }", by=REPORTING)
    refused = await register.ask("{ _service { sdl } }", by=None)

    assert shown == {"_service": {"sdl": subgraph()}}
    document = f"{{ _service {{ {' '.join(f'a{n}: sdl' for n in range(150))} }} }}"
    priced = register.engine.estimate(register.engine.prepare(document), {}, None)
    assert isinstance(priced, Estimate)
    assert priced.cost >= 150 * len(subgraph()) / 100
    assert refused.data is None
    assert [cause.code for cause in refused.causes] == [GatewayErrorCode.UNAUTHENTICATED]


def test_every_type_with_a_global_id_is_an_entity(register: Register) -> None:
    schema = register.engine.definitions.schema
    union, node = schema.get_type("_Entity"), schema.get_type("Node")
    assert isinstance(union, GraphQLUnionType)

    named = {type_.name for type_ in schema.get_possible_types(node)}  # type: ignore[arg-type]  # an interface
    assert {type_.name for type_ in union.types} == named == set(LOADS)
    assert all(f'extend type {name} @key(fields: "id")' in subgraph() for name in named)
    assert '@requires(action: "number:read")' in subgraph()
    assert build_schema(subgraph(), assume_valid_sdl=True).query_type is not None
