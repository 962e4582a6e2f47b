"""Files sent before the mutation that uses them."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field

from gateway.models.columns import CompanyRow, moment, one_of
from gateway.models.journal import ActorKind

KEPT = timedelta(days=1)


class Upload(CompanyRow, table=True):
    """An uploaded file; kept for a day, used by the one who sent it."""

    __tablename__ = "uploads"
    __table_args__ = (one_of(ActorKind, "actor_kind"),)

    actor_kind: str
    actor_id: int | None = Field(default=None, sa_type=BigInteger)
    actor_name: str
    name: str
    size: int
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = moment(default_now=True)
