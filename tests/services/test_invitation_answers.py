"""Answers to invitations: a company learns of a person, and gives them rights, when they accept, and not before."""

import asyncpg
import pytest

from authz.actions import Action
from authz.principal import Principal
from authz.roles import BuiltInRole
from authz.scope import holds
from gateway.db import Database
from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.services import grants, visits
from gateway.services.explanations import explain
from gateway.services.invitations import accept, decline, of_person
from gateway.services.login_alerts import set_login_alerts
from gateway.services.login_codes import request_code, reset_password
from gateway.services.logins import find_administrator
from gateway.services.sessions import open_session, revoke_session
from gateway.services.summaries import summary
from tests.services.fleet import BRANCH, COMPANY, OTHER_COMPANY
from tests.services.holders import (
    ADMINISTRATOR,
    FOREIGN_AUDITOR,
    FOREIGN_OWNER,
    OWNER,
    OWNER_GRANT,
    ROLES,
    SUB_BRANCH,
    everything,
    grant,
    journal,
    origin,
    person,
    refused,
)
from tests.services.inviting import invite, shown
from tests.services.people import OTHER_PASSWORD, Browser, journalled

pytestmark = pytest.mark.usefixtures("proven_holders")
EMAIL = "foma@company.example"


async def signed_in(browser: Browser, administrator_id: int) -> tuple[Principal, int]:
    """A new session of somebody who has proved to be this administrator."""
    found = await find_administrator(browser.visit, administrator_id)
    assert found is not None
    identity = browser.keep(await open_session(browser.visit, found, remember=False)).identity
    assert identity.session_id is not None
    return identity.principal, identity.session_id


