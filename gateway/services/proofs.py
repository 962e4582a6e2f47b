"""Proving anew who one is, for what needs a fresh proof."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from authz.principal import Principal
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text
from gateway.services import tries
from gateway.services.logins import find_administrator
from gateway.services.passkeys import bad_passkey, verify_passkey
from gateway.services.password_changes import verify_own_password
from gateway.services.second_factors import BAD_CODE, TOO_MANY_CODES, verify_code
from gateway.services.step_up import PASSWORD, note_proof, proof_of
from gateway.services.tries import Limit
from gateway.services.visits import Visit, paced
from gateway.statements import Tenant

NO_SESSION = Text(
    en="Only a person in a session can prove anything; an API key needs no proof.",
    ru="Подтвердить себя может только человек в своём сеансе; ключу API это не нужно.",
)
NO_PROOF = Text(en="Send {proof}.", ru="Нужно отправить {proof}.")

_WRONG_CODES = Limit(5, timedelta(hours=1))


async def step_up(
    visit: Visit,
    principal: Principal,
    session_id: int | None,
    *,
    code: str | None = None,
    password: str | None = None,
    credential: Mapping[str, Any] | None = None,
) -> datetime:
    """Proves that the caller is the person of the session, and tells until when that counts. Raises `Refusal`.

    A code of a second factor or a passkey proves it; the password does for those who have no second factor only.
    """
    if session_id is None or principal.kind != "administrator":
        raise Refusal(ErrorCode.FORBIDDEN, NO_SESSION())
    async with paced():
        own = await find_administrator(visit, principal.id)
        if own is not None and own.second_factor:
            await _by_second_factor(visit, principal, code, credential)
        elif password is not None:
            await verify_own_password(visit, principal, password, "password")
        else:
            raise Refusal(ErrorCode.REQUIRED, NO_PROOF(proof=PASSWORD), ("password",))
    return await note_proof(visit.db, session_id)


async def _by_second_factor(
    visit: Visit, principal: Principal, code: str | None, credential: Mapping[str, Any] | None
) -> None:
    if credential is not None:
        if await verify_passkey(visit, credential) != principal.id:
            raise bad_passkey()
    elif code is not None:
        bucket = visit.keyring.digest("step up", str(principal.id))
        if not (await tries.claim(visit.db, bucket, _WRONG_CODES)).allowed:
            raise Refusal(ErrorCode.LOCKED, TOO_MANY_CODES(), ("code",))
        if not await verify_code(visit, principal.id, principal.name, code):
            hint = NO_PROOF(proof=await proof_of(visit.db, principal))
            raise Refusal(ErrorCode.BAD_CODE, BAD_CODE(), ("code",), hint=hint)
        await tries.forget(partial(visit.db.fetch, Tenant()), bucket)
    else:
        raise Refusal(ErrorCode.REQUIRED, NO_PROOF(proof=await proof_of(visit.db, principal)), ("code",))
