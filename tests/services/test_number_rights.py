"""Who may change a number: scope first, then rights."""

import asyncpg
import pytest

from authz.actions import Action
from authz.enforcer import Effect, Rule, extended
from authz.principal import Grant, Principal
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal, Refusals
from gateway.kit.texts import Language
from gateway.operations.assignments import Assign
from gateway.operations.options import OptionConnect
from gateway.services import giving
from gateway.services.giving import Place
from gateway.services.numbers import preview
from tests.services.fleet import (
    ADMINISTRATOR,
    AUDITOR,
    BRANCH,
    BRANCH_NUMBER,
    COMPANY,
    FOREIGN_NUMBER,
    FOREIGNER,
    HEADQUARTERS,
    MANAGER,
    NUMBER,
    make,
    number_now,
    rows,
)
from tests.services.holders import refused
from tests.unit.operations.catalogues import PLAIN, catalogue

CATALOGUE = catalogue()
STRANGER = Principal("administrator", 9, "Nobody", (Grant(9, 77, "owner"),))
pytestmark = pytest.mark.usefixtures("fleet")


@pytest.mark.parametrize(
    ("principal", "number_id", "expected"),
    [
        (ADMINISTRATOR, FOREIGN_NUMBER, [(ErrorCode.NOT_FOUND, ("numberId",))]),
        (ADMINISTRATOR, 999_999, [(ErrorCode.NOT_FOUND, ("numberId",))]),
        (FOREIGNER, NUMBER, [(ErrorCode.NOT_FOUND, ("numberId",))]),
        (STRANGER, NUMBER, [(ErrorCode.NOT_FOUND, ("numberId",))]),
        (MANAGER, NUMBER, [(ErrorCode.NOT_FOUND, ("numberId",))]),
        (
            AUDITOR,
            NUMBER,
            [(ErrorCode.FORBIDDEN, ("change", "optionConnect"))] * 2,
        ),
    ],
    ids=["other company", "nowhere", "from outside", "no company", "other department", "auditor"],
)
async def test_scope_comes_first_and_rights_second(
    database: Database,
    owner_connection: asyncpg.Connection,
    principal: Principal,
    number_id: int,
    expected: list[tuple[str, tuple[str, ...]]],
) -> None:
    assert await refused(make(database, OptionConnect(PLAIN), number_id, principal)) == expected
    assert await rows(owner_connection, "journal_entries") == []


async def test_a_manager_changes_the_numbers_of_the_department(database: Database) -> None:
    done = await make(database, OptionConnect(PLAIN), BRANCH_NUMBER, MANAGER)

    assert done.number_id == BRANCH_NUMBER


@pytest.mark.parametrize(
    ("department_id", "expected"),
    [
        (None, (ErrorCode.FORBIDDEN, ("change", "assign"))),
        (HEADQUARTERS, (ErrorCode.NOT_FOUND, ("change", "assign", "departmentId"))),
    ],
)
async def test_nobody_moves_a_number_out_of_their_reach(
    database: Database, department_id: int | None, expected: tuple[str, tuple[str, ...]]
) -> None:
    operation = Assign(department_id=department_id)

    assert await refused(make(database, operation, BRANCH_NUMBER, MANAGER)) == [expected]
    outcome = await preview(database, MANAGER, BRANCH_NUMBER, operation, catalogue=CATALOGUE)
    assert [(each.code, each.field) for each in outcome.refusals] == [expected]
    assert (await number_now(database, BRANCH_NUMBER)).department_id == BRANCH


async def test_a_missing_right_is_told_with_the_role_to_ask_for(database: Database) -> None:
    with pytest.raises(Refusals) as told:
        await make(database, OptionConnect(PLAIN), NUMBER, AUDITOR)

    refusal = told.value.refusals[1]
    assert refusal.message.render(Language.EN) == "Your roles do not allow this for this number: Connect options."
    assert refusal.hint is not None
    assert refusal.hint.render(Language.RU) == (
        "Попросите у владельца или администратора компании роль с действием option:connect."
    )


@pytest.mark.parametrize("denied_over", [None, frozenset({BRANCH})])
async def test_a_denial_is_told_with_the_role_to_be_rid_of(
    database: Database, denied_over: frozenset[int] | None
) -> None:
    rules = frozenset({Rule("rol_21", "option:connect", Effect.DENY)})
    grants = (Grant(1, COMPANY, "owner"), Grant(2, COMPANY, "rol_21", denied_over))
    held_back = Principal("administrator", 1, "Anna", grants, extended(rules))

    with pytest.raises(Refusals) as told:
        await make(database, OptionConnect(PLAIN), BRANCH_NUMBER, held_back)
    with pytest.raises(Refusal) as refused_everywhere:
        giving.require(held_back, Action.OPTION_CONNECT, Place(COMPANY))

    [refusal] = told.value.refusals
    assert refusal.hint is not None
    assert refusal.hint.render(Language.EN) == (
        "Your role rol_21 denies option:connect there, and a deny beats what other roles allow: ask an owner to take "
        "that role from you. explainAccess tells its name."
    )
    assert refused_everywhere.value.hint == refusal.hint
