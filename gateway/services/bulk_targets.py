"""Which numbers a bulk change is for: named by ids, a filter or an uploaded list, and found when it is planned."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from authz.actions import Action
from authz.principal import Principal
from authz.scope import Shape, scope
from gateway.db import Database, stream
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.ids import Kind, encoder
from gateway.kit.phones import e164, sought_msisdn
from gateway.kit.texts import Text, excerpt
from gateway.loaders.narrowing import PARENT, Filter
from gateway.loaders.number_filters import CONDITIONS, NumberFilter
from gateway.models import metadata
from gateway.models.bulk_changes import BulkItemState
from gateway.models.numbers import NumberStatus
from gateway.services.bulk_items import ITEMS_OF_IT, NUMBERS_OF_IT, THIS_CHANGE
from gateway.services.register_columns import BY_KEY, recognise, tidy
from gateway.sheets.limits import SheetLimits
from gateway.sheets.reader import open_sheet
from gateway.statements import Statement, Tenant

MOST_IDS = 10_000
MOST_LISTED = 200_000
"""Rows of an uploaded list."""
MOST_NAMED = 5
"""Numbers that a message names."""

UNKNOWN = Text(
    en="No number of the company, or none that you may see: {some}",
    ru="Таких номеров у компании нет, или они вам недоступны: {some}",
)
NO_PHONES = Text(en="Rows without a phone number: {some}", ru="Строки без номера телефона: {some}")
NO_LIST = Text(
    en="The file holds no phone numbers. Upload a CSV or XLSX file with a column of them.",
    ru="В файле нет номеров телефонов. Загрузите файл CSV или XLSX, где есть столбец с ними.",
)
NO_UPLOAD = Text(
    en="The file is no longer there: files are kept for a day, or until they are deleted. Send it again to POST "
    "/uploads.",
    ru="Файла больше нет: файлы хранятся сутки или до удаления. Отправьте его ещё раз на POST /uploads.",
)

_NUMBERS, _UPLOADS = metadata.tables["numbers"], metadata.tables["uploads"]
_CHANGES, _ITEMS = metadata.tables["bulk_changes"], metadata.tables["bulk_items"]
_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    **CONDITIONS,
    "ids": _NUMBERS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
    "phones": and_(
        _NUMBERS.c.msisdn == any_(bindparam("phones", type_=ARRAY(String))),
        _NUMBERS.c.status != NumberStatus.CLOSED.value,  # a number that was given back may be somebody else's now
    ),
}
_FILTERS = TypeAdapter(NumberFilter)
_THIS_UPLOAD = (
    _UPLOADS.c.company_id == bindparam("company_id", type_=BigInteger),
    _UPLOADS.c.id == bindparam("upload_id", type_=BigInteger),
)
_FIND_UPLOAD = Statement(select(_UPLOADS.c.content).where(*_THIS_UPLOAD))
_MEASURE_UPLOAD = Statement(select(_UPLOADS.c.size).where(*_THIS_UPLOAD))
_SHORTEST_LINE = 11
"""Bytes of a phone number in a list: ten digits and the end of the line."""
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """Which numbers of a company: exactly one of the three. An upload must be known to be the author's."""

    ids: Sequence[int] | None = None
    filter: NumberFilter | None = None
    upload_id: int | None = None

    def dump(self) -> dict[str, Any]:
        """As a JSON value."""
        if self.filter is not None:
            given = _FILTERS.dump_python(self.filter, mode="json")
            return {"filter": {name: value for name, value in given.items() if value is not None}}
        return {"ids": list(self.ids)} if self.ids is not None else {"uploadId": self.upload_id}

    @classmethod
    def parse(cls, dumped: Mapping[str, Any]) -> "Target":
        if "filter" in dumped:
            return cls(filter=_FILTERS.validate_python(dumped["filter"]))
        return cls(ids=dumped.get("ids"), upload_id=dumped.get("uploadId"))


