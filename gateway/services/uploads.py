"""Files sent before the mutation that uses them: stored for a day, used by the one who sent them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any

from sqlalchemy import ARRAY, BigInteger, String, any_, bindparam, delete, func, insert, select

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.ids import Kind, encode
from gateway.kit.rows import Row
from gateway.kit.texts import Message, Text, excerpt
from gateway.models import metadata
from gateway.models.bulk_changes import BulkChangeStatus
from gateway.models.columns import MOMENT
from gateway.models.uploads import KEPT
from gateway.services import giving, journal
from gateway.services.batches import Values
from gateway.services.journal import NewEntry, Origin
from gateway.sheets.limits import MEBIBYTE
from gateway.sheets.table import is_workbook
from gateway.statements import Statement, Tenant

LARGEST_UPLOAD = 32 * MEBIBYTE
"""Bytes of one file: a register of 100,000 rows takes about 15 MB as CSV."""

MOST_UPLOADS, MOST_OF_ONE = 50, 20
"""Files of a company that are kept at a time, and of one person or key of it, who so leave room for the others."""

NO_COMPANY = Text(
    en="There is no such company where you may import or plan bulk changes. Take the id from “companies”.",
    ru="Нет такой компании, где вам разрешён импорт или массовые изменения. Возьмите идентификатор из «companies».",
)
NO_UPLOAD = Text(
    en="There is no such file of yours. Files are kept for a day; send it again to POST /uploads.",
    ru="Такого вашего файла нет. Файлы хранятся сутки; отправьте его ещё раз на POST /uploads.",
)
NOT_THERE = Text(
    en="There is no such file, or not for you. Files are kept for a day; those that are left are in company.uploads.",
    ru="Такого файла нет, или он вам недоступен. Файлы хранятся сутки; оставшиеся перечислены в company.uploads.",
)
IN_USE = Text(
    en="Bulk change {change} is being planned with this file. Wait until the plan is made, or cancel it.",
    ru="По этому файлу составляется план массового изменения {change}. Дождитесь плана или прекратите изменение.",
)
EMPTY = Text(en="The file is empty.", ru="Файл пуст.")
TOO_LARGE = Text(
    en="The file is larger than {limit:,} MB. Split it.", ru="Файл больше {limit:,} МБ. Разделите его на части."
)

TOO_MANY = Text(
    en="{most} files of the company are kept already. Each goes a day after it was sent: send this one after {moment}, "
    "delete one of company.uploads by uploadDelete, or put several lists into one file.",
    ru="Уже хранится файлов этой компании: {most}. Каждый удаляется через сутки после отправки: отправьте этот после "
    "{moment}, удалите один из company.uploads мутацией uploadDelete или соберите несколько списков в один файл.",
)
TOO_MANY_OF_ONE = Text(
    en="{most} files of yours are kept already. Each goes a day after it was sent: send this one after {moment}, "
    "delete one by uploadDelete, or put several lists into one file.",
    ru="Уже хранится ваших файлов: {most}. Каждый удаляется через сутки после отправки: отправьте этот после "
    "{moment}, удалите один мутацией uploadDelete или соберите несколько списков в один файл.",
)
DELETED = Text(en="The file “{file}” of {sender} was deleted", ru="Удалён файл «{file}», отправитель: {sender}")

_LONGEST_NAME = 200
_UPLOADS, _CHANGES = metadata.tables["uploads"], metadata.tables["bulk_changes"]
_COMPANIES: Any = bindparam("companies", type_=ARRAY(BigInteger))
_OLDEST = bindparam("oldest", type_=MOMENT)
_OF_COMPANY, _ID = bindparam("company_id", type_=BigInteger), bindparam("id", type_=BigInteger)
_THERE = (_UPLOADS.c.company_id == _OF_COMPANY,)
_SENT = (
    _UPLOADS.c.actor_kind == bindparam("actor_kind", type_=String),
    _UPLOADS.c.actor_id == bindparam("actor_id", type_=BigInteger),
)
_OWN = (*_THERE, _UPLOADS.c.id == _ID, *_SENT, _UPLOADS.c.created_at >= _OLDEST)
_LOAD = Statement(select(_UPLOADS.c.name, _UPLOADS.c.content).where(*_OWN))
_KNOW = Statement(select(_UPLOADS.c.id).where(*_OWN))
_COUNTED = (func.count().label("count"), func.min(_UPLOADS.c.created_at).label("oldest"))
_COUNT, _COUNT_OF_ONE = Statement(select(*_COUNTED).where(*_THERE)), Statement(select(*_COUNTED).where(*_THERE, *_SENT))
_STORED = Values(_UPLOADS, ("company_id", "actor_kind", "actor_id", "actor_name", "name", "size", "content"))
_STORE = Statement(insert(_UPLOADS).values(_STORED.binds).returning(_UPLOADS.c.id))
_FIND = Statement(
    select(*(column for column in _UPLOADS.c if column.name != "content"))
    .where(_UPLOADS.c.company_id == any_(_COMPANIES), _UPLOADS.c.id == _ID, _UPLOADS.c.created_at >= _OLDEST)
    .with_for_update()
)
_PLANNED_WITH = Statement(
    select(_CHANGES.c.id).where(
        _CHANGES.c.company_id == _OF_COMPANY,
        _CHANGES.c.status == BulkChangeStatus.PLANNING.value,
        _CHANGES.c.target["uploadId"].as_integer() == _ID,
    )
)
_DELETE = Statement(delete(_UPLOADS).where(_UPLOADS.c.company_id == _OF_COMPANY, _UPLOADS.c.id == _ID))
_FORGET = Statement(delete(_UPLOADS).where(_UPLOADS.c.company_id == any_(_COMPANIES), _UPLOADS.c.created_at < _OLDEST))
_LOCK = Statement(select(func.pg_advisory_xact_lock(func.hashtextextended("uploads", _OF_COMPANY))))


async def store_upload(db: Database, principal: Principal, company_id: int, *, name: str, content: bytes) -> int:
    """Keeps a file for later and gives its id. Files of that company older than a day go.

    Raises `Refusal` NOT_FOUND where the caller may use none, INVALID for an empty file and for what is plainly neither
    CSV nor XLSX, TOO_LARGE for a larger one, and when as many are kept as may be, of the company or of the caller.
    """
    require_use(principal, company_id)
    if not content:
        raise Refusal(ErrorCode.INVALID, EMPTY(), ("body",))
    if len(content) > LARGEST_UPLOAD:
        raise Refusal(ErrorCode.TOO_LARGE, too_large(), ("body",))
    try:
        is_workbook(BytesIO(content))
    except InvalidValue as error:
        raise error.refusal("body") from None
    whose = {"company_id": company_id, **_actor(principal)}
    async with db.transaction(Tenant((company_id,))) as session:
        within = partial(run, session)
        await within(_LOCK, company_id=company_id)  # so that those who come together are counted one by one
        await within(_FORGET, companies=[company_id], oldest=datetime.now(UTC) - KEPT)
        [of_one] = await within(_COUNT_OF_ONE, **whose)
        [of_company] = await within(_COUNT, company_id=company_id)
        for most, text, kept in ((MOST_OF_ONE, TOO_MANY_OF_ONE, of_one), (MOST_UPLOADS, TOO_MANY, of_company)):
            if kept["count"] >= most:
                moment = f"{kept['oldest'] + KEPT:%Y-%m-%d %H:%M} UTC"
                raise Refusal(ErrorCode.TOO_LARGE, text(most=most, moment=moment), ("companyId",))
        file = {"name": excerpt(name, _LONGEST_NAME), "size": len(content), "content": content}
        given = {**whose, "actor_name": principal.name, **file}
        [stored] = await within(_STORE, **_STORED.parameters(given))
    return int(stored["id"])


async def load_upload(db: Database, principal: Principal, company_id: int, upload_id: int) -> tuple[str, bytes]:
    """Name and content of a file that the caller sent. Raises `Refusal` NOT_FOUND, also for who may use none now."""
    found = await _find_own(db, _LOAD, principal, company_id, upload_id)
    return found["name"], found["content"]


async def require_upload(db: Database, principal: Principal, company_id: int, upload_id: int) -> None:
    """Raises `Refusal` NOT_FOUND for what `load_upload` would not give."""
    await _find_own(db, _KNOW, principal, company_id, upload_id)


async def _find_own(db: Database, statement: Statement, principal: Principal, company_id: int, upload_id: int) -> Row:
    require_use(principal, company_id)
    place = {"company_id": company_id, "id": upload_id, "oldest": datetime.now(UTC) - KEPT}
    for row in await db.fetch(Tenant((company_id,)), statement, **place, **_actor(principal)):
        return row
    raise Refusal(ErrorCode.NOT_FOUND, NO_UPLOAD(), ("uploadId",))


async def delete_upload(db: Database, principal: Principal, upload_id: int, *, origin: Origin) -> Row:
    """Deletes a file that the caller sent or, where they may do so in the whole company, that somebody else did; its
    row as it was, without the content.

    Raises `Refusal` NOT_FOUND for one that the caller does not see, FORBIDDEN, or CONFLICT while a bulk change is
    planned with it.
    """
    moment = datetime.now(UTC)
    async with db.transaction(Tenant(principal.companies)) as session:
        within = partial(run, session)
        found = await within(_FIND, companies=principal.companies, id=upload_id, oldest=moment - KEPT)
        if not found or not _reaches(principal, Action.UPLOAD_READ, found[0]):
            raise Refusal(ErrorCode.NOT_FOUND, NOT_THERE(), ("id",))
        (upload,) = found
        if not _reaches(principal, Action.UPLOAD_DELETE, upload):
            hint = giving.ASK_FOR_ROLE(action=Action.UPLOAD_DELETE.value)
            message = giving.FORBIDDEN(what=Action.UPLOAD_DELETE.description)
            raise Refusal(ErrorCode.FORBIDDEN, message, ("id",), hint=hint)
        place = {"company_id": upload["company_id"], "id": upload_id}
        for change in await within(_PLANNED_WITH, **place):
            raise Refusal(ErrorCode.CONFLICT, IN_USE(change=encode(Kind.BULK_CHANGE, change["id"])), ("id",))
        await within(_DELETE, **place)
        entry = NewEntry(
            action=Action.UPLOAD_DELETE,
            subject=encode(Kind.UPLOAD, upload_id),
            before={"name": upload["name"], "size": upload["size"], "createdAt": upload["created_at"].isoformat()},
            details={"names": {"file": upload["name"], "sender": upload["actor_name"]}},
        )
        await journal.append(within, upload["company_id"], origin, moment, [entry])
    return upload


async def forget(db: Database, companies: Sequence[int], moment: datetime) -> None:
    """Deletes the files of these companies that are too old to be used."""
    await db.fetch(Tenant(tuple(companies)), _FORGET, companies=companies, oldest=moment - KEPT)


def _actor(principal: Principal) -> dict[str, Any]:
    return {"actor_kind": principal.kind.upper(), "actor_id": principal.id}


def _reaches(principal: Principal, action: Action, upload: Row) -> bool:
    """One's own file anywhere in the company, that of somebody else in the whole of it."""
    own = all(upload[name] == value for name, value in _actor(principal).items())
    held = scope(principal, action)
    return upload["company_id"] in (held.anywhere if own else held.whole).companies


def too_large() -> Message:
    """What is said of a file beyond the largest."""
    return TOO_LARGE(limit=LARGEST_UPLOAD // MEBIBYTE)


def require_use(principal: Principal, company_id: int) -> None:
    """Files are registers, and lists of phone numbers for bulk changes. Raises `Refusal` NOT_FOUND."""
    importing = scope(principal, Action.REGISTER_IMPORT).whole.companies
    if company_id not in (*importing, *scope(principal, Action.BULK_CHANGE_PLAN).anywhere.companies):
        raise Refusal(ErrorCode.NOT_FOUND, NO_COMPANY(), ("companyId",))
