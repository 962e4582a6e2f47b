"""`gateway documents`: a client's documents are registered, and looked at again when the schema changes."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from graphql import GraphQLError
from rich.console import Console

from gateway.commands.terminal import Refused
from gateway.db import Database
from gateway.execution import Engine
from gateway.services import trusted_documents
from gateway.services.trusted_documents import Registered, id_of
from schema.root import build_schema


def read(file: Path) -> Iterator[str]:
    """The documents of a file: GraphQL, or JSON as Relay (`{id: text}`) and Apollo (a manifest) write it.

    Raises `Refused` for a file that holds none.
    """
    text = file.read_text("utf-8")
    if file.suffix != ".json":
        yield text
        return
    try:
        content = json.loads(text)
        if isinstance(content, dict) and isinstance(content.get("operations"), list):
            content = {operation["id"]: operation["body"] for operation in content["operations"]}
        documents = dict(content)
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(f"{file}: neither a map of documents by id nor a manifest ({error})") from None
    for id, source in documents.items():
        if not isinstance(source, str):
            raise Refused(f"{file}: {id} is no document")
        if len(id) == 64 and id != id_of(source):
            raise Refused(f"{file}: {id} is not the SHA-256 of its document")
        yield source


async def register(dsn: str, files: Sequence[Path], client: str, version: str, console: Console) -> bool:
    """Registers all documents of the files, or, when the schema does not know one of them, none."""
    engine = Engine(build_schema())
    sources = [source for file in files for source in read(file)]
    broken = [(source, errors) for source in sources if (errors := engine.prepare(source).errors)]
    for source, errors in broken:
        _show(console, f"{client} {version}", source, errors)
    if broken:
        return False
    async with Database(dsn) as database:
        new = await trusted_documents.register(database, client, version, list(dict.fromkeys(sources)))
    console.print(f"{client} {version}: {_counted(len(set(sources)))}, {new:,} of them new")
    return True


async def check(dsn: str, console: Console) -> bool:
    """Whether the schema knows all registered documents; tells of those that would break."""
    engine = Engine(build_schema())
    async with Database(dsn) as database:
        documents = await trusted_documents.registered(database)
    broken = [(document, errors) for document in documents if (errors := engine.prepare(document.source).errors)]
    for document, errors in broken:
        _show(console, f"{document.client} {document.version}", document.source, errors)
    console.print(f"{_counted(len(documents))} of {_clients(documents)}, {len(broken):,} would break")
    return not broken


def _counted(documents: int) -> str:
    return f"{documents:,} {'document' if documents == 1 else 'documents'}"


def _clients(documents: Sequence[Registered]) -> str:
    return ", ".join(dict.fromkeys(f"{each.client} {each.version}" for each in documents)) or "no client"


def _show(console: Console, client: str, source: str, errors: Sequence[GraphQLError]) -> None:
    console.print(f"[red]{client}[/] {id_of(source)}", highlight=False)
    for error in errors:
        place = f"{error.locations[0].line}:{error.locations[0].column}  " if error.locations else ""
        console.print(f"  {place}{error.message}", markup=False)
