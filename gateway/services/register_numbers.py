"""Numbers that a register names: matched with those that are there, checked, changed or added, and journalled."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from authz.actions import Action
from gateway.db import raw, run
from gateway.kit.errors import ErrorCode
from gateway.kit.ids import Kind, encode
from gateway.kit.phones import e164
from gateway.kit.texts import Message, Text
from gateway.models import metadata
from gateway.models.columns import MOMENT
from gateway.models.numbers import NumberKind, NumberStatus
from gateway.operations.catalogue import Catalogue
from gateway.operations.obstacles import WRONG_KIND, not_offered
from gateway.services import journal
from gateway.services.batches import Batch
from gateway.services.journal import NewEntry, Origin
from gateway.services.register_rows import MOST_ERRORS, RegisterReader
from gateway.services.register_staging import COMPANY, STAGED
from gateway.services.running import Run
from gateway.statements import Statement

SUMMARY = Text(en="Number {msisdn} taken over from a register", ru="Номер {msisdn} загружен из реестра")
REPEATED = Text(en="The same stands in row {other}.", ru="То же стоит в строке {other}.")
TAKEN = Text(
    en="This number belongs to another contract. Ask your manager at the operator to move it first.",
    ru="Номер относится к другому договору. Сначала попросите персонального менеджера у оператора его перенести.",
)
SIM_TAKEN = Text(en="This SIM card is that of {msisdn}.", ru="Эта SIM-карта установлена на номере {msisdn}.")
NEEDS_TARIFF = Text(en="A new number needs a tariff.", ru="Новому номеру нужен тариф.")
OTHER_TARIFF = Text(
    en="The number has the tariff “{tariff}”. An import does not change tariffs, because that can cost money.",
    ru="У номера тариф «{tariff}». Импорт не меняет тарифы: это может стоить денег.",
)

_NUMBERS = metadata.tables["numbers"]
_N, _S = _NUMBERS.c, STAGED.c
_LIVE = and_(_N.company_id == COMPANY, _N.status != literal(NumberStatus.CLOSED.value))
_THERE = and_(_LIVE, _N.id == _S.number_id)
_SETTINGS = ("iccid", "kind", "label", "employee_id", "department_id")
_KIND = func.coalesce(_S.kind, literal(NumberKind.VOICE.value))

# ── Matching with what is there ───────────────────────────────────────────────────────────────────────────────────────

# In the order of their keys, in which all take such locks, so that nobody waits in a circle.
_locked = (
    select(_N.id)
    .join(STAGED, _S.msisdn == _N.msisdn)
    .where(_LIVE)
    .order_by(_N.id)
    .with_for_update(of=_NUMBERS, key_share=True)
    .subquery()
)
_LOCK = Statement(select(func.count()).select_from(_locked))
_MATCH = Statement(update(STAGED).values(number_id=_N.id).where(_LIVE, _N.msisdn == _S.msisdn))
_MARK_ADDED = Statement(update(STAGED).values(added=True).where(_S.number_id.is_(None)))

# ── What speaks against it ────────────────────────────────────────────────────────────────────────────────────────────


def _repeated(key: str) -> Statement:
    first = func.min(_S.row).over(partition_by=_S[key]).label("first")
    rows = select(_S.row, _S[key].label("value"), first).where(_S[key].is_not(None)).subquery()
    return Statement(select(rows).where(rows.c.row > rows.c.first).order_by(rows.c.row).limit(MOST_ERRORS))


_REPEATED = {key: _repeated(key) for key in ("msisdn", "iccid")}
_TAKEN = func.taken_numbers(COMPANY, select(func.array_agg(_S.msisdn)).where(_S.added).scalar_subquery()).table_valued(
    "msisdn"
)
_TAKEN_NUMBERS = Statement(
    select(_S.row, _S.given).join(_TAKEN, _TAKEN.c.msisdn == _S.msisdn).order_by(_S.row).limit(MOST_ERRORS)
)
_moved = STAGED.alias("moved")
_TAKEN_SIMS = Statement(
    select(_S.row, _S.iccid, _N.msisdn)
    .join(_NUMBERS, and_(_LIVE, _N.iccid == _S.iccid, _N.msisdn != _S.msisdn))
    .where(~exists().where(_moved.c.msisdn == _N.msisdn, _moved.c.iccid.is_not(None)))
    .order_by(_S.row)
    .limit(MOST_ERRORS)
)
_TARIFFS = Statement(
    select(_S.row, _S.tariff, _S.added, _N.tariff_id)
    .join(_NUMBERS, _THERE, isouter=True)
    .where(or_(and_(_S.added, _S.tariff_id.is_(None)), _S.tariff_id != _N.tariff_id))
    .order_by(_S.row)
    .limit(MOST_ERRORS)
)
_MISFITS = Batch(STAGED, ("added", "tariff_id", "kind"))
_M = _MISFITS.rows.c
_UNFIT = Statement(
    select(_S.row, _S.tariff, _S.kind.label("given"), _M.added, _M.tariff_id, _M.kind)
    .join(_NUMBERS, _THERE, isouter=True)
    .join(
        _MISFITS.rows,
        and_(_M.added == _S.added, _M.tariff_id == func.coalesce(_N.tariff_id, _S.tariff_id), _M.kind == _KIND),
    )
    .where(or_(_S.added, _S.kind != _N.kind))
    .order_by(_S.row)
    .limit(MOST_ERRORS)
)

# ── Merging ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_SAID = {name: _S[name] for name in _SETTINGS}
_CHANGED = and_(
    _THERE,
    or_(
        *(said != _N[name] for name, said in _SAID.items()),
        *(and_(said.is_not(None), _N[name].is_(None)) for name, said in _SAID.items()),
        and_(_S.employee.is_not(None), _S.employee_id.is_(None)),
        and_(_S.department_key.is_not(None), _S.department_id.is_(None)),
    ),
)
_COUNTS = Statement(
    select(func.count().filter(_S.added).label("added"), func.count().filter(_CHANGED).label("changed")).outerjoin_from(
        STAGED, _NUMBERS, _THERE
    )
)
_MOMENT = bindparam("moment", type_=MOMENT)
_KEEP_BEFORE = Statement(
    update(STAGED)
    .values(before=func.jsonb_build_object(*(part for name in _SETTINGS for part in (literal(name), _N[name]))))
    .where(_CHANGED)
)
_UPDATE = Statement(
    update(_NUMBERS)
    .values({name: func.coalesce(said, _N[name]) for name, said in _SAID.items()} | {"updated_at": _MOMENT})
    .where(_THERE, _S.before.is_not(None))
)
# In the order of the numbers, so that two companies that add the same ones do not wait in a circle either.
_ADD = Statement(
    insert(_NUMBERS).from_select(
        ["company_id", "msisdn", "status", "tariff_id", *_SETTINGS, "activated_at", "updated_at"],
        select(
            COMPANY,
            _S.msisdn,
            literal(NumberStatus.ACTIVE.value),
            _S.tariff_id,
            *(_KIND if name == "kind" else said for name, said in _SAID.items()),
            _MOMENT,
            _MOMENT,
        )
        .where(_S.added)
        .order_by(_S.msisdn),
        include_defaults=False,
    )
)
_LINES = 250  # some ten milliseconds of hashing and encoding
_MERGED = Statement(
    select(_S.row, _S.added, _S.before, *(_N[name] for name in ("id", "msisdn", "tariff_id", *_SETTINGS)))
    .join(_NUMBERS, _THERE)
    .where(or_(_S.added, _S.before.is_not(None)))
    .order_by(_S.row)
)


async def lock_numbers(within: Run, company_id: int) -> None:
    """Lets nobody else change the company's numbers that are in the file until the end of the transaction."""
    await within(_LOCK, company_id=company_id)


