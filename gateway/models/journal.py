"""The operations journal: append-only, a hash chain per company."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary
from sqlmodel import Field, SQLModel

from gateway.models.columns import CompanyRow, json, moment, one_of


class Channel(StrEnum):
    API = "API"
    PORTAL = "PORTAL"
    USSD = "USSD"
    SMS = "SMS"
    IVR = "IVR"
    OFFICE = "OFFICE"
    SYSTEM = "SYSTEM"


class ActorKind(StrEnum):
    ADMINISTRATOR = "ADMINISTRATOR"
    API_KEY = "API_KEY"
    STAFF = "STAFF"
    SYSTEM = "SYSTEM"


class JournalEntry(CompanyRow, table=True):
    """One line: who did what to which object, through which channel, with the object before and after.

    `subject` is the global id of the object, `number_id` the number it concerns. `hash` covers the line and the hash of
    the company's line before.
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        one_of(Channel, "channel"),
        one_of(ActorKind, "actor_kind"),
        Index("journal_entries_at", "company_id", "at", "id"),
        Index("journal_entries_number", "company_id", "number_id", "id"),
    )

    at: datetime = moment()
    actor_kind: str
    actor_id: int | None = Field(default=None, sa_type=BigInteger)
    actor_name: str
    channel: str
    action: str
    subject: str | None = None
    number_id: int | None = Field(default=None, sa_type=BigInteger)
    bulk_change_id: int | None = Field(default=None, sa_type=BigInteger)
    before: Any = json()
    after: Any = json()
    details: Any = json()
    correlation_id: str | None = None
    previous_hash: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)


class JournalHead(SQLModel, table=True):
    """The end of a company's chain; its lock puts the lines of a company in one order."""

    __tablename__ = "journal_heads"

    company_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="companies.id")
    entry_id: int = Field(default=0, sa_type=BigInteger)
    hash: bytes = Field(sa_type=LargeBinary)
