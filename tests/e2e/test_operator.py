"""A gateway before the operator's system: changes go through it, and a worker sends again what it did not answer."""

import asyncio
from pathlib import Path

import asyncpg
import httpx

from gateway.services.principals import hash_token
from tests.e2e.gateways import ask, gateway
from tests.factories.operator import Operator, serving
from tests.services.fleet import COMPANY, arrange, insert
from tests.unit.operations.catalogues import PLAIN, PROMO

SECRET = "gw_live_of_an_integration"
CONNECT = """
mutation ($option: ID!) {
  optionConnect(numberId: "num_101", optionId: $option) { change { status } userErrors { code } }
}
"""


async def test_changes_go_through_the_operator_and_outlive_its_silence(
    dsn: str, owner_connection: asyncpg.Connection, clean_tables: None, tmp_path: Path
) -> None:
    await arrange(owner_connection)
    key = {"company_id": COMPANY, "id": 31, "name": "Sync", "prefix": "gw_live_", "secret_hash": hash_token(SECRET)}
    await insert(owner_connection, "api_keys", key)
    await insert(owner_connection, "grants", {"company_id": COMPANY, "api_key_id": 31, "role": "administrator"})
    operator = Operator()

    async def connect(client: httpx.AsyncClient, address: str, option_id: int) -> tuple[str | None, list[str]]:
        answer = (await ask(client, address, CONNECT, option=f"opt_{option_id}"))["data"]["optionConnect"]
        return answer["change"] and answer["change"]["status"], [each["code"] for each in answer["userErrors"]]

    async with serving(operator) as url, httpx.AsyncClient(headers={"Authorization": f"Bearer {SECRET}"}) as client:
        behind = {"GATEWAY_BSS_URL": url, "GATEWAY_BSS_TOKEN": "operator's secret", "GATEWAY_WORKER": "1"}
        with (tmp_path / "log").open("w+") as log, gateway(dsn, log, tmp_path, **behind) as address:
            done = await connect(client, address, PLAIN)
            operator.status = 503
            late, meanwhile = await connect(client, address, PROMO), await connect(client, address, PROMO)
            operator.status = None
            async with asyncio.timeout(30):
                while await owner_connection.fetchval("SELECT count(*) FROM orders, pg_sleep(0.1)"):
                    pass
        said = (tmp_path / "log").read_text()

    assert (done, late, meanwhile) == (("APPLIED", []), ("PENDING", []), (None, ["CONFLICT"]))
    statuses = await owner_connection.fetch("SELECT status FROM number_changes ORDER BY id")
    assert [row["status"] for row in statuses] == ["APPLIED", "APPLIED"]
    assert [each["parameters"]["option_id"] for each in operator.ledger["+79260000101"]] == [PLAIN, PROMO]
    assert operator.token == "bearer operator's secret"
    assert "secret" not in said
