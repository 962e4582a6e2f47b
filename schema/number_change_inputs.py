"""What can be done to a number, as an input, and the operation that each such input means."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import strawberry

from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.identifiers import parse_iccid
from gateway.kit.ids import Kind, decode
from gateway.kit.texts import Text
from gateway.models.numbers import BlockReason, ForwardingCondition, LimitRule, ServiceKind, SimKind
from gateway.operations.assignments import KEPT, Assign, Kept
from gateway.operations.bans import BanLift, BanSet
from gateway.operations.blocks import Block, Unblock
from gateway.operations.forwardings import ForwardingClear, ForwardingSet
from gateway.operations.labels import LabelSet
from gateway.operations.operation import Operation
from gateway.operations.options import OptionConnect, OptionDisconnect
from gateway.operations.promo_guards import PromoGuardClear, PromoGuardSet
from gateway.operations.sims import SimReplace
from gateway.operations.spending_limits import SpendingLimitSet
from gateway.operations.tariffs import TariffChange
from schema.inputs import given, number
from schema.money import kopecks
from schema.scalars import PhoneNumber

NO_CHANGE = Text(en="No change is named.", ru="Изменение не названо.")
SAY_NULL = Text(
    en="Give a value, or null to remove what is set.", ru="Укажите значение или null, чтобы снять установленное."
)


@strawberry.input(description="An option.")
class OptionRefInput:
    option_id: strawberry.ID = strawberry.field(description="Global id of the option.")


@strawberry.input(description="A promotional option.")
class PromoGuardInput:
    option_id: strawberry.ID | None = strawberry.field(
        description="Global id of the option; null for all of the number.", default=strawberry.UNSET
    )


@strawberry.input(description="A tariff.")
class TariffRefInput:
    tariff_id: strawberry.ID = strawberry.field(description="Global id of the tariff.")


@strawberry.input(description="A forwarding.")
class ForwardingInput:
    condition: ForwardingCondition = strawberry.field(description="When.")
    target: PhoneNumber = strawberry.field(description="Where to.")
    until: datetime | None = strawberry.field(description="Until when.", default=strawberry.UNSET)


@strawberry.input(description="Which forwarding to stop.")
class ForwardingClearInput:
    condition: ForwardingCondition | None = strawberry.field(description="Null for all.", default=strawberry.UNSET)


@strawberry.input(description="A kind of communication.")
class BanInput:
    kind: ServiceKind = strawberry.field(description="Which.")


@strawberry.input(description="A block.")
class BlockInput:
    reason: BlockReason = strawberry.field(description="Why.")
    until: datetime | None = strawberry.field(description="Ends by itself then.", default=strawberry.UNSET)


@strawberry.input(description="An unblocking.")
class UnblockInput:
    comment: str | None = strawberry.field(description="For the journal.", default=strawberry.UNSET)


@strawberry.input(description="A spending limit.")
class SpendingLimitInput:
    amount: Decimal | None = strawberry.field(
        description="Roubles a month; null removes the limit.", default=strawberry.UNSET
    )
    rule: LimitRule = strawberry.field(description="What happens beyond it.", default=LimitRule.NOTIFY)


@strawberry.input(description="A label.")
class LabelInput:
    label: str | None = strawberry.field(
        description="At most 100 characters; null removes it.", default=strawberry.UNSET
    )


@strawberry.input(description="A new owner.")
class AssignInput:
    employee_id: strawberry.ID | None = strawberry.field(
        description="Employee; null takes it away.", default=strawberry.UNSET
    )
    department_id: strawberry.ID | None = strawberry.field(
        description="Department; null takes it away.", default=strawberry.UNSET
    )


@strawberry.input(description="Another SIM.")
class SimInput:
    iccid: str = strawberry.field(
        description="Number of the new card or eSIM profile, 18 to 20 digits; one that no number has."
    )
    kind: SimKind = strawberry.field(description="Plastic card or eSIM.", default=SimKind.PHYSICAL)


@strawberry.input(description="One change of a number; the same input serves single and bulk changes.", one_of=True)
class NumberChangeInput:
    option_connect: OptionRefInput | None = strawberry.field(description="Connect an option.", default=strawberry.UNSET)
    option_disconnect: OptionRefInput | None = strawberry.field(
        description="Disconnect an option.", default=strawberry.UNSET
    )
    promo_guard_set: PromoGuardInput | None = strawberry.field(
        description="Have an option, or all that are free now, disconnected before they turn paid. "
        "Takes option:disconnect too.",
        default=strawberry.UNSET,
    )
    promo_guard_clear: PromoGuardInput | None = strawberry.field(
        description="Let an option, or all that were to be disconnected before, turn paid.", default=strawberry.UNSET
    )
    tariff_change: TariffRefInput | None = strawberry.field(description="Change the tariff.", default=strawberry.UNSET)
    forwarding_set: ForwardingInput | None = strawberry.field(description="Forward calls.", default=strawberry.UNSET)
    forwarding_clear: ForwardingClearInput | None = strawberry.field(
        description="Stop forwarding.", default=strawberry.UNSET
    )
    ban_set: BanInput | None = strawberry.field(description="Ban a kind of communication.", default=strawberry.UNSET)
    ban_lift: BanInput | None = strawberry.field(description="Lift a ban.", default=strawberry.UNSET)
    block: BlockInput | None = strawberry.field(
        description="Block the number, or change the reason or end of its block.", default=strawberry.UNSET
    )
    unblock: UnblockInput | None = strawberry.field(description="Unblock the number.", default=strawberry.UNSET)
    spending_limit_set: SpendingLimitInput | None = strawberry.field(
        description="Set or remove the spending limit.", default=strawberry.UNSET
    )
    label_set: LabelInput | None = strawberry.field(description="Set or remove the label.", default=strawberry.UNSET)
    assign: AssignInput | None = strawberry.field(
        description="Give it to an employee or department.", default=strawberry.UNSET
    )
    sim_replace: SimInput | None = strawberry.field(
        description="Put it onto another SIM; the former one stops working for good. An administrator of its company "
        "who signs in with this phone number is signed out everywhere.",
        default=strawberry.UNSET,
    )


Path: TypeAlias = tuple[str, ...]


def operation_of(change: NumberChangeInput, *path: str) -> Operation:
    """The operation that an input names. Raises `Refusal` below `path`."""
    for name, (operation, make) in _OPERATIONS.items():
        if (asked := given(getattr(change, name))) is not None:
            return make(asked, (*path, operation.field))
    raise Refusal(ErrorCode.REQUIRED, NO_CHANGE(), path)


def _option(asked: OptionRefInput, at: Path) -> int:
    return decode(asked.option_id, Kind.OPTION, (*at, "optionId"))


def _guarded(asked: PromoGuardInput, at: Path) -> int | None:
    return number(asked.option_id, Kind.OPTION, *at, "optionId")


def _tariff_change(asked: TariffRefInput, at: Path) -> TariffChange:
    return TariffChange(decode(asked.tariff_id, Kind.TARIFF, (*at, "tariffId")))


def _spending_limit_set(asked: SpendingLimitInput, at: Path) -> SpendingLimitSet:
    _said(asked.amount, *at, "amount")
    return SpendingLimitSet(kopecks(asked.amount, *at, "amount"), asked.rule)


def _label_set(asked: LabelInput, at: Path) -> LabelSet:
    _said(asked.label, *at, "label")
    return LabelSet(asked.label)


def _assign(asked: AssignInput, at: Path) -> Assign:
    return Assign(
        _owner(asked.employee_id, Kind.EMPLOYEE, *at, "employeeId"),
        _owner(asked.department_id, Kind.DEPARTMENT, *at, "departmentId"),
    )


def _sim_replace(asked: SimInput, at: Path) -> SimReplace:
    try:
        return SimReplace(parse_iccid(asked.iccid), asked.kind)
    except InvalidValue as error:
        raise error.refusal(*at, "iccid") from None


def _said(value: object, *path: str) -> None:
    """Removing something takes a null that was written, not a value that was forgotten."""
    if value is strawberry.UNSET:
        raise Refusal(ErrorCode.REQUIRED, SAY_NULL(), path)


def _owner(id: strawberry.ID | None, kind: Kind, *path: str) -> int | Kept | None:
    if id is strawberry.UNSET:
        return KEPT
    return None if id is None else decode(id, kind, path)


_OPERATIONS: Mapping[str, tuple[type[Operation], Callable[[Any, Path], Operation]]] = {
    "option_connect": (OptionConnect, lambda asked, at: OptionConnect(_option(asked, at))),
    "option_disconnect": (OptionDisconnect, lambda asked, at: OptionDisconnect(_option(asked, at))),
    "promo_guard_set": (PromoGuardSet, lambda asked, at: PromoGuardSet(_guarded(asked, at))),
    "promo_guard_clear": (PromoGuardClear, lambda asked, at: PromoGuardClear(_guarded(asked, at))),
    "tariff_change": (TariffChange, _tariff_change),
    "forwarding_set": (
        ForwardingSet,
        lambda asked, at: ForwardingSet(asked.condition, asked.target, given(asked.until)),
    ),
    "forwarding_clear": (ForwardingClear, lambda asked, at: ForwardingClear(given(asked.condition))),
    "ban_set": (BanSet, lambda asked, at: BanSet(asked.kind)),
    "ban_lift": (BanLift, lambda asked, at: BanLift(asked.kind)),
    "block": (Block, lambda asked, at: Block(asked.reason, given(asked.until))),
    "unblock": (Unblock, lambda asked, at: Unblock(given(asked.comment))),
    "spending_limit_set": (SpendingLimitSet, _spending_limit_set),
    "label_set": (LabelSet, _label_set),
    "assign": (Assign, _assign),
    "sim_replace": (SimReplace, _sim_replace),
}
"""How each change of `NumberChangeInput` becomes an operation."""
