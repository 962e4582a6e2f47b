"""The operations journal: lines appended in one order for each company, each bound to the one before by its hash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import BigInteger, LargeBinary, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert

from authz.principal import Principal
from gateway.kit.rows import Row
from gateway.models import metadata
from gateway.models.journal import ActorKind, Channel
from gateway.services.batches import Batch
from gateway.services.running import Run
from gateway.statements import Statement

BEGINNING = bytes(32)
"""The hash before a company's first line."""

_ENTRIES, _HEADS = metadata.tables["journal_entries"], metadata.tables["journal_heads"]
COLUMNS = (
    *("company_id", "id", "at", "actor_kind", "actor_id", "actor_name", "channel", "action", "subject", "number_id"),
    *("bulk_change_id", "before", "after", "details", "correlation_id"),
)
"""What a line says and its hash covers: never to be changed, or old lines no longer fit their hashes."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who does something, through which channel, and the id by which logs of one request are found."""

    actor_kind: ActorKind
    actor_id: int | None
    actor_name: str
    channel: Channel
    correlation_id: str | None

    @classmethod
    def of(cls, principal: Principal, channel: Channel, correlation_id: str | None) -> "Origin":
        return cls(ActorKind(principal.kind.upper()), principal.id, principal.name, channel, correlation_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """A line to append: `action` is noun:verb, `subject` the global id of the object, before and after JSON objects.

    `details` holds what else is known, and in `names` the names that its summary needs, as they are now.
    """

    action: str
    subject: str | None = None
    number_id: int | None = None
    bulk_change_id: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    details: Mapping[str, Any] | None = None


_OF_ENTRY = tuple(each.name for each in fields(NewEntry))
_OF_COMPANY = bindparam("company_id", type_=BigInteger)
_NEW_HEAD = insert(_HEADS).values(company_id=_OF_COMPANY, entry_id=0, hash=BEGINNING)
# The update changes nothing: it waits for and locks the head that is there.
_LOCK_HEAD = Statement(
    _NEW_HEAD.on_conflict_do_update(index_elements=["company_id"], set_={"entry_id": _HEADS.c.entry_id}).returning(
        _HEADS.c.hash
    )
)
_NEXT_IDS = Statement(
    select(func.nextval(literal("journal_entries_id_seq")).label("id")).select_from(
        func.generate_series(1, bindparam("count", type_=BigInteger))
    )
)
_BATCH = Batch(_ENTRIES, (*COLUMNS, "previous_hash", "hash"))
_APPEND = Statement(_BATCH.insert())
_MOVE_HEAD = Statement(
    update(_HEADS)
    .where(_HEADS.c.company_id == _OF_COMPANY)
    .values(entry_id=bindparam("last_id", type_=BigInteger), hash=bindparam("last_hash", type_=LargeBinary))
)


def entry_hash(previous_hash: bytes, line: Row) -> bytes:
    """SHA-256 over the hash of the company's line before and this line's `COLUMNS` as canonical JSON."""
    said = {name: line[name] for name in COLUMNS}
    return sha256(previous_hash + orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()


async def append(run: Run, company_id: int, origin: Origin, moment: datetime, entries: Sequence[NewEntry]) -> list[int]:
    """Appends lines to a company's journal in their order and gives their ids; one at least.

    It waits for other transactions that append to the same company, and lets none of them pass until the end of this
    one: call it when all locks are held, as the last thing that can wait. So ids grow in the order of commits, and
    whoever reads on from the last id misses no line.
    """
    previous_hash: bytes = (await run(_LOCK_HEAD, company_id=company_id))[0]["hash"]
    ids = sorted(row["id"] for row in await run(_NEXT_IDS, count=len(entries)))
    rows: list[tuple[Any, ...]] = []
    for entry_id, entry in zip(ids, entries, strict=True):
        line = {
            "company_id": company_id,
            "id": entry_id,
            "at": moment.astimezone(UTC),
            "actor_kind": origin.actor_kind,
            "actor_id": origin.actor_id,
            "actor_name": origin.actor_name,
            "channel": origin.channel,
            "correlation_id": origin.correlation_id,
            **{name: getattr(entry, name) for name in _OF_ENTRY},
        }
        digest = entry_hash(previous_hash, line)
        rows.append((*(line[name] for name in COLUMNS), previous_hash, digest))
        previous_hash = digest
    await run(_APPEND, **_BATCH.parameters(rows))
    await run(_MOVE_HEAD, company_id=company_id, last_id=ids[-1], last_hash=previous_hash)
    return ids