@dataclass(slots=True)
class Misses:
    """What was named and is no number of the company, in the writing of whoever named it; and how often.

    `malformed` are rows of a list with what stands there in the place of a number, the first of `malformed_count`.
    """

    unknown: set[str] = field(default_factory=set)
    malformed: list[str] = field(default_factory=list)
    malformed_count: int = 0

    def refusals(self) -> list[tuple[Refusal, int]]:
        """Why they are left out, and how many of them."""
        return [
            (Refusal(code, text(some=some_of(names, count))), count)
            for code, text, names, count in (
                (ErrorCode.NOT_FOUND, UNKNOWN, sorted(self.unknown), len(self.unknown)),
                (ErrorCode.INVALID, NO_PHONES, self.malformed, self.malformed_count),
            )
            if count
        ]


async def find_targets(
    session: AsyncSession,
    principal: Principal,
    company_id: int,
    target: Target,
    phones: Sequence[str] | None,
    misses: Misses,
) -> AsyncIterator[list[asyncpg.Record]]:
    """The numbers that are meant and the principal sees, by phone number: rows of `id`, with no `operations` of their
    own. `phones` are what `read_list` gave. Whatever else was named gathers in `misses`.
    """
    narrowed, naming = _narrowed(principal, target, phones, misses)
    held = scope(principal, Action.NUMBER_READ)
    place = {"parent_companies": [company_id], "parent_ids": [company_id]}
    statement = _matching(held.shape, narrowed.names)
    async for rows in stream(session, statement, _AT_ONCE, **place, **held.params, **narrowed.parameters):
        if naming is not None:
            misses.unknown.difference_update(naming.spell(row[naming.column]) for row in rows)
        yield rows


