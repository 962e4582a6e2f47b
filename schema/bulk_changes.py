"""Changes of many numbers: what they will do, who decided, how far they are, and each number of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from authz.actions import Action
from gateway.execution import PUBLIC, Info, Row, batched, column, computed, keyed
from gateway.kit.errors import ErrorCode
from gateway.kit.ids import Kind, encode
from gateway.loaders import bulk_changes as loader
from gateway.loaders.bulk_changes import BULK_CHANGES
from gateway.loaders.companies import COMPANIES
from gateway.loaders.narrowing import Parent
from gateway.loaders.numbers import NUMBERS
from gateway.models.bulk_changes import BulkChangeStatus, BulkItemState
from gateway.models.journal import ActorKind
from gateway.reports.tables import TableFormat
from schema.connections import After, ConnectionOf, EdgeOf, First
from schema.context import Context
from schema.inputs import values
from schema.journal import Actor
from schema.money import Money, money
from schema.node import Node, global_id, register
from schema.numbers import Number
from schema.references import by_column, by_id, found, numbers_or_refusals
from schema.user_errors import UserError, kept_errors

if TYPE_CHECKING:
    from schema.companies import Company

READ = Action.BULK_CHANGE_READ
RESULT_ADDRESS = "/bulk-changes/{id}/result.{format}"

_OF_PLAN = ("plan_hash", "item_count", "one_off_kopecks", "monthly_kopecks", "refused", "warnings", "irreversible")
_OF_APPROVAL = ("approval_reason", "decided_by_id", "decided_by_name", "decided_at", "decision_comment")
_ENDED = ("applied_count", "failed_count")
_COUNTED = ("item_count", "refused_count", "skipped_count", *_ENDED)
_MOVED = (*_ENDED, "status", "running_since", "ended_before", "moved_at")
"""Columns of a bulk change's row that the parts of its answer are made of."""


def _kept_texts(name: str) -> Any:
    """The resolver of messages that are kept in every language."""

    def texts(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[str]]:
        language = info.context.language.value
        return [[text[language] for text in row[name]] for row in rows]

    return texts


def _refused(rows: Sequence[Row], info: Info[Context]) -> Sequence[list[Row]]:
    language = info.context.language.value
    return [
        [{**each, "code": ErrorCode(each["code"]), "message": each["message"][language]} for each in row["refused"]]
        for row in rows
    ]


def _reason(rows: Sequence[Row], info: Info[Context]) -> Sequence[str]:
    return [row["approval_reason"][info.context.language.value] for row in rows]


@strawberry.type(description="How many items a rule refuses.")
class RefusalCount:
    code: ErrorCode = column("Rule.", PUBLIC)
    message: str = column("Message; the most frequent one of the rule.", PUBLIC)
    count: int = column("How many.", PUBLIC)


@strawberry.type(description="What a bulk change will do.")
class BulkPlan:
    """Its row is that of the bulk change."""

    hash: str = column(
        "Given back when applying; changes with anything that the plan depends on.", PUBLIC, name="plan_hash"
    )
    number_count: int = column("Numbers in all.", PUBLIC, name="item_count")
    refused: list[RefusalCount] = batched(
        _refused, "Numbers that will be refused, by code; those named that are none of the company's too.", PUBLIC,
        needs=("refused",),
    )  # fmt: skip
    one_off: Money = money("one_off_kopecks", "Taken at once, all together.", PUBLIC)
    monthly: Money = money("monthly_kopecks", "Difference of an average month, all together.", PUBLIC)
    warnings: list[str] = batched(_kept_texts("warnings"), "What one should know before.", PUBLIC, needs=("warnings",))
    irreversible: list[str] = batched(
        _kept_texts("irreversible"), "What can't be undone afterwards, and its price.", PUBLIC, needs=("irreversible",)
    )


def _decided_by(row: Row) -> Row | None:
    if row["decided_at"] is None:
        return None
    return {
        "actor_kind": ActorKind.ADMINISTRATOR,
        "actor_id": row["decided_by_id"],
        "actor_name": row["decided_by_name"],
    }


