"""Why somebody may or may not: the rule that really decides, and nothing of other companies."""

from random import Random

import asyncpg
import pytest

from authz.actions import Action
from authz.principal import Grant, Principal
from authz.roles import BuiltInRole
from authz.scope import holds
from gateway.db import Database
from gateway.kit.errors import ErrorCode
from gateway.kit.ids import Kind
from gateway.kit.texts import Language
from gateway.operations.registry import OPERATIONS
from gateway.services.explanations import Explanation, explain
from tests.services.fleet import (
    BRANCH,
    BRANCH_NUMBER,
    COMPANY,
    FOREIGN_NUMBER,
    HEADQUARTERS,
    NUMBER,
    OTHER_COMPANY,
    insert,
)
from tests.services.holders import (
    ADMINISTRATOR,
    AUDITOR,
    FOREIGN_AUDITOR,
    FOREIGN_GRANT,
    FOREIGN_KEY,
    FOREIGN_OWNER,
    FOREIGN_ROLE,
    KEY,
    MANAGER,
    MANAGER_GRANT,
    NOBODY,
    OWN_ROLE,
    OWNER,
    SUB_BRANCH,
    grant,
    own_role,
    person,
    refused,
)

pytestmark = pytest.mark.usefixtures("holders")


async def ask(
    database: Database,
    by: int,
    action: Action,
    subject: tuple[Kind, int] | None = None,
    *,
    about: int | None = None,
    company_id: int | None = None,
) -> Explanation:
    asker = await person(database, by)
    return await explain(database, asker, action, administrator_id=about, subject=subject, company_id=company_id)


def said(
    explanation: Explanation, language: Language = Language.EN
) -> tuple[bool, str, int | None, tuple[Action, ...]]:
    grant: int | None = None if explanation.grant is None else explanation.grant["id"]
    return explanation.allowed, explanation.reason.render(language), grant, explanation.missing


async def test_what_allows(database: Database) -> None:
    found = await ask(database, MANAGER, Action.OPTION_CONNECT, (Kind.NUMBER, BRANCH_NUMBER))

    assert said(found) == (
        True,
        "Allowed: the role “Department manager”, held over department “Branch”, allows option:connect.",
        MANAGER_GRANT,
        (),
    )
    assert said(found, Language.RU)[1] == (
        "Разрешено: роль «Руководитель подразделения» (подразделение «Branch») разрешает option:connect."
    )


async def test_a_deny_that_beats_an_allow(database: Database, owner_connection: asyncpg.Connection) -> None:
    await grant(owner_connection, 71, MANAGER, role_id=OWN_ROLE)

    found = await ask(database, MANAGER, Action.OPTION_CONNECT, (Kind.NUMBER, BRANCH_NUMBER))

    assert said(found) == (
        False,
        "Refused: the role “Reader”, held over the whole company, denies option:connect, "
        "and a deny beats what other roles allow.",
        71,
        (),
    )


async def test_roles_that_do_not_allow_it(database: Database) -> None:
    found = await ask(database, AUDITOR, Action.OPTION_CONNECT, (Kind.NUMBER, NUMBER))

    assert said(found) == (
        False,
        "Refused: of the roles held there, none allows number:change: “Auditor”.",
        None,
        (Action.NUMBER_CHANGE, Action.OPTION_CONNECT),
    )


async def test_roles_that_are_held_elsewhere(database: Database, owner_connection: asyncpg.Connection) -> None:
    found = await ask(database, OWNER, Action.LABEL_SET, (Kind.NUMBER, NUMBER), about=MANAGER)

    assert said(found) == (
        False,
        "Refused: nothing is held there; roles in this company are held only over: department “Branch”.",
        None,
        (Action.NUMBER_READ, Action.NUMBER_CHANGE, Action.LABEL_SET),
    )


async def test_what_the_caller_does_not_see_in_their_own_company_does_not_exist(database: Database) -> None:
    answers = [said(await ask(database, MANAGER, Action.LABEL_SET, (Kind.NUMBER, each))) for each in (NUMBER, 999)]

    assert answers == [(False, "There is no such object, or not for you.", None, ())] * 2


