"""Corporate customers."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Identity
from sqlmodel import Field, SQLModel

from gateway.models.columns import moment, one_of


class CompanyStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    CLOSED = "CLOSED"


class Company(SQLModel, table=True):
    """A corporate customer; `parent_id` names the head of its holding."""

    __tablename__ = "companies"
    __table_args__ = (one_of(CompanyStatus, "status"),)

    id: int = Field(default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),))
    name: str
    inn: str = Field(unique=True)
    kpp: str | None = None
    ogrn: str | None = None
    legal_address: str | None = None
    contract_number: str
    region: str
    time_zone: str = "Europe/Moscow"
    status: str = CompanyStatus.ACTIVE
    parent_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="companies.id", index=True)
    manager_name: str | None = None
    manager_phone: str | None = None
    manager_email: str | None = None
    updated_at: datetime = moment(default_now=True)
