"""Applications for access: strangers learn nothing of customers, and the staff opens no cabinet that it must not."""

import asyncio
from typing import Any

import asyncpg
import pytest

from authz.actions import Action
from authz.scope import holds
from gateway.db import Database
from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.models.applications import ApplicationStatus
from gateway.services import applications
from gateway.services.applications import Asked, Problem
from gateway.services.principals import load_administrator
from tests.services.fleet import COMPANY, OTHER_COMPANY
from tests.services.holders import ADMINISTRATOR, NAMES, OWNER_GRANT, everything, journal, refused, settle
from tests.services.people import Browser

INN, OTHER_INN, UNKNOWN_INN = "7700000001", "7700000002", "7707083893"
STAFF = "Sveta of the office"


@pytest.fixture(autouse=True)
async def _people(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await settle(owner_connection)
    await owner_connection.execute("DELETE FROM grants WHERE id = $1", OWNER_GRANT)


@pytest.fixture
def browser(database: Database) -> Browser:
    return Browser(database)


def asked(inn: str = INN, **more: Any) -> Asked:
    said = {
        "office": "Moscow, Arbat",
        "email": " Vera@Company.example",
        "phone": "79260000009",
        "signatory": "Vera Pavlovna",
        "language": Language.EN,
    }
    return Asked(inn, **said | more)


async def submit(browser: Browser, inn: str = INN, **more: Any) -> int:
    """The number of the application."""
    await applications.submit(browser.visit, asked(inn, **more))
    (*_, last) = await applications.applications(browser.database, ApplicationStatus.SUBMITTED)
    return int(last.row["id"])


async def reviewed(browser: Browser, inn: str = INN, **more: Any) -> int:
    """The number of an application under review whose signatory is verified."""
    id = await submit(browser, inn, **more)
    await applications.take(browser.database, STAFF, id)
    await applications.verify_signatory(browser.database, STAFF, id)
    return id


async def approve(browser: Browser, id: int) -> Any:
    return await applications.approve(browser.database, STAFF, id, post=browser.post)


async def test_from_the_application_to_the_first_owner(browser: Browser, owner_connection: asyncpg.Connection) -> None:
    reference = await applications.submit(browser.visit, asked())
    await applications.take(browser.database, STAFF, 1)
    await applications.verify_signatory(browser.database, STAFF, 1)

    opened = await approve(browser, 1)

    assert (opened.company_id, opened.company_name, opened.problems) == (COMPANY, "Company 1", [])
    person = await owner_connection.fetchrow("SELECT name, email, phone FROM administrators WHERE id = 100")
    assert person is not None
    assert tuple(person) == ("Vera Pavlovna", "vera@company.example", None)
    owner = await load_administrator(browser.database, 100, "Vera Pavlovna")
    assert holds(owner, Action.OWNER_GRANT, COMPANY)
    assert owner.companies == (COMPANY,)
    lines = await journal(owner_connection)
    assert [(line["actor_name"], line["action"]) for line in lines] == [
        (STAFF, "administrator:invite"),
        (STAFF, "grant:add"),
    ]
    followed = await applications.follow(browser.database, reference)
    assert followed is not None
    assert followed["status"] == "APPROVED"
    assert "ask there for a one-time code to this address" in await browser.received()


async def test_strangers_are_answered_alike_whoever_is_a_customer(browser: Browser) -> None:
    references = [await applications.submit(browser.visit, asked(inn)) for inn in (INN, INN, OTHER_INN, UNKNOWN_INN)]

    answers = [await applications.follow(browser.database, each) for each in references]
    assert [(each["status"], each["decided_at"], each["reason"]) for each in answers if each] == [
        ("SUBMITTED", None, None)
    ] * 4
    assert {len(each) for each in references} == {22}
    assert len(set(references)) == 4
    assert await applications.follow(browser.database, "1") is None


@pytest.mark.parametrize(
    ("inn", "statement", "problems"),
    [
        (UNKNOWN_INN, "SELECT 1", [Problem.UNKNOWN_INN]),
        (OTHER_INN, "SELECT 1", [Problem.ALREADY_OWNED]),
        (INN, "UPDATE companies SET status = 'CLOSED'", [Problem.CLOSED_COMPANY]),
        (INN, "UPDATE access_applications SET signatory_verified_at = NULL", [Problem.SIGNATORY_NOT_VERIFIED]),
        (INN, "UPDATE companies SET status = 'SUSPENDED'", []),
    ],
)
async def test_what_keeps_a_cabinet_closed(
    browser: Browser, owner_connection: asyncpg.Connection, inn: str, statement: str, problems: list[Problem]
) -> None:
    id = await reviewed(browser, inn)
    await owner_connection.execute(statement)
    before = await everything(owner_connection)

    (found,) = await applications.applications(browser.database, ApplicationStatus.IN_REVIEW)

    assert found.problems == problems
    if problems:
        assert await refused(approve(browser, id)) == [(ErrorCode.CONFLICT, ())]
        assert await everything(owner_connection) == before


async def test_of_two_applications_one_is_refused_first(browser: Browser) -> None:
    id, other = await reviewed(browser), await submit(browser)

    assert await refused(approve(browser, id)) == [(ErrorCode.CONFLICT, ())]

    await applications.reject(browser.database, STAFF, other, " Sent  twice ", post=browser.post)
    assert (await approve(browser, id)).company_id == COMPANY
    assert "Your application for access was refused: Sent twice" in await browser.received()


async def test_only_what_comes_next_can_be_done(browser: Browser) -> None:
    db = browser.database
    id = await submit(browser)
    assert await refused(applications.verify_signatory(db, STAFF, id)) == [(ErrorCode.CONFLICT, ("id",))]
    assert await refused(approve(browser, id)) == [(ErrorCode.CONFLICT, ("id",))]

    await applications.take(db, STAFF, id)
    assert await refused(applications.take(db, "Another", id)) == [(ErrorCode.CONFLICT, ("id",))]
    for no_reason in ("  ", "No\0"):
        assert await refused(applications.reject(db, STAFF, id, no_reason, post=browser.post)) == [
            (ErrorCode.REQUIRED, ("reason",))
        ]

    await applications.reject(db, STAFF, id, "No", post=browser.post)
    assert await refused(approve(browser, id)) == [(ErrorCode.CONFLICT, ("id",))]
    assert await refused(applications.take(db, STAFF, 999)) == [(ErrorCode.NOT_FOUND, ("id",))]
    assert await refused(approve(browser, 999)) == [(ErrorCode.NOT_FOUND, ("id",))]


async def test_approved_at_once_by_many_it_is_opened_once(
    browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    id = await reviewed(browser)

    answers = await asyncio.gather(*(approve(browser, id) for _ in range(4)), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert await owner_connection.fetchval("SELECT count(*) FROM grants WHERE role = 'owner' AND company_id = 1") == 1


async def test_somebody_who_signs_in_already_becomes_the_owner(
    browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    id = await reviewed(browser, email=f"{NAMES[ADMINISTRATOR].lower()}@company.example")

    await approve(browser, id)

    owner = await load_administrator(browser.database, ADMINISTRATOR, "Anna")
    assert holds(owner, Action.OWNER_GRANT, COMPANY)
    assert [line["action"] for line in await journal(owner_connection)] == ["grant:add"]
    assert await journal(owner_connection, OTHER_COMPANY) == []


@pytest.mark.parametrize(
    ("more", "fields"),
    [
        ({"email": "vera"}, [("email",)]),
        ({"office": " "}, [("office",)]),
        ({"signatory": "x" * 201, "office": "", "email": ""}, [("office",), ("signatory",), ("email",)]),
        ({"office": "a\x00b"}, [("office",)]),
    ],
)
async def test_what_is_no_application_is_not_taken(
    browser: Browser, more: dict[str, Any], fields: list[tuple[str, ...]]
) -> None:
    told = await refused(applications.submit(browser.visit, asked(**more)))

    assert told == [(ErrorCode.INVALID, field) for field in fields]
    assert await applications.applications(browser.database, ApplicationStatus.SUBMITTED) == []


async def test_an_address_sends_five_an_hour_exactly(database: Database) -> None:
    near, far = Browser(database), Browser(database, ip="192.0.2.2")

    answers = await asyncio.gather(
        *(applications.submit(near.visit, asked()) for _ in range(12)), return_exceptions=True
    )

    assert sum(isinstance(answer, str) for answer in answers) == 5
    assert await refused(applications.submit(near.visit, asked())) == [(ErrorCode.LOCKED, ())]
    assert isinstance(await applications.submit(far.visit, asked()), str)