async def test_somebody_who_holds_nothing_and_somebody_who_is_not_there_read_alike(database: Database) -> None:
    answers = [
        said(await ask(database, OWNER, Action.NUMBER_READ, (Kind.NUMBER, NUMBER), about=about))
        for about in (NOBODY, FOREIGN_OWNER, 999)
    ]

    assert answers == [(False, "Refused: no role is held in this company.", None, (Action.NUMBER_READ,))] * 3


async def test_the_company_as_a_whole(database: Database) -> None:
    found = await ask(database, ADMINISTRATOR, Action.OWNER_GRANT, company_id=COMPANY)

    assert said(found)[::3] == (False, (Action.OWNER_GRANT,))
    assert (await ask(database, OWNER, Action.OWNER_GRANT, (Kind.COMPANY, COMPANY))).allowed


async def test_a_card_is_read_by_whoever_holds_that_anywhere_in_the_company(database: Database) -> None:
    found = await ask(database, MANAGER, Action.COMPANY_READ, company_id=COMPANY)

    assert said(found)[:3] == (
        True,
        "Allowed: the role “Department manager”, held over department “Branch”, allows company:read.",
        MANAGER_GRANT,
    )


@pytest.mark.parametrize(
    ("foreign", "absent"),
    [
        ((Kind.NUMBER, FOREIGN_NUMBER), (Kind.NUMBER, 999)),
        ((Kind.ROLE, FOREIGN_ROLE), (Kind.ROLE, 999)),
        ((Kind.GRANT, FOREIGN_GRANT), (Kind.GRANT, 999)),
        ((Kind.API_KEY, FOREIGN_KEY), (Kind.API_KEY, 999)),
        ((Kind.COMPANY, OTHER_COMPANY), (Kind.COMPANY, 999)),
    ],
)
@pytest.mark.parametrize("about", [None, FOREIGN_AUDITOR, AUDITOR])
async def test_objects_of_another_company_do_not_exist(
    database: Database, foreign: tuple[Kind, int], absent: tuple[Kind, int], about: int | None
) -> None:
    answers = [said(await ask(database, OWNER, Action.NUMBER_READ, each, about=about)) for each in (foreign, absent)]

    assert answers == [(False, "There is no such object, or not for you.", None, ())] * 2


async def test_a_company_by_id_is_foreign_too(database: Database) -> None:
    answers = [said(await ask(database, OWNER, Action.NUMBER_READ, company_id=each)) for each in (OTHER_COMPANY, 999)]

    assert answers[0] == answers[1] == (False, "There is no such object, or not for you.", None, ())


async def test_about_others_asks_only_who_may(database: Database) -> None:
    number = (Kind.NUMBER, BRANCH_NUMBER)

    assert await refused(ask(database, MANAGER, Action.NUMBER_READ, number, about=AUDITOR)) == [
        (ErrorCode.FORBIDDEN, ("administratorId",))
    ]
    assert (await ask(database, MANAGER, Action.NUMBER_READ, number, about=MANAGER)).allowed
    found = await ask(database, AUDITOR, Action.NUMBER_READ, number, about=MANAGER)
    assert (found.allowed, found.grant and found.grant["id"]) == (True, MANAGER_GRANT)


async def test_what_others_hold_in_other_companies_stays_unsaid(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 71, FOREIGN_AUDITOR, role="reporting", department_id=BRANCH)

    found = await ask(database, OWNER, Action.BAN_SET, (Kind.NUMBER, NUMBER), about=FOREIGN_AUDITOR)

    assert (
        said(found)[1]
        == "Refused: nothing is held there; roles in this company are held only over: department “Branch”."
    )


async def test_an_object_without_a_company_needs_one(database: Database) -> None:
    assert await refused(ask(database, OWNER, Action.TARIFF_READ, (Kind.TARIFF, 1))) == [
        (ErrorCode.REQUIRED, ("companyId",))
    ]
    assert (await ask(database, OWNER, Action.TARIFF_READ, (Kind.TARIFF, 1), company_id=COMPANY)).allowed


