"""The commands under `gateway journal`."""

import asyncio
from functools import partial
from typing import Annotated

import typer
from rich.status import Status

from gateway.commands.terminal import connectable, console, find_company
from gateway.db import Database
from gateway.kit.ids import Kind, encode
from gateway.services.companies import find_companies
from gateway.settings import Settings

journal = typer.Typer(help="The operations journal.", no_args_is_help=True)


@journal.command("verify")
def verify_journal(
    company: Annotated[str | None, typer.Option(help="INN of a company; without it, all of them.")] = None,
) -> None:
    """Verify that no line was altered, removed or moved since it was written; exit code 1 when one was."""
    with connectable(Settings()) as dsn:
        if not asyncio.run(_verify_journals(dsn, company)):
            raise typer.Exit(1)


async def _verify_journals(dsn: str, inn: str | None) -> bool:
    from gateway.services.journal_verification import verify

    whole = True
    async with Database(dsn) as database:
        companies = await find_companies(database) if inn is None else [await find_company(database, inn)]
        if not companies:
            console.print("no companies, no journals")
        for company in companies:
            with console.status(company.inn) as status:
                found = await verify(database, company.id, progress=partial(_show_lines, status, company.inn))
            verdict = f"[red]faults: {len(found.faults)}[/]" if found.faults else "[green]whole[/]"
            console.print(f"{company.inn}  {found.lines:,} lines, {verdict}, the chain ends with {found.end.hex()}")
            for fault in found.faults:
                console.print(f"  {encode(Kind.JOURNAL_ENTRY, fault.entry_id)} {fault.kind}")
            whole = whole and not found.faults
    return whole


def _show_lines(status: Status, inn: str, lines: int) -> None:
    status.update(f"{inn}  {lines:,} lines")
