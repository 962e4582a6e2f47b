"""Inviting people: they are made once, told how to sign in, and given no more than who invites them holds."""

import asyncio
import io
import re
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from authz.actions import Action
from authz.roles import BuiltInRole
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language
from gateway.ports.mail import ConsoleMail
from gateway.ports.sms import ConsoleSms
from gateway.services import grants, invitations
from gateway.services.post import Post, plain
from gateway.services.summaries import summary
from tests.services.fleet import BRANCH, COMPANY, OTHER_COMPANY
from tests.services.holders import (
    ADMINISTRATOR,
    FOREIGN_AUDITOR,
    FOREIGN_OWNER,
    MANAGER,
    NOBODY,
    OWNER,
    ROLES,
    everything,
    grant,
    journal,
    origin,
    own_role,
    person,
    refused,
)
from tests.services.inviting import invite, shown
from tests.services.people import Browser

pytestmark = pytest.mark.usefixtures("proven_holders")

TYPED = {"name": "Vera", "email": None, "phone": None, "last_login_at": None, "locked_until": None}


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


async def test_who_is_invited_is_told_by_whom_and_how_to_sign_in(database: Database) -> None:
    console = io.StringIO()
    post = Post(ConsoleMail(console), ConsoleSms(console))

    await invite(database, OWNER, email="vera@company.example", name="http://canary.example", post=post)
    await post.close()
    await invite(database, OWNER, phone="79260000009", language=Language.RU, post=post)
    await post.close()

    assert console.getvalue() == (
        "e-mail to vera@company.example: Company 1 gives you access to the corporate gateway\n"
        "  Olga of Company 1 gives you access to the corporate gateway. To sign in, first ask there for a one-time "
        "code to this address or number.\n"
        "SMS to +79260000009: Company 1: Olga открывает вам доступ к корпоративному шлюзу. Чтобы войти впервые, "
        "запросите там одноразовый код на этот адрес или номер.\n"
    )


@pytest.mark.parametrize("language", Language)
async def test_whatever_names_say_an_invitation_is_short_and_has_one_subject_and_no_link(
    database: Database, owner_connection: asyncpg.Connection, language: Language
) -> None:
    hostile = "Ы\r\nBcc: all@canary.example\r\n\r\nhttps://canary.example/" + "ы" * 200
    await owner_connection.execute("UPDATE companies SET name = $1 WHERE id = 1", hostile)
    await owner_connection.execute("UPDATE administrators SET name = $1 WHERE id = $2", hostile, OWNER)
    sent: list[tuple[str, ...]] = []

    class Box:
        async def send(self, *message: str) -> None:
            sent.append(message)

    post = Post(Box(), Box())
    visit = replace(Browser(database).visit, post=post)
    giver = replace(await person(database, OWNER), name=hostile)
    for address in ({"email": "vera@company.example", "phone": None}, {"email": None, "phone": "79260000009"}):
        await grants.invite(
            visit, giver, COMPANY, "Vera", ROLES[BuiltInRole.AUDITOR], None, **address,
            language=language, session_id=OWNER, origin=origin(giver),
        )  # fmt: skip
    await post.close()

    (_, subject, text), (_, short) = sent
    assert len(short) <= 201  # three parts of 67 characters, as Cyrillic letters take
    assert text == short
    for each in (subject, text):
        assert each.isprintable()
        assert not re.search(r"[@/:]\S|\.\w", each)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ООО «Альфа Ёлки» & Co., Ltd.", "ООО «Альфа Ёлки» & Co., Ltd."),
        ("И.И. Иванов-О’Нил", "И. И. Иванов-О’Нил"),
        ("http://a.example/?b=1", "http a. example b 1"),
        ("a@b.example", "a b. example"),
        ("a．example", "a. example"),
        ("\u202eеваИ\u200b\0\t\u2028", "еваИ"),
        ("x" * 30, "x" * 30),
        ("x" * 31, "x" * 29 + "…"),
        ("<>", "—"),
    ],
)
def test_a_name_in_a_message_is_plain(name: str, shown: str) -> None:
    assert plain(name, 30) == shown


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


