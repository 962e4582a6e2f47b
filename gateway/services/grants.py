"""Giving roles to administrators and taking them, and inviting new ones; each in one transaction with its journal."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, delete, insert, select

from authz.actions import Action
from authz.principal import Principal
from authz.roles import BuiltInRole
from authz.scope import scope
from gateway.db import Database, run
from gateway.kit.emails import parse_email
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Language, Text
from gateway.models import metadata
from gateway.models.invitations import SHOWN
from gateway.services import giving, holdings, invitations, journal
from gateway.services.administrators import NO_ADMINISTRATOR, Person, find_or_add, seen_name
from gateway.services.batches import Values
from gateway.services.companies import company_name
from gateway.services.giving import HeldRole, Place
from gateway.services.holdings import Holdings
from gateway.services.idempotency import Answer, once
from gateway.services.journal import NewEntry, Origin
from gateway.services.running import Run
from gateway.services.visits import Visit
from gateway.statements import Statement, Tenant

MOST_HELD = 100
"""Grants of one administrator in a company."""

NO_GRANT = Text(en="There is no such grant, or not for you.", ru="Такой выданной роли нет, или она вам недоступна.")
ALREADY_GIVEN = Text(en="{name} already has this role there.", ru="{name} уже имеет там эту роль.")
TOO_MANY_HELD = Text(
    en="{name} has {most} roles in the company already. Take some back, or give one over a department above them.",
    ru="{name} уже имеет в компании ролей: {most}. Отзовите лишние или выдайте одну роль на вышестоящее подразделение.",
)
OWNER_OF_ALL = Text(
    en="An owner owns the whole company. Leave the department out.",
    ru="Владелец владеет всей компанией. Не указывайте подразделение.",
)
ONE_LOGIN = Text(
    en="Give an e-mail or a phone number, exactly one: by it the person signs in.",
    ru="Укажите e-mail или телефон — что-то одно: по нему человек будет входить.",
)

GIVEN = Text(en="{administrator} got the role “{role}”: {place}", ru="{administrator}: выдана роль «{role}», {place}")
TAKEN = Text(en="{holder} lost the role “{role}”: {place}", ru="{holder}: отозвана роль «{role}», {place}")
INVITED = Text(en="{administrator} was invited", ru="Приглашён администратор: {administrator}")

_GRANTS, _ADMINISTRATORS = metadata.tables["grants"], metadata.tables["administrators"]
_API_KEYS = metadata.tables["api_keys"]
_ID = bindparam("id", type_=BigInteger)
_WRITTEN = Values(_GRANTS, ("company_id", "administrator_id", "api_key_id", "role", "role_id", "department_id"))
_INSERT = Statement(insert(_GRANTS).values(_WRITTEN.binds).returning(_GRANTS.c.id))
_DELETE = Statement(
    delete(_GRANTS).where(_GRANTS.c.company_id == bindparam("company_id", type_=BigInteger), _GRANTS.c.id == _ID)
)
_COMPANIES: Any = bindparam("companies", type_=ARRAY(BigInteger))
_COMPANY_OF = Statement(
    select(_GRANTS.c.company_id).where(_GRANTS.c.company_id == any_(_COMPANIES), _GRANTS.c.id == _ID)
)
_NAME_OF_PERSON = Statement(select(SHOWN["name"].label("name")).where(_ADMINISTRATORS.c.id == _ID))
_NAME_OF_KEY = Statement(
    select(_API_KEYS.c.name).where(
        _API_KEYS.c.company_id == bindparam("company_id", type_=BigInteger), _API_KEYS.c.id == _ID
    )
)


async def add(
    db: Database,
    principal: Principal,
    company_id: int,
    administrator_id: int,
    role_number: int,
    department_id: int | None,
    *,
    session_id: int | None,
    origin: Origin,
    idempotency_key: str | None = None,
) -> dict[str, Any]:
    """Gives a role to an administrator whom the caller sees; the row of the grant.

    Raises `Refusal` NOT_FOUND for what the caller does not see, FORBIDDEN where the caller holds less than is given
    over the place, STEP_UP_REQUIRED for a role of `giving.PROVEN` actions, ALREADY_DONE, CONFLICT.
    """
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        place = await giving.find_place(within, principal, company_id, department_id)

        async def act() -> Answer:
            held = await holdings.load(within, company_id, lock=True)
            giver = held.principal(principal.kind, principal.id)
            giving.require(giver, Action.GRANT_ADD, place)
            role = await giving.find_role(within, company_id, role_number, "roleId")
            await giving.require_proof(db, principal, session_id, role.allows)
            name = await seen_name(within, principal, administrator_id, joining=company_id)
            if name is None:
                raise Refusal(ErrorCode.NOT_FOUND, NO_ADMINISTRATOR(), ("administratorId",))
            return await _give(within, held, giver, role, place, Person(administrator_id, name), origin)

        request = {"grantAdd": [administrator_id, role_number, department_id]}
        return await once(within, idempotency_key, act, company_id=company_id, origin=origin, request=request)


async def invite(
    visit: Visit,
    principal: Principal,
    company_id: int,
    name: str,
    role_number: int,
    department_id: int | None,
    *,
    email: str | None,
    phone: str | None,
    language: Language,
    session_id: int | None,
    origin: Origin,
    idempotency_key: str | None = None,
) -> dict[str, Any]:
    """Gives a role to whoever signs in with this e-mail or phone number, made now if there is nobody; the grant's row.

    They are told by which company and by whom, in words that the inviter does not choose. Somebody whom the inviter
    does not see holds it when they accept; until then the company is shown what was typed, so nothing tells whether
    they had been there before. One log-in only: a second one that nobody has proved to be theirs would let its owner
    in later. `message_sent` in the row says whether a message is on its way: after several to the same person, or many
    of the company, none is for a day. Raises as `add`, and `Refusal` INVALID or REQUIRED for what is no name, e-mail
    or phone number.
    """
    name = invitations.proper_name(name)
    if (email is None) == (phone is None):
        raise Refusal(ErrorCode.REQUIRED if email is None else ErrorCode.INVALID, ONE_LOGIN(), ("email",))
    try:
        email = None if email is None else parse_email(email)
    except InvalidValue as error:
        raise error.refusal("email") from None
    async with visit.db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        place = await giving.find_place(within, principal, company_id, department_id)
        invited: list[Person] = []

        async def act() -> Answer:
            held = await holdings.load(within, company_id, lock=True)
            giver = held.principal(principal.kind, principal.id)
            giving.require(giver, Action.ADMINISTRATOR_INVITE, place)
            giving.require(giver, Action.GRANT_ADD, place)
            role = await giving.find_role(within, company_id, role_number, "roleId")
            await giving.require_proof(visit.db, principal, session_id, role.allows)
            person = await find_or_add(within, name, email=email, phone=phone, language=language)
            seen = await seen_name(within, principal, person.id, joining=company_id)
            new = seen is None and all(row["administrator_id"] != person.id for row in held.rows)
            if new:
                await invitations.keep(
                    within, company_id, person.id, name=name, inviter=principal.name, email=email, phone=phone
                )
            invited.append(Person(person.id, name if seen is None else seen, new))
            row = await _give(within, held, giver, role, place, invited[0], origin)
            return row | {"message_sent": await invitations.may_tell(visit, company_id, email or phone or "")}

        request = {"administratorInvite": [name, role_number, department_id, email, phone]}
        row = await once(within, idempotency_key, act, company_id=company_id, origin=origin, request=request)
        company = await company_name(within, company_id)
    if invited and row["message_sent"]:
        invitations.tell(visit.post, language, company=company, inviter=principal.name, email=email, phone=phone)
    return row


async def revoke(
    db: Database, principal: Principal, grant_id: int, *, session_id: int | None, origin: Origin
) -> dict[str, Any]:
    """Takes a role; the row of the grant as it was.

    To take a role one must hold what it speaks of, as to give it: who lifts a deny gives. Raises `Refusal` NOT_FOUND,
    FORBIDDEN, STEP_UP_REQUIRED for a role that denies `giving.PROVEN` actions, or CONFLICT for the last owner.
    """
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        companies = [row["company_id"] for row in await within(_COMPANY_OF, companies=principal.companies, id=grant_id)]
        held = await holdings.load(within, companies[0], lock=True) if companies else None
        row = next((row for row in held.rows if row["id"] == grant_id), None) if held else None
        if held is None or row is None or not _sees(principal, row):
            raise Refusal(ErrorCode.NOT_FOUND, NO_GRANT(), ("id",))
        taker = held.principal(principal.kind, principal.id)
        place, role = giving.place_of(row), giving.role_of(row)
        giving.require(taker, Action.GRANT_REVOKE, place, "id")
        giving.require_no_more(taker, role.actions, place, "id")
        await giving.require_proof(db, principal, session_id, role.denies)
        giving.require_owner_left(held, held.without(grant_id), "id")
        # Who holds nothing more is not seen by row-level security: their name comes first.
        holder, name = await _holder(within, row)
        await within(_DELETE, company_id=held.company_id, id=grant_id)
        if row["waiting"]:
            await invitations.end_empty(within, held.company_id, row["administrator_id"])
        entry = NewEntry(
            action=Action.GRANT_REVOKE,
            subject=holder,
            before=_shown(grant_id, role, place),
            details={"names": {"holder": name, "role": role.names, "place": place.names}},
        )
        await journal.append(within, held.company_id, origin, datetime.now(UTC), [entry])
        return dict(row)


async def give_ownership(run: Run, company_id: int, person: Person, origin: Origin) -> None:
    """Makes somebody an owner of a company that has none: what the operator's staff does at the beginning."""
    owner = giving.built_in_role(BuiltInRole.OWNER)
    await _write(run, owner, Place(company_id), person, origin)


