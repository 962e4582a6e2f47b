"""Keys of integrations: made with roles that their maker holds, renewed with an overlap, ended."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, BigInteger, LargeBinary, String, any_, bindparam, insert, select, update

from authz.actions import Action
from authz.principal import Principal
from authz.roles import BuiltInRole
from authz.scope import scope
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Text, is_line
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.services import giving, holdings, journal
from gateway.services.giving import HeldRole, Place
from gateway.services.holdings import Holdings
from gateway.services.idempotency import Answer, once
from gateway.services.journal import NewEntry, Origin
from gateway.services.principals import hash_token
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

LONGEST_NAME = 100
MOST_KEYS = 100
MOST_ROLES = 20
LONGEST_OVERLAP = timedelta(days=7)

_BEGINNING = "gw_live_"
_SHOWN = len(_BEGINNING) + 4

NO_KEY = Text(en="There is no such API key, or not for you.", ru="Такого ключа API нет, или он вам недоступен.")
NO_NAME = Text(
    en="A key's name has 1 to {longest} printable characters.",
    ru="Название ключа — от 1 до {longest} печатных символов.",
)
NAME_TAKEN = Text(
    en="The company has a key “{name}” already. Rotate it, or take another name.",
    ru="Ключ «{name}» в компании уже есть. Обновите его секрет или выберите другое название.",
)
NO_ROLES = Text(
    en="Name 1 to {most} roles; a key without a role could do nothing.",
    ru="Укажите от 1 до {most} ролей: без роли ключ ничего не может.",
)
NO_OWNER = Text(en="A key can't be an owner; owners are people.", ru="Ключ не может быть владельцем: владельцы — люди.")
TOO_MANY = Text(
    en="A company has at most {most} keys. End those that nobody uses.",
    ru="У компании не больше {most} ключей. Отзовите те, которыми никто не пользуется.",
)
IN_THE_PAST = Text(
    en="This moment is over. Name a later one, or leave it out for a key without an end.",
    ru="Этот момент уже прошёл. Укажите более поздний или не указывайте его: тогда ключ бессрочный.",
)
EXPIRED = Text(
    en="The key has expired: a new secret would not work. Make another key.",
    ru="Срок действия ключа истёк: новый секрет не будет работать. Создайте другой ключ.",
)
OVERLAP = Text(
    en="The old secret can go on working for 0 to {hours} hours.",
    ru="Прежний секрет может работать ещё от 0 до {hours} часов.",
)

CREATED = Text(en="API key “{key}” was made with {roles}: {place}", ru="Создан ключ API «{key}»: {roles}, {place}")
ROTATED = Text(en="API key “{key}” got a new secret", ru="Ключ API «{key}» получил новый секрет")
REVOKED = Text(en="API key “{key}” was ended", ru="Отозван ключ API «{key}»")

_KEYS, _GRANTS = metadata.tables["api_keys"], metadata.tables["grants"]
_COMPANY, _ID = bindparam("company_id", type_=BigInteger), bindparam("id", type_=BigInteger)
_SHOWN_COLUMNS = [_KEYS.c[name] for name in ("company_id", "id", "name", "prefix", "expires_at", "last_used_at")]
_IN_FORCE = _KEYS.c.revoked_at.is_(None)
_COMPANY_OF = Statement(
    select(_KEYS.c.company_id).where(
        _KEYS.c.company_id == any_(bindparam("companies", type_=ARRAY(BigInteger))), _KEYS.c.id == _ID, _IN_FORCE
    )
)
_OF_COMPANY = Statement(select(*_SHOWN_COLUMNS).where(_KEYS.c.company_id == _COMPANY, _IN_FORCE))
_SECRET = {
    "prefix": bindparam("its_prefix", type_=String),
    "secret_hash": bindparam("its_secret_hash", type_=LargeBinary),
    "known_to": bindparam("its_known_to", type_=ARRAY(BigInteger)),
}
_KNOWN_TO = Statement(select(_KEYS.c.known_to).where(_KEYS.c.company_id == _COMPANY, _KEYS.c.id == _ID))
_INSERT = Statement(
    insert(_KEYS)
    .values(
        company_id=_COMPANY,
        name=bindparam("its_name", type_=String),
        expires_at=bindparam("its_expires_at", type_=MOMENT),
        **_SECRET,
    )
    .returning(*_SHOWN_COLUMNS)
)
_GIVE = Statement(
    insert(_GRANTS).values(
        company_id=_COMPANY,
        api_key_id=_ID,
        role=bindparam("its_role", type_=String),
        role_id=bindparam("its_role_id", type_=BigInteger),
        department_id=bindparam("its_department_id", type_=BigInteger),
    )
)
_ROTATE = Statement(
    update(_KEYS)
    .where(_KEYS.c.company_id == _COMPANY, _KEYS.c.id == _ID)
    .values(previous_hash=_KEYS.c.secret_hash, previous_until=bindparam("its_previous_until", type_=MOMENT), **_SECRET)
    .returning(*_SHOWN_COLUMNS)
)
_REVOKE = Statement(
    update(_KEYS)
    .where(_KEYS.c.company_id == _COMPANY, _KEYS.c.id == _ID)
    .values(revoked_at=bindparam("moment", type_=MOMENT))
)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """The row of a key and its secret, which nobody can read again: it is empty when a mutation was repeated."""

    row: dict[str, Any]
    secret: str


async def create(
    db: Database,
    principal: Principal,
    company_id: int,
    name: str,
    role_numbers: Sequence[int],
    *,
    department_id: int | None = None,
    expires_at: datetime | None = None,
    session_id: int | None,
    origin: Origin,
    idempotency_key: str | None = None,
) -> NewSecret:
    """Makes a key with these roles over the company, or over one department and below.

    Raises `Refusal` FORBIDDEN where the caller holds less than the roles speak of, STEP_UP_REQUIRED for a key that may
    apply bulk changes, INVALID, CONFLICT for a name that a key in force has.
    """
    name, moment = " ".join(name.split()), datetime.now(UTC)
    if not is_line(name, LONGEST_NAME):
        raise Refusal(ErrorCode.INVALID, NO_NAME(longest=LONGEST_NAME), ("name",))
    numbers = list(dict.fromkeys(role_numbers))
    if not 1 <= len(numbers) <= MOST_ROLES:
        raise Refusal(ErrorCode.REQUIRED, NO_ROLES(most=MOST_ROLES), ("roleIds",))
    if expires_at is not None and expires_at <= moment:
        raise Refusal(ErrorCode.INVALID, IN_THE_PAST(), ("expiresAt",))
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        place = await giving.find_place(within, principal, company_id, department_id)
        secret = ""

        async def act() -> Answer:
            nonlocal secret
            secret, columns = _new_secret()
            held = await holdings.load(within, company_id, lock=True)
            columns["its_known_to"] = await _shown_to(within, company_id, principal)
            maker = held.principal(principal.kind, principal.id)
            giving.require(maker, Action.API_KEY_CREATE, place)
            roles = [await giving.find_role(within, company_id, number, "roleIds") for number in numbers]
            if any(role.built_in is BuiltInRole.OWNER for role in roles):
                raise Refusal(ErrorCode.NOT_AVAILABLE, NO_OWNER(), ("roleIds",))
            actions = frozenset[str]().union(*(role.actions for role in roles))
            giving.require_no_more(maker, actions, place, "roleIds")
            await giving.require_proof(db, principal, session_id, actions)
            others = await within(_OF_COMPANY, company_id=company_id)
            if any(other["name"].casefold() == name.casefold() for other in others):
                raise Refusal(ErrorCode.CONFLICT, NAME_TAKEN(name=name), ("name",))
            if len(others) >= MOST_KEYS:
                raise Refusal(ErrorCode.TOO_LARGE, TOO_MANY(most=MOST_KEYS))
            (row,) = await within(_INSERT, company_id=company_id, its_name=name, its_expires_at=expires_at, **columns)
            for role in roles:
                given = {f"its_{column}": value for column, value in role.columns.items()}
                await within(_GIVE, company_id=company_id, id=row["id"], its_department_id=department_id, **given)
            entry = NewEntry(
                action=Action.API_KEY_CREATE,
                subject=encode(Kind.API_KEY, row["id"]),
                after=_shown(row) | {"roles": [role.id for role in roles], "department": _department(place)},
                details={"names": {"key": name, "roles": _names(roles), "place": place.names}},
            )
            await journal.append(within, company_id, origin, moment, [entry])
            return {"id": row["id"]}

        request = {"apiKeyCreate": [name, numbers, department_id, expires_at and expires_at.isoformat()]}
        answer = await once(
            within, idempotency_key, act, company_id=company_id, origin=origin, request=request, moment=moment
        )
        return NewSecret(await _row(within, company_id, answer["id"]), secret)


async def rotate(
    db: Database,
    principal: Principal,
    key_id: int,
    overlap: timedelta,
    *,
    session_id: int | None,
    origin: Origin,
    idempotency_key: str | None = None,
) -> NewSecret:
    """Gives a key a new secret; the one it had works for `overlap` more, any older one no longer.

    Who gets a secret gets what the key holds: the caller must hold all of it, and prove it like its maker. Raises
    `Refusal`.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        hours = int(LONGEST_OVERLAP / timedelta(hours=1))
        raise Refusal(ErrorCode.INVALID, OVERLAP(hours=hours), ("overlapHours",))
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        held, before = await _find(within, principal, key_id)
        moment = datetime.now(UTC)
        secret = ""

        async def act() -> Answer:
            nonlocal secret
            secret, columns = _new_secret()
            caller = held.principal(principal.kind, principal.id)
            whole = Place(held.company_id)
            giving.require(caller, Action.API_KEY_ROTATE, whole, "id")
            if before["expires_at"] is not None and before["expires_at"] <= moment:
                raise Refusal(ErrorCode.NOT_AVAILABLE, EXPIRED(), ("id",))
            for row in held.rows:
                if row["api_key_id"] == key_id:
                    role, place = giving.role_of(row), giving.place_of(row)
                    giving.require_no_more(caller, role.actions, place, "id")
                    await giving.require_proof(db, principal, session_id, role.actions)
            known = {*await known_to(within, held.company_id, key_id)}
            known.update(await _shown_to(within, held.company_id, principal))
            columns["its_known_to"] = sorted(known)
            (after,) = await within(
                _ROTATE, company_id=held.company_id, id=key_id, its_previous_until=moment + overlap, **columns
            )
            entry = NewEntry(
                action=Action.API_KEY_ROTATE,
                subject=encode(Kind.API_KEY, key_id),
                before=_shown(before),
                after=_shown(after) | {"previousUntil": (moment + overlap).isoformat()},
                details={"names": {"key": after["name"]}},
            )
            await journal.append(within, held.company_id, origin, moment, [entry])
            return {"id": key_id}

        request = {"apiKeyRotate": [key_id, overlap.total_seconds()]}
        await once(
            within, idempotency_key, act, company_id=held.company_id, origin=origin, request=request, moment=moment
        )
        return NewSecret(await _row(within, held.company_id, key_id), secret)


