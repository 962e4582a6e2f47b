"""What the schema declares is enforced: whoever holds everything but one action is refused exactly there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    get_directive_values,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

from authz.actions import Action
from authz.enforcer import Effect, Rule, extended
from authz.principal import Grant, Principal
from gateway.kit.errors import GatewayError, GatewayErrorCode
from schema.root import print_schema
from tests.factories.register import Register

SNAPSHOT = Path(__file__).parents[2] / "schema/schema.graphql"
SCHEMA = build_schema(SNAPSHOT.read_text("utf-8"))
REQUIRES = next(each for each in SCHEMA.directives if each.name == "requires")
ROOTS = [("query", SCHEMA.query_type), ("mutation", SCHEMA.mutation_type)]

WAYS = {
    "Company": ('company(by: {id: "com_1"}) { %s }', {Action.COMPANY_READ}),
    "Number": ('number(by: {id: "num_5"}) { %s }', {Action.NUMBER_READ}),
    "Employee": ('node(id: "emp_1") { ... on Employee { %s } }', {Action.EMPLOYEE_READ}),
    "Department": ('node(id: "dep_2") { ... on Department { %s } }', {Action.DEPARTMENT_READ}),
    "Grant": ("viewer { grants { %s } }", set()),
    "ConnectedOption": (
        'number(by: {id: "num_5"}) { options { %s } }',
        {Action.NUMBER_READ, Action.OPTION_READ},
    ),
    "AvailableTariff": (
        'number(by: {id: "num_5"}) { availableTariffs(first: 1) { nodes { %s } } }',
        {Action.NUMBER_READ, Action.TARIFF_READ},
    ),
}
"""How an object of a type is reached that has fields which take more than that, and the actions that it takes."""

VALUES: dict[str, object] = {
    "ID": "x",
    "String": "x",
    "Int": 1,
    "Boolean": True,
    "Float": 1.0,
    "Long": 1,
    "Decimal": "1.00",
    "Date": "2026-01-31",
    "DateTime": "2126-01-31T00:00:00Z",
    "PhoneNumber": "+79261234567",
    "Inn": "7707083893",
    "JSON": {},
}


def requirement(field: GraphQLField) -> Action | None:
    """The action that the schema names; None for a public field."""
    assert field.ast_node is not None
    named = get_directive_values(REQUIRES, field.ast_node)
    return {action.value: action for action in Action}[named["action"]] if named else None


def value(type_: GraphQLInputType) -> Any:
    """Anything that is valid there."""
    if isinstance(type_, GraphQLNonNull):
        return value(type_.of_type)
    if isinstance(type_, GraphQLList):
        return [value(type_.of_type)]
    if isinstance(type_, GraphQLInputObjectType):
        fields = list(type_.fields.items())
        wanted = fields[:1] if type_.is_one_of else [each for each in fields if is_required_input_field(each[1])]
        return {name: value(field.type) for name, field in wanted}
    if isinstance(type_, GraphQLEnumType):
        return next(iter(type_.values))
    return VALUES[type_.name]


def asked(name: str, field: GraphQLField) -> tuple[str, str, dict[str, Any]]:
    """The field with its required arguments as variables: declarations, selection, values."""
    required = {each: argument for each, argument in field.args.items() if is_required_argument(argument)}
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in required.items())
    given = ", ".join(f"{each}: ${each}" for each in required)
    selection = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    text = f"{name}({given}){selection}" if given else name + selection
    return f"({declared})" if declared else "", text, {each: value(a.type) for each, a in required.items()}


def root_fields() -> Iterator[Any]:
    for operation, type_ in ROOTS:
        for name, field in type_.fields.items() if type_ else ():
            if action := requirement(field):
                yield pytest.param(operation, name, field, action, id=name)


def object_fields() -> Iterator[Any]:
    for type_name, (way, taken) in WAYS.items():
        type_ = SCHEMA.get_type(type_name)
        assert isinstance(type_, GraphQLObjectType)
        for name, field in type_.fields.items():
            action = requirement(field)
            if action is not None and action not in taken:
                yield pytest.param(way, name, field, action, id=f"{type_name}.{name}")


def everything_but(*missing: Action) -> Principal:
    allowed = {Rule("own", action, Effect.ALLOW) for action in Action if action not in missing}
    return Principal("administrator", 1, "Owner of both", (Grant(1, 1, "own"),), extended(frozenset(allowed)))


def forbidden(causes: list[Any]) -> list[object]:
    """The actions that were missing, by the refusals of fields."""
    refused = [each for each in causes if isinstance(each, GatewayError) and each.code is GatewayErrorCode.FORBIDDEN]
    return [each.extensions["action"] for each in refused]


def test_the_committed_schema_is_the_present_one() -> None:
    assert SNAPSHOT.read_text("utf-8") == print_schema(), "run: gateway export-schema > schema/schema.graphql"


@pytest.mark.parametrize(("operation", "name", "field", "action"), list(root_fields()))
async def test_a_root_field_is_refused_without_its_action_and_does_nothing(
    register: Register, operation: str, name: str, field: GraphQLField, action: Action
) -> None:
    declared, text, variables = asked(name, field)
    source = f"{operation}{declared} {{ {text} }}"

    without = await register.ask(source, variables, by=everything_but(action))
    statements = list(register.db.statements)
    stranger = await register.ask(source, variables, by=None)
    allowed = await register.ask(source, variables, by=everything_but())

    assert forbidden(without.causes) == [action.value]
    assert not (without.data or {}).get(name)
    assert statements == []
    assert [each.code for each in stranger.causes] == [GatewayErrorCode.UNAUTHENTICATED]
    assert forbidden(allowed.causes) == []


@pytest.mark.parametrize(("way", "name", "field", "action"), list(object_fields()))
async def test_a_field_of_an_object_is_refused_without_its_action(
    register: Register, way: str, name: str, field: GraphQLField, action: Action
) -> None:
    declared, text, variables = asked(name, field)
    source = f"query{declared} {{ {way % text} }}"

    without = await register.ask(source, variables, by=everything_but(action))
    allowed = await register.ask(source, variables, by=everything_but())

    assert set(forbidden(without.causes)) == {action.value}
    assert allowed.causes == []
