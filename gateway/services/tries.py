"""Counted tries: each is counted once, before it is made, however many come at the same moment."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Integer, LargeBinary, bindparam, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from gateway.db import Database
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

_TRIES = metadata.tables["tries"]
_OF_BUCKET = _TRIES.c.bucket == bindparam("bucket", type_=LargeBinary)
_OVER = _TRIES.c.until <= bindparam("now", type_=MOMENT)
_COUNT = case((_OVER, 1), else_=_TRIES.c.count + 1)
_NEW = insert(_TRIES).values(
    bucket=bindparam("bucket", type_=LargeBinary), count=1, until=bindparam("until", type_=MOMENT)
)
_CLAIM = Statement(
    _NEW.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "count": _COUNT,
            # The time begins anew with the last try that is allowed: from then on the bucket is locked.
            "until": case(
                (or_(_OVER, bindparam("most", type_=Integer) == _COUNT), _NEW.excluded.until), else_=_TRIES.c.until
            ),
        },
    ).returning(_TRIES.c.count, _TRIES.c.until)
)
_STALE = select(_TRIES.c.bucket).where(_OVER).limit(10).with_for_update(skip_locked=True)
_SWEEP = Statement(delete(_TRIES).where(_TRIES.c.bucket.in_(_STALE)))
_GIVE_BACK = Statement(update(_TRIES).where(_OF_BUCKET, _TRIES.c.count > 0).values(count=_TRIES.c.count - 1))
_FORGET = Statement(delete(_TRIES).where(_OF_BUCKET))


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries within a time; after the last one none until that time has passed again."""

    most: int
    within: timedelta


@dataclass(frozen=True, slots=True)
class Try:
    """One counted try: whether it may be made, whether it is the last one, and when the counting begins anew."""

    allowed: bool
    last: bool
    until: datetime


async def claim(db: Database, bucket: bytes, limit: Limit) -> Try:
    """Counts one try in a bucket, a digest of what is tried and by whom."""
    now = datetime.now(UTC)
    [row] = await db.fetch(Tenant(), _CLAIM, bucket=bucket, now=now, until=now + limit.within, most=limit.most)
    if row["count"] == 1:
        # Whoever makes a bucket takes away old ones, so that the table holds no more than what is going on.
        await db.fetch(Tenant(), _SWEEP, now=now)
    return Try(row["count"] <= limit.most, row["count"] == limit.most, row["until"])


async def give_back(db: Database, bucket: bytes) -> None:
    """Takes one try back, which turned out to be none."""
    await db.fetch(Tenant(), _GIVE_BACK, bucket=bucket)


async def forget(run: Run, bucket: bytes) -> None:
    """Lets the counting begin anew."""
    await run(_FORGET, bucket=bucket)
