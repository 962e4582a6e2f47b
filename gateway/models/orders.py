"""Orders: what the operator's system was asked to do to a number, and has not answered yet, or refused to end."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from gateway.models.columns import json, moment
from gateway.models.numbers import NumberSetting, of_number


class Order(NumberSetting, table=True):
    """The open order of a number, of which it has one at most; it is gone when it is answered.

    The operator knows it by `key`, however often it is sent. `task` is what becomes of the row and what the journal
    says when it is done, and who asked. It belongs to a change of one number or to a bulk change, or ends what ends by
    itself. Whoever has it may send it until `due_at`; then somebody else does.
    """

    __tablename__ = "orders"
    __table_args__ = (of_number(), Index("orders_due", "due_at"))

    key: str = Field(unique=True)
    task: Any = json(nullable=False)
    change_id: int | None = Field(default=None, sa_type=BigInteger)
    bulk_change_id: int | None = Field(default=None, sa_type=BigInteger)
    tries: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    placed_at: datetime = moment()
    due_at: datetime = moment()


class RefusedEnding(NumberSetting, table=True):
    """What was to end by itself at `over_at`, and the operator's system refused to end, so many times.

    It is asked again at `due_at`.
    """

    __tablename__ = "refused_endings"
    __table_args__ = (of_number(),)

    ending: str = Field(primary_key=True)
    over_at: datetime = moment()
    tries: int
    due_at: datetime = moment()
