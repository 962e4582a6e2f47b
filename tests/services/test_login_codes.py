"""One-time codes: sent to whoever is known, told to nobody else, right once and not for long."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.services.login_codes import request_code, reset_password
from gateway.services.principals import Principals
from gateway.services.sessions import sign_in
from tests.services.fleet import COMPANY, OTHER_COMPANY
from tests.services.people import (
    ANNA,
    EMAIL,
    OTHER_PASSWORD,
    PASSWORD,
    PHONE,
    Browser,
    code_of,
    journalled,
)

pytestmark = pytest.mark.usefixtures("browser")


async def let_time_pass(connection: asyncpg.Connection) -> None:
    """So much that codes may be asked for again."""
    await connection.execute("UPDATE tries SET until = now() - interval '1 s'")


async def refused(browser: Browser, code: str, login: str = EMAIL, password: str = OTHER_PASSWORD) -> Refusal | None:
    try:
        browser.keep(await reset_password(browser.visit, login, code, password))
    except Refusal as refusal:
        return refusal
    return None


async def test_a_first_password_is_set_by_a_code_from_a_short_message(
    browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    asked = await request_code(browser.visit, "8 (903) 111-22-33")
    code = await browser.code()
    opened = browser.keep(await reset_password(browser.visit, "+7 903 111 22 33", f" {code} ", OTHER_PASSWORD))

    assert asked.refusal is None
    assert (await browser.received()).startswith(f"SMS to +79031112233: {code} is the code to set a password")
    assert opened.identity.principal.name == "Newcomer"
    assert await sign_in(browser.visit, "new@example.com", OTHER_PASSWORD) is not None
    assert await journalled(owner_connection) == ["password:reset"]


async def test_a_code_ends_all_sessions_and_locks(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    old = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    stranger = Browser(database)
    for _ in range(5):
        with pytest.raises(Refusal):
            await sign_in(stranger.visit, EMAIL, "wrong")

    await request_code(stranger.visit, EMAIL)
    assert await refused(stranger, await stranger.code()) is None

    assert await Principals(database).by_session(old.token) is None
    assert await sign_in(Browser(database).visit, EMAIL, OTHER_PASSWORD) is not None
    with pytest.raises(Refusal):
        await sign_in(browser.visit, EMAIL, PASSWORD)
    assert await journalled(owner_connection, OTHER_COMPANY) == ["login:lock", "password:reset"]
    assert await owner_connection.fetchval("SELECT locked_until FROM administrators WHERE id = $1", ANNA) is None


async def test_the_answer_is_the_same_for_nobody_and_nothing_is_sent(browser: Browser) -> None:
    known, unknown = [await request_code(browser.visit, login) for login in (EMAIL, "nobody@example.com")]

    assert (known.refusal, unknown.refusal) == (None, None)
    assert abs(known.retry_at - unknown.retry_at) < timedelta(seconds=5)
    assert (await browser.received()).count("e-mail to") == 1
    assert code_of(await refused(browser, "123456", "nobody@example.com")) is ErrorCode.BAD_CODE


async def test_a_code_is_asked_for_once_a_minute_and_five_times_an_hour(
    browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    answers = []
    for _ in range(6):
        answers += [await request_code(browser.visit, EMAIL), await request_code(browser.visit, EMAIL)]
        await owner_connection.execute("UPDATE tries SET until = now() WHERE until < now() + interval '1 minute'")

    assert [code_of(each.refusal) for each in answers[:10]] == [None, ErrorCode.ALREADY_DONE] * 5
    assert code_of(answers[10].refusal) is ErrorCode.LOCKED
    assert answers[10].retry_at - answers[0].retry_at > timedelta(minutes=55)
    assert (await browser.received()).count("e-mail to") == 5


async def test_made_up_cookies_share_the_codes_of_unknown_browsers(
    database: Database, browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    known = Browser(database)
    known.keep(await sign_in(known.visit, EMAIL, PASSWORD))
    answers = []
    for n in range(12):
        browser.device = f"made up {n}"
        answers.append(code_of((await request_code(browser.visit, EMAIL)).refusal))
        if n % 2:
            await owner_connection.execute("UPDATE tries SET until = now() WHERE until < now() + interval '1 minute'")
    own = [code_of((await request_code(known.visit, EMAIL)).refusal) for _ in range(2)]

    assert answers == [None, ErrorCode.ALREADY_DONE] * 5 + [ErrorCode.LOCKED, ErrorCode.ALREADY_DONE]
    assert own == [None, ErrorCode.ALREADY_DONE]
    assert (await browser.received()).count("e-mail to") == 5
    assert (await known.received()).count("e-mail to") == 1


async def test_one_address_asks_for_thirty_codes_an_hour(browser: Browser) -> None:
    answers = [await request_code(browser.visit, f"nobody-{n}@example.com") for n in range(31)]

    assert [code_of(each.refusal) for each in answers] == [None] * 30 + [ErrorCode.LOCKED]


async def test_a_code_is_right_once_however_many_use_it_at_once(
    database: Database, browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    await request_code(browser.visit, EMAIL)
    code = await browser.code()

    answers = await asyncio.gather(*(refused(Browser(database), code) for _ in range(5)))

    assert sorted(str(code_of(each)) for each in answers) == ["BAD_CODE"] * 4 + ["None"]
    assert await journalled(owner_connection, COMPANY) == ["password:reset"]


async def test_a_code_bears_five_tries(browser: Browser) -> None:
    await request_code(browser.visit, EMAIL)
    code = await browser.code()
    wrong = "000000" if code != "000000" else "000001"

    answers = [code_of(await refused(browser, wrong)) for _ in range(5)]

    assert answers == [ErrorCode.BAD_CODE] * 5
    assert code_of(await refused(browser, code)) is ErrorCode.BAD_CODE


async def test_a_code_expires(browser: Browser, owner_connection: asyncpg.Connection) -> None:
    await request_code(browser.visit, EMAIL)
    code = await browser.code()
    valid = await owner_connection.fetchval("SELECT expires_at - now() FROM login_codes")
    await owner_connection.execute("UPDATE login_codes SET expires_at = now()")

    assert timedelta(minutes=9) < valid <= timedelta(minutes=10)
    assert code_of(await refused(browser, code)) is ErrorCode.BAD_CODE


async def test_only_the_last_code_is_right(browser: Browser, owner_connection: asyncpg.Connection) -> None:
    await request_code(browser.visit, EMAIL)
    first = await browser.code()
    await let_time_pass(owner_connection)
    await request_code(browser.visit, PHONE)
    last = await browser.code()

    assert first == last or code_of(await refused(browser, first)) is ErrorCode.BAD_CODE
    assert await refused(browser, last) is None


async def test_strangers_spend_no_tries_of_a_known_browser(database: Database, browser: Browser) -> None:
    browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    await request_code(browser.visit, EMAIL)
    code = await browser.code()

    stranger = Browser(database)
    assert [code_of(await refused(stranger, code)) for _ in range(6)] == [ErrorCode.BAD_CODE] * 6
    assert await refused(browser, code) is None


async def test_a_refused_password_leaves_the_code_unused(browser: Browser) -> None:
    await request_code(browser.visit, EMAIL)
    code = await browser.code()

    refusal = await refused(browser, code, password="short")

    assert refusal is not None
    assert (refusal.code, refusal.field) == (ErrorCode.INVALID, ("password",))
    assert await refused(browser, code) is None


async def test_codes_are_not_kept_as_they_are(browser: Browser, owner_connection: asyncpg.Connection) -> None:
    await request_code(browser.visit, EMAIL)
    code = await browser.code()

    kept = await owner_connection.fetchrow("SELECT * FROM login_codes")

    assert kept is not None
    assert code not in str(dict(kept))
    assert len(kept["code_hash"]) == 32
