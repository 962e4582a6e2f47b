"""When promotional options turn paid: by day and option, with what the monthly fees become."""

from collections.abc import Sequence
from datetime import date

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, column
from gateway.loaders import promotions as loader
from gateway.loaders.narrowing import Parent
from schema.connections import After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.money import Money, money
from schema.options import Option


@strawberry.type(
    description="An option that turns paid on a day. NumberFilter.promo finds its numbers, and tells those apart where "
    "it has a guard of its own."
)
class PromoEnding:
    option: Option = column("The option.", Action.OPTION_READ)
    number_count: int = column("On how many numbers it is free until then.", Action.NUMBER_READ)
    guarded_count: int = column(
        "On how many of them it is disconnected before, by its own guard or with an option that it requires.",
        Action.NUMBER_READ,
    )
    monthly: Money = money(
        "monthly_kopecks", "Fees of an average month that begin, at the price of that day.", Action.NUMBER_READ
    )
    prevented: Money = money(
        "prevented_kopecks",
        "Fees of an average month that do not begin, as it is disconnected before.",
        Action.NUMBER_READ,
    )


@strawberry.type(description="A day on which promotional options turn paid.")
class PromoDay:
    __place__ = ("company_id",)
    day: date = column("Which day, in the company's time zone.", Action.NUMBER_READ)
    monthly: Money = money(
        "monthly_kopecks", "Fees of an average month that begin, at the prices of that day.", Action.NUMBER_READ
    )
    prevented: Money = money(
        "prevented_kopecks",
        "Fees of an average month that do not begin, as options are disconnected before.",
        Action.NUMBER_READ,
    )
    forecast: Money = money(
        "forecast_kopecks",
        "Fees of an average month from that day on: what is paid today, at its prices, with what begins by then, and "
        "without what is disconnected by then together with a guarded option.",
        Action.TARIFF_READ,  # of a few numbers it tells what each pays
    )
    endings: list[PromoEnding] = column("By option.", Action.NUMBER_READ)


@strawberry.type(description="A row with its cursor.")
class PromoDayEdge(EdgeOf[PromoDay]): ...


@strawberry.type(description="A page of days, the next one first.")
class PromoDayConnection(ConnectionOf[PromoDay, PromoDayEdge]): ...


async def load_company_promo_calendar(
    rows: Sequence[Row], info: Info[Context], *, first: First = None, after: After = None
) -> Sequence[Row]:
    """The page of the days on which options of each company's numbers turn paid."""
    context = info.context
    ids = [row["id"] for row in rows]
    return await loader.promo_days_of_companies(context.read, ids, context.page(first, after), info.selection)


async def load_department_promo_calendar(
    rows: Sequence[Row], info: Info[Context], *, first: First = None, after: After = None
) -> Sequence[Row]:
    """The same for the numbers of each department and all below it."""
    context = info.context
    parents = [Parent(row["company_id"], row["id"]) for row in rows]
    return await loader.promo_days_of_departments(context.read, parents, context.page(first, after), info.selection)
