"""What is set on a number beside its options: forwardings, bans, the spending limit."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, column
from gateway.loaders.settings import FORWARDINGS, SERVICE_BANS, SPENDING_LIMITS
from gateway.loaders.sources import Source
from gateway.models.numbers import ForwardingCondition, LimitRule, ServiceKind
from schema.context import Context
from schema.money import Money, money
from schema.scalars import PhoneNumber


@strawberry.type(description="A call forwarding.")
class Forwarding:
    condition: ForwardingCondition = column("When.", Action.NUMBER_READ)
    target: PhoneNumber = column("Where to.", Action.NUMBER_READ)
    until: datetime | None = column("Ends by itself then; null for never.", Action.NUMBER_READ)


@strawberry.type(description="A ban.")
class ServiceBan:
    kind: ServiceKind = column("What is banned.", Action.NUMBER_READ)
    since: datetime = column("Since when.", Action.NUMBER_READ)


@strawberry.type(description="A monthly spending limit.")
class SpendingLimit:
    amount: Money = money("amount_kopecks", "Amount a month.", Action.NUMBER_READ)
    rule: LimitRule = column("What happens beyond it.", Action.NUMBER_READ)
    spent: Money = money("spent_kopecks", "Spent this month.", Action.NUMBER_READ)


async def load_forwardings(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    return await _groups(FORWARDINGS, rows, info, "condition")


async def load_bans(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    return await _groups(SERVICE_BANS, rows, info, "kind")


async def load_spending_limit(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    ids = [row["id"] for row in rows]
    return await info.context.read.rows(SPENDING_LIMITS, ids, info.selection.columns, "number_id")


async def _groups(source: Source, rows: Sequence[Row], info: Info[Context], order: str) -> Sequence[list[Row]]:
    """What is set on each number."""
    ids = [row["id"] for row in rows]
    return await info.context.read.groups(source, ids, info.selection.columns, "number_id", (order,))
