"""Second factors: authenticator apps (TOTP, RFC 6238), and recovery codes for whoever has lost theirs."""

import hmac
import secrets
import time
from base64 import b32encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import BigInteger, LargeBinary, String, bindparam, delete, exists, func, insert, or_, select, update

from authz.principal import Principal
from gateway.db import run
from gateway.kit.digits import bare
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Text, is_line
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.models.credentials import SecondFactorKind
from gateway.services import tries
from gateway.services.own_journal import OwnAction, append_everywhere, by_themselves
from gateway.services.principals import load_administrator
from gateway.services.running import Run
from gateway.services.step_up import require_step_up
from gateway.services.tries import Limit
from gateway.services.visits import Visit
from gateway.statements import Statement, Tenant

ISSUER = "Gateway"
MOST = 10
"""Second factors of one administrator."""

BAD_CODE = Text(en="The code is wrong, used or expired.", ru="Код неверный, уже использован или истёк.")
BAD_CODE_HINT = Text(
    en="Enter the code that your authenticator app shows now, if you have one, or one of the recovery codes. Each "
    "works once. With a passkey sign in by passkeyLogin.",
    ru="Введите код, который сейчас показывает приложение, если оно у вас есть, или один из кодов восстановления. "
    "Каждый действует один раз. С ключом доступа входите через passkeyLogin.",
)
FIRST_CODE_HINT = Text(
    en="Enter the code that the new authenticator app shows now; look whether the clock of its phone is right.",
    ru="Введите код, который сейчас показывает новое приложение; проверьте, верно ли идут часы телефона.",
)
IN_FORCE = Text(en="This authenticator app is in use already.", ru="Это приложение уже используется.")
TOO_MANY_CODES = Text(
    en="The code was wrong too often. Try again in an hour.",
    ru="Код слишком часто вводился неверно. Попробуйте через час.",
)
NO_FACTOR = Text(en="There is no second factor with this id among yours.", ru="Среди ваших вторых факторов такого нет.")
TOO_MANY = Text(
    en="{most} second factors are the most one may have. Remove one first.",
    ru="Можно иметь не больше {most} вторых факторов. Сначала удалите лишний.",
)
BAD_NAME = Text(
    en="A name has 1 to {longest} printable characters.", ru="Название — от 1 до {longest} печатных символов."
)
NO_PERSON = Text(en="An API key has no second factors.", ru="У ключа API нет вторых факторов.")
NONE_YET = Text(
    en="Recovery codes stand in for a second factor; add one first.",
    ru="Коды восстановления заменяют второй фактор; сначала добавьте его.",
)

_STEP = 30
_DRIFT = 1
"""Steps that a phone's clock may be off, to either side."""
_WRONG_CODES = Limit(5, timedelta(hours=1))
_RECOVERY_CODES = 10
_LONGEST_NAME = 100

_FACTORS, _RECOVERY = metadata.tables["second_factors"], metadata.tables["recovery_codes"]
_OWNER = _FACTORS.c.administrator_id == bindparam("its_id", type_=BigInteger)
_THIS = (_OWNER, _FACTORS.c.id == bindparam("factor_id", type_=BigInteger))
_IN_FORCE = _FACTORS.c.confirmed_at.is_not(None)
_COUNT = Statement(select(func.count().label("count")).where(_OWNER, _IN_FORCE))
_FORGET_UNCONFIRMED = Statement(delete(_FACTORS).where(_OWNER, _FACTORS.c.confirmed_at.is_(None)))
_ADD_APP = Statement(
    insert(_FACTORS)
    .values(
        administrator_id=bindparam("its_id", type_=BigInteger),
        kind=SecondFactorKind.TOTP,
        name=bindparam("its_name", type_=String),
        created_at=bindparam("now", type_=MOMENT),
        secret=bindparam("its_secret", type_=LargeBinary),
    )
    .returning(_FACTORS.c.id)
)
_APPS = Statement(
    select(*(_FACTORS.c[name] for name in ("id", "name", "secret", "confirmed_at"))).where(
        _OWNER,
        _FACTORS.c.kind == SecondFactorKind.TOTP,
        or_(_IN_FORCE, _FACTORS.c.id == bindparam("factor_id", type_=BigInteger)),
    )
)
# A step counts once: of codes that come at the same moment, or again, the first one only.
_USE_STEP = Statement(
    update(_FACTORS)
    .where(*_THIS, func.coalesce(_FACTORS.c.last_step, 0) < bindparam("step", type_=BigInteger))
    .values(
        last_step=bindparam("step", type_=BigInteger),
        confirmed_at=func.coalesce(_FACTORS.c.confirmed_at, bindparam("now", type_=MOMENT)),
    )
    .returning(_FACTORS.c.id)
)
_REMOVE = Statement(delete(_FACTORS).where(*_THIS, _IN_FORCE).returning(_FACTORS.c.kind, _FACTORS.c.name))
_REMOVE_ALL = Statement(delete(_FACTORS).where(_OWNER).returning(_FACTORS.c.kind, _FACTORS.c.name))
_RECOVERY_OWNER = _RECOVERY.c.administrator_id == bindparam("its_id", type_=BigInteger)
_USE_RECOVERY = Statement(
    delete(_RECOVERY)
    .where(_RECOVERY_OWNER, _RECOVERY.c.code_hash == bindparam("its_hash", type_=LargeBinary))
    .returning(_RECOVERY.c.administrator_id)
)
_ADD_RECOVERY = Statement(
    insert(_RECOVERY).values(
        administrator_id=bindparam("its_id", type_=BigInteger), code_hash=bindparam("its_hash", type_=LargeBinary)
    )
)
_FORGET_RECOVERY = Statement(delete(_RECOVERY).where(_RECOVERY_OWNER))
_HAS_RECOVERY = Statement(select(exists().where(_RECOVERY_OWNER).label("found")))


