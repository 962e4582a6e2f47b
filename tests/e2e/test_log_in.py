"""Logging in over HTTP, in front of several processes: cookies, revocation, and secrets that go nowhere."""

import asyncio
import time
from base64 import b32decode
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from tests.e2e.gateways import LOG_IN, ask, gateway
from tests.services.people import EMAIL, PASSWORD

REVOKE = "mutation ($id: ID!) { sessionRevoke(id: $id) { userErrors { code } } }"
VIEWER = "{ viewer { name } }"
CHANGE = """
mutation ($current: String!, $new: String!) {
  passwordChange(input: { currentPassword: $current, newPassword: $new }) { endedSessions userErrors { code message } }
}
"""
RESET = """
mutation ($code: String!, $password: String!) {
  passwordReset(input: { login: "anna@example.com", code: $code, password: $password }) {
    secondFactorRequired userErrors { code message }
  }
}
"""
ADD_APP = 'mutation { secondFactorTotpAdd(input: { name: "Phone" }) { id secret uri userErrors { code } } }'
CONFIRM_APP = """
mutation ($id: ID!, $code: String!) {
  secondFactorTotpConfirm(input: { id: $id, code: $code }) { userErrors { code } }
}
"""
BROKEN = (
    ("ALTER TABLE tries RENAME TO away", "ALTER TABLE away RENAME TO tries"),
    ("ALTER TABLE sessions RENAME TO away", "ALTER TABLE away RENAME TO sessions"),
    ("ALTER TABLE credentials RENAME TO away", "ALTER TABLE away RENAME TO credentials"),
    ("ALTER TABLE journal_heads RENAME TO away", "ALTER TABLE away RENAME TO journal_heads"),
)
"""What makes a use case fail in its middle, and what makes it whole again."""
WITHIN = 1.0
"""Seconds in which what was revoked is refused everywhere."""

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


async def test_a_revoked_session_is_refused_by_every_process_within_a_second(
    dsn: str, tmp_path: Path, client: httpx.AsyncClient
) -> None:
    loop = asyncio.get_running_loop()
    with (tmp_path / "log").open("w+") as log, ExitStack() as stack:
        addresses = [stack.enter_context(gateway(dsn, log, tmp_path)) for _ in range(3)]
        async with httpx.AsyncClient() as other:
            await ask(client, addresses[0], LOG_IN, login=EMAIL, password=PASSWORD)
            opened = await ask(other, addresses[1], LOG_IN, login=EMAIL, password=PASSWORD)
            session_id = next(each["id"] for each in opened["data"]["login"]["viewer"]["sessions"] if each["current"])
            before = [await ask(other, address, VIEWER) for address in addresses]

            revoked = await ask(client, addresses[2], REVOKE, id=session_id)
            since = loop.time()
            ended: set[str] = set()
            while len(ended) < len(addresses) and loop.time() - since < 10 * WITHIN:
                for address in addresses:
                    if (await ask(other, address, VIEWER))["data"]["viewer"] is None:
                        ended.add(address)
            took = loop.time() - since
        kept = [await ask(client, address, VIEWER) for address in addresses]

    assert [answer["data"]["viewer"] for answer in before] == [{"name": "Anna"}] * 3
    assert revoked == {"data": {"sessionRevoke": {"userErrors": []}}}
    assert ended == set(addresses)
    assert took < WITHIN
    assert [answer["data"]["viewer"] for answer in kept] == [{"name": "Anna"}] * 3


