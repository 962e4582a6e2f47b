"""Employees of a company."""

from datetime import date

from sqlalchemy import BigInteger, Computed, ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from gateway.models.columns import CompanyRow, ordered_text


class Employee(CompanyRow, table=True):
    """An employee; `name_key` is the folded name by which people are ordered and found."""

    __tablename__ = "employees"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        UniqueConstraint("company_id", "personnel_number"),
        Index("employees_name", "company_id", "name_key", "id"),
        Index("employees_department", "company_id", "department_id"),
    )

    name: str
    name_key: str | None = Field(
        default=None, sa_type=ordered_text(), sa_column_args=(Computed("fold(name)", persisted=True),)
    )
    position: str | None = None
    personnel_number: str | None = None
    email: str | None = None
    extra_phone: str | None = None
    birth_date: date | None = None
    department_id: int | None = Field(default=None, sa_type=BigInteger)
