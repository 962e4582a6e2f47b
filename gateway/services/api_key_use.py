"""When an API key was last used, to the minute."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, or_, update

from gateway.db import Database
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.statements import Statement, Tenant

_EXACTNESS = timedelta(minutes=1)

_KEYS = metadata.tables["api_keys"]
_NOTE = Statement(
    update(_KEYS)
    .where(
        _KEYS.c.company_id == bindparam("company_id", type_=BigInteger),
        _KEYS.c.id == bindparam("id", type_=BigInteger),
        or_(_KEYS.c.last_used_at.is_(None), _KEYS.c.last_used_at < bindparam("before", type_=MOMENT)),
    )
    .values(last_used_at=bindparam("moment", type_=MOMENT))
)


async def note_use(db: Database, company_id: int, key_id: int, moment: datetime) -> None:
    """Notes that a key was used. To be called when it is looked up: who is kept in memory is not looked up."""
    await db.fetch(
        Tenant((company_id,)), _NOTE, company_id=company_id, id=key_id, moment=moment, before=moment - _EXACTNESS
    )