@dataclass(frozen=True, slots=True)
class NewApp:
    """An authenticator app to be: its secret, and the otpauth:// address that is shown as a QR code."""

    factor_id: int
    secret: str
    uri: str


async def add_app(visit: Visit, principal: Principal, session_id: int | None, name: str) -> NewApp:
    """Makes the secret of an authenticator app. The app counts from its first right code on. Raises `Refusal`."""
    name = await may_add(visit, principal, session_id, name)
    secret = secrets.token_bytes(20)
    async with visit.db.transaction(Tenant()) as session:
        within = partial(run, session)
        await within(_FORGET_UNCONFIRMED, its_id=principal.id)
        sealed, now = visit.keyring.seal(secret), datetime.now(UTC)
        [row] = await within(_ADD_APP, its_id=principal.id, its_name=name, its_secret=sealed, now=now)
    return NewApp(row["id"], b32encode(secret).decode(), _totp(secret).get_provisioning_uri(principal.name, ISSUER))


async def confirm_app(visit: Visit, principal: Principal, factor_id: int, code: str) -> list[str]:
    """Takes an app into use by its first code; gives recovery codes to whoever has none. Raises `Refusal`."""
    bucket = visit.keyring.digest("confirm", str(principal.id))
    if not (await tries.claim(visit.db, bucket, _WRONG_CODES)).allowed:
        raise Refusal(ErrorCode.LOCKED, TOO_MANY_CODES(), ("code",))
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        apps = await within(_APPS, its_id=principal.id, factor_id=factor_id)
        app = next((app for app in apps if app["id"] == factor_id), None)
        if app is None or principal.kind != "administrator":
            raise Refusal(ErrorCode.NOT_FOUND, NO_FACTOR(), ("id",))
        if app["confirmed_at"] is not None:
            raise Refusal(ErrorCode.ALREADY_DONE, IN_FORCE(), ("id",))
        if not await _use(within, visit, principal.id, factor_id, app["secret"], bare(code)):
            raise Refusal(ErrorCode.BAD_CODE, BAD_CODE(), ("code",), hint=FIRST_CODE_HINT())
        await tries.forget(within, bucket)
        return await added(visit, within, principal, factor_id, SecondFactorKind.TOTP, app["name"])


async def remove_factor(visit: Visit, principal: Principal, session_id: int | None, factor_id: int) -> None:
    """Removes a second factor of the caller; with the last one the recovery codes too. Raises `Refusal`."""
    await require_step_up(visit.db, principal, session_id)
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        rows = (
            await within(_REMOVE, its_id=principal.id, factor_id=factor_id) if principal.kind == "administrator" else []
        )
        if not rows:
            raise Refusal(ErrorCode.NOT_FOUND, NO_FACTOR(), ("id",))
        [left] = await within(_COUNT, its_id=principal.id)
        if left["count"] == 0:
            await within(_FORGET_RECOVERY, its_id=principal.id)
        await append_everywhere(
            within,
            principal,
            by_themselves(visit, principal),
            OwnAction.SECOND_FACTOR_REMOVE,
            {},
            subject=encode(Kind.SECOND_FACTOR, factor_id),
            before=dict(rows[0]),
        )


