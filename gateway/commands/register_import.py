"""`gateway import`: a register taken over at the terminal, with a progress bar and a table of what is wrong."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from authz.principal import Grant, Principal
from authz.roles import BuiltInRole
from gateway.commands.terminal import language
from gateway.db import Database
from gateway.loaders.catalogue import read_tables, today
from gateway.models.journal import Channel
from gateway.services.journal import Origin
from gateway.services.register_rows import MOST_ERRORS
from gateway.services.registers import Imported, import_register


async def take_over(db: Database, company_id: int, file: Path, *, dry_run: bool, console: Console) -> Imported:
    """Imports a file for a company, in the name of the system. Raises what `import_register` does."""
    principal = Principal("system", 0, "gateway import", (Grant(0, company_id, BuiltInRole.OWNER),))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"))
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("reading", total=None)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, description="reading" if total is None else "taking over")

        return await import_register(
            db,
            principal,
            company_id,
            file,
            catalogue=(await read_tables(db)).on(today()),
            origin=Origin.of(principal, Channel.OFFICE, None),
            dry_run=dry_run,
            progress=show,
        )


def report(imported: Imported, *, dry_run: bool, console: Console) -> None:
    """Prints what was done, or the errors by cell."""
    if not imported.errors:
        outcome = "would be added" if dry_run else "added"
        console.print(
            f"{imported.row_count:,} rows; numbers {outcome}: {imported.added:,}, changed: {imported.changed:,}"
        )
        return
    table = Table("row", "column", "value", "code", "message")
    for error in imported.errors:
        cells = (str(error.row), error.column, error.value or "", error.code.value, error.message.render(language()))
        table.add_row(*map(Text, cells))
    console.print(table)
    more = " or more" if len(imported.errors) == MOST_ERRORS else ""
    console.print(f"errors: {len(imported.errors):,}{more}; nothing was taken over")
