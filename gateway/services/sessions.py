"""Signing in and out with a password: an opaque token in the browser, its hash in the database."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import String, bindparam, func, insert, select, update
from sqlmodel import col

from authz.principal import Principal
from gateway.db import Database, Statement, Tenant
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.phones import parse_msisdn
from gateway.kit.texts import Language, Text
from gateway.models.access import Administrator, Session
from gateway.services.passwords import verify_password
from gateway.services.principals import Identity, hash_token, load_administrator

BAD_CREDENTIALS = Text(en="Log-in or password is wrong.", ru="Неверный логин или пароль.")
BAD_CREDENTIALS_HINT = Text(
    en="The log-in is the e-mail or the phone number in any writing. Mind the keyboard layout and Caps Lock.",
    ru="Логин — это e-mail или номер телефона в любом виде. Проверьте раскладку клавиатуры и Caps Lock.",
)

_SHORT, _LONG = timedelta(hours=12), timedelta(days=30)
_LONGEST_PASSWORD = 1_000
_LONGEST_DEVICE = 300

_FIND_LOGIN = Statement(
    select(
        func.find_login(bindparam("login", type_=String)).table_valued(
            "administrator_id", "name", "language", "password_hash", "locked_until"
        )
    )
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the token for the browser's cookie, for how long, and who it belongs to."""

    token: str
    lifetime: timedelta | None
    identity: Identity


async def sign_in(db: Database, login: str, password: str, *, device: str, ip: str, remember: bool = False) -> SignedIn:
    """Opens a session. `login` is an e-mail or a phone number in any writing; `remember`: 30 days, not 12 h.

    Raises `Refusal` BAD_CREDENTIALS, the same and after the same time whether the log-in exists or not.
    """
    found = await db.fetch(Tenant(), _FIND_LOGIN, login=normal_login(login))
    row = found[0] if found else None
    right = await verify_password(password[:_LONGEST_PASSWORD], row["password_hash"] if row else None)
    if row is None or not right:
        raise Refusal(ErrorCode.BAD_CREDENTIALS, BAD_CREDENTIALS(), hint=BAD_CREDENTIALS_HINT())
    principal = await load_administrator(db, row["administrator_id"], row["name"])
    return await _open(db, principal, Language[row["language"]], device=device, ip=ip, remember=remember)


async def sign_out(db: Database, session_id: int) -> None:
    """Ends a session; in force in every process as soon as they hear of it."""
    async with db.transaction(Tenant()) as session:
        ended = update(Session).where(col(Session.id) == session_id, col(Session.revoked_at).is_(None))
        await session.execute(ended.values(revoked_at=func.now()))


def normal_login(login: str) -> str:
    """How a log-in is kept: an e-mail in lower case, a phone number as digits. Anything else is left, and not found."""
    login = login.strip()
    if "@" in login:
        return login.lower()
    try:
        return parse_msisdn(login)
    except InvalidValue:
        return login


async def _open(
    db: Database, principal: Principal, language: Language, *, device: str, ip: str, remember: bool
) -> SignedIn:
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    expires_at = now + (_LONG if remember else _SHORT)
    async with db.transaction(Tenant(principal.companies)) as session:
        opened = insert(Session).values(
            administrator_id=principal.id,
            token_hash=hash_token(token),
            device=device[:_LONGEST_DEVICE],
            ip=ip,
            created_at=now,
            last_used_at=now,
            expires_at=expires_at,
        )
        session_id = (await session.execute(opened.returning(col(Session.id)))).scalar_one()
        await session.execute(
            update(Administrator).where(col(Administrator.id) == principal.id).values(last_login_at=now)
        )
    identity = Identity(principal, language, session_id, expires_at)
    return SignedIn(token, _LONG if remember else None, identity)
