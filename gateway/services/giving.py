"""What everybody keeps to who gives and takes roles: nobody more than they hold, and every company keeps an owner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, any_, bindparam, select

from authz.actions import Action
from authz.enforcer import BUILT_IN, Effect
from authz.principal import Principal
from authz.roles import BuiltInRole
from authz.scope import denying_role, holds, holds_throughout
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Language, Message, Text
from gateway.models import access, metadata
from gateway.operations import wording
from gateway.services.holdings import Holdings, lacking
from gateway.services.running import Run
from gateway.services.step_up import require_step_up
from gateway.statements import Statement

NO_COMPANY = Text(en="There is no such company, or not for you.", ru="Такой компании нет, или она вам недоступна.")
NO_DEPARTMENT = Text(
    en="The company has no such department, or not for you.",
    ru="Такого подразделения в компании нет, или оно вам недоступно.",
)
NO_ROLE = Text(
    en="The company has no such role. Its roles, and the built-in ones, are in Company.roles.",
    ru="Такой роли в компании нет. Её роли и встроенные перечислены в Company.roles.",
)
FORBIDDEN = Text(
    en="Your roles do not allow this here: {what}",
    ru="Ваши роли не дают здесь права: {what}",
)
ASK_FOR_ROLE = Text(
    en="It takes {action} over all of the place that is meant. An owner of the company can grant it.",
    ru="Нужно действие {action} на всей области, о которой идёт речь. Право может выдать владелец компании.",
)
TAKE_THE_DENIAL = Text(
    en="Your role {role} denies {action} there, and a deny beats what other roles allow: ask an owner to take that "
    "role from you. explainAccess tells its name.",
    ru="Ваша роль {role} запрещает там {action}, а запрет сильнее разрешений других ролей: попросите владельца "
    "отозвать у вас эту роль. Её название сообщит explainAccess.",
)
BEYOND = Text(
    en="You do not hold {actions} everywhere it would reach. Nobody gives, takes or changes more than they hold.",
    ru="У вас нет {actions} на всей этой области. Выдать, отозвать или изменить можно только то, чем владеешь.",
)
OWNERS_ONLY = Text(
    en="This restricts an owner of the company, which only an owner may do.",
    ru="Это ограничивает владельца компании; так может поступить только владелец.",
)
LAST_OWNER = Text(
    en="The company would be left without an owner whom nothing restricts.",
    ru="Компания осталась бы без владельца, которого ничто не ограничивает.",
)
NAME_ANOTHER = Text(en="Name another owner first.", ru="Сначала назначьте другого владельца.")
EVERYWHERE = Text(en="the whole company", ru="вся компания")
DEPARTMENT = Text(en="department “{name}”", ru="подразделение «{name}»")

PROVEN = frozenset(
    {
        *(Action.BULK_CHANGE_APPLY, Action.BULK_CHANGE_APPROVE, Action.APPROVAL_THRESHOLD_SET),
        *(Action.OWNER_GRANT, Action.SECOND_FACTOR_RESET),
    }
)
"""Actions that a person gives to somebody, or to a key, with a fresh proof only: all that bulk changes hang on."""

_BUILT_IN = {role.value: role for role in BuiltInRole}

_DEPARTMENTS, _ROLES = metadata.tables["departments"], metadata.tables["roles"]
_OF_COMPANY = bindparam("company_id", type_=BigInteger)
_SUBTREE = Statement(
    select(_DEPARTMENTS.c.id, _DEPARTMENTS.c.name).where(
        _DEPARTMENTS.c.company_id == _OF_COMPANY,
        bindparam("department_id", type_=BigInteger) == any_(_DEPARTMENTS.c.ancestor_ids),
    )
)
_ROLE = Statement(
    select(_ROLES.c.name, _ROLES.c.allows, _ROLES.c.denies).where(
        _ROLES.c.company_id == _OF_COMPANY, _ROLES.c.id == bindparam("role_id", type_=BigInteger)
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a role is held: a whole company, or a department with all below it, whose ids `department_ids` are."""

    company_id: int
    department_id: int | None = None
    department_ids: Sequence[int] | None = None
    department_name: str = ""

    @property
    def label(self) -> Message:
        return EVERYWHERE() if self.department_id is None else DEPARTMENT(name=self.department_name)

    @property
    def names(self) -> dict[str, str]:
        """What journals call it, by language."""
        return {language.value: self.label.render(language) for language in Language}


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role to give or take: built in, or the company's own; `number` is that of its global id."""

    number: int
    built_in: BuiltInRole | None
    label: Text | str
    allows: tuple[str, ...]
    denies: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        """What journals call it, by language."""
        label = self.label
        return {each.value: label if isinstance(label, str) else label.render(each) for each in Language}

    @property
    def id(self) -> str:
        """Its global id."""
        return encode(Kind.ROLE, self.number)

    @property
    def actions(self) -> frozenset[str]:
        """All that it speaks of. To deny takes as much as to allow: what one denies is taken from others."""
        return frozenset(self.allows) | frozenset(self.denies)

    @property
    def columns(self) -> dict[str, Any]:
        """How a grant names it."""
        own = self.built_in is None
        return {"role": self.built_in and self.built_in.value, "role_id": self.number if own else None}

    @property
    def rules(self) -> dict[str, Any]:
        """What rows of holdings say of it."""
        own = self.built_in is None
        return {"allows": self.allows if own else None, "denies": self.denies if own else None}