async def test_whoever_signs_in_without_accepting_belongs_to_no_company_that_invited_them(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute("UPDATE administrators SET phone = '79260000009' WHERE id = $1", FOREIGN_AUDITOR)
    await invite(database, OWNER, email=EMAIL)
    browser = Browser(database)
    before = await journalled(owner_connection)

    principal, session_id = await signed_in(browser, FOREIGN_AUDITOR)
    await set_login_alerts(browser.visit, principal, email=True, sms=True)
    await revoke_session(browser.visit, principal, session_id)

    typed = {"id": FOREIGN_AUDITOR, "name": "Vera", "email": EMAIL}
    unknown = dict.fromkeys(("phone", "last_login_at", "locked_until"))
    assert dict(await shown(database, OWNER, FOREIGN_AUDITOR)) == typed | unknown
    assert await journalled(owner_connection) == before
    assert await journalled(owner_connection, OTHER_COMPANY) == ["login_alerts:set", "session:revoke"]
    assert principal.companies == (OTHER_COMPANY,)
    explained = await explain(
        database,
        await person(database, OWNER),
        Action.NUMBER_READ,
        administrator_id=FOREIGN_AUDITOR,
        company_id=COMPANY,
    )
    assert not explained.allowed
    assert [(row["company"], row["inviter"], row["name"]) for row in await of_person(database, principal)] == [
        ("Company 1", "Olga", "Vera")
    ]


async def test_whoever_accepts_holds_what_was_given_and_is_shown_as_they_are(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await invite(database, OWNER, email=EMAIL, department_id=BRANCH)
    browser = Browser(database)
    principal, _ = await signed_in(browser, FOREIGN_AUDITOR)

    joined = await accept(browser.visit, principal, COMPANY, " Foma Kuzmich ")

    assert holds(joined, Action.NUMBER_READ, COMPANY, SUB_BRANCH)
    assert joined.name == "Foma Kuzmich"
    row = await shown(database, OWNER, FOREIGN_AUDITOR)
    assert (row["name"], row["email"], row["last_login_at"] is None) == ("Foma Kuzmich", EMAIL, False)
    line = (await journal(owner_connection))[-1]
    assert (line["actor_name"], line["action"], line["subject"]) == ("Foma Kuzmich", "invitation:accept", "adm_7")
    assert summary(line["action"], line["details"], Language.EN) == (
        "Vera accepted the invitation, by the name Foma Kuzmich"
    )
    assert await of_person(database, joined) == []
    assert await refused(accept(browser.visit, joined, COMPANY, "Foma")) == [(ErrorCode.NOT_FOUND, ("companyId",))]


async def test_whoever_declines_holds_nothing_and_stays_who_was_typed(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await invite(database, OWNER, email=EMAIL)
    await grants.add(
        database, await person(database, OWNER), COMPANY, FOREIGN_AUDITOR, ROLES[BuiltInRole.MANAGER], BRANCH,
        session_id=OWNER, origin=origin(await person(database, OWNER)),
    )  # fmt: skip
    browser = Browser(database)
    principal, _ = await signed_in(browser, FOREIGN_AUDITOR)

    await decline(browser.visit, principal, COMPANY)

    assert await shown(database, OWNER, FOREIGN_AUDITOR) is None
    held = "SELECT array_agg(company_id) FROM grants WHERE administrator_id = $1"
    assert await owner_connection.fetchval(held, FOREIGN_AUDITOR) == [OTHER_COMPANY]
    line = (await journal(owner_connection))[-1]
    assert (line["actor_name"], line["action"]) == ("Vera", "invitation:decline")
    assert summary(line["action"], line["details"], Language.RU) == "Vera: приглашение отклонено"
    assert await refused(decline(browser.visit, principal, COMPANY)) == [(ErrorCode.NOT_FOUND, ("companyId",))]


@pytest.mark.parametrize("name", ["", " ", "a" * 201, "Foma\u202e"])
async def test_no_name_is_taken_that_an_inviter_might_not_type(
    database: Database, owner_connection: asyncpg.Connection, name: str
) -> None:
    await invite(database, OWNER, email=EMAIL)
    before = await everything(owner_connection)

    attempt = accept(Browser(database).visit, await person(database, FOREIGN_AUDITOR), COMPANY, name)

    assert await refused(attempt) == [(ErrorCode.INVALID, ("name",))]
    assert await everything(owner_connection) == before


async def set_first_password(browser: Browser, login: str) -> Principal:
    await request_code(browser.visit, login)
    opened = await reset_password(browser.visit, login, await browser.code(), OTHER_PASSWORD)
    return browser.keep(opened).identity.principal


async def test_a_new_person_accepts_by_the_code_with_which_they_sign_in_first(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "_REFUSED_AFTER", 0.001)
    await invite(database, OWNER, phone="79260000009")

    principal = await set_first_password(Browser(database), "79260000009")

    assert holds(principal, Action.NUMBER_READ, COMPANY)
    assert (await shown(database, OWNER, principal.id))["last_login_at"] is not None
    assert (await journalled(owner_connection))[-1] == "invitation:accept"


async def test_no_company_sees_how_another_one_called_a_new_person(database: Database) -> None:
    await invite(database, FOREIGN_OWNER, email="new@north.example", name="Voroncov (Owner)", company_id=OTHER_COMPANY)
    await invite(database, OWNER, email="new@north.example", name="Petrova Maria")
    browser = Browser(database)

    principal = await set_first_password(browser, "new@north.example")
    waiting = [(row["company_id"], row["name"]) for row in await of_person(database, principal)]
    before = (await shown(database, OWNER, principal.id))["name"]
    joined = await accept(browser.visit, principal, COMPANY, "Maria Petrova")

    assert principal.companies == ()
    assert waiting == [(OTHER_COMPANY, "Voroncov (Owner)"), (COMPANY, "Petrova Maria")]
    assert before == "Petrova Maria"
    assert joined.companies == (COMPANY,)
    assert (await shown(database, OWNER, principal.id))["name"] == "Maria Petrova"
    assert (await shown(database, FOREIGN_OWNER, principal.id))["name"] == "Voroncov (Owner)"


async def test_an_invited_owner_is_none_before_they_accept(database: Database) -> None:
    await invite(database, OWNER, ROLES[BuiltInRole.OWNER], email=EMAIL)
    owner = await person(database, OWNER)

    attempt = grants.revoke(database, owner, OWNER_GRANT, session_id=OWNER, origin=origin(owner))
    assert await refused(attempt) == [(ErrorCode.CONFLICT, ("id",))]

    await accept(Browser(database).visit, await person(database, FOREIGN_AUDITOR), COMPANY, "Foma")
    await grants.revoke(database, owner, OWNER_GRANT, session_id=OWNER, origin=origin(owner))


async def test_whom_one_company_invited_another_one_of_the_inviter_does_not_know(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await invite(database, OWNER, email="fedor@company.example")
    await owner_connection.execute(
        "INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status) "
        "SELECT 3, 'Company 3', '7700000003', '3', region, time_zone, status FROM companies WHERE id = 1"
    )
    await grant(owner_connection, 71, OWNER, role="owner", company_id=3)
    owner = await person(database, OWNER)
    role = ROLES[BuiltInRole.AUDITOR]

    attempt = grants.add(database, owner, 3, FOREIGN_OWNER, role, None, session_id=OWNER, origin=origin(owner))
    assert await refused(attempt) == [(ErrorCode.NOT_FOUND, ("administratorId",))]
    await invite(database, OWNER, email="fedor@company.example", name="Somebody", company_id=3)
    colleague = await grants.add(database, owner, 3, ADMINISTRATOR, role, None, session_id=OWNER, origin=origin(owner))

    assert (await person(database, FOREIGN_OWNER)).companies == (OTHER_COMPANY,)
    assert (await person(database, colleague["administrator_id"])).companies == (COMPANY, 3)


async def test_an_invitation_ends_with_the_last_role_that_it_gave(database: Database) -> None:
    owner = await person(database, OWNER)
    given = [
        await invite(database, OWNER, ROLES[role], email=EMAIL) for role in (BuiltInRole.AUDITOR, BuiltInRole.OWNER)
    ]
    invited = await person(database, FOREIGN_AUDITOR)

    left = []
    for each in given:
        await grants.revoke(database, owner, each["id"], session_id=OWNER, origin=origin(owner))
        left.append(len(await of_person(database, invited)))

    assert left == [1, 0]
