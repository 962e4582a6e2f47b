"""Files that were sent and are still kept: all of a company, or the caller's own."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, func

from authz.actions import Action
from gateway.kit.rows import Row
from gateway.loaders.reading import Read
from gateway.loaders.sources import Reach, Source, columns_of
from gateway.models import metadata
from gateway.models.uploads import KEPT

_TABLE = metadata.tables["uploads"]


def _kept(in_scope: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(in_scope, _TABLE.c.created_at >= func.now() - KEPT)


def _uploads(reach: Reach) -> Source:
    return Source(Action.UPLOAD_READ, columns_of(_TABLE), company=_TABLE.c.company_id, reach=reach, seen=_kept)


_OF_ALL, _OF_CALLER = _uploads(Reach.WHOLE), _uploads(Reach.ANYWHERE)


async def uploads_of_companies(read: Read, company_ids: Sequence[int], columns: frozenset[str]) -> list[list[Row]]:
    """The files of each company; only the caller's own where they may not see those of the whole company."""
    whole = set(_OF_ALL.scope(read.principal).companies)
    of_all = await read.groups(
        _OF_ALL, [id if id in whole else None for id in company_ids], columns, "company_id", ("id",)
    )
    if whole.issuperset(company_ids):
        return of_all
    own = await _own(read, columns | {"company_id"})
    return [
        files if id in whole else [each for each in own if each["company_id"] == id]
        for id, files in zip(company_ids, of_all, strict=True)
    ]


async def uploads_by_id(read: Read, ids: Sequence[int], columns: frozenset[str]) -> list[Row | None]:
    """Files that `uploads_of_companies` shows."""
    of_all = await read.rows(_OF_ALL, ids, columns)
    if None not in of_all:
        return of_all
    own = {each["id"]: each for each in await _own(read, columns | {"id"})}
    return [each or own.get(id) for id, each in zip(ids, of_all, strict=True)]


async def _own(read: Read, columns: frozenset[str]) -> list[Row]:
    if read.principal is None:
        return []
    (sent,) = await read.groups(_OF_CALLER, [read.principal.id], columns | {"actor_kind"}, "actor_id", ("id",))
    return [each for each in sent if each["actor_kind"] == read.principal.kind.upper()]
