"""SIM cards over all companies: which are in use, and the sessions that end with one."""

from collections.abc import Collection, Sequence

from sqlalchemy import ARRAY, String, bindparam, func, select, update

from gateway.models import metadata
from gateway.services.running import Run
from gateway.statements import Statement

_SESSIONS = metadata.tables["sessions"]
_claimed = func.claim_sims(bindparam("iccids", type_=ARRAY(String))).table_valued("iccid", "number_id")
_CLAIM = Statement(select(_claimed.c.iccid, _claimed.c.number_id))
_holders = func.find_phone_holders(bindparam("msisdns", type_=ARRAY(String))).table_valued("administrator_id")
_END = Statement(
    update(_SESSIONS)
    .where(_SESSIONS.c.administrator_id.in_(select(_holders.c.administrator_id)), _SESSIONS.c.revoked_at.is_(None))
    .values(revoked_at=func.now())
)


async def claim(run: Run, iccids: Collection[str]) -> dict[str, int]:
    """Which of these cards are in use: ids of their numbers, in whatever company.

    Nobody else claims one of the cards before the transaction ends. Numbers are locked first, cards second.
    """
    return {row["iccid"]: row["number_id"] for row in await run(_CLAIM, iccids=sorted(iccids))}


async def end_sessions(run: Run, msisdns: Sequence[str]) -> None:
    """Signs out whoever signs in with one of these phone numbers: its former card may be in other hands."""
    await run(_END, msisdns=list(msisdns))
