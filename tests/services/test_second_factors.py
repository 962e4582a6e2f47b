"""Authenticator apps and recovery codes: each code once, and a password alone is not enough any more."""

import asyncio

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.services.login_codes import request_code, reset_password
from gateway.services.second_factors import FIRST_CODE_HINT, add_app, confirm_app, remove_factor, renew_recovery_codes
from gateway.services.sessions import SignedIn, sign_in
from tests.services.authenticator import STEP, App, Clock, protect
from tests.services.fleet import AUDITOR
from tests.services.people import (
    ANNA,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    Browser,
    code_of,
    journalled,
)

pytestmark = pytest.mark.usefixtures("clock")


async def enter(browser: Browser, code: str | None, password: str = PASSWORD) -> SignedIn | ErrorCode | None:
    try:
        return await sign_in(browser.visit, EMAIL, password, code)
    except Refusal as refusal:
        return refusal.code


async def test_a_password_alone_is_not_enough_any_more(browser: Browser, clock: Clock) -> None:
    app, _, _ = await protect(browser, clock)

    assert await enter(browser, None) is None
    assert await enter(browser, "") is None
    assert await enter(browser, "000000") is ErrorCode.BAD_CODE
    assert isinstance(await enter(browser, f" {app.code()[:3]} {app.code()[3:]} "), SignedIn)


async def test_a_code_works_once_however_many_send_it_at_once(
    browser: Browser, database: Database, clock: Clock
) -> None:
    app, _, _ = await protect(browser, clock)

    answers = await asyncio.gather(*(enter(Browser(database), app.code()) for _ in range(4)))

    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert answers.count(ErrorCode.BAD_CODE) == 3
    assert await enter(browser, app.code()) is ErrorCode.BAD_CODE
    assert await enter(browser, app.code(-1)) is ErrorCode.BAD_CODE
    assert isinstance(await enter(browser, app.code(1)), SignedIn)


