"""Sessions: opened by a proof of who one is, an opaque token in the browser and its hash in the database, and ended."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import BigInteger, LargeBinary, String, bindparam, func, insert, update
from sqlalchemy.dialects.postgresql import insert as upsert

from authz.principal import Principal
from gateway.db import run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.services import tries
from gateway.services.login_alerts import alert
from gateway.services.logins import Login, claim_try, find_login, forget_tries, lock, normal_login, wrong_tries
from gateway.services.own_journal import OwnAction, append_everywhere, by_themselves
from gateway.services.passwords import renew_hash, verify_password
from gateway.services.principals import Identity, hash_token, load_administrator
from gateway.services.running import Run
from gateway.services.second_factors import BAD_CODE, BAD_CODE_HINT, verify_code
from gateway.services.visits import Visit, paced
from gateway.statements import Statement, Tenant

BAD_CREDENTIALS = Text(en="Log-in or password is wrong.", ru="Неверный логин или пароль.")
BAD_CREDENTIALS_HINT = Text(
    en="The log-in is the e-mail or the phone number in any writing. Mind the keyboard layout and Caps Lock.",
    ru="Логин — это e-mail или номер телефона в любом виде. Проверьте раскладку клавиатуры и Caps Lock.",
)
A_KEY = Text(en="An API key is in no session.", ru="По ключу API сеанс не открывается.")
END_THE_KEY = Text(en="apiKeyRevoke ends a key.", ru="Ключ отзывают мутацией apiKeyRevoke.")
NO_SESSION = Text(
    en="There is no open session with this id among yours.", ru="Среди ваших открытых сеансов такого нет."
)

_SHORT, _LONG = timedelta(hours=12), timedelta(days=30)
_LONGEST_DEVICE = 300
_LONGEST_TOKEN = 100

_ADMINISTRATORS, _SESSIONS = metadata.tables["administrators"], metadata.tables["sessions"]
_DEVICES = metadata.tables["known_devices"]
_ITS_ID = bindparam("its_id", type_=BigInteger)
_OPEN = Statement(
    insert(_SESSIONS)
    .values(
        administrator_id=_ITS_ID,
        token_hash=bindparam("its_token_hash", type_=LargeBinary),
        device=bindparam("its_device", type_=String),
        ip=bindparam("its_ip", type_=String),
        created_at=bindparam("now", type_=MOMENT),
        last_used_at=bindparam("now", type_=MOMENT),
        expires_at=bindparam("its_end", type_=MOMENT),
        stepped_up_at=bindparam("now", type_=MOMENT),
    )
    .returning(_SESSIONS.c.id)
)
_SIGNED_IN = Statement(
    update(_ADMINISTRATORS).where(_ADMINISTRATORS.c.id == _ITS_ID).values(last_login_at=bindparam("now", type_=MOMENT))
)
_KNOW = Statement(
    upsert(_DEVICES)
    .values(
        administrator_id=_ITS_ID,
        device_hash=bindparam("its_device_hash", type_=LargeBinary),
        last_used_at=bindparam("now", type_=MOMENT),
    )
    .on_conflict_do_update(
        index_elements=["administrator_id", "device_hash"], set_={"last_used_at": bindparam("now", type_=MOMENT)}
    )
)
_OPEN_ONES = (_SESSIONS.c.administrator_id == _ITS_ID, _SESSIONS.c.revoked_at.is_(None))
_END = Statement(
    update(_SESSIONS)
    .where(*_OPEN_ONES, _SESSIONS.c.id == bindparam("session_id", type_=BigInteger))
    .values(revoked_at=func.now())
    .returning(_SESSIONS.c.id, _SESSIONS.c.device)
)
_END_OTHERS = Statement(
    update(_SESSIONS)
    .where(
        *_OPEN_ONES,
        _SESSIONS.c.id.is_distinct_from(bindparam("kept_id", type_=BigInteger)),
        _SESSIONS.c.expires_at > func.now(),
    )
    .values(revoked_at=func.now())
    .returning(_SESSIONS.c.id)
)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: the tokens for the browser's two cookies, how long it is kept, and who it belongs to."""

    token: str
    lifetime: timedelta | None
    device: str
    identity: Identity


