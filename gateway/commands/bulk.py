"""The commands under `gateway bulk`."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.commands.terminal import Refused, connectable, console, told
from gateway.kit.errors import Refusal, Refusals
from gateway.models.bulk_changes import BulkErrorPolicy
from gateway.settings import Settings

if TYPE_CHECKING:
    from gateway.commands.bulk_desk import Desk

bulk = typer.Typer(help="Changes of many numbers.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="Id of the bulk change, blk_….")]
Comment = Annotated[str | None, typer.Option(help="For the journal.")]


@bulk.command()
def plan(
    company: Annotated[str, typer.Option(help="INN of the company.")],
    change: Annotated[list[str], typer.Option(help="A NumberChangeInput of the schema, as JSON; may be repeated.")],
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="A CSV or XLSX list of phone numbers.")
    ] = None,
    filter: Annotated[str | None, typer.Option(help="A NumberFilter of the schema, as JSON; {} for all.")] = None,
    on_error: Annotated[BulkErrorPolicy, typer.Option(help="When some can't be done.")] = BulkErrorPolicy.SKIP_FAILED,
    comment: Comment = None,
) -> None:
    """Plan a change of the numbers in a file or under a filter; nothing is changed yet."""
    if (file is None) == (filter is None):
        raise typer.BadParameter("name either a file or --filter")

    async def act(desk: "Desk") -> None:
        id = await desk.plan(company, file, filter, change, onError=on_error.value, comment=comment)
        await desk.show(id)

    _at_desk(act, works=True)


@bulk.command()
def show(id: Id) -> None:
    """Show a plan and how far it is."""
    _at_desk(lambda desk: desk.show(id))


@bulk.command()
def apply(id: Id) -> None:
    """Apply a plan and follow it to its end; whoever leaves before that stops nothing."""

    async def act(desk: "Desk") -> None:
        await desk.apply(id)
        await desk.show(id)

    _at_desk(act, works=True)


@bulk.command()
def pause(id: Id, comment: Comment = None) -> None:
    """Hold a change."""
    _step("Pause", id, comment)


@bulk.command()
def resume(id: Id, comment: Comment = None) -> None:
    """Go on with a change that is held."""
    _step("Resume", id, comment)


@bulk.command()
def cancel(id: Id, comment: Comment = None) -> None:
    """Stop a change; what is done stays."""
    _step("Cancel", id, comment)


@bulk.command()
def retry(id: Id, comment: Comment = None) -> None:
    """Plan a new change of what an ended one has not done."""
    _step("Retry", id, comment, works=True)


@bulk.command()
def undo(id: Id, comment: Comment = None) -> None:
    """Plan a new change that takes back what an ended one has done."""
    _step("Undo", id, comment, works=True)


@bulk.command()
def result(id: Id, file: Annotated[Path, typer.Argument(dir_okay=False, help=".csv, .jsonl or .xlsx")]) -> None:
    """Write what became of each number into a file."""
    _at_desk(lambda desk: desk.result(id, file))


def _step(verb: str, id: str, comment: str | None, *, works: bool = False) -> None:
    async def act(desk: "Desk") -> None:
        await desk.show(await desk.step(verb, id, comment))

    _at_desk(act, works=works)


def _at_desk(act: Callable[["Desk"], Awaitable[None]], *, works: bool = False) -> None:
    """Does it; `works` brings a worker along where the database is this machine's own, and nobody else may be there."""
    from gateway.commands import bulk_desk
    from gateway.worker import beside

    async def sit(dsn: str) -> None:
        async with bulk_desk.desk(dsn, console) as desk:
            await act(desk)

    settings = Settings()
    with connectable(settings) as dsn, contextlib.ExitStack() as stack:
        if works and settings.database_url is None:
            stack.enter_context(beside(settings.model_copy(update={"database_url": dsn})))
        try:
            asyncio.run(sit(dsn))
        except (Refusal, Refusals) as error:
            raise Refused(told(error)) from None
