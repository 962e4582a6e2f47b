"""Giving and taking roles: nobody more than they hold, denies included; every company keeps an owner."""

import asyncio
from typing import Any

import asyncpg
import pytest

from authz.actions import Action
from authz.roles import BuiltInRole
from authz.scope import holds
from gateway.db import Database
from gateway.kit.errors import ErrorCode
from gateway.kit.texts import Language
from gateway.services import grants
from gateway.services.summaries import summary
from tests.services.fleet import BRANCH, COMPANY, HEADQUARTERS, OTHER_COMPANY
from tests.services.holders import (
    ADMINISTRATOR,
    ADMINISTRATOR_GRANT,
    AUDITOR,
    AUDITOR_GRANT,
    FOREIGN_AUDITOR,
    FOREIGN_GRANT,
    FOREIGN_OWNER,
    FOREIGN_ROLE,
    KEY_GRANT,
    MANAGER,
    MANAGER_GRANT,
    NOBODY,
    OWN_ROLE,
    OWNER,
    OWNER_GRANT,
    ROLES,
    SUB_BRANCH,
    everything,
    grant,
    journal,
    origin,
    own_role,
    person,
    refused,
)

pytestmark = pytest.mark.usefixtures("proven_holders")


async def add(
    database: Database,
    by: int,
    to: int,
    role: int,
    department_id: int | None = None,
    company_id: int = COMPANY,
    **more: Any,
) -> dict[str, Any]:
    giver = await person(database, by)
    more.setdefault("session_id", by)
    return await grants.add(database, giver, company_id, to, role, department_id, origin=origin(giver), **more)


async def revoke(database: Database, by: int, grant_id: int) -> dict[str, Any]:
    taker = await person(database, by)
    return await grants.revoke(database, taker, grant_id, session_id=by, origin=origin(taker))


