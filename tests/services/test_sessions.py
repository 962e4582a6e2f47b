"""Signing in: locks that keep strangers out and the owner in, sessions and their end, alerts."""

import asyncio
from collections import Counter
from datetime import timedelta

import asyncpg
import pytest

from authz.principal import Principal
from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.ports.mail import ConsoleMail
from gateway.services import visits
from gateway.services.login_alerts import set_login_alerts
from gateway.services.login_codes import request_code, reset_password
from gateway.services.passwords import verify_password
from gateway.services.post import Post
from gateway.services.principals import Principals
from gateway.services.sessions import revoke_session, sign_in, sign_out
from gateway.statements import Statement, Tenant
from tests.services.fleet import COMPANY, OTHER_COMPANY
from tests.services.people import ANNA, EMAIL, OTHER_PASSWORD, PASSWORD, PHONE, Browser, code_of, journalled

pytestmark = pytest.mark.usefixtures("browser")


async def wrong(browser: Browser, times: int = 1, login: str = EMAIL) -> list[ErrorCode | None]:
    """What wrong passwords are answered, one after the other."""
    return [code_of(await refused(browser, "not the password", login)) for _ in range(times)]


async def refused(browser: Browser, password: str = PASSWORD, login: str = EMAIL) -> Refusal | None:
    try:
        await sign_in(browser.visit, login, password)
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize(
    "login",
    [
        EMAIL,
        " ANNA@Example.com ",
        PHONE,
        "8 926 123-45-67",
        "+7 (926) 123 45 67",
        "9261234567",
        "٨٩٢٦١٢٣٤٥٦٧",
        "8–926–1234567",
    ],
)
async def test_a_log_in_may_be_written_in_any_way(browser: Browser, login: str) -> None:
    opened = browser.keep(await sign_in(browser.visit, login, PASSWORD))

    assert (opened.identity.principal.id, opened.lifetime) == (ANNA, None)
    assert opened.identity.principal.companies == (COMPANY, OTHER_COMPANY)


async def test_a_session_may_be_remembered(browser: Browser) -> None:
    opened = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD, remember=True))

    assert opened.lifetime == timedelta(days=30)


@pytest.mark.parametrize("login", [EMAIL, "nobody@example.com", "new@example.com", "", "\0", "a" * 1000])
async def test_five_wrong_tries_lock_any_log_in_whether_it_exists_or_not(browser: Browser, login: str) -> None:
    assert await wrong(browser, 7, login) == [ErrorCode.BAD_CREDENTIALS] * 5 + [ErrorCode.LOCKED] * 2


async def test_a_lock_does_not_tell_which_e_mail_and_phone_number_belong_together(browser: Browser) -> None:
    pairs = ((EMAIL, PHONE), ("nobody@example.com", "79269999999"))

    answers = [await wrong(browser, 6, email) + await wrong(browser, 1, phone) for email, phone in pairs]

    assert answers == [[ErrorCode.BAD_CREDENTIALS] * 5 + [ErrorCode.LOCKED, ErrorCode.BAD_CREDENTIALS]] * 2


async def test_a_code_unlocks_both_log_ins_of_a_person(browser: Browser) -> None:
    for login in (EMAIL, PHONE):
        assert (await wrong(browser, 6, login))[-1] is ErrorCode.LOCKED

    await request_code(browser.visit, PHONE)
    await reset_password(browser.visit, PHONE, await browser.code(), OTHER_PASSWORD)

    assert [await refused(browser, OTHER_PASSWORD, login) for login in (EMAIL, PHONE)] == [None, None]


