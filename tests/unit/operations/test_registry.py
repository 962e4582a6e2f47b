"""Operations as JSON: what is stored is what was asked."""

import json

import pytest
from hypothesis import given

from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect
from gateway.operations.registry import OPERATIONS, parameters, parse
from tests.unit.operations.test_undo import OPERATIONS as ANY_OPERATION


@given(ANY_OPERATION)
def test_an_operation_comes_back_from_json(operation: Operation) -> None:
    assert parse(operation.kind.value, json.loads(json.dumps(parameters(operation)))) == operation


def test_each_kind_is_one_operation() -> None:
    assert {each.kind.value for each in OPERATIONS} == {
        *("option:connect", "option:disconnect", "promo_guard:set", "promo_guard:clear"),
        *("tariff:change", "forwarding:set", "forwarding:clear"),
        *("ban:set", "ban:lift", "number:block", "number:unblock", "spending_limit:set", "label:set", "number:assign"),
        "sim:replace",
    }
    assert len({each.field for each in OPERATIONS}) == len({each.kind for each in OPERATIONS}) == len(OPERATIONS)


def test_parameters_are_named() -> None:
    assert parameters(OptionConnect(5)) == {"option_id": 5}


@pytest.mark.parametrize(
    ("kind", "given_parameters", "error"),
    [
        ("option:paint", {"option_id": 1}, KeyError),
        ("option:connect", {}, ValueError),
        ("option:connect", {"option_id": "x"}, ValueError),
    ],
)
def test_what_is_no_operation_is_refused(kind: str, given_parameters: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(kind, given_parameters)
