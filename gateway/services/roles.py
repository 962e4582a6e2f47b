"""Roles that a company makes for itself: what saving one would change for whom, and saving it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import partial
from typing import Any

from sqlalchemy import ARRAY, BigInteger, String, bindparam, insert, select, update

from authz.actions import Action
from authz.principal import Principal, PrincipalKind
from authz.roles import BuiltInRole
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Language, Text, excerpt, is_line
from gateway.models import metadata
from gateway.models.access import built_in_role
from gateway.services import giving, holdings, journal
from gateway.services.giving import HeldRole
from gateway.services.holdings import Holdings
from gateway.services.journal import NewEntry, Origin
from gateway.services.running import Run
from gateway.statements import Statement, Tenant

LONGEST_NAME = 100
MOST_ROLES = 100

BUILT_IN_STAYS = Text(
    en="Built-in roles are the same in every company. Make a role of your own.",
    ru="Встроенные роли одинаковы во всех компаниях. Создайте свою роль.",
)
NO_NAME = Text(
    en="A role's name has 1 to {longest} printable characters.",
    ru="Название роли — от 1 до {longest} печатных символов.",
)
NAME_TAKEN = Text(
    en="The company has a role “{name}” already, or it is the name of a built-in one.",
    ru="Роль «{name}» в компании уже есть, или так называется встроенная.",
)
TOO_MANY = Text(
    en="A company makes at most {most} roles for itself.",
    ru="У компании может быть не больше {most} собственных ролей.",
)
NO_ACTION = Text(
    en="“{given}” is no action; did you mean {nearest}? Actions are noun:verb.",
    ru="Действия «{given}» нет; возможно, имелось в виду {nearest}? Действия записываются как «объект:глагол».",
)
SAYS_NOTHING = Text(
    en="The role neither allows nor denies anything.", ru="Роль ничего не разрешает и ничего не запрещает."
)
BOTH = Text(
    en="{action} is both allowed and denied. Deny it, or allow it.",
    ru="{action} и разрешено, и запрещено. Оставьте одно из двух.",
)
UNCHANGED = Text(en="The role is like that already.", ru="Роль уже такая.")

SAVED = Text(en="The role “{role}” was saved", ru="Сохранена роль «{role}»")

_ACTIONS = {action.value: action for action in Action}
_BUILT_IN_NAMES = frozenset(role.label.render(language).casefold() for role in BuiltInRole for language in Language)

_ROLES = metadata.tables["roles"]
_COMPANY, _ID = bindparam("company_id", type_=BigInteger), bindparam("id", type_=BigInteger)
_CONTENT = {
    "name": bindparam("its_name", type_=String),
    "allows": bindparam("its_allows", type_=ARRAY(String)),
    "denies": bindparam("its_denies", type_=ARRAY(String)),
}
_NAMES = Statement(select(_ROLES.c.id, _ROLES.c.name).where(_ROLES.c.company_id == _COMPANY))
_INSERT = Statement(insert(_ROLES).values(company_id=_COMPANY, **_CONTENT).returning(_ROLES.c.id))
_UPDATE = Statement(
    update(_ROLES).where(_ROLES.c.company_id == _COMPANY, _ROLES.c.id == _ID).values(_CONTENT).returning(_ROLES.c.id)
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A role as it would be saved: a new one where `number`, that of its global id, is None."""

    company_id: int
    number: int | None
    name: str
    allows: Sequence[str]
    denies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """Actions that administrators would gain and lose somewhere in the company, by their ids.

    `api_keys` hold the role too.
    """

    gains: Mapping[int, Sequence[Action]]
    loses: Mapping[int, Sequence[Action]]
    api_keys: Sequence[int]
    refusals: Sequence[Refusal]


