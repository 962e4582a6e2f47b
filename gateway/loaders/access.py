"""Administrators, API keys and their grants, and the caller's own sessions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func

from authz.actions import Action
from gateway.execution.selection import Selection
from gateway.kit.paging import Keyset, Page
from gateway.kit.rows import Row
from gateway.loaders.narrowing import PARENT, Parent
from gateway.loaders.own import Own
from gateway.loaders.pages import Listing, pages
from gateway.loaders.reading import Read
from gateway.loaders.sources import Reach, Source, columns_of
from gateway.models import metadata
from gateway.models.invitations import SHOWN

_ADMINISTRATORS = metadata.tables["administrators"]
_GRANTS = metadata.tables["grants"]
_API_KEYS = metadata.tables["api_keys"]
_SESSIONS = metadata.tables["sessions"]


def _holds_a_grant_there(in_scope: ColumnElement[bool]) -> ColumnElement[bool]:
    """An administrator stands wherever they hold a grant."""
    grant = exists().where(_GRANTS.c.administrator_id == _ADMINISTRATORS.c.id, in_scope)
    return grant.correlate(_ADMINISTRATORS, PARENT)


def _in_force(in_scope: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(in_scope, _API_KEYS.c.revoked_at.is_(None))


def _administrators(action: Action | None, **shown: ColumnElement[Any]) -> Source:
    columns, company = columns_of(_ADMINISTRATORS, **shown), _GRANTS.c.company_id
    return Source(action, columns, company=company, reach=Reach.WHOLE, seen=_holds_a_grant_there)


def _api_keys(action: Action | None) -> Source:
    return Source(action, columns_of(_API_KEYS), company=_API_KEYS.c.company_id, reach=Reach.WHOLE, seen=_in_force)


def _grants(action: Action | None) -> Source:
    return Source(action, columns_of(_GRANTS), company=_GRANTS.c.company_id, reach=Reach.WHOLE)


ADMINISTRATORS = _administrators(Action.ADMINISTRATOR_READ, **SHOWN)
API_KEYS = _api_keys(Action.API_KEY_READ)
GRANTS = _grants(Action.ADMINISTRATOR_READ)
API_KEY_GRANTS = _grants(Action.API_KEY_READ)
# The caller sees themselves, whatever they hold.
_SELF, _OWN_KEY, _OWN_GRANTS = _administrators(None), _api_keys(None), _grants(None)

OWN_SESSIONS = Own(
    _SESSIONS,
    (_SESSIONS.c.revoked_at.is_(None), _SESSIONS.c.expires_at > func.now()),
    (_SESSIONS.c.last_used_at.desc(), _SESSIONS.c.id.desc()),
)
"""Those that are open, the one used last first."""

_BY_ID = Keyset("administrators", {"id": int})
_OF_COMPANY = Listing(ADMINISTRATORS)


async def administrators_pages(read: Read, company_ids: Sequence[int], page: Page, selection: Selection) -> list[Row]:
    """The page of each company's administrators."""
    return await pages(read, _OF_COMPANY, Parent.of_companies(company_ids), page, _BY_ID, selection)


async def api_keys_of_companies(read: Read, company_ids: Sequence[int], columns: frozenset[str]) -> list[list[Row]]:
    """The keys of each company that were not revoked."""
    return await read.groups(API_KEYS, company_ids, columns, "company_id", ("id",))


async def grants_of_administrators(read: Read, ids: Sequence[int], columns: frozenset[str]) -> list[list[Row]]:
    """What each administrator holds in companies where the caller may see that; of themselves, everything."""
    return await _grants_of(read, "administrator", GRANTS, ids, columns)


async def grants_of_api_keys(read: Read, ids: Sequence[int], columns: frozenset[str]) -> list[list[Row]]:
    """What each key holds where the caller may see that; of itself, everything."""
    return await _grants_of(read, "api_key", API_KEY_GRANTS, ids, columns)


async def _grants_of(
    read: Read, kind: str, source: Source, ids: Sequence[int], columns: frozenset[str]
) -> list[list[Row]]:
    own = read.principal.id if read.principal and read.principal.kind == kind else None
    grants = await read.groups(source, [None if id == own else id for id in ids], columns, f"{kind}_id", ("id",))
    return [await own_grants(read, columns) if id == own else each for id, each in zip(ids, grants, strict=True)]


async def own_administrator(read: Read, columns: frozenset[str]) -> Row | None:
    """The caller; None for a key."""
    return await _own(read, "administrator", _SELF, columns)


async def own_api_key(read: Read, columns: frozenset[str]) -> Row | None:
    """The key that calls; None for a person."""
    return await _own(read, "api_key", _OWN_KEY, columns)


async def _own(read: Read, kind: str, source: Source, columns: frozenset[str]) -> Row | None:
    if read.principal is None or read.principal.kind != kind:
        return None
    (row,) = await read.rows(source, [read.principal.id], columns)
    return row


async def own_grants(read: Read, columns: frozenset[str]) -> list[Row]:
    """What the caller holds."""
    if read.principal is None or read.principal.kind not in ("administrator", "api_key"):
        return []
    (grants,) = await read.groups(_OWN_GRANTS, [read.principal.id], columns, f"{read.principal.kind}_id", ("id",))
    return grants
