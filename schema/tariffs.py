"""Tariffs of the catalogue, and those that a number may change to."""

from collections.abc import Sequence
from typing import Annotated

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, batched, column
from gateway.kit.ids import Kind
from gateway.loaders.offers import TARIFFS, tariff_offers
from gateway.loaders.pages import page_of
from gateway.loaders.search import fold, words
from gateway.models.catalogue import AllowanceUnit, FeePeriod
from schema.connections import After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.inputs import given
from schema.money import Money, money
from schema.node import Node, global_id, register
from schema.options import Option
from schema.scalars import Long


@strawberry.type(description="A quantity included in a tariff or an option.")
class Package:
    unit: AllowanceUnit = column("What.", Action.TARIFF_READ)
    amount: Long | None = column("How much; null for unlimited.", Action.TARIFF_READ)


@strawberry.type(description="A tariff of the catalogue.")
class Tariff(Node):
    id: strawberry.ID = global_id(Kind.TARIFF, Action.TARIFF_READ)
    code: str = column("Stable code.", Action.TARIFF_READ)
    name: str = column("Name.", Action.TARIFF_READ)
    description: str = column("What it is, in one or two sentences.", Action.TARIFF_READ)
    region: str | None = column("Region of sale; null for everywhere.", Action.TARIFF_READ)
    fee: Money = money("fee_kopecks", "Fee of one period.", Action.TARIFF_READ)
    fee_period: FeePeriod = column("Period of the fee.", Action.TARIFF_READ)
    monthly_fee: Money = money(
        "monthly_fee_kopecks", "The fee of an average month, comparable between tariffs.", Action.TARIFF_READ
    )
    packages: list[Package] = column("What the fee includes.", Action.TARIFF_READ)
    archived: bool = column("No longer connectable.", Action.TARIFF_READ)


@strawberry.type(description="A row with its cursor.")
class TariffEdge(EdgeOf[Tariff]): ...


@strawberry.type(description="A page of tariffs.")
class TariffConnection(ConnectionOf[Tariff, TariffEdge]): ...


@strawberry.type(description="A tariff with the price of changing to it from the number's present one.")
class AvailableTariff:
    tariff: Tariff = column("The tariff.", Action.TARIFF_READ)
    switch_fee: Money = money("switch_fee_kopecks", "One-off price of the change.", Action.TARIFF_READ)
    loses_options: list[Option] = column("Connected options that it does not allow.", Action.OPTION_READ)


@strawberry.type(description="A row with its cursor.")
class AvailableTariffEdge(EdgeOf[AvailableTariff]): ...


@strawberry.type(description="A page of tariffs.")
class AvailableTariffConnection(ConnectionOf[AvailableTariff, AvailableTariffEdge]): ...


@strawberry.input(description="Which tariffs.")
class TariffFilter:
    search: str | None = strawberry.field(default=strawberry.UNSET, description="Words of name or description.")
    region: str | None = strawberry.field(default=strawberry.UNSET, description="Region.")
    include_archived: bool | None = strawberry.field(default=False, description="Archived ones too.")


def load_tariff(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    """The current tariff of each number."""
    find = info.context.catalogue.tariffs.get
    return [find(row["tariff_id"]) for row in rows]


def load_available_tariffs(
    rows: Sequence[Row], info: Info[Context], *, first: First = None, after: After = None
) -> Sequence[Row]:
    """Tariffs that each number may change to."""
    return tariff_offers(rows, info.context.catalogue, info.context.page(first, after))


def list_tariffs(
    rows: Sequence[None],
    info: Info[Context],
    *,
    first: First = None,
    after: After = None,
    filter: Annotated[TariffFilter | None, strawberry.argument(description="Which tariffs.")] = None,
) -> Sequence[Row]:
    """Tariffs on sale, and with `includeArchived` the others. One without a region is sold in all of them."""
    wanted = filter or TariffFilter()
    search, region = words(given(wanted.search) or "", ("filter", "search")), given(wanted.region)
    found = [
        tariff
        for tariff in info.context.catalogue.tariffs.values()
        if (wanted.include_archived or not tariff.archived)
        and (region is None or tariff.region in (None, region))
        and all(word in fold(f"{tariff.name} {tariff.description}") for word in search)
    ]
    return [page_of(found, info.context.page(first, after), TARIFFS)]


@strawberry.type
class TariffQuery:
    tariffs: TariffConnection = batched(list_tariffs, "Tariffs of the catalogue.", Action.TARIFF_READ)


@register(Kind.TARIFF)
async def load_tariffs(context: Context, ids: Sequence[int], columns: frozenset[str]) -> Sequence[Row | None]:
    return [context.catalogue.tariffs.get(id) for id in ids]
