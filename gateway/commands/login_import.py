"""`gateway import-logins`: log-ins of the old portal taken over at the terminal, and what was left told row by row."""

from pathlib import Path

from rich.console import Console

from gateway.commands.terminal import said
from gateway.db import Database
from gateway.kit.texts import Text
from gateway.services.old_logins import take_over_logins

_TAKEN = Text(
    en="{taken:,} {taken:log-in|log-ins} taken over, {left:,} left",
    ru="перенесено логинов: {taken:,}, оставлено: {left:,}",
)
_WOULD_BE_TAKEN = Text(
    en="{taken:,} {taken:log-in|log-ins} would be taken over, {left:,} left",
    ru="было бы перенесено логинов: {taken:,}, оставлено: {left:,}",
)
_ROW = Text(en="row {row}: {reason}", ru="строка {row}: {reason}")


async def import_logins(dsn: str, file: Path, *, dry_run: bool, console: Console) -> bool:
    """Whether nothing was left. Raises what `take_over_logins` does."""
    async with Database(dsn) as database:
        taken = await take_over_logins(database, file, dry_run=dry_run)
    console.print(said(_WOULD_BE_TAKEN if dry_run else _TAKEN, taken=taken.count, left=len(taken.left)))
    for each in taken.left:
        console.print(f"  {said(_ROW, row=str(each.row), reason=each.reason)}", markup=False)
    return not taken.left
