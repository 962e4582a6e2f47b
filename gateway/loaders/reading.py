"""What one operation reads with: the caller, the tenant, the catalogue, and loaders that merge its look-ups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from weakref import WeakKeyDictionary

import asyncpg

from authz.principal import Principal
from authz.scope import Scope
from gateway.db import Database
from gateway.kit.rows import Row
from gateway.loaders.lookups import Key, Lookups, by_key
from gateway.loaders.sources import Source
from gateway.operations.catalogue import Catalogue
from gateway.statements import Statement, Tenant

_kept: WeakKeyDictionary[Principal, dict[tuple[Source, Key], Row]] = WeakKeyDictionary()
"""Whole rows by source and id, as each principal sees them."""


@lru_cache(maxsize=10_000)
def _tenant(companies: tuple[int, ...]) -> Tenant:
    return Tenant(companies)


class Read:
    """Made for each operation, and anew after a change. `principal` is None for a stranger, who sees no company."""

    def __init__(self, principal: Principal | None, db: Database, catalogue: Catalogue) -> None:
        self.principal = principal
        self.catalogue = catalogue
        self.tenant = Tenant() if principal is None else _tenant(principal.companies)
        self._db = db
        self._rows: dict[tuple[Source, str], Lookups[Row]] = {}
        self._groups: dict[tuple[Source, str], Lookups[list[Row]]] = {}

    async def fetch(self, statement: Statement, **parameters: object) -> list[asyncpg.Record]:
        """The statement's rows, as far as row-level security shows them to the caller."""
        return await self._db.fetch(self.tenant, statement, **parameters)

    async def rows(
        self, source: Source, keys: Sequence[Key | None], columns: frozenset[str], key: str = "id"
    ) -> list[Row | None]:
        """The row of a source for each value of its unique column `key`; None where the caller sees none."""
        if source.kept and key == "id" and self.principal is not None:
            return await self._kept_rows(source, keys, _kept.setdefault(self.principal, {}))
        return await self._loaded(source, keys, columns, key)

    async def _kept_rows(
        self, source: Source, keys: Sequence[Key | None], kept: dict[tuple[Source, Key], Row]
    ) -> list[Row | None]:
        missing = [key for key in keys if key is not None and (source, key) not in kept]
        if missing:
            rows = await self._loaded(source, missing, frozenset(source.columns), "id")
            kept.update({(source, key): row for key, row in zip(missing, rows, strict=True) if row is not None})
        return [None if key is None else kept.get((source, key)) for key in keys]

    async def _loaded(
        self, source: Source, keys: Sequence[Key | None], columns: frozenset[str], key: str
    ) -> list[Row | None]:
        loader = self._rows.get((source, key))
        if loader is None:
            loader = self._rows[source, key] = Lookups(self._by_key(source, key).one)
        return await loader.load_many(keys, source.joined(self.principal, columns))

    async def groups(
        self, source: Source, keys: Sequence[Key | None], columns: frozenset[str], key: str, order: tuple[str, ...]
    ) -> list[list[Row]]:
        """The rows of a source for each value of its column `key`, in that order."""
        loader = self._groups.get((source, key))
        if loader is None:
            loader = self._groups[source, key] = Lookups(self._by_key(source, key, order).all)
        found = await loader.load_many(keys, source.joined(self.principal, columns))
        return [rows or [] for rows in found]

    def _by_key(self, source: Source, key: str, order: tuple[str, ...] = ()) -> "_ByKey":
        return _ByKey(self._db, self.tenant, source, source.scope(self.principal), key, order)


@dataclass(frozen=True, slots=True)
class _ByKey:
    """Fetches rows by one of their columns.

    It knows nothing of the `Read` that keeps it in its loaders: rows in a circle stay until the garbage collector
    comes, which took a seventh of the CPU of a hundred look-ups.
    """

    db: Database
    tenant: Tenant
    source: Source
    scope: Scope
    key: str
    order: tuple[str, ...]

    async def _rows(self, keys: list[Key], columns: frozenset[str]) -> list[asyncpg.Record]:
        statement = by_key(self.source, columns, self.scope.shape, self.key, self.order)
        return await self.db.fetch(self.tenant, statement, keys=keys, **self.scope.params)

    async def one(self, keys: list[Key], columns: frozenset[str]) -> Mapping[Key, Row]:
        """The only row with each key."""
        key = self.key
        return {row[key]: row for row in await self._rows(keys, columns)}

    async def all(self, keys: list[Key], columns: frozenset[str]) -> Mapping[Key, list[Row]]:
        """All rows with each key, in order."""
        groups: dict[Key, list[Row]] = {}
        for row in await self._rows(keys, columns):
            groups.setdefault(row[self.key], []).append(row)
        return groups
