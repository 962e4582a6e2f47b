"""What callers may still ask for."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from gateway.models.columns import moment


class Budget(SQLModel, table=True):
    """A token bucket: points that its holder had at `filled_at`, and how many of them the last statement granted.

    The table is unlogged: after a crash of PostgreSQL all buckets are full.
    """

    __tablename__ = "budgets"
    __table_args__ = (Index("budgets_filled_at", "filled_at"), {"prefixes": ["UNLOGGED"]})

    holder: str = Field(primary_key=True)
    points: float
    granted: int = Field(sa_type=BigInteger)
    filled_at: datetime = moment()
