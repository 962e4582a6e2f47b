"""What is set on a number: what each operation refuses, warns of, costs and leaves behind."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.models.numbers import BlockReason, ForwardingCondition, LimitRule, ServiceKind, SimKind
from gateway.operations.assignments import Assign
from gateway.operations.bans import BanLift, BanSet
from gateway.operations.blocks import Block, Unblock
from gateway.operations.forwardings import ForwardingClear, ForwardingSet
from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation, Outcome
from gateway.operations.options import OptionConnect
from gateway.operations.sims import SimReplace
from gateway.operations.spending_limits import SpendingLimitSet
from gateway.operations.state import Banned, Connected, Forwarded, Limited, NumberState, Surroundings
from tests.unit.operations.catalogues import DAILY, EARLIER, NOW, PLAIN, PROMO, catalogue, number

CATALOGUE = catalogue()
ALWAYS, BUSY = ForwardingCondition.ALWAYS, ForwardingCondition.BUSY
ABROAD = ServiceKind.INTERNATIONAL_CALLS
COLLEAGUE, BERLIN, PREMIUM, ITSELF = "79261112233", "4930901820", "78091234567", "79261234567"
CARD, CARD_WITH_CHECK = "897010000000000012", "8970100000000000120"
LATER, FAR = NOW + timedelta(days=3), NOW + timedelta(days=4_000)
AROUND = Surroundings(employees={31: "Ivan"}, departments={11: "Headquarters"})


def check(operation: Operation, state: NumberState) -> Outcome:
    return operation.check(state, CATALOGUE, NOW)


def blocked(reason: str = "VOLUNTARY", **columns: Any) -> NumberState:
    return number(status="BLOCKED", block_reason=reason, **columns)


def ring(conditions: str) -> NumberState:
    """A colleague's calls come back through a second one."""
    chain = {COLLEAGUE: {conditions: "79261112244"}, "79261112244": {"ALWAYS": ITSELF}}
    return number(around=Surroundings(forwardings=chain))


@pytest.mark.parametrize(
    ("operation", "state", "code", "field"),
    [
        (ForwardingSet(BUSY, COLLEAGUE), blocked(), "NOT_AVAILABLE", ()),
        (ForwardingSet(BUSY, COLLEAGUE), number(kind="MODEM"), "NOT_AVAILABLE", ("forwardingSet",)),
        (ForwardingSet(BUSY, ITSELF), number(), "INVALID", ("forwardingSet", "target")),
        (ForwardingSet(BUSY, PREMIUM), number(), "NOT_AVAILABLE", ("forwardingSet", "target")),
        (ForwardingSet(BUSY, BERLIN), number(bans={ABROAD: Banned(EARLIER)}), "CONFLICT", ("forwardingSet", "target")),
        (ForwardingSet(ALWAYS, COLLEAGUE), ring("ALWAYS"), "CONFLICT", ("forwardingSet", "target")),
        (ForwardingSet(BUSY, COLLEAGUE, NOW), number(), "INVALID", ("forwardingSet", "until")),
        (ForwardingSet(BUSY, COLLEAGUE, FAR), number(), "INVALID", ("forwardingSet", "until")),
        (
            ForwardingSet(BUSY, COLLEAGUE),
            number(forwardings={BUSY: Forwarded(COLLEAGUE)}),
            "ALREADY_DONE",
            ("forwardingSet", "condition"),
        ),
        (ForwardingClear(), number(), "ALREADY_DONE", ("forwardingClear", "condition")),
        (
            ForwardingClear(ALWAYS),
            number(forwardings={BUSY: Forwarded(COLLEAGUE)}),
            "ALREADY_DONE",
            ("forwardingClear", "condition"),
        ),
        (BanSet(ABROAD), number(bans={ABROAD: Banned(EARLIER)}), "ALREADY_DONE", ("banSet", "kind")),
        (BanLift(ABROAD), number(), "ALREADY_DONE", ("banLift", "kind")),
        (OptionConnect(PROMO), number(bans={"DATA": Banned(EARLIER)}), "CONFLICT", ("optionConnect", "optionId")),
        (Block(BlockReason.LOST), blocked("LOST"), "ALREADY_DONE", ("block",)),
        (Block(BlockReason.LOST, LATER), blocked("LOST", blocked_until=LATER), "ALREADY_DONE", ("block",)),
        (Block(BlockReason.LOST, NOW), blocked(), "INVALID", ("block", "until")),
        (Block(BlockReason.LOST), number(status="SUSPENDED"), "NOT_AVAILABLE", ()),
        (Block(BlockReason.LOST, NOW), number(), "INVALID", ("block", "until")),
        (Unblock(), number(), "ALREADY_DONE", ("unblock",)),
        (Unblock(), number(status="DORMANT"), "NOT_AVAILABLE", ()),
        (Unblock(), blocked(company_status="SUSPENDED"), "NOT_AVAILABLE", ()),
        (Unblock("x" * 1_001), blocked(), "TOO_LARGE", ("unblock", "comment")),
        (Unblock("\0"), blocked(), "INVALID", ("unblock", "comment")),
        (SpendingLimitSet(-1), number(), "INVALID", ("spendingLimitSet", "amount")),
        (SpendingLimitSet(None), number(), "ALREADY_DONE", ("spendingLimitSet", "amount")),
        (SpendingLimitSet(5, LimitRule.EMPLOYEE_PAYS), number(), "CONFLICT", ("spendingLimitSet", "rule")),
        (LabelSet(" "), number(), "INVALID", ("labelSet", "label")),
        (LabelSet("x" * 101), number(), "TOO_LARGE", ("labelSet", "label")),
        (LabelSet("a\nb"), number(), "INVALID", ("labelSet", "label")),
        (LabelSet(" Desk "), number(label="Desk"), "ALREADY_DONE", ("labelSet", "label")),
        (Assign(), number(), "REQUIRED", ("assign",)),
        (Assign(employee_id=32), number(around=AROUND), "NOT_FOUND", ("assign", "employeeId")),
        (Assign(department_id=12), number(around=AROUND), "NOT_FOUND", ("assign", "departmentId")),
        (Assign(employee_id=31), number(around=AROUND, employee_id=31), "ALREADY_DONE", ("assign",)),
        (SimReplace(CARD), number(iccid=CARD), "ALREADY_DONE", ("simReplace", "iccid")),
        (SimReplace(CARD), number(iccid=CARD_WITH_CHECK), "ALREADY_DONE", ("simReplace", "iccid")),
        (SimReplace(CARD), number(around=Surroundings(sims={CARD: 8})), "CONFLICT", ("simReplace", "iccid")),
        (SimReplace(CARD_WITH_CHECK), number(around=Surroundings(sims={CARD: 8})), "CONFLICT", ("simReplace", "iccid")),
    ],
)
def test_what_is_refused(operation: Operation, state: NumberState, code: str, field: tuple[str, ...]) -> None:
    outcome = check(operation, state)

    assert [(each.code, each.field) for each in outcome.refusals] == [(ErrorCode(code), field)]
    assert outcome.after is state
    assert all(text.strip() for each in outcome.refusals for text in map(each.message.render, Language))


