"""Errors: codes of the public contract, paths of fields, several refusals at once."""

import pytest

from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal, Refusals
from gateway.kit.texts import Text

UNKNOWN = Text(en="No option {code}.", ru="Опции {code} нет.")
CHOOSE = Text(en="Choose another.", ru="Выберите другую.")


def test_a_refusal_seen_from_further_out() -> None:
    inner = Refusal(ErrorCode.NOT_FOUND, UNKNOWN(code="X"), ("optionId",), hint=CHOOSE())
    outer = inner.under("input", "change")
    assert outer.field == ("input", "change", "optionId")
    assert (outer.code, outer.message, outer.hint) == (inner.code, inner.message, inner.hint)
    assert inner.field == ("optionId",)
    assert str(outer) == "NOT_FOUND (input.change.optionId): No option X."


def test_refusals_hold_at_least_one() -> None:
    one = Refusal(ErrorCode.INVALID, CHOOSE())
    assert Refusals([one]).refusals == (one,)
    with pytest.raises(ValueError):
        Refusals([])


def test_gateway_error_reads_well_in_a_log() -> None:
    error = GatewayError(GatewayErrorCode.TOO_COSTLY, UNKNOWN(code="X"), extensions={"cost": 5})
    assert str(error) == "TOO_COSTLY: No option X."
    assert error.extensions == {"cost": 5}