async def revoke(db: Database, principal: Principal, key_id: int, *, origin: Origin) -> None:
    """Ends a key with all its secrets, for good. Raises `Refusal` NOT_FOUND or FORBIDDEN."""
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        held, before = await _find(within, principal, key_id)
        caller, moment = held.principal(principal.kind, principal.id), datetime.now(UTC)
        giving.require(caller, Action.API_KEY_REVOKE, Place(held.company_id), "id")
        await within(_REVOKE, company_id=held.company_id, id=key_id, moment=moment)
        entry = NewEntry(
            action=Action.API_KEY_REVOKE,
            subject=encode(Kind.API_KEY, key_id),
            before=_shown(before),
            details={"names": {"key": before["name"]}},
        )
        await journal.append(within, held.company_id, origin, moment, [entry])


async def known_to(run: Run, company_id: int, key_id: int) -> Sequence[int]:
    """The administrators who were ever shown a secret of a key, ended ones included."""
    rows = await run(_KNOWN_TO, company_id=company_id, id=key_id)
    return rows[0]["known_to"] if rows else ()


async def _shown_to(run: Run, company_id: int, principal: Principal) -> Sequence[int]:
    """Who sees what this caller is shown; through a key, everybody who has had its secret."""
    if principal.kind == "api_key":
        return await known_to(run, company_id, principal.id)
    return (principal.id,) if principal.kind == "administrator" else ()


