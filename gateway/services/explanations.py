"""Why somebody may or may not do something with an object: the rule, the role and the grant that decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, null, select

from authz.actions import Action
from authz.enforcer import Decision
from authz.principal import Principal
from authz.scope import Shape, holds, scope
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind
from gateway.kit.texts import Message, Text, Value
from gateway.models import metadata
from gateway.models.access import built_in_role
from gateway.operations import wording
from gateway.operations.registry import OPERATIONS
from gateway.services import giving, holdings
from gateway.services.holdings import Holdings
from gateway.statements import Statement, Tenant

ALLOWED = Text(
    en="Allowed: the role {role}, held over {place}, allows {action}.",
    ru="Разрешено: роль {role} ({place}) разрешает {action}.",
)
DENIED = Text(
    en="Refused: the role {role}, held over {place}, denies {action}, and a deny beats what other roles allow.",
    ru="Отказано: роль {role} ({place}) запрещает {action}, а запрет сильнее разрешений других ролей.",
)
NOT_IN_ROLES = Text(
    en="Refused: of the roles held there, none allows {action}: {roles}.",
    ru="Отказано: ни одна из имеющихся там ролей не разрешает {action}: {roles}.",
)
ELSEWHERE = Text(
    en="Refused: nothing is held there; roles in this company are held only over: {places}.",
    ru="Отказано: там нет ни одной роли; роли в этой компании выданы только здесь: {places}.",
)
NOTHING = Text(en="Refused: no role is held in this company.", ru="Отказано: в этой компании нет ни одной роли.")
NO_OBJECT = Text(en="There is no such object, or not for you.", ru="Такого объекта нет, или он вам недоступен.")
NO_PLACE = Text(
    en="Where? Name the company, or an object that belongs to one.",
    ru="Где? Укажите компанию или объект, который ей принадлежит.",
)
NOT_YOURS = Text(
    en="Your roles do not allow asking there what others may do.",
    ru="Ваши роли не позволяют узнавать там о правах других.",
)
UNSHOWN = Text(en="a department that you are not shown", ru="подразделение, которое вам не показано")
_QUOTED = Text(en="“{name}”", ru="«{name}»")

_NEEDED = {operation.kind: (Action.NUMBER_READ, Action.NUMBER_CHANGE, operation.kind) for operation in OPERATIONS}
"""Actions that one action can't do without."""

_SUFFICES_ANYWHERE = frozenset({Action.COMPANY_READ, Action.TARIFF_READ, Action.OPTION_READ})
"""What counts for a company wherever in it it is held: its card, and the catalogue."""


_STANDING = {
    Kind.NUMBER: ("numbers", "department_id", Action.NUMBER_READ),
    Kind.EMPLOYEE: ("employees", "department_id", Action.EMPLOYEE_READ),
    Kind.DEPARTMENT: ("departments", "id", Action.DEPARTMENT_READ),
    Kind.BULK_CHANGE: ("bulk_changes", "department_id", Action.BULK_CHANGE_READ),
    Kind.ROLE: ("roles", None, Action.ROLE_READ),
    Kind.GRANT: ("grants", None, Action.ADMINISTRATOR_READ),
    Kind.API_KEY: ("api_keys", None, Action.API_KEY_READ),
}
"""The table of each kind, the column that says in which department its rows stand, and the action to see them."""


@cache
def _locate(kind: Kind, shape: Shape) -> Statement:
    """Where an object stands that the caller sees."""
    name, department, _ = _STANDING[kind]
    table = metadata.tables[name]
    column = null() if department is None else table.c[department]
    in_scope = shape.where(table.c.company_id, None if department is None else table.c[department])
    return Statement(
        select(table.c.company_id, column.label("department_id")).where(
            in_scope, table.c.id == bindparam("id", type_=BigInteger)
        )
    )


@dataclass(frozen=True, slots=True)
class Explanation:
    """`grant` is the row of the grant that decided, `missing` the actions that would have to be held."""

    allowed: bool
    reason: Message
    grant: Mapping[str, Any] | None = None
    missing: tuple[Action, ...] = ()


class _Spot(NamedTuple):
    company_id: int
    department_id: int | None


