"""Log-ins of the old portal: taken over as they are, and left where two of them collide."""

import asyncio
from functools import partial
from pathlib import Path

import asyncpg
import bcrypt
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from gateway.db import Database
from gateway.kit.errors import InvalidValue
from gateway.kit.texts import Language
from gateway.services.old_logins import COLUMNS, TakenOver, take_over_logins
from gateway.services.sessions import sign_in
from tests.services.fleet import COMPANY
from tests.services.people import EMAIL, PASSWORD, Browser, arrange_people, journalled

INN, OTHER_INN = "7700000001", "7700000002"
HASH = bcrypt.hashpw(PASSWORD.encode(), b"$2b$04$abcdefghijklmnopqrstuu").decode()


@pytest.fixture(autouse=True)
async def _people(owner_connection: asyncpg.Connection, clean_tables: None) -> None:
    await arrange_people(owner_connection)
    await owner_connection.execute("SELECT setval('administrators_id_seq', 100)")


def old(
    email: str = "", phone: str = "", name: str = "Vera", inn: str = INN, role: str = "finance", hash: str = HASH
) -> str:
    return ";".join((email, phone, name, inn, role, hash))


def write(folder: Path, *rows: str, header: str = ";".join(COLUMNS)) -> Path:
    path = folder / "logins.csv"
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def left(taken: TakenOver) -> dict[int, str]:
    return {each.row: each.reason.render(Language.EN) for each in taken.left}


async def test_an_old_log_in_goes_on_working(
    database: Database, owner_connection: asyncpg.Connection, tmp_path: Path
) -> None:
    file = write(tmp_path, old("Vera@Old.example", "8 (903) 765-43-21"))

    taken = await take_over_logins(database, file, dry_run=False)

    assert (taken.count, left(taken)) == (1, {})
    for login in ("vera@old.example", "+79037654321"):
        opened = await sign_in(Browser(database).visit, login, PASSWORD)
        assert opened is not None
        assert opened.identity.principal.roles_at(COMPANY) == ("finance",)
    kept = await owner_connection.fetchval(
        "SELECT password_hash FROM credentials JOIN administrators ON administrators.id = administrator_id"
        " WHERE email = 'vera@old.example'"
    )
    assert kept.startswith("$argon2id$")
    assert await journalled(owner_connection) == ["login:import"]


async def test_collisions_are_told_and_never_merged(
    database: Database, owner_connection: asyncpg.Connection, tmp_path: Path
) -> None:
    before = await owner_connection.fetchval("SELECT count(*) FROM administrators")
    file = write(
        tmp_path,
        old("twice@old.example"),
        old("TWICE@old.example", inn=OTHER_INN),
        old("one@old.example", "89037654321"),
        old("other@old.example", "+7 903 765 43 21"),
        old(EMAIL),
        old("", "8 926 123-45-67"),
        old("alone@old.example"),
    )

    taken = await take_over_logins(database, file, dry_run=False)

    assert taken.count == 1
    assert left(taken) == {
        2: "twice@old.example stands in rows 2, 3: none of them was taken over.",
        3: "twice@old.example stands in rows 2, 3: none of them was taken over.",
        4: "79037654321 stands in rows 4, 5: none of them was taken over.",
        5: "79037654321 stands in rows 4, 5: none of them was taken over.",
        6: "anna@example.com is the log-in of an administrator already.",
        7: "79261234567 is the log-in of an administrator already.",
    }
    assert await owner_connection.fetchval("SELECT count(*) FROM administrators") == before + 1
    assert await sign_in(Browser(database).visit, EMAIL, PASSWORD) is not None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (old(), "Neither an e-mail nor a phone number."),
        (old("vera"), "“vera” is not an e-mail address. It looks like name@company.ru."),
        (old(phone="123"), "“123” is not a phone number."),
        (old("vera@old.example", name=""), "No name."),
        (old("vera@old.example", hash="password"), "The hash is neither bcrypt of a cost up to 12 nor salted SHA-1."),
        (
            old("vera@old.example", hash=HASH.replace("$04$", "$13$")),
            "The hash is neither bcrypt of a cost up to 12 nor salted SHA-1.",
        ),
        (old("vera@old.example", role="king"), "There is no built-in role “king”."),
        (old("vera@old.example", inn="7700000009"), "There is no company with the INN 7700000009."),
        (old("vera@old.example", inn=OTHER_INN), "The contract of the company has ended."),
    ],
)
async def test_rows_that_are_left(
    database: Database, owner_connection: asyncpg.Connection, tmp_path: Path, row: str, reason: str
) -> None:
    await owner_connection.execute("UPDATE companies SET status = 'CLOSED' WHERE inn = $1", OTHER_INN)
    before = await owner_connection.fetchval("SELECT count(*) FROM administrators")

    taken = await take_over_logins(database, write(tmp_path, row), dry_run=False)

    assert taken.count == 0
    assert left(taken)[2].startswith(reason)
    assert await owner_connection.fetchval("SELECT count(*) FROM administrators") == before


async def test_a_dry_run_tells_the_same_and_changes_nothing(
    database: Database, owner_connection: asyncpg.Connection, tmp_path: Path
) -> None:
    before = await owner_connection.fetchval("SELECT count(*) FROM administrators")
    file = write(tmp_path, old("vera@old.example"), old(EMAIL))

    taken = await take_over_logins(database, file, dry_run=True)

    assert (taken.count, list(left(taken))) == (1, [3])
    assert await owner_connection.fetchval("SELECT count(*) FROM administrators") == before
    assert await journalled(owner_connection) == []


async def test_columns_that_are_missing_are_named(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="missing: inn, hash"):
        await take_over_logins(database, write(tmp_path, header="email;phone;name;role"), dry_run=False)


async def test_the_command_tells_what_was_left(dsn: str, tmp_path: Path) -> None:
    file = write(tmp_path, old("vera@old.example"), old(EMAIL))
    command = partial(
        CliRunner().invoke, app, ["import-logins", str(file)], env={"GATEWAY_DATABASE_URL": dsn, "LANG": "C"}
    )

    result = await asyncio.to_thread(command)

    assert (result.exit_code, result.stdout.splitlines()) == (
        1,
        ["1 log-in taken over, 1 left", "  row 3: anna@example.com is the log-in of an administrator already."],
    )
    assert HASH not in result.stdout
