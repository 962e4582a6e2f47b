"""Files sent before the mutation that uses them: stored for a day, seen by the one who sent them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, bindparam, delete, func, insert, select
from sqlmodel import col

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, Refusal
from gateway.kit.texts import Message, Text, excerpt
from gateway.models.uploads import Upload
from gateway.sheets.limits import MEBIBYTE
from gateway.statements import Statement, Tenant

LARGEST_UPLOAD = 32 * MEBIBYTE
"""Bytes of one file: a register of 100,000 rows takes about 15 MB as CSV."""

KEPT = timedelta(days=1)

MOST_UPLOADS = 50
"""Files of a company that are kept at a time."""

NO_COMPANY = Text(
    en="There is no such company where you may import or plan bulk changes. Take the id from “companies”.",
    ru="Нет такой компании, где вам разрешён импорт или массовые изменения. Возьмите идентификатор из «companies».",
)
NO_UPLOAD = Text(
    en="There is no such file of yours. Files are kept for a day; send it again to POST /uploads.",
    ru="Такого вашего файла нет. Файлы хранятся сутки; отправьте его ещё раз на POST /uploads.",
)
EMPTY = Text(en="The file is empty.", ru="Файл пуст.")
TOO_LARGE = Text(
    en="The file is larger than {limit:,} MB. Split it.", ru="Файл больше {limit:,} МБ. Разделите его на части."
)

TOO_MANY = Text(
    en="{most} files of the company are kept already. Each goes a day after it was sent: send this one after {moment}, "
    "or put several lists into one file.",
    ru="Уже хранится файлов этой компании: {most}. Каждый удаляется через сутки после отправки: отправьте этот после "
    "{moment} или соберите несколько списков в один файл.",
)

_LONGEST_NAME = 200
_LOCK = Statement(
    select(func.pg_advisory_xact_lock(func.hashtextextended("uploads", bindparam("company_id", type_=BigInteger))))
)


async def store_upload(db: Database, principal: Principal, company_id: int, *, name: str, content: bytes) -> int:
    """Keeps a file for later and gives its id. Files of that company older than a day go.

    Raises `Refusal` NOT_FOUND where the caller may use none, INVALID for an empty file, TOO_LARGE for a larger one, and
    when as many are kept as may be.
    """
    require_use(principal, company_id)
    if not content:
        raise Refusal(ErrorCode.INVALID, EMPTY(), ("body",))
    if len(content) > LARGEST_UPLOAD:
        raise Refusal(ErrorCode.TOO_LARGE, too_large(), ("body",))
    async with db.transaction(Tenant((company_id,))) as session:
        await run(session, _LOCK, company_id=company_id)  # so that those who come together are counted one by one
        of_company = col(Upload.company_id) == company_id
        await session.execute(delete(Upload).where(of_company, col(Upload.created_at) < datetime.now(UTC) - KEPT))
        kept = select(func.count(), func.min(col(Upload.created_at))).where(of_company)
        count, oldest = (await session.execute(kept)).one()
        if count >= MOST_UPLOADS:
            moment = f"{oldest + KEPT:%Y-%m-%d %H:%M} UTC"
            raise Refusal(ErrorCode.TOO_LARGE, TOO_MANY(most=MOST_UPLOADS, moment=moment), ("companyId",))
        stored = insert(Upload).values(
            company_id=company_id,
            actor=_actor(principal),
            name=excerpt(name, _LONGEST_NAME),
            size=len(content),
            content=content,
        )
        return int((await session.execute(stored.returning(col(Upload.id)))).scalar_one())


async def load_upload(db: Database, principal: Principal, company_id: int, upload_id: int) -> tuple[str, bytes]:
    """Name and content of a file that the caller sent. Raises `Refusal` NOT_FOUND, also for who may use none now."""
    require_use(principal, company_id)
    wanted = select(col(Upload.name), col(Upload.content)).where(*_own(principal, company_id, upload_id))
    async with db.transaction(Tenant((company_id,))) as session:
        row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise Refusal(ErrorCode.NOT_FOUND, NO_UPLOAD(), ("uploadId",))
    return row.name, row.content


async def require_upload(db: Database, principal: Principal, company_id: int, upload_id: int) -> None:
    """Raises `Refusal` NOT_FOUND for what `load_upload` would not give."""
    require_use(principal, company_id)
    async with db.transaction(Tenant((company_id,))) as session:
        found = await session.execute(select(col(Upload.id)).where(*_own(principal, company_id, upload_id)))
    if found.one_or_none() is None:
        raise Refusal(ErrorCode.NOT_FOUND, NO_UPLOAD(), ("uploadId",))


def _own(principal: Principal, company_id: int, upload_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Upload.company_id) == company_id,
        col(Upload.id) == upload_id,
        col(Upload.actor) == _actor(principal),
        col(Upload.created_at) >= datetime.now(UTC) - KEPT,
    )


def too_large() -> Message:
    """What is said of a file beyond the largest."""
    return TOO_LARGE(limit=LARGEST_UPLOAD // MEBIBYTE)


def require_use(principal: Principal, company_id: int) -> None:
    """Files are registers, and lists of phone numbers for bulk changes. Raises `Refusal` NOT_FOUND."""
    importing = scope(principal, Action.REGISTER_IMPORT).whole.companies
    if company_id not in (*importing, *scope(principal, Action.BULK_CHANGE_PLAN).anywhere.companies):
        raise Refusal(ErrorCode.NOT_FOUND, NO_COMPANY(), ("companyId",))


def _actor(principal: Principal) -> str:
    return f"{principal.kind}:{principal.id}"
