"""The commands under `gateway documents`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from gateway.commands.terminal import connectable, console
from gateway.settings import Settings

documents = typer.Typer(help="Documents that clients are trusted with.", no_args_is_help=True)


@documents.command("register")
def register_documents(
    files: Annotated[
        list[Path],
        typer.Argument(exists=True, dir_okay=False, help="GraphQL files, and lists of Apollo, Relay or codegen."),
    ],
    client: Annotated[str, typer.Option(help="Name of the client.")],
    version: Annotated[str, typer.Option(help="Its version.")],
) -> None:
    """Register the documents of a version of a client; none when the schema does not know one of them."""
    from gateway.commands import document_register

    with connectable(Settings()) as dsn:
        if not asyncio.run(document_register.register(dsn, files, client, version, console)):
            raise typer.Exit(1)


@documents.command("check")
def check_documents() -> None:
    """Tell which registered documents would break under the schema of this release; exit code 1 when one would."""
    from gateway.commands import document_register

    with connectable(Settings()) as dsn:
        if not asyncio.run(document_register.check(dsn, console)):
            raise typer.Exit(1)
