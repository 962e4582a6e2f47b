"""Taking over a register of numbers and employees from a file: all of it, or, with an error in any cell, nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import func, literal, select

from authz.actions import Action
from authz.principal import Principal
from authz.scope import scope
from gateway.db import Database, run
from gateway.kit.errors import ErrorCode, InvalidValue, Refusal
from gateway.kit.texts import Text
from gateway.models import metadata
from gateway.models.companies import CompanyStatus
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import COMPANY_CLOSED
from gateway.services import register_numbers
from gateway.services.budgets import Budget
from gateway.services.idempotency import Answer, once
from gateway.services.journal import Origin
from gateway.services.register_departments import make_departments, match_departments
from gateway.services.register_people import check_people, match_people, merge_people
from gateway.services.register_rows import CellError, RegisterReader
from gateway.services.register_staging import COMPANY, Progress, Source, analyze, read_rows, stage
from gateway.services.uploads import load_upload
from gateway.statements import Statement, Tenant

NO_COMPANY = Text(
    en="There is no such company where you may import a register.",
    ru="Нет такой компании, куда вам разрешено загружать реестр.",
)
UNDER_WAY = Text(
    en="A register of this company is being imported or checked right now. Try again when that has ended.",
    ru="Сейчас уже загружается или проверяется реестр этой компании. Повторите, когда это закончится.",
)
OVERTAKEN = Text(
    en="Somebody has just registered one of these numbers. Nothing was taken over; import the file again.",
    ru="Один из этих номеров только что зарегистрировал кто-то ещё. Ничего не загружено; импортируйте файл ещё раз.",
)

_COMPANIES = metadata.tables["companies"]
_FIND_COMPANY = Statement(select(_COMPANIES.c.region, _COMPANIES.c.status).where(_COMPANIES.c.id == COMPANY))
# Statements over all rows take longer than those of a request.
_TAKE_TIME = Statement(select(func.set_config("statement_timeout", literal("15min"), literal(True))))
_CLAIM = Statement(select(func.pg_try_advisory_xact_lock(func.hashtextextended("register", COMPANY)).label("claimed")))

_importing: set[int] = set()
"""Companies for which this process reads a file, or waits to."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or a dry run would do. With errors nothing was done; at most 1,000 of them are told."""

    row_count: int
    added: int
    changed: int
    errors: tuple[CellError, ...] = ()


class _CellErrors(Exception):
    """Ends the transaction of an import that has errors in its cells."""


async def import_upload(
    db: Database, principal: Principal, company_id: int, upload_id: int, **options: Any
) -> Imported:
    """Does with a file that the caller sent what `import_register` does, whose options these are.

    A process does so for a company once at a time, and for few companies at once: others wait, and hold nothing.
    Raises what `import_register` does, and `Refusal` NOT_FOUND for what is no file of the caller.
    """
    _require_import(principal, company_id)
    with _alone(company_id):
        async with db.long_work:
            _, content = await load_upload(db, principal, company_id, upload_id)
            return await import_register(db, principal, company_id, content, **options)


async def import_register(
    db: Database,
    principal: Principal,
    company_id: int,
    source: Source,
    *,
    catalogue: Catalogue,
    origin: Origin,
    dry_run: bool,
    budget: Budget | None = None,
    idempotency_key: str | None = None,
    progress: Progress = lambda _, __: None,
) -> Imported:
    """Takes over the numbers of a CSV or XLSX file: new ones are added, others changed where a cell says otherwise.

    Empty cells leave what is there. Raises `Refusal` with the names of the mutation's input: NOT_FOUND for a company
    where the caller may not, INVALID or TOO_LARGE for a file that is no register, CONFLICT when somebody else imports
    into the company, or has registered one of the numbers meanwhile. `GatewayError` RATE_LIMITED when the budget lacks
    the points for its rows.
    """
    _require_import(principal, company_id)
    moment = datetime.now(UTC)
    reader = RegisterReader(catalogue)
    request = idempotency_key and {"registerImport": await _digest(source), "dryRun": dry_run}
    tenant = Tenant((company_id,))
    try:
        async with read_rows(source, reader, progress, budget) as rows, db.transaction(tenant) as session:
            within = partial(run, session)

            async def act() -> Answer:
                (company,) = await within(_FIND_COMPANY, company_id=company_id)
                if company["status"] == CompanyStatus.CLOSED:
                    raise Refusal(ErrorCode.NOT_AVAILABLE, COMPANY_CLOSED(), ("companyId",))
                if not (await within(_CLAIM, company_id=company_id))[0]["claimed"]:
                    raise Refusal(ErrorCode.CONFLICT, UNDER_WAY(), ("companyId",))
                await within(_TAKE_TIME)
                await stage(session, rows)
                if reader.full:
                    raise _CellErrors
                if not dry_run:
                    await register_numbers.lock_numbers(within, company_id)
                await match_departments(within, company_id, reader.departments)
                await register_numbers.match_numbers(within, company_id)
                await match_people(within, company_id)
                await analyze(session)
                await check_people(within, company_id, reader)
                await register_numbers.check_numbers(within, company_id, reader, catalogue, region=company["region"])
                if reader.errors:
                    raise _CellErrors
                counts = await register_numbers.count_numbers(within, company_id)
                if not dry_run:
                    await make_departments(within, company_id, reader.departments)
                    await merge_people(within, company_id)
                    await register_numbers.merge_numbers(within, company_id, moment)
                    async for done in register_numbers.journal_numbers(session, company_id, origin, moment):
                        progress(done, counts["added"] + counts["changed"])
                return {"row_count": reader.count, **counts}

            answer = await once(
                within, idempotency_key, act, company_id=company_id, origin=origin, request=request, moment=moment
            )
    except _CellErrors:
        return Imported(reader.count, 0, 0, tuple(sorted(reader.errors, key=lambda error: error.row)))
    except InvalidValue as error:
        raise error.refusal("uploadId") from None
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "numbers_msisdn_live":
            raise
        raise Refusal(ErrorCode.CONFLICT, OVERTAKEN(), ("uploadId",)) from None
    return Imported(**answer)


def _require_import(principal: Principal, company_id: int) -> None:
    if company_id not in scope(principal, Action.REGISTER_IMPORT).whole.companies:
        raise Refusal(ErrorCode.NOT_FOUND, NO_COMPANY(), ("companyId",))


@contextmanager
def _alone(company_id: int) -> Iterator[None]:
    if company_id in _importing:
        raise Refusal(ErrorCode.CONFLICT, UNDER_WAY(), ("companyId",))
    _importing.add(company_id)
    try:
        yield
    finally:
        _importing.remove(company_id)


async def _digest(source: Source) -> str:
    def digest() -> str:
        return sha256(source.read_bytes() if isinstance(source, Path) else source).hexdigest()

    return await asyncio.to_thread(digest)