async def test_a_role_over_a_department_is_given_and_written_down(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    given = await add(database, ADMINISTRATOR, AUDITOR, ROLES[BuiltInRole.MANAGER], BRANCH)

    assert given == {
        "id": 100,
        "company_id": COMPANY,
        "administrator_id": AUDITOR,
        "api_key_id": None,
        "role": "manager",
        "role_id": None,
        "department_id": BRANCH,
    }
    now = await person(database, AUDITOR)
    assert holds(now, Action.OPTION_CONNECT, COMPANY, SUB_BRANCH)
    assert not holds(now, Action.OPTION_CONNECT, COMPANY, HEADQUARTERS)
    (line,) = await journal(owner_connection)
    assert line == {
        "actor_name": "Anna",
        "action": "grant:add",
        "subject": f"adm_{AUDITOR}",
        "before": None,
        "after": {"grant": "grt_100", "role": f"rol_{ROLES[BuiltInRole.MANAGER]}", "department": f"dep_{BRANCH}"},
        "details": {
            "names": {
                "administrator": "Audrey",
                "role": {"en": "Department manager", "ru": "Руководитель подразделения"},
                "place": {"en": "department “Branch”", "ru": "подразделение «Branch»"},
            }
        },
    }
    assert summary("grant:add", line["details"], Language.EN) == (
        "Audrey got the role “Department manager”: department “Branch”"
    )
    assert summary("grant:add", line["details"], Language.RU) == (
        "Audrey: выдана роль «Руководитель подразделения», подразделение «Branch»"
    )


async def test_a_role_is_taken_and_written_down(database: Database, owner_connection: asyncpg.Connection) -> None:
    taken = await revoke(database, ADMINISTRATOR, MANAGER_GRANT)

    assert (taken["id"], taken["role"], taken["department_id"]) == (MANAGER_GRANT, "manager", BRANCH)
    assert (await person(database, MANAGER)).grants == ()
    (line,) = await journal(owner_connection)
    assert (line["action"], line["subject"], line["after"]) == ("grant:revoke", f"adm_{MANAGER}", None)
    assert line["before"] == {
        "grant": f"grt_{MANAGER_GRANT}",
        "role": f"rol_{ROLES[BuiltInRole.MANAGER]}",
        "department": f"dep_{BRANCH}",
    }
    assert summary("grant:revoke", line["details"], Language.RU) == (
        "Maria: отозвана роль «Руководитель подразделения», подразделение «Branch»"
    )


async def test_the_role_of_a_key_is_taken_too(database: Database, owner_connection: asyncpg.Connection) -> None:
    await revoke(database, ADMINISTRATOR, KEY_GRANT)

    (line,) = await journal(owner_connection)
    assert (line["subject"], line["details"]["names"]["holder"]) == ("key_31", "Reports")


@pytest.mark.parametrize(
    ("by", "to", "role", "department_id", "company_id", "code", "field"),
    [
        (MANAGER, AUDITOR, ROLES[BuiltInRole.REPORTING], BRANCH, COMPANY, "FORBIDDEN", ()),
        (AUDITOR, AUDITOR, ROLES[BuiltInRole.REPORTING], None, COMPANY, "FORBIDDEN", ()),
        (ADMINISTRATOR, AUDITOR, ROLES[BuiltInRole.OWNER], None, COMPANY, "FORBIDDEN", ("roleId",)),
        (OWNER, AUDITOR, ROLES[BuiltInRole.OWNER], BRANCH, COMPANY, "INVALID", ("departmentId",)),
        (OWNER, AUDITOR, ROLES[BuiltInRole.AUDITOR], None, COMPANY, "ALREADY_DONE", ("roleId",)),
        (OWNER, NOBODY, ROLES[BuiltInRole.AUDITOR], None, COMPANY, "NOT_FOUND", ("administratorId",)),
        (OWNER, FOREIGN_OWNER, ROLES[BuiltInRole.AUDITOR], None, COMPANY, "NOT_FOUND", ("administratorId",)),
        (OWNER, 999, ROLES[BuiltInRole.AUDITOR], None, COMPANY, "NOT_FOUND", ("administratorId",)),
        (OWNER, AUDITOR, FOREIGN_ROLE, None, COMPANY, "NOT_FOUND", ("roleId",)),
        (OWNER, AUDITOR, 999, None, COMPANY, "NOT_FOUND", ("roleId",)),
        (OWNER, AUDITOR, ROLES[BuiltInRole.MANAGER], 999, COMPANY, "NOT_FOUND", ("departmentId",)),
        (OWNER, AUDITOR, ROLES[BuiltInRole.MANAGER], None, OTHER_COMPANY, "NOT_FOUND", ("companyId",)),
        (OWNER, AUDITOR, ROLES[BuiltInRole.MANAGER], None, 999, "NOT_FOUND", ("companyId",)),
    ],
)
async def test_what_is_refused_changes_nothing(
    database: Database,
    owner_connection: asyncpg.Connection,
    by: int,
    to: int,
    role: int,
    department_id: int | None,
    company_id: int,
    code: str,
    field: tuple[str, ...],
) -> None:
    before = await everything(owner_connection)

    assert await refused(add(database, by, to, role, department_id, company_id)) == [(code, field)]

    assert await everything(owner_connection) == before


@pytest.mark.parametrize(
    ("by", "grant_id", "code"),
    [
        (MANAGER, AUDITOR_GRANT, "NOT_FOUND"),
        (AUDITOR, AUDITOR_GRANT, "FORBIDDEN"),
        (ADMINISTRATOR, OWNER_GRANT, "FORBIDDEN"),
        (OWNER, OWNER_GRANT, "CONFLICT"),
        (OWNER, FOREIGN_GRANT, "NOT_FOUND"),
        (OWNER, 999, "NOT_FOUND"),
    ],
)
async def test_what_may_not_be_taken_stays(
    database: Database, owner_connection: asyncpg.Connection, by: int, grant_id: int, code: str
) -> None:
    before = await everything(owner_connection)

    assert await refused(revoke(database, by, grant_id)) == [(code, ("id",))]

    assert await everything(owner_connection) == before


async def test_a_deny_that_keeps_somebody_from_bulk_changes_is_lifted_with_a_fresh_proof(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    denying = await own_role(owner_connection, 61, [], ["bulk_change:apply"])
    given = await add(database, OWNER, AUDITOR, denying)
    await owner_connection.execute("UPDATE sessions SET stepped_up_at = now() - interval '16 minutes'")

    assert await refused(revoke(database, OWNER, given["id"])) == [("STEP_UP_REQUIRED", ())]

    assert not holds(await person(database, AUDITOR), Action.BULK_CHANGE_APPLY, COMPANY, None)


async def test_one_person_holds_no_more_grants_than_can_be_decided_in_no_time(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    held = await owner_connection.fetchval("SELECT count(*) FROM grants WHERE administrator_id = $1", AUDITOR)
    await owner_connection.execute(
        "INSERT INTO grants (company_id, administrator_id, role, department_id) SELECT $1, $2, 'reporting', $3 "
        "FROM generate_series(1, $4)", COMPANY, AUDITOR, BRANCH, grants.MOST_HELD - 1 - held,
    )  # fmt: skip
    await add(database, OWNER, AUDITOR, ROLES[BuiltInRole.FINANCE])

    assert await refused(add(database, OWNER, AUDITOR, ROLES[BuiltInRole.APPROVER])) == [("TOO_LARGE", ("roleId",))]


async def test_who_gives_in_a_department_gives_there_only(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    local = await own_role(owner_connection, 61, ["department:read", "number:read", "grant:add", "grant:revoke"])
    reader = await own_role(owner_connection, 62, ["number:read"])
    more = await own_role(owner_connection, 63, ["number:read", "tariff:change"])
    await grant(owner_connection, 71, NOBODY, role_id=local, department_id=BRANCH)
    await grant(owner_connection, 72, NOBODY, role="auditor")

    assert (await add(database, NOBODY, AUDITOR, reader, SUB_BRANCH))["department_id"] == SUB_BRANCH
    assert await refused(add(database, NOBODY, AUDITOR, reader, HEADQUARTERS)) == [(ErrorCode.FORBIDDEN, ())]
    assert await refused(add(database, NOBODY, AUDITOR, reader)) == [(ErrorCode.FORBIDDEN, ())]
    assert await refused(add(database, NOBODY, AUDITOR, more, SUB_BRANCH)) == [(ErrorCode.FORBIDDEN, ("roleId",))]
    assert await refused(revoke(database, NOBODY, AUDITOR_GRANT)) == [(ErrorCode.FORBIDDEN, ("id",))]


async def test_what_is_denied_in_one_department_can_not_be_given_over_all(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 71, ADMINISTRATOR, role_id=OWN_ROLE, department_id=SUB_BRANCH)

    manager = ROLES[BuiltInRole.MANAGER]
    assert await refused(add(database, ADMINISTRATOR, AUDITOR, manager)) == [(ErrorCode.FORBIDDEN, ("roleId",))]
    assert await refused(add(database, ADMINISTRATOR, AUDITOR, manager, BRANCH)) == [(ErrorCode.FORBIDDEN, ("roleId",))]
    assert (await add(database, ADMINISTRATOR, AUDITOR, manager, HEADQUARTERS))["department_id"] == HEADQUARTERS


async def test_nobody_rids_themselves_of_a_deny(database: Database, owner_connection: asyncpg.Connection) -> None:
    await grant(owner_connection, 71, ADMINISTRATOR, role_id=OWN_ROLE)

    assert await refused(revoke(database, ADMINISTRATOR, 71)) == [(ErrorCode.FORBIDDEN, ("id",))]
    assert (await revoke(database, OWNER, 71))["id"] == 71


async def test_nobody_denies_others_what_they_do_not_hold(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    gag = await own_role(owner_connection, 61, [], ["owner:grant"])

    assert await refused(add(database, ADMINISTRATOR, AUDITOR, gag)) == [(ErrorCode.FORBIDDEN, ("roleId",))]


async def test_only_owners_restrict_an_owner_and_never_the_last_one(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    assert await refused(add(database, ADMINISTRATOR, OWNER, OWN_ROLE)) == [(ErrorCode.FORBIDDEN, ("roleId",))]
    assert await refused(add(database, OWNER, OWNER, OWN_ROLE, BRANCH)) == [(ErrorCode.CONFLICT, ("roleId",))]

    await add(database, OWNER, AUDITOR, ROLES[BuiltInRole.OWNER])
    await add(database, OWNER, AUDITOR, OWN_ROLE)

    assert await refused(revoke(database, OWNER, OWNER_GRANT)) == [(ErrorCode.CONFLICT, ("id",))]


async def test_owners_who_revoke_each_other_at_once_leave_one(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    for round in range(5):
        await owner_connection.execute("DELETE FROM grants WHERE role = 'owner' AND company_id = $1", COMPANY)
        owners = [OWNER, ADMINISTRATOR, AUDITOR, MANAGER]
        for administrator_id in owners:
            await grant(owner_connection, 1000 + 10 * round + administrator_id, administrator_id, role="owner")
        people = [await person(database, each) for each in owners]
        ids = [1000 + 10 * round + each for each in owners]

        # Each revokes the next one, and themselves.
        attempts = [
            grants.revoke(database, who, ids[(index + step) % 4], session_id=who.id, origin=origin(who))
            for index, who in enumerate(people)
            for step in (1, 0)
        ]
        answers = await asyncio.gather(*attempts, return_exceptions=True)

        left = await owner_connection.fetchval(
            "SELECT count(*) FROM grants WHERE role = 'owner' AND company_id = $1", COMPANY
        )
        assert left == 1
        assert sum(isinstance(answer, dict) for answer in answers) == 3


async def test_who_lost_their_role_a_moment_ago_gives_nothing(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    still_known = await person(database, ADMINISTRATOR)
    await revoke(database, OWNER, ADMINISTRATOR_GRANT)
    await grant(owner_connection, 71, ADMINISTRATOR, role="reporting")

    late = grants.add(
        database,
        still_known,
        COMPANY,
        AUDITOR,
        ROLES[BuiltInRole.REPORTING],
        None,
        session_id=None,
        origin=origin(still_known),
    )

    assert await refused(late) == [(ErrorCode.FORBIDDEN, ())]


async def test_an_administrator_of_another_company_of_the_caller_is_found(
    database: Database, owner_connection: asyncpg.Connection
) -> None:
    await grant(owner_connection, 71, OWNER, role="auditor", company_id=OTHER_COMPANY)

    given = await add(database, OWNER, FOREIGN_AUDITOR, ROLES[BuiltInRole.REPORTING])

    assert given["administrator_id"] == FOREIGN_AUDITOR
    assert (await person(database, FOREIGN_AUDITOR)).companies == (COMPANY, OTHER_COMPANY)


async def test_a_role_that_was_taken_is_not_given_again_by_a_late_repeat(database: Database) -> None:
    role = ROLES[BuiltInRole.MANAGER]
    given = await add(database, OWNER, AUDITOR, role, idempotency_key="k")
    await revoke(database, OWNER, given["id"])

    assert await add(database, OWNER, AUDITOR, role, idempotency_key="k") == given

    assert not holds(await person(database, AUDITOR), Action.OPTION_CONNECT, COMPANY, None)


@pytest.mark.parametrize("role", [BuiltInRole.OWNER, BuiltInRole.MANAGER, BuiltInRole.APPROVER])
async def test_a_hand_in_bulk_changes_is_given_with_a_fresh_proof(
    database: Database, owner_connection: asyncpg.Connection, role: BuiltInRole
) -> None:
    await owner_connection.execute("UPDATE sessions SET stepped_up_at = now() - interval '16 minutes'")
    before = await everything(owner_connection)

    assert await refused(add(database, OWNER, AUDITOR, ROLES[role])) == [("STEP_UP_REQUIRED", ())]

    assert await everything(owner_connection) == before
    assert (await add(database, OWNER, AUDITOR, ROLES[BuiltInRole.REPORTING]))["role"] == "reporting"
