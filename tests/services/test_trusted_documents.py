"""Trusted documents: registered by a command, asked for by their SHA-256, alone where nothing else is to run."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from gateway.db import Database
from gateway.execution import Engine
from gateway.kit.errors import GatewayError
from gateway.services.trusted_documents import TrustedDocuments, id_of, register, registered
from gateway.transport.graphql import GraphQLEndpoint
from gateway.transport.operations import Caller, Operations
from tests.unit.execution.library import make_schema
from tests.unit.transport.desk import DeskContext, People, client

pytestmark = pytest.mark.usefixtures("clean_tables")

VERSION, TITLES = "{ version }", "query Titles { books(first: 2) { nodes { title } } }"
ANSWER = {"data": {"version": "1.0"}}


def endpoint(database: Database, *, only: bool = False) -> httpx.AsyncClient:
    """A process of a gateway over the library."""
    engine = Engine(make_schema())
    people: Any = People()

    def context(caller: Caller, _: str) -> Any:
        return DeskContext(caller, engine)

    return client(GraphQLEndpoint(Operations(engine, people, TrustedDocuments(database, only=only), context)))


@pytest.fixture
async def http(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with endpoint(database) as http:
        yield http


@pytest.fixture
async def strict(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with endpoint(database, only=True) as http:
        yield http


async def ask(http: httpx.AsyncClient, **parameters: object) -> Any:
    response = await http.post(
        "/graphql", content=orjson.dumps(parameters), headers={"content-type": "application/json"}
    )
    answer = response.json()
    if "errors" not in answer:
        return answer
    return response.status_code, answer["errors"][0]["extensions"]["code"]


def persisted(id: str) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": id}}


async def test_a_registered_document_is_run_by_its_id(database: Database, http: httpx.AsyncClient) -> None:
    id = id_of(VERSION)
    assert await register(database, "portal", "1", [VERSION, TITLES]) == 2

    assert await ask(http, documentId=f"sha256:{id}") == ANSWER
    assert await ask(http, documentId=id.upper()) == ANSWER
    assert await ask(http, extensions=persisted(id)) == ANSWER
    by_get = await http.get("/graphql", params={"documentId": id})
    assert by_get.json() == ANSWER


async def test_known_ids_need_no_database(database: Database, owner_connection: Any, http: httpx.AsyncClient) -> None:
    await register(database, "portal", "1", [VERSION])
    await ask(http, documentId=id_of(VERSION))

    await owner_connection.execute("ALTER TABLE trusted_documents RENAME TO away")
    again = await ask(http, documentId=id_of(VERSION))
    await owner_connection.execute("ALTER TABLE away RENAME TO trusted_documents")

    assert again == ANSWER


async def test_documents_are_kept_once_and_under_one_id(database: Database) -> None:
    long = VERSION + "#" * 1_000_000
    await register(database, "portal", "1", [long])
    documents = TrustedDocuments(database)

    await asyncio.gather(*(documents.find(id_of(long)) for _ in range(6)))  # each asks before any is answered

    assert documents.sent("", id_of(long)) == long
    spaced = f"{id_of(long)[:32]} {id_of(long)[32:]}"
    with pytest.raises(GatewayError, match="PersistedQueryNotFound"):
        await documents.find(spaced)


async def test_in_development_a_client_registers_what_it_sends(http: httpx.AsyncClient) -> None:
    id = id_of(VERSION)

    unknown = await ask(http, extensions=persisted(id))
    message = (await http.get("/graphql", params={"documentId": id})).json()["errors"][0]["message"]
    sent = await ask(http, query=VERSION, extensions=persisted(id))
    known = await ask(http, extensions=persisted(id))

    assert unknown == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert message == "PersistedQueryNotFound"
    assert sent == known == ANSWER


@pytest.mark.parametrize("id", [id_of(TITLES), "", "x", "ё" * 64])
async def test_the_id_of_another_document_is_refused(http: httpx.AsyncClient, id: str) -> None:
    assert await ask(http, query=VERSION, documentId=id) == (400, "BAD_REQUEST")


async def test_the_id_of_another_known_document_is_refused(http: httpx.AsyncClient) -> None:
    await ask(http, query=TITLES, documentId=id_of(TITLES))

    assert await ask(http, query=VERSION, documentId=id_of(TITLES)) == (400, "BAD_REQUEST")
    assert await ask(http, query=VERSION, extensions=persisted(id_of(TITLES))) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("id", [id_of(TITLES), "", "x", "ё" * 64, "\0"])
async def test_an_unknown_id_is_not_found(http: httpx.AsyncClient, id: str) -> None:
    assert await ask(http, documentId=id) == (200, "PERSISTED_QUERY_NOT_FOUND")


async def test_only_registered_documents_are_run_where_only_they_are_trusted(
    database: Database, strict: httpx.AsyncClient
) -> None:
    await register(database, "portal", "1", [VERSION])

    assert await ask(strict, query=VERSION) == (400, "DOCUMENT_NOT_TRUSTED")
    assert await ask(strict, query="{ __schema { types { name } } }") == (400, "DOCUMENT_NOT_TRUSTED")
    assert await ask(strict, query=TITLES, extensions=persisted(id_of(TITLES))) == (200, "PERSISTED_QUERY_NOT_FOUND")
    assert await ask(strict, documentId=id_of(VERSION)) == ANSWER


def gateway(dsn: str, *arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "gateway", "documents", *map(str, arguments)]
    settings = os.environ | {"GATEWAY_DATABASE_URL": dsn, "COLUMNS": "200"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


async def test_the_commands_register_all_or_nothing_and_find_what_would_break(
    dsn: str, database: Database, tmp_path: Path
) -> None:
    viewer, typing, fragment = (
        "query Me { viewer { ...Name } }",
        "{ __typename }",
        "fragment Name on Viewer { name }",
    )
    (tmp_path / "viewer.graphql").write_text(f"# who I am\n{viewer}\n")
    (tmp_path / "name.graphql").write_text(fragment)
    (tmp_path / "relay.json").write_text(orjson.dumps({id_of(typing): typing}).decode())
    (tmp_path / "broken.graphql").write_text("\nfragment Name on Viewer { gone }")
    of_portal = ("--client", "portal", "--version", "7")
    me = id_of(f"{viewer}\n\n{fragment}")

    refused = gateway(dsn, "register", tmp_path / "viewer.graphql", tmp_path / "broken.graphql", *of_portal)
    none = await registered(database)
    taken = gateway(
        dsn, "register", *(tmp_path / name for name in ("viewer.graphql", "name.graphql", "relay.json")), *of_portal
    )
    await register(database, "bot", "1", ["{ gone }"])
    checked = gateway(dsn, "check")

    broken = id_of(f"{viewer}\n\nfragment Name on Viewer {{ gone }}")
    fault = "Cannot query field 'gone' on type 'Viewer'."
    assert refused == (1, f"portal 7 {broken} Me\n  {tmp_path}/broken.graphql:2:27  {fault}\n")
    assert none == []
    assert taken == (0, f"portal 7: 2 documents, 2 of them new\n  {id_of(typing)}\n  {me} Me\n")
    fault = f"bot 1 {id_of('{ gone }')}\n  1:3  Cannot query field 'gone' on type 'Query'.\n"
    assert checked == (1, f"{fault}3 documents of bot 1, portal 7, 1 would break\n")
