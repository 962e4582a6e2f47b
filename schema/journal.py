"""The operations journal: who did what to which object, through which channel."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, OfType, Row, batched, column, computed
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, decode, decode_any
from gateway.loaders import journal as loader
from gateway.loaders.access import ADMINISTRATORS
from gateway.loaders.bulk_changes import BULK_CHANGES
from gateway.loaders.journal import JOURNAL
from gateway.loaders.narrowing import Filter, Parent
from gateway.models.journal import ActorKind, Channel
from gateway.services.summaries import check_actions, summary
from schema.connections import After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.inputs import BACKWARDS, given, number, values
from schema.node import Node, global_id, read_nodes, register
from schema.references import by_column, by_id
from schema.scalars import JSON

if TYPE_CHECKING:
    from schema.access import Administrator
    from schema.bulk_changes import BulkChange


async def load_administrator(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    """The administrator of each actor that is one."""
    ids = [row["actor_id"] if row["actor_kind"] == ActorKind.ADMINISTRATOR else None for row in rows]
    return await info.context.read.rows(ADMINISTRATORS, ids, info.selection.columns)


@strawberry.type(description="Who did something.")
class Actor:
    """Its row is the journal's line."""

    name: str = column("Name as it was then.", PUBLIC, name="actor_name")
    administrator: Annotated["Administrator", strawberry.lazy("schema.access")] | None = batched(
        load_administrator,
        "Administrator, if it still exists and the caller may see it.",
        PUBLIC,
        needs=("actor_kind", "actor_id"),
    )


def summarise(rows: Sequence[Row], info: Info[Context]) -> Sequence[str]:
    language = info.context.language
    return [summary(row["action"], row["details"], language) for row in rows]


async def load_subject(rows: Sequence[Row], info: Info[Context]) -> Sequence[OfType | None]:
    """What each line is about, as far as the caller sees it now."""
    return await read_nodes([_subject(row["subject"]) for row in rows], info)


def _subject(id: str | None) -> tuple[Kind, int] | None:
    try:
        return None if id is None else decode_any(id)
    except Refusal:  # the journal of another channel may name what has no type here
        return None


async def load_cause(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    """The line that asked for each, as far as the caller sees it."""
    causes = [(row["details"] or {}).get("cause") for row in rows]
    ids = [None if cause is None else decode(cause, Kind.JOURNAL_ENTRY) for cause in causes]
    return await info.context.read.rows(JOURNAL, ids, info.selection.columns)


@strawberry.type(description="One line of the operations journal.")
class JournalEntry(Node):
    __place__ = ("company_id",)
    id: strawberry.ID = global_id(Kind.JOURNAL_ENTRY, Action.JOURNAL_READ)
    at: datetime = column("When.", Action.JOURNAL_READ)
    actor: Actor = computed(
        lambda row: row, "Who.", Action.JOURNAL_READ, needs=("actor_name", "actor_kind", "actor_id")
    )
    channel: Channel = column("Through what.", Action.JOURNAL_READ)
    action: str = column("What: noun:verb, as in explainAccess.", Action.JOURNAL_READ)
    summary: str = batched(
        summarise, "In words, in the caller's language.", Action.JOURNAL_READ, needs=("action", "details")
    )
    subject: Node | None = batched(load_subject, "What it was done to.", Action.JOURNAL_READ, needs=("subject",))
    cause: Annotated["JournalEntry", strawberry.lazy("schema.journal")] | None = batched(
        load_cause,
        "The entry that asked for it beforehand, of what the gateway did by itself in time.",
        Action.JOURNAL_READ,
        needs=("details",),
    )
    before: JSON | None = column("As it was before.", Action.JOURNAL_READ)
    after: JSON | None = column("As it was after.", Action.JOURNAL_READ)
    bulk_change: Annotated["BulkChange", strawberry.lazy("schema.bulk_changes")] | None = batched(
        by_column(BULK_CHANGES, "bulk_change_id"),
        "The bulk change it belonged to.",
        Action.JOURNAL_READ,
        needs=("bulk_change_id",),
    )


@strawberry.type(description="A row with its cursor.")
class JournalEntryEdge(EdgeOf[JournalEntry]): ...


@strawberry.type(description="A page of lines.")
class JournalEntryConnection(ConnectionOf[JournalEntry, JournalEntryEdge]): ...


@strawberry.input(description="Which lines.")
class JournalFilter:
    from_: datetime | None = strawberry.field(name="from", default=strawberry.UNSET, description="From.")
    to: datetime | None = strawberry.field(default=strawberry.UNSET, description="Before.")
    channel: list[Channel] | None = strawberry.field(default=strawberry.UNSET, description="Channels. At most 1,000.")
    action: list[str] | None = strawberry.field(default=strawberry.UNSET, description="Actions. At most 1,000.")
    administrator_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Administrator.")
    number_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Number.")

    def conditions(self) -> Filter:
        """What it asks of the loader. Raises `Refusal` at ("filter", …)."""
        since, before, actions = given(self.from_), given(self.to), values(self.action, "filter", "action")
        if since and before and since > before:
            raise Refusal(ErrorCode.INVALID, BACKWARDS(), ("filter", "to"))
        check_actions(actions or (), "filter", "action")
        return loader.JournalFilter(
            since=since,
            before=before,
            channels=values(self.channel, "filter", "channel"),
            actions=actions,
            administrator_id=number(self.administrator_id, Kind.ADMINISTRATOR, "filter", "administratorId"),
            number_id=number(self.number_id, Kind.NUMBER, "filter", "numberId"),
        ).conditions()


FilterArgument = Annotated[JournalFilter | None, strawberry.argument(description="Which lines.")]


def _pages(load: Callable[..., Awaitable[Sequence[Row]]], parent: Callable[[Row], int | Parent]) -> Any:
    """The resolver of the page of lines below each row, which `parent` names for the loader."""

    async def resolve(
        rows: Sequence[Row],
        info: Info[Context],
        *,
        first: First = None,
        after: After = None,
        filter: FilterArgument = None,
    ) -> Sequence[Row]:
        page, narrowed = info.context.page(first, after), (filter or JournalFilter()).conditions()
        return await load(info.context.read, [parent(row) for row in rows], page, narrowed, info.selection)

    return resolve


load_company_journal = _pages(loader.journal_of_companies, itemgetter("id"))
load_number_journal = _pages(loader.journal_of_numbers, lambda row: Parent(row["company_id"], row["id"]))


register(Kind.JOURNAL_ENTRY)(by_id(JOURNAL))
