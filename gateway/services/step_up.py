"""Step-up: bulk changes, rights to them, and second factors want a proof of the caller that is minutes old at most."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, bindparam, select, update

from authz.principal import Principal
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.models.credentials import SecondFactorKind
from gateway.statements import Statement, Tenant

FRESH = timedelta(minutes=15)

NEEDED = Text(en="This needs a fresh proof that it is you.", ru="Для этого нужно заново подтвердить, что это вы.")
NEEDED_HINT = Text(
    en="Send stepUp with {proof}; then repeat this within {minutes} minutes.",
    ru="Отправьте stepUp: подойдёт {proof}. Затем повторите это в течение {minutes} минут.",
)
PASSWORD = Text(en="the password", ru="пароль")
_APP, _PASSKEY = SecondFactorKind.TOTP.value, SecondFactorKind.PASSKEY.value
_PROOFS = {
    frozenset[str](): PASSWORD,
    frozenset({_APP}): Text(
        en="a code of the authenticator app or a recovery code", ru="код приложения или код восстановления"
    ),
    frozenset({_PASSKEY}): Text(en="a passkey or a recovery code", ru="ключ доступа или код восстановления"),
    frozenset({_APP, _PASSKEY}): Text(
        en="a code of the authenticator app, a passkey or a recovery code",
        ru="код приложения, ключ доступа или код восстановления",
    ),
}
"""What proves who somebody is, by the kinds of their second factors."""

_SESSIONS, _FACTORS = metadata.tables["sessions"], metadata.tables["second_factors"]
_THIS = _SESSIONS.c.id == bindparam("session_id", type_=BigInteger)
_FIND = Statement(select(_SESSIONS.c.stepped_up_at).where(_THIS))
_KINDS = Statement(
    select(_FACTORS.c.kind).where(
        _FACTORS.c.administrator_id == bindparam("its_id", type_=BigInteger), _FACTORS.c.confirmed_at.is_not(None)
    )
)
_NOTE = Statement(update(_SESSIONS).where(_THIS).values(stepped_up_at=bindparam("now", type_=MOMENT)))


async def require_step_up(db: Database, principal: Principal, session_id: int | None) -> None:
    """Raises `Refusal` STEP_UP_REQUIRED when a person's last proof is more than 15 minutes old.

    A log-in is a proof. API keys cannot prove anything anew: whoever makes one that may apply bulk changes, or renews
    its secret, gives the proof then.
    """
    if principal.kind != "administrator":
        return
    rows = await db.fetch(Tenant(), _FIND, session_id=session_id)
    proved_at = rows[0]["stepped_up_at"] if rows else None
    if proved_at is None or datetime.now(UTC) - proved_at > FRESH:
        proof = await proof_of(db, principal)
        hint = NEEDED_HINT(proof=proof, minutes=round(FRESH.total_seconds() / 60))
        raise Refusal(ErrorCode.STEP_UP_REQUIRED, NEEDED(), hint=hint)


async def proof_of(db: Database, principal: Principal) -> Text:
    """What the person has by which to prove who they are."""
    return _PROOFS[frozenset(row["kind"] for row in await db.fetch(Tenant(), _KINDS, its_id=principal.id))]


async def note_proof(db: Database, session_id: int) -> datetime:
    """Notes that the person of a session has just proved to be the one; until when that is fresh."""
    now = datetime.now(UTC)
    await db.fetch(Tenant(), _NOTE, session_id=session_id, now=now)
    return now + FRESH