async def sign_in(
    visit: Visit, login: str, password: str, code: str | None = None, *, remember: bool = False
) -> SignedIn | None:
    """Opens a session. `login` is an e-mail or a phone number in any writing; `remember`: 30 days, not 12 h.

    None means that the password is right and the code of a second factor is missing. Raises `Refusal` BAD_CREDENTIALS
    or LOCKED, the same and after the same time whether the log-in exists or not, and BAD_CODE at the code.
    """
    login = normal_login(login)
    async with paced():
        found = await find_login(visit, login)
        one = await claim_try(visit, found, login)
        try:
            right = await verify_password(password, found.password_hash if found else None)
            if found is None or not right:
                raise Refusal(ErrorCode.BAD_CREDENTIALS, BAD_CREDENTIALS(), hint=BAD_CREDENTIALS_HINT())
            if found.second_factor and code and not await verify_code(visit, found.administrator_id, found.name, code):
                raise Refusal(ErrorCode.BAD_CODE, BAD_CODE(), ("code",), hint=BAD_CODE_HINT())
        except Refusal:
            if found is not None and one.last:
                await lock(visit, found, one.until)
            raise
    if found.second_factor and not code:
        # A right password alone must not forget the wrong codes before it.
        await tries.give_back(visit.db, wrong_tries(visit, found, login))
        return None
    if found.password_hash is not None:
        await renew_hash(partial(visit.db.fetch, Tenant()), found.administrator_id, password, found.password_hash)
    return await open_session(visit, found, remember=remember)


async def open_session(visit: Visit, found: Login, *, remember: bool) -> SignedIn:
    """A session for somebody who has proved to be this administrator; their browser is known from now on."""
    principal = await load_administrator(visit.db, found.administrator_id, found.name)
    token = secrets.token_urlsafe(32)
    device = visit.device if visit.device and len(visit.device) < _LONGEST_TOKEN else secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    end = now + (_LONG if remember else _SHORT)
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        await forget_tries(visit, within, found)
        [opened] = await within(
            _OPEN,
            its_id=principal.id,
            its_token_hash=hash_token(token),
            its_device=visit.user_agent[:_LONGEST_DEVICE],
            its_ip=visit.ip,
            its_end=end,
            now=now,
        )
        await within(_KNOW, its_id=principal.id, its_device_hash=hash_token(device), now=now)
        await within(_SIGNED_IN, its_id=principal.id, now=now)
    alert(visit, found, now)
    identity = Identity(principal, found.language, opened["id"], end)
    return SignedIn(token, _LONG if remember else None, device, identity)


async def sign_out(visit: Visit, principal: Principal | None, session_id: int | None) -> None:
    """Ends the caller's session, if they are in one; in force in every process as soon as they hear of it.

    Raises `Refusal` FORBIDDEN for an API key, which stays in force.
    """
    if principal is not None and principal.kind == "api_key":
        raise Refusal(ErrorCode.FORBIDDEN, A_KEY(), hint=END_THE_KEY())
    if principal is not None and session_id is not None:
        await visit.db.fetch(Tenant(), _END, its_id=principal.id, session_id=session_id)


async def revoke_session(visit: Visit, principal: Principal, session_id: int) -> None:
    """Ends one of the caller's own sessions. Raises `Refusal` NOT_FOUND when none with this id is open."""
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        ended = (
            await within(_END, its_id=principal.id, session_id=session_id) if principal.kind == "administrator" else []
        )
        if not ended:
            raise Refusal(ErrorCode.NOT_FOUND, NO_SESSION(), ("id",))
        await append_everywhere(
            within,
            principal,
            by_themselves(visit, principal),
            OwnAction.SESSION_REVOKE,
            {"device": ended[0]["device"]},
            subject=encode(Kind.SESSION, session_id),
        )


async def end_sessions(run: Run, administrator_id: int, *, kept_id: int | None = None) -> int:
    """Ends all open sessions of an administrator but one; tells how many they were."""
    return len(await run(_END_OTHERS, its_id=administrator_id, kept_id=kept_id))