async def save(
    db: Database, principal: Principal, draft: Draft, *, session_id: int | None, origin: Origin
) -> dict[str, Any]:
    """Makes or changes a role of the company's own; its row.

    Nobody puts into a role, or changes in one, what they do not hold in all of the company, denied actions included;
    to change what a role says that somebody holds takes `grant:add` as well, and a fresh proof where holders gain
    by that what takes one to give. Raises `Refusal` or `Refusals`.
    """
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        case = await _read(within, principal, draft, lock=True)
        if refusals := _refusals(principal, case):
            raise Refusals(refusals)
        draft, before = case.draft, case.before
        await giving.require_proof(db, principal, session_id, _gained(case))
        content = {"its_name": draft.name, "its_allows": [*draft.allows], "its_denies": [*draft.denies]}
        if draft.number is None:
            (row,) = await within(_INSERT, company_id=draft.company_id, **content)
        else:
            (row,) = await within(_UPDATE, company_id=draft.company_id, id=draft.number, **content)
        shown = _shown(draft.name, draft.allows, draft.denies)
        entry = NewEntry(
            action=Action.ROLE_SAVE,
            subject=encode(Kind.ROLE, row["id"]),
            before=None if before is None else _shown(before.names["en"], before.allows, before.denies),
            after=shown,
            details={"names": {"role": draft.name}},
        )
        await journal.append(within, draft.company_id, origin, datetime.now(UTC), [entry])
        return {"id": row["id"], "company_id": draft.company_id, "built_in": False, **shown}


async def preview(db: Database, principal: Principal, draft: Draft) -> Preview:
    """Who would gain and who would lose what, and why it could not be saved. Nothing is written."""
    try:
        case = await _read(partial(db.fetch, Tenant(principal.companies)), principal, draft)
    except Refusal as refusal:
        return Preview({}, {}, (), (refusal,))
    except Refusals as several:
        return Preview({}, {}, (), several.refusals)
    refusals, held, draft = _refusals(principal, case), case.held, case.draft
    if draft.number is None:
        return Preview({}, {}, (), refusals)
    after = held.with_role(draft.number, draft.allows, draft.denies)
    holders = held.of_role(draft.number)
    gains: dict[int, Sequence[Action]] = {}
    loses: dict[int, Sequence[Action]] = {}
    for administrator_id in sorted({row["administrator_id"] for row in holders if row["administrator_id"]}):
        gained, lost = _difference(
            held.principal("administrator", administrator_id), after.principal("administrator", administrator_id)
        )
        if gained:
            gains[administrator_id] = gained
        if lost:
            loses[administrator_id] = lost
    return Preview(gains, loses, sorted({row["api_key_id"] for row in holders if row["api_key_id"]}), refusals)


def parse_action(given: str, *field: str) -> Action:
    """The action of this name. Raises `Refusal` INVALID naming the nearest one."""
    if given in _ACTIONS:
        return _ACTIONS[given]
    raise Refusal(ErrorCode.INVALID, NO_ACTION(given=excerpt(given), nearest=nearest(given, _ACTIONS)), field)


def _parse_actions(given: Sequence[str], *field: str) -> tuple[Action, ...]:
    """Actions by name, in the order of all actions, each once. Raises `Refusals` for those that are unknown."""
    actions, refusals = set(), []
    for index, name in enumerate(given):
        try:
            actions.add(parse_action(name, *field, str(index)))
        except Refusal as refusal:
            refusals.append(refusal)
    if refusals:
        raise Refusals(refusals)
    return tuple(action for action in Action if action in actions)


def nearest(name: str, actions: Collection[str]) -> str:
    """That one of the actions whose name is most like this one."""
    return (get_close_matches(name.strip().lower()[:100], actions, 1, 0) or list(actions))[0]


@dataclass(frozen=True, slots=True)
class _Case:
    """A draft as it would be written, the role as it is, and what else in the company has a say."""

    draft: Draft
    before: HeldRole | None
    held: Holdings
    taken_names: frozenset[str]