async def test_three_messages_a_day_are_sent_to_one_person_whoever_invites_and_all_are_invited(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    console = io.StringIO()
    post = Post(ConsoleMail(console), ConsoleSms(console))
    owner = await person(database, OWNER)

    answers = []
    for _ in range(4):
        given = await invite(database, OWNER, phone="79260000009", post=post)
        answers.append(given.pop("message_sent"))
        await grants.revoke(database, owner, given["id"], session_id=OWNER, origin=origin(owner))
    foreign = await invite(database, FOREIGN_OWNER, phone="79260000009", company_id=OTHER_COMPANY, post=post)
    others = await invite(database, OWNER, phone="79260000008", post=post)
    await owner_connection.execute("UPDATE tries SET until = now() - interval '1 s'")
    next_day = await invite(database, OWNER, phone="79260000009", post=post)

    await post.close()
    assert answers == [True, True, True, False]
    assert [each["message_sent"] for each in (foreign, others, next_day)] == [False, True, True]
    assert console.getvalue().count("SMS to +79260000009") == 4
    held = "SELECT count(*) FROM grants WHERE administrator_id = $1"
    assert await owner_connection.fetchval(held, foreign["administrator_id"]) == 2


async def test_a_company_sends_so_many_messages_a_day_to_all_together(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "BY_COMPANY", replace(invitations.BY_COMPANY, most=2))

    sent = [(await invite(database, OWNER, email=f"vera{n}@company.example"))["message_sent"] for n in range(3)]
    foreign = await invite(database, FOREIGN_OWNER, email="vera@company.example", company_id=OTHER_COMPANY)

    assert sent == [True, True, False]
    assert foreign["message_sent"]


async def test_who_signs_in_already_is_not_made_again(database: Database, owner_connection: asyncpg.Connection) -> None:
    await owner_connection.execute("UPDATE administrators SET phone = '79260000009' WHERE id = $1", FOREIGN_OWNER)

    by_phone = await invite(database, OWNER, phone="79260000009")
    by_email = await invite(database, OWNER, email="foma@company.example")

    assert (by_phone["administrator_id"], by_email["administrator_id"]) == (FOREIGN_OWNER, FOREIGN_AUDITOR)
    assert await owner_connection.fetchval("SELECT count(*) FROM administrators") == 7
    assert await owner_connection.fetchval("SELECT name FROM administrators WHERE id = $1", FOREIGN_OWNER) == "Fedor"


@pytest.mark.parametrize("existing", [True, False])
async def test_until_they_accept_an_invited_person_is_what_was_typed(
    database: Database, owner_connection: asyncpg.Connection, existing: bool
) -> None:
    email = "foma@company.example" if existing else "new@company.example"
    await owner_connection.execute("UPDATE administrators SET phone = '79260000009' WHERE id = $1", FOREIGN_AUDITOR)

    id = (await invite(database, OWNER, email=email))["administrator_id"]
    await owner_connection.execute("UPDATE administrators SET last_login_at = now(), locked_until = now()")

    assert dict(await shown(database, OWNER, id)) == TYPED | {"id": id, "email": email}
    lines = await journal(owner_connection)
    assert [line["action"] for line in lines] == ["administrator:invite", "grant:add"]
    assert [line["details"]["names"]["administrator"] for line in lines] == ["Vera", "Vera"]
    with pytest.raises(Refusal, match="Vera already has this role there"):
        await invite(database, OWNER, email=email, name="Somebody")


async def test_what_an_inviter_typed_hides_nobody_from_their_colleagues(database: Database) -> None:
    for email in ("foma@company.example", "fedor@company.example"):
        await invite(database, OWNER, email=email)

    assert (await shown(database, FOREIGN_OWNER, FOREIGN_AUDITOR))["name"] == "Foma"
    assert (await shown(database, OWNER, FOREIGN_AUDITOR))["name"] == "Vera"


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
        (OWNER, {"email": "vera@company.example", "phone": "79260000009"}, "INVALID", ("email",)),
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


async def test_an_owner_is_invited_with_a_fresh_proof(database: Database, owner_connection: asyncpg.Connection) -> None:
    await owner_connection.execute("UPDATE sessions SET stepped_up_at = now() - interval '16 minutes'")
    before = await everything(owner_connection)

    attempt = invite(database, OWNER, ROLES[BuiltInRole.OWNER], email="vera@company.example")

    assert await refused(attempt) == [("STEP_UP_REQUIRED", ())]
    assert await everything(owner_connection) == before
