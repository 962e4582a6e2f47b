"""Whatever a caller reads, and whatever arguments they give, rows of others have no influence on the answer."""

import pytest

from tests.isolation.callers import CALLERS, FOREIGN_OWNER, MANAGER, OWNER, Caller
from tests.isolation.conftest import OpenGateway
from tests.isolation.gateways import Answer, Fences, differences, leaks
from tests.isolation.operations import Operation
from tests.isolation.patches import FOREIGN, INSIDE, SUBSIDIARY, Patch


@pytest.fixture
def asked(caller: Caller, reads: list[Operation]) -> list[Operation]:
    """What a caller reads: everything, and with every argument that names rows of others.

    The owner and a department's manager, for the two shapes of a scope, try all values of all arguments: filters,
    orders, cursors.
    """
    if caller in (OWNER, MANAGER):
        return reads
    hidden = {patch.id for patch in caller.blind_to}
    return [each for each in reads if not each.varied or each.patches & hidden]


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
async def test_answers_are_the_same_without_the_rows_of_others(
    caller: Caller, open_gateway: OpenGateway, asked: list[Operation]
) -> None:
    """The same bytes after the same statements: to whoever may not see it, an object does not exist."""
    world = "without departments" if INSIDE in caller.blind_to else "without companies"

    with_them = await (await open_gateway("with all")).ask_all(caller, asked)
    without_them = await (await open_gateway(world)).ask_all(caller, asked)

    assert leaks(caller.blind_to, asked, with_them) == []
    assert differences(asked, with_them, without_them) == []


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: caller.name)
async def test_the_scope_in_sql_holds_alone(caller: Caller, open_gateway: OpenGateway, asked: list[Operation]) -> None:
    scoped = await open_gateway("with all", Fences.SCOPE)

    assert leaks(caller.blind_to, asked, await scoped.ask_all(caller, asked)) == []


@pytest.mark.parametrize("caller", [OWNER, MANAGER], ids=lambda caller: caller.name)
async def test_row_level_security_holds_alone(
    caller: Caller, open_gateway: OpenGateway, reads: list[Operation]
) -> None:
    """It knows companies only, so departments of the own one are left to the scope."""
    by_rows = await open_gateway("with all", Fences.ROWS)

    assert leaks((FOREIGN, SUBSIDIARY), reads, await by_rows.ask_all(caller, reads)) == []


async def test_without_both_fences_the_rows_of_others_are_seen(
    open_gateway: OpenGateway, reads: list[Operation]
) -> None:
    """What the tests above look for is there to be found, through every type through which its owner sees it."""
    open_field = await open_gateway("with all", Fences.NONE)
    fenced = await open_gateway("with all")

    seen = types_that_show(FOREIGN, reads, await open_field.ask_all(OWNER, reads))
    owned = types_that_show(FOREIGN, reads, await fenced.ask_all(FOREIGN_OWNER, reads))

    assert owned - seen == {"SecondFactor", "Session", "Viewer"}  # of whoever asks, wherever they are
    assert len(seen) > 20


def types_that_show(patch: Patch, operations: list[Operation], answers: list[Answer]) -> set[str]:
    """The types whose fields show rows of a patch."""
    return {
        operation.type_name
        for operation, answer in zip(operations, answers, strict=True)
        if leaks((patch,), [operation], [answer])
    }