@strawberry.type(description="A second person's decision.")
class BulkApproval:
    """Its row is that of the bulk change."""

    reason: str = batched(_reason, "Why it is needed.", PUBLIC, needs=("approval_reason",))
    decided_by: Actor | None = computed(
        _decided_by,
        "Who decided; null while waiting.",
        PUBLIC,
        needs=("decided_at", "decided_by_id", "decided_by_name"),
    )
    decided_at: datetime | None = column("When.", PUBLIC)
    comment: str | None = column("Comment.", PUBLIC, name="decision_comment")


def _pending(row: Row) -> int:
    return int(row["item_count"] - sum(row[name] for name in _COUNTED[1:]))


def _rate(row: Row) -> float | None:
    """Items a second since it began to run, or went on."""
    if row["status"] != BulkChangeStatus.RUNNING or row["moved_at"] is None:
        return None
    seconds = (row["moved_at"] - row["running_since"]).total_seconds()
    ended = sum(row[name] for name in _ENDED) - row["ended_before"]
    return ended / seconds if ended > 0 and seconds > 0 else None


def _estimated_end_at(row: Row) -> datetime | None:
    rate = _rate(row)
    moved_at: datetime = row["moved_at"]
    return moved_at + timedelta(seconds=_pending(row) / rate) if rate else None


@strawberry.type(description="How far a bulk change is.")
class BulkProgress:
    """Its row is that of the bulk change."""

    total: int = column("All items.", PUBLIC, name="item_count")
    applied: int = column("Done.", PUBLIC, name="applied_count")
    failed: int = computed(
        lambda row: row["failed_count"] + row["refused_count"],
        "Failed or refused.",
        PUBLIC,
        needs=("failed_count", "refused_count"),
    )
    skipped: int = column("Not reached before the end.", PUBLIC, name="skipped_count")
    pending: int = computed(_pending, "Not yet.", PUBLIC, needs=_COUNTED)
    rate: float | None = computed(_rate, "Items a second, lately.", PUBLIC, needs=_MOVED)
    estimated_end_at: datetime | None = computed(
        _estimated_end_at, "Expected end.", PUBLIC, needs=(*_MOVED, *_COUNTED[:3])
    )


@strawberry.type(description="One number in a bulk change.")
class BulkItem:
    __place__ = ("company_id",)
    number: Number = batched(by_column(NUMBERS, "number_id"), "Number.", READ, needs=("number_id",))
    state: BulkItemState = column("State.", READ)
    one_off: Money = money("one_off_kopecks", "Taken at once.", READ)
    monthly: Money = money("monthly_kopecks", "Monthly difference.", READ)
    error: UserError | None = batched(kept_errors("error"), "Why not.", READ, needs=("error",))


@strawberry.type(description="A row with its cursor.")
class BulkItemEdge(EdgeOf[BulkItem]): ...


@strawberry.type(description="A page of items.")
class BulkItemConnection(ConnectionOf[BulkItem, BulkItemEdge]): ...


async def _items(
    rows: Sequence[Row],
    info: Info[Context],
    *,
    first: First = None,
    after: After = None,
    state: Annotated[list[BulkItemState] | None, strawberry.argument(description="In any of these states.")] = None,
) -> Sequence[Row]:
    context, parents = info.context, [Parent(row["company_id"], row["id"]) for row in rows]
    states = values(state, "state")
    return await loader.items_of_bulk_changes(context.read, parents, context.page(first, after), states, info.selection)


def _result_addresses(
    rows: Sequence[Row],
    info: Info[Context],
    *,
    format: Annotated[TableFormat, strawberry.argument(description="As what.")] = TableFormat.XLSX,
) -> Sequence[str]:
    return [RESULT_ADDRESS.format(id=encode(Kind.BULK_CHANGE, row["id"]), format=format) for row in rows]