CLOSED = [ForwardingClear(), BanSet(ABROAD), Block(BlockReason.LOST), Unblock(), LabelSet("x"), SimReplace(CARD)]


@pytest.mark.parametrize("operation", [*CLOSED, SpendingLimitSet(5), Assign(employee_id=None)])
@pytest.mark.parametrize("columns", [{"status": "CLOSED"}, {"company_status": "CLOSED"}])
def test_a_number_that_was_given_back_is_left_alone(operation: Operation, columns: dict[str, Any]) -> None:
    state = number(forwardings={BUSY: Forwarded(COLLEAGUE)}, employee_id=31, **columns)

    assert [each.code for each in check(operation, state).refusals] == [ErrorCode.NOT_AVAILABLE]


@pytest.mark.parametrize(
    ("operation", "state", "warnings"),
    [
        (ForwardingSet(BUSY, COLLEAGUE, LATER), number(), []),
        (
            ForwardingSet(BUSY, BERLIN),
            number(forwardings={BUSY: Forwarded(COLLEAGUE), ALWAYS: Forwarded(COLLEAGUE)}),
            [
                "Calls are no longer forwarded to +79261112233: when busy.",
                "As long as all calls are forwarded to +79261112233, this has no effect.",
                "+4930901820 is abroad: each forwarded call is charged to this number as a call abroad.",
            ],
        ),
        (
            ForwardingSet(BUSY, COLLEAGUE),
            ring("BUSY"),
            ["+79261112233 forwards some of its calls to this number: a call may go round."],
        ),
        (
            BanSet(ServiceKind.DATA),
            number(PROMO),
            [
                "“Promo” will be of no use, and its fee of ₽5.00 a day is taken all the same. "
                "Disconnect it to save that."
            ],
        ),
        (
            BanSet(ServiceKind.DATA),
            number().with_option(PROMO, Connected(EARLIER, LATER)),
            [
                "“Promo” will be of no use, and its fee of ₽5.00 a day becomes due on 2026-04-03 all the same. "
                "Disconnect it to save that."
            ],
        ),
        (BanSet(ServiceKind.DATA), number().with_option(PROMO, Connected(EARLIER, LATER, None, LATER)), []),
        (
            BanSet(ABROAD),
            number(forwardings={BUSY: Forwarded(BERLIN), ALWAYS: Forwarded(COLLEAGUE)}),
            ["Calls will no longer be forwarded to +4930901820, which is abroad."],
        ),
        (
            Unblock(),
            blocked("LOST"),
            [
                "The number was blocked because its phone or SIM was lost: whoever has the SIM can use it again. "
                "Replace the SIM first."
            ],
        ),
        (
            Block(BlockReason.LOST),
            blocked(blocked_until=LATER),
            ["The number is blocked already: by request, until 2026-04-03. This takes the place of it."],
        ),
        (
            SpendingLimitSet(500, LimitRule.STOP),
            number(around=Surroundings(spent={7: 99_800})),
            ["₽998.00 is spent this month already: paid services stop at once."],
        ),
        (SpendingLimitSet(99_800, LimitRule.STOP), number(around=Surroundings(spent={7: 99_800})), []),
        (
            Assign(employee_id=None),
            number(employee_id=31, limit=Limited(5, LimitRule.EMPLOYEE_PAYS), around=AROUND),
            ["Beyond the spending limit the employee paid; without an employee paid services stop there."],
        ),
        (
            SimReplace(CARD, SimKind.ESIM),
            blocked("LOST", iccid="897010000000000029"),
            [
                "The present card 897010000000000029 stops working at once and for good. An administrator of the "
                "company who signs in with this phone number is signed out everywhere."
            ],
        ),
        (SimReplace(CARD), number(around=Surroundings(sims={CARD: 7})), []),
    ],
)
def test_what_is_warned_of(operation: Operation, state: NumberState, warnings: list[str]) -> None:
    outcome = check(operation, state)

    assert [each.render(Language.EN) for each in outcome.warnings] == warnings
    assert (outcome.one_off_kopecks, outcome.monthly_kopecks, outcome.refusals) == (0, 0, ())


