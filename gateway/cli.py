"""The commands of the gateway."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from gateway.commands.admin import admin
from gateway.commands.bulk import bulk
from gateway.commands.documents import documents
from gateway.commands.journal import journal
from gateway.commands.terminal import Refused, connectable, console, find_company, language, told
from gateway.db import Database
from gateway.embedded import EmbeddedError
from gateway.kit.errors import DatabaseAway, InvalidValue, Refusal
from gateway.migrations import migrate as migrate_database
from gateway.settings import Settings

_FIRST_QUERY = "{ companies { nodes { name numbers(first: 3) { nodes { msisdn tariff { name } } } } } }"

app = typer.Typer(
    help="A GraphQL gateway for corporate telecom accounts. Variables named GATEWAY_… change its settings.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Runs the command line; what an operator can put right is told in one line, with exit code 1."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        app()
    except (Refused, EmbeddedError, ValidationError, asyncpg.PostgresError, DBAPIError, OSError, DatabaseAway) as error:
        print(f"gateway: {complaint(error)}", file=sys.stderr)  # noqa: T201 -- rich would break the line
        sys.exit(1)


def complaint(error: BaseException) -> str:
    """What an error says, in one line and without what only a developer reads."""
    match error:
        case ValidationError():
            return "; ".join(f"GATEWAY_{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors())
        case (
            DBAPIError(orig=BaseException(__cause__=BaseException() as cause))
            | DatabaseAway(__cause__=BaseException() as cause)
        ):
            return complaint(cause)
        case asyncpg.PostgresError():
            return f"the database refuses: {str(error).splitlines()[0]}"
        case OSError(strerror=str(reason), filename=str(name)):
            return f"{name}: {reason}"
        case _:
            return str(error).splitlines()[0]


@contextlib.contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The port, taken before anything else is done."""
    from gateway import server

    try:
        listener = server.listen(settings)
    except OSError as error:
        reason = str(error.strerror).partition(" (while")[0]
        raise Refused(
            f"cannot listen on {settings.host}:{settings.port} (GATEWAY_HOST, GATEWAY_PORT): {reason}"
        ) from None
    with listener:
        yield listener


@app.command()
def demo(
    numbers: Annotated[
        int | None, typer.Option(min=10, help="How many phone numbers to make, at the first start.")
    ] = None,
) -> None:
    """Serve a demo on this machine; the first start makes a database and fills it."""
    from gateway import demo, server

    settings = Settings()
    if not server.is_loopback(settings.host):
        raise Refused(f"everybody knows the demo's log-ins: it listens on loopback, not on {settings.host}")
    with listening(settings) as listener, connectable(settings, makes=True) as dsn:
        asyncio.run(migrate_database(dsn))
        with console.status("Making the demo's data …"):
            try:
                summary = asyncio.run(demo.fill(dsn, numbers=numbers))
            except demo.OtherDataError as error:
                raise Refused(str(error)) from None
        address = server.address(listener)
        console.print(f"[bold]{address}[/]  GraphiQL over {summary.numbers:,} numbers; Ctrl-C ends it")
        console.print(f"log-ins, password {demo.PASSWORD}:")
        for login in demo.LOGINS:
            console.print(f"  {login.email:24} {login.role.value.lower()}")
        console.print("a first query, with the API key of a reporting integration:")
        console.print(
            f"  curl {address}/graphql -H 'Authorization: Bearer {demo.API_KEY}' -H 'Content-Type: application/json' "
            f"""-d '{{"query": "{_FIRST_QUERY}"}}'""",
            markup=False,
        )
        quiet = {"database_url": dsn} | ({} if "log_level" in settings.model_fields_set else {"log_level": "warning"})
        server.serve(settings.model_copy(update=quiet), listener)


@app.command()
def serve(
    processes: Annotated[int | None, typer.Option(min=1, help="Web processes; GATEWAY_PROCESSES otherwise.")] = None,
) -> None:
    """Serve the API; the database must have been migrated, but for the embedded one, which is migrated here."""
    from gateway import server

    settings = Settings() if processes is None else Settings(processes=processes)
    with listening(settings) as listener, connectable(settings, makes=True) as dsn:
        if settings.database_url is None:
            asyncio.run(migrate_database(dsn))
        asyncio.run(_check_served(dsn, local=server.is_loopback(settings.host)))
        console.print(server.address(listener))
        server.serve(settings.model_copy(update={"database_url": dsn}), listener)


async def _check_served(dsn: str, *, local: bool) -> None:
    from gateway.demo import is_demo

    try:
        async with Database(dsn) as database:
            if await is_demo(database) and not local:
                raise Refused("this database is a demo, whose log-ins everybody knows: it is served on loopback only")
    except (asyncpg.InvalidParameterValueError, asyncpg.UndefinedTableError):
        raise Refused("the database has no tables yet: run `gateway migrate`") from None


@app.command()
def worker() -> None:
    """Do what waits: bulk changes, and what ends by itself. Any number of workers may run, on any machine."""
    from gateway.worker import run_worker

    settings = Settings()
    with connectable(settings) as dsn:
        run_worker(settings.model_copy(update={"database_url": dsn}))


@app.command()
def migrate() -> None:
    """Bring the tables to the newest revision; the user of GATEWAY_DATABASE_URL must own them."""
    with connectable(Settings(), makes=True) as dsn:
        asyncio.run(migrate_database(dsn))
    console.print("the tables are at the newest revision")


@app.command()
def export_schema() -> None:
    """Print the GraphQL schema, as schema/schema.graphql keeps it."""
    from schema.root import print_schema

    typer.echo(print_schema(), nl=False)


@app.command("import")
def import_register(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV or XLSX file.")],
    company: Annotated[str, typer.Option(help="INN of the company whose register it is.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; nothing is changed.")] = False,
) -> None:
    """Take over a register of numbers and employees: all of it, or, with an error in any cell, nothing."""
    with connectable(Settings()) as dsn:
        if not asyncio.run(_import_register(dsn, company, file, dry_run=dry_run)):
            raise typer.Exit(1)


async def _import_register(dsn: str, inn: str, file: Path, *, dry_run: bool) -> bool:
    from gateway.commands import register_import

    try:
        async with Database(dsn) as database:
            company = await find_company(database, inn)
            imported = await register_import.take_over(database, company.id, file, dry_run=dry_run, console=console)
    except Refusal as refusal:
        raise Refused(told(refusal)) from None
    register_import.report(imported, dry_run=dry_run, console=console)
    return not imported.errors


@app.command()
def import_logins(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV or XLSX file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; nothing is changed.")] = False,
) -> None:
    """Take over log-ins of the old portal with their password hashes; exit code 1 when a row was left.

    Columns: email, phone, name, inn, role, hash (bcrypt, {SSHA}… or sha1$salt$hex).
    """
    from gateway.commands import login_import

    with connectable(Settings()) as dsn:
        try:
            whole = asyncio.run(login_import.import_logins(dsn, file, dry_run=dry_run, console=console))
        except InvalidValue as error:
            raise Refused(error.message.render(language())) from None
    if not whole:
        raise typer.Exit(1)


app.add_typer(journal, name="journal")
app.add_typer(bulk, name="bulk")
app.add_typer(documents, name="documents")
app.add_typer(admin, name="admin")