@pytest.mark.parametrize(("steps", "entered"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
async def test_a_clock_may_be_off_by_one_step(browser: Browser, clock: Clock, steps: int, entered: bool) -> None:
    app, _, _ = await protect(browser, clock)
    clock.now += 10 * STEP

    assert isinstance(await enter(browser, app.code(steps)), SignedIn) is entered


async def test_right_passwords_between_them_do_not_forget_wrong_codes(
    browser: Browser, database: Database, clock: Clock, owner_connection: asyncpg.Connection
) -> None:
    app, _, _ = await protect(browser, clock)
    stranger = Browser(database)

    answers = []
    for _ in range(5):
        answers += [await enter(stranger, None), await enter(stranger, "000000")]

    assert answers == [None, ErrorCode.BAD_CODE] * 5
    assert await enter(stranger, app.code()) is ErrorCode.LOCKED
    assert isinstance(await enter(browser, app.code()), SignedIn)
    assert (await journalled(owner_connection)).count("login:lock") == 1


async def test_a_wrong_password_with_a_right_code_leaves_the_code(browser: Browser, clock: Clock) -> None:
    app, _, _ = await protect(browser, clock)

    assert await enter(browser, app.code(), "wrong") is ErrorCode.BAD_CREDENTIALS
    assert isinstance(await enter(browser, app.code()), SignedIn)


async def test_each_recovery_code_works_once(
    browser: Browser, clock: Clock, owner_connection: asyncpg.Connection
) -> None:
    _, recovery, _ = await protect(browser, clock)

    assert len(set(recovery)) == 10
    assert isinstance(await enter(browser, recovery[0].upper()), SignedIn)
    assert isinstance(await enter(browser, recovery[1].replace("-", " ")), SignedIn)
    assert await enter(browser, recovery[0]) is ErrorCode.BAD_CODE
    assert await owner_connection.fetchval("SELECT count(*) FROM recovery_codes") == 8
    assert await journalled(owner_connection) == ["second_factor:add", "recovery_code:use", "recovery_code:use"]


async def test_renewed_recovery_codes_void_the_old_ones(browser: Browser, clock: Clock) -> None:
    _, old, opened = await protect(browser, clock)

    new = await renew_recovery_codes(browser.visit, opened.identity.principal, opened.identity.session_id)

    assert await enter(browser, old[0]) is ErrorCode.BAD_CODE
    assert isinstance(await enter(browser, new[0]), SignedIn)


async def test_an_app_counts_from_its_first_right_code_on(
    browser: Browser, clock: Clock, owner_connection: asyncpg.Connection
) -> None:
    opened = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    principal, session_id = opened.identity.principal, opened.identity.session_id
    made = await add_app(browser.visit, principal, session_id, "Phone")
    assert isinstance(await enter(browser, None), SignedIn)

    with pytest.raises(Refusal) as refusal:
        await confirm_app(browser.visit, principal, made.factor_id, "000000")

    assert (refusal.value.code, refusal.value.field) == (ErrorCode.BAD_CODE, ("code",))
    assert refusal.value.hint == FIRST_CODE_HINT()
    assert isinstance(await enter(browser, None), SignedIn)
    await add_app(browser.visit, principal, session_id, "Another phone")
    assert await owner_connection.fetchval("SELECT count(*) FROM second_factors") == 1
    with pytest.raises(Refusal) as gone:
        await confirm_app(browser.visit, principal, made.factor_id, App(made.secret, clock).code())
    assert gone.value.code is ErrorCode.NOT_FOUND


async def test_an_app_in_use_is_not_taken_into_use_again(browser: Browser, clock: Clock) -> None:
    app, _, opened = await protect(browser, clock)

    with pytest.raises(Refusal) as refusal:
        await confirm_app(browser.visit, opened.identity.principal, 1, app.code(1))

    assert (refusal.value.code, refusal.value.field) == (ErrorCode.ALREADY_DONE, ("id",))
    assert isinstance(await enter(browser, app.code(1)), SignedIn)


async def test_first_codes_cannot_be_tried_at_will(browser: Browser, clock: Clock) -> None:
    opened = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    principal = opened.identity.principal
    made = await add_app(browser.visit, principal, opened.identity.session_id, "Phone")

    async def confirm(code: str) -> ErrorCode | None:
        try:
            await confirm_app(browser.visit, principal, made.factor_id, code)
        except Refusal as refusal:
            return code_of(refusal)
        return None

    assert [await confirm("000000") for _ in range(5)] == [ErrorCode.BAD_CODE] * 5
    assert await confirm(App(made.secret, clock).code()) is ErrorCode.LOCKED


async def test_without_its_last_second_factor_a_log_in_needs_no_code(
    browser: Browser, clock: Clock, owner_connection: asyncpg.Connection
) -> None:
    _, _, opened = await protect(browser, clock)
    factor_id = await owner_connection.fetchval("SELECT id FROM second_factors")

    await remove_factor(browser.visit, opened.identity.principal, opened.identity.session_id, factor_id)

    assert isinstance(await enter(browser, None), SignedIn)
    assert await owner_connection.fetchval("SELECT count(*) FROM recovery_codes") == 0
    assert await journalled(owner_connection) == ["second_factor:add", "second_factor:remove"]


async def test_nobody_touches_the_second_factor_of_another(
    browser: Browser, database: Database, clock: Clock, owner_connection: asyncpg.Connection
) -> None:
    await protect(browser, clock)
    factor_id = await owner_connection.fetchval("SELECT id FROM second_factors")
    other = Browser(database)
    boris = other.keep(await sign_in(other.visit, "boris@example.com", PASSWORD)).identity

    for act in (
        remove_factor(other.visit, boris.principal, boris.session_id, factor_id),
        confirm_app(other.visit, boris.principal, factor_id, "000000"),
    ):
        with pytest.raises(Refusal) as refusal:
            await act
        assert (refusal.value.code, refusal.value.field) == (ErrorCode.NOT_FOUND, ("id",))
    assert await owner_connection.fetchval("SELECT count(*) FROM second_factors") == 1


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\nb"])
async def test_a_second_factor_has_a_name(browser: Browser, name: str) -> None:
    identity = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity

    with pytest.raises(Refusal) as refusal:
        await add_app(browser.visit, identity.principal, identity.session_id, name)

    assert (refusal.value.code, refusal.value.field) == (ErrorCode.INVALID, ("name",))


async def test_a_key_has_no_second_factors(browser: Browser) -> None:
    with pytest.raises(Refusal) as refusal:
        await add_app(browser.visit, AUDITOR, None, "Phone")

    assert refusal.value.code is ErrorCode.FORBIDDEN


async def test_a_password_set_by_a_code_does_not_get_past_the_second_factor(
    browser: Browser, database: Database, clock: Clock
) -> None:
    app, _, _ = await protect(browser, clock)
    thief = Browser(database)
    await request_code(thief.visit, EMAIL)

    assert await reset_password(thief.visit, EMAIL, await thief.code(), OTHER_PASSWORD) is None
    assert await enter(thief, None, OTHER_PASSWORD) is None
    assert isinstance(await enter(browser, app.code(), OTHER_PASSWORD), SignedIn)


async def test_secrets_are_sealed(browser: Browser, clock: Clock, owner_connection: asyncpg.Connection) -> None:
    app, recovery, _ = await protect(browser, clock)

    rows = await owner_connection.fetch("SELECT secret FROM second_factors WHERE administrator_id = $1", ANNA)
    hashes = await owner_connection.fetch("SELECT code_hash FROM recovery_codes")

    secret = app.totp._hotp._key
    assert [secret in bytes(row["secret"]) for row in rows] == [False]
    assert not any(code.replace("-", "").encode() in bytes(row["code_hash"]) for row in hashes for code in recovery)
