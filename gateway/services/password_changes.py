"""Changing one's own password, by the current one."""

from functools import partial

from authz.principal import Principal
from gateway.db import run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.services import tries
from gateway.services.logins import WRONG_TRIES, find_administrator
from gateway.services.own_journal import OwnAction, append_everywhere, by_themselves
from gateway.services.password_policy import check_password
from gateway.services.passwords import hash_password, set_password, verify_password
from gateway.services.sessions import end_sessions
from gateway.services.visits import Visit
from gateway.statements import Tenant

WRONG_PASSWORD = Text(en="The current password is wrong.", ru="Текущий пароль неверен.")
SAME_PASSWORD = Text(en="That is the current password already.", ru="Это и есть текущий пароль.")
TOO_MANY = Text(
    en="The current password was wrong too often. Try again in an hour, or set one by a one-time code.",
    ru="Текущий пароль слишком часто вводился неверно. Попробуйте через час или задайте новый по одноразовому коду.",
)
NO_PERSON = Text(en="An API key has no password.", ru="У ключа API нет пароля.")


async def verify_own_password(visit: Visit, principal: Principal, password: str, *field: str) -> None:
    """Raises `Refusal` BAD_CREDENTIALS at `field` when it is not the caller's password, LOCKED after too many tries.

    Whoever holds a stolen session must not find out the password by trying.
    """
    if principal.kind != "administrator":
        raise Refusal(ErrorCode.FORBIDDEN, NO_PERSON())
    bucket = visit.keyring.digest("own password", str(principal.id))
    if not (await tries.claim(visit.db, bucket, WRONG_TRIES)).allowed:
        raise Refusal(ErrorCode.LOCKED, TOO_MANY(), field)
    own = await find_administrator(visit, principal.id)
    if not await verify_password(password, own.password_hash if own else None):
        raise Refusal(ErrorCode.BAD_CREDENTIALS, WRONG_PASSWORD(), field)
    await tries.forget(partial(visit.db.fetch, Tenant()), bucket)


async def change_password(visit: Visit, principal: Principal, session_id: int | None, current: str, new: str) -> int:
    """Gives the caller a new password and ends their other sessions; tells how many these were. Raises `Refusal`."""
    await verify_own_password(visit, principal, current, "currentPassword")
    own = await find_administrator(visit, principal.id)
    known = [each for each in (own.email, own.phone) if each] if own else []
    if new == current:
        raise Refusal(ErrorCode.ALREADY_DONE, SAME_PASSWORD(), ("newPassword",))
    await check_password(new, [*known, principal.name], "newPassword")
    password_hash = await hash_password(new)
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        await set_password(within, principal.id, password_hash)
        ended = await end_sessions(within, principal.id, kept_id=session_id)
        await append_everywhere(
            within,
            principal,
            by_themselves(visit, principal),
            OwnAction.PASSWORD_CHANGE,
            {"ended_sessions": ended},
        )
    return ended
