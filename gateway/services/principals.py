"""Who is asking: principals by session token or API key, kept in the process until somebody's access changes."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, LargeBinary, bindparam, func, or_, select, update

from authz.principal import Grant, Principal
from authz.roles import BuiltInRole
from gateway.db import Database
from gateway.kit.texts import Language
from gateway.models import metadata
from gateway.models.journal import ActorKind
from gateway.services.api_key_use import note_use
from gateway.services.holdings import grants_of, policy_of
from gateway.statements import Statement, Tenant

_SESSIONS, _API_KEYS = metadata.tables["sessions"], metadata.tables["api_keys"]

_FIND_SESSION = Statement(
    select(
        func.find_session(bindparam("token_hash", type_=LargeBinary)).table_valued(
            "id", "administrator_id", "name", "language", "expires_at"
        )
    )
)
_FIND_KEY = Statement(
    select(
        func.find_api_key(bindparam("secret_hash", type_=LargeBinary)).table_valued(
            "company_id", "id", "name", "expires_at"
        )
    )
)
_FIND_GRANTS = Statement(
    select(
        func.find_grants(
            bindparam("administrator_id", type_=BigInteger), bindparam("api_key_id", type_=BigInteger)
        ).table_valued("id", "company_id", "role", "role_id", "department_ids", "allows", "denies")
    )
)
_FIND_WORKING_KEY = Statement(
    select(_API_KEYS.c.id).where(
        _API_KEYS.c.company_id == bindparam("company_id", type_=BigInteger),
        _API_KEYS.c.id == bindparam("api_key_id", type_=BigInteger),
        _API_KEYS.c.revoked_at.is_(None),
        or_(_API_KEYS.c.expires_at.is_(None), _API_KEYS.c.expires_at > func.now()),
    )
)
# A process loads a session once a minute, so its last use is known to the minute and costs no other request anything.
_NOTE_USE = Statement(
    update(_SESSIONS)
    .where(
        _SESSIONS.c.id == bindparam("session_id", type_=BigInteger),
        _SESSIONS.c.last_used_at < func.now() - timedelta(minutes=1),
    )
    .values(last_used_at=func.now())
)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking. `session_id` is None for an API key, `language` None where the caller's requests decide."""

    principal: Principal
    language: Language | None
    session_id: int | None
    expires_at: datetime | None


class Principals:
    """Finds principals; keeps each for at most a minute, and none after a notice that access changed."""

    _LIFETIME = timedelta(minutes=1)
    _SIZE = 10_000

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: OrderedDict[bytes, tuple[Identity, datetime]] = OrderedDict()
        self._loading: dict[bytes, asyncio.Task[Identity | None]] = {}
        self._generation = 0

    async def open(self) -> None:
        await self._db.listen("access", self._forget)

    async def by_session(self, token: str) -> Identity | None:
        """The administrator of an open session; None when the token is unknown, ended or expired."""
        return await self._find(b"s", token, self._load_session)

    async def by_key(self, secret: str) -> Identity | None:
        """The API key with this secret; None when it is unknown, revoked or expired."""
        return await self._find(b"k", secret, self._load_key)

    def _forget(self, _: str | None) -> None:
        self._generation += 1
        self._known.clear()
        self._loading.clear()

    async def _find(
        self, kind: bytes, secret: str, load: Callable[[bytes], Awaitable[Identity | None]]
    ) -> Identity | None:
        digest = hash_token(secret)
        now = datetime.now(UTC)
        identity, fresh_until = self._known.get(kind + digest, (None, now))
        if identity is not None and now < fresh_until:
            return identity
        # Whoever asks for the same meanwhile waits for the same: after a change all open connections ask at once.
        loading = self._loading.get(kind + digest)
        if loading is None:
            found = self._load(kind + digest, self._generation, load(digest))
            loading = self._loading[kind + digest] = asyncio.create_task(found)
        return await asyncio.shield(loading)

    async def _load(self, key: bytes, generation: int, found: Awaitable[Identity | None]) -> Identity | None:
        try:
            identity = await found
        finally:
            if generation == self._generation:
                del self._loading[key]
        # What was read before a change must not be kept after it.
        if identity is not None and generation == self._generation:
            fresh_until = datetime.now(UTC) + self._LIFETIME
            self._known[key] = identity, min(fresh_until, identity.expires_at or fresh_until)
            if len(self._known) > self._SIZE:
                self._known.popitem(last=False)
        return identity

    async def _load_session(self, digest: bytes) -> Identity | None:
        rows = await self._db.fetch(Tenant(), _FIND_SESSION, token_hash=digest)
        if not rows:
            return None
        row = rows[0]
        await self._db.fetch(Tenant(), _NOTE_USE, session_id=row["id"])
        principal = await load_administrator(self._db, row["administrator_id"], row["name"])
        return Identity(principal, Language[row["language"]], row["id"], row["expires_at"])

    async def _load_key(self, digest: bytes) -> Identity | None:
        rows = await self._db.fetch(Tenant(), _FIND_KEY, secret_hash=digest)
        if not rows:
            return None
        row = rows[0]
        await note_use(self._db, row["company_id"], row["id"], datetime.now(UTC))
        grants = await self._db.fetch(Tenant(), _FIND_GRANTS, administrator_id=None, api_key_id=row["id"])
        principal = Principal("api_key", row["id"], row["name"], grants_of(grants), policy_of(grants))
        return Identity(principal, None, None, row["expires_at"])


async def load_administrator(db: Database, administrator_id: int, name: str) -> Principal:
    """The principal of an administrator with the grants held now."""
    grants = await db.fetch(Tenant(), _FIND_GRANTS, administrator_id=administrator_id, api_key_id=None)
    return Principal("administrator", administrator_id, name, grants_of(grants), policy_of(grants))


async def load_actor(db: Database, company_id: int, kind: ActorKind, actor_id: int | None, name: str) -> Principal:
    """Whoever did something in a company, with what they hold there now; a key that has ended holds nothing.

    The operator's staff, and the gateway itself, do what an owner may.
    """
    if kind == ActorKind.ADMINISTRATOR and actor_id is not None:
        return await load_administrator(db, actor_id, name)
    if kind == ActorKind.API_KEY and actor_id is not None:
        works = await db.fetch(Tenant((company_id,)), _FIND_WORKING_KEY, company_id=company_id, api_key_id=actor_id)
        grants = works and await db.fetch(Tenant(), _FIND_GRANTS, administrator_id=None, api_key_id=actor_id)
        return Principal("api_key", actor_id, name, grants_of(grants), policy_of(grants))
    owner = Grant(0, company_id, BuiltInRole.OWNER)
    return Principal("staff" if kind == ActorKind.STAFF else "system", actor_id or 0, name, (owner,))


def hash_token(token: str) -> bytes:
    """What is kept of a session token or an API key's secret. Both are random, so one round of SHA-256 does."""
    return hashlib.sha256(token.encode()).digest()