def _sees(principal: Principal, row: Mapping[str, Any]) -> bool:
    """Whether the caller is shown the grants of its holder."""
    action = Action.API_KEY_READ if row["administrator_id"] is None else Action.ADMINISTRATOR_READ
    return row["company_id"] in scope(principal, action).whole.companies


async def _holder(run: Run, row: Mapping[str, Any]) -> tuple[str, str]:
    """Global id and name of the administrator or API key that holds a grant."""
    if row["administrator_id"] is not None:
        (named,) = await run(_NAME_OF_PERSON, id=row["administrator_id"])
        return encode(Kind.ADMINISTRATOR, row["administrator_id"]), named["name"]
    (named,) = await run(_NAME_OF_KEY, company_id=row["company_id"], id=row["api_key_id"])
    return encode(Kind.API_KEY, row["api_key_id"]), named["name"]


async def _give(
    run: Run, held: Holdings, giver: Principal, role: HeldRole, place: Place, person: Person, origin: Origin
) -> dict[str, Any]:
    if role.built_in is BuiltInRole.OWNER and place.department_id is not None:
        raise Refusal(ErrorCode.INVALID, OWNER_OF_ALL(), ("departmentId",))
    giving.require_no_more(giver, role.actions, place, "roleId")
    if role.denies and person.id in held.owners:
        giving.require_owner(giver, place, "roleId")
    row = _row(role, place, person)
    if any(all(each[name] == row[name] for name in _WRITTEN.columns) for each in held.rows):
        raise Refusal(ErrorCode.ALREADY_DONE, ALREADY_GIVEN(name=person.name), ("roleId",))
    if sum(each["administrator_id"] == person.id for each in held.rows) >= MOST_HELD:
        raise Refusal(ErrorCode.TOO_LARGE, TOO_MANY_HELD(name=person.name, most=MOST_HELD), ("roleId",))
    waiting = person.new or any(each["waiting"] for each in held.rows if each["administrator_id"] == person.id)
    more = {"department_ids": place.department_ids, "id": 0, "waiting": waiting}
    after = held.plus({**row, **role.rules, **more})
    giving.require_owner_left(held, after, "roleId")
    return row | {"id": await _write(run, role, place, person, origin)}


