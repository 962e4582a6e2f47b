"""A company's own roles: what saving one takes, changes and would change."""

import asyncio
from typing import Any

import asyncpg
import pytest

from authz.actions import Action
from authz.roles import BuiltInRole
from authz.scope import holds
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.kit.texts import Language
from gateway.services import roles
from gateway.services.roles import Draft, Preview
from gateway.services.summaries import summary
from tests.services.fleet import BRANCH, COMPANY, HEADQUARTERS, OTHER_COMPANY
from tests.services.holders import (
    ADMINISTRATOR,
    AUDITOR,
    FOREIGN_ROLE,
    KEY,
    MANAGER,
    NOBODY,
    OWN_ROLE,
    OWNER,
    ROLES,
    another_process,
    everything,
    grant,
    journal,
    origin,
    own_role,
    person,
    prove,
    refused,
)

pytestmark = pytest.mark.usefixtures("holders")


def draft(
    number: int | None = None,
    name: str = "Courier",
    allows: tuple[str, ...] = ("number:read",),
    denies: tuple[str, ...] = (),
    company_id: int = COMPANY,
) -> Draft:
    return Draft(company_id, number, name, allows, denies)


UNKNOWN = [("INVALID", ("allows", "0")), ("INVALID", ("allows", "2"))]


async def save(database: Database, by: int, role: Draft) -> dict[str, Any]:
    saver = await person(database, by)
    return await roles.save(database, saver, role, session_id=by, origin=origin(saver))


async def preview(database: Database, by: int, role: Draft) -> Preview:
    return await roles.preview(database, await person(database, by), role)


async def test_a_new_role_is_kept_and_written_down(database: Database, owner_connection: asyncpg.Connection) -> None:
    saved = await save(
        database, ADMINISTRATOR, draft(None, "  Night   shift ", ("number:read", "ban:set", "ban:set"), ("ban:lift",))
    )

    assert saved == {
        "id": 100,
        "company_id": COMPANY,
        "built_in": False,
        "name": "Night shift",
        "allows": ["number:read", "ban:set"],
        "denies": ["ban:lift"],
    }
    row = await owner_connection.fetchrow("SELECT name, allows, denies FROM roles WHERE id = 100")
    assert row is not None
    assert tuple(row) == ("Night shift", ["number:read", "ban:set"], ["ban:lift"])
    (line,) = await journal(owner_connection)
    assert (line["action"], line["subject"], line["before"]) == ("role:save", "rol_100", None)
    assert line["after"] == {"name": "Night shift", "allows": ["number:read", "ban:set"], "denies": ["ban:lift"]}
    assert summary("role:save", line["details"], Language.EN) == "The role “Night shift” was saved"


