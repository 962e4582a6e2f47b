"""Step-up: a proof of the caller that is fifteen minutes old at most."""

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language
from gateway.services.proofs import step_up
from gateway.services.sessions import sign_in
from gateway.services.step_up import require_step_up
from tests.services.authenticator import Clock, protect
from tests.services.fleet import AUDITOR
from tests.services.people import EMAIL, PASSWORD, Browser


async def grow_old(connection: asyncpg.Connection) -> None:
    await connection.execute("UPDATE sessions SET stepped_up_at = stepped_up_at - interval '15 minutes'")


async def test_a_log_in_is_a_proof_for_fifteen_minutes(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    identity = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity

    await require_step_up(database, identity.principal, identity.session_id)
    await grow_old(owner_connection)

    with pytest.raises(Refusal) as refusal:
        await require_step_up(database, identity.principal, identity.session_id)
    assert refusal.value.code is ErrorCode.STEP_UP_REQUIRED


async def test_a_key_needs_no_proof_and_a_person_without_a_session_has_none(
    browser: Browser, database: Database
) -> None:
    identity = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity

    await require_step_up(database, AUDITOR, None)
    with pytest.raises(Refusal):
        await require_step_up(database, identity.principal, None)


async def test_a_password_proves_whoever_has_no_second_factor(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    identity = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity
    await grow_old(owner_connection)

    for password, code in (("wrong", ErrorCode.BAD_CREDENTIALS), (None, ErrorCode.REQUIRED)):
        with pytest.raises(Refusal) as refusal:
            await step_up(browser.visit, identity.principal, identity.session_id, password=password)
        assert (refusal.value.code, refusal.value.field) == (code, ("password",))
    with pytest.raises(Refusal):
        await require_step_up(database, identity.principal, identity.session_id)
    await step_up(browser.visit, identity.principal, identity.session_id, password=PASSWORD)

    await require_step_up(database, identity.principal, identity.session_id)


async def test_with_a_second_factor_a_password_proves_nothing(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection, clock: Clock
) -> None:
    app, _, opened = await protect(browser, clock)
    principal, session_id = opened.identity.principal, opened.identity.session_id
    await grow_old(owner_connection)

    with pytest.raises(Refusal) as refusal:
        await step_up(browser.visit, principal, session_id, password=PASSWORD)
    assert (refusal.value.code, refusal.value.field) == (ErrorCode.REQUIRED, ("code",))
    assert refusal.value.message.render(Language.EN) == "Send a code of the authenticator app or a recovery code."
    await step_up(browser.visit, principal, session_id, code=app.code())

    await require_step_up(database, principal, session_id)


@pytest.mark.parametrize(
    ("kinds", "proof"),
    [
        ((), "the password"),
        (("PASSKEY",), "a passkey or a recovery code"),
        (("PASSKEY", "TOTP"), "a code of the authenticator app, a passkey or a recovery code"),
    ],
)
async def test_who_must_prove_it_anew_is_told_by_what_they_have(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection, kinds: tuple[str, ...], proof: str
) -> None:
    identity = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity
    await owner_connection.execute(
        "INSERT INTO second_factors (administrator_id, kind, name, created_at, confirmed_at) "
        "SELECT $1, unnest($2::text[]), 'Mine', now(), now()",
        identity.principal.id,
        kinds,
    )
    await grow_old(owner_connection)

    with pytest.raises(Refusal) as refusal:
        await require_step_up(database, identity.principal, identity.session_id)

    assert refusal.value.hint is not None
    hint = refusal.value.hint.render(Language.EN)
    assert hint == f"Send stepUp with {proof}; then repeat this within 15 minutes."


async def test_wrong_codes_are_limited(browser: Browser, owner_connection: asyncpg.Connection, clock: Clock) -> None:
    app, _, opened = await protect(browser, clock)
    principal, session_id = opened.identity.principal, opened.identity.session_id

    async def prove(code: str) -> ErrorCode | None:
        try:
            await step_up(browser.visit, principal, session_id, code=code)
        except Refusal as refusal:
            return refusal.code
        return None

    assert [await prove("000000") for _ in range(5)] == [ErrorCode.BAD_CODE] * 5
    assert await prove(app.code()) is ErrorCode.LOCKED


async def test_a_proof_counts_in_its_own_session_only(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    first, second = [browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity for _ in range(2)]
    await grow_old(owner_connection)

    await step_up(browser.visit, first.principal, first.session_id, password=PASSWORD)

    await require_step_up(database, first.principal, first.session_id)
    with pytest.raises(Refusal):
        await require_step_up(database, second.principal, second.session_id)
