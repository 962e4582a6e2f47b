"""How columns are spelled in every table: keys of a company's rows, moments, enumerations, JSON and texts."""

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import String
from sqlmodel import Field, SQLModel

MOMENT: Any = DateTime(timezone=True)
NOW = {"server_default": text("now()")}


class CompanyRow(SQLModel):
    """A row of one company's data: the company stands first in the key, so that every statement names the tenant and a
    sharded PostgreSQL can hold the table; `id` is unique over all companies."""

    company_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="companies.id")
    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))


def moment(*, default_now: bool = False, nullable: bool = False) -> Any:
    """An aware moment, UTC."""
    return Field(default=None, sa_type=MOMENT, nullable=nullable, sa_column_kwargs=NOW if default_now else {})


def json(*, nullable: bool = True) -> Any:
    """Any JSON value."""
    return Field(default=None, sa_type=JSONB, nullable=nullable)


def one_of(enum: type[StrEnum], column: str) -> CheckConstraint:
    """The rule that a text column holds a member of `enum`."""
    values = ", ".join(f"'{member.value}'" for member in enum)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


def ordered_text() -> Any:
    """A text compared by code point: an index on it serves prefixes, also under row-level security."""
    return String(collation="C")