async def find_place(run: Run, principal: Principal, company_id: int, department_id: int | None = None) -> Place:
    """A place that the caller may name. Raises `Refusal` NOT_FOUND at `companyId` or `departmentId`."""
    if company_id not in principal.companies:
        raise Refusal(ErrorCode.NOT_FOUND, NO_COMPANY(), ("companyId",))
    if department_id is None:
        return Place(company_id)
    names = {row["id"]: row["name"] for row in await run(_SUBTREE, company_id=company_id, department_id=department_id)}
    if department_id not in names or not holds(principal, Action.DEPARTMENT_READ, company_id, department_id):
        raise Refusal(ErrorCode.NOT_FOUND, NO_DEPARTMENT(), ("departmentId",))
    return Place(company_id, department_id, tuple(names), names[department_id])


def place_of(row: Mapping[str, Any]) -> Place:
    """Where a grant of the holdings is held."""
    return Place(row["company_id"], row["department_id"], row["department_ids"], row["department_name"] or "")


async def find_role(run: Run, company_id: int, number: int, *field: str) -> HeldRole:
    """A built-in role, or one of the company's own. Raises `Refusal` NOT_FOUND at `field`."""
    role = access.built_in_role(number)
    if role is not None:
        return built_in_role(role)
    for row in await run(_ROLE, company_id=company_id, role_id=number):
        return own_role(number, row["name"], row["allows"], row["denies"])
    raise Refusal(ErrorCode.NOT_FOUND, NO_ROLE(), field)


def built_in_role(role: BuiltInRole) -> HeldRole:
    allows, denies = BUILT_IN.actions(role, Effect.ALLOW), BUILT_IN.actions(role, Effect.DENY)
    return HeldRole(access.built_in_role_id(role), role, role.label, allows, denies)


def role_of(row: Mapping[str, Any]) -> HeldRole:
    """The role of a grant of the holdings."""
    if row["role"] is not None:
        return built_in_role(_BUILT_IN[row["role"]])
    return own_role(row["role_id"], row["role_name"], row["allows"], row["denies"])


def own_role(number: int, name: str, allows: Sequence[str], denies: Sequence[str]) -> HeldRole:
    return HeldRole(number, None, name, tuple(allows), tuple(denies))


def require(principal: Principal, action: Action, place: Place, *field: str) -> None:
    """Raises `Refusal` FORBIDDEN at `field` when the action is not held at all of the place."""
    if not holds_throughout(principal, action, place.company_id, place.department_ids):
        denied = denial(principal, action, place.company_id, place.department_ids)
        hint = denied or ASK_FOR_ROLE(action=action.value)
        raise Refusal(ErrorCode.FORBIDDEN, FORBIDDEN(what=action.description), field, hint=hint)


def denial(
    principal: Principal, action: Action, company_id: int, department_ids: Collection[int | None] | None
) -> Message | None:
    """The way out where a role denies it, and no further role would help; None where none does."""
    role = denying_role(principal, action, company_id, department_ids)
    return None if role is None else TAKE_THE_DENIAL(role=role, action=action.value)


def require_no_more(principal: Principal, actions: Collection[str], place: Place, *field: str) -> None:
    """Raises `Refusal` FORBIDDEN at `field` naming those of the actions that are not held at all of the place."""
    if beyond := lacking(principal, actions, place.company_id, place.department_ids):
        message = BEYOND(actions=wording.listed([action.value for action in beyond]))
        raise Refusal(ErrorCode.FORBIDDEN, message, field)


def require_owner(principal: Principal, place: Place, *field: str) -> None:
    """Raises `Refusal` FORBIDDEN at `field` for somebody who may not name owners."""
    if not holds_throughout(principal, Action.OWNER_GRANT, place.company_id):
        raise Refusal(ErrorCode.FORBIDDEN, OWNERS_ONLY(), field, hint=ASK_FOR_ROLE(action=Action.OWNER_GRANT.value))


async def require_proof(db: Database, principal: Principal, session_id: int | None, actions: Collection[str]) -> None:
    """Raises `Refusal` STEP_UP_REQUIRED where one of the actions that are given takes a fresh proof.

    A key is never asked for one later: whoever gives it such an action, or gets its secret, gives the proof before.
    """
    if not PROVEN.isdisjoint(actions):
        await require_step_up(db, principal, session_id)


def require_owner_left(before: Holdings, after: Holdings, *field: str) -> None:
    """Raises `Refusal` CONFLICT at `field` when a change takes a company its last owner, or ties the last free one."""
    if (before.free_owners and not after.free_owners) or (before.present_owners and not after.present_owners):
        raise Refusal(ErrorCode.CONFLICT, LAST_OWNER(), field, hint=NAME_ANOTHER())
