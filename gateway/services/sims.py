"""SIM cards over all companies: which are in use, and the sessions that end with one."""

from collections.abc import Collection, Sequence

from sqlalchemy import ARRAY, String, bindparam, exists, func, select, update

from gateway.models import metadata
from gateway.services.batches import Batch
from gateway.services.running import Run
from gateway.statements import Statement

_NUMBERS, _SESSIONS, _ADMINISTRATORS, _GRANTS, _INVITATIONS = (
    metadata.tables[name] for name in ("numbers", "sessions", "administrators", "grants", "invitations")
)
_claimed = func.claim_sims(bindparam("iccids", type_=ARRAY(String))).table_valued("iccid", "number_id")
_CLAIM = Statement(select(_claimed.c.iccid, _claimed.c.number_id))
_REPLACED = Batch(_NUMBERS, ("company_id", "msisdn"))
# Anybody may import a number that nobody else has, and invite whom they like: neither makes a person theirs.
_holders = (
    select(_ADMINISTRATORS.c.id)
    .join_from(_REPLACED.rows, _ADMINISTRATORS, _ADMINISTRATORS.c.phone == _REPLACED.rows.c.msisdn)
    .where(
        exists().where(
            _GRANTS.c.administrator_id == _ADMINISTRATORS.c.id, _GRANTS.c.company_id == _REPLACED.rows.c.company_id
        ),
        ~exists().where(
            _INVITATIONS.c.administrator_id == _ADMINISTRATORS.c.id,
            _INVITATIONS.c.company_id == _REPLACED.rows.c.company_id,
        ),
    )
)
_END = Statement(
    update(_SESSIONS)
    .where(_SESSIONS.c.administrator_id.in_(_holders), _SESSIONS.c.revoked_at.is_(None))
    .values(revoked_at=func.now())
)


async def claim(run: Run, iccids: Collection[str]) -> dict[str, int]:
    """Which of these cards are in use: ids of their numbers, in whatever company.

    Nobody else claims one of the cards before the transaction ends. Numbers are locked first, cards second.
    """
    return {row["iccid"]: row["number_id"] for row in await run(_CLAIM, iccids=sorted(iccids))}


async def end_sessions(run: Run, replaced: Sequence[tuple[int, str]]) -> None:
    """Signs out whoever signs in with one of these numbers, each with its company, and holds a role there: the former
    card may be in other hands.

    People who were invited there and have not accepted yet are left alone.
    """
    await run(_END, **_REPLACED.parameters(replaced))