async def count_targets(db: Database, principal: Principal, company_id: int, target: Target) -> int:
    """How many numbers a target may have: those it names, or that its filter finds; of a file, what could be in it."""
    if target.ids is not None:
        return len(target.ids)
    held, narrowed = scope(principal, Action.NUMBER_READ), (target.filter or NumberFilter()).conditions(principal)
    place = {"parent_companies": [company_id], "parent_ids": [company_id]}
    statement, tenant = _counting(held.shape, narrowed.names), Tenant((company_id,))
    (found,) = await db.fetch(tenant, statement, **place, **held.params, **narrowed.parameters)
    if target.upload_id is None:
        return int(found["count"])
    files = await db.fetch(tenant, _MEASURE_UPLOAD, company_id=company_id, upload_id=target.upload_id)
    return min([int(found["count"]), *(int(file["size"]) // _SHORTEST_LINE for file in files)])


async def find_items(
    session: AsyncSession, principal: Principal, company_id: int, change_id: int, *, applied: bool
) -> AsyncIterator[list[asyncpg.Record]]:
    """The numbers of an earlier change that it was applied to, or else was not, as far as the principal sees them.

    Rows of `id`, and of the `operations` for it. What was applied has those that take it back, beside those that they
    take back, `reversed`, and as `changed_at` the moment since which nobody else may have changed the number.
    """
    held = scope(principal, Action.NUMBER_READ)
    place = {"company_id": company_id, "change_id": change_id}
    async for rows in stream(session, _earlier(held.shape, applied), _AT_ONCE, **place, **held.params):
        yield rows


class _Naming(NamedTuple):
    """The column by which numbers are named one by one, and how its values are shown."""

    column: str
    spell: Callable[[Any], str]


_BY_ID, _BY_PHONE = _Naming("id", encoder(Kind.NUMBER)), _Naming("msisdn", e164)


def _narrowed(
    principal: Principal, target: Target, phones: Sequence[str] | None, misses: Misses
) -> tuple[Filter, _Naming | None]:
    """The conditions, and how numbers are named where they are so one by one."""
    if target.filter is not None:
        return target.filter.conditions(principal), None
    named, naming = (target.ids, _BY_ID) if phones is None else (phones, _BY_PHONE)
    misses.unknown = set(map(naming.spell, named or ()))
    return Filter.of({"ids": {"ids": named}} if phones is None else {"phones": {"phones": named}}), naming


async def read_list(db: Database, company_id: int, target: Target, misses: Misses) -> Sequence[str] | None:
    """The phone numbers of the file that a target names, each once; None where it names none. No connection waits
    while it is read. Rows without one gather in `misses`.

    Raises `Refusal` or `InvalidValue` when the file is gone or is no list of phone numbers.
    """
    if target.upload_id is None:
        return None
    found = await db.fetch(Tenant((company_id,)), _FIND_UPLOAD, company_id=company_id, upload_id=target.upload_id)
    if not found:
        raise Refusal(ErrorCode.NOT_FOUND, NO_UPLOAD(), ("target", "uploadId"))
    phones = await _phones(found[0]["content"], misses)
    if not phones:
        raise Refusal(ErrorCode.INVALID, NO_LIST(), ("target", "uploadId"))
    return phones


async def _phones(content: bytes, misses: Misses) -> list[str]:
    """The phone numbers of a CSV or XLSX file: those of its column “Phone number”, or, without headers, the first."""
    phones: dict[str, None] = {}
    column: int | None = None
    count = 0
    async with open_sheet(content, SheetLimits(rows=MOST_LISTED)) as rows:
        async for number, cells in rows:
            if (count := count + 1) % _AT_ONCE == 0:
                await asyncio.sleep(0)  # rows that have come already are read without waiting
            if column is None:
                column = next((place for place, cell in enumerate(cells) if recognise(cell) is BY_KEY["msisdn"]), None)
                if column is not None:
                    continue
                column = 0
            cell = tidy(cells[column]) if column < len(cells) else ""
            if cell:
                try:
                    phones[sought_msisdn(cell)] = None
                except InvalidValue:
                    misses.malformed_count += 1
                    if len(misses.malformed) < MOST_NAMED:
                        misses.malformed.append(f"{number} ({excerpt(cell)})")
    return list(phones)


def some_of(names: Sequence[str], count: int) -> str:
    """The first of so many names, for a message."""
    return ", ".join(names[:MOST_NAMED]) + (", …" if count > MOST_NAMED else "")


@lru_cache(maxsize=100)
def _matching(shape: Shape, conditions: frozenset[str]) -> Statement:
    none = (null().label(name) for name in ("operations", "reversed", "changed_at"))
    query = _narrow(select(_NUMBERS.c.id, _NUMBERS.c.msisdn, *none), shape, conditions)
    return Statement(query.order_by(_NUMBERS.c.msisdn, _NUMBERS.c.id))


@lru_cache(maxsize=100)
def _counting(shape: Shape, conditions: frozenset[str]) -> Statement:
    return Statement(_narrow(select(func.count().label("count")), shape, conditions))


def _narrow(query: Select[Any], shape: Shape, conditions: frozenset[str]) -> Select[Any]:
    return query.select_from(PARENT.join(_NUMBERS, _NUMBERS.c.company_id == PARENT.c.company_id)).where(
        shape.where(_NUMBERS.c.company_id, _NUMBERS.c.department_id),
        *(_CONDITIONS[name] for name in sorted(conditions)),
    )


@lru_cache(maxsize=10)
def _earlier(shape: Shape, applied: bool) -> Statement:
    state, done = _ITEMS.c.state, BulkItemState.APPLIED.value
    return Statement(
        select(
            _NUMBERS.c.id,
            (_ITEMS.c.inverse if applied else _ITEMS.c.operations).label("operations"),
            (func.coalesce(_ITEMS.c.operations, _CHANGES.c.operations) if applied else null()).label("reversed"),
            case((_ITEMS.c.operations.is_not(None) | literal(applied), _ITEMS.c.number_updated_at)).label("changed_at"),
        )
        .join_from(_ITEMS, _NUMBERS, NUMBERS_OF_IT)
        .join(_CHANGES, THIS_CHANGE)
        .where(
            ITEMS_OF_IT,
            state == done if applied else state != done,
            shape.where(_NUMBERS.c.company_id, _NUMBERS.c.department_id),
        )
        .order_by(_ITEMS.c.msisdn, _ITEMS.c.number_id)
    )
