"""One-time codes by SMS and e-mail: for the first log-in, for a forgotten password, and to unlock."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import BigInteger, LargeBinary, bindparam, delete, func, update
from sqlalchemy.dialects.postgresql import insert

from gateway.db import run
from gateway.kit.digits import bare
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.services import invitations, tries
from gateway.services.logins import Login, device_bucket, find_login, forget_tries, normal_login
from gateway.services.own_journal import OwnAction, append_everywhere, by_themselves
from gateway.services.password_policy import check_password
from gateway.services.passwords import hash_password, set_password
from gateway.services.principals import load_administrator
from gateway.services.sessions import SignedIn, end_sessions, open_session
from gateway.services.tries import Limit
from gateway.services.visits import Visit, paced
from gateway.statements import Statement, Tenant

PAUSE = Limit(1, timedelta(minutes=1))
HOURLY = Limit(5, timedelta(hours=1))
DAILY = Limit(10, timedelta(days=1))
"""Codes for the unknown browsers of one log-in together, and for each known one; in a day, of an administrator."""
BY_ADDRESS = Limit(30, timedelta(hours=1))
"""Requests from one network address, which an office shares."""

_VALID = timedelta(minutes=10)
_DIGITS = 6
_MOST_TRIES = 5

SUBJECT = Text(en="One-time code", ru="Одноразовый код")
BODY = Text(
    en="{code} is the code to set a password in the corporate gateway. It is valid for {minutes} minutes. "
    "Nobody of ours will ever ask for it.",
    ru="{code} — код для установки пароля в корпоративном шлюзе. Действует {minutes} минут. "
    "Никому его не сообщайте: наши сотрудники его не спрашивают.",
)
JUST_SENT = Text(
    en="A code was asked for just now. Another one can be asked for in a minute.",
    ru="Код только что запрошен. Следующий можно запросить через минуту.",
)
TOO_MANY = Text(
    en="Too many codes were asked for. Try again later.", ru="Запрошено слишком много кодов. Попробуйте позже."
)
BAD_CODE = Text(en="The code is wrong, used or expired.", ru="Код неверный, уже использован или истёк.")
BAD_CODE_HINT = Text(
    en="Enter the last code that was sent, in the browser in which it was asked for, or ask for another one.",
    ru="Введите последний присланный код в том же браузере, где он запрошен, или запросите новый.",
)

_CODES = metadata.tables["login_codes"]
_NEW = insert(_CODES).values(
    administrator_id=bindparam("its_id", type_=BigInteger),
    device_hash=bindparam("its_device", type_=LargeBinary),
    code_hash=bindparam("its_hash", type_=LargeBinary),
    expires_at=bindparam("its_end", type_=MOMENT),
    tries=0,
)
_MAKE = Statement(
    _NEW.on_conflict_do_update(
        index_elements=["administrator_id", "device_hash"],
        set_={name: _NEW.excluded[name] for name in ("code_hash", "expires_at", "tries")},
    )
)
_THIS = (
    _CODES.c.administrator_id == bindparam("its_id", type_=BigInteger),
    _CODES.c.device_hash == bindparam("its_device", type_=LargeBinary),
)
_TRY = Statement(
    update(_CODES)
    .where(*_THIS, _CODES.c.expires_at > func.now(), _CODES.c.tries < _MOST_TRIES)
    .values(tries=_CODES.c.tries + 1)
    .returning(_CODES.c.code_hash)
)
_USE = Statement(
    delete(_CODES)
    .where(*_THIS, _CODES.c.code_hash == bindparam("its_hash", type_=LargeBinary))
    .returning(_CODES.c.administrator_id)
)


@dataclass(frozen=True, slots=True)
class Asked:
    """When another code can be asked for, and why none is sent now, if so. It tells nothing of the log-in."""

    retry_at: datetime
    refusal: Refusal | None = None


async def request_code(visit: Visit, login: str) -> Asked:
    """Sends a code to an e-mail address or a phone number in any writing, if somebody signs in with it.

    Somebody or nobody is looked up and counted alike, and the code is made and sent after the answer, so neither the
    answer nor its time depends on who there is.
    """
    login = normal_login(login)
    found = await find_login(visit, login)
    device = device_bucket(visit, found)
    pause = await tries.claim(visit.db, visit.keyring.digest("code, pause", login, device), PAUSE)
    if not pause.allowed:
        return Asked(pause.until, Refusal(ErrorCode.ALREADY_DONE, JUST_SENT(), ("login",)))
    for bucket, limit in (
        (visit.keyring.digest("code, hour", login, device), HOURLY),
        (visit.keyring.digest("code, address", visit.ip), BY_ADDRESS),
    ):
        one = await tries.claim(visit.db, bucket, limit)
        if not one.allowed:
            return Asked(one.until, Refusal(ErrorCode.LOCKED, TOO_MANY(), ("login",)))
    visit.post.later(_send_code(visit, found, login, device))
    return Asked(pause.until)


async def _send_code(visit: Visit, found: Login | None, login: str, device: bytes) -> None:
    if found is None:
        return
    bucket = visit.keyring.digest("code, day", str(found.administrator_id), device)
    if not (await tries.claim(visit.db, bucket, DAILY)).allowed:
        return
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    await visit.db.fetch(
        Tenant(),
        _MAKE,
        its_id=found.administrator_id,
        its_device=device,
        its_hash=_digest(visit, found, code),
        its_end=datetime.now(UTC) + _VALID,
    )
    text = BODY.render(found.language, code=code, minutes=int(_VALID.total_seconds() / 60))
    if login == found.email:
        await visit.post.email(login, SUBJECT.render(found.language), text)
    else:
        await visit.post.sms(login, text)


async def reset_password(visit: Visit, login: str, code: str, password: str) -> SignedIn | None:
    """Sets a password by a code and opens a session; the administrator's other sessions end, and locks with them.

    Whoever is new accepts with it the invitation that the code is of.

    None means that the password is set, and to sign in the second factor is needed too. Raises `Refusal` BAD_CODE, the
    same and after the same time for an unknown log-in, or the one of `check_password`, which leaves the code unused.
    """
    login = normal_login(login)
    await check_password(password, [login], "password")
    async with paced():
        found = await find_login(visit, login)
        device = device_bucket(visit, found)
        digest = await _tried(visit, found, device, bare(code))
        password_hash = await hash_password(password)
        principal = await load_administrator(visit.db, found.administrator_id, found.name) if found else None
        if found is None or principal is None or digest is None:
            raise Refusal(ErrorCode.BAD_CODE, BAD_CODE(), ("code",), hint=BAD_CODE_HINT())
        async with visit.db.transaction(Tenant(principal.companies)) as session:
            within = partial(run, session)
            if not await within(_USE, its_id=principal.id, its_device=device, its_hash=digest):
                raise Refusal(ErrorCode.BAD_CODE, BAD_CODE(), ("code",), hint=BAD_CODE_HINT())
            await set_password(within, principal.id, password_hash)
            await end_sessions(within, principal.id)
            await forget_tries(visit, within, found, unlock=True)
            await append_everywhere(
                within, principal, by_themselves(visit, principal), OwnAction.PASSWORD_RESET, {"ip": visit.ip}
            )
    if found.password_hash is None and not principal.companies:
        await invitations.accept_first(visit, principal)
        found = await find_login(visit, login) or found
    return None if found.second_factor else await open_session(visit, found, remember=False)


async def _tried(visit: Visit, found: Login | None, device: bytes, code: str) -> bytes | None:
    """Counts a try of the code that was sent to this browser; its digest when it is right."""
    if found is None:
        return None
    rows = await visit.db.fetch(Tenant(), _TRY, its_id=found.administrator_id, its_device=device)
    digest = _digest(visit, found, code)
    return digest if rows and hmac.compare_digest(rows[0]["code_hash"], digest) else None


def _digest(visit: Visit, found: Login, code: str) -> bytes:
    return visit.keyring.digest("code", str(found.administrator_id), code)
