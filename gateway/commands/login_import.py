"""`gateway import-logins`: log-ins of the old portal taken over at the terminal, and what was left told row by row."""

from pathlib import Path

from rich.console import Console

from gateway.commands.terminal import language
from gateway.db import Database
from gateway.services.old_logins import take_over_logins


async def import_logins(dsn: str, file: Path, *, dry_run: bool, console: Console) -> bool:
    """Whether nothing was left. Raises what `take_over_logins` does."""
    async with Database(dsn) as database:
        taken = await take_over_logins(database, file, dry_run=dry_run)
    console.print(f"{taken.count:,} log-ins {'would be taken' if dry_run else 'taken'} over, {len(taken.left):,} left")
    for each in taken.left:
        console.print(f"  row {each.row}: {each.reason.render(language())}", markup=False)
    return not taken.left
