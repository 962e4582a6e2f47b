"""`gateway bulk`: plans, steps and results at a terminal, beside a worker."""

import asyncio
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from gateway.commands.bulk_desk import Desk, desk
from gateway.commands.terminal import Refused
from gateway.jobs import Jobs
from gateway.loaders.catalogue import CatalogueCache
from tests.services.bulk import Bulk

INN = "7700000001"
LABEL = '{"labelSet": {"label": "depot"}}'


@pytest.fixture
async def terminal() -> Console:
    return Console(file=io.StringIO(), width=200, highlight=False)


@pytest.fixture
async def at_desk(bulk: Bulk, dsn: str, terminal: Console) -> AsyncIterator[Desk]:
    """A desk, and a worker that does whatever waits."""
    catalogue = CatalogueCache(bulk.database)
    await catalogue.open()
    jobs = Jobs(bulk.database, catalogue)

    async def work() -> None:
        while True:
            if not await jobs.turn():
                await asyncio.sleep(0.05)

    async with asyncio.timeout(60), desk(dsn, terminal) as opened:
        working = asyncio.create_task(work())
        yield opened
        working.cancel()
        await asyncio.wait([working])
    await catalogue.close()


def printed(terminal: Console) -> str:
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue()


async def test_a_list_of_phone_numbers_is_changed_and_changed_back(
    at_desk: Desk, bulk: Bulk, terminal: Console, tmp_path: Path
) -> None:
    listed, result = tmp_path / "phones.csv", tmp_path / "result.csv"
    listed.write_text("Phone number\n79260000101\n79260000102\n79269999999\n")

    id = await at_desk.plan(INN, listed, None, [LABEL], comment="Move")
    await at_desk.show(id)
    await at_desk.apply(id)
    await at_desk.result(id, result)
    undo = await at_desk.step("Undo", id, None)
    await at_desk.apply(undo)
    await at_desk.show(undo)

    assert "PLANNED  Company 1  Move" in printed(terminal)
    assert "refused 1: NOT_FOUND" in printed(terminal)
    assert f"{undo}  FINISHED  Company 1\n" in printed(terminal)
    assert [line.split(",")[:3] for line in result.read_text("utf-8-sig").splitlines()[1:]] == [
        ["+79260000101", "num_101", "APPLIED"],
        ["+79260000102", "num_102", "APPLIED"],
    ]
    assert await bulk.connection.fetchval("SELECT count(*) FROM numbers WHERE label IS NOT NULL") == 0
    actors = await bulk.connection.fetch("SELECT DISTINCT actor_name FROM journal_entries WHERE number_id IS NOT NULL")
    assert [row["actor_name"] for row in actors] == ["gateway bulk"]


async def test_what_cannot_be_done_is_told_in_one_line(at_desk: Desk, tmp_path: Path) -> None:
    id = await at_desk.plan(INN, None, "{}", [LABEL], onError="REJECT_ALL")

    for act, message in (
        (at_desk.plan("1", None, "{}", [LABEL]), "there is no company with the INN 1"),
        (at_desk.plan(INN, None, "{}", ["labelSet"]), "--change is no JSON"),
        (at_desk.plan(INN, None, '{"colour": 1}', [LABEL]), "--filter: Expected value of type 'NumberFilter'"),
        (at_desk.plan(INN, None, '{"status": ["x"]}', [LABEL]), "--filter.status[0]: Value 'x' does not exist"),
        (at_desk.plan(INN, None, "{}", ['{"labelSet": 1}']), "--change[0].labelSet: Expected value of type"),
        (at_desk.step("Pause", id, None), "This can't be done to a bulk change in this state: planned."),
        (at_desk.show("blk_999"), "there is no bulk change blk_999"),
        (at_desk.result(id, tmp_path / "result.doc"), "the name of the file has to end with .jsonl, .csv, .xlsx"),
    ):
        with pytest.raises(Refused) as refused:
            await act
        assert message in str(refused.value)
