"""A change that names an object of others is refused as if there were none, and leaves every row as it was."""

from collections.abc import Mapping

import asyncpg
import pytest

from gateway.models import metadata
from tests.isolation.callers import CALLERS, OWNER, Caller
from tests.isolation.conftest import OpenGateway
from tests.isolation.gateways import Fences, Gateway, differences, leaks
from tests.isolation.operations import Operation
from tests.isolation.patches import INSIDE

NOT_OF_COMPANIES = {"tries"}
"""Tables that count attempts, also those that are refused."""

_FINGERPRINT = "SELECT md5(string_agg(row::text, chr(10) ORDER BY row::text)) FROM {} AS row"

PLANS = {"bulkChangePlan"}
"""Make a row of the caller's own about whatever their target finds: nothing, where it names rows of others."""

each_caller = pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)


async def fingerprints(gateway: Gateway) -> Mapping[str, str]:
    """A hash of the rows of each table."""
    connection = await asyncpg.connect(gateway.dsn)
    try:
        return {
            name: await connection.fetchval(_FINGERPRINT.format(name))
            for name in metadata.tables.keys() - NOT_OF_COMPANIES
        }
    finally:
        await connection.close()


@pytest.fixture
def attacks(caller: Caller, changes: list[Operation]) -> list[Operation]:
    """All changes that name an object of others: there are some for each mutation that names any."""
    hidden = {patch.id for patch in caller.blind_to}
    found = [change for change in changes if change.patches & hidden and change.name not in PLANS]
    assert {each.name for each in found} == {each.name for each in changes if each.patches} - PLANS
    return found


@each_caller
async def test_what_others_have_cannot_be_changed_and_does_not_exist(
    caller: Caller, open_gateway: OpenGateway, attacks: list[Operation]
) -> None:
    """The same bytes after the same statements as where there is no such object; and not a row is another one."""
    world = "without departments" if INSIDE in caller.blind_to else "without companies"
    with_them, without_them = await open_gateway("with all"), await open_gateway(world)
    await with_them.principal(caller)  # which notes that a key was used
    before = await fingerprints(with_them)

    answers = await with_them.ask_all(caller, attacks)

    assert leaks(caller.blind_to, attacks, answers) == []
    assert differences(attacks, answers, await without_them.ask_all(caller, attacks)) == []
    assert await fingerprints(with_them) == before


@pytest.mark.parametrize("caller", [OWNER], ids=lambda caller: caller.name)
@pytest.mark.parametrize("fences", [Fences.ROWS, Fences.SCOPE], ids=lambda fences: fences.name.lower())
async def test_each_fence_alone_keeps_the_rows_of_others_as_they_are(
    caller: Caller, fences: Fences, open_gateway: OpenGateway, attacks: list[Operation]
) -> None:
    gateway = await open_gateway("with all", fences)
    before = await fingerprints(gateway)

    answers = await gateway.ask_all(caller, attacks)

    assert leaks(caller.blind_to, attacks, answers) == []
    assert await fingerprints(gateway) == before


@pytest.mark.parametrize("caller", [OWNER], ids=lambda caller: caller.name)
async def test_without_both_fences_the_attacks_succeed(
    caller: Caller, open_gateway: OpenGateway, attacks: list[Operation]
) -> None:
    open_field = await open_gateway("with all", Fences.NONE, "without fences")
    before = await fingerprints(open_field)

    answers = await open_field.ask_all(caller, attacks, at_once=1)

    assert leaks(caller.blind_to, attacks, answers) != []
    assert {name for name, rows in (await fingerprints(open_field)).items() if rows != before[name]} >= {
        *("numbers", "connected_options", "number_changes", "journal_entries", "journal_heads"),
    }
