"""Idempotency keys: a repeated mutation gets the answer of the first one, and changes nothing again."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeAlias

import orjson
from sqlalchemy import ARRAY, BigInteger, LargeBinary, String, any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Text, is_line
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.services.journal import Origin
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

KEPT = timedelta(hours=24)
LONGEST_KEY = 255

MALFORMED = Text(
    en="An idempotency key has 1 to {longest} printable characters.",
    ru="Ключ идемпотентности — от 1 до {longest} печатных символов.",
)
MISMATCH = Text(
    en="This idempotency key was used with another input before.",
    ru="Этот ключ идемпотентности уже использован с другими данными.",
)
NEW_KEY = Text(
    en="Take a new key for each new intention; use one again only to repeat the same input.",
    ru="Для каждого нового действия берите новый ключ; прежний нужен только для повтора с теми же данными.",
)

Answer: TypeAlias = dict[str, Any]
"""What is kept: a JSON object."""

_KEYS = metadata.tables["idempotency_keys"]
_NAMED = ("company_id", "actor", "key")
_SAME = [_KEYS.c[name] == bindparam(f"its_{name}", type_=_KEYS.c[name].type) for name in _NAMED]
_CLAIM_VALUES = {
    "company_id": bindparam("its_company_id", type_=BigInteger),
    "actor": bindparam("its_actor", type_=String),
    "key": bindparam("its_key", type_=String),
    "request_hash": bindparam("its_request_hash", type_=LargeBinary),
    "created_at": bindparam("moment", type_=MOMENT),
}
_NEW = insert(_KEYS).values(_CLAIM_VALUES)
_CLAIM = Statement(
    _NEW.on_conflict_do_update(
        index_elements=_NAMED,
        set_={"request_hash": _NEW.excluded.request_hash, "created_at": _NEW.excluded.created_at},
        where=_KEYS.c.created_at <= bindparam("forgotten", type_=MOMENT),
    ).returning(_KEYS.c.key)
)
_FORGET = Statement(
    delete(_KEYS).where(
        _KEYS.c.company_id == any_(bindparam("companies", type_=ARRAY(BigInteger))),
        _KEYS.c.created_at <= bindparam("forgotten", type_=MOMENT),
    )
)
_FIND = Statement(select(_KEYS.c.request_hash, _KEYS.c.answer).where(*_SAME))
_KEEP = Statement(update(_KEYS).where(*_SAME).values(answer=bindparam("its_answer", type_=JSONB)))


async def forget(db: Database, companies: Sequence[int], moment: datetime) -> None:
    """Drops the keys of these companies that are too old to count."""
    await db.fetch(Tenant(tuple(companies)), _FORGET, companies=companies, forgotten=moment - KEPT)


async def once(
    run: Run,
    key: str | None,
    act: Callable[[], Awaitable[Answer]],
    *,
    company_id: int,
    origin: Origin,
    request: object,
    moment: datetime | None = None,
) -> Answer:
    """Acts and keeps the answer under the caller's key, in the transaction of `run`; a repeated key gets the kept one.

    `request` is the whole input with the name of what is asked, as JSON. A repetition that comes while the first is
    still at work waits for it. What was refused, or failed, keeps nothing, since its transaction is rolled back: it
    may be tried again under the same key. Keys belong to their actor and company and are forgotten after 24 hours.
    Raises `Refusal` IDEMPOTENCY_MISMATCH for a key that came with another input.
    """
    if key is None:
        return await act()
    if not is_line(key, LONGEST_KEY):
        raise Refusal(ErrorCode.INVALID, MALFORMED(longest=LONGEST_KEY), ("idempotencyKey",))
    actor = f"{origin.actor_kind}:{origin.actor_id}"
    its = {"its_company_id": company_id, "its_actor": actor, "its_key": key}
    moment = moment or datetime.now(UTC)
    digest = sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).digest()
    if not await run(_CLAIM, **its, its_request_hash=digest, moment=moment, forgotten=moment - KEPT):
        kept = (await run(_FIND, **its))[0]
        if kept["request_hash"] != digest:
            raise Refusal(ErrorCode.IDEMPOTENCY_MISMATCH, MISMATCH(), ("idempotencyKey",), hint=NEW_KEY())
        answer: Answer = kept["answer"]
        return answer
    answer = await act()
    await run(_KEEP, **its, its_answer=answer)
    return answer