async def remove_all(run: Run, administrator_id: int) -> list[dict[str, str]]:
    """Removes all second factors of an administrator with the recovery codes; kind and name of each."""
    removed = await run(_REMOVE_ALL, its_id=administrator_id)
    await run(_FORGET_RECOVERY, its_id=administrator_id)
    return [dict(each) for each in removed]


async def renew_recovery_codes(visit: Visit, principal: Principal, session_id: int | None) -> list[str]:
    """New recovery codes in the place of all old ones. Raises `Refusal`."""
    _check_person(principal)
    await require_step_up(visit.db, principal, session_id)
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        [factors] = await within(_COUNT, its_id=principal.id)
        if factors["count"] == 0:
            raise Refusal(ErrorCode.NOT_AVAILABLE, NONE_YET())
        codes = await _recovery_codes(visit, within, principal.id)
        await append_everywhere(within, principal, by_themselves(visit, principal), OwnAction.RECOVERY_CODES_RENEW, {})
    return codes


async def verify_code(visit: Visit, administrator_id: int, name: str, code: str) -> bool:
    """Whether it is the code that an app shows now, or a recovery code. Either way it is used up by this.

    The caller counts wrong tries.
    """
    async with visit.db.transaction(Tenant()) as session:
        within = partial(run, session)
        for app in await within(_APPS, its_id=administrator_id, factor_id=None):
            if await _use(within, visit, administrator_id, app["id"], app["secret"], bare(code)):
                return True
    principal = await load_administrator(visit.db, administrator_id, name)
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        if not await within(_USE_RECOVERY, its_id=administrator_id, its_hash=_digest(visit, administrator_id, code)):
            return False
        await append_everywhere(
            within, principal, by_themselves(visit, principal), OwnAction.RECOVERY_CODE_USE, {"ip": visit.ip}
        )
    return True


async def may_add(visit: Visit, principal: Principal, session_id: int | None, name: str) -> str:
    """The name of a second factor that the caller may add. Raises `Refusal` when they may not, or the name is none."""
    _check_person(principal)
    await require_step_up(visit.db, principal, session_id)
    name = name.strip()
    if not is_line(name, _LONGEST_NAME):
        raise Refusal(ErrorCode.INVALID, BAD_NAME(longest=_LONGEST_NAME), ("name",))
    [row] = await visit.db.fetch(Tenant(), _COUNT, its_id=principal.id)
    if row["count"] >= MOST:
        raise Refusal(ErrorCode.TOO_LARGE, TOO_MANY(most=MOST))
    return name


async def added(
    visit: Visit, within: Run, principal: Principal, factor_id: int, kind: SecondFactorKind, name: str
) -> list[str]:
    """Journals a second factor that is in force from now on; recovery codes for whoever has none, else nothing."""
    [recovery] = await within(_HAS_RECOVERY, its_id=principal.id)
    codes = [] if recovery["found"] else await _recovery_codes(visit, within, principal.id)
    await append_everywhere(
        within,
        principal,
        by_themselves(visit, principal),
        OwnAction.SECOND_FACTOR_ADD,
        {},
        subject=encode(Kind.SECOND_FACTOR, factor_id),
        after={"kind": kind, "name": name},
    )
    return codes


def _check_person(principal: Principal) -> None:
    if principal.kind != "administrator":
        raise Refusal(ErrorCode.FORBIDDEN, NO_PERSON())


async def _use(within: Run, visit: Visit, administrator_id: int, factor_id: int, sealed: bytes, code: str) -> bool:
    """Whether it is the app's code of a step that was not used yet; then it is now."""
    totp, now = _totp(visit.keyring.unseal(sealed)), int(time.time()) // _STEP
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if hmac.compare_digest(totp.generate(step * _STEP), code.encode()):
            used = {"its_id": administrator_id, "factor_id": factor_id, "step": step, "now": datetime.now(UTC)}
            return bool(await within(_USE_STEP, **used))
    return False


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, 6, SHA1(), _STEP)  # what all authenticator apps understand


async def _recovery_codes(visit: Visit, within: Run, administrator_id: int) -> list[str]:
    await within(_FORGET_RECOVERY, its_id=administrator_id)
    codes = [b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(_RECOVERY_CODES)]
    for code in codes:
        await within(_ADD_RECOVERY, its_id=administrator_id, its_hash=_digest(visit, administrator_id, code))
    return ["-".join(code[place : place + 4] for place in range(0, len(code), 4)) for code in codes]


def _digest(visit: Visit, administrator_id: int, code: str) -> bytes:
    return visit.keyring.digest("recovery", str(administrator_id), bare(code).lower())
