"""Inviting people: they are made once, told how to sign in, and given no more than who invites them holds."""

import asyncio
import io
from typing import Any

import asyncpg
import pytest

from authz.actions import Action
from authz.roles import BuiltInRole
from authz.scope import holds
from gateway.db import Database
from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.ports.mail import ConsoleMail
from gateway.ports.sms import ConsoleSms
from gateway.services import grants
from gateway.services.post import Post
from gateway.services.principals import load_administrator
from gateway.services.summaries import summary
from tests.services.fleet import BRANCH, COMPANY
from tests.services.holders import (
    ADMINISTRATOR,
    FOREIGN_AUDITOR,
    FOREIGN_OWNER,
    MANAGER,
    NOBODY,
    OWNER,
    ROLES,
    SUB_BRANCH,
    everything,
    grant,
    journal,
    origin,
    own_role,
    person,
    refused,
    settle,
)


@pytest.fixture(autouse=True)
async def _people(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await settle(owner_connection)


async def invite(database: Database, by: int, role: int = ROLES[BuiltInRole.AUDITOR], **options: Any) -> dict[str, Any]:
    giver = await person(database, by)
    given = {"email": None, "phone": None, "language": Language.EN, "name": "Vera"} | options
    name = given.pop("name")
    given.setdefault("post", Post())
    return await grants.invite(
        database, giver, COMPANY, name, role, given.pop("department_id", None), origin=origin(giver), **given
    )


async def test_a_new_person_is_invited(database: Database, owner_connection: asyncpg.Connection) -> None:
    given = await invite(database, ADMINISTRATOR, email=" Vera@Company.Example ", department_id=BRANCH)

    row = await owner_connection.fetchrow("SELECT name, email, phone, language FROM administrators WHERE id = 100")
    assert given["administrator_id"] == 100
    assert row is not None
    assert tuple(row) == ("Vera", "vera@company.example", None, "EN")
    lines = await journal(owner_connection)
    assert [(line["action"], line["subject"]) for line in lines] == [
        ("administrator:invite", "adm_100"),
        ("grant:add", "adm_100"),
    ]
    assert summary("administrator:invite", lines[0]["details"], Language.EN) == "Vera was invited"
    invited = await load_administrator(database, 100, "Vera")
    assert holds(invited, Action.NUMBER_READ, COMPANY, SUB_BRANCH)


async def test_who_is_invited_is_told_how_to_sign_in(database: Database) -> None:
    console = io.StringIO()
    post = Post(ConsoleMail(console), ConsoleSms(console))

    await invite(database, OWNER, email="vera@company.example", name="http://canary.example", post=post)
    await invite(database, OWNER, phone="79260000009", language=Language.RU, post=post)

    await post.close()
    sent = console.getvalue()
    assert "vera@company.example" in sent
    assert "ask there for a one-time code" in sent
    assert "79260000009" in sent
    assert "запросите там одноразовый код" in sent
    assert "canary" not in sent


async def test_a_repeated_invitation_is_sent_once(database: Database, owner_connection: asyncpg.Connection) -> None:
    console = io.StringIO()
    post = Post(ConsoleMail(console), ConsoleSms(console))

    answers = [
        await invite(database, OWNER, email="vera@company.example", post=post, idempotency_key="k") for _ in range(3)
    ]

    await post.close()
    assert answers == [answers[0]] * 3
    assert console.getvalue().count("e-mail to") == 1
    assert len(await journal(owner_connection)) == 2


async def test_who_signs_in_already_is_not_made_again(database: Database, owner_connection: asyncpg.Connection) -> None:
    await owner_connection.execute("UPDATE administrators SET phone = '79260000009' WHERE id = $1", FOREIGN_OWNER)

    by_phone = await invite(database, OWNER, phone="79260000009")
    by_email = await invite(database, OWNER, email="foma@company.example")

    assert (by_phone["administrator_id"], by_email["administrator_id"]) == (FOREIGN_OWNER, FOREIGN_AUDITOR)
    assert await owner_connection.fetchval("SELECT count(*) FROM administrators") == 7
    assert [line["action"] for line in await journal(owner_connection)] == ["grant:add", "grant:add"]
    assert await owner_connection.fetchval("SELECT name FROM administrators WHERE id = $1", FOREIGN_OWNER) == "Fedor"


async def test_many_invitations_at_once_make_one_person(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    roles = [ROLES[role] for role in BuiltInRole if role is not BuiltInRole.OWNER]

    given = await asyncio.gather(*(invite(database, OWNER, role, email="vera@company.example") for role in roles))

    assert len({each["administrator_id"] for each in given}) == 1
    assert await owner_connection.fetchval("SELECT count(*) FROM administrators WHERE name = 'Vera'") == 1


@pytest.mark.parametrize("missing", [Action.ADMINISTRATOR_INVITE, Action.GRANT_ADD])
async def test_to_invite_takes_both_inviting_and_giving(
    database: Database, owner_connection: asyncpg.Connection, missing: Action
) -> None:
    allowed = [action for action in Action if action is not missing]
    await grant(owner_connection, 71, NOBODY, role_id=await own_role(owner_connection, 61, allowed))
    before = await everything(owner_connection)

    assert await refused(invite(database, NOBODY, email="vera@company.example")) == [(ErrorCode.FORBIDDEN, ())]

    assert await everything(owner_connection) == before


@pytest.mark.parametrize(
    ("by", "options", "code", "field"),
    [
        (ADMINISTRATOR, {"email": "vera@company.example", "role": ROLES[BuiltInRole.OWNER]}, "FORBIDDEN", ("roleId",)),
        (MANAGER, {"email": "vera@company.example", "department_id": BRANCH}, "FORBIDDEN", ()),
        (OWNER, {"email": "vera@company.example", "phone": "79260000009"}, "REQUIRED", ("email",)),
        (OWNER, {}, "REQUIRED", ("email",)),
        (OWNER, {"email": "vera@company"}, "INVALID", ("email",)),
        (OWNER, {"email": "vera@company.example\nBcc: x@y.example"}, "INVALID", ("email",)),
        (OWNER, {"email": "vera@company.example", "name": " "}, "INVALID", ("name",)),
    ],
)
async def test_an_invitation_that_is_refused_makes_nobody(
    database: Database,
    owner_connection: asyncpg.Connection,
    by: int,
    options: dict[str, Any],
    code: str,
    field: tuple[str, ...],
) -> None:
    before = await everything(owner_connection)

    assert await refused(invite(database, by, **options)) == [(code, field)]

    assert await everything(owner_connection) == before
