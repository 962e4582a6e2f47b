"""All operations by kind, and their parameters as JSON: how changes that wait, and journals, keep them."""

from typing import Any

from pydantic import TypeAdapter

from gateway.operations.assignments import Assign
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

OPERATIONS: tuple[type[Operation], ...] = (
    OptionConnect,
    OptionDisconnect,
    PromoGuardSet,
    PromoGuardClear,
    TariffChange,
    ForwardingSet,
    ForwardingClear,
    BanSet,
    BanLift,
    Block,
    Unblock,
    SpendingLimitSet,
    LabelSet,
    Assign,
    SimReplace,
)

PROVISIONED = frozenset(each.kind.value for each in OPERATIONS if each.provisioned)
"""Kinds of operations that the operator's system carries out."""

_ADAPTERS: dict[str, TypeAdapter[Operation]] = {each.kind: TypeAdapter(each) for each in OPERATIONS}


def parameters(operation: Operation) -> dict[str, Any]:
    """An operation's parameters as JSON values; with its `kind` they are all of it."""
    dumped: dict[str, Any] = _ADAPTERS[operation.kind].dump_python(operation, mode="json")
    return dumped


def parse(kind: str, parameters: object) -> Operation:
    """The operation again. KeyError for an unknown kind, ValueError for parameters that are none of its."""
    return _ADAPTERS[kind].validate_python(parameters)