async def _read(run: Run, principal: Principal, draft: Draft, *, lock: bool = False) -> _Case:
    """Raises what makes the draft no role."""
    await giving.find_place(run, principal, draft.company_id)
    if draft.number is not None and built_in_role(draft.number):
        raise Refusal(ErrorCode.NOT_AVAILABLE, BUILT_IN_STAYS(), ("roleId",))
    held = await holdings.load(run, draft.company_id, lock=lock)
    before = None if draft.number is None else await giving.find_role(run, draft.company_id, draft.number, "roleId")
    name = " ".join(draft.name.split())
    if not is_line(name, LONGEST_NAME):
        raise Refusal(ErrorCode.INVALID, NO_NAME(longest=LONGEST_NAME), ("name",))
    allows, denies = _parse_actions(draft.allows, "allows"), _parse_actions(draft.denies, "denies")
    if not allows and not denies:
        raise Refusal(ErrorCode.REQUIRED, SAYS_NOTHING(), ("allows",))
    if both := set(allows) & set(denies):
        raise Refusal(ErrorCode.INVALID, BOTH(action=min(both).value), ("denies",))
    rows = await run(_NAMES, company_id=draft.company_id)
    taken = frozenset(row["name"].casefold() for row in rows if row["id"] != draft.number)
    return _Case(Draft(draft.company_id, draft.number, name, allows, denies), before, held, taken)


def _refusals(principal: Principal, case: _Case) -> list[Refusal]:
    """All that speaks against saving it."""
    draft, before, held = case.draft, case.before, case.held
    refusals: list[Refusal] = []

    def check(rule: Any, *arguments: Any) -> None:
        try:
            rule(*arguments)
        except Refusal as refusal:
            refusals.append(refusal)

    place, saver = giving.Place(draft.company_id), held.principal(principal.kind, principal.id)
    spoken = {*draft.allows, *draft.denies}
    changed = before is None or {*before.allows} != {*draft.allows} or {*before.denies} != {*draft.denies}
    check(giving.require, saver, Action.ROLE_SAVE, place)
    check(giving.require_no_more, saver, {*draft.allows}, place, "allows")
    check(giving.require_no_more, saver, {*draft.denies}, place, "denies")
    if before is not None and draft.number is not None:
        check(giving.require_no_more, saver, before.actions - spoken, place, "roleId")
        holders = held.of_role(draft.number)
        if holders and changed:
            check(giving.require, saver, Action.GRANT_ADD, place, "roleId")
        if changed and draft.denies and any(row["administrator_id"] in held.owners for row in holders):
            check(giving.require_owner, saver, place, "denies")
        after = held.with_role(draft.number, draft.allows, draft.denies)
        check(giving.require_owner_left, held, after, "denies")
        if not changed and before.names["en"] == draft.name:
            refusals.append(Refusal(ErrorCode.ALREADY_DONE, UNCHANGED()))
    elif len(case.taken_names) >= MOST_ROLES:
        refusals.append(Refusal(ErrorCode.TOO_LARGE, TOO_MANY(most=MOST_ROLES)))
    if draft.name.casefold() in case.taken_names | _BUILT_IN_NAMES:
        refusals.append(Refusal(ErrorCode.CONFLICT, NAME_TAKEN(name=draft.name), ("name",)))
    return refusals


def _gained(case: _Case) -> set[Action]:
    """The actions that holders of the role gain by it, somewhere where they might not before."""
    draft, held = case.draft, case.held
    if draft.number is None:
        return set()
    after = held.with_role(draft.number, draft.allows, draft.denies)
    gained: set[Action] = set()
    kinds: tuple[PrincipalKind, ...] = ("administrator", "api_key")
    for kind in kinds:
        for id in {row[f"{kind}_id"] for row in held.of_role(draft.number) if row[f"{kind}_id"]}:
            gained.update(_difference(held.principal(kind, id), after.principal(kind, id))[0])
    return gained


def _shown(name: str, allows: Sequence[str], denies: Sequence[str]) -> dict[str, Any]:
    return {"name": name, "allows": [*allows], "denies": [*denies]}


def _difference(before: Principal, after: Principal) -> tuple[list[Action], list[Action]]:
    """Actions that are gained, and that are lost, at one place at least."""
    gained: set[Action] = set()
    lost: set[Action] = set()
    for place in before.places:
        old, new = before.policy.held(place.roles), after.policy.held(place.roles)
        gained |= new - old
        lost |= old - new
    return [action for action in Action if action in gained], [action for action in Action if action in lost]
