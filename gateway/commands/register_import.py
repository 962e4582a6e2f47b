"""`gateway import`: a register taken over at the terminal, with a progress bar and a table of what is wrong."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text as Plain

from authz.principal import Grant, Principal
from authz.roles import BuiltInRole
from gateway.commands.terminal import language, said
from gateway.db import Database
from gateway.kit.texts import Text
from gateway.loaders.catalogue import read_tables, today
from gateway.models.journal import Channel
from gateway.services.journal import Origin
from gateway.services.register_rows import MOST_ERRORS
from gateway.services.registers import Imported, import_register

_READING = Text(en="reading", ru="чтение")
_TAKING_OVER = Text(en="taking over", ru="перенос")
_DONE = Text(
    en="{rows:,} {rows:row|rows}; numbers added: {added:,}, changed: {changed:,}",
    ru="{rows:,} {rows:строка|строки|строк}; номеров добавлено: {added:,}, изменено: {changed:,}",
)
_WOULD_BE_DONE = Text(
    en="{rows:,} {rows:row|rows}; numbers would be added: {added:,}, changed: {changed:,}",
    ru="{rows:,} {rows:строка|строки|строк}; номеров было бы добавлено: {added:,}, изменено: {changed:,}",
)
_HEADINGS = (
    Text(en="row", ru="строка"),
    Text(en="column", ru="столбец"),
    Text(en="value", ru="значение"),
    Text(en="code", ru="код"),
    Text(en="message", ru="сообщение"),
)
_ERRORS = Text(en="errors: {count:,}; nothing was taken over", ru="ошибок: {count:,}; ничего не перенесено")
_MANY_ERRORS = Text(
    en="errors: {count:,} or more; nothing was taken over", ru="ошибок: {count:,} или больше; ничего не перенесено"
)


async def take_over(db: Database, company_id: int, file: Path, *, dry_run: bool, console: Console) -> Imported:
    """Imports a file for a company, in the name of the system. Raises what `import_register` does."""
    principal = Principal("system", 0, "gateway import", (Grant(0, company_id, BuiltInRole.OWNER),))
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"))
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(said(_READING), total=None)

        def show(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, description=said(_READING if total is None else _TAKING_OVER))

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
        counts = {"rows": imported.row_count, "added": imported.added, "changed": imported.changed}
        console.print(said(_WOULD_BE_DONE if dry_run else _DONE, **counts))
        return
    table = Table(*map(said, _HEADINGS))
    for error in imported.errors:
        cells = (str(error.row), error.column, error.value or "", error.code.value, error.message.render(language()))
        table.add_row(*map(Plain, cells))
    console.print(table)
    text = _MANY_ERRORS if len(imported.errors) == MOST_ERRORS else _ERRORS
    console.print(said(text, count=len(imported.errors)))
