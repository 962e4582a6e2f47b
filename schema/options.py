"""Options of the catalogue, and those that are connected to numbers."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from authz.actions import Action
from gateway.execution import Info, Row, batched, column, computed
from gateway.kit.ids import Kind
from gateway.loaders import settings
from gateway.loaders.journal import JOURNAL
from gateway.loaders.offers import OPTIONS, option_offers
from gateway.loaders.pages import page_of
from gateway.loaders.search import fold, words
from gateway.models.catalogue import FeePeriod, OptionTheme
from schema.connections import After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.inputs import given
from schema.money import Money, money
from schema.node import Node, global_id, register
from schema.references import by_column

if TYPE_CHECKING:
    from schema.journal import JournalEntry


@strawberry.type(description="An option of the catalogue.")
class Option(Node):
    id: strawberry.ID = global_id(Kind.OPTION, Action.OPTION_READ)
    code: str = column("Stable code.", Action.OPTION_READ)
    name: str = column("Name.", Action.OPTION_READ)
    description: str = column("What it does, in one or two sentences.", Action.OPTION_READ)
    theme: OptionTheme = column("Theme.", Action.OPTION_READ)
    connection_fee: Money = money("connection_fee_kopecks", "One-off fee of connecting.", Action.OPTION_READ)
    fee: Money = money("fee_kopecks", "Fee of one period, after a promotion if there is one.", Action.OPTION_READ)
    fee_period: FeePeriod = column("Period of the fee.", Action.OPTION_READ)
    promo_days: int | None = column(
        "Days free of the fee after connecting; null without a promotion.", Action.OPTION_READ
    )
    requires: list["Option"] = column("Options that must be connected too.", Action.OPTION_READ)
    excludes: list["Option"] = column("Options that can't be connected beside it.", Action.OPTION_READ)


@strawberry.type(description="A row with its cursor.")
class OptionEdge(EdgeOf[Option]): ...


@strawberry.type(description="A page of options.")
class OptionConnection(ConnectionOf[Option, OptionEdge]): ...


def _fee_now(row: Row) -> Row:
    return {"kopecks": 0 if row["promo_ends_at"] is not None else row["option"]["fee_kopecks"]}


def _fee_after_promo(row: Row) -> Row:
    return {"kopecks": row["option"]["fee_kopecks"]}


@strawberry.type(description="An option connected to a number.")
class ConnectedOption:
    option: Option = column("The option.", Action.OPTION_READ)
    connected_at: datetime = column("When it was connected.", Action.NUMBER_READ)
    promo_ends_at: datetime | None = column("Free until then; null when it is paid already.", Action.NUMBER_READ)
    fee: Money = computed(_fee_now, "Fee of one period now.", Action.NUMBER_READ, needs=("option", "promo_ends_at"))
    fee_after_promo: Money = computed(
        _fee_after_promo, "Fee of one period after the promotion.", Action.NUMBER_READ, needs=("option",)
    )
    origin: Annotated["JournalEntry", strawberry.lazy("schema.journal")] | None = batched(
        by_column(JOURNAL, "journal_id"),
        "The journal entry that connected it: who, through which channel.",
        Action.JOURNAL_READ,
        needs=("journal_id",),
    )
    disconnects_at: datetime | None = column(
        "Disconnected by itself then, before it turns paid; null without a guard.", Action.NUMBER_READ
    )
    guard_origin: Annotated["JournalEntry", strawberry.lazy("schema.journal")] | None = batched(
        by_column(JOURNAL, "guard_journal_id"),
        "The journal entry that guards it from turning paid: who, through which channel.",
        Action.JOURNAL_READ,
        needs=("guard_journal_id",),
    )


async def load_connected_options(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    """What is asked of a connected option decides: its catalogue entry alone needs no statement."""
    read, columns = info.context.read, info.selection.columns
    if columns <= {"option"}:
        return settings.plain_options(read.catalogue, [row["option_ids"] for row in rows])
    return await settings.connected_options(read, [row["id"] for row in rows], columns, datetime.now(UTC))


Theme = Annotated[OptionTheme | None, strawberry.argument(description="Only of that theme.")]


def load_available_options(
    rows: Sequence[Row], info: Info[Context], *, first: First = None, after: After = None, theme: Theme = None
) -> Sequence[Row]:
    """Options that each number may connect now."""
    return option_offers(rows, info.context.catalogue, info.context.page(first, after), given(theme))


def list_options(
    rows: Sequence[None],
    info: Info[Context],
    *,
    first: First = None,
    after: After = None,
    theme: Theme = None,
    search: Annotated[str | None, strawberry.argument(description="Words of name or description.")] = None,
) -> Sequence[Row]:
    """Options on sale."""
    wanted = words(search or "", ("search",))
    found = [
        option
        for option in info.context.catalogue.options.values()
        if not option.archived
        and (theme is None or option.theme == theme)
        and all(word in fold(f"{option.name} {option.description}") for word in wanted)
    ]
    return [page_of(found, info.context.page(first, after), OPTIONS)]


@strawberry.type
class OptionQuery:
    options: OptionConnection = batched(list_options, "Options of the catalogue.", Action.OPTION_READ)


@register(Kind.OPTION)
async def load_options(context: Context, ids: Sequence[int], columns: frozenset[str]) -> Sequence[Row | None]:
    return [context.catalogue.options.get(id) for id in ids]
