"""How faults look in a response."""

from typing import Any

import pytest
from graphql import GraphQLError, build_schema, parse
from graphql.execution import get_variable_values
from graphql.language import OperationDefinitionNode

from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language, Text
from gateway.transport.answers import present_all

NO_MOMENT = Text(en="Not a moment.", ru="Не момент.")
SCHEMA = build_schema(
    """
    scalar Moment
    input Line { since: Moment }
    input Filter { since: Moment, lines: [Line!] }
    type Query { numbers(filter: Filter, since: Moment): Int }
    """
)


def refuse(value: object) -> None:
    raise Refusal(ErrorCode.INVALID, NO_MOMENT())


SCHEMA.type_map["Moment"].coerce_input_value = refuse  # type: ignore[attr-defined]  # it is a scalar


def test_what_the_callers_roles_do_not_allow_has_one_code_whoever_refuses_it() -> None:
    refusal = Refusal(ErrorCode.FORBIDDEN, Text(en="No.", ru="Нет.")(), ("administratorId",))

    (entry,) = present_all([GraphQLError("", original_error=refusal)], Language.EN, "c0ffee")

    assert entry["extensions"] == {
        "correlationId": "c0ffee",
        "code": "FORBIDDEN",
        "reason": "FORBIDDEN",
        "field": ("administratorId",),
    }


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"since": "soon"}, ("since",)),
        ({"filter": {"since": "soon"}}, ("filter", "since")),
        ({"filter": {"lines": [{}, {"since": "soon"}]}}, ("filter", "lines", "1", "since")),
    ],
)
def test_a_value_that_a_scalar_refuses_is_told_with_its_place_in_the_variables(
    inputs: dict[str, Any], field: tuple[str, ...]
) -> None:
    (operation,) = parse(
        "query ($filter: Filter, $since: Moment) { numbers(filter: $filter, since: $since) }"
    ).definitions
    assert isinstance(operation, OperationDefinitionNode)
    errors = get_variable_values(SCHEMA, operation.variable_definitions or (), inputs)
    assert isinstance(errors, list)

    (entry,) = present_all(errors, Language.RU, "c0ffee")

    assert entry["message"] == "Не момент."
    assert entry["extensions"] == {"correlationId": "c0ffee", "code": "BAD_INPUT", "reason": "INVALID", "field": field}