async def test_a_key_asks_about_itself(database: Database) -> None:
    key = Principal("api_key", KEY, "Reports", (Grant(46, COMPANY, "reporting"),))

    found = await explain(database, key, Action.NUMBER_READ, subject=(Kind.NUMBER, NUMBER))

    assert said(found)[:2] == (True, "Allowed: the role “Reporting”, held over the whole company, allows number:read.")


async def test_a_place_is_named_to_those_only_who_are_shown_it(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 71, NOBODY, role_id=OWN_ROLE, department_id=BRANCH)

    elsewhere = await ask(database, NOBODY, Action.LABEL_SET, company_id=COMPANY)
    held = await ask(database, NOBODY, Action.NUMBER_READ, (Kind.NUMBER, BRANCH_NUMBER))

    hidden = "a department that you are not shown"
    assert said(elsewhere)[1] == f"Refused: nothing is held there; roles in this company are held only over: {hidden}."
    assert said(held)[1] == f"Allowed: the role “Reader”, held over {hidden}, allows number:read."


async def test_explanations_of_random_grants_are_what_is_decided(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    seed = Random().getrandbits(32)
    print(f"seed {seed}")
    random = Random(seed)
    places = {NUMBER: None, BRANCH_NUMBER: BRANCH}
    for role_id in range(61, 65):
        chosen = random.sample(list(Action), 12)
        await own_role(owner_connection, role_id, chosen[:8], chosen[8:])
    for grant_id in range(71, 91):
        own = random.random() < 0.5
        await grant(
            owner_connection,
            grant_id,
            random.choice([MANAGER, AUDITOR, NOBODY]),
            role_id=random.randrange(61, 65) if own else None,
            role=None if own else random.choice(list(BuiltInRole)),
            department_id=random.choice([None, HEADQUARTERS, BRANCH, SUB_BRANCH]),
        )

    for about in (MANAGER, AUDITOR, NOBODY):
        who = await person(database, about)
        for action in random.sample([each for each in Action if each not in _SPECIAL], 12):
            for number_id, department_id in places.items():
                found = await ask(database, OWNER, action, (Kind.NUMBER, number_id), about=about)
                decided = all(holds(who, each, COMPANY, department_id) for each in needed(action))
                assert found.allowed is decided, (about, action, number_id)
                if found.grant is not None:
                    deciding = {each.id: each for each in who.grants}[found.grant["id"]]
                    assert deciding.department_ids is None or department_id in deciding.department_ids


_SPECIAL = (Action.COMPANY_READ, Action.TARIFF_READ, Action.OPTION_READ)
"""Held anywhere, they count everywhere."""


def needed(action: Action) -> tuple[Action, ...]:
    """What has to be held: who changes a number has to see it, and to change numbers at all."""
    changes = {operation.kind for operation in OPERATIONS}
    return (Action.NUMBER_READ, Action.NUMBER_CHANGE, action) if action in changes else (action,)


async def test_a_bulk_change_stands_where_its_numbers_do(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    plain = {"status": "PLANNED", "on_error": "SKIP_FAILED", "actor_kind": "SYSTEM", "actor_name": "", "channel": "API"}
    for id, company_id, department_id in ((71, COMPANY, BRANCH), (72, COMPANY, None), (73, OTHER_COMPANY, None)):
        place = {"id": id, "company_id": company_id, "department_id": department_id}
        await insert(owner_connection, "bulk_changes", plain | place | {"operations": "{}"})

    asked = [
        await ask(database, by, Action.BULK_CHANGE_APPLY, (Kind.BULK_CHANGE, id))
        for by, id in ((MANAGER, 71), (MANAGER, 72), (MANAGER, 73), (MANAGER, 999), (AUDITOR, 72))
    ]

    assert [found.allowed for found in asked] == [True, False, False, False, False]
    assert said(asked[1]) == said(asked[2]) == said(asked[3])
    assert said(asked[4])[1] == "Refused: of the roles held there, none allows bulk_change:apply: “Auditor”."
