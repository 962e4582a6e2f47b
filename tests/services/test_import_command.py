"""`gateway import`: what it prints, with which exit code, and what it leaves."""

import asyncio
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from typer.testing import CliRunner, Result

from gateway.cli import app
from gateway.commands.terminal import Refused
from gateway.db import Database
from tests.services.register_files import csv_file

RUNNER = CliRunner()
pytestmark = pytest.mark.usefixtures("fleet_for_registers")


async def import_file(dsn: str, file: Path, *arguments: str, language: str = "C") -> Result:
    environment = {"GATEWAY_DATABASE_URL": dsn, "LC_ALL": language, "COLUMNS": "120"}
    return await asyncio.to_thread(partial(RUNNER.invoke, app, ["import", str(file), *arguments], env=environment))


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_bytes(csv_file(("Номер", "Тариф", "Метка"), ("89260000101", "", "A"), ("89261000001", "T1", "")))
    return path


async def test_a_register_is_taken_over_in_the_name_of_the_system(
    dsn: str, owner_connection: asyncpg.Connection, register: Path
) -> None:
    result = await import_file(dsn, register, "--company", "7700000001")

    assert (result.exit_code, result.stdout) == (0, "2 rows; numbers added: 1, changed: 1\n")
    lines = await owner_connection.fetch("SELECT actor_kind, actor_name, channel, number_id FROM journal_entries")
    assert [tuple(line) for line in lines] == [
        ("SYSTEM", "gateway import", "OFFICE", 101),
        ("SYSTEM", "gateway import", "OFFICE", 1001),
    ]


async def test_a_dry_run_changes_nothing(dsn: str, owner_connection: asyncpg.Connection, register: Path) -> None:
    result = await import_file(dsn, register, "--company", "7700000001", "--dry-run")

    assert (result.exit_code, result.stdout) == (0, "2 rows; numbers would be added: 1, changed: 1\n")
    assert await owner_connection.fetchval("SELECT count(*) FROM journal_entries") == 0


@pytest.mark.parametrize(
    ("language", "message", "end"),
    [
        ("C", "A new number needs a tariff.", "errors: 2; nothing was taken over"),
        ("ru_RU.UTF-8", "Новому номеру нужен тариф.", "ошибок: 2; ничего не перенесено"),
    ],
)
async def test_errors_are_a_table(dsn: str, tmp_path: Path, language: str, message: str, end: str) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(csv_file(("Номер", "Метка"), ("89261000001", "A"), ("[red]x[/]", "A")))

    result = await import_file(dsn, file, "--company", "7700000001", language=language)

    assert result.exit_code == 1
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
    assert cells[0] == ["2", "Тариф", "", "REQUIRED", message]
    assert cells[1][:4] == ["3", "Номер", "[red]x[/]", "INVALID"]
    assert result.stdout.splitlines()[-1] == end


async def test_of_many_errors_the_first_thousand_are_told(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "register.csv"
    file.write_bytes(csv_file(("Номер",), *[("x",)] * 1_001))

    result = await import_file(dsn, file, "--company", "7700000001")

    assert result.stdout.splitlines()[-1] == "errors: 1,000 or more; nothing was taken over"


async def test_a_company_that_is_not_there_is_told(dsn: str, register: Path) -> None:
    result = await import_file(dsn, register, "--company", "7700000009")

    assert isinstance(result.exception, Refused)
    assert str(result.exception) == "there is no company with the INN 7700000009"


async def test_a_file_that_is_no_register_is_told_in_one_line(dsn: str, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "register.pdf"
    file.write_bytes(b"%PDF-1.7")

    result = await import_file(dsn, file, "--company", "7700000001")

    assert isinstance(result.exception, Refused)
    assert str(result.exception) == "The file is PDF. Save it as XLSX or CSV."