async def _find(run: Run, principal: Principal, key_id: int) -> tuple[Holdings, Any]:
    """The locked holdings of the key's company, and its row. Raises `Refusal` NOT_FOUND for a key that is not shown."""
    for found in await run(_COMPANY_OF, companies=scope(principal, Action.API_KEY_READ).whole.companies, id=key_id):
        held = await holdings.load(run, found["company_id"], lock=True)
        return held, await _row(run, held.company_id, key_id)
    raise Refusal(ErrorCode.NOT_FOUND, NO_KEY(), ("id",))


async def _row(run: Run, company_id: int, key_id: int) -> dict[str, Any]:
    """The row of a key in force. Raises `Refusal` NOT_FOUND."""
    for row in await run(_OF_COMPANY, company_id=company_id):
        if row["id"] == key_id:
            return dict(row)
    raise Refusal(ErrorCode.NOT_FOUND, NO_KEY(), ("id",))


def _new_secret() -> tuple[str, dict[str, Any]]:
    """A secret of 256 random bits, and what is kept of it."""
    secret = _BEGINNING + secrets.token_urlsafe(32)
    return secret, {"its_prefix": secret[:_SHOWN], "its_secret_hash": hash_token(secret)}


def _shown(row: Any) -> dict[str, Any]:
    """A key as journals show it."""
    expires_at = row["expires_at"]
    return {"name": row["name"], "prefix": row["prefix"], "expiresAt": expires_at and expires_at.isoformat()}


def _department(place: Place) -> str | None:
    return None if place.department_id is None else encode(Kind.DEPARTMENT, place.department_id)


def _names(roles: Sequence[HeldRole]) -> dict[str, str]:
    return {language: ", ".join(role.names[language] for role in roles) for language in roles[0].names}
