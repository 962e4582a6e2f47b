"""Changes of one number as clients send them: every kind of change, what is refused, and what the operator says."""

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from authz.principal import Principal
from gateway.db import Database
from gateway.execution import Engine
from gateway.kit.texts import Language
from gateway.models.journal import Channel
from gateway.ports.bss import Bss, BssAnswer, BssOrder, Verdict
from gateway.services.updates import Updates
from schema.context import Context
from schema.root import build_schema
from tests.services.fleet import ADMINISTRATOR
from tests.unit.operations.catalogues import catalogue

pytestmark = pytest.mark.usefixtures("fleet")

CHANGE = """
mutation ($change: NumberChangeInput!) {
  numberChange(input: { numberId: "num_101", change: $change }) {
    number { simKind iccid status label }
    change { status oneOff { amount } error { code message } journalEntry { action summary } }
    userErrors { code field message }
  }
}
"""
PREVIEW = """query ($change: NumberChangeInput!) {
  changePreview(numberId: "num_101", change: $change) { userErrors { code field } }
}"""
CONNECT = {"optionConnect": {"optionId": "opt_11"}}
ENGINE = Engine(build_schema())


class Says:
    """An operator that says the same of every order."""

    def __init__(self, verdict: Verdict, reason: str = "") -> None:
        self.answer = BssAnswer(verdict, reason)

    async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
        return [self.answer] * len(orders)


async def ask(
    database: Database,
    source: str,
    variables: dict[str, Any],
    *,
    bss: Bss | None = None,
    language: Language = Language.EN,
    principal: Principal = ADMINISTRATOR,
) -> Any:
    context = Context(
        principal=principal,
        language=language,
        channel=Channel.PORTAL,
        correlation_id="test",
        db=database,
        catalogue=catalogue(),
        updates=Updates(database),
        engine=ENGINE,
        bss=bss,
    )
    result = await ENGINE.execute(source, variables, None, context)
    assert result.errors == []
    return next(iter(orjson.loads(orjson.dumps(result.data)).values()))


@pytest.mark.parametrize(
    ("change", "action"),
    [
        (CONNECT, "option:connect"),
        ({"tariffChange": {"tariffId": "tar_2"}}, "tariff:change"),
        ({"forwardingSet": {"condition": "BUSY", "target": "8 926 111-22-33", "until": None}}, "forwarding:set"),
        ({"banSet": {"kind": "ROAMING"}}, "ban:set"),
        ({"block": {"reason": "LOST", "until": "2030-01-01T00:00:00Z"}}, "number:block"),
        ({"spendingLimitSet": {"amount": "500", "rule": "STOP"}}, "spending_limit:set"),
        ({"labelSet": {"label": "Desk"}}, "label:set"),
        ({"assign": {"employeeId": "emp_31", "departmentId": "dep_12"}}, "number:assign"),
        ({"simReplace": {"iccid": "8970 1000 0000 0000 12", "kind": "ESIM"}}, "sim:replace"),
    ],
)
async def test_each_kind_of_change_is_made_and_told(database: Database, change: dict[str, Any], action: str) -> None:
    answer = await ask(database, CHANGE, {"change": change})

    assert answer["userErrors"] == []
    assert (answer["change"]["status"], answer["change"]["error"]) == ("APPLIED", None)
    assert answer["change"]["journalEntry"]["action"] == action
    assert "+79260000101" in answer["change"]["journalEntry"]["summary"]


@pytest.mark.parametrize(
    ("change", "undone"),
    [
        (CONNECT, {"optionDisconnect": {"optionId": "opt_11"}}),
        ({"forwardingSet": {"condition": "BUSY", "target": "+79261112233"}}, {"forwardingClear": {}}),
        ({"banSet": {"kind": "DATA"}}, {"banLift": {"kind": "DATA"}}),
        ({"block": {"reason": "VOLUNTARY"}}, {"unblock": {"comment": "back from leave"}}),
        ({"labelSet": {"label": "Desk"}}, {"labelSet": {"label": None}}),
    ],
)
async def test_what_was_set_is_taken_away(database: Database, change: dict[str, Any], undone: dict[str, Any]) -> None:
    await ask(database, CHANGE, {"change": change})

    answer = await ask(database, CHANGE, {"change": undone})

    assert (answer["change"]["status"], answer["userErrors"]) == ("APPLIED", [])
    assert (answer["number"]["status"], answer["number"]["label"]) == ("ACTIVE", None)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"simReplace": {"iccid": "123"}}, "INVALID", ["change", "simReplace", "iccid"]),
        ({"simReplace": {"iccid": "89701000000000000128"}}, "INVALID", ["change", "simReplace", "iccid"]),
        ({"spendingLimitSet": {}}, "REQUIRED", ["change", "spendingLimitSet", "amount"]),
        ({"optionConnect": {"optionId": "tar_1"}}, "INVALID", ["change", "optionConnect", "optionId"]),
        ({"unblock": {}}, "ALREADY_DONE", ["change", "unblock"]),
    ],
)
async def test_what_is_wrong_is_told_at_its_field(
    database: Database, change: dict[str, Any], code: str, field: list[str]
) -> None:
    answer = await ask(database, CHANGE, {"change": change})
    foretold = await ask(database, PREVIEW, {"change": change})

    assert [(each["code"], each["field"]) for each in answer["userErrors"]] == [(code, field)]
    assert answer["change"] is None
    assert [(each["code"], each["field"]) for each in foretold["userErrors"]] == [(code, field)]


@pytest.mark.parametrize(
    ("bss", "status", "error"),
    [
        (Says(Verdict.DONE), "APPLIED", None),
        (Says(Verdict.UNKNOWN), "PENDING", None),
        (
            Says(Verdict.REFUSED, "нет абонента"),
            "FAILED",
            {"code": "UPSTREAM_REFUSED", "message": "Системы оператора отказали: нет абонента"},
        ),
    ],
)
async def test_a_change_ends_as_the_operator_says(
    database: Database, bss: Bss, status: str, error: dict[str, str] | None
) -> None:
    answer = await ask(database, CHANGE, {"change": CONNECT}, bss=bss, language=Language.RU)

    assert (answer["change"]["status"], answer["change"]["error"]) == (status, error)
    assert answer["userErrors"] == ([error | {"field": []}] if error else [])
    assert (answer["change"]["journalEntry"] is not None) == (status == "APPLIED")
