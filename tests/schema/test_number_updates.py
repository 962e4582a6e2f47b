"""Following the numbers of a company: what comes, to whom, and when it ends."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from authz.principal import Grant, Principal
from gateway.execution import Result
from gateway.kit.errors import ErrorCode, GatewayError, GatewayErrorCode, Refusal
from schema.context import Context
from tests.factories.register import FOREIGN_OWNER, Register

OWNER = Principal("administrator", 1, "Owner", (Grant(1, 8, "owner"),))
MANAGER = Principal("administrator", 2, "Manager of 82", (Grant(2, 8, "manager", frozenset({82})),))
FOLLOW = "subscription ($id: ID!) { numberChanged(companyId: $id) { id label department { name } } }"
LOOKED_AT = "SELECT pg_notify('access', '')"


@pytest.fixture
async def fleet(register: Register) -> AsyncIterator[Register]:
    """Company 8: numbers 8001 to 8700, of which those above 8690 are in department 82, the others in 81."""
    await register.execute(
        "INSERT INTO companies (id, name, inn, contract_number, region, time_zone, status) VALUES"
        " (8, 'Eighth', '7700000008', 'C-8', 'Moscow', 'Europe/Moscow', 'ACTIVE')"
    )
    await register.execute(
        "INSERT INTO departments (company_id, id, name, ancestor_ids, path) VALUES"
        " (8, 81, 'East', '{81}', '{East}'), (8, 82, 'West', '{82}', '{West}')"
    )
    await register.execute(
        "INSERT INTO numbers (company_id, id, msisdn, kind, status, department_id, tariff_id, activated_at, updated_at)"
        " SELECT 8, n, '7929000' || n, 'VOICE', 'ACTIVE', CASE WHEN n > 8690 THEN 82 ELSE 81 END, 1, '2025-01-01',"
        " '2025-01-01' FROM generate_series(8001, 8700) n"
    )
    yield register
    for statement in ("DELETE FROM numbers WHERE company_id = 8", "DELETE FROM departments WHERE company_id = 8"):
        await register.execute(statement)
    await register.execute("DELETE FROM companies WHERE id = 8")


class Follower:
    """Somebody who follows company 8; what they hold may change meanwhile."""

    def __init__(self, register: Register, principal: Principal | None) -> None:
        self.register = register
        self.principal = principal

    async def renew(self) -> Context:
        return self.register.context(self.principal)

    async def subscribe(self, company: str = "com_8") -> AsyncIterator[Result] | Result:
        context = await self.renew()
        return await self.register.engine.subscribe(FOLLOW, {"id": company}, None, context, self.renew)

    async def start(self) -> asyncio.Task[Any]:
        """Follows; the task is the first event."""
        stream = await self.subscribe()
        assert not isinstance(stream, Result)
        self.stream = stream
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        return first


def told(result: Result) -> tuple[Any, Any, Any]:
    assert result.data is not None, result.errors
    number = result.data["numberChanged"]
    return number["id"], number["label"], number["department"] and number["department"]["name"]


async def label(register: Register, text: str, *ids: int) -> None:
    await register.execute("UPDATE numbers SET label = $1, updated_at = now() WHERE id = ANY ($2)", text, ids)


async def test_numbers_come_as_they_change_and_as_they_are_when_somebody_looks(fleet: Register) -> None:
    follower = Follower(fleet, OWNER)
    first = await follower.start()

    await label(fleet, "one", 8001)
    assert told(await first) == ("num_8001", "one", "East")
    await label(fleet, "two", 8001)
    await label(fleet, "three", 8700, 8001)
    await fleet.execute("UPDATE numbers SET label = 'Canary' WHERE company_id = 3")
    seen: set[tuple[str, str, str]] = set()
    while len(seen) < 2:  # the news of "two" may come by itself, before that of "three"
        seen.add(told(await anext(follower.stream)))
    assert seen == {("num_8001", "three", "East"), ("num_8700", "three", "West")}


async def test_a_manager_is_told_of_the_own_department_only(fleet: Register) -> None:
    follower = Follower(fleet, MANAGER)
    first = await follower.start()

    await label(fleet, "one", 8001, 8700)

    assert told(await first) == ("num_8700", "one", "West")


async def test_rights_are_looked_at_for_each_event(fleet: Register) -> None:
    follower = Follower(fleet, OWNER)
    first = await follower.start()

    follower.principal = MANAGER
    await label(fleet, "one", 8001, 8699)
    assert told(await first) == ("num_8699", "one", "West")
    follower.principal = FOREIGN_OWNER
    await label(fleet, "two", 8699)
    with pytest.raises(Refusal) as ended:
        await anext(follower.stream)
    assert (ended.value.code, ended.value.field) == (ErrorCode.NOT_FOUND, ("companyId",))


async def test_it_ends_when_the_right_is_gone_though_nothing_changes(fleet: Register) -> None:
    follower = Follower(fleet, OWNER)
    first = await follower.start()

    follower.principal = Principal("api_key", 1, "Key of the other", (Grant(1, 8, "unknown role"),))
    await fleet.execute(LOOKED_AT)

    with pytest.raises(GatewayError) as ended:
        await asyncio.wait_for(first, 10)  # whoever is not refused waits for ever
    assert ended.value.code == GatewayErrorCode.FORBIDDEN


@pytest.mark.parametrize(("principal", "company"), [(FOREIGN_OWNER, "com_8"), (OWNER, "com_3"), (OWNER, "com_999")])
async def test_a_company_of_others_does_not_exist(fleet: Register, principal: Principal, company: str) -> None:
    refused = await Follower(fleet, principal).subscribe(company)

    assert isinstance(refused, Result)
    (error,) = refused.errors
    assert isinstance(error.original_error, Refusal)
    assert (error.original_error.code, error.original_error.field) == (ErrorCode.NOT_FOUND, ("companyId",))


async def test_a_stranger_is_refused(fleet: Register) -> None:
    refused = await Follower(fleet, None).subscribe()

    assert isinstance(refused, Result)
    (error,) = refused.errors
    assert isinstance(error.original_error, GatewayError)
    assert error.original_error.code == GatewayErrorCode.UNAUTHENTICATED


async def test_nothing_is_missed_while_the_connection_is_lost_or_when_too_much_changes(fleet: Register) -> None:
    follower = Follower(fleet, OWNER)
    first = await follower.start()

    await fleet.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')"
    )
    await label(fleet, "lost", 8005)
    assert told(await first) == ("num_8005", "lost", "East")
    await fleet.execute("UPDATE numbers SET label = 'many', updated_at = now() WHERE company_id = 8")
    numbers = {told(await anext(follower.stream)) for _ in range(700)}
    assert len({id for id, text, _ in numbers if text == "many"}) == 700