async def test_a_changed_role_is_written_down_as_it_was(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await save(database, OWNER, draft(OWN_ROLE, "Reader", ("number:read", "journal:read")))

    (line,) = await journal(owner_connection)
    assert line["before"] == {"name": "Reader", "allows": ["number:read"], "denies": ["option:connect"]}
    assert line["after"] == {"name": "Reader", "allows": ["number:read", "journal:read"], "denies": []}


@pytest.mark.parametrize(
    ("by", "role", "expected"),
    [
        (AUDITOR, draft(), [("FORBIDDEN", ())]),
        (MANAGER, draft(), [("FORBIDDEN", ()), ("FORBIDDEN", ("allows",))]),
        (ADMINISTRATOR, draft(allows=("number:read", "owner:grant")), [("FORBIDDEN", ("allows",))]),
        (ADMINISTRATOR, draft(denies=("owner:grant",)), [("FORBIDDEN", ("denies",))]),
        (OWNER, draft(allows=("number:raed", "ban:set", "x")), UNKNOWN),
        (OWNER, draft(denies=("nothing",)), [("INVALID", ("denies", "0"))]),
        (OWNER, draft(allows=()), [("REQUIRED", ("allows",))]),
        (OWNER, draft(denies=("number:read",)), [("INVALID", ("denies",))]),
        (OWNER, draft(name=" "), [("INVALID", ("name",))]),
        (OWNER, draft(name="x" * 101), [("INVALID", ("name",))]),
        (OWNER, draft(name="READER"), [("CONFLICT", ("name",))]),
        (OWNER, draft(name="владелец"), [("CONFLICT", ("name",))]),
        (OWNER, draft(OWN_ROLE, "Reader", ("number:read",), ("option:connect",)), [("ALREADY_DONE", ())]),
        (OWNER, draft(ROLES[BuiltInRole.AUDITOR]), [("NOT_AVAILABLE", ("roleId",))]),
        (OWNER, draft(FOREIGN_ROLE), [("NOT_FOUND", ("roleId",))]),
        (OWNER, draft(999), [("NOT_FOUND", ("roleId",))]),
        (OWNER, draft(company_id=OTHER_COMPANY), [("NOT_FOUND", ("companyId",))]),
        (OWNER, draft(company_id=999), [("NOT_FOUND", ("companyId",))]),
    ],
)  # fmt: skip
async def test_what_is_refused_changes_nothing_and_the_preview_says_so(
    database: Database,
    owner_connection: asyncpg.Connection,
    by: int,
    role: Draft,
    expected: list[tuple[str, tuple[str, ...]]],
) -> None:
    before = await everything(owner_connection)

    assert await refused(save(database, by, role)) == expected

    assert [(each.code, each.field) for each in (await preview(database, by, role)).refusals] == expected
    assert await everything(owner_connection) == before


async def test_an_unknown_action_is_answered_with_the_nearest_one(database: Database) -> None:
    with pytest.raises(Refusals) as told:
        await save(database, OWNER, draft(allows=("option:conect", "read:number", "")))

    messages = [each.message.render(Language.EN) for each in told.value.refusals]
    assert messages[0] == "“option:conect” is no action; did you mean option:connect? Actions are noun:verb."
    assert all("did you mean " in message for message in messages)


async def test_what_a_role_said_must_be_held_too(database: Database, owner_connection: asyncpg.Connection) -> None:
    kingmaker = await own_role(owner_connection, 61, ["number:read", "owner:grant"])

    assert await refused(save(database, ADMINISTRATOR, draft(kingmaker, "Kingmaker"))) == [("FORBIDDEN", ("roleId",))]
    assert (await save(database, OWNER, draft(kingmaker, "Kingmaker")))["allows"] == ["number:read"]


async def test_to_change_a_role_that_is_held_takes_giving(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    scribe = await own_role(owner_connection, 61, ["role:save", "number:read", "journal:read", "option:connect"])
    await grant(owner_connection, 71, NOBODY, role_id=scribe)
    changed = draft(OWN_ROLE, "Reader", ("number:read", "journal:read"))

    await save(database, NOBODY, draft(None, "Unheld"))
    await grant(owner_connection, 72, AUDITOR, role_id=OWN_ROLE)

    assert await refused(save(database, NOBODY, changed)) == [(ErrorCode.FORBIDDEN, ("roleId",))]
    renamed = draft(OWN_ROLE, "Renamed", ("number:read",), ("option:connect",))
    assert (await save(database, NOBODY, renamed))["name"] == "Renamed"


async def test_only_owners_restrict_owners_through_a_role_and_never_the_last(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    harmless = await own_role(owner_connection, 61, ["number:read"])
    await grant(owner_connection, 71, OWNER, role_id=harmless)
    biting = draft(harmless, "Biting", ("number:read",), ("grant:revoke",))

    assert ("FORBIDDEN", ("denies",)) in await refused(save(database, ADMINISTRATOR, biting))
    assert await refused(save(database, OWNER, biting)) == [(ErrorCode.CONFLICT, ("denies",))]

    await grant(owner_connection, 72, AUDITOR, role="owner")
    assert (await save(database, OWNER, biting))["denies"] == ["grant:revoke"]


async def test_a_saved_role_is_in_force_in_every_process_within_a_second(
    database: Database, dsn: str, owner_connection: asyncpg.Connection
) -> None:
    await owner_connection.execute(
        """INSERT INTO sessions (administrator_id, token_hash, device, ip, expires_at)
           VALUES ($1, sha256('token'), '', '', now() + interval '1 hour')""",
        NOBODY,
    )
    await grant(owner_connection, 71, NOBODY, role_id=OWN_ROLE)

    async with another_process(dsn) as one, another_process(dsn) as two:

        async def readable() -> list[bool]:
            known = [await process.principals.by_session("token") for process in (one, two)]
            return [holds(each.principal, Action.JOURNAL_READ, COMPANY) for each in known if each]

        assert await readable() == [False, False]

        await save(database, OWNER, draft(OWN_ROLE, "Reader", ("number:read", "journal:read")))

        await asyncio.gather(one.hears(), two.hears())
        assert await readable() == [True, True]


async def test_a_preview_names_who_gains_and_who_loses_what(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 71, AUDITOR, role_id=OWN_ROLE)
    await grant(owner_connection, 72, MANAGER, role_id=OWN_ROLE, department_id=BRANCH)
    await grant(owner_connection, 73, NOBODY, role_id=OWN_ROLE, department_id=HEADQUARTERS)
    await grant(owner_connection, 74, None, api_key_id=KEY, role_id=OWN_ROLE)
    before = await everything(owner_connection)

    found = await preview(database, OWNER, draft(OWN_ROLE, "Reader", ("ban:set",), ("journal:read",)))

    # The auditor reads numbers by another role, the manager sets bans by another: neither gains nor loses that.
    assert found.gains == {
        MANAGER: [Action.OPTION_CONNECT],
        AUDITOR: [Action.BAN_SET],
        NOBODY: [Action.BAN_SET],
    }
    assert found.loses == {
        MANAGER: [Action.JOURNAL_READ],
        AUDITOR: [Action.JOURNAL_READ],
        NOBODY: [Action.NUMBER_READ],
    }
    assert (found.api_keys, found.refusals) == ([KEY], [])
    assert await everything(owner_connection) == before


async def test_a_preview_is_what_saving_does(database: Database, owner_connection: asyncpg.Connection) -> None:
    await grant(owner_connection, 71, MANAGER, role_id=OWN_ROLE)
    role = draft(OWN_ROLE, "Reader", ("billing:read",), ("ban:set",))
    before = await person(database, MANAGER)

    promised = await preview(database, OWNER, role)
    await save(database, OWNER, role)

    after = await person(database, MANAGER)
    places = [(COMPANY, None), (COMPANY, HEADQUARTERS), (COMPANY, BRANCH)]
    gained = {a for a in Action for p in places if holds(after, a, *p) and not holds(before, a, *p)}
    lost = {a for a in Action for p in places if holds(before, a, *p) and not holds(after, a, *p)}
    assert (set(promised.gains[MANAGER]), set(promised.loses[MANAGER])) == (gained, lost)


async def test_a_new_role_changes_nothing_for_anybody(database: Database) -> None:
    assert await preview(database, OWNER, draft()) == Preview({}, {}, (), [])


@pytest.mark.parametrize("holder", [{"administrator_id": AUDITOR}, {"administrator_id": None, "api_key_id": KEY}])
@pytest.mark.parametrize("action", ["bulk_change:apply", "bulk_change:approve", "approval_threshold:set"])
async def test_a_role_that_gives_its_holders_a_hand_in_bulk_changes_takes_a_fresh_proof(
    database: Database, owner_connection: asyncpg.Connection, holder: dict[str, Any], action: str
) -> None:
    await own_role(owner_connection, 50, ["number:read"])
    await grant(owner_connection, 60, role_id=50, **holder)
    before = await everything(owner_connection)
    armed = draft(50, "Integration", ("number:read", action))

    assert await refused(save(database, OWNER, armed)) == [("STEP_UP_REQUIRED", ())]

    assert await everything(owner_connection) == before
    await save(database, OWNER, draft(50, "Integration", ("number:read", "journal:read")))
    await prove(owner_connection)
    assert (await save(database, OWNER, armed))["allows"] == ["number:read", action]


async def test_roles_saved_at_once_never_share_a_name(database: Database, owner_connection: asyncpg.Connection) -> None:
    answers = await asyncio.gather(*(save(database, OWNER, draft()) for _ in range(5)), return_exceptions=True)

    assert sum(isinstance(answer, dict) for answer in answers) == 1
    assert all(isinstance(answer, dict | Refusal | Refusals) for answer in answers)
