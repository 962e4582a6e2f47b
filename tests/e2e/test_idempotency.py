"""The same mutation sent again and again to several processes at once: one effect for each key, one answer.

`make long-test` sends 1,000 keys.
"""

import asyncio
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from gateway.services.principals import hash_token
from tests.e2e.gateways import ask, gateway
from tests.services.fleet import COMPANY, arrange, insert

KEYS, SENDS, PROCESSES, AT_ONCE = int(os.environ.get("KEYS", "15")), 20, 3, 4
SECRET = "gw_live_of_an_integration"
LABEL = """
mutation ($number: ID!, $label: String!, $key: String!) {
  numberChange(input: { numberId: $number, change: { labelSet: { label: $label } }, idempotencyKey: $key }) {
    change { id status } userErrors { code message }
  }
}
"""


async def test_each_key_has_one_effect_over_several_processes(
    dsn: str, owner_connection: asyncpg.Connection, clean_tables: None, tmp_path: Path
) -> None:
    await arrange(owner_connection)
    await insert(
        owner_connection,
        "api_keys",
        {"company_id": COMPANY, "id": 31, "name": "Sync", "prefix": "gw_live_", "secret_hash": hash_token(SECRET)},
    )
    await insert(owner_connection, "grants", {"company_id": COMPANY, "api_key_id": 31, "role": "administrator"})
    enough = asyncio.Semaphore(AT_ONCE)
    with (tmp_path / "log").open("w+") as log, ExitStack() as stack:
        addresses = [stack.enter_context(gateway(dsn, log, tmp_path)) for _ in range(PROCESSES)]
        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {SECRET}"}) as client:

            async def send(number: int) -> list[Any]:
                """Labels differ, so that each is a change of its own."""
                variables = {"number": f"num_{101 + number % 10}", "label": f"Label {number}", "key": f"key {number}"}
                async with enough:
                    return await asyncio.gather(
                        *(ask(client, addresses[each % PROCESSES], LABEL, **variables) for each in range(SENDS))
                    )

            answers = await asyncio.gather(*(send(number) for number in range(KEYS)))

    firsts = [several[0] for several in answers]
    assert all(answer == first for several, first in zip(answers, firsts, strict=True) for answer in several)
    changes = [first["data"]["numberChange"] for first in firsts]
    assert [change["userErrors"] for change in changes] == [[]] * KEYS
    assert len({change["change"]["id"] for change in changes}) == KEYS
    for table in ("number_changes", "journal_entries", "idempotency_keys"):
        count = await owner_connection.fetchval("SELECT format('SELECT count(*) FROM %I', $1::text)", table)
        assert await owner_connection.fetchval(count) == KEYS
