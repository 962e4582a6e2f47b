"""`gateway documents`: a client's documents are registered, and looked at again when the schema changes."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from graphql import GraphQLError
from rich.console import Console
from rich.markup import escape

from gateway.commands.document_files import read
from gateway.commands.terminal import said
from gateway.db import Database
from gateway.execution import Engine
from gateway.kit.texts import Text
from gateway.services import trusted_documents
from gateway.services.trusted_documents import Registered, id_of
from schema.root import build_schema

_REGISTERED = Text(
    en="{client}: {count:,} {count:document|documents}, {new:,} of them new",
    ru="{client}: {count:,} {count:документ|документа|документов}, новых: {new:,}",
)
_CHECKED = Text(
    en="{count:,} {count:document|documents} of {clients}, {broken:,} would break",
    ru="{count:,} {count:документ|документа|документов} ({clients}), сломалось бы: {broken:,}",
)
_NO_CLIENT = Text(en="no client", ru="клиентов нет")


async def register(dsn: str, files: Sequence[Path], client: str, version: str, console: Console) -> bool:
    """Registers all documents of the files, or, when the schema does not know one of them, none; tells their ids."""
    engine = Engine(build_schema())
    documents = {document.text: document for document in read(files)}
    broken = [(document, errors) for text, document in documents.items() if (errors := engine.prepare(text).errors)]
    for document, errors in broken:
        faults = [(document.place(error), error) for error in errors]
        _show(console, f"{client} {version}", f"{id_of(document.text)} {document.name}", faults)
    if broken:
        return False
    async with Database(dsn) as database:
        new = await trusted_documents.register(database, client, version, documents)
    console.print(said(_REGISTERED, client=f"{client} {version}", count=len(documents), new=new))
    for text, document in documents.items():
        console.print(f"  {id_of(text)} {document.name}".rstrip(), markup=False)
    return True


async def check(dsn: str, console: Console) -> bool:
    """Whether the schema knows all registered documents; tells of those that would break."""
    engine = Engine(build_schema())
    async with Database(dsn) as database:
        documents = await trusted_documents.registered(database)
    broken = [(document, errors) for document in documents if (errors := engine.prepare(document.source).errors)]
    for document, errors in broken:
        faults = [(_place(error), error) for error in errors]
        _show(console, f"{document.client} {document.version}", document.id, faults)
    console.print(said(_CHECKED, count=len(documents), clients=_clients(documents), broken=len(broken)))
    return not broken


def _clients(documents: Sequence[Registered]) -> str:
    return ", ".join(dict.fromkeys(f"{each.client} {each.version}" for each in documents)) or said(_NO_CLIENT)


def _place(error: GraphQLError) -> str:
    return f"{error.locations[0].line}:{error.locations[0].column}" if error.locations else ""


def _show(console: Console, client: str, document: str, faults: Iterable[tuple[str, GraphQLError]]) -> None:
    console.print(f"[red]{escape(client)}[/] {escape(document)}".rstrip())
    for place, error in faults:
        console.print(f"  {place}  {error.message}" if place else f"  {error.message}", markup=False)