async def match_numbers(within: Run, company_id: int) -> None:
    """Gives the rows of the company's numbers their ids; the others will be added. Closed numbers count for nothing."""
    await within(_MATCH, company_id=company_id)
    await within(_MARK_ADDED)


async def check_numbers(
    within: Run, company_id: int, reader: RegisterReader, catalogue: Catalogue, *, region: str
) -> None:
    """Refuses numbers and SIM cards that are in use elsewhere, and tariffs that can't be theirs."""
    for key, repeated in _REPEATED.items():
        for row in await within(repeated):
            reader.refuse(row["row"], key, row["value"], ErrorCode.CONFLICT, REPEATED(other=row["first"]))
    for row in await within(_TAKEN_NUMBERS, company_id=company_id):
        reader.refuse(row["row"], "msisdn", row["given"], ErrorCode.NOT_AVAILABLE, TAKEN())
    for row in await within(_TAKEN_SIMS, company_id=company_id):
        reader.refuse(row["row"], "iccid", row["iccid"], ErrorCode.CONFLICT, SIM_TAKEN(msisdn=e164(row["msisdn"])))
    for row in await within(_TARIFFS, company_id=company_id):
        if row["added"]:
            reader.refuse(row["row"], "tariff", None, ErrorCode.REQUIRED, NEEDS_TARIFF())
        else:
            message = OTHER_TARIFF(tariff=catalogue.tariffs[row["tariff_id"]].name)
            reader.refuse(row["row"], "tariff", row["tariff"], ErrorCode.CONFLICT, message)
    misfits = _misfits(catalogue, region)
    for row in await within(_UNFIT, company_id=company_id, **_MISFITS.parameters(list(misfits))):
        key, value = ("tariff", row["tariff"]) if row["added"] else ("kind", row["given"])
        message = misfits[row["added"], row["tariff_id"], row["kind"]]
        reader.refuse(row["row"], key, value, ErrorCode.NOT_AVAILABLE, message)


