"""The commands under `gateway journal`."""

import asyncio
from functools import partial
from typing import Annotated

import typer
from rich.status import Status

from gateway.commands.terminal import connectable, console, find_company, said
from gateway.db import Database
from gateway.kit.ids import Kind, encode
from gateway.kit.texts import Text
from gateway.services.companies import find_companies
from gateway.settings import Settings

_NONE = Text(en="no companies, no journals", ru="нет компаний — нет и журналов")
_LINES = Text(en="{count:,} {count:line|lines}", ru="{count:,} {count:строка|строки|строк}")
_WHOLE = Text(en="whole", ru="цел")
_FAULTS = Text(en="faults: {count:,}", ru="нарушений: {count:,}")
_END = Text(en="the chain ends with {hash}", ru="цепочка заканчивается на {hash}")

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
            console.print(said(_NONE))
        for company in companies:
            with console.status(company.inn) as status:
                found = await verify(database, company.id, progress=partial(_show_lines, status, company.inn))
            faults = found.faults
            verdict = f"[red]{said(_FAULTS, count=len(faults))}[/]" if faults else f"[green]{said(_WHOLE)}[/]"
            lines, end = said(_LINES, count=found.lines), said(_END, hash=found.end.hex())
            console.print(f"{company.inn}  {lines}, {verdict}, {end}")
            for fault in found.faults:
                console.print(f"  {encode(Kind.JOURNAL_ENTRY, fault.entry_id)} {fault.kind}")
            whole = whole and not found.faults
    return whole


def _show_lines(status: Status, inn: str, lines: int) -> None:
    status.update(f"{inn}  {said(_LINES, count=lines)}")
