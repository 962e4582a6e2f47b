"""Files sent before the mutation that uses them."""

from sqlalchemy import LargeBinary
from sqlmodel import Field

from gateway.models.columns import CompanyRow, datetime, moment


class Upload(CompanyRow, table=True):
    """An uploaded file of at most a few megabytes; kept for a day, seen by the one who sent it."""

    __tablename__ = "uploads"

    actor: str
    name: str
    size: int
    content: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = moment(default_now=True)
