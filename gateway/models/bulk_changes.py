"""Bulk changes with their items, and above what a company wants a second person for."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, text
from sqlmodel import Field, SQLModel

from gateway.models.columns import CompanyRow, json, moment, one_of, ordered_text
from gateway.models.numbers import of_number


class BulkChangeStatus(StrEnum):
    PLANNING = "PLANNING"
    PLANNED = "PLANNED"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    REJECTED = "REJECTED"
    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


class BulkErrorPolicy(StrEnum):
    SKIP_FAILED = "SKIP_FAILED"
    REJECT_ALL = "REJECT_ALL"


class BulkItemState(StrEnum):
    REFUSED = "REFUSED"
    PENDING = "PENDING"
    SENT = "SENT"
    APPLIED = "APPLIED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


def _count() -> Any:
    return Field(default=None, sa_type=BigInteger, nullable=False, sa_column_kwargs={"server_default": text("0")})


class BulkChange(CompanyRow, table=True):
    """A change of many numbers: what its author asked for, its plan, the decision on it, and how far it is.

    It stands in the lowest department that holds all its numbers, else, and until that is known, where its author may
    plan: in a manager's department, or in the company as a whole.
    `operations` are as `bulk_trials.dump` writes them; an undo has none, each of its items has its own. `target` says
    how the numbers were named, null where they are those of the change in `retry_of` or `undo_of`. Amounts are kopecks.
    Messages are kept in both languages. A stretch of running began at `running_since`, when `ended_before` items had
    ended already; `moved_at` is when the last ones did.
    """

    __tablename__ = "bulk_changes"
    __table_args__ = (
        one_of(BulkChangeStatus, "status"),
        one_of(BulkErrorPolicy, "on_error"),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        Index("bulk_changes_created_at", "company_id", "created_at", "id"),
        Index(
            "bulk_changes_due",
            "company_id",
            "id",
            postgresql_where=text("status = ANY (ARRAY['PLANNING', 'SCHEDULED', 'RUNNING', 'CANCELLING'])"),
        ),
    )

    department_id: int | None = Field(default=None, sa_type=BigInteger)
    status: str = BulkChangeStatus.PLANNING
    on_error: str
    comment: str | None = None
    target: Any = json()
    operations: Any = json(nullable=False)
    retry_of: int | None = Field(default=None, sa_type=BigInteger)
    undo_of: int | None = Field(default=None, sa_type=BigInteger)

    actor_kind: str
    actor_id: int | None = Field(default=None, sa_type=BigInteger)
    actor_name: str
    channel: str
    correlation_id: str | None = None

    created_at: datetime = moment(default_now=True)
    planned_at: datetime | None = moment(nullable=True)
    scheduled_at: datetime | None = moment(nullable=True)
    started_at: datetime | None = moment(nullable=True)
    finished_at: datetime | None = moment(nullable=True)

    plan_hash: str | None = None
    catalogue_hash: str | None = None
    item_count: int = _count()
    one_off_kopecks: int = _count()
    monthly_kopecks: int = _count()
    refused: Any = json()
    warnings: Any = json()
    irreversible: Any = json()
    failure: Any = json()

    approval_reason: Any = json()
    decided_by_id: int | None = Field(default=None, sa_type=BigInteger)
    decided_by_name: str | None = None
    decided_at: datetime | None = moment(nullable=True)
    decision_comment: str | None = None

    refused_count: int = _count()
    applied_count: int = _count()
    failed_count: int = _count()
    skipped_count: int = _count()
    running_since: datetime | None = moment(nullable=True)
    ended_before: int = _count()
    moved_at: datetime | None = moment(nullable=True)


class BulkItem(SQLModel, table=True):
    """One number of a bulk change, frozen when planned; `number_updated_at` is the number's last change then, and, once
    it is applied, that change itself. `operations` are the item's own, null for those of the bulk change; `inverse` are
    those that take it back.
    """

    __tablename__ = "bulk_items"
    __table_args__ = (
        one_of(BulkItemState, "state"),
        of_number(),
        ForeignKeyConstraint(["company_id", "bulk_change_id"], ["bulk_changes.company_id", "bulk_changes.id"]),
        Index("bulk_items_msisdn", "company_id", "bulk_change_id", "msisdn", "number_id"),
        Index(
            "bulk_items_pending",
            "company_id",
            "bulk_change_id",
            "number_id",
            postgresql_where=text("state = 'PENDING'"),
        ),
    )

    company_id: int = Field(primary_key=True, sa_type=BigInteger)
    bulk_change_id: int = Field(primary_key=True, sa_type=BigInteger)
    number_id: int = Field(primary_key=True, sa_type=BigInteger)
    msisdn: str = Field(sa_type=ordered_text())
    state: str
    one_off_kopecks: int = _count()
    monthly_kopecks: int = _count()
    error: Any = json()
    operations: Any = json()
    inverse: Any = json()
    number_updated_at: datetime = moment()


class ApprovalThreshold(SQLModel, table=True):
    """A bulk change of more numbers, or with operations that get dearer by more kopecks, one-off and monthly together,
    waits for a second person.

    Null does not limit; a company without a row asks nobody.
    """

    __tablename__ = "approval_thresholds"

    company_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="companies.id")
    number_count: int | None = Field(default=None, sa_type=BigInteger)
    kopecks: int | None = Field(default=None, sa_type=BigInteger)
