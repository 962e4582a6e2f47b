"""Log-ins: whom an e-mail or a phone number means, and how many wrong tries each may have."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import BigInteger, LargeBinary, String, bindparam, func, select, update

from gateway.db import run
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.phones import parse_msisdn
from gateway.kit.texts import Language, Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.services import tries
from gateway.services.own_journal import OwnAction, append_everywhere, by_system
from gateway.services.principals import load_administrator
from gateway.services.running import Run
from gateway.services.tries import Limit, Try
from gateway.services.visits import Visit
from gateway.statements import Statement, Tenant

WRONG_TRIES = Limit(5, timedelta(hours=1))

LOCKED = Text(
    en="Too many wrong tries: for about {minutes} {minutes:minute|minutes} this log-in is locked for this browser.",
    ru="Слишком много неверных попыток: примерно на {minutes} {minutes:минуту|минуты|минут} "
    "вход с этим логином закрыт для этого браузера.",
)
UNLOCK = Text(
    en="Ask for a one-time code and set a password with it: that unlocks at once. "
    "Browsers in which you signed in before are not locked.",
    ru="Запросите одноразовый код и задайте с ним пароль: вход сразу откроется. "
    "Браузеры, в которых вы уже входили, не заблокированы.",
)

_LONGEST = 300
_ADMINISTRATORS = metadata.tables["administrators"]
_FIND = Statement(
    select(
        func.find_login(
            bindparam("login", type_=String),
            bindparam("administrator_id", type_=BigInteger),
            bindparam("device_hash", type_=LargeBinary),
        ).table_valued(
            *("administrator_id", "name", "language", "email", "phone", "alert_email", "alert_sms"),
            *("password_hash", "known_device", "second_factor"),
        )
    )
)
_LOCK = Statement(
    update(_ADMINISTRATORS)
    .where(_ADMINISTRATORS.c.id == bindparam("its_id", type_=BigInteger))
    .values(locked_until=bindparam("until", type_=MOMENT))
)


@dataclass(frozen=True, slots=True)
class Login:
    """What an administrator signs in with, and whether this browser is known to them."""

    administrator_id: int
    name: str
    language: Language
    email: str | None
    phone: str | None
    alert_email: bool
    alert_sms: bool
    password_hash: str | None
    known_device: bool
    second_factor: bool


def normal_login(login: str) -> str:
    """How a log-in is kept: an e-mail in lower case, a phone number as digits. Anything else is left, and not found."""
    login = login[:_LONGEST].replace("\0", "").strip()
    if "@" in login:
        return login.lower()
    try:
        return parse_msisdn(login)
    except InvalidValue:
        return login


async def find_login(visit: Visit, login: str) -> Login | None:
    """Whom a normal log-in means; None for nobody."""
    return await _find(visit, login=login, administrator_id=None)


async def find_administrator(visit: Visit, administrator_id: int) -> Login | None:
    """The log-in of an administrator who is known by something else."""
    return await _find(visit, login=None, administrator_id=administrator_id)


async def _find(visit: Visit, **by: object) -> Login | None:
    rows = await visit.db.fetch(Tenant(), _FIND, device_hash=visit.device_hash, **by)
    return Login(**{**rows[0], "language": Language[rows[0]["language"]]}) if rows else None


def device_bucket(visit: Visit, found: Login | None) -> bytes:
    """What tells browsers of an administrator apart: each known one by itself, all unknown ones together."""
    return visit.device_hash if found is not None and found.known_device else b""


def wrong_tries(visit: Visit, found: Login | None, login: str) -> bytes:
    """The bucket of wrong tries: a known browser's own, and for all unknown ones together the log-in's, as it is typed.

    An e-mail and a phone number of one person are counted apart, as two of nobody are: nothing tells that they belong
    together, or that anybody has them.
    """
    if found is None or not found.known_device:
        return visit.keyring.digest("sign in, unknown browser", login)
    return visit.keyring.digest("sign in", str(found.administrator_id), visit.device_hash)


async def claim_try(visit: Visit, found: Login | None, login: str) -> Try:
    """Counts a try to sign in. Raises `Refusal` LOCKED after too many, and writes the lock down with the last one."""
    one = await tries.claim(visit.db, wrong_tries(visit, found, login), WRONG_TRIES)
    if not one.allowed:
        minutes = max(1, round((one.until - datetime.now(UTC)).total_seconds() / 60))
        raise Refusal(ErrorCode.LOCKED, LOCKED(minutes=minutes), hint=UNLOCK())
    return one


async def lock(visit: Visit, found: Login, until: datetime) -> None:
    """Writes down that wrong tries have locked a log-in: for unknown browsers, or for this known one only."""
    principal = await load_administrator(visit.db, found.administrator_id, found.name)
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        if not found.known_device:
            await within(_LOCK, its_id=principal.id, until=until)
        details = {"ip": visit.ip, "known_device": found.known_device}
        await append_everywhere(within, principal, by_system(visit), OwnAction.LOCK, details)


async def forget_tries(visit: Visit, within: Run, found: Login, *, unlock: bool = False) -> None:
    """Forgets the wrong tries of this browser; to `unlock`, those of unknown browsers too. Inside a transaction."""
    if found.known_device:
        await tries.forget(within, wrong_tries(visit, found, ""))
    if unlock or not found.known_device:
        unknown = replace(found, known_device=False)
        for login in filter(None, (found.email, found.phone)):
            await tries.forget(within, wrong_tries(visit, unknown, login))
        await within(_LOCK, its_id=found.administrator_id, until=None)