@pytest.mark.parametrize(
    ("operation", "columns"),
    [
        (ForwardingSet(BUSY, COLLEAGUE, LATER), {"forwardings": {BUSY: Forwarded(COLLEAGUE, LATER)}}),
        (BanSet(ABROAD), {"bans": {ABROAD: Banned(NOW)}}),
        (Block(BlockReason.LOST, LATER), {"status": "BLOCKED", "block_reason": "LOST", "blocked_until": LATER}),
        (SpendingLimitSet(50_000, LimitRule.STOP), {"limit": Limited(50_000, "STOP")}),
        (LabelSet(" Desk "), {"label": "Desk"}),
        (Assign(employee_id=31, department_id=11), {"employee_id": 31, "department_id": 11}),
        (SimReplace(CARD, SimKind.ESIM), {"iccid": CARD, "sim_kind": "ESIM"}),
    ],
)
def test_what_is_set(operation: Operation, columns: dict[str, Any]) -> None:
    state = number(around=AROUND)

    assert check(operation, state).after == replace(state, **columns)


@pytest.mark.parametrize(
    ("operation", "state"),
    [
        (Block(BlockReason.LOST), blocked(blocked_until=LATER)),
        (Block(BlockReason.LOST, LATER), blocked("LOST")),
        (Block(BlockReason.LOST), blocked("LOST", blocked_until=LATER)),
        (Block(BlockReason.VOLUNTARY), blocked("LOST", company_status="SUSPENDED")),
        (ForwardingSet(BUSY, COLLEAGUE, LATER), number(forwardings={BUSY: Forwarded(COLLEAGUE)})),
        (ForwardingSet(BUSY, COLLEAGUE), number(forwardings={BUSY: Forwarded(COLLEAGUE, LATER)})),
        (ForwardingSet(BUSY, BERLIN), number(forwardings={BUSY: Forwarded(COLLEAGUE)})),
        (SpendingLimitSet(50_000, LimitRule.STOP), number(limit=Limited(50_000, "NOTIFY"))),
        (SpendingLimitSet(60_000, LimitRule.STOP), number(limit=Limited(50_000, "STOP"))),
        (Assign(employee_id=31), number(employee_id=32, around=Surroundings(employees={31: "Ivan", 32: "Olga"}))),
        (LabelSet("desk"), number(label="Desk")),
    ],
)
def test_what_is_set_otherwise_is_set_anew_and_comes_back(operation: Operation, state: NumberState) -> None:
    outcome = check(operation, state)
    [inverse] = operation.inverse(state, outcome.after, CATALOGUE)

    assert (outcome.refusals, outcome.monthly_kopecks) == ((), 0)
    assert [each.code for each in check(operation, outcome.after).refusals] == [ErrorCode.ALREADY_DONE]
    assert check(inverse, outcome.after).after == state


def test_forwardings_stop_one_by_one_or_all_at_once() -> None:
    state = number(forwardings={BUSY: Forwarded(COLLEAGUE), ALWAYS: Forwarded(BERLIN)})

    assert check(ForwardingClear(BUSY), state).after.forwardings == {ALWAYS: Forwarded(BERLIN)}
    assert check(ForwardingClear(), state).after.forwardings == {}


def test_daily_fees_rest_while_a_number_is_blocked() -> None:
    state = replace(number(tariff_id=DAILY), options={PLAIN: Connected(EARLIER)})

    block = check(Block(BlockReason.VOLUNTARY, LATER), state)
    unblock = check(Unblock(), block.after)

    assert (block.monthly_kopecks, unblock.monthly_kopecks) == (-30_438, 30_438)
    assert [each.render(Language.EN) for each in block.warnings] == [
        "As long as the number is blocked, fees by the day are not taken: “Daily”.",
        "Fees by the month are taken all the same: “Plain”.",
    ]
    assert unblock.after == state
