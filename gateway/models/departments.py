"""Departments of a company, as a tree."""

from sqlalchemy import ARRAY, BigInteger, ForeignKeyConstraint, Index, String
from sqlmodel import Field

from gateway.models.columns import CompanyRow


class Department(CompanyRow, table=True):
    """A department. `ancestor_ids` and `path` run from the top down to itself, so a subtree is one overlap test."""

    __tablename__ = "departments"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "parent_id"], ["departments.company_id", "departments.id"]),
        Index("departments_path", "company_id", "path", "id"),
    )

    name: str
    cost_centre: str | None = None
    parent_id: int | None = Field(default=None, sa_type=BigInteger)
    ancestor_ids: list[int] = Field(sa_type=ARRAY(BigInteger))
    path: list[str] = Field(sa_type=ARRAY(String(collation="C")))