async def test_the_cookies_of_a_log_in(dsn: str, tmp_path: Path, client: httpx.AsyncClient) -> None:
    with (tmp_path / "log").open("w+") as log, gateway(dsn, log, tmp_path) as address:
        variables = {"login": EMAIL, "password": PASSWORD}
        opened = await client.post(f"{address}/graphql", json={"query": LOG_IN, "variables": variables})
        device = client.cookies["gateway_device"]
        closed = await client.post(f"{address}/graphql", json={"query": "mutation { logout { userErrors { code } } }"})

        assert await ask(client, address, VIEWER) == {"data": {"viewer": None}}

    session, known = opened.headers.get_list("set-cookie")
    assert session.startswith("gateway_session=")
    assert session.endswith("; Path=/; HttpOnly; SameSite=Lax")
    assert known == f"gateway_device={device}; Path=/; HttpOnly; SameSite=Lax; Max-Age=34560000"
    assert closed.headers.get_list("set-cookie") == ["gateway_session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]
    assert client.cookies["gateway_device"] == device


async def test_a_wrong_code_is_asked_for_again(dsn: str, tmp_path: Path, client: httpx.AsyncClient) -> None:
    with (tmp_path / "log").open("w+") as log, gateway(dsn, log, tmp_path) as address:
        await ask(client, address, LOG_IN, login=EMAIL, password=PASSWORD)
        app = (await ask(client, address, ADD_APP))["data"]["secondFactorTotpAdd"]
        code = TOTP(b32decode(app["secret"]), 6, SHA1(), 30).generate(time.time()).decode()
        confirmed = await ask(client, address, CONFIRM_APP, id=app["id"], code=code)
        client.cookies.clear()
        # The code was used up by confirming the app.
        refused = await ask(client, address, LOG_IN, login=EMAIL, password=PASSWORD, code=code)
        stranger = await ask(client, address, LOG_IN, login=EMAIL, password="wrong", code=code)
        reset = await ask(client, address, RESET, code="000000", password="quagga-canary-4711")

    assert confirmed == {"data": {"secondFactorTotpConfirm": {"userErrors": []}}}
    assert asked_for(refused["data"]["login"]) == (True, ["BAD_CODE"])
    assert asked_for(stranger["data"]["login"]) == (False, ["BAD_CREDENTIALS"])
    assert asked_for(reset["data"]["passwordReset"]) == (False, ["BAD_CODE"])


def asked_for(payload: dict[str, Any]) -> tuple[bool, list[str]]:
    """Whether a second factor is, and why nobody was signed in."""
    return payload["secondFactorRequired"], [error["code"] for error in payload["userErrors"]]


async def test_secrets_appear_in_no_log_no_error_and_no_journal(
    dsn: str, tmp_path: Path, client: httpx.AsyncClient, owner_connection: asyncpg.Connection
) -> None:
    canaries = {name: f"canary-{name}-quagga-4711" for name in ("wrong", "new", "reset", "code", "failing", "change")}
    answers = []
    with (tmp_path / "log").open("w+") as log:
        with gateway(dsn, log, tmp_path) as address:
            answers += [
                await ask(client, address, LOG_IN, login=EMAIL, password=canaries["wrong"]),
                await ask(client, address, LOG_IN, login=EMAIL, password=PASSWORD),
                await ask(client, address, RESET, code=canaries["code"], password=canaries["reset"]),
                await ask(client, address, CHANGE, current=PASSWORD, new=canaries["new"]),
                await ask(client, address, CHANGE, current=canaries["change"], new=canaries["new"]),
            ]
            app = (await ask(client, address, ADD_APP))["data"]["secondFactorTotpAdd"]
            canaries |= {"secret": app["secret"]} | dict(client.cookies)
            # Something of our own fails in the middle of each use case.
            for break_it, mend_it in BROKEN:
                await owner_connection.execute(break_it)
                answers += [
                    await ask(client, address, LOG_IN, login=EMAIL, password=canaries["failing"]),
                    await ask(client, address, LOG_IN, login=EMAIL, password=canaries["new"], code=canaries["code"]),
                    await ask(client, address, CHANGE, current=canaries["new"], new=canaries["failing"]),
                    await ask(client, address, RESET, code=canaries["code"], password=canaries["reset"]),
                ]
                await owner_connection.execute(mend_it)
        log.seek(0)
        logged = log.read()
    journal = await owner_connection.fetch("SELECT * FROM journal_entries")
    kept = await owner_connection.fetch("SELECT * FROM sessions, credentials, second_factors, known_devices, tries")

    assert logged.count("graphql.failed") >= 10
    assert len(journal) == 2
    for name, canary in canaries.items():
        assert canary not in logged, name
        assert canary not in str(answers), name
        assert canary not in str([dict(row) for row in journal]), name
        assert canary not in str([dict(row) for row in kept]), name