@strawberry.type(description="A change of many numbers.")
class BulkChange(Node):
    __place__ = ("company_id", "department_id")
    id: strawberry.ID = global_id(Kind.BULK_CHANGE, READ)
    company: Annotated["Company", strawberry.lazy("schema.companies")] = batched(
        by_column(COMPANIES, "company_id"), "Whose numbers.", READ, needs=("company_id",)
    )
    status: BulkChangeStatus = column("State.", READ)
    comment: str | None = column("Comment of its maker.", READ)
    created_by: Actor = computed(lambda row: row, "Who made it.", READ, needs=("actor_name", "actor_kind", "actor_id"))
    created_at: datetime = column("When it was made.", READ)
    scheduled_at: datetime | None = column("When it is to run.", READ)
    finished_at: datetime | None = column("When it ended.", READ)
    plan: BulkPlan | None = computed(
        lambda row: None if row["plan_hash"] is None else row,
        "What it will do and cost; null while planning.",
        READ,
        needs=_OF_PLAN,
    )
    error: UserError | None = batched(
        kept_errors("failure"), "Why the plan could not be made.", READ, needs=("failure",)
    )
    approval: BulkApproval | None = computed(
        lambda row: None if row["approval_reason"] is None else row,
        "Whether a second person is needed, and who decided what.",
        READ,
        needs=_OF_APPROVAL,
    )
    progress: BulkProgress = computed(lambda row: row, "How far it is.", READ, needs=(*_MOVED, *_COUNTED))
    items: BulkItemConnection = batched(
        _items, "Its items in the order of phone numbers.", READ, needs=("company_id", "id")
    )
    result_url: str = batched(
        _result_addresses,
        "Where on this server a file tells what becomes of each number; to be got with the same session or API key.",
        READ,
        needs=("id",),
    )
    undo_of: Annotated["BulkChange", strawberry.lazy("schema.bulk_changes")] | None = batched(
        by_column(BULK_CHANGES, "undo_of"), "The finished change that this one reverses.", READ, needs=("undo_of",)
    )
    retry_of: Annotated["BulkChange", strawberry.lazy("schema.bulk_changes")] | None = batched(
        by_column(BULK_CHANGES, "retry_of"),
        "The ended change of which this one tries again what was not done.",
        READ,
        needs=("retry_of",),
    )


@strawberry.type(description="A row with its cursor.")
class BulkChangeEdge(EdgeOf[BulkChange]): ...


@strawberry.type(description="A page of bulk changes.")
class BulkChangeConnection(ConnectionOf[BulkChange, BulkChangeEdge]): ...


async def load_bulk_changes(
    rows: Sequence[Row],
    info: Info[Context],
    *,
    first: First = None,
    after: After = None,
    status: Annotated[BulkChangeStatus | None, strawberry.argument(description="In this state.")] = None,
) -> Sequence[Row]:
    """The page of each company's bulk changes."""
    context, ids = info.context, [row["id"] for row in rows]
    return await loader.bulk_changes_of_companies(context.read, ids, context.page(first, after), status, info.selection)


@strawberry.type(description="Above what a bulk change waits for a second person.")
class ApprovalThreshold:
    number_count: int | None = column("More numbers than these; null when their count does not matter.", PUBLIC)
    amount: Money | None = money(
        "kopecks",
        "More than this by which something gets dearer, one-off and monthly; null when the price does not matter.",
        PUBLIC,
    )


async def load_approval_thresholds(rows: Sequence[Row], info: Info[Context]) -> Sequence[Row | None]:
    """Above what each company wants a second person."""
    ids = [row["id"] for row in rows]
    return await loader.approval_thresholds(info.context.read, ids, info.selection.columns)


async def _find(
    rows: Sequence[None],
    info: Info[Context],
    *,
    id: Annotated[Sequence[strawberry.ID], strawberry.argument(description="Which.")],
) -> Sequence[Row | Exception | None]:
    """Bulk changes by id: one statement, however many aliases there are."""
    ids = numbers_or_refusals(id, Kind.BULK_CHANGE, "id")
    return await found(ids, partial(info.context.read.rows, BULK_CHANGES, columns=info.selection.columns))


@strawberry.type
class BulkChangeQuery:
    bulk_change: BulkChange | None = keyed(_find, "One bulk change.", READ)


register(Kind.BULK_CHANGE)(by_id(BULK_CHANGES))