async def test_a_refusal_is_held_back_for_any_log_in(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    held_back: list[float] = []

    def rest(elapsed: float) -> float:
        held_back.append(elapsed)
        return 0

    monkeypatch.setattr(visits, "_rest", rest)
    for login in (EMAIL, "nobody@example.com"):
        await wrong(browser, login=login)

    assert len(held_back) == 2


@pytest.mark.parametrize("elapsed", [0, 0.03, 0.41, 1.2, 1.3, 4.9])
def test_a_refusal_comes_at_a_multiple_of_its_time(monkeypatch: pytest.MonkeyPatch, elapsed: float) -> None:
    monkeypatch.setattr(visits, "_REFUSED_AFTER", 1.25)

    answered = elapsed + visits._rest(elapsed)

    assert answered == pytest.approx(1.25 * (1 if elapsed < 1.25 else 2 if elapsed < 2.5 else 4))


async def test_a_lock_is_journalled_in_each_company_and_shown(
    browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    await wrong(browser, 8)

    assert await journalled(owner_connection, COMPANY) == ["login:lock"]
    assert await journalled(owner_connection, OTHER_COMPANY) == ["login:lock"]
    locked = "SELECT locked_until - now() FROM administrators WHERE id = $1"
    assert timedelta(minutes=59) < await owner_connection.fetchval(locked, ANNA) <= timedelta(hours=1)


async def test_a_known_browser_gets_in_whatever_strangers_do(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    stranger, own_new_one = Browser(database), Browser(database)
    await wrong(stranger, 6)

    assert code_of(await refused(own_new_one)) is ErrorCode.LOCKED
    assert await refused(browser) is None
    assert code_of(await refused(stranger)) is ErrorCode.LOCKED
    assert await owner_connection.fetchval("SELECT locked_until FROM administrators WHERE id = $1", ANNA) is not None


async def test_a_known_browser_is_locked_by_its_own_wrong_tries_only(browser: Browser, database: Database) -> None:
    browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    await wrong(browser, 5)

    assert code_of(await refused(browser)) is ErrorCode.LOCKED
    assert await refused(Browser(database)) is None


async def test_a_made_up_cookie_makes_no_browser_known(browser: Browser, database: Database) -> None:
    await wrong(browser, 5)

    assert [code_of(await refused(Browser(database, device=f"made up {n}"))) for n in range(3)] == [
        ErrorCode.LOCKED
    ] * 3


async def test_a_success_forgets_wrong_tries_and_a_lock_ends_by_itself(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    await wrong(browser, 4)
    assert await refused(Browser(database)) is None
    await wrong(browser, 5)
    await owner_connection.execute("UPDATE tries SET until = now() - interval '1 s'")

    assert await refused(Browser(database)) is None
    assert await owner_connection.fetchval("SELECT locked_until FROM administrators WHERE id = $1", ANNA) is None


async def test_parallel_tries_are_counted_once_each(
    database: Database, owner_connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified = 0

    async def count(password: str, password_hash: str | None) -> bool:
        nonlocal verified
        verified += 1
        return await verify_password(password, password_hash)

    monkeypatch.setattr("gateway.services.sessions.verify_password", count)
    owner = Browser(database)
    owner.keep(await sign_in(owner.visit, EMAIL, PASSWORD))
    verified = 0

    entered = []
    answers: Counter[ErrorCode | None] = Counter()
    for _ in range(20):
        tries = [wrong(Browser(database, ip=f"192.0.2.{n % 250}")) for n in range(500)]
        *strangers, entry = await asyncio.gather(*tries, refused(owner))
        answers.update(code for codes in strangers if isinstance(codes, list) for code in codes)
        entered.append(entry)

    assert answers == {ErrorCode.BAD_CREDENTIALS: 5, ErrorCode.LOCKED: 9_995}
    assert entered == [None] * 20
    assert verified == 25
    assert await owner_connection.fetchval("SELECT max(count) FROM tries") == 10_000
    assert await journalled(owner_connection) == ["login:lock"]


async def test_old_counts_are_swept_away(browser: Browser, owner_connection: asyncpg.Connection) -> None:
    for n in range(8):
        await wrong(browser, login=f"nobody-{n}@example.com")
    await owner_connection.execute("UPDATE tries SET until = now() - interval '1 s'")

    await wrong(browser, login="nobody@example.com")

    assert await owner_connection.fetchval("SELECT count(*) FROM tries") == 1


async def test_a_revoked_session_ends_in_another_process(browser: Browser, database: Database, dsn: str) -> None:
    kept = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    lost = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    principal = kept.identity.principal
    assert lost.identity.session_id is not None
    other_process = Principals(database)
    heard = asyncio.Event()
    await other_process.open()
    await database.listen("access", lambda _: heard.set())
    assert await other_process.by_session(lost.token) is not None

    await revoke_session(browser.visit, principal, lost.identity.session_id)

    await asyncio.wait_for(heard.wait(), 1)
    assert await other_process.by_session(lost.token) is None
    assert await other_process.by_session(kept.token) is not None


async def test_whoever_asks_at_once_is_answered_together(
    browser: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    principals, statements = Principals(database), list[str]()
    fetch = database.fetch

    async def counting(tenant: Tenant, statement: Statement, **parameters: object) -> list[asyncpg.Record]:
        statements.append(statement.sql)
        return await fetch(tenant, statement, **parameters)

    monkeypatch.setattr(database, "fetch", counting)
    impatient = asyncio.create_task(principals.by_session(opened.token))
    others = [asyncio.create_task(principals.by_session(opened.token)) for _ in range(100)]
    await asyncio.sleep(0)
    impatient.cancel()

    identities = await asyncio.gather(*others)

    assert {identity and identity.session_id for identity in identities} == {opened.identity.session_id}
    assert len([sql for sql in statements if "find_session" in sql]) == 1
    assert await principals.by_session("unknown") is await principals.by_session("unknown") is None


async def test_nobody_ends_the_session_of_another(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    anna = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity
    other = Browser(database)
    boris = other.keep(await sign_in(other.visit, "boris@example.com", PASSWORD)).identity
    assert anna.session_id is not None

    for foreign in (anna.session_id, 10**9):
        with pytest.raises(Refusal) as refusal:
            await revoke_session(other.visit, boris.principal, foreign)
        assert (refusal.value.code, refusal.value.field) == (ErrorCode.NOT_FOUND, ("id",))
    await sign_out(other.visit, boris.principal, anna.session_id)

    assert await owner_connection.fetchval("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 2
    assert await journalled(owner_connection) == []


async def test_use_of_a_session_is_noted_once_a_minute(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    opened = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD))
    used = "SELECT last_used_at FROM sessions"
    fresh = await owner_connection.fetchval(used)
    await Principals(database).by_session(opened.token)
    assert await owner_connection.fetchval(used) == fresh

    long_ago = await owner_connection.fetchval(
        "UPDATE sessions SET last_used_at = now() - interval '61 s' RETURNING last_used_at"
    )
    await Principals(database).by_session(opened.token)

    assert await owner_connection.fetchval(used) > long_ago + timedelta(seconds=60)


async def alerted(browser: Browser, principal: Principal, **by: bool) -> str:
    await set_login_alerts(browser.visit, principal, **by)
    browser.console.truncate(0)
    assert await refused(browser) is None
    return await browser.received()


async def test_alerts_are_off_until_they_are_switched_on(
    browser: Browser, owner_connection: asyncpg.Connection
) -> None:
    principal = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity.principal
    assert await browser.received() == ""

    by_email = await alerted(browser, principal, email=True, sms=False)
    by_sms = await alerted(browser, principal, email=False, sms=True)

    assert f"e-mail to {EMAIL}: Log-in to the corporate gateway" in by_email
    assert "SMS" not in by_email
    assert f"SMS to +{PHONE}: Anna signed in at" in by_sms
    assert "from 192.0.2.1: Firefox on Linux" in by_sms
    assert await journalled(owner_connection) == ["login_alerts:set"] * 2


async def test_an_alert_that_fails_is_in_nobodys_way(browser: Browser) -> None:
    principal = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity.principal
    await set_login_alerts(browser.visit, principal, email=True, sms=True)
    browser.console.close()
    browser.post = Post(ConsoleMail(browser.console))

    assert await refused(browser) is None
    await browser.post.close()


async def test_a_key_neither_signs_out_nor_is_alerted(browser: Browser) -> None:
    key = Principal("api_key", 1, "Exports", ())

    for act in (sign_out(browser.visit, key, None), set_login_alerts(browser.visit, key, email=True, sms=False)):
        with pytest.raises(Refusal) as refusal:
            await act
        assert refusal.value.code is ErrorCode.FORBIDDEN


async def test_alerts_need_an_address(browser: Browser) -> None:
    principal = browser.keep(await sign_in(browser.visit, "boris@example.com", PASSWORD)).identity.principal

    with pytest.raises(Refusal) as refusal:
        await set_login_alerts(browser.visit, principal, email=True, sms=True)

    assert (refusal.value.code, refusal.value.field) == (ErrorCode.NOT_AVAILABLE, ("sms",))