async def explain(
    db: Database,
    principal: Principal,
    action: Action,
    *,
    administrator_id: int | None = None,
    subject: tuple[Kind, int] | None = None,
    company_id: int | None = None,
) -> Explanation:
    """Whether an administrator, or with None the caller, may do it with the object or in the company, and why.

    An object that the caller does not see is answered like one that does not exist, by the same statements. Raises
    `Refusal` FORBIDDEN for a question about somebody else where the caller may not ask it.
    """
    spot = await _find(db, principal, subject, company_id)
    if spot is None:
        return Explanation(False, NO_OBJECT())
    if administrator_id is None or (principal.kind, principal.id) == ("administrator", administrator_id):
        kind, id = principal.kind, principal.id
    elif holds(principal, Action.ACCESS_EXPLAIN, *spot):
        kind, id = "administrator", administrator_id
    else:
        hint = giving.ASK_FOR_ROLE(action=Action.ACCESS_EXPLAIN.value)
        raise Refusal(ErrorCode.FORBIDDEN, NOT_YOURS(), ("administratorId",), hint=hint)
    held = await holdings.load(partial(db.fetch, Tenant(principal.companies)), spot.company_id)
    return _explain(principal, held, held.principal(kind, id), action, spot)


async def _find(
    db: Database, principal: Principal, subject: tuple[Kind, int] | None, company_id: int | None
) -> _Spot | None:
    """Where it would be done; None for what the caller does not see."""
    if subject is not None and subject[0] is Kind.COMPANY:
        company_id = subject[1]
    elif subject is not None and _stands_in_a_company(*subject):
        _, department, action = _STANDING[subject[0]]
        seen = scope(principal, action) if department else scope(principal, action).whole
        rows = await db.fetch(
            Tenant(principal.companies), _locate(subject[0], seen.shape), id=subject[1], **seen.params
        )
        return _Spot(*rows[0]) if rows else None
    if company_id is None:
        raise Refusal(ErrorCode.REQUIRED, NO_PLACE(), ("companyId",))
    return _Spot(company_id, None) if company_id in principal.companies else None


def _stands_in_a_company(kind: Kind, number: int) -> bool:
    return kind in _STANDING and not (kind is Kind.ROLE and built_in_role(number))


def _explain(asker: Principal, held: Holdings, who: Principal, action: Action, spot: _Spot) -> Explanation:
    decided = [(each, *_decide(who, each, spot)) for each in _NEEDED.get(action, (action,))]
    refused = [each for each in decided if not each[1].allowed]
    deciding, decision, spot = refused[0] if refused else decided[-1]
    missing = tuple(each for each, decision, _ in refused if decision.rule is None)
    rows = {row["id"]: row for row in held.rows}
    if decision.rule is None:
        return Explanation(False, _nothing_allows(asker, who, deciding, spot, rows), missing=missing)
    grant = next(
        rows[grant.id]
        for grant in who.grants
        if grant.role == decision.rule.role and _reaches(grant.department_ids, spot.department_id)
    )
    role, place = giving.role_of(grant), _shown(asker, grant)
    text = ALLOWED if decision.allowed else DENIED
    reason = text(role=_QUOTED(name=role.label), place=place, action=deciding.value)
    return Explanation(decision.allowed, reason, grant, missing)


def _decide(who: Principal, action: Action, spot: _Spot) -> tuple[Decision, _Spot]:
    """The decision, and the place for which it was made."""
    spots = [spot]
    if action in _SUFFICES_ANYWHERE:
        here = [place for place in who.places if place.company_id == spot.company_id and place.department_ids]
        spots += [_Spot(spot.company_id, place.department_ids[0]) for place in here if place.department_ids]
    decisions = [(who.policy.decide(who.roles_at(*each), action), each) for each in spots]
    return next((each for each in decisions if each[0].allowed), decisions[0])


def _reaches(department_ids: frozenset[int] | None, department_id: int | None) -> bool:
    return department_ids is None or department_id in department_ids


def _shown(asker: Principal, row: Mapping[str, Any]) -> Message:
    """Where a grant is held, by name where the asker is shown the department."""
    place = giving.place_of(row)
    named = place.department_id is None or holds(asker, Action.DEPARTMENT_READ, place.company_id, place.department_id)
    return place.label if named else UNSHOWN()


def _nothing_allows(
    asker: Principal, who: Principal, action: Action, spot: _Spot, rows: Mapping[int, Mapping[str, Any]]
) -> Message:
    """Why no rule speaks of the action there."""
    if not who.grants:
        return NOTHING()
    there = [grant for grant in who.grants if _reaches(grant.department_ids, spot.department_id)]
    if not there:
        places = {rows[grant.id]["department_id"]: _shown(asker, rows[grant.id]) for grant in who.grants}
        return ELSEWHERE(places=_listed([*places.values()]))
    roles = {grant.role: giving.role_of(rows[grant.id]) for grant in there}
    named = [_QUOTED(name=role.label) for role in roles.values()]
    return NOT_IN_ROLES(action=action.value, roles=_listed(named))


def _listed(values: list[Message]) -> Value:
    return wording.listed([*values])
