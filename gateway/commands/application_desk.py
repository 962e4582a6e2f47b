"""`gateway admin applications …`: where the operator's staff decides on applications for access."""

import getpass
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from rich.console import Console
from rich.text import Text

from gateway.commands.terminal import said, told
from gateway.db import Database
from gateway.demo import is_demo
from gateway.kit.errors import Refusal, Refusals
from gateway.kit.phones import e164
from gateway.models.applications import ApplicationStatus
from gateway.services.applications import applications
from gateway.services.post import Post

Step: TypeAlias = Callable[[Database, Post, str], Awaitable[object]]
"""Something to do with an application, in the name of whoever sits at the terminal."""


async def show(dsn: str, status: ApplicationStatus, console: Console) -> None:
    """Prints the applications in one state, some lines each, with what keeps it from being approved."""
    async with Database(dsn) as database:
        for each in await applications(database, status):
            row = each.row
            lines = [
                f"{row['id']}  {row['created_at']:%Y-%m-%d %H:%M}  {row['inn']}  {each.company_name or ''}",
                f"    {row['signatory']}  {row['email']}  {e164(row['phone'])}  {row['office']}",
                *(f"    ! {said(problem.value)}" for problem in each.problems),
            ]
            console.print(Text("\n".join(lines)))


async def decide(dsn: str, step: Step, post_office: Callable[..., Post]) -> str | None:
    """Does a step; why not, if it was refused. Messages have been sent when it returns."""
    try:
        async with Database(dsn) as database:
            post = post_office(demo=await is_demo(database))
            await step(database, post, getpass.getuser())
            await post.close()
    except (Refusal, Refusals) as refused:
        return told(refused)
    return None