async def _write(run: Run, role: HeldRole, place: Place, person: Person, origin: Origin) -> int:
    row = _row(role, place, person)
    grant_id: int = (await run(_INSERT, **_WRITTEN.parameters(row)))[0]["id"]
    subject = encode(Kind.ADMINISTRATOR, person.id)
    names = {"administrator": person.name, "role": role.names, "place": place.names}
    entries = [
        NewEntry(
            action=Action.GRANT_ADD,
            subject=subject,
            after=_shown(grant_id, role, place),
            details={"names": names},
        )
    ]
    if person.new:
        invited = {"names": {"administrator": person.name}}
        entries.insert(0, NewEntry(action=Action.ADMINISTRATOR_INVITE, subject=subject, details=invited))
    await journal.append(run, place.company_id, origin, datetime.now(UTC), entries)
    return grant_id


def _row(role: HeldRole, place: Place, person: Person) -> dict[str, Any]:
    return {
        "company_id": place.company_id,
        "administrator_id": person.id,
        "api_key_id": None,
        **role.columns,
        "department_id": place.department_id,
    }


def _shown(grant_id: int, role: HeldRole, place: Place) -> dict[str, Any]:
    """A grant as journals show it."""
    department = None if place.department_id is None else encode(Kind.DEPARTMENT, place.department_id)
    return {"grant": encode(Kind.GRANT, grant_id), "role": role.id, "department": department}
