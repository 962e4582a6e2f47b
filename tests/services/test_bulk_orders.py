"""Bulk changes through the operator's system: items end when it has answered, each once."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence

import pytest

from gateway.operations.labels import LabelSet
from gateway.operations.options import OptionConnect
from gateway.ports.bss import BssAnswer, BssOrder, HttpBss, Patience
from gateway.services import bulk_runs, bulk_steps
from gateway.services.bulk_runs import finish
from gateway.services.journal_verification import verify
from gateway.services.orders import send_due
from tests.factories.operator import Operator, serving
from tests.services.bulk import EVERY, Bulk
from tests.services.fleet import ADMINISTRATOR, COMPANY, NUMBER, ORIGIN
from tests.unit.operations.catalogues import ADD_ON, PLAIN

BOTH = [{"kind": "option:connect", "parameters": {"option_id": each}} for each in (PLAIN, ADD_ON)]


@pytest.fixture
def operator() -> Operator:
    return Operator()


@pytest.fixture
async def sent(bulk: Bulk, operator: Operator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpBss]:
    """Chunks of three, sent to the operator."""
    monkeypatch.setattr(bulk_runs, "CHUNK", 3)
    monkeypatch.setattr(bulk_runs, "MOST_SENT", 3)
    async with serving(operator) as url:
        bulk.bss = HttpBss(url, patience=Patience(answer=0.1, tries=2, first_pause=0.001, failures=20, rest=0.01))
        yield bulk.bss
        await bulk.bss.close()


async def begin(bulk: Bulk, *operations: OptionConnect | LabelSet) -> int:
    change_id = await bulk.plan(*operations)
    await bulk.apply(change_id)
    return change_id


async def send_again(bulk: Bulk, bss: HttpBss) -> None:
    await bulk.connection.execute("UPDATE orders SET due_at = now()")
    await send_due(bulk.database, bss)


async def lines(bulk: Bulk, change_id: int) -> list[int]:
    """Numbers that the journal tells of, once for each operation."""
    rows = await bulk.connection.fetch(
        "SELECT number_id FROM journal_entries WHERE bulk_change_id = $1 AND number_id IS NOT NULL ORDER BY 1",
        change_id,
    )
    return [row["number_id"] for row in rows]


async def test_each_item_is_done_once_when_a_third_of_all_requests_goes_wrong(
    bulk: Bulk, operator: Operator, sent: HttpBss
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    operator.faults, operator.random = 0.3, random.Random(seed)
    operator.refusing.add("+79260000105")
    change_id = await begin(bulk, OptionConnect(PLAIN), OptionConnect(ADD_ON))

    while await bulk.status(change_id) == "RUNNING":
        await bulk.connection.execute("UPDATE orders SET due_at = now()")
        sending = [send_due(bulk.database, sent) for _ in range(2)]
        await asyncio.gather(bulk.work(change_id), bulk.work(change_id), *sending)

    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("FINISHED", {"APPLIED": 9, "FAILED": 1})
    done = [number_id for number_id in EVERY if number_id != 105]
    assert operator.ledger == {f"+79260000{number_id}": BOTH for number_id in done}
    assert {number_id for number_id, error in (await bulk.errors(change_id)).items() if error} == {105}
    assert (await bulk.errors(change_id))[105] == "UPSTREAM_REFUSED"
    assert await bulk.connection.fetchval("SELECT count(*) FROM connected_options") == 18
    assert await lines(bulk, change_id) == sorted([*done, *done])
    drifted = (
        "SELECT count(*) FROM bulk_items i JOIN numbers n ON n.id = i.number_id WHERE number_updated_at <> updated_at"
    )
    assert await bulk.connection.fetchval(drifted) == 0
    assert not (await verify(bulk.database, COMPANY)).faults


async def test_what_a_killed_worker_had_written_down_is_sent_by_others(
    bulk: Bulk, operator: Operator, sent: HttpBss
) -> None:
    class Killed:
        async def carry_out(self, orders: Sequence[BssOrder]) -> list[BssAnswer]:
            raise ConnectionAbortedError

    change_id = await begin(bulk, OptionConnect(PLAIN))
    bulk.bss = Killed()
    with contextlib.suppress(ConnectionAbortedError):
        await bulk.work(change_id)
    assert await bulk.counts(change_id) == {"SENT": 3, "PENDING": 7}

    bulk.bss = sent
    await send_again(bulk, sent)
    await bulk.work(change_id)

    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("FINISHED", {"APPLIED": 10})
    assert sorted(operator.ledger) == [f"+79260000{number_id}" for number_id in EVERY]


async def test_while_the_operator_is_silent_no_more_is_begun_and_cancelling_waits_for_what_was_sent(
    bulk: Bulk, operator: Operator, sent: HttpBss
) -> None:
    operator.status = 503
    change_id = await begin(bulk, OptionConnect(PLAIN))
    assert await bulk.work(change_id) == 1
    assert await bulk.counts(change_id) == {"SENT": 3, "PENDING": 7}

    await bulk_steps.cancel(bulk.database, ADMINISTRATOR, change_id, origin=ORIGIN)
    assert not await finish(bulk.database, COMPANY, change_id)
    operator.status = None
    await asyncio.sleep(sent.patience.rest)
    await send_again(bulk, sent)
    assert await finish(bulk.database, COMPANY, change_id)

    assert (await bulk.status(change_id), await bulk.counts(change_id)) == ("CANCELLED", {"APPLIED": 3, "SKIPPED": 7})
    assert len(operator.ledger) == 3


async def test_a_number_that_waits_for_another_answer_fails(bulk: Bulk, operator: Operator, sent: HttpBss) -> None:
    operator.status = 503
    first = await begin(bulk, OptionConnect(PLAIN))
    second = await begin(bulk, OptionConnect(PLAIN))
    await bulk.work(first)
    operator.status = None
    await asyncio.sleep(sent.patience.rest)

    await bulk.work(second)

    assert await bulk.counts(second) == {"APPLIED": 7, "FAILED": 3}
    assert (await bulk.errors(second))[NUMBER] == "CONFLICT"


async def test_what_is_no_business_of_the_operator_is_done_at_once(
    bulk: Bulk, operator: Operator, sent: HttpBss
) -> None:
    change_id = await begin(bulk, LabelSet("x"))

    await bulk.work(change_id)

    assert (await bulk.status(change_id), operator.requests) == ("FINISHED", [])
