"""Passwords: which ones are taken, how they are changed, and those of the old portal."""

import asyncio
import hashlib
from base64 import b64encode

import asyncpg
import bcrypt
import pytest

from gateway.db import Database
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Language
from gateway.services.legacy_passwords import is_legacy
from gateway.services.password_changes import change_password
from gateway.services.password_policy import check_password
from gateway.services.passwords import hash_password, verify_password
from gateway.services.principals import Principals
from gateway.services.sessions import sign_in
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


@pytest.mark.parametrize(
    "password", [PASSWORD, "demo-Password-1", "четыре случайных слова", "Xk9#mQ2!vL", "tavern-mosaic-42 " * 50]
)
async def test_passwords_that_are_taken(password: str) -> None:
    await check_password(password, [EMAIL, "79261234567"], "password")


@pytest.mark.parametrize(
    ("password", "code", "reason"),
    [
        ("Xk9#mQ2!v", ErrorCode.INVALID, "too short: it needs at least 10"),
        ("tavern-mosaic" * 100, ErrorCode.TOO_LARGE, "too long: it may have at most 1,000"),
        ("tavern-anna-mosaic", ErrorCode.INVALID, "contains the log-in"),
        ("Tavern79261234567", ErrorCode.INVALID, "contains the log-in"),
        ("Password123!", ErrorCode.INVALID, "among the commonly used ones"),
        ("qwertyuiop123", ErrorCode.INVALID, "among the commonly used ones"),
        ("парольпароль", ErrorCode.INVALID, "among the commonly used ones"),
        ("йцукенгшщз1", ErrorCode.INVALID, "among the commonly used ones"),
        ("1234567890123", ErrorCode.INVALID, "among the commonly used ones"),
    ],
)
async def test_passwords_that_are_refused_with_the_reason(password: str, code: ErrorCode, reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as refusal:
        await check_password(password, [EMAIL, "79261234567"], "password")

    assert (refusal.value.code, refusal.value.field) == (code, ("password",))
    assert password not in refusal.value.message.render(Language.RU)


async def test_hashing_leaves_the_event_loop_to_others() -> None:
    hashing = asyncio.gather(*(hash_password(PASSWORD) for _ in range(10)))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1

    assert all([await verify_password(PASSWORD, each) for each in await hashing])
    assert turns > 100


async def test_a_changed_password_ends_the_other_sessions(
    browser: Browser, database: Database, owner_connection: asyncpg.Connection
) -> None:
    kept, other = [browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)) for _ in range(2)]
    principal, session_id = kept.identity.principal, kept.identity.session_id

    ended = await change_password(browser.visit, principal, session_id, PASSWORD, OTHER_PASSWORD)

    assert ended == 1
    assert await Principals(database).by_session(kept.token) is not None
    assert await Principals(database).by_session(other.token) is None
    assert await sign_in(browser.visit, EMAIL, OTHER_PASSWORD) is not None
    with pytest.raises(Refusal):
        await sign_in(browser.visit, EMAIL, PASSWORD)
    assert await journalled(owner_connection) == ["password:change"]


@pytest.mark.parametrize(
    ("current", "new", "code", "field"),
    [
        ("wrong", OTHER_PASSWORD, ErrorCode.BAD_CREDENTIALS, "currentPassword"),
        (PASSWORD, PASSWORD, ErrorCode.ALREADY_DONE, "newPassword"),
        (PASSWORD, "short", ErrorCode.INVALID, "newPassword"),
    ],
)
async def test_a_refused_change_changes_nothing(
    browser: Browser, owner_connection: asyncpg.Connection, current: str, new: str, code: ErrorCode, field: str
) -> None:
    principal = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity.principal

    with pytest.raises(Refusal) as refusal:
        await change_password(browser.visit, principal, None, current, new)

    assert (refusal.value.code, refusal.value.field) == (code, (field,))
    assert await sign_in(browser.visit, EMAIL, PASSWORD) is not None
    assert await owner_connection.fetchval("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 2
    assert await journalled(owner_connection) == []


async def test_a_stolen_session_does_not_find_the_password_out(browser: Browser) -> None:
    principal = browser.keep(await sign_in(browser.visit, EMAIL, PASSWORD)).identity.principal

    async def attempt(current: str) -> ErrorCode | None:
        try:
            await change_password(browser.visit, principal, None, current, OTHER_PASSWORD)
        except Refusal as refusal:
            return code_of(refusal)
        return None

    assert [await attempt("wrong") for _ in range(5)] == [ErrorCode.BAD_CREDENTIALS] * 5
    assert await attempt(PASSWORD) is ErrorCode.LOCKED


async def test_a_key_has_no_password(browser: Browser) -> None:
    with pytest.raises(Refusal) as refusal:
        await change_password(browser.visit, AUDITOR, None, PASSWORD, OTHER_PASSWORD)

    assert refusal.value.code is ErrorCode.FORBIDDEN


def legacy(password: str) -> dict[str, str]:
    encoded, salt = password.encode(), b"\x01\xffsalt"
    return {
        "bcrypt": bcrypt.hashpw(encoded, bcrypt.gensalt(4)).decode(),
        "bcrypt, as PHP writes it": bcrypt.hashpw(encoded, bcrypt.gensalt(4)).decode().replace("$2b$", "$2y$"),
        "LDAP": "{SSHA}" + b64encode(hashlib.sha1(encoded + salt).digest() + salt).decode(),
        "web": f"sha1$salt${hashlib.sha1(b'salt' + encoded).hexdigest()}",
    }


@pytest.mark.parametrize("kind", sorted(legacy("")))
async def test_a_password_of_the_old_portal_is_hashed_anew_at_the_first_log_in(
    browser: Browser, owner_connection: asyncpg.Connection, kind: str
) -> None:
    password = "старый пароль"
    old = legacy(password)[kind]
    await owner_connection.execute("UPDATE credentials SET password_hash = $1", old)
    hashes = "SELECT password_hash FROM credentials WHERE administrator_id = $1"

    with pytest.raises(Refusal):
        await sign_in(browser.visit, EMAIL, "wrong")
    assert await owner_connection.fetchval(hashes, ANNA) == old
    assert await sign_in(browser.visit, EMAIL, password) is not None

    renewed = await owner_connection.fetchval(hashes, ANNA)
    assert renewed.startswith("$argon2id$")
    assert await sign_in(browser.visit, EMAIL, password) is not None
    assert await owner_connection.fetchval(hashes, ANNA) == renewed


@pytest.mark.parametrize(
    "value", ["", "plain", "$2b$12$short", "{SSHA}", "{SSHA}c2hvcnQ=", "{SSHA}=", "sha1$a$zz", "$argon2id$v"]
)
async def test_what_is_no_hash_is_nobodys_password(value: str) -> None:
    assert not is_legacy(value)
    assert not await verify_password(value, value)


async def test_a_long_bcrypt_password_is_cut_as_the_old_portal_did() -> None:
    old = bcrypt.hashpw(b"a" * 72, bcrypt.gensalt(4)).decode()

    assert await verify_password("a" * 100, old)
    assert not await verify_password("a\0" * 100, old)