def _misfits(catalogue: Catalogue, region: str) -> Mapping[tuple[bool, int, str], Message]:
    """Why a new number of a kind can't have a tariff, and why a number that has it can't become of that kind."""
    reasons: dict[tuple[bool, int, str], Message] = {}
    for tariff in catalogue.tariffs.values():
        for kind in NumberKind:
            for refusal in not_offered(tariff, kind, region, ()):
                reasons.setdefault((True, tariff.id, kind.value), refusal.message)
                if refusal.message.text is WRONG_KIND:
                    reasons[False, tariff.id, kind.value] = refusal.message
    return reasons


async def count_numbers(within: Run, company_id: int) -> dict[str, int]:
    """How many numbers are `added` and `changed`."""
    return dict((await within(_COUNTS, company_id=company_id))[0])


async def merge_numbers(within: Run, company_id: int, moment: datetime) -> None:
    """Changes and adds the numbers."""
    await within(_KEEP_BEFORE, company_id=company_id)
    await within(_UPDATE, company_id=company_id, moment=moment)
    await within(_ADD, company_id=company_id, moment=moment)
    await within(_MATCH, company_id=company_id)


async def journal_numbers(
    session: AsyncSession, company_id: int, origin: Origin, moment: datetime
) -> AsyncIterator[int]:
    """Writes a line of the journal for each number that was changed or added; tells how many have been written."""
    cursor = await (await raw(session)).cursor(_MERGED.sql, *_MERGED.arguments({"company_id": company_id}))
    count = 0
    while rows := await cursor.fetch(_LINES):
        await journal.append(partial(run, session), company_id, origin, moment, [_line(row) for row in rows])
        count += len(rows)
        yield count


def _line(row: Any) -> NewEntry:
    after = _snapshot(row) | {"tariffId": encode(Kind.TARIFF, row["tariff_id"])}
    before = None
    if not row["added"]:
        present = _snapshot(row["before"])
        before = {key: value for key, value in present.items() if value != after[key]}
        after = {key: after[key] for key in before}
    return NewEntry(
        action=Action.REGISTER_IMPORT,
        subject=encode(Kind.NUMBER, row["id"]),
        number_id=row["id"],
        before=before,
        after=after,
        details={"names": {"msisdn": e164(row["msisdn"])}},
    )


def _snapshot(row: Any) -> dict[str, Any]:
    return {
        "iccid": row["iccid"],
        "kind": row["kind"],
        "label": row["label"],
        "employeeId": row["employee_id"] and encode(Kind.EMPLOYEE, row["employee_id"]),
        "departmentId": row["department_id"] and encode(Kind.DEPARTMENT, row["department_id"]),
    }
