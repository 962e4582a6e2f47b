"""Changes of single numbers, and the idempotency keys that make any mutation safe to repeat."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.models.columns import CompanyRow, json, moment, one_of
from gateway.models.numbers import of_number


class NumberChangeStatus(StrEnum):
    PENDING = "PENDING"
    APPLIED = "APPLIED"
    FAILED = "FAILED"


class NumberChange(CompanyRow, table=True):
    """A change of one number: the operation as it was asked, its price in kopecks, and how it ended."""

    __tablename__ = "number_changes"
    __table_args__ = (
        one_of(NumberChangeStatus, "status"),
        of_number(),
        Index("number_changes_number", "company_id", "number_id", "id"),
    )

    number_id: int = Field(sa_type=BigInteger)
    operation: str
    parameters: Any = json(nullable=False)
    status: str = NumberChangeStatus.PENDING
    one_off_kopecks: int = Field(sa_type=BigInteger)
    monthly_kopecks: int = Field(sa_type=BigInteger)
    error: Any = json()
    journal_id: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = moment(default_now=True)


class IdempotencyKey(SQLModel, table=True):
    """An answer kept for 24 hours under the caller's key; `request_hash` tells another input under the same key."""

    __tablename__ = "idempotency_keys"

    company_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="companies.id")
    actor: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: bytes = Field(sa_type=LargeBinary)
    answer: Any = json()
    created_at: datetime = moment(default_now=True)
