"""Documents by the SHA-256 of their text: those that clients registered, and, in development, those they just sent."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, LargeBinary, String, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from gateway.db import Database, run
from gateway.kit.errors import GatewayError, GatewayErrorCode
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.statements import Statement, Tenant

NOT_FOUND = Text(en="PersistedQueryNotFound", ru="PersistedQueryNotFound")
"""Clients of automatic persisted queries compare it word for word, and send the document then."""
WRONG_ID = Text(
    en="The id is not the SHA-256 of the document, in hexadecimal. Send the document's own, or only one of both.",
    ru="Идентификатор — не SHA-256 документа в шестнадцатеричной записи. Отправьте верный или что-то одно.",
)
ONLY_TRUSTED = Text(
    en="Only registered documents are run here. Send “documentId”, the SHA-256 of a document that the operator has "
    "registered for this client.",
    ru="Здесь выполняются только зарегистрированные документы. Отправьте «documentId» — SHA-256 документа, который "
    "оператор зарегистрировал для этого клиента.",
)

_DOCUMENTS = metadata.tables["trusted_documents"]
_CLIENTS = metadata.tables["client_documents"]
_HASH = bindparam("hash", type_=LargeBinary)
_FIND = Statement(select(_DOCUMENTS.c.source).where(_DOCUMENTS.c.hash == _HASH))
_HASHES = func.unnest(bindparam("hashes", type_=ARRAY(LargeBinary)))
_ADD = Statement(
    insert(_DOCUMENTS)
    .from_select(["hash", "source"], select(_HASHES, func.unnest(bindparam("sources", type_=ARRAY(String)))))
    .on_conflict_do_nothing()
)
_ADD_CLIENT = Statement(
    insert(_CLIENTS)
    .from_select(
        ["client", "version", "hash"],
        select(bindparam("client", type_=String), bindparam("version", type_=String), _HASHES),
    )
    .on_conflict_do_nothing()
    .returning(_CLIENTS.c.hash)
)
_ALL = Statement(
    select(_CLIENTS.c.client, _CLIENTS.c.version, _DOCUMENTS.c.hash, _DOCUMENTS.c.source)
    .join(_DOCUMENTS, _DOCUMENTS.c.hash == _CLIENTS.c.hash)
    .order_by(_CLIENTS.c.client, _CLIENTS.c.version, _DOCUMENTS.c.hash)
)
_ID = re.compile(r"[0-9a-f]{64}")
_MOST_CHARACTERS = 5_000_000
"""Of all documents that a process remembers."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A document of a version of a client."""

    client: str
    version: str
    id: str
    source: str


def id_of(source: str) -> str:
    """By what a document is asked for: the SHA-256 of its text, in hexadecimal."""
    return hashlib.sha256(source.encode()).hexdigest()


async def register(db: Database, client: str, version: str, sources: Collection[str]) -> int:
    """Trusts documents of a version of a client; how many of them were new to it."""
    hashes = [bytes.fromhex(id_of(source)) for source in sources]
    async with db.transaction(Tenant()) as session:
        await run(session, _ADD, hashes=hashes, sources=list(sources))
        return len(await run(session, _ADD_CLIENT, hashes=hashes, client=client, version=version))


async def registered(db: Database) -> Sequence[Registered]:
    """All documents of all clients, by client and version."""
    rows = await db.fetch(Tenant(), _ALL)
    return [Registered(row["client"], row["version"], row["hash"].hex(), row["source"]) for row in rows]


class TrustedDocuments:
    """The documents that one process was asked for by id. With `only`, no others are run."""

    def __init__(self, db: Database, *, only: bool = False) -> None:
        self._db = db
        self._only = only
        self._known: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def sent(self, document: str, id: str | None) -> str | None:
        """The text of a document that is sent, known or not needed to be; None when it must be found.

        Raises `GatewayError` BAD_REQUEST for another document's id, DOCUMENT_NOT_TRUSTED where ids are needed.
        """
        if id is None:
            if self._only:
                raise GatewayError(GatewayErrorCode.DOCUMENT_NOT_TRUSTED, ONLY_TRUSTED())
            return document
        known = self._known.get(id)
        if document and document != known and id_of(document) != id:
            raise GatewayError(GatewayErrorCode.BAD_REQUEST, WRONG_ID())
        if known is not None:
            self._known.move_to_end(id)
            return known
        if not document or self._only:
            return None
        self._keep(id, document)
        return document

    async def require(self, document: str) -> None:
        """Raises `GatewayError` DOCUMENT_NOT_TRUSTED for a document that is not run here."""
        if self._only and await self._load(id_of(document)) is None:
            raise GatewayError(GatewayErrorCode.DOCUMENT_NOT_TRUSTED, ONLY_TRUSTED())

    async def find(self, id: str) -> str:
        """The text of a registered document. Raises `GatewayError` PERSISTED_QUERY_NOT_FOUND."""
        source = await self._load(id)
        if source is None:
            raise GatewayError(GatewayErrorCode.PERSISTED_QUERY_NOT_FOUND, NOT_FOUND())
        return source

    async def _load(self, id: str) -> str | None:
        if id in self._known:
            return self._known[id]
        rows = await self._db.fetch(Tenant(), _FIND, hash=bytes.fromhex(id)) if _ID.fullmatch(id) else []
        for row in rows:
            self._keep(id, row["source"])
        return rows[0]["source"] if rows else None

    def _keep(self, id: str, source: str) -> None:
        if id in self._known:  # several may have looked for it at the same time
            return
        self._known[id] = source
        self._characters += len(source)
        while self._characters > _MOST_CHARACTERS:
            _, dropped = self._known.popitem(last=False)
            self._characters -= len(dropped)
